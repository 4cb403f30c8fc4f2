"""A web server on loopback for the tests of the fetcher: as well or as badly behaved as a test wants."""

import asyncio
import contextlib
import gzip
import socket
import ssl
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import aiohttp
from aiohttp.abc import AbstractResolver

from linksift.fetch import Settings
from linksift.fetch.run import Network

Send = Callable[[bytes], Awaitable[None]]


@dataclass
class Request:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    time: float
    connection: int


@dataclass
class Site:
    """Answers each path with bytes, or with what an async function sends; other paths are 404.

    A context manager: `port` is there inside.
    """

    routes: dict[str, object] = field(default_factory=dict)
    addresses: tuple[str, ...] = ("127.0.0.1",)
    tls: ssl.SSLContext | None = None
    requests: list[Request] = field(default_factory=list)
    most_at_once: int = 0
    greeting: bytes = b""

    def __enter__(self):
        self._loop = asyncio.new_event_loop()
        self._open = self._at_once = 0
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self._thread.start()
        assert started.wait(10)
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def paths(self, *, robots=False):
        return [request.path for request in self.requests if robots or request.path != "/robots.txt"]

    def _run(self, started):
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._main(started))
        self._loop.close()

    async def _main(self, started):
        self._stop = asyncio.Event()
        with socket.socket() as probe:
            probe.bind((self.addresses[0], 0))
            self.port = probe.getsockname()[1]
        servers = [await asyncio.start_server(self._serve, host, self.port, ssl=self.tls) for host in self.addresses]
        started.set()
        await self._stop.wait()
        for server in servers:
            server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader, writer):
        self._open += 1
        number = self._open
        writer.write(self.greeting)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, ssl.SSLError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                first, *lines = head.split("\r\n")
                headers = dict(line.split(": ", 1) for line in lines if line)
                request = Request(first.split(" ")[1], headers, time.monotonic(), number)
                self.requests.append(request)
                self._at_once += 1
                self.most_at_once = max(self.most_at_once, self._at_once)
                try:
                    await self._answer(request, writer)
                finally:
                    self._at_once -= 1
        writer.close()

    async def _answer(self, request, writer):
        async def send(data):
            writer.write(data)
            await writer.drain()

        answer = self.routes.get(request.path, response(b"nothing here", status="404 Not Found"))
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if callable(answer):
            answer = answer(request, send)
            if asyncio.iscoroutine(answer):
                answer = await answer
            if answer is None:
                raise ConnectionError
        await send(answer)


def response(body, *, status="200 OK", kind="text/html; charset=utf-8", **headers):
    """The bytes of an answer; `headers` with underscores for hyphens."""
    named = {"Content-Type": kind, "Content-Length": str(len(body))}
    named |= {name.replace("_", "-"): str(value) for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items() if value != "None")
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode("latin-1") + body


def html(text, *links):
    """A page of our own with links."""
    anchors = "".join(f'<p>See <a href="{link}">this bakery</a> for bread.</p>' for link in links)
    return (
        f"<!doctype html><html><head><title>{text}</title></head><body><h1>{text}</h1>{anchors}</body></html>".encode()
    )


def packed(body):
    return response(gzip.compress(body), Content_Encoding="gzip")


def redirect(to, status="302 Found"):
    return response(b"", status=status, Location=to)


class Names(AbstractResolver):
    """A name service: each name has a list of answers; the last one stays."""

    def __init__(self, names):
        self.names = {name: list(answers) for name, answers in names.items()}
        self.asked = []

    async def resolve(self, host, port=0, family=socket.AF_UNSPEC):
        self.asked.append(host)
        answers = self.names.get(host)
        if not answers:
            raise OSError(socket.EAI_NONAME, "Name or service not known")
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        addresses = [answer] if isinstance(answer, str) else answer
        return [
            {
                "hostname": host, "host": address, "port": port, "proto": 0, "flags": 0,
                "family": socket.AF_INET6 if ":" in address else socket.AF_INET,
            }
            for address in addresses
        ]  # fmt: skip

    async def close(self):
        pass


def quick(*sites, **changes):
    """Settings for tests: no pauses, the ports of the sites, loopback allowed."""
    given = {
        "delay": 0.0,
        "backoff": 0.01,
        "timeout": 5.0,
        "allow_private": True,
        "ports": frozenset(s.port for s in sites),
    }
    return Settings(**(given | changes))


def network(names, **others):
    """A network in which the names lead to loopback; a `Names` may be given to look at it later."""
    return Network(
        resolver=lambda: names if isinstance(names, aiohttp.abc.AbstractResolver) else Names(names), **others
    )
