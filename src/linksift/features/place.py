"""Features of the place where a link stands on its page (families ``place``, ``context``, ``sim``; need ``page``)."""

import math
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from linksift.areas import Area
from linksift.document import Document
from linksift.features.page import PageFacts
from linksift.features.row import target_words
from linksift.features.vocabulary import Vocabulary
from linksift.text import cosine, coverage, ratio, tokens
from linksift.walk import Block, PageLink
from linksift.words import context_words, markup_words, text_words

_LEVELS = 3
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
        | _areas(link)
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


def _areas(link: PageLink) -> dict[str, float]:
    features = {f"area_{str(area.name).lower()}": float(bool(link.area & area)) for area in Area}
    features["area_of_link_itself"] = float(bool(link.own_area))
    return features


def _blocks(link: PageLink) -> dict[str, float]:
    """Density of links in the link's block and in the two blocks around it."""
    features: dict[str, float] = {}
    for level, block in enumerate(islice(_upwards(link.block), _LEVELS)):
        features |= {
            f"block{level}_chars": float(block.chars),
            f"block{level}_link_density": ratio(block.link_chars, block.chars),
            f"block{level}_links": float(block.n_links),
            f"block{level}_absolute_links": float(block.n_absolute),
            f"block{level}_sites": float(len(block.sites)),
            f"block{level}_chars_per_link": ratio(block.chars, block.n_links),
        }
    tag = link.block.tag
    features |= {
        "block_is_paragraph": float(tag in ("p", "blockquote", "pre")),
        "block_is_item": float(tag in ("li", "dd", "dt")),
        "block_is_cell": float(tag in ("td", "th")),
        "block_is_heading": float(tag[:1] == "h" and tag[1:].isdigit()),
        "block_is_division": float(tag in ("div", "section", "body", "html")),
        "block_in_list": float(any(block.tag in ("ul", "ol", "dl") for block in islice(_upwards(link.block), 4))),
        "block_in_table": float(any(block.tag == "table" for block in islice(_upwards(link.block), 5))),
    }
    return features


def _upwards(block: Block | None) -> Iterator[Block]:
    while block is not None:
        yield block
        block = block.parent


def _context(link: PageLink, page: PageFacts, vocabulary: Vocabulary, target_text: str | None) -> dict[str, float]:
    left, right = block_words(link)
    near = left[-_NEAR_WORDS:] + right[:_NEAR_WORDS]
    folded = f"{link.left[-200:]} {link.right[:200]}".casefold()
    heading = tokens(link.heading[:200])
    anchor = tokens(link.text[:400])
    target = target_words(link.url, link.text, target_text)
    around = Counter(near)
    return {
        "context_left_words": float(len(left)),
        "context_right_words": float(len(right)),
        "context_bare": float(not near),
        "context_trade_terms": float(sum(vocabulary.trades.count(near, folded).values())),
        "context_money_terms": float(vocabulary["money"].count(near, folded)),
        "context_disclosure": float(vocabulary["disclosure"].any(near + heading, folded)),
        "context_mechanical": float(vocabulary["mechanical"].any(left[-6:] + anchor + right[:6], folded)),
        "context_praise": float(vocabulary["comment_praise"].any(near, folded)),
        "heading_sold_links": float(vocabulary["sold_links"].any(heading, link.heading.casefold())),
        "heading_words": float(len(heading)),
        "sim_anchor_text": _elsewhere(set(anchor), page.text_words, Counter(anchor)),
        "sim_context_title": cosine(around, page.title_words),
        "sim_context_anchor": coverage(anchor, around),
        "sim_target_text": _elsewhere(set(target), page.text_words, Counter(anchor)),
        "sim_target_context": cosine(Counter(target), around),
        "sim_heading_title": cosine(Counter(heading), page.title_words),
    } | _word_scores(link, left, right, vocabulary)


def _word_scores(link: PageLink, left: list[str], right: list[str], vocabulary: Vocabulary) -> dict[str, float]:
    words = place_words(link, left, right)
    return vocabulary.words("context", words) | vocabulary.words("heading", words) | vocabulary.words("markup", words)


def place_words(link: PageLink, left: list[str], right: list[str]) -> dict[str, list[str]]:
    """Return the words around a link, for the learned scores; `left` and `right` are the tokens of its block."""
    return context_words(left, right) | text_words("heading", link.heading) | markup_words(link.markup)


def block_words(link: PageLink) -> tuple[list[str], list[str]]:
    """Return the tokens of a link's block before and after it, as far as they are near."""
    return tokens(link.left[-_NEAR_CHARS:]), tokens(link.right[:_NEAR_CHARS])


def _elsewhere(words: set[str], text: Counter[str], anchor: Counter[str]) -> float:
    """Share of `words` that the page uses outside this anchor."""
    return ratio(sum(text[word] > anchor[word] for word in words), len(words))
