"""What the cells of a column look like: tells a table whose header is in a language that nobody listed."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from linksift.io.headers import header_key

#: Rows that are looked at.
SAMPLE_ROWS: Final = 50

# A broken row here and there must not hide what the others are.
_SHARE: Final = 0.9

_URL: Final = re.compile(r"https?://[^\s/]+\S*", re.IGNORECASE)
_HOST: Final = re.compile(r"[^\s/:@,;\"']+\.[^\W\d_][^\s/:@,;\"'.]+\.?", re.IGNORECASE)
_COUNT: Final = re.compile(r"\d[\d.,'\s\u00a0\u202f]*")
_DATE: Final = re.compile(r".*(?<!\d)(?:19|20)\d\d(?!\d).*|[345]\d{4}")
_FLAG: Final = re.compile(r"true|false|", re.IGNORECASE)

#: Name -> test of one cell, given the row's number from 1.
TESTS: Final[Mapping[str, Callable[[int, str], bool]]] = {
    "any": lambda _, _cell: True,
    "url": lambda _, cell: _URL.fullmatch(cell) is not None,
    "host": lambda _, cell: _HOST.fullmatch(cell) is not None,
    "count": lambda _, cell: _COUNT.fullmatch(cell) is not None,
    "date": lambda _, cell: len(cell) <= 40 and _URL.match(cell) is None and _DATE.fullmatch(cell) is not None,
    "flag": lambda _, cell: _FLAG.fullmatch(cell) is not None,
    "rank": lambda number, cell: cell == str(number),
}

_ADDRESS_NAMES: Final = ("page_url", "target_url")
# Uniform column -> what a header name holds that means it, in the languages of the people who export such files.
_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "anchor": ("anchor", "anker", "ancla", "ancre", "ancora", "âncora", "анкор", "linktext", "link text"),
    "title": ("title", "titel", "titre", "título", "titolo", "заголовок"),
    "rel": ("rel",),
    "nofollow": ("nofollow", "no follow"),
}


def fits(layout: Mapping[str, str], sample: Sequence[Sequence[str]]) -> bool:
    """Tell whether nearly all rows of a sample have the columns of `layout`, in its order."""
    if not sample:
        return False
    tests = [TESTS[kind] for kind in layout.values()]
    rows = [(number, row) for number, row in enumerate(sample, start=1) if len(row) == len(tests)]
    needed = _SHARE * len(sample)
    return len(rows) >= needed and all(
        sum(test(number, row[column].strip()) for number, row in rows) >= needed for column, test in enumerate(tests)
    )


def is_data(row: Sequence[str]) -> bool:
    """Tell whether a first line is no header but already a row: it holds an address."""
    return any(TESTS["url"](1, cell.strip()) or TESTS["host"](1, cell.strip()) for cell in row)


def suggest(header: Sequence[str], sample: Sequence[Sequence[str]]) -> dict[str, str]:
    """Guess which columns of an unknown table are what: uniform column -> the header's name; often empty."""
    found: dict[str, str] = {}
    for position, name in enumerate(header):
        cells = [row[position].strip() for row in sample if len(row) == len(header)]
        filled = [cell for cell in cells if cell]
        if not name or not filled:
            continue
        if _mostly("url", filled):
            free = next((uniform for uniform in _ADDRESS_NAMES if uniform not in found), None)
        else:
            free = next((uniform for uniform, words in _WORDS.items() if _names(name, words)), None)
            free = "domain" if free is None and _mostly("host", filled) else free
        if free is not None:
            found.setdefault(free, name)
    if "page_url" in found:
        found.pop("domain", None)
    return found


def _mostly(kind: str, cells: Sequence[str]) -> bool:
    return sum(TESTS[kind](1, cell) for cell in cells) >= _SHARE * len(cells)


def _names(name: str, words: Sequence[str]) -> bool:
    key = header_key(name)
    return any(word == key or (len(word) > 3 and word in key) for word in words)
