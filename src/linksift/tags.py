"""The start tags of a serialised page: what each means for the walk, remembered by its text."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from linksift.areas import AreaFinder

_SILENT: Final = frozenset(("script", "style", "noscript", "template", "head", "svg", "iframe", "object", "select"))
_BLOCKS: Final = frozenset((
    "address", "article", "aside", "blockquote", "body", "center", "dd", "div", "dl", "dt", "fieldset",
    "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "li",
    "main", "nav", "ol", "p", "pre", "section", "table", "tbody", "td", "th", "tr", "ul",
))  # fmt: skip
_HEADINGS: Final = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_EMPHASIS: Final = frozenset(("b", "strong", "em", "mark", "u"))
_ATTRIBUTE = re.compile(r' (=?[^=]*)="([^"]*)"')
_REFERENCE = re.compile(r"&(?:#(x?)([0-9A-Fa-f]{1,6})|(amp|lt|gt|quot));")
_NAMED: Final = {"amp": "&", "lt": "<", "gt": ">", "quot": '"'}
_MAX_NAMES: Final = 120
# A longer tag is read again each time: few are repeated, and a hostile one may have megabytes.
_MAX_KEY: Final = 500
_MAX_KNOWN: Final = 20_000


class Kind(IntEnum):
    """What an element is for the walk."""

    INLINE = 0
    BLOCK = 1
    HEADING = 2
    SILENT = 3
    BREAK = 4
    EMPHASIS = 5
    LINK = 6
    IMAGE = 7


@dataclass(frozen=True, slots=True)
class Tag:
    """A start tag.

    Attributes
    ----------
    named
        Its name, and its ``class`` and ``id`` in one string, cut.
    area
        Areas that it names itself, the value of an `linksift.areas.Area`.
    is_empty
        Whether the element ends with the tag.
    """

    kind: Kind
    name: str
    named: tuple[str, str]
    area: int
    is_empty: bool


_KINDS: Final[Mapping[str, Kind]] = {
    **dict.fromkeys(_BLOCKS, Kind.BLOCK),
    **dict.fromkeys(_HEADINGS, Kind.HEADING),
    **dict.fromkeys(_SILENT, Kind.SILENT),
    **dict.fromkeys(_EMPHASIS, Kind.EMPHASIS),
    "br": Kind.BREAK,
    "a": Kind.LINK,
    "img": Kind.IMAGE,
}


class TagReader:
    """Reads start tags as lxml serialises them; pages of a site, and of the web, share most of theirs."""

    def __init__(self, finder: AreaFinder) -> None:
        self._finder = finder
        self._known: dict[str, Tag] = {}

    def __call__(self, text: str) -> Tag:
        """Read a start tag, given without its brackets."""
        return self._known.get(text) or self._read(text)

    def _read(self, text: str) -> Tag:
        name, attributes = text.rstrip("/").partition(" ")[0], read_attributes(text)
        tag = Tag(
            kind=_KINDS.get(name, Kind.INLINE),
            name=name,
            named=(name, f"{attributes.get('class', '')[:_MAX_NAMES]} {attributes.get('id', '')[:_MAX_NAMES]}"),
            area=int(self._finder.find(name, attributes)),
            is_empty=text.endswith("/"),
        )
        if len(text) <= _MAX_KEY:
            if len(self._known) >= _MAX_KNOWN:
                self._known.clear()
            self._known[text] = tag
        return tag


def read_attributes(text: str) -> dict[str, str]:
    """Return the attributes of a start tag, given without its brackets."""
    return {name: unescape(value) for name, value in _ATTRIBUTE.findall(text)}


def unescape(text: str) -> str:
    """Undo the escapes of a serialised text or value."""
    return _REFERENCE.sub(_referred, text) if "&" in text else text


def _referred(match: re.Match[str]) -> str:
    is_hex, digits, name = match.groups()
    return _NAMED[name] if name else chr(int(digits, 16 if is_hex else 10))
