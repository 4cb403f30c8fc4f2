"""What records of a web archive say about other records: redirects to a page, and revisits of one."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final
from urllib.parse import urljoin

from fastwarc.warc import ArchiveIterator, WarcRecord

from linksift.io.textfile import BROKEN_GZIP, starts_with_gzip
from linksift.urls import ascii_url, normalize_url

#: Header of a revisit record that says where in the same file the record stands that it refers to.
POSITION: Final = "WARC-Refers-To-File-Offset"

_MAX_REDIRECTS: Final = 1_000_000
_MAX_ALIASES: Final = 100


class Redirects:
    """The redirects of an archive so far: which addresses lead to a page."""

    def __init__(self) -> None:
        self._sources: dict[str, list[str]] = {}

    def add(self, source: str, location: str | None) -> None:
        """Note that `source` was redirected to `location`, an absolute or relative URL."""
        if not location or len(self._sources) >= _MAX_REDIRECTS:
            return
        try:
            target = urljoin(source, location.strip())
        except ValueError:
            return
        sources = self._sources.setdefault(_key(target), [])
        if source not in sources and len(sources) < _MAX_ALIASES:
            sources.append(source)

    def leading_to(self, url: str | None) -> tuple[str, ...]:
        """Return the addresses that led to `url`, over one redirect or more."""
        found: list[str] = []
        waiting = [url] if url is not None else []
        while waiting and len(found) < _MAX_ALIASES:
            for source in self._sources.get(_key(waiting.pop()), ()):
                if source not in found and source != url:
                    found.append(source)
                    waiting.append(source)
        return tuple(found[:_MAX_ALIASES])


def _key(url: str) -> str:
    return ascii_url(normalize_url(url))


@contextmanager
def revisited(handle: BinaryIO, record: WarcRecord) -> Iterator[WarcRecord | None]:
    """Open the response that a revisit record refers to, its HTTP headers read; None where it is not to be found.

    Only what `POSITION` points to is looked at, and only a record with the id that the revisit names is taken.

    Parameters
    ----------
    handle
        The archive; its position is the same afterwards.
    """
    here = handle.tell()
    try:
        yield _original(handle, record)
    finally:
        handle.seek(here)


def _original(handle: BinaryIO, record: WarcRecord) -> WarcRecord | None:
    position, wanted = record.headers.get(POSITION) or "", record.headers.get("WARC-Refers-To")
    # A server that says "not modified" says nothing of another address: that page stands under its own.
    is_same = (record.headers.get("WARC-Profile") or "").endswith("/identical-payload-digest")
    if not (is_same and wanted and position.isascii() and position.isdigit() and len(position) < 19):
        return None
    try:
        handle.seek(int(position))
        packed = starts_with_gzip(handle.read(2))
        handle.seek(int(position))
        stream = gzip.GzipFile(fileobj=handle) if packed else handle
        original = next(iter(ArchiveIterator(stream, parse_http=False)), None)
        if original is None or original.headers.get("WARC-Record-ID") != wanted:
            return None
        original.parse_http(auto_decode="none")
    except (OSError, *BROKEN_GZIP):
        return None
    return original if original.http_headers is not None else None
