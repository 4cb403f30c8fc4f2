"""Features of the place where a link stands on its page (families ``place``, ``context``, ``sim``; need ``page``)."""

import math
from collections import Counter
from collections.abc import Iterator, Set
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from linksift.areas import Area
from linksift.document import Document
from linksift.features.page import PageFacts
from linksift.features.row import target_words
from linksift.features.vocabulary import Vocabulary
from linksift.text import cosine, coverage, ratio, tokens
from linksift.walk import Block, PageLink
from linksift.words import context_words, markup_words, text_words

_BLOCK_NAMES = tuple(
    tuple(
        f"block{level}_{name}"
        for name in ("chars", "link_density", "links", "absolute_links", "sites", "chars_per_link")
    )
    for level in range(3)
)
_LISTS = frozenset(("ul", "ol", "dl"))
_NEAR_WORDS = 20
_NEAR_CHARS = 400


def place_features(
    link: PageLink, rank: int, document: Document, page: PageFacts, vocabulary: Vocabulary, target_text: str | None
) -> dict[str, float]:
    """Measure where a link stands.

    Parameters
    ----------
    link
        The link; `rank` is its place among the page's external links, from 0.
    target_text
        Text of the page that it points to, where known.
    """
    return (
        _position(link, rank, document, page)
        | _areas(link.area, bool(link.own_area))
        | _blocks(link)
        | _context(link, page, vocabulary, target_text)
    )


def _position(link: PageLink, rank: int, document: Document, page: PageFacts) -> dict[str, float]:
    same_site = page.site_counts[link.site]
    main = document.main
    return {
        "place_in_main": float(link.ordinal in main.ordinals) if main is not None else math.nan,
        "place_position": ratio(link.offset, document.walked.chars),
        "place_rank": ratio(rank, len(page.external)),
        "place_depth": float(link.depth),
        "place_in_heading": float(link.in_heading),
        "place_emphasised": float(link.emphasised),
        "place_new_window": float(link.new_window),
        "place_has_title": float(link.has_title),
        "place_rel_external": float("external" in link.rel),
        "place_rel_noopener": float("noopener" in link.rel or "noreferrer" in link.rel),
        "place_rel_other": float(any(token in ("bookmark", "author", "me", "tag", "friend") for token in link.rel)),
        "place_same_site_links": float(same_site),
        "place_same_site_share": ratio(same_site, len(page.external)),
    }


@lru_cache(maxsize=4_096)
def _areas(area: Area, is_own: bool) -> dict[str, float]:
    features = {f"area_{str(one.name).lower()}": float(bool(area & one)) for one in Area}
    features["area_of_link_itself"] = float(is_own)
    return features


def _blocks(link: PageLink) -> dict[str, float]:
    """Density of links in the link's block and in the two blocks around it."""
    features: dict[str, float] = {}
    for names, block in zip(_BLOCK_NAMES, _upwards(link.block), strict=False):
        measures = (
            float(block.chars),
            ratio(block.link_chars, block.chars),
            float(block.n_links),
            float(block.n_absolute),
            float(len(block.sites)),
            ratio(block.chars, block.n_links),
        )
        features.update(zip(names, measures, strict=True))
    tags = [block.tag for block in islice(_upwards(link.block), 5)]
    return (
        features
        | _kind(tags[0])
        | {
            "block_in_list": float(not _LISTS.isdisjoint(tags[:4])),
            "block_in_table": float("table" in tags),
        }
    )


@lru_cache(maxsize=256)
def _kind(tag: str) -> dict[str, float]:
    return {
        "block_is_paragraph": float(tag in ("p", "blockquote", "pre")),
        "block_is_item": float(tag in ("li", "dd", "dt")),
        "block_is_cell": float(tag in ("td", "th")),
        "block_is_heading": float(tag[:1] == "h" and tag[1:].isdigit()),
        "block_is_division": float(tag in ("div", "section", "body", "html")),
    }


def _upwards(block: Block | None) -> Iterator[Block]:
    while block is not None:
        yield block
        block = block.parent


def _context(link: PageLink, page: PageFacts, vocabulary: Vocabulary, target_text: str | None) -> dict[str, float]:
    left, right = block_words(link)
    near = left[-_NEAR_WORDS:] + right[:_NEAR_WORDS]
    folded = f"{link.left[-200:]} {link.right[:200]}".casefold()
    heading = _read_heading(link.heading, vocabulary)
    anchor = tokens(link.text[:400])
    target = target_words(link.url, link.text, target_text)
    around, own = Counter(near), Counter(anchor)
    return {
        "context_left_words": float(len(left)),
        "context_right_words": float(len(right)),
        "context_bare": float(not near),
        "context_trade_terms": float(sum(vocabulary.trades.count(near, folded).values())),
        "context_money_terms": float(vocabulary["money"].count(near, folded)),
        "context_disclosure": float(vocabulary["disclosure"].any(near + heading.words, folded)),
        "context_mechanical": float(vocabulary["mechanical"].any(left[-6:] + anchor + right[:6], folded)),
        "context_praise": float(vocabulary["comment_praise"].any(near, folded)),
        "sim_anchor_text": _elsewhere(own.keys(), page.text_words, own),
        "sim_context_title": cosine(around, page.title_words),
        "sim_context_anchor": coverage(anchor, around),
        "sim_target_text": _elsewhere(set(target), page.text_words, own),
        "sim_target_context": cosine(Counter(target), around),
        "sim_heading_title": cosine(heading.counts, page.title_words),
        **heading.features,
        **vocabulary.words("context", context_words(left, right)),
        **_markup_scores(link.markup, vocabulary),
    }


class _Heading(NamedTuple):
    words: list[str]
    counts: Counter[str]
    features: dict[str, float]


# The links of a list stand in the same markup.
@lru_cache(maxsize=4_096)
def _markup_scores(markup: tuple[tuple[str, str], ...], vocabulary: Vocabulary) -> dict[str, float]:
    return vocabulary.words("markup", markup_words(markup))


# The links below a heading share it.
@lru_cache(maxsize=1_024)
def _read_heading(heading: str, vocabulary: Vocabulary) -> _Heading:
    words = tokens(heading[:200])
    features = {
        "heading_sold_links": float(vocabulary["sold_links"].any(words, heading.casefold())),
        "heading_words": float(len(words)),
    }
    return _Heading(words, Counter(words), features | vocabulary.words("heading", text_words("heading", heading)))


def place_words(link: PageLink, left: list[str], right: list[str]) -> dict[str, list[str]]:
    """Return the words around a link, for the learned scores; `left` and `right` are the tokens of its block."""
    return context_words(left, right) | text_words("heading", link.heading) | markup_words(link.markup)


def block_words(link: PageLink) -> tuple[list[str], list[str]]:
    """Return the tokens of a link's block before and after it, as far as they are near."""
    return tokens(link.left[-_NEAR_CHARS:]), tokens(link.right[:_NEAR_CHARS])


def _elsewhere(words: Set[str], text: Counter[str], anchor: Counter[str]) -> float:
    """Share of `words` that the page uses outside this anchor."""
    return ratio(sum(text[word] > anchor[word] for word in words), len(words))
