"""One walk over a page: its links, the blocks they stand in, and the visible text.

The tree is written out as XML first and read tag by tag: there each ``<`` begins a tag, and one look-up tells what a tag means that was
seen before. Asking the tree for each element, text and attribute costs several times as much.
"""

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from lxml import etree
from lxml.html import HtmlElement

from linksift.areas import AreaFinder
from linksift.links import Block, PageLink, Said, split_rel
from linksift.tags import Kind, Tag, TagReader, unescape
from linksift.targets import Base
from linksift.text import fold_space

__all__ = ["Block", "PageLink", "Walked", "split_rel", "walk"]

_MAX_HEADING = 2_000


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


class _Walker:
    """State of the walk; `run` is the only way in."""

    def __init__(self, base: Base) -> None:
        self.base = base
        self.links: list[PageLink] = []
        self.text: list[str] = []
        self.said = Said()
        self.chars = self.link_chars = self.hidden_chars = 0
        # Lengths of the texts as they stand, for the blocks.
        self.raw_chars = self.raw_link_chars = self.n_absolute = 0
        self.n_anchors = -1
        self.n_blocks = 0
        self.block = Block("html", None, 0, 0, self.said, 0, 0, 0, 0, 0)
        self.link: PageLink | None = None
        self.heading = ""
        self.in_heading = self.emphasis = self.silent = self.hidden = 0
        self.path: list[Tag] = []

    def run(self, markup: str, read: TagReader) -> Walked:
        path, names, nesting, cut = self.path, [], 0, ""
        for piece in markup.split("<")[1:]:
            start, end, text = piece.partition(">")
            if not end:
                # A name may hold a "<": only the last piece of such a tag has its end.
                cut += f"{piece}<"
                continue
            if cut:
                start, cut = cut + start, ""
            if start[0] == "/":
                if (tag := path.pop()).kind or tag.is_hidden:
                    self._end(tag)
            else:
                tag = read(start)
                path.append(tag)
                names.append(tag.name)
                nesting += len(path)
                if tag.kind or tag.is_hidden:
                    self._start(tag)
                if tag.is_empty:
                    self._end(path.pop())
            if text and not self.silent:
                self._say(unescape(text))
        self._close(self.block)
        return Walked(
            links=self.links,
            text="".join(self.text),
            chars=self.chars,
            link_chars=self.link_chars,
            hidden_chars=self.hidden_chars,
            elements=len(names),
            nesting=nesting,
            tags=dict(Counter(names)),
        )

    def _start(self, tag: Tag) -> None:
        kind = tag.kind
        self.hidden += tag.is_hidden
        if kind is Kind.BLOCK or kind is Kind.HEADING:
            self._open(tag)
        elif kind is Kind.LINK:
            self.n_anchors += 1
            self._open_link(tag)
        elif kind is Kind.IMAGE:
            if self.link is not None:
                self.link.images += 1
                self.link.alt = self.link.alt or fold_space(tag.attributes.get("alt", ""))
        elif kind is Kind.SILENT:
            self.silent += 1
        elif kind is Kind.BREAK:
            self.text.append("\n")
        elif kind is Kind.EMPHASIS:
            self.emphasis += 1

    def _open(self, tag: Tag) -> None:
        self.text.append("\n")
        n_links = len(self.links)
        self.n_blocks += 1
        # What is counted up to here is taken off when the block closes.
        self.block = Block(
            tag.name, self.block, len(self.path), self.n_blocks, self.said, n_links,
            -self.raw_chars, -self.raw_link_chars, -n_links, -self.n_absolute,
        )  # fmt: skip
        if tag.kind is Kind.HEADING:
            self.in_heading += 1
            self.heading = ""

    def _close(self, block: Block) -> None:
        block.chars += self.raw_chars
        block.link_chars += self.raw_link_chars
        block.n_links += len(self.links)
        block.n_absolute += self.n_absolute

    def _open_link(self, tag: Tag) -> None:
        self._close_link()
        href = tag.attributes.get("href", "").strip()
        if not href:
            return
        site = self.base.site(href)
        if site is not None:
            self.n_absolute += 1
        self.link = PageLink(
            self.n_anchors,
            href,
            self.base,
            site,
            tuple(self.path),
            self.block,
            self.chars,
            "" if self.in_heading else self.heading,
            self.in_heading > 0,
            self.emphasis > 0,
            len(self.said.texts),
        )
        self.links.append(self.link)
        self.said.sites.append(site)

    def _close_link(self) -> None:
        if self.link is not None:
            self.link.last = len(self.said.texts)
            self.link = None

    def _end(self, tag: Tag) -> None:
        kind = tag.kind
        self.hidden -= tag.is_hidden
        if kind is Kind.BLOCK or kind is Kind.HEADING:
            self._close(self.block)
            self.block = self.block.parent or self.block
            self.text.append("\n")
            if kind is Kind.HEADING:
                self.in_heading -= 1
        elif kind is Kind.LINK:
            self._close_link()
        elif kind is Kind.SILENT:
            self.silent -= 1
        elif kind is Kind.EMPHASIS:
            self.emphasis -= 1

    def _say(self, text: str) -> None:
        self.said.texts.append(text)
        # A link that holds a block (a card) has its text in that block; it counts for the link all the same.
        self.said.blocks.append(self.block.number)
        if self.in_heading:
            self.heading = (self.heading + text)[:_MAX_HEADING]
        if not self.hidden:
            self.text.append(text)
        if text.isspace():
            return
        n_chars = len(text) if text.isalnum() else len(fold_space(text))
        self.chars += n_chars
        self.raw_chars += len(text)
        if self.link is not None:
            self.link_chars += n_chars
            self.raw_link_chars += len(text)
        if self.hidden:
            self.hidden_chars += n_chars


# A finder is made once for many pages.
_reader = lru_cache(maxsize=8)(TagReader)


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
