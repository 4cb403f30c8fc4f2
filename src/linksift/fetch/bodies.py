"""Unpacking a body that a server sent packed, up to a limit: a small bomb can hold gigabytes."""

import zlib

from linksift.fetch.outcome import FetchError, Status
from linksift.io.textfile import starts_with_gzip

_CODINGS = frozenset(("", "identity", "gzip", "x-gzip", "deflate"))


def check_coding(coding: str) -> None:
    """Check a ``Content-Encoding`` before its body is read.

    Raises
    ------
    FetchError
        Where it is none of those that were asked for.
    """
    if coding.strip().lower() not in _CODINGS:
        raise FetchError(Status.BROKEN, f"content encoding {coding[:40]!r} was not asked for")


def unpacked(sent: bytes, coding: str, limit: int, *, is_whole: bool = True) -> bytes:
    """Return a body without its packing; one that does not begin as its header says is taken as it is.

    Parameters
    ----------
    limit
        Bytes of the unpacked body; no more are made.
    is_whole
        Whether the body has to be complete and within the limit. Otherwise what there is comes back, up to the limit.

    Raises
    ------
    FetchError
        Where the packing is broken, or the body breaks off or is larger than the limit.
    """
    unpacker = _unpacker(sent, coding.strip().lower())
    if unpacker is None:
        return sent if is_whole else sent[:limit]
    try:
        plain = unpacker.decompress(sent, limit + 1)
    except zlib.error as error:
        raise FetchError(Status.BROKEN, f"the {coding[:40]} body cannot be unpacked: {error}") from None
    if not is_whole:
        return plain[:limit]
    if len(plain) > limit:
        raise FetchError(Status.TOO_LARGE, f"the body is larger than {limit:,} bytes when unpacked")
    if not unpacker.eof:
        raise FetchError(Status.BROKEN, f"the {coding[:40]} body breaks off")
    return plain


def _unpacker(sent: bytes, coding: str) -> "zlib._Decompress | None":
    if coding in {"gzip", "x-gzip"} and starts_with_gzip(sent):
        return zlib.decompressobj(zlib.MAX_WBITS | 16)
    if coding == "deflate" and not sent.lstrip().startswith(b"<"):
        # Some servers send the stream without the zlib header that the standard asks for.
        has_header = len(sent) > 1 and sent[0] & 15 == 8 and int.from_bytes(sent[:2]) % 31 == 0
        return zlib.decompressobj(zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS)
    return None
