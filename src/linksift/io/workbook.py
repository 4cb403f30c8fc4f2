"""Rows of an XLSX workbook, read by calamine from a copy that was checked first.

calamine is fast, but it lays a sheet out in memory as one rectangle: a small file with one cell in the last corner
ends the process, and so does an archive that unpacks to gigabytes. So the parts that are needed are unpacked once,
within limits, into a temporary file, and their XML is walked through; calamine sees what was checked, and no more.
"""

import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import IO, BinaryIO, Final
from xml.parsers import expat

from python_calamine import CalamineError, CalamineWorkbook

from linksift.errors import InputError
from linksift.io.csvrows import Row

#: Cells of the rectangle that a sheet fills; one takes about 100 bytes of memory.
MAX_CELLS: Final = 5_000_000

#: Bytes of all parts together, unpacked.
MAX_UNPACKED_BYTES: Final = 512 * 1024 * 1024

# The largest sheet that there is.
_MAX_ROWS: Final = 1_048_576
_MAX_COLUMNS: Final = 16_384

_PIECE_BYTES: Final = 256 * 1024
_ZIP: Final = b"PK\x03\x04"
_WORKBOOK: Final = "xl/workbook.xml"
_SHEETS: Final = "xl/worksheets/"
# Pictures, macros, printer settings and the like are left behind.
_NEEDED: Final = (
    "[Content_Types].xml",
    "_rels/.rels",
    "xl/_rels/",
    _WORKBOOK,
    _SHEETS,
    "xl/sharedStrings",
    "xl/styles",
)

_WAY_OUT: Final = "open it, and save the table as CSV"


def is_workbook(handle: BinaryIO) -> bool:
    """Tell whether a file is an XLSX workbook; the file is rewound."""
    try:
        if handle.read(len(_ZIP)) != _ZIP:
            return False
        with zipfile.ZipFile(handle) as archive:
            return _WORKBOOK in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False
    finally:
        handle.seek(0)


@contextmanager
def sheet_rows(handle: BinaryIO, name: str) -> Iterator[Iterator[Row]]:
    """Open a workbook as the rows of all its sheets, one sheet after the other, without the blank ones.

    Cells are text: numbers without a needless ``.0``, dates as ``YYYY-MM-DD``.

    Raises
    ------
    InputError
        If the workbook is damaged, locked by a password, or beyond `MAX_CELLS` or `MAX_UNPACKED_BYTES`.
    """
    with tempfile.TemporaryDirectory(prefix="linksift-") as folder:
        copy = Path(folder) / "copy.xlsx"
        _copy_checked(handle, copy, name)
        with _calamine_errors(f"{name}: the workbook"):
            workbook = CalamineWorkbook.from_path(copy)
        with workbook:
            yield _rows(workbook, name)


def _rows(workbook: CalamineWorkbook, name: str) -> Iterator[Row]:
    for title in workbook.sheet_names:
        with _calamine_errors(f"{name}: the sheet {title!r}"):
            sheet = workbook.get_sheet_by_name(title)
            rows = sheet.iter_rows()
        for number in range(1, sheet.end[0] + 2 if sheet.end else 1):
            try:
                with _calamine_errors("the row"):
                    fields = [_text(cell) for cell in next(rows, [])]
            except InputError as error:
                yield Row(number, [], f"{title}!", str(error))
                continue
            if any(fields):
                yield Row(number, fields, f"{title}!")


@contextmanager
def _calamine_errors(what: str) -> Iterator[None]:
    try:
        yield
    except CalamineError as error:
        raise InputError(f"{what} cannot be read ({_first_line(error)}): {_WAY_OUT}") from error
    except BaseException as error:
        # What a failed assertion in Rust becomes: a class that cannot be imported, and no Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise InputError(f"{what} cannot be read ({_first_line(error)}): {_WAY_OUT}") from error


def _text(cell: object) -> str:
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else str(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell) if isinstance(cell, str | int | timedelta) else ""


def _copy_checked(source: BinaryIO, target: Path, name: str) -> None:
    try:
        with zipfile.ZipFile(source) as archive, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as copy:
            parts = {part.filename: part for part in archive.infolist() if _is_needed(part)}
            unpacked = sum(part.file_size for part in parts.values())
            if unpacked > MAX_UNPACKED_BYTES:
                raise InputError(f"{name}: the workbook unpacks to {unpacked:,} bytes: {_WAY_OUT}")
            for part in parts.values():
                # zipfile reads no more of a part than the size that the archive states for it.
                with archive.open(part) as packed, copy.open(part.filename, "w", force_zip64=True) as plain:
                    _copy_part(
                        packed, plain, _Guard(is_sheet=part.filename.endswith(".xml") and _SHEETS in part.filename)
                    )
    except _TooLargeError:
        raise InputError(f"{name}: a sheet of more than {MAX_CELLS:,} cells is not read: {_WAY_OUT}") from None
    except expat.ExpatError as error:
        raise InputError(f"{name}: the workbook holds broken XML ({_first_line(error)}): {_WAY_OUT}") from error
    except RuntimeError as error:  # what zipfile raises for a part that is encrypted, or packed in a way it lacks
        raise InputError(f"{name}: the workbook is locked, or packed in an unusual way: {_WAY_OUT}") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{name}: the workbook is damaged ({_first_line(error)}): {_WAY_OUT}") from error


def _is_needed(part: zipfile.ZipInfo) -> bool:
    return part.filename.startswith(_NEEDED) and not part.is_dir()


def _copy_part(packed: IO[bytes], plain: IO[bytes], guard: "_Guard") -> None:
    while piece := packed.read(_PIECE_BYTES):
        guard.feed(piece)
        plain.write(piece)
    guard.close()


class _TooLargeError(Exception):
    """A part would take too much memory."""


class _Guard:
    """Walks through the XML of one part and measures what calamine would lay out in memory."""

    def __init__(self, *, is_sheet: bool) -> None:
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._in_sheet if is_sheet else self._elsewhere
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._row = self._column = self._last_row = self._last_column = self._elements = 0

    def feed(self, piece: bytes) -> None:
        self._parser.Parse(piece, False)

    def close(self) -> None:
        self._parser.Parse(b"", True)

    def _in_sheet(self, name: str, attributes: dict[str, str]) -> None:
        kind = name.rpartition(":")[2]
        if kind == "c":
            # A cell says where it stands, or stands after the one before it: the farther of the two counts.
            self._column += 1
            if reference := attributes.get("r"):
                letters = reference.rstrip("0123456789")
                self._column = max(self._column, _column_number(letters))
                self._row = max(self._row, _number(reference[len(letters) :]))
        elif kind == "row":
            self._column = 0
            self._row = max(self._row + 1, _number(attributes.get("r", "")))
        elif kind in {"v", "is", "t"}:
            # Cells that only have a format take no memory.
            self._last_row, self._last_column = max(self._last_row, self._row), max(self._last_column, self._column)
            if self._last_row * self._last_column > MAX_CELLS:
                raise _TooLargeError
        if self._row > _MAX_ROWS or self._column > _MAX_COLUMNS:
            raise _TooLargeError

    def _elsewhere(self, _name: str, _attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > 2 * MAX_CELLS:
            raise _TooLargeError

    def _doctype(self, *_: object) -> None:
        raise expat.ExpatError("a document type, which no spreadsheet program writes")


def _number(digits: str) -> int:
    return int(digits) if digits.isdigit() and len(digits) < 10 else (MAX_CELLS if digits else 0)


def _column_number(letters: str) -> int:
    if len(letters) > 3:
        return MAX_CELLS
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def _first_line(error: BaseException) -> str:
    return str(error).split("\n", 1)[0][:120]
