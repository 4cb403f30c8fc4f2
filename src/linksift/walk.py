"""One walk over a page: its links, the blocks they stand in, and the visible text.

The tree is written out as XML first and read tag by tag: there each ``<`` begins a tag, and one look-up tells what a tag means that was
seen before. Asking the tree for each element, text and attribute costs several times as much.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from lxml import etree
from lxml.html import HtmlElement

from linksift.areas import NO_AREA, Area, AreaFinder
from linksift.tags import Kind, Tag, TagReader, read_attributes, unescape
from linksift.targets import Base
from linksift.text import fold_space

_REL_SPLIT = re.compile(r"[\s,]+")
_HIDDEN: Final = int(Area.HIDDEN)
_MAX_BLOCK_TEXT: Final = 2_000
_MAX_END: Final = 1_000
_MAX_HEADING: Final = 2_000
# Thousands of nested blocks would each look through every link below them.
_MAX_SITE_LINKS: Final = 5_000
_MARKUP_LEVELS: Final = 7


@dataclass(slots=True, eq=False)
class Block:
    """A block element and what stands in it, children included.

    Attributes
    ----------
    chars, link_chars
        Characters of its text, and of those that stand in links.
    n_links, n_absolute
        Its links, and those of them whose site is known.
    pieces
        The first two thousand characters that stand directly in it.
    """

    tag: str
    area: Area
    parent: "Block | None"
    depth: int
    links: "list[PageLink]" = field(repr=False)
    chars: int = 0
    link_chars: int = 0
    n_links: int = 0
    n_absolute: int = 0
    pieces: list[str] = field(default_factory=list)
    held: int = 0
    first: int = 0
    _sites: set[str] | None = None

    @property
    def sites(self) -> set[str]:
        """Sites that its links point to, of its first five thousand links."""
        if self._sites is None:
            inside = self.links[self.first : self.first + min(self.n_links, _MAX_SITE_LINKS)]
            self._sites = {link.site for link in inside if link.site}
        return self._sites

    def hold(self, text: str) -> None:
        """Keep a text that stands directly in the block."""
        if self.held < _MAX_BLOCK_TEXT:
            # Of a very long piece only the ends can be near a link.
            whole = len(text) <= _MAX_BLOCK_TEXT
            self.pieces.append(text if whole else f"{text[:_MAX_END]} {text[-_MAX_END:]}")
            self.held += len(text)

    def add_space(self) -> None:
        """Part two pieces."""
        if self.pieces and self.pieces[-1] != " ":
            self.pieces.append(" ")


@dataclass(slots=True, eq=False)
class PageLink:
    """One ``<a href>``: `ordinal` counts every ``<a>`` of the page in document order, from 0."""

    ordinal: int
    href: str
    base: Base = field(repr=False)
    site: str | None
    """The site that it points to, None where it is relative to an unknown host, or no http(s) URL at all."""
    rel: tuple[str, ...]
    block: Block = field(repr=False)
    area: Area
    own_area: Area
    offset: int
    """Visible characters before the link."""
    before: int
    """Pieces of the block's text before the link."""
    heading: str
    """The last heading before the link."""
    in_heading: bool
    emphasised: bool
    markup: tuple[tuple[str, str], ...]
    """Tag, and ``class`` and ``id``, of the link and of the elements around it, from the inside outwards."""
    depth: int
    new_window: bool
    has_title: bool
    after: int
    images: int = 0
    alt: str = ""
    pieces: list[str] = field(default_factory=list)
    _text: str | None = None
    _sides: tuple[str, str] | None = None

    @property
    def url(self) -> str | None:
        """The absolute http(s) URL, or None as for `site`."""
        return self.base.absolute(self.href)

    @property
    def text(self) -> str:
        """Text of the link, white space folded."""
        if self._text is None:
            self._text = fold_space("".join(self.pieces))
        return self._text

    @property
    def anchor(self) -> str:
        """Text of the link, or ``[image alt=…]`` for an image without one."""
        return self.text or (f"[image alt={self.alt}]" if self.images else "")

    @property
    def left(self) -> str:
        """Text of the link's block before it."""
        return self._around()[0]

    @property
    def right(self) -> str:
        """Text of the link's block after it."""
        return self._around()[1]

    def _around(self) -> tuple[str, str]:
        if self._sides is None:
            pieces = self.block.pieces
            self._sides = fold_space("".join(pieces[: self.before])), fold_space("".join(pieces[self.after :]))
        return self._sides


@dataclass(slots=True)
class Walked:
    """What one walk found."""

    links: list[PageLink]
    text: str
    """Visible text: hidden elements, scripts and styles left out."""
    chars: int
    link_chars: int
    hidden_chars: int
    elements: int
    nesting: int
    """Sum of the elements' depths."""
    tags: dict[str, int]


def split_rel(rel: str | None) -> tuple[str, ...]:
    """Split a ``rel`` attribute as Google does: on white space and commas, lower case."""
    return tuple(token for token in _REL_SPLIT.split((rel or "").lower()) if token)


class _Walker:
    """State of the walk; `run` is the only way in."""

    def __init__(self, base: Base) -> None:
        self.base = base
        self.links: list[PageLink] = []
        self.text: list[str] = []
        self.chars = self.link_chars = self.hidden_chars = self.nesting = 0
        # Lengths of the texts as they stand, for the blocks.
        self.raw_chars = self.raw_link_chars = self.n_absolute = 0
        self.n_anchors = -1
        self.tags: dict[str, int] = {}
        self.block = Block("html", NO_AREA, None, 0, self.links)
        self.link: PageLink | None = None
        self.heading = ""
        self.in_heading = self.emphasis = self.silent = 0
        self.areas = [0]
        self.path: list[Tag] = []

    def run(self, markup: str, read: TagReader) -> Walked:
        areas, path = self.areas, self.path
        for piece in _pieces(markup):
            start, _, text = piece.partition(">")
            if start[0] == "/":
                areas.pop()
                self._end(path.pop())
            else:
                tag = read(start)
                path.append(tag)
                self._start(tag, start)
                if tag.is_empty:
                    path.pop()
                    self._end(tag)
                else:
                    areas.append(areas[-1] | tag.area)
            if text and not self.silent:
                self._say(unescape(text))
        self._close(self.block)
        return Walked(
            links=self.links,
            text="".join(self.text),
            chars=self.chars,
            link_chars=self.link_chars,
            hidden_chars=self.hidden_chars,
            elements=sum(self.tags.values()),
            nesting=self.nesting,
            tags=self.tags,
        )

    def _start(self, tag: Tag, start: str) -> None:
        name, kind = tag.name, tag.kind
        self.nesting += len(self.path)
        self.tags[name] = self.tags.get(name, 0) + 1
        if kind is Kind.INLINE:
            return
        if kind is Kind.BLOCK or kind is Kind.HEADING:
            self._open(tag)
        elif kind is Kind.LINK:
            self.n_anchors += 1
            self._open_link(tag, read_attributes(start))
        elif kind is Kind.IMAGE:
            if self.link is not None:
                self.link.images += 1
                self.link.alt = self.link.alt or fold_space(read_attributes(start).get("alt", ""))
        elif kind is Kind.SILENT:
            self.silent += 1
        elif kind is Kind.BREAK:
            self.text.append("\n")
        else:
            self.emphasis += 1

    def _open(self, tag: Tag) -> None:
        self.text.append("\n")
        # What is counted up to here is taken off when the block closes.
        self.block = Block(
            tag.name,
            _area(self.areas[-1] | tag.area),
            self.block,
            len(self.path),
            self.links,
            -self.raw_chars,
            -self.raw_link_chars,
            -len(self.links),
            -self.n_absolute,
            first=len(self.links),
        )
        if tag.kind is Kind.HEADING:
            self.in_heading += 1
            self.heading = ""

    def _close(self, block: Block) -> None:
        block.chars += self.raw_chars
        block.link_chars += self.raw_link_chars
        block.n_links += len(self.links)
        block.n_absolute += self.n_absolute

    def _open_link(self, tag: Tag, attributes: dict[str, str]) -> None:
        href = attributes.get("href", "").strip()
        if not href:
            self.link = None
            return
        site = self.base.site(href)
        self.n_absolute += site is not None
        self.link = PageLink(
            ordinal=self.n_anchors,
            href=href,
            base=self.base,
            site=site,
            rel=split_rel(attributes["rel"]) if "rel" in attributes else (),
            block=self.block,
            area=_area(self.areas[-1] | tag.area),
            own_area=_area(tag.area),
            offset=self.chars,
            before=len(self.block.pieces),
            heading="" if self.in_heading else fold_space(self.heading),
            in_heading=bool(self.in_heading),
            emphasised=bool(self.emphasis),
            markup=tuple([tag.named for tag in self.path[: -_MARKUP_LEVELS - 1 : -1]]),
            depth=len(self.path),
            new_window=attributes.get("target", "").lower() == "_blank",
            has_title="title" in attributes,
            after=len(self.block.pieces),
        )
        self.links.append(self.link)

    def _end(self, tag: Tag) -> None:
        kind = tag.kind
        if kind is Kind.INLINE:
            return
        if kind is Kind.BLOCK or kind is Kind.HEADING:
            self._close(self.block)
            self.block = self.block.parent or self.block
            self.text.append("\n")
            self.in_heading -= kind is Kind.HEADING
        elif kind is Kind.LINK:
            self.link = None
        elif kind is Kind.SILENT:
            self.silent -= 1
        elif kind is Kind.EMPHASIS:
            self.emphasis -= 1

    def _say(self, text: str) -> None:
        # A link that holds a block (a card) has its text in that block; it counts for the link all the same.
        link, block = self.link, self.block
        if text.isspace():
            n_chars = 0
            block.add_space()
        else:
            n_chars = len(text) if text.isalnum() else len(fold_space(text))
            self.chars += n_chars
            self.raw_chars += len(text)
            block.hold(text)
        if self.in_heading:
            self.heading = (self.heading + text)[:_MAX_HEADING]
        if link is not None:
            link.pieces.append(text)
            if link.block is block:
                link.after = len(block.pieces)
            if n_chars:
                self.link_chars += n_chars
                self.raw_link_chars += len(text)
        if self.areas[-1] & _HIDDEN:
            self.hidden_chars += n_chars
        else:
            self.text.append(text)


# Making one each time costs more than the rest of a block.
_area = lru_cache(maxsize=None)(Area)
# A finder is made once for many pages.
_reader = lru_cache(maxsize=8)(TagReader)


def _pieces(markup: str) -> Iterator[str]:
    """Return each tag of a serialised page, without its ``<``, with the text behind it."""
    rest = ""
    for piece in markup.split("<")[1:]:
        # A name may hold a "<": only the last piece of such a tag has its end.
        if ">" in piece:
            yield rest + piece if rest else piece
            rest = ""
        else:
            rest = f"{rest}{piece}<"


def walk(root: HtmlElement, page_url: str | None, base: str | None, finder: AreaFinder) -> Walked:
    """Walk a page's tree once.

    Parameters
    ----------
    root
        The tree, as `linksift.page.parse_page` gives it.
    page_url
        Address of the page, None where it is unknown: relative links then have no URL.
    base
        Target of the page's ``<base href>``, where it has one.
    finder
        Tells the areas of an element.
    """
    markup = etree.tostring(root, encoding="unicode")
    return _Walker(Base(base or page_url)).run(markup, _reader(finder))
