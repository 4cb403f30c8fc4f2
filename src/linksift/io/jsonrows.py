"""Items of a JSON file as rows, read one by one: an answer of DataForSEO's API, a part of it, or a plain list."""

import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import chain, islice
from typing import Any, Final, TextIO

# The backend in Python: the one in C ends the process over a number of thousands of digits.
from ijson.backends import python as ijson
from ijson.common import JSONError

from linksift.errors import InputError
from linksift.io.csvrows import Row
from linksift.io.shapes import SAMPLE_ROWS
from linksift.io.textfile import BROKEN_GZIP

#: Bytes of one item: a larger one is no row.
MAX_ITEM_BYTES: Final = 16 * 1024 * 1024

_TOO_LONG: Final = f"an item of more than {MAX_ITEM_BYTES:,} bytes is no row of an export"

_MAX_DEPTH: Final = 100

# Items whose keys make the header.
_HEADER_ITEMS: Final = 100

# The part of an answer in which its items stand, wherever somebody cut the answer: tasks.item.result.item.items.item
_ITEMS: Final = "items.item"

# ValueError is a number with thousands of digits.
_BROKEN: Final = (JSONError, ValueError, RecursionError, *BROKEN_GZIP)


class JsonRows:
    """The items of a JSON text as rows of a table.

    Lists of single values become words with a space between them, other nested values JSON again, null nothing.

    Raises
    ------
    InputError
        If the text holds no object, or is broken before the first one ends.
    """

    def __init__(self, text: TextIO, name: str) -> None:
        self._name = name
        self.notes: list[str] = []
        reader = _Reader(text)
        items = _numbered(reader, _item_path(reader, name))
        self._head = list(islice(items, _HEADER_ITEMS))
        self._items = items
        self._keys = list(dict.fromkeys(key for _, item in self._head if isinstance(item, dict) for key in item))
        if not self._keys:
            raise InputError(f"{name}: is JSON that holds no list of objects: {self._first_problem()}")
        self.header = [_valid(key) for key in self._keys]

    def sample(self) -> list[list[str]]:
        """Return the cells of the first rows."""
        return [self._fields(item) for _, item in self._head[:SAMPLE_ROWS] if isinstance(item, dict)]

    def rows(self) -> Iterator[Row]:
        """Yield one row per item; a broken one has a problem and no fields."""
        columns, late = set(self._keys), dict[str, None]()
        for number, item in chain(self._head, self._items):
            if isinstance(item, dict):
                late |= dict.fromkeys(key for key in item if key not in columns)
                yield Row(number, self._fields(item), "item ")
            else:
                yield Row(number, [], "item ", item)
        if late:
            self.notes.append(
                f"keys that only later items have are left out: {', '.join(map(_valid, list(late)[:20]))}"
            )

    def _fields(self, item: dict[str, Any]) -> list[str]:
        return [_cell(item.get(key)) for key in self._keys]

    def _first_problem(self) -> str:
        return next((item for _, item in self._head if isinstance(item, str)), "it is empty")


class _Reader:
    """A text as the UTF-8 bytes that ijson reads, with a limit on what is read without an item to show for it."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._idle = 0

    def read(self, size: int = -1) -> bytes:
        piece = self._text.read(size).encode("utf-8", "replace")
        self._idle += len(piece)
        # An end is all that ijson takes well in the middle of an item.
        return b"" if self.is_exceeded() else piece

    def is_exceeded(self) -> bool:
        return self._idle > MAX_ITEM_BYTES

    def rewind(self) -> None:
        self._text.seek(0)
        self._idle = 0

    def progress(self) -> None:
        self._idle = 0


def _shallow(reader: _Reader) -> Iterator[tuple[str, Any]]:
    """Yield ijson's events up to where the text is nested too deep: the path of each would grow with the depth."""
    depth = 0
    for event, value in ijson.basic_parse(reader, multiple_values=True):
        depth += event in {"start_map", "start_array"}
        depth -= event in {"end_map", "end_array"}
        if depth > _MAX_DEPTH:
            raise JSONError(f"nested more than {_MAX_DEPTH} levels deep")
        yield event, value


def _item_path(reader: _Reader, name: str) -> str:
    """Find where the items stand, as ijson writes a path; the reader is rewound."""
    try:
        path = _search(reader)
    except _BROKEN as error:
        if reader.is_exceeded():
            raise InputError(f"{name}: {_TOO_LONG}") from error
        raise InputError(f"{name}: is JSON that breaks before its first item ends ({_first_line(error)})") from error
    reader.rewind()
    return path


def _search(reader: _Reader) -> str:
    for path, event, _ in ijson.parse(_shallow(reader)):
        reader.progress()
        if event == "start_map" and (path == _ITEMS or path.endswith(f".{_ITEMS}")):
            return str(path)
        if event == "end_map" and path in {"", "item"}:
            # The first object of a plain list, or of one object a line, has ended without a list `items` in it.
            return str(path)
    return "item"


def _numbered(reader: _Reader, path: str) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Yield each item with its number from 1, or a text that says what is wrong with it."""
    number = 0
    try:
        for item in ijson.items(ijson.parse(_shallow(reader)), path):
            number += 1
            reader.progress()
            yield number, item if isinstance(item, dict) else "is no JSON object"
    except _BROKEN as error:
        what = _TOO_LONG if reader.is_exceeded() else f"the JSON breaks off here ({_first_line(error)})"
        yield number + 1, f"{what}: what follows is lost"


def _cell(value: object) -> str:
    if isinstance(value, str):
        return _valid(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return str(value)
    if isinstance(value, list) and not any(isinstance(part, list | dict) for part in value):
        return " ".join(_cell(part) for part in value)
    return _valid(json.dumps(value, ensure_ascii=False, default=str))


def _valid(text: str) -> str:
    """Replace halves of a surrogate pair, which JSON can spell and UTF-8 cannot."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _first_line(error: BaseException) -> str:
    return str(error).split("\n", 1)[0][:120]
