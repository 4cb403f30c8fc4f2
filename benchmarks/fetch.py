"""Pages per second and growth of memory: `linksift fetch` beside trafilatura's buffered downloads, on one local site.

    python benchmarks/fetch.py [--pages 6000] [--hosts 32] [--bytes 60000] [--rounds 3] [--plain] [--check-links] [--json FILE]

A server in a process of its own answers on ``--hosts`` loopback addresses, each a host, with pages that all differ. Both
sides ask for the same pages with as many hosts or threads at a time, without pauses, each in a fresh process, in turn.
trafilatura hands out each page's text, which is dropped at once; linksift writes its archive and status table. Growth is the peak of resident memory less what the process had when it began to ask.
"""

import argparse
import asyncio
import json
import random
import resource
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from pathlib import Path

_TARGET = "https://bakery.example/bread"


class _Pages(asyncio.Protocol):
    """Answers every path with a page of its own, packed where that is asked for (as most servers do)."""

    body = b""
    packed_body = b""
    may_pack = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._head = b""

    def data_received(self, data: bytes) -> None:
        self._head += data
        while b"\r\n\r\n" in self._head:
            head, self._head = self._head.split(b"\r\n\r\n", 1)
            path = head.split(b" ", 2)[1]
            host = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"host:"))
            title = b"<!doctype html><title>" + path + b" of " + host + b"</title>"
            is_packed = self.may_pack and b"gzip" in head
            page = self._gzip(title) if is_packed else title + self.body
            status = b"404 Not Found" if path == b"/robots.txt" else b"200 OK"
            coding = b"Content-Encoding: gzip\r\n" if is_packed else b""
            self._transport.write(
                b"HTTP/1.1 %s\r\nContent-Type: text/html\r\n%sContent-Length: %d\r\n\r\n%s"
                % (status, coding, len(page), page)
            )

    def _gzip(self, title: bytes) -> bytes:
        """Pack title and body; the body was packed before, once."""
        packer = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
        packed = packer.compress(title) + packer.flush(zlib.Z_FULL_FLUSH) + self.packed_body
        check = zlib.crc32(self.body, zlib.crc32(title))
        return b"\x1f\x8b\x08" + bytes(7) + packed + struct.pack("<II", check, len(title) + len(self.body))


def _body(size: int) -> bytes:
    """Text of words that repeat about as much as prose does, with links among it."""
    choose = random.Random(1)  # noqa: S311
    words = ["".join(choose.choices("abcdefghijklmnopqrstuvwxyz", k=choose.randint(2, 9))) for _ in range(4000)]
    lines, length = [], 0
    while length < size:
        text = " ".join(choose.choices(words, k=60))
        lines.append(f"<p>{text} <a href='https://{words[len(lines) % 4000]}.example/{len(lines)}'>more</a></p>")
        length += len(lines[-1])
    return ("".join(lines) + f"<a href='{_TARGET}'>bread</a>").encode()


async def _serve(addresses: list[str], size: int, *, may_pack: bool) -> None:
    _Pages.body, _Pages.may_pack = _body(size), may_pack
    packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    _Pages.packed_body = packer.compress(_Pages.body) + packer.flush()
    loop = asyncio.get_running_loop()
    first = await loop.create_server(_Pages, addresses[0], 0, backlog=512)
    port = first.sockets[0].getsockname()[1]
    for address in addresses[1:]:
        await loop.create_server(_Pages, address, port, backlog=512)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    # Until the parent closes our input.
    await asyncio.to_thread(sys.stdin.read)


def _rss() -> int:
    """Resident memory now, in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


class _Peak(threading.Thread):
    """Follows the peak of resident memory from a moment on."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.start_bytes = self.peak = _rss()
        self.start()

    def run(self) -> None:
        while True:
            self.peak = max(self.peak, _rss())
            time.sleep(0.02)


def _linksift(urls: list[str], at_once: int, port: int, *, check: bool) -> int:
    from linksift.fetch import Asked, Settings, Status, fetch

    settings = Settings(
        delay=0.0, concurrency=at_once, max_per_host=len(urls), allow_private=True, ports=frozenset((port,))
    )
    with tempfile.TemporaryDirectory() as folder:
        asked = (Asked(url, _TARGET if check else None) for url in urls)
        return fetch(asked, Path(folder, "pages.warc.gz"), settings).get(Status.OK, 0)


def _trafilatura(urls: list[str], at_once: int) -> int:
    from trafilatura.downloads import buffered_downloads
    from trafilatura.settings import DEFAULT_CONFIG

    # Its guard against private addresses would refuse loopback.
    DEFAULT_CONFIG.set("DEFAULT", "SSRF_PROTECTION", "off")
    return sum(page is not None for _, page in buffered_downloads(urls, at_once))


def _measure(side: str, urls: list[str], arguments: argparse.Namespace) -> dict[str, float]:
    """Run one side in this process."""
    if side == "linksift":
        import linksift.fetch  # noqa: F401 - what it takes to load is no growth
    else:
        import trafilatura.downloads  # noqa: F401
    peak = _Peak()
    start, cpu = time.perf_counter(), time.process_time()
    if side == "linksift":
        had = _linksift(urls, arguments.hosts, arguments.port, check=arguments.check_links)
    else:
        had = _trafilatura(urls, arguments.hosts)
    seconds = time.perf_counter() - start
    if had != len(urls):
        sys.exit(f"{side}: {had} of {len(urls)} pages")
    return {
        "pages_per_s": had / seconds,
        "cpu_ms_per_page": (time.process_time() - cpu) / had * 1e3,
        "growth_mb": (peak.peak - peak.start_bytes) / 1e6,
    }


def main() -> None:
    """Print a table; write the same as JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--pages", type=int, default=6_000)
    parser.add_argument("--hosts", type=int, default=32)
    parser.add_argument("--bytes", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--plain", action="store_true", help="the server packs nothing")
    parser.add_argument("--check-links", action="store_true", help="linksift also looks for a link on each page")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--role", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    addresses = [f"127.0.0.{number}" for number in range(2, arguments.hosts + 2)]
    if arguments.role == "server":
        asyncio.run(_serve(addresses, arguments.bytes, may_pack=not arguments.plain))
        return
    if arguments.role:
        urls = [
            f"http://{addresses[number % len(addresses)]}:{arguments.port}/{number}"
            for number in range(arguments.pages)
        ]
        print(json.dumps(_measure(arguments.role, urls, arguments)))
        return
    _compare(arguments)


def _compare(arguments: argparse.Namespace) -> None:
    given = [
        sys.executable,
        __file__,
        "--pages",
        arguments.pages,
        "--hosts",
        arguments.hosts,
        "--bytes",
        arguments.bytes,
    ]
    flags = ["--plain"] * arguments.plain + ["--check-links"] * arguments.check_links
    call = [str(word) for word in given] + flags
    found: dict[str, list[dict[str, float]]] = {"linksift": [], "trafilatura": []}
    with subprocess.Popen([*call, "--role", "server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:  # noqa: S603
        port = server.stdout.readline().decode().strip() if server.stdout else ""
        for number in range(arguments.rounds):
            for side in sorted(found, reverse=bool(number % 2)):
                done = subprocess.run([*call, "--role", side, "--port", port], stdout=subprocess.PIPE, check=True)  # noqa: S603
                found[side].append(json.loads(done.stdout))
                print(f"round {number + 1}, {side}: {found[side][-1]}", file=sys.stderr)
        if server.stdin:
            server.stdin.close()
    table = {
        side: {key: round(statistics.median(run[key] for run in runs), 2) for key in runs[0]}
        for side, runs in found.items()
    }
    print(
        f"{arguments.pages:,} pages of {arguments.bytes:,} bytes on {arguments.hosts} hosts, median of {arguments.rounds}"
    )
    for side, figures in table.items():
        print(f"{side:12} " + "  ".join(f"{key} {value:,.2f}" for key, value in figures.items()))
    if arguments.json:
        arguments.json.write_text(json.dumps({"runs": found, "median": table}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
