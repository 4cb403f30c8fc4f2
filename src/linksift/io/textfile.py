"""Open what people hand over: a path or ``-``, gzip or not, in whatever encoding it came."""

import codecs
import gzip
import io
import re
import shutil
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, TextIO, cast

from linksift.errors import InputError

#: Longest physical line that is read: a longer one is a decompression bomb or no text, not a row.
MAX_LINE_CHARS: Final = 16 * 1024 * 1024

#: What reading a broken gzip stream raises.
BROKEN_GZIP: Final = (EOFError, gzip.BadGzipFile, zlib.error)

_SAMPLE_BYTES: Final = 64 * 1024
_GZIP_MAGIC: Final = b"\x1f\x8b"
_FOREIGN: Final = {
    b"PK\x03\x04": "a ZIP archive or a workbook: unpack it, or open it and save it as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (XLS): open it and save it as CSV",
    b"PAR1": "a Parquet file, where text (CSV, TXT) is needed",
    b"WARC/": "a web archive (WARC), where text (CSV, TXT) is needed",
    b"%PDF": "a PDF, where text (CSV, TXT) is needed",
}
_BOMS: Final = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")


def display_name(path: str | Path) -> str:
    """Return the short name of an input for messages: its file name, or ``stdin``."""
    return "stdin" if str(path) == "-" else Path(path).name


def _keep_byte(error: UnicodeError) -> tuple[str, int]:
    """Read bytes that are no UTF-8 as cp1252, and the five that cp1252 lacks as Latin-1: no byte is lost.

    Byte by byte, so that one bad row does not garble every other row of a good UTF-8 file.
    """
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    text = "".join(bytes([b]).decode("cp1252", "ignore") or chr(b) for b in bad)
    return text, error.end


codecs.register_error("linksift.keep_byte", _keep_byte)


def open_binary(path: str | Path) -> BinaryIO:
    """Open `path` for reading at any position; ``-`` and pipes go through a temporary file.

    Raises
    ------
    InputError
        If the path is missing, is a folder, cannot be opened, or holds no byte.
    """
    name = display_name(path)
    try:
        if str(path) == "-":
            handle = _spool(sys.stdin.buffer)
        else:
            opened = Path(path).open("rb")  # noqa: SIM115 - the caller closes it
            handle = opened if opened.seekable() else _spool(opened)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise InputError(f"{path}: is a folder, a file is needed") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be opened ({error.strerror or error})") from error
    if not handle.read(1):
        handle.close()
        raise InputError(f"{name}: the file is empty")
    handle.seek(0)
    return handle


def _spool(stream: BinaryIO) -> BinaryIO:
    """Copy a stream that cannot be rewound into a nameless temporary file."""
    copy = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115 - the caller closes it
    shutil.copyfileobj(stream, copy)
    copy.seek(0)
    return copy


def starts_with_gzip(head: bytes) -> bool:
    """Tell gzip by its first two bytes."""
    return head.startswith(_GZIP_MAGIC)


@contextmanager
def open_text(path: str | Path) -> Iterator[TextIO]:
    """Open a text file of unknown encoding; gzip is unpacked, line ends are left as they are.

    A byte-order mark decides first, then the pattern of NUL bytes (UTF-16), then UTF-8, in which bytes that
    do not fit are read as cp1252.

    Raises
    ------
    InputError
        If the file is missing, empty or not text. A gzip stream that breaks off raises one of `BROKEN_GZIP`
        while it is read.
    """
    with open_binary(path) as handle, text_of(handle, display_name(path)) as text:
        yield text


@contextmanager
def text_of(handle: BinaryIO, name: str) -> Iterator[TextIO]:
    """Read an open file as `open_text` does; `handle` is closed with it."""
    head = handle.read(2)
    handle.seek(0)
    stream = cast("io.BufferedReader", gzip.GzipFile(fileobj=handle) if starts_with_gzip(head) else handle)
    sample = _sample(stream, name)
    encoding = _encoding(sample)
    _refuse_binary(sample, encoding, name)
    stream.seek(0)
    errors = "linksift.keep_byte" if encoding.startswith("utf-8") else "replace"
    with io.TextIOWrapper(stream, encoding=encoding, errors=errors, newline="") as text:
        yield text


def lines(text: TextIO, name: str) -> Iterator[str]:
    """Yield the physical lines of `text` with their ends and without NUL characters.

    Raises
    ------
    InputError
        If a line is longer than `MAX_LINE_CHARS`.
    """
    number = 0
    while line := text.readline(MAX_LINE_CHARS):
        number += 1
        if len(line) == MAX_LINE_CHARS:
            raise InputError(f"{name}:{number}: a line of more than {MAX_LINE_CHARS:,} characters is no text")
        yield line.replace("\0", "") if "\0" in line else line


def _sample(stream: io.BufferedIOBase, name: str) -> bytes:
    """Read the first bytes; of a broken gzip stream, those before the break."""
    sample = bytearray()
    try:
        # Step by step: `read` would lose what it has when the next step fails.
        while len(sample) < _SAMPLE_BYTES and (piece := stream.read1(_SAMPLE_BYTES)):
            sample += piece
    except BROKEN_GZIP:
        if not sample:
            raise InputError(f"{name}: the gzip stream is broken from the start") from None
    if not sample:
        raise InputError(f"{name}: the file is empty")
    return bytes(sample)


def _encoding(sample: bytes) -> str:
    for bom, encoding in _BOMS.items():
        if sample.startswith(bom):
            return encoding
    # The first line of every table is ASCII for the most part, so in UTF-16 every other byte of it is NUL.
    head = sample[:64]
    half = len(head) // 2
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if half and odd > 0.6 * half and even == 0:
        return "utf-16-le"
    if half and even > 0.6 * half and odd == 0:
        return "utf-16-be"
    return "utf-8"


def _refuse_binary(sample: bytes, encoding: str, name: str) -> None:
    for magic, what in _FOREIGN.items():
        if sample.startswith(magic):
            raise InputError(f"{name}: is {what}")
    if encoding == "utf-8" and len(_CONTROL.findall(sample)) > 0.05 * len(sample):
        raise InputError(f"{name}: is a binary file, where text (CSV, TXT) is needed")
