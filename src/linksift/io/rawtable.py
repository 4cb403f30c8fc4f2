"""A file's rows before its header is known, whichever kind of file holds them: text, a workbook or JSON."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Final, TextIO

from linksift.errors import InputError
from linksift.io.csvrows import Line, Row, find_delimiter, parse_rows, read_header
from linksift.io.jsonrows import JsonRows
from linksift.io.shapes import SAMPLE_ROWS
from linksift.io.textfile import BROKEN_GZIP, display_name, lines, open_binary, text_of
from linksift.io.workbook import is_workbook, sheet_rows

# Some tools write a few lines above the header.
_HEAD_ROWS: Final = 30

_HEAD_CHARS: Final = 4 * 1024 * 1024

_JSON_START: Final = re.compile(r'\s*(?:\{\s*["}]|\[\s*[{\]])')
_JSON_START_CHARS: Final = 1_000

_ENDS_HERE: Final = "the gzip stream breaks off here: the rows after this one are lost"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row that may be the header.

    Attributes
    ----------
    line
        Where it stands.
    fields
        Its cells, stripped, without the empty ones at its end.
    sample
        Makes the first rows after it, read as rows of a table with this header.
    rows
        Makes all rows after it; it may be called for one candidate, once.
    part
        The sheet that holds it, or nothing.
    """

    line: int
    fields: list[str]
    sample: Callable[[], list[list[str]]]
    rows: Callable[[], Iterator[Row]]
    part: str = ""


@dataclass(frozen=True, slots=True)
class RawTable:
    """The first rows of a file, each of which may be the header.

    Attributes
    ----------
    name
        The file's name, for messages.
    candidates
        The first rows, in order.
    notes
        What people should know of the file; it may grow while the rows are read.
    """

    name: str
    candidates: list[Candidate]
    notes: list[str] = field(default_factory=list)


@contextmanager
def open_table(path: str | Path) -> Iterator[RawTable]:
    """Open a CSV, an XLSX or a JSON file, told apart by their content; ``-`` is stdin, gzip is unpacked.

    Raises
    ------
    InputError
        If the file is missing, empty, damaged from the start, or none of these.
    """
    name = display_name(path)
    with open_binary(path) as handle:
        if is_workbook(handle):
            with sheet_rows(handle, name) as rows:
                yield _of_sheets(rows, name)
            return
        with text_of(handle, name) as text:
            yield _of_json(text, name) if _is_json(text) else _of_lines(text, name)


def _is_json(text: TextIO) -> bool:
    try:
        start = text.read(_JSON_START_CHARS)
    except BROKEN_GZIP:
        start = ""
    text.seek(0)
    return _JSON_START.match(start) is not None


def _of_json(text: TextIO, name: str) -> RawTable:
    found = JsonRows(text, name)
    return RawTable(name, [Candidate(1, found.header, found.sample, found.rows, "item ")], found.notes)


def _of_sheets(rows: Iterator[Row], name: str) -> RawTable:
    head = list(islice(rows, _HEAD_ROWS + SAMPLE_ROWS))
    if not head:
        raise InputError(f"{name}: the workbook holds no row")
    table = RawTable(name, [])

    def candidate(at: int) -> Candidate:
        line, fields, part, _ = head[at]
        names, following = _trimmed(fields), head[at + 1 :]
        return Candidate(
            line,
            names,
            lambda: [_fitted(row, names).fields for row in following[:SAMPLE_ROWS] if row.part == part],
            lambda: _of_one_header(chain(following, rows), names, part, table.notes),
            part,
        )

    table.candidates.extend(candidate(at) for at in range(min(len(head), _HEAD_ROWS)))
    return table


def _of_one_header(rows: Iterable[Row], names: list[str], part: str, notes: list[str]) -> Iterator[Row]:
    """Yield the rows of the sheet with the header, and of each later sheet with the same one."""
    is_skipped = False
    for row in rows:
        if row.part == part:
            if not is_skipped:
                yield _fitted(row, names)
            continue
        part = row.part
        is_skipped = _trimmed(row.fields) != names
        if is_skipped:
            notes.append(f"the sheet {part.removesuffix('!')!r} has another header and is not read")


def _trimmed(fields: Sequence[str]) -> list[str]:
    names = [cell.strip() for cell in fields]
    while names and not names[-1]:
        names.pop()
    return names


def _fitted(row: Row, names: Sequence[str]) -> Row:
    """Take off the empty cells that a sheet has beyond its table, or add those that it lacks."""
    width = len(names)
    fields = row.fields[:width] + ["" for _ in range(width - len(row.fields))]
    return row._replace(fields=fields + _trimmed(row.fields[width:]))


def _of_lines(text: TextIO, name: str) -> RawTable:
    stream = _Stream(enumerate(lines(text, name), start=1))
    head = _peeked(stream)
    filled = [at for at, (_, line) in enumerate(head) if line.strip()][:_HEAD_ROWS]
    if not filled:
        problem = "the gzip stream breaks off within the header" if stream.is_broken else "holds blank lines only"
        raise InputError(f"{name}: {problem}")
    return RawTable(name, [_line_candidate(head, at, stream) for at in filled])


def _peeked(stream: Iterator[Line]) -> list[Line]:
    """Take the first lines: the header, and a sample of the rows."""
    head: list[Line] = []
    chars = 0
    for item in islice(stream, _HEAD_ROWS + SAMPLE_ROWS):
        head.append(item)
        chars += len(item[1])
        if chars >= _HEAD_CHARS:
            break
    return head


def _line_candidate(head: Sequence[Line], at: int, stream: "_Stream") -> Candidate:
    delimiter = find_delimiter(head[at][1])
    following = iter(head[at + 1 :])
    header, unused = read_header(head[at], following, delimiter)
    first = [*unused, *following]
    width = len(header)

    def sample() -> list[list[str]]:
        return [row.fields for row in islice(parse_rows(iter(first), delimiter, width), SAMPLE_ROWS)]

    def rows() -> Iterator[Row]:
        yield from parse_rows(chain(first, stream), delimiter, width)
        if stream.is_broken:
            yield Row(stream.line + 1, [], problem=_ENDS_HERE)

    return Candidate(head[at][0], header, sample, rows)


class _Stream:
    """Numbered lines that end where the gzip stream breaks off."""

    def __init__(self, numbered: Iterator[Line]) -> None:
        self._numbered = numbered
        self.line = 0
        self.is_broken = False

    def __iter__(self) -> "_Stream":
        return self

    def __next__(self) -> Line:
        try:
            item = next(self._numbered)
        except BROKEN_GZIP:
            self.is_broken = True
            raise StopIteration from None
        self.line = item[0]
        return item
