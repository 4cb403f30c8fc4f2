"""A body as it arrives: counted and unpacked piece by piece, so that neither a flood nor a bomb gets far."""

import zlib

from linksift.fetch.outcome import FetchError, Status
from linksift.io.textfile import starts_with_gzip

_CODINGS = frozenset(("", "identity", "gzip", "x-gzip", "deflate"))


class Body:
    """Collects a body as it was sent, and unpacked.

    Parameters
    ----------
    coding
        The ``Content-Encoding``. As in `linksift.io.warc`, a body that does not begin as its header says is taken as it is.
    limit
        Bytes, packed and again unpacked.

    Attributes
    ----------
    sent
        The body as it was sent, without the chunks of the transfer.

    Raises
    ------
    FetchError
        Where the coding is none of those that were asked for.
    """

    def __init__(self, coding: str, limit: int) -> None:
        self._coding = coding.strip().lower()
        if self._coding not in _CODINGS:
            raise FetchError(Status.BROKEN, f"content encoding {coding[:40]!r} was not asked for")
        self._limit = limit
        self._unpacker: zlib._Decompress | None = None
        self.sent = bytearray()
        self._plain = bytearray()

    def feed(self, piece: bytes) -> None:
        """Take in a piece.

        Raises
        ------
        FetchError
            Where a limit is passed or the packing is broken.
        """
        if not piece:
            return
        is_first = not self.sent
        self.sent += piece
        if len(self.sent) > self._limit:
            raise FetchError(Status.TOO_LARGE, f"the body is larger than {self._limit:,} bytes")
        if is_first:
            self._unpacker = self._start(piece)
        if self._unpacker is not None:
            self._unpack(self._unpacker, piece)

    def finish(self) -> None:
        """Check the end.

        Raises
        ------
        FetchError
            Where the packed body breaks off.
        """
        if self._unpacker is not None and not self._unpacker.eof:
            raise FetchError(Status.BROKEN, f"the {self._coding} body breaks off")

    @property
    def plain(self) -> bytearray:
        """The body unpacked."""
        return self.sent if self._unpacker is None else self._plain

    def _start(self, head: bytes) -> "zlib._Decompress | None":
        if self._coding in {"gzip", "x-gzip"} and starts_with_gzip(head):
            return zlib.decompressobj(zlib.MAX_WBITS | 16)
        if self._coding == "deflate" and not head.lstrip().startswith(b"<"):
            # Some servers send the stream without the zlib header that the standard asks for.
            has_header = len(head) > 1 and head[0] & 15 == 8 and int.from_bytes(head[:2]) % 31 == 0
            return zlib.decompressobj(zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS)
        return None

    def _unpack(self, unpacker: "zlib._Decompress", piece: bytes) -> None:
        room = self._limit - len(self._plain)
        try:
            self._plain += unpacker.decompress(piece, room + 1)
        except zlib.error as error:
            raise FetchError(Status.BROKEN, f"the {self._coding} body cannot be unpacked: {error}") from None
        if len(self._plain) > self._limit:
            raise FetchError(Status.TOO_LARGE, f"the body is larger than {self._limit:,} bytes when unpacked")
