"""One linking page as the features see it: tree, links, head and main text, each made once."""

import re
from dataclasses import dataclass
from typing import Final

from lxml.html import HtmlElement

from linksift.areas import AreaFinder
from linksift.maintext import DEFAULT_ENGINE, Engine, MainText, main_text
from linksift.page import Limits, parse_page
from linksift.text import fold_space
from linksift.urls import host_of, registrable_domain
from linksift.walk import PageLink, Walked, walk

# Not the "none" of "max-image-preview:none".
_NOFOLLOW = re.compile(r"(?<![\w:-])(?<!: )(?:nofollow|none)\b")
_NOINDEX = re.compile(r"(?<![\w:-])(?<!: )(?:noindex|none)\b")
# The extractor looks up from each link: elements count as often as they are deep.
_DEEP: Final = 50
_ROBOTS: Final = ("robots", "googlebot")
# Every row of the page repeats its title.
_MAX_TITLE: Final = 2_000


@dataclass(frozen=True, slots=True)
class Head:
    """What the head of a page declares."""

    title: str
    metas: dict[str, str]
    canonical: str | None
    language: str | None
    nofollow: bool
    noindex: bool


@dataclass(frozen=True, slots=True)
class Document:
    """A page, parsed once.

    Attributes
    ----------
    url
        The page's address; where it was not given, what its canonical link or ``og:url`` says, else None.
    main
        None where the page has too many elements, or too deep ones, for the extractor (see `Limits`).
    """

    url: str | None
    root: HtmlElement
    head: Head
    walked: Walked
    main: MainText | None
    n_bytes: int

    @property
    def site(self) -> str | None:
        """Registrable domain of the page."""
        return registrable_domain(self.url) if self.url else None

    def external_links(self) -> list[PageLink]:
        """Links to other sites; where the page's host is unknown, every absolute link."""
        site = self.site
        return [link for link in self.walked.links if link.site is not None and link.site != site]


def read_document(
    html: bytes, url: str | None, finder: AreaFinder, limits: Limits, engine: Engine = DEFAULT_ENGINE
) -> Document:
    """Parse a page, walk it and extract its main text with one of `linksift.maintext.ENGINES`.

    Raises
    ------
    linksift.page.PageError
        Where the page is beyond a limit or no page.
    """
    root = parse_page(html, limits)
    head = _read_head(root)
    address = url if host_of(url) else _declared_url(head)
    base = root.find(".//base[@href]")
    base_href = base.get("href") if base is not None else None
    walked = walk(root, address, base_href if host_of(base_href) else None, finder)
    most = limits.max_text_elements
    is_small = walked.elements <= most and walked.nesting <= most * _DEEP
    main = main_text(root, engine) if is_small else None
    return Document(address, root, head, walked, main, len(html))


def _read_head(root: HtmlElement) -> Head:
    metas: dict[str, str] = {}
    robots = []
    for meta in root.iter("meta"):
        name = (meta.get("name") or meta.get("property") or meta.get("http-equiv") or "").lower()
        content = fold_space(meta.get("content") or "")
        if name and content:
            metas.setdefault(name, content)
        if name in _ROBOTS:
            # A page may have several of these; the strictest of all counts.
            robots.append(content.lower())
    title = root.find(".//title")
    canonical = next((link.get("href") for link in root.iter("link") if link.get("rel") == "canonical"), None)
    rules = ", ".join(robots)
    return Head(
        title=fold_space("".join(title.itertext()))[:_MAX_TITLE] if title is not None else "",
        metas=metas,
        canonical=canonical,
        language=(root.get("lang") or "").lower().split("-")[0] or None,
        nofollow=bool(_NOFOLLOW.search(rules)),
        noindex=bool(_NOINDEX.search(rules)),
    )


def _declared_url(head: Head) -> str | None:
    return next((url for url in (head.canonical, head.metas.get("og:url")) if host_of(url)), None)
