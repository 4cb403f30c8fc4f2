"""Links of a page and the blocks that they stand in, as the walk leaves them; what few links are asked for is computed when it is."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from linksift.areas import Area
from linksift.tags import Tag
from linksift.targets import Base
from linksift.text import fold_space

_REL_SPLIT = re.compile(r"[\s,]+")
_MAX_REL: Final = 1_000
_MAX_BLOCK_TEXT: Final = 2_000
_MARKUP_LEVELS: Final = 7
_MAX_END: Final = 1_000
# Thousands of nested blocks would each look through all that stands in them.
_MAX_LINKS: Final = 5_000

# Making one each time costs more than the rest of a link.
_area = lru_cache(maxsize=None)(Area)


def split_rel(rel: str | None) -> tuple[str, ...]:
    """Split a ``rel`` attribute as Google does: on white space and commas, lower case; what follows a thousand characters is not read."""
    return _split_rel(rel[:_MAX_REL]) if rel else ()


@lru_cache(maxsize=4_096)
def _split_rel(rel: str) -> tuple[str, ...]:
    return tuple(token for token in _REL_SPLIT.split(rel.lower()) if token)


class Said:
    """What a page says, in order: its texts with the number of the block that each stands in directly, and the sites of its links.

    Numbers and no blocks: nothing of a page refers to itself, so that all of it goes when the page is done.
    """

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.blocks: list[int] = []
        self.sites: list[str | None] = []
        self._places: dict[int, list[int]] | None = None

    def places(self, block: int) -> list[int]:
        """Return which of the texts stand directly in a block."""
        if self._places is None:
            self._places = {}
            for at, number in enumerate(self.blocks):
                self._places.setdefault(number, []).append(at)
        return self._places.get(block, [])


@dataclass(slots=True, eq=False)
class Block:
    """A block element and what stands in it, children included.

    Attributes
    ----------
    number
        Counts the blocks of the page in document order, from 0.
    chars, link_chars
        Characters of its text, and of those that stand in links.
    n_links, n_absolute
        Its links, and those of them whose site is known.
    """

    tag: str
    parent: "Block | None"
    depth: int
    number: int
    _said: Said = field(repr=False)
    _first_link: int
    chars: int
    link_chars: int
    n_links: int
    n_absolute: int
    _sites: set[str] | None = None
    _places: list[int] | None = field(default=None, repr=False)
    _pieces: list[str] = field(default_factory=list, repr=False)

    @property
    def sites(self) -> set[str]:
        """Sites that its links point to, of its first five thousand links."""
        if self._sites is None:
            last = self._first_link + min(self.n_links, _MAX_LINKS)
            self._sites = {site for site in self._said.sites[self._first_link : last] if site}
        return self._sites

    def texts(self, first: int, last: int) -> list[str]:
        """Return some of the page's texts."""
        return self._said.texts[first:last]

    def around(self, first: int, last: int) -> tuple[str, str]:
        """Return what stands directly in the block before the page's text `first`, and from its text `last` on, of two thousand characters."""
        if self._places is None:
            self._places, self._pieces = [], []
            for at, text in self._held():
                self._places.append(at)
                self._pieces.append(text)
        before, after = bisect_left(self._places, first), bisect_left(self._places, last)
        return "".join(self._pieces[:before]), "".join(self._pieces[after:])

    def _held(self) -> Iterator[tuple[int, str]]:
        held, was_space = 0, True
        for at in self._said.places(self.number):
            text = self._said.texts[at]
            if text.isspace():
                if not was_space:
                    yield at, " "
                was_space = True
            elif held < _MAX_BLOCK_TEXT:
                # Of a very long piece only the ends can be near a link.
                yield at, text if len(text) <= _MAX_BLOCK_TEXT else f"{text[:_MAX_END]} {text[-_MAX_END:]}"
                held += len(text)
                was_space = False


@dataclass(slots=True, eq=False)
class PageLink:
    """One ``<a href>``: `ordinal` counts every ``<a>`` of the page in document order, from 0.

    Attributes
    ----------
    site
        The site that it points to, None where it is relative to an unknown host, or no http(s) URL at all.
    path
        The elements around it, from the outside inwards, itself the last.
    offset
        Visible characters before it.
    """

    ordinal: int
    href: str
    base: Base = field(repr=False)
    site: str | None
    path: tuple[Tag, ...] = field(repr=False)
    block: Block = field(repr=False)
    offset: int
    heading_text: str
    in_heading: bool
    emphasised: bool
    first: int
    last: int = 0
    images: int = 0
    alt: str = ""
    _url: str | None = None
    _areas: int | None = None
    _text: str | None = None
    _sides: tuple[str, str] | None = None

    @property
    def tag(self) -> Tag:
        """Its own tag."""
        return self.path[-1]

    @property
    def depth(self) -> int:
        """Elements around it, itself counted."""
        return len(self.path)

    @property
    def url(self) -> str | None:
        """The absolute http(s) URL, or None as for `site`."""
        if self._url is None and self.site is not None:
            self._url = self.base.absolute(self.href)
        return self._url

    @property
    def rel(self) -> tuple[str, ...]:
        """Tokens of its ``rel``, in lower case."""
        return split_rel(self.tag.attributes.get("rel"))

    @property
    def new_window(self) -> bool:
        """Whether it opens another window."""
        return self.tag.attributes.get("target", "").lower() == "_blank"

    @property
    def has_title(self) -> bool:
        """Whether it has a ``title``."""
        return "title" in self.tag.attributes

    @property
    def area(self) -> Area:
        """Areas that it stands in."""
        if self._areas is None:
            self._areas = 0
            for tag in self.path:
                self._areas |= tag.area
        return _area(self._areas)

    @property
    def own_area(self) -> Area:
        """Areas that it names itself."""
        return _area(self.tag.area)

    @property
    def markup(self) -> tuple[tuple[str, str], ...]:
        """Tag, and ``class`` and ``id``, of the link and of the six elements around it, from the inside outwards."""
        return tuple([tag.named for tag in self.path[: -_MARKUP_LEVELS - 1 : -1]])

    @property
    def heading(self) -> str:
        """The last heading before it, empty for a link in a heading."""
        return fold_space(self.heading_text)

    @property
    def text(self) -> str:
        """Its text, white space folded."""
        if self._text is None:
            self._text = fold_space("".join(self.block.texts(self.first, self.last)))
        return self._text

    @property
    def anchor(self) -> str:
        """Its text, or ``[image alt=…]`` for an image without one."""
        return self.text or (f"[image alt={self.alt}]" if self.images else "")

    @property
    def left(self) -> str:
        """Text of its block before it."""
        return self._around()[0]

    @property
    def right(self) -> str:
        """Text of its block after it."""
        return self._around()[1]

    def _around(self) -> tuple[str, str]:
        if self._sides is None:
            before, after = self.block.around(self.first, self.last)
            self._sides = fold_space(before), fold_space(after)
        return self._sides
