"""Rows of a delimited text file that may be damaged: each row comes out, with its line number."""

import csv
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final, NamedTuple

from linksift.errors import InputError

DELIMITERS: Final = (",", "\t", ";")

# The csv module counts in a C long.
_MAX_FIELD_CHARS: Final = 2**31 - 1

# Splits nothing: the "delimiter" of a file of one column, whose URLs may hold commas.
_NO_DELIMITER: Final = "\x1f"


_Line = tuple[int, str]


class Row(NamedTuple):
    """The fields of one row and the line of the file on which it starts (from 1)."""

    line: int
    fields: list[str]


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
    # The limit belongs to the csv module as a whole; its default of 128 kB is below real titles and contexts.
    csv.field_size_limit(_MAX_FIELD_CHARS)
    numbered = enumerate(lines, start=1)
    first = next((item for item in numbered if item[1].strip()), None)
    if first is None:
        raise InputError(f"{name}: holds blank lines only")
    delimiter = _delimiter(first[1])
    if delimiter == _NO_DELIMITER:
        header = _fields(first[1], delimiter)
        rows: Iterator[Row] = (Row(number, _fields(line, delimiter)) for number, line in numbered if line.strip())
    else:
        parsed = _parse(chain([first], numbered), delimiter)
        header = next(parsed)[1]
        rows = _rows(parsed, delimiter, len(header))
    return [field.strip() for field in header], rows


def _delimiter(header_line: str) -> str:
    counts = {mark: len(_fields(header_line, mark)) for mark in DELIMITERS}
    best = max(counts, key=lambda mark: counts[mark])
    return best if counts[best] > 1 else _NO_DELIMITER


def _fields(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), [])


def _parse(numbered: Iterator[_Line], delimiter: str) -> Iterator[tuple[list[_Line], list[str]]]:
    """Yield each row with the physical lines that it took."""
    taken: list[_Line] = []

    def feed() -> Iterator[str]:
        for item in numbered:
            taken.append(item)
            yield item[1]

    for fields in csv.reader(feed(), delimiter=delimiter):
        yield taken, fields
        taken.clear()


def _rows(parsed: Iterator[tuple[list[_Line], list[str]]], delimiter: str, width: int) -> Iterator[Row]:
    for taken, fields in parsed:
        if len(taken) > 1 and (len(fields) != width or _is_open(taken, delimiter)):
            # A quote that is never closed swallows the rows after it. Where one of the lines is a whole row by
            # itself, that is what happened: each line stands for itself again.
            alone = [Row(number, _fields(line, delimiter)) for number, line in taken if line.strip()]
            if any(len(row.fields) == width for row in alone[1:]):
                yield from alone
                continue
        if len(fields) > 1 or "".join(fields).strip():
            yield Row(taken[0][0], fields)


def _is_open(taken: list[_Line], delimiter: str) -> bool:
    """Tell whether a quote is still open at the end of these lines: it would swallow one line more."""
    return len(list(csv.reader([*(line for _, line in taken), "."], delimiter=delimiter))) == 1
