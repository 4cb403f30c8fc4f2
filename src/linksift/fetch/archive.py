"""The web archive (WARC 1.1): one writer, one gzip member per record, and a look back at an earlier archive."""

import gzip
import hashlib
import io
import os
from base64 import b32encode
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from linksift.errors import InputError
from linksift.fetch.client import Answer
from linksift.fetch.rows import Known
from linksift.io.revisits import POSITION

_PROFILES: Final = "http://netpreserve.org/warc/1.1/revisit/"
IDENTICAL: Final = _PROFILES + "identical-payload-digest"
NOT_MODIFIED: Final = _PROFILES + "server-not-modified"
_LEVEL: Final = 4
# A tuple: these cannot be hashed.
_ANSWERS: Final = (WarcRecordType.response, WarcRecordType.revisit)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer, as the archive keeps them.

    Attributes
    ----------
    head, payload
        Status line and headers of the answer, and its body as sent.
    via
        The address that redirected here, or None.
    hops
        Redirects before this one.
    truncated
        Whether the body was cut.
    """

    url: str
    date: datetime
    ip: str | None
    request: bytes
    head: bytes
    payload: bytes
    via: str | None = None
    hops: int = 0
    millis: int | None = None
    truncated: bool = False

    @classmethod
    def of_answer(cls, answer: Answer, hops: list[str]) -> Self:
        """Make one from an answer and the addresses that redirected to it."""
        return cls(
            str(answer.url), answer.date, answer.ip, answer.request, answer.head, answer.sent,
            hops[-1] if hops else None, len(hops), round(answer.seconds * 1000), answer.truncated,
        )  # fmt: skip

    def header(self, name: str) -> str:
        """Return one header of the answer, or an empty text."""
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key.strip().lower() == name.lower().encode():
                return value.strip().decode("latin-1")
        return ""

    @property
    def is_packed(self) -> bool:
        """Whether the server packed the payload."""
        return self.header("Content-Encoding") not in {"", "identity"}

    @property
    def digest(self) -> str:
        """SHA-1 of the payload, as archives write it; it tells copies apart, it protects nothing."""
        return b32encode(hashlib.sha1(self.payload, usedforsecurity=False).digest()).decode()


@dataclass(frozen=True, slots=True)
class Packed:
    """The records of one exchange, ready to be appended; `record_id` and `date` are those of its response or revisit."""

    data: bytes
    record_id: str
    date: str


def pack(exchange: Exchange, digest: str, known: Known | None = None, profile: str = IDENTICAL) -> Packed:
    """Make the records response, request and metadata; with `known`, a revisit record instead of the response."""
    kind = WarcRecordType.response if known is None else WarcRecordType.revisit
    response = _record(kind, exchange.date, "application/http;msgtype=response", exchange)
    if exchange.ip is not None:
        response.headers["WARC-IP-Address"] = exchange.ip
    if profile == IDENTICAL:
        response.headers["WARC-Payload-Digest"] = f"sha1:{digest}"
    if exchange.truncated:
        response.headers["WARC-Truncated"] = "length"
    block = exchange.head
    if known is None:
        block += exchange.payload
    else:
        response.headers["WARC-Profile"] = profile
        response.headers["WARC-Refers-To"] = f"<{known.record_id}>"
        response.headers["WARC-Refers-To-Target-URI"] = known.url
        response.headers["WARC-Refers-To-Date"] = known.date
        response.headers[POSITION] = str(known.position)
    # What the server has packed is not packed again.
    level = 0 if known is None and exchange.is_packed else _LEVEL
    record_id = response.headers["WARC-Record-ID"]
    data = _member(response, block, level) + _beside(record_id, exchange)
    return Packed(data, record_id.strip("<>"), response.headers["WARC-Date"])


def _beside(record_id: str, exchange: Exchange) -> bytes:
    """Return the records of the request, and of what is known besides."""
    request = _record(WarcRecordType.request, exchange.date, "application/http;msgtype=request", exchange)
    request.headers["WARC-Concurrent-To"] = record_id
    metadata = _record(WarcRecordType.metadata, exchange.date, "application/warc-fields", exchange)
    metadata.headers["WARC-Concurrent-To"] = record_id
    fields = {"hopsFromSeed": "R" * exchange.hops}
    if exchange.via is not None:
        fields["via"] = exchange.via
    if exchange.millis is not None:
        fields["fetchTimeMs"] = str(exchange.millis)
    return _member(request, exchange.request, _LEVEL) + _member(metadata, _fields(fields), _LEVEL)


class ArchiveWriter:
    """Appends exchanges to an archive; a context manager.

    Parameters
    ----------
    path
        The file; it is made, or cut to `length` and continued.
    about
        Goes into the ``warcinfo`` record of a new file.
    """

    def __init__(self, path: Path, length: int, about: dict[str, str]) -> None:
        try:
            self._file = path.open("r+b" if length else "wb")
        except OSError as error:
            raise InputError(f"{path}: cannot be written ({error.strerror or error})") from error
        self._file.truncate(length)
        self._file.seek(length)
        self.length = length
        if not length:
            record = _record(WarcRecordType.warcinfo, datetime.now(UTC), "application/warc-fields")
            self.append(_member(record, _fields(about), _LEVEL))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def append(self, data: bytes) -> int:
        """Append whole records, and return the position at which they begin, in bytes."""
        position = self.length
        self.length += self._file.write(data)
        return position

    def flush(self) -> None:
        """Hand everything to the system: a process that dies then loses nothing."""
        self._file.flush()

    def finish(self) -> None:
        """Bring everything to the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())


class ArchiveReader:
    """Looks up exchanges in an archive that `ArchiveWriter` wrote; a context manager."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, position: int) -> Exchange:
        """Return the exchange that begins at a position; the payload of a revisit is looked up where it is.

        Raises
        ------
        ValueError
            Where there is none: the archive was changed by something else.
        """
        self._file.seek(position)
        blocks: list[tuple[WarcRecord, bytes]] = []
        for record in ArchiveIterator(self._file, parse_http=False):
            blocks.append((record, record.reader.read()))
            record.freeze()
            if len(blocks) == 3:
                break
        kinds = [record.record_type for record, _ in blocks]
        if len(kinds) != 3 or kinds[0] not in _ANSWERS:
            raise ValueError(f"no exchange at byte {position:,}")
        (response, block), (_, request), (_, fields) = blocks
        head, _, payload = block.partition(b"\r\n\r\n")
        stated = _read_fields(fields)
        if kinds[0] == WarcRecordType.revisit:
            payload = self.read(int(response.headers[POSITION])).payload
        return Exchange(
            url=response.headers["WARC-Target-URI"],
            date=response.record_date,
            ip=response.headers.get("WARC-IP-Address"),
            request=request,
            head=head + b"\r\n\r\n",
            payload=payload,
            via=stated.get("via"),
            hops=len(stated.get("hopsFromSeed", "")),
            millis=int(stated["fetchTimeMs"]) if "fetchTimeMs" in stated else None,
            truncated=response.headers.get("WARC-Truncated") is not None,
        )


def _record(kind: WarcRecordType, date: datetime, content: str, exchange: Exchange | None = None) -> WarcRecord:
    record = WarcRecord()
    record.init_headers(kind)
    record.record_date = date
    record.headers["Content-Type"] = content
    if exchange is not None:
        record.headers["WARC-Target-URI"] = exchange.url
    return record


def _member(record: WarcRecord, block: bytes, level: int) -> bytes:
    record.set_bytes_content(block)
    buffer = io.BytesIO()
    record.write(buffer, checksum_data=True)
    return gzip.compress(buffer.getvalue(), compresslevel=level, mtime=0)


def _fields(pairs: dict[str, str]) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in pairs.items()).encode()


def _read_fields(block: bytes) -> dict[str, str]:
    lines = (line.partition(": ") for line in block.decode("utf-8", "replace").splitlines())
    return {name: value for name, _, value in lines}
