"""HTML pages of a web archive (WARC), packed or not, whole or broken off."""

import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO, Final

from fastwarc.stream_io import BrotliReader, ChunkedReader
from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from linksift.io.rawpage import MAX_PAGE_BYTES, RawPage, raw_page
from linksift.io.revisits import Redirects, revisited
from linksift.io.textfile import BROKEN_GZIP, starts_with_gzip

_HTML_TYPES: Final = frozenset({"text/html", "application/xhtml+xml"})


class _DecodeError(ValueError):
    """A payload is not what its headers say."""


class _Unpacked(gzip.GzipFile):
    """A gzip stream that ends where it breaks off and keeps the error.

    fastwarc's own reader ends silently there, and an error raised while fastwarc reads ahead costs the pages that
    it has in its buffer.
    """

    def __init__(self, handle: BinaryIO) -> None:
        super().__init__(fileobj=handle)
        self.error: Exception | None = None

    def read(self, size: int | None = -1) -> bytes:
        try:
            # One step at a time: the base class loses what it has when the next step fails.
            return self.read1(-1 if size is None else size)
        except BROKEN_GZIP as error:
            self.error = error
            return b""


def read_warc(handle: BinaryIO, name: str) -> Iterator[RawPage]:
    """Yield the HTML pages of the successful (2xx) responses of an archive.

    Other records and other content types are passed over; a revisit of a page that the archive holds, and says where, is
    that page. Where the archive is broken, the pages before the break come first, then one page with an error.
    """
    packed = starts_with_gzip(handle.read(2))
    handle.seek(0)
    stream = _Unpacked(handle) if packed else handle
    number = 0
    page = None
    redirects = Redirects()
    try:
        # HTTP is parsed record by record below: one bad record must not end the archive.
        for record in ArchiveIterator(stream, record_types=WarcRecordType.any_type, parse_http=False):
            number += 1
            page = _page(record, f"{name}:{number}", handle, redirects)
            if page is not None:
                yield page
    except OSError as error:
        yield _broken(f"{name}:{number + 1}", error)
    else:
        is_told = page is not None and page.error is not None
        if isinstance(stream, _Unpacked) and stream.error is not None and not is_told:
            yield _broken(f"{name}:{number + 1}", stream.error)


def _broken(where: str, error: Exception) -> RawPage:
    return RawPage(None, None, None, f"the archive is broken here: {str(error)[:80]}", where)


def _page(record: WarcRecord, where: str, handle: BinaryIO, redirects: Redirects) -> RawPage | None:
    if "Content-Length" not in record.headers:
        return RawPage(None, None, None, "the record's header is broken", where)
    is_revisit = record.record_type == WarcRecordType.revisit
    if not is_revisit and record.record_type != WarcRecordType.response:
        return None
    url = (record.headers.get("WARC-Target-URI") or "").strip("<> ") or None
    try:
        record.parse_http(auto_decode="none")
    except OSError as error:
        if is_revisit:
            return None
        return RawPage(None, url, None, f"the HTTP headers cannot be read: {str(error)[:80]}", where)
    headers = record.http_headers
    if headers is not None and url is not None and 300 <= (headers.status_code or 0) < 400:
        redirects.add(url, headers.get("Location"))
    if headers is None or record.http_content_type not in _HTML_TYPES:
        return None
    if headers.status_code is not None and not 200 <= headers.status_code < 300:
        return None
    if is_revisit:
        with revisited(handle, record) as original:
            page = None if original is None else _response_page(original, url, where)
    else:
        page = _response_page(record, url, where)
    return page if page is None else replace(page, aliases=redirects.leading_to(url))


def _response_page(record: WarcRecord, url: str | None, where: str) -> RawPage:
    """Return the page of a response whose HTTP headers are read; `url` is where it was seen."""
    headers = record.http_headers
    expected = record.content_length
    body = record.reader.read(MAX_PAGE_BYTES + 1) if record.reader else b""
    if len(body) < min(expected, MAX_PAGE_BYTES):
        problem = f"the record breaks off after {len(body):,} of {expected:,} bytes"
        return RawPage(None, url, None, problem, where)
    try:
        html = _decoded(body, headers.get("Transfer-Encoding"), headers.get("Content-Encoding"))
    except _DecodeError as error:
        return RawPage(None, url, None, str(error), where)
    return raw_page(html, url, where)


def _decoded(body: bytes, transfer: str | None, content: str | None) -> bytes:
    """Undo the HTTP encodings that crawlers leave in an archive.

    Many crawlers store the decoded body under the original headers: a body that does not begin as its header
    says is taken as it is.
    """
    if "chunked" in (transfer or "").lower() and _is_chunked(body):
        body = _read(ChunkedReader(io.BytesIO(body)), "chunked")
    for coding in reversed((content or "").lower().split(",")):
        match coding.strip():
            case "gzip" | "x-gzip" if starts_with_gzip(body):
                body = _inflated(body, zlib.MAX_WBITS | 16, "gzip")
            case "deflate" if not body.lstrip().startswith(b"<"):
                # Some servers send the stream without the zlib header that the standard asks for.
                has_header = len(body) > 1 and body[0] & 15 == 8 and int.from_bytes(body[:2]) % 31 == 0
                body = _inflated(body, zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS, "deflate")
            case "br" if not body.lstrip().startswith(b"<"):
                body = _read(BrotliReader(io.BytesIO(body)), "br")
    return body


def _is_chunked(body: bytes) -> bool:
    size = body[:20].split(b"\r\n", 1)[0].split(b";", 1)[0].strip()
    return bool(size) and all(c in b"0123456789abcdefABCDEF" for c in size)


def _inflated(body: bytes, window_bits: int, coding: str) -> bytes:
    unpacker = zlib.decompressobj(window_bits)
    try:
        html = unpacker.decompress(body, MAX_PAGE_BYTES + 1)
    except zlib.error as error:
        raise _DecodeError(f"the {coding} body cannot be unpacked: {error}") from None
    if not unpacker.eof and len(html) <= MAX_PAGE_BYTES:
        raise _DecodeError(f"the {coding} body breaks off")
    return html


def _read(reader: BrotliReader | ChunkedReader, coding: str) -> bytes:
    try:
        html: bytes = reader.read(MAX_PAGE_BYTES + 1)
    except OSError as error:
        raise _DecodeError(f"the {coding} body cannot be unpacked: {str(error)[:80]}") from None
    return html
