"""Rows of a delimited text file that may be damaged: each row comes out, with its line number."""

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final, NamedTuple

from linksift.errors import InputError

DELIMITERS: Final = (",", "\t", ";")

# The csv module counts in a C long.
_MAX_FIELD_CHARS: Final = 2**31 - 1

# Splits nothing: the "delimiter" of a file of one column, whose URLs may hold commas.
_NO_DELIMITER: Final = "\x1f"

# A quoted field that runs on for longer was never closed: without an end it would take the rest of the file.
_MAX_SPAN_LINES: Final = 1_000
_MAX_SPAN_CHARS: Final = 4 * 1024 * 1024

# A header whose names hold line breaks.
_MAX_HEADER_LINES: Final = 8

#: A physical line with its number from 1.
Line = tuple[int, str]


class Row(NamedTuple):
    """The fields of one row and where it starts.

    `line` counts from 1: the line of the file, the row of the sheet, the item of the list. `part` names the sheet,
    ``Links!``, or the kind of item. `problem` says what is wrong with the row where its reader knows it.
    """

    line: int
    fields: list[str]
    part: str = ""
    problem: str | None = None


def header_and_rows(lines: Iterable[str], name: str) -> tuple[list[str], Iterator[Row]]:
    """Split a delimited text into its header and its rows, which are read as they are asked for.

    Parameters
    ----------
    lines
        Physical lines with their ends, from a file opened with ``newline=""``.
    name
        The file's name for messages.

    Returns
    -------
    tuple
        The header's fields, stripped, and the rows. Blank lines are no rows. A row may have more or fewer
        fields than the header.

    Raises
    ------
    InputError
        If there is no line that is not blank.
    """
    numbered = enumerate(lines, start=1)
    first = next((item for item in numbered if item[1].strip()), None)
    if first is None:
        raise InputError(f"{name}: holds blank lines only")
    delimiter = find_delimiter(first[1])
    header, unused = read_header(first, numbered, delimiter)
    return header, parse_rows(chain(unused, numbered), delimiter, len(header))


def read_header(first: Line, following: Iterator[Line], delimiter: str) -> tuple[list[str], list[Line]]:
    """Return the names in a header, stripped, and the lines that were taken from `following` in vain.

    A name in quotes may run over a few lines.
    """
    taken = [first]
    while _is_open(taken, delimiter) and len(taken) < _MAX_HEADER_LINES:
        item = next(following, None)
        if item is None:
            break
        taken.append(item)
    unused: list[Line] = []
    if _is_open(taken, delimiter):
        taken, unused = taken[:1], taken[1:]
    fields = next(csv.reader((line for _, line in taken), delimiter=delimiter), [])
    return [field.strip() for field in fields], unused


def find_delimiter(header_line: str) -> str:
    """Return what separates the names of a header, or a mark that separates nothing where there is one name."""
    counts = {mark: len(split_line(header_line, mark)) for mark in DELIMITERS}
    best = max(counts, key=lambda mark: counts[mark])
    return best if counts[best] > 1 else _NO_DELIMITER


def split_line(line: str, delimiter: str) -> list[str]:
    """Return the fields of one line."""
    # The limit belongs to the csv module as a whole; its default of 128 kB is below real titles and contexts.
    csv.field_size_limit(_MAX_FIELD_CHARS)
    return next(csv.reader([line], delimiter=delimiter), [])


def parse_rows(lines: Iterator[Line], delimiter: str, width: int) -> Iterator[Row]:
    """Yield the rows of a table that is `width` fields wide, broken ones as they are.

    A quote that is never closed swallows the rows after it. Where one of the lines taken is a whole row by itself,
    that is what happened: the first line is a row then, and the others are read again.
    """
    if delimiter == _NO_DELIMITER:
        for number, line in lines:
            if line.strip():
                yield Row(number, split_line(line, delimiter))
        return
    source = _Lines(lines)
    while source.has_more():
        # The reader ends where a field runs on for too long; then the next one begins.
        for fields in csv.reader(source.feed(), delimiter=delimiter):
            taken = source.taken
            if len(taken) > 1 and _has_swallowed(taken, fields, delimiter, width):
                source.put_back(taken[1:])
                fields = split_line(taken[0][1], delimiter)
            if len(fields) > 1 or "".join(fields).strip():
                yield Row(taken[0][0], fields)
            source.taken = []


class _Lines:
    """Lines that are handed to a CSV reader one by one, and may be put back."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._again: deque[Line] = deque()
        self.taken: list[Line] = []

    def has_more(self) -> bool:
        if not self._again and (item := next(self._lines, None)) is not None:
            self._again.append(item)
        return bool(self._again)

    def put_back(self, lines: Iterable[Line]) -> None:
        self._again.extendleft(reversed(list(lines)))

    def feed(self) -> Iterator[str]:
        chars = 0
        while self.has_more():
            chars = 0 if not self.taken else chars
            if len(self.taken) >= _MAX_SPAN_LINES or chars >= _MAX_SPAN_CHARS:
                return
            item = self._again.popleft()
            self.taken.append(item)
            chars += len(item[1])
            yield item[1]


def _has_swallowed(taken: list[Line], fields: list[str], delimiter: str, width: int) -> bool:
    """Tell whether one of the lines that a row took is a row of its own.

    Where the row has another width than the table, or its quote is still open, any whole row will do. A row that looks
    right may be two with a stray quote each: then the other one has its addresses where the first one has them.
    """
    is_odd = len(fields) != width or _is_open(taken, delimiter)
    addresses = [at for at, field in enumerate(fields) if _is_address(field)]
    for _, line in taken[1:]:
        alone = split_line(line, delimiter) if line.strip() else []
        if len(alone) == width and (is_odd or (addresses and all(_is_address(alone[at]) for at in addresses))):
            return True
    return False


def _is_address(field: str) -> bool:
    return field.lstrip().lower().startswith(("http://", "https://"))


def _is_open(taken: list[Line], delimiter: str) -> bool:
    """Tell whether a quote is still open at the end of these lines: it would swallow one line more."""
    return len(list(csv.reader([*(line for _, line in taken), "."], delimiter=delimiter))) == 1
