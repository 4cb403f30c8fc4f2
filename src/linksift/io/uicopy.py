"""Rows that people copied from a tool's screen into a spreadsheet, and what the copy did to them.

The header stands twice side by side, a leading cell is empty, and a number such as 3,083 is split at its comma into
the cells 3 and 083. What can be told apart again is mended; what cannot is left out, and the row says so.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from linksift.io.csvrows import Row

_START: Final = re.compile(r"[1-9]\d{0,2}")
_REST: Final = re.compile(r"\d{3}")
_ALONE: Final = re.compile(r"0|[1-9]\d*|\d+\.\d+")
_DATE: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}(?: .*)?|\d{5}|[A-Za-z]{3}[a-z]* \d{1,2},? \d{4}|\d{1,2} [A-Za-z]{3}[a-z]* \d{4}"
)
# Ratings from 0 to 100, which no comma splits.
_RATINGS: Final = frozenset({"dr", "ur", "domain rating"})
_DATE_NAMES: Final = frozenset({"first seen", "last seen", "lost"})

# Beyond this many cells a row is no row of counts, and there are no counts of more than 999,999,999,999.
_MAX_PIECES: Final = 24
_MAX_JOINED: Final = 4

_UNCLEAR: Final = "numbers were split at their commas and cannot all be put together: those are left unknown"
_TOO_FEW: Final = "cells are missing, and it is open which: only the first one was read"


def is_copy(header: Sequence[str]) -> bool:
    """Tell whether a header is one that a copy left behind: it has empty names, or stands twice."""
    return "" in header or len(set(header)) < len(header)


def mended_header(header: Iterable[str]) -> list[str]:
    """Return each name once."""
    return list(dict.fromkeys(name for name in header if name))


def mended_rows(rows: Iterable[Row], header: Sequence[str]) -> Iterator[Row]:
    """Put the cells of each row under the names of `header`: a name first, then numbers, then at most one date."""
    has_date = header[-1].casefold() in _DATE_NAMES
    is_rating = tuple(name.casefold() in _RATINGS for name in header[1 : len(header) - has_date])
    for row in rows:
        cells = [cell.strip() for cell in row.fields if cell.strip()]
        dates = [cells.pop()] if has_date and len(cells) > 1 and _DATE.fullmatch(cells[-1]) else [""] * has_date
        numbers, problem = _numbers(cells[1:], is_rating)
        yield row._replace(fields=[*cells[:1], *numbers, *dates], problem=row.problem or problem)


def _numbers(pieces: Sequence[str], is_rating: tuple[bool, ...]) -> tuple[list[str], str | None]:
    """Return one number per name, unclear ones as an empty text, and what is wrong."""
    unknown = [""] * len(is_rating)
    if len(pieces) < len(is_rating):
        return unknown, _TOO_FEW
    ways = list(_ways(tuple(pieces), is_rating)) if len(pieces) <= _MAX_PIECES else []
    if not ways:
        return unknown, _UNCLEAR
    # Per number, the values that it has in any way of putting the pieces together.
    possible = [set(values) for values in zip(*ways, strict=True)]
    clear = [next(iter(values)) if len(values) == 1 else "" for values in possible]
    return clear, None if all(clear) else _UNCLEAR


def _ways(pieces: tuple[str, ...], is_rating: tuple[bool, ...]) -> Iterator[list[str]]:
    """Yield every way to read the pieces as as many numbers as there are names."""
    if not is_rating:
        if not pieces:
            yield []
        return
    longest = 1 if is_rating[0] else min(_MAX_JOINED, len(pieces) - len(is_rating) + 1)
    for size in range(1, longest + 1):
        number = _joined(pieces[:size])
        if number is not None:
            for others in _ways(pieces[size:], is_rating[1:]):
                yield [number, *others]


def _joined(pieces: Sequence[str]) -> str | None:
    if len(pieces) == 1:
        return pieces[0] if _ALONE.fullmatch(pieces[0]) else None
    is_number = _START.fullmatch(pieces[0]) and all(_REST.fullmatch(piece) for piece in pieces[1:])
    return "".join(pieces) if is_number else None
