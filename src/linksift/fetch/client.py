"""One request and its answer, within limits; the only module that opens connections."""

import asyncio
import ssl
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Final, Self

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.connector import Connection
from aiohttp.http_exceptions import LineTooLong
from yarl import URL

from linksift.fetch.addresses import CheckedResolver, Guard
from linksift.fetch.bodies import check_coding, unpacked
from linksift.fetch.outcome import FetchError, Status
from linksift.fetch.robots import MAX_BYTES as ROBOTS_BYTES
from linksift.fetch.settings import Settings

_ACCEPT: Final = {"Accept": "text/html, application/xhtml+xml;q=0.9, */*;q=0.1", "Accept-Encoding": "gzip, deflate"}
_HTML_TYPES: Final = frozenset(("text/html", "application/xhtml+xml"))
#: What is kept of an answer that is no page: an error's text, a redirect's.
_SMALL_BODY: Final = 65_536
#: What is unpacked faster than handed to a thread.
_QUICK_BYTES: Final = 4_096
_IDLE_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer.

    Attributes
    ----------
    request, head
        The request, and status line and headers of the answer, as bytes. The transfer's chunks are undone: the header
        ``Transfer-Encoding`` is renamed, and ``Content-Length`` is that of `sent`.
    sent
        The body as it was sent (packed, where it was).
    plain
        The body of a page or a robots.txt, unpacked; of other answers empty.
    truncated
        Whether the rest of the body was not read.
    """

    url: URL
    status: int
    headers: Mapping[str, str]
    content_type: str
    request: bytes
    head: bytes
    sent: bytes
    plain: bytes
    truncated: bool
    ip: str | None
    date: datetime
    seconds: float

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300


class _Response(aiohttp.ClientResponse):
    """Remembers whom it came from: the connection is let go as soon as the body is there."""

    peer: str | None = None

    async def start(self, connection: Connection) -> "_Response":
        if connection.transport is not None:
            peer = connection.transport.get_extra_info("peername")
            self.peer = str(peer[0]) if peer else None
        await super().start(connection)
        return self


class Client:
    """Asks for pages; an async context manager.

    Parameters
    ----------
    resolver
        Looks names up, instead of the system's resolver. What it answers is checked.
    tls
        The trust in certificates; by default the system's.
    """

    def __init__(
        self, settings: Settings, guard: Guard, *, resolver: AbstractResolver | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:  # fmt: skip
        self._settings = settings
        self._guard = guard
        self._resolver = resolver
        self._tls = tls or ssl.create_default_context()

    async def __aenter__(self) -> Self:
        # Names are looked up in threads: as many as there may be requests, so that a slow name stops no other.
        pool = ThreadPoolExecutor(self._settings.concurrency + 4, thread_name_prefix="fetch")
        asyncio.get_running_loop().set_default_executor(pool)
        connector = aiohttp.TCPConnector(
            resolver=CheckedResolver(self._resolver or aiohttp.ThreadedResolver(), self._guard),
            use_dns_cache=False,
            socket_factory=self._guard.make_socket,
            ssl=self._tls,
            limit=self._settings.concurrency,
            limit_per_host=1,
            keepalive_timeout=_IDLE_SECONDS,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            headers={**_ACCEPT, "User-Agent": self._settings.user_agent},
            response_class=_Response,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            max_line_size=self._settings.max_header_bytes,
            max_field_size=self._settings.max_header_bytes,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._settings.connect_timeout),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def get(
        self, url: URL, *, seconds: float, headers: Mapping[str, str] | None = None, any_type: bool = False
    ) -> Answer:
        """Ask for a URL once; redirects are not followed.

        Parameters
        ----------
        seconds
            Time for everything: name, connection, headers and body.
        any_type
            Take the first 512 KiB of a body of any type (for robots.txt). Otherwise a successful answer has to be HTML, and of
            other answers the first 64 KiB are kept.

        Raises
        ------
        FetchError
            Where there is no answer within the limits.
        """
        self._guard.check_url(url)
        try:
            async with asyncio.timeout(seconds):
                return await self._get(url, headers or {}, any_type=any_type)
        except FetchError:
            raise
        except Exception as error:
            raise _failure(error, seconds) from error

    async def _get(self, url: URL, headers: Mapping[str, str], *, any_type: bool) -> Answer:
        loop = asyncio.get_running_loop()
        date, start = datetime.now(UTC), loop.time()
        response = await self._session.get(url, headers=headers, allow_redirects=False)
        # Closed, not released: what is not read is not wanted. After the whole body this does nothing.
        with closing(response):
            is_page = 200 <= response.status < 300 and not any_type
            if is_page and response.content_type not in _HTML_TYPES:
                given = response.headers.get("Content-Type", "")
                raise FetchError(Status.NOT_HTML, f"content type {given[:80]!r}" if given else "no content type")
            coding = response.headers.get("Content-Encoding", "")
            if is_page or any_type:
                check_coding(coding)
            enough = ROBOTS_BYTES if any_type else None if is_page else _SMALL_BODY
            sent, is_whole = await self._read(response, enough)
            plain = await self._unpacked(sent, coding, None if is_page else enough) if is_page or any_type else b""
            return Answer(
                url=url,
                status=response.status,
                headers=response.headers,
                content_type=response.content_type if "Content-Type" in response.headers else "",
                request=_request_bytes(response),
                head=_head_bytes(response, len(sent)),
                sent=sent,
                plain=plain,
                truncated=not is_whole,
                ip=response.peer if isinstance(response, _Response) else None,
                date=date,
                seconds=loop.time() - start,
            )

    async def _read(self, response: aiohttp.ClientResponse, enough: int | None) -> tuple[bytes, bool]:
        """Read the body and tell whether all of it was read; with `enough`, the rest after so many bytes is not."""
        limit = self._settings.max_bytes
        declared = response.content_length
        if enough is None and declared is not None and declared > limit:
            raise FetchError(Status.TOO_LARGE, f"the server announces a body of {declared:,} bytes")
        sent = bytearray()
        async for piece in response.content.iter_any():
            sent += piece
            if enough is not None and len(sent) >= enough:
                return bytes(sent[:enough]), False
            if len(sent) > limit:
                raise FetchError(Status.TOO_LARGE, f"the body is larger than {limit:,} bytes")
        return bytes(sent), True

    async def _unpacked(self, sent: bytes, coding: str, cut: int | None) -> bytes:
        """Unpack a body; with `cut`, only so much of it, broken off or not."""
        work = partial(unpacked, sent, coding, cut or self._settings.max_bytes, is_whole=cut is None)
        return work() if len(sent) < _QUICK_BYTES or not coding else await asyncio.to_thread(work)


def _request_bytes(response: aiohttp.ClientResponse) -> bytes:
    sent = response.request_info
    lines = [f"GET {sent.url.raw_path_qs} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape")


def _head_bytes(response: aiohttp.ClientResponse, n_bytes: int) -> bytes:
    version = response.version or aiohttp.HttpVersion11
    reason = (response.reason or "").encode("utf-8", "surrogateescape")
    lines = [b"HTTP/%d.%d %d %s" % (version.major, version.minor, response.status, reason)]
    for name, value in response.raw_headers:
        key = name.lower()
        if key == b"transfer-encoding":
            # The archive holds the body without its chunks, as other crawlers keep it.
            lines.append(b"X-Crawler-Transfer-Encoding: " + value)
        elif key != b"content-length":
            lines.append(name + b": " + value)
    lines.append(b"Content-Length: %d" % n_bytes)
    return b"\r\n".join([*lines, b"", b""])


#: What each error of the HTTP library is to us; the first that fits.
_FAILURES: Final[tuple[tuple[type[Exception], Status], ...]] = (
    (aiohttp.ClientConnectorDNSError, Status.DNS),
    (aiohttp.ClientSSLError, Status.TLS),
    (ssl.SSLError, Status.TLS),
    (TimeoutError, Status.TIMEOUT),
    (aiohttp.ServerDisconnectedError, Status.BROKEN),
    (aiohttp.ClientPayloadError, Status.BROKEN),
    (aiohttp.ClientResponseError, Status.BROKEN),
    (aiohttp.ClientOSError, Status.CONNECT),
    (aiohttp.InvalidURL, Status.REFUSED),
    (OSError, Status.CONNECT),
)


def _failure(error: Exception, seconds: float) -> FetchError:
    """Turn whatever the library raises into a status and a reason."""
    status = next((status for kind, status in _FAILURES if isinstance(error, kind)), Status.BROKEN)
    cause = _causes(error)
    refused = next((one for one in cause if isinstance(one, FetchError)), None)
    if refused is not None:
        return refused
    if any(isinstance(one, LineTooLong) for one in cause):
        return FetchError(Status.TOO_LARGE, "the headers are larger than the limit")
    if status is Status.TIMEOUT:
        is_early = isinstance(error, aiohttp.ConnectionTimeoutError)
        return FetchError(status, "no connection in time" if is_early else f"not done in {seconds:.0f} s")
    inner = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    said = (inner.strerror if isinstance(inner, OSError) else None) or str(inner) or type(inner).__name__
    return FetchError(status, " ".join(said.split())[:200])


def _causes(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found
