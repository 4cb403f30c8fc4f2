"""The start tags of a serialised page: what each means for the walk, remembered by its text."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from linksift.areas import AreaFinder, hides

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


@dataclass(slots=True, eq=False)
class Tag:
    """A start tag; elements with the same one share it. What only the surroundings of links are asked for is read when it is."""

    kind: Kind
    name: str
    text: str
    """As it is written, without brackets."""
    is_empty: bool
    """Whether the element ends with the tag."""
    is_hidden: bool
    """Whether it hides its element."""
    finder: AreaFinder = field(repr=False)
    _attributes: Mapping[str, str] | None = None
    _area: int | None = None
    _named: tuple[str, str] | None = None

    @property
    def attributes(self) -> Mapping[str, str]:
        """Its attributes."""
        if self._attributes is None:
            self._attributes = read_attributes(self.text)
        return self._attributes

    @property
    def area(self) -> int:
        """Areas that it names, as the number of an `linksift.areas.Area`."""
        if self._area is None:
            self._area = self.finder.find(self.name, self.attributes)
        return self._area

    @property
    def named(self) -> tuple[str, str]:
        """Its name, and its ``class`` and ``id`` in one string, cut."""
        if self._named is None:
            attributes = self.attributes
            names = f"{attributes.get('class', '')[:_MAX_NAMES]} {attributes.get('id', '')[:_MAX_NAMES]}"
            self._named = (self.name, names)
        return self._named


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
        """Read a start tag, given without its brackets; a link's is not remembered, for few have the same."""
        return self._known.get(text) or self._read(text)

    def _read(self, text: str) -> Tag:
        name, _, rest = text.partition(" ")
        is_empty = text[-1] == "/"
        if is_empty and not rest:
            name = name[:-1]
        # A quotation mark inside a value is escaped, so these stand for attributes.
        is_hidden = ' hidden="' in text or (' style="' in text and hides(read_attributes(text).get("style", "")))
        tag = Tag(_KINDS.get(name, Kind.INLINE), name, text, is_empty, is_hidden, self._finder)
        if tag.kind is not Kind.LINK and len(text) <= _MAX_KEY:
            if len(self._known) >= _MAX_KNOWN:
                self._known.clear()
            self._known[text] = tag
        return tag


def read_attributes(text: str) -> dict[str, str]:
    """Return the attributes of a start tag, given without its brackets."""
    found: list[tuple[str, str]] = _ATTRIBUTE.findall(text)
    return {name: unescape(value) for name, value in found} if "&" in text else dict(found)


def unescape(text: str) -> str:
    """Undo the escapes of a serialised text or value."""
    return _REFERENCE.sub(_referred, text) if "&" in text else text


def _referred(match: re.Match[str]) -> str:
    is_hex, digits, name = match.groups()
    return _NAMED[name] if name else chr(int(digits, 16 if is_hex else 10))
