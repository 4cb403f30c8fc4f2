"""Features of what an export row says of a link: title, anchor, counts (family ``row`` and ``anchor``)."""

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

from linksift.features.vocabulary import TRADES, Vocabulary
from linksift.text import cosine, coverage, fold_space, ratio, tokens, upper_share
from linksift.urls import host_of, host_parts, split_url
from linksift.words import text_words

_URL_LIKE = re.compile(r"^(?:https?://|www\.)\S+$|^[\w-]+(?:\.[\w-]+)+(?:/\S*)?$", re.IGNORECASE)
_IMAGE = re.compile(r"^\[image alt=(.*)\]$", re.DOTALL)
_LETTERS = re.compile(r"[\W_]+")
_EMOJI = re.compile(r"[\u2600-\u27bf\U0001f000-\U0001faff]")
_MAX_CHARS: Final = 2_000


@dataclass(frozen=True, slots=True)
class RowFacts:
    """What a row, or a page read as a row, says of one link; None and NaN where it says nothing."""

    page_url: str | None = None
    title: str | None = None
    target_url: str | None = None
    anchor: str | None = None
    is_image: bool | None = None
    n_external: float = math.nan
    n_internal: float = math.nan
    target_text: str | None = None
    semrush_page_ascore: float = math.nan
    metrics: Mapping[str, float] = field(default_factory=dict)
    """What else the provider says, see `linksift.features.provider`."""


def row_features(facts: RowFacts, vocabulary: Vocabulary) -> dict[str, float]:
    """Measure a row; what it does not say is left out and so becomes NaN."""
    anchor, image = split_image(facts.anchor)
    is_image = image if facts.is_image is None else facts.is_image or image
    title_words = _counted((facts.title or "")[:_MAX_CHARS])
    features: dict[str, float] = {
        "row_external": facts.n_external,
        "row_internal": facts.n_internal,
        "row_external_share": ratio(facts.n_external, facts.n_external + facts.n_internal),
        "semrush_page_ascore": facts.semrush_page_ascore,
    }
    if facts.title is not None:
        features |= _title_features(facts.title, facts.page_url, vocabulary)
    if anchor is not None:
        features |= _anchor_features(anchor, title_words, facts, vocabulary)
        features |= vocabulary.words("anchor", text_words("anchor", anchor))
        features["anchor_is_image"] = float(bool(is_image))
    words = target_words(facts.target_url, anchor, facts.target_text)
    features["sim_target_title"] = coverage(words, title_words)
    return features


# All links of a page have its title and its address.
@lru_cache(maxsize=256)
def _counted(text: str) -> Counter[str]:
    return Counter(tokens(text))


def split_image(anchor: str | None) -> tuple[str | None, bool]:
    """Return an anchor without the mark of an image link, and whether it had one."""
    match = _IMAGE.match(anchor) if anchor else None
    return (match.group(1), True) if match else (anchor, False)


@lru_cache(maxsize=256)
def _title_features(title: str, page_url: str | None, vocabulary: Vocabulary) -> dict[str, float]:
    scores = vocabulary.words("title", text_words("title", title))
    title = fold_space(title[:_MAX_CHARS])
    words = tokens(title)
    folded = title.casefold()
    counts = vocabulary.trades.count(words, folded)
    slug = _counted(unquote(page_url or "").replace("-", " ").replace("_", " "))
    return {
        "title_words": float(len(words)),
        "title_chars": float(len(title)),
        "title_separators": float(sum(title.count(mark) for mark in "|-–—:»/•")),
        "title_digits": ratio(sum(map(str.isdigit, title)), len(title)),
        "title_upper": upper_share(title),
        "title_emoji": float(bool(_EMOJI.search(title))),
        "title_unique_words": ratio(len(set(words)), len(words)),
        "title_trade_terms": float(sum(counts.values())),
        "title_trades": float(sum(count > 0 for count in counts.values())),
        "title_seo_sale": float(counts["seo_sale"]),
        "title_money_terms": float(vocabulary["money"].count(words, folded)),
        "title_missing_page": float(vocabulary["soft404"].any(words, folded)),
        "title_in_url": coverage(words, slug),
    } | scores


def _anchor_features(
    anchor: str, title_words: Counter[str], facts: RowFacts, vocabulary: Vocabulary
) -> dict[str, float]:
    text = fold_space(anchor[:_MAX_CHARS])
    folded = text.casefold()
    words = tokens(text)
    counts = vocabulary.trades.count(words, folded)
    names_target = _names_target(folded, facts.target_url)
    generic = vocabulary["generic_anchors"].is_entry(words, folded)
    is_url = ("." in text or ":" in text) and bool(_URL_LIKE.match(text))
    return {
        "anchor_chars": float(len(text)),
        "anchor_words": float(len(words)),
        "anchor_is_empty": float(not text),
        "anchor_is_url": float(is_url),
        "anchor_is_generic": float(generic),
        "anchor_names_target": names_target,
        "anchor_other": float(bool(text) and not is_url and not generic and names_target != 1.0),
        "anchor_trade_terms": float(sum(counts.values())),
        "anchor_gambling": float(counts["gambling"]),
        "anchor_money_terms": float(vocabulary["money"].count(words, folded)),
        "anchor_mechanical": float(vocabulary["mechanical"].any(words, folded)),
        "anchor_trade_in_target": _target_trade(facts.target_url, vocabulary),
        "anchor_upper": upper_share(text),
        "anchor_digits": ratio(sum(map(str.isdigit, text)), len(text)),
        "anchor_capitalised": _capitalised(text),
        "anchor_emoji": float(bool(_EMOJI.search(text))),
        "sim_anchor_title": cosine(Counter(words), title_words),
        "sim_anchor_url": coverage(words, _counted((facts.page_url or "").replace("-", " ").replace("_", " "))),
    }


def _capitalised(text: str) -> float:
    words = [word for word in text.split() if word[:1].isalpha()]
    return ratio(sum(word[0].isupper() for word in words), len(words))


def _names_target(folded_anchor: str, target_url: str | None) -> float:
    """Tell whether an anchor is the target's name: its letters run on are the host's label, or hold it."""
    host = host_of(target_url)
    if host is None:
        return math.nan
    label = _label(host)
    name = _LETTERS.sub("", folded_anchor)
    return float(len(name) >= 3 and len(label) >= 3 and (label in name or name in label))


@lru_cache(maxsize=4_096)
def _label(host: str) -> str:
    return _LETTERS.sub("", host_parts(host).domain or host)


def _target_trade(target_url: str | None, vocabulary: Vocabulary) -> float:
    """Count the spam trades that the target's host names. A property of the target alone: off by default."""
    host = host_of(target_url)
    if host is None:
        return math.nan
    return _trades_named(host, vocabulary)


@lru_cache(maxsize=4_096)
def _trades_named(host: str, vocabulary: Vocabulary) -> float:
    return float(sum(vocabulary[trade].inside(host) for trade in TRADES))


def target_words(target_url: str | None, anchor: str | None, target_text: str | None) -> list[str]:
    """Return the words that stand for the target: its own text where known, else its URL's words and the anchor."""
    if target_text:
        return tokens(target_text[:20_000])
    return [*_slug_words(target_url), *[word for word in tokens((anchor or "")[:_MAX_CHARS]) if len(word) > 2]]


@lru_cache(maxsize=1_024)
def _slug_words(target_url: str | None) -> tuple[str, ...]:
    parts = split_url(target_url) if target_url else None
    slug = f"{parts.hostname or ''} {parts.path}" if parts else ""
    return tuple(word for word in tokens(slug[:_MAX_CHARS]) if len(word) > 2)
