"""Items of a JSON file as rows, read one by one: an answer of DataForSEO's API, a part of it, or a plain list."""

import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import chain, islice
from typing import Any, Final, TextIO

import ijson
from ijson.common import JSONError

from linksift.errors import InputError
from linksift.io.csvrows import Row
from linksift.io.textfile import BROKEN_GZIP

#: Bytes of one item: a larger one is no row.
MAX_ITEM_BYTES: Final = 16 * 1024 * 1024

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
        reader = _Reader(text, name)
        items = _numbered(reader, _item_path(reader, name))
        self._head = list(islice(items, _HEADER_ITEMS))
        self._items = items
        keys = dict.fromkeys(key for _, item in self._head if isinstance(item, dict) for key in item)
        if not keys:
            raise InputError(f"{name}: is JSON that holds no list of objects: {self._first_problem()}")
        self.header = list(keys)

    def sample(self, rows: int) -> list[list[str]]:
        """Return the cells of the first rows."""
        return [self._fields(item) for _, item in self._head[:rows] if isinstance(item, dict)]

    def rows(self) -> Iterator[Row]:
        """Yield one row per item; a broken one has a problem and no fields."""
        columns, late = set(self.header), dict[str, None]()
        for number, item in chain(self._head, self._items):
            if isinstance(item, dict):
                late |= dict.fromkeys(key for key in item if key not in columns)
                yield Row(number, self._fields(item), "item ")
            else:
                yield Row(number, [], "item ", item)
        if late:
            self.notes.append(f"keys that only later items have are left out: {', '.join(list(late)[:20])}")

    def _fields(self, item: dict[str, Any]) -> list[str]:
        return [_cell(item.get(key)) for key in self.header]

    def _first_problem(self) -> str:
        return next((item for _, item in self._head if isinstance(item, str)), "it is empty")


class _Reader:
    """A text as the UTF-8 bytes that ijson reads, with a limit on what is read without an item to show for it."""

    def __init__(self, text: TextIO, name: str) -> None:
        self._text = text
        self._name = name
        self._idle = 0

    def read(self, size: int = -1) -> bytes:
        piece = self._text.read(size).encode("utf-8", "replace")
        self._idle += len(piece)
        if self._idle > MAX_ITEM_BYTES:
            raise InputError(f"{self._name}: an item of more than {MAX_ITEM_BYTES:,} bytes is no row of an export")
        return piece

    def rewind(self) -> None:
        self._text.seek(0)
        self._idle = 0

    def progress(self) -> None:
        self._idle = 0


def _item_path(reader: _Reader, name: str) -> str:
    """Find where the items stand, as ijson writes a path; the reader is rewound."""
    try:
        path = _search(reader)
    except InputError:
        raise
    except _BROKEN as error:
        raise InputError(f"{name}: is JSON that breaks before its first item ends ({_first_line(error)})") from error
    reader.rewind()
    return path


def _search(reader: _Reader) -> str:
    for path, event, _ in ijson.parse(reader, multiple_values=True):
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
        for item in ijson.items(reader, path, multiple_values=True):
            number += 1
            reader.progress()
            yield number, item if isinstance(item, dict) else "is no JSON object"
    except InputError:
        raise
    except _BROKEN as error:
        yield number + 1, f"the JSON breaks off here, what follows is lost ({_first_line(error)})"


def _cell(value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return str(value)
    if isinstance(value, list) and not any(isinstance(part, list | dict) for part in value):
        return " ".join(_cell(part) for part in value)
    return json.dumps(value, ensure_ascii=False, default=str)


def _first_line(error: BaseException) -> str:
    return str(error).split("\n", 1)[0][:120]
