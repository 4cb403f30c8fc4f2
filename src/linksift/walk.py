"""One walk over a page's tree: its links, the blocks they stand in, and the visible text."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urljoin

from lxml import etree
from lxml.html import HtmlElement

from linksift.areas import NO_AREA, Area, AreaFinder
from linksift.text import fold_space
from linksift.urls import registrable_domain, split_url

_SILENT: Final = frozenset(("script", "style", "noscript", "template", "head", "svg", "iframe", "object", "select"))
_BLOCKS: Final = frozenset((
    "address", "article", "aside", "blockquote", "body", "center", "dd", "div", "dl", "dt", "fieldset",
    "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "li",
    "main", "nav", "ol", "p", "pre", "section", "table", "tbody", "td", "th", "tr", "ul",
))  # fmt: skip
_HEADINGS: Final = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_EMPHASIS: Final = frozenset(("b", "strong", "em", "mark", "u"))
_REL_SPLIT = re.compile(r"[\s,]+")
_MAX_BLOCK_TEXT: Final = 2_000
_MAX_END: Final = 1_000
_MAX_HEADING: Final = 2_000
# Thousands of nested blocks would each hold every site below them.
_MAX_SITES: Final = 1_000
_MARKUP_LEVELS: Final = 7
_MAX_NAMES: Final = 120


@dataclass(slots=True)
class Block:
    """A block element and what stands in it, children included."""

    tag: str
    area: Area
    parent: "Block | None"
    depth: int
    chars: int = 0
    link_chars: int = 0
    n_links: int = 0
    n_absolute: int = 0
    sites: set[str] = field(default_factory=set)
    pieces: list[str] = field(default_factory=list)
    held: int = 0

    def add_text(self, text: str, *, in_link: bool) -> None:
        """Count a text; blocks keep the first two thousand characters that stand directly in them."""
        self.chars += len(text)
        self.link_chars += len(text) * in_link
        if self.held < _MAX_BLOCK_TEXT:
            # Of a very long piece only the ends can be near a link.
            whole = len(text) <= _MAX_BLOCK_TEXT
            self.pieces.append(text if whole else f"{text[:_MAX_END]} {text[-_MAX_END:]}")
            self.held += len(text)

    def add_space(self) -> None:
        """Part two pieces."""
        if self.pieces and self.pieces[-1] != " ":
            self.pieces.append(" ")

    def close(self) -> None:
        """Add what was counted to the block around this one."""
        if (up := self.parent) is None:
            return
        up.chars += self.chars
        up.link_chars += self.link_chars
        up.n_links += self.n_links
        up.n_absolute += self.n_absolute
        if len(up.sites) < _MAX_SITES:
            up.sites |= self.sites


@dataclass(slots=True)
class PageLink:
    """One ``<a href>``: `ordinal` counts every ``<a>`` of the page in document order, from 0."""

    ordinal: int
    href: str
    url: str | None
    """The absolute http(s) URL, or None where it is relative to an unknown host, or no http(s) URL at all."""
    site: str | None
    rel: tuple[str, ...]
    block: Block
    area: Area
    own_area: Area
    offset: int
    """Visible characters before the link."""
    before: int
    """Pieces of the block's text before the link."""
    heading: str
    """The last heading before the link."""
    in_heading: bool = False
    emphasised: bool = False
    markup: tuple[tuple[str, str], ...] = ()
    """Tag, and ``class`` and ``id``, of the link and of the elements around it, from the inside outwards."""
    depth: int = 0
    new_window: bool = False
    has_title: bool = False
    images: int = 0
    alt: str = ""
    pieces: list[str] = field(default_factory=list)
    after: int = 0

    @property
    def text(self) -> str:
        """Text of the link, white space folded."""
        return fold_space("".join(self.pieces))

    @property
    def anchor(self) -> str:
        """Text of the link, or ``[image alt=…]`` for an image without one."""
        return self.text or (f"[image alt={self.alt}]" if self.images else "")

    @property
    def left(self) -> str:
        """Text of the link's block before it."""
        return fold_space("".join(self.block.pieces[: self.before]))

    @property
    def right(self) -> str:
        """Text of the link's block after it."""
        return fold_space("".join(self.block.pieces[self.after :]))


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

    def __init__(self, page_url: str | None, base: str | None, finder: AreaFinder) -> None:
        self.base = base or page_url
        self.finder = finder
        self.links: list[PageLink] = []
        self.text: list[str] = []
        self.chars = self.link_chars = self.hidden_chars = self.elements = self.nesting = 0
        self.n_anchors = -1
        self.tags: dict[str, int] = {}
        self.block = Block("html", NO_AREA, None, 0)
        self.link: PageLink | None = None
        self.heading = ""
        self.in_heading = 0
        self.emphasis = 0
        self.silent = 0
        self.path: list[tuple[str, str]] = []

    def run(self, root: HtmlElement) -> Walked:
        areas = [NO_AREA]
        for event, element in etree.iterwalk(root, events=("start", "end")):
            tag = element.tag
            if not isinstance(tag, str):
                continue
            if event == "start":
                areas.append(areas[-1] | self._start(element, tag, areas[-1], len(areas)))
                self._say(element.text, areas[-1])
            else:
                areas.pop()
                self._end(tag)
                self._say(element.tail, areas[-1])
        text = "".join(self.text)
        return Walked(
            links=self.links,
            text=text,
            chars=self.chars,
            link_chars=self.link_chars,
            hidden_chars=self.hidden_chars,
            elements=self.elements,
            nesting=self.nesting,
            tags=self.tags,
        )

    def _start(self, element: HtmlElement, tag: str, inherited: Area, depth: int) -> Area:
        self.elements += 1
        self.nesting += depth
        self.tags[tag] = self.tags.get(tag, 0) + 1
        attributes = dict(element.items())  # not dict(attrib): it fails on a malformed name
        own = self.finder.find(tag, attributes)
        names = f"{attributes.get('class', '')[:_MAX_NAMES]} {attributes.get('id', '')[:_MAX_NAMES]}"
        self.path.append((tag, names))
        if tag in _SILENT:
            self.silent += 1
        elif tag in _BLOCKS:
            self.text.append("\n")
            self.block = Block(tag, inherited | own, self.block, depth)
            if tag in _HEADINGS:
                self.in_heading += 1
                self.heading = ""
        elif tag == "br":
            self.text.append("\n")
        elif tag in _EMPHASIS:
            self.emphasis += 1
        elif tag == "a":
            self.n_anchors += 1
            self._open_link(attributes, inherited | own, own, depth)
        elif tag == "img" and self.link is not None:
            self.link.images += 1
            self.link.alt = self.link.alt or fold_space(attributes.get("alt", ""))
        return own

    def _open_link(self, attributes: Mapping[str, str], area: Area, own: Area, depth: int) -> None:
        href = attributes.get("href", "").strip()
        if not href:
            self.link = None
            return
        url = self._absolute(href)
        site = registrable_domain(url) if url else None
        self.block.n_links += 1
        if site:
            self.block.n_absolute += 1
            if len(self.block.sites) < _MAX_SITES:
                self.block.sites.add(site)
        self.link = PageLink(
            ordinal=self.n_anchors,
            href=href,
            url=url,
            site=site,
            rel=split_rel(attributes.get("rel")),
            block=self.block,
            area=area,
            own_area=own,
            offset=self.chars,
            before=len(self.block.pieces),
            heading="" if self.in_heading else fold_space(self.heading),
            in_heading=bool(self.in_heading),
            emphasised=bool(self.emphasis),
            markup=tuple(self.path[: -_MARKUP_LEVELS - 1 : -1]),
            depth=depth,
            new_window=attributes.get("target", "").lower() == "_blank",
            has_title="title" in attributes,
            after=len(self.block.pieces),
        )
        self.links.append(self.link)

    def _absolute(self, href: str) -> str | None:
        text = href
        if self.base and not href.lower().startswith(("http:", "https:")):
            try:
                text = urljoin(self.base, href)
            except ValueError:
                return None
        parts = split_url(text)
        if parts is None:
            return None
        return "http:" + text if text.startswith("//") else text

    def _end(self, tag: str) -> None:
        self.path.pop()
        if tag in _SILENT:
            self.silent -= 1
        elif tag in _BLOCKS:
            self.block.close()
            self.block = self.block.parent or self.block
            self.text.append("\n")
            self.in_heading -= tag in _HEADINGS
        elif tag in _EMPHASIS:
            self.emphasis -= 1
        elif tag == "a":
            self.link = None

    def _say(self, text: str | None, area: Area) -> None:
        if not text or self.silent:
            return
        n_chars = len(text) if text.isalnum() else len(fold_space(text))
        if self.in_heading:
            self.heading = (self.heading + text)[:_MAX_HEADING]
        # A link that holds a block (a card) has its text in that block; it counts for the link all the same.
        if n_chars:
            self.block.add_text(text, in_link=self.link is not None)
        else:
            self.block.add_space()
        if self.link is not None:
            self.link.pieces.append(text)
            if self.link.block is self.block:
                self.link.after = len(self.block.pieces)
            self.link_chars += n_chars
        self.chars += n_chars
        if area & Area.HIDDEN:
            self.hidden_chars += n_chars
        else:
            self.text.append(text)


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
    return _Walker(page_url, base, finder).run(root)
