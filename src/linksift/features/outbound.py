"""More of a page's outbound links as a whole (family ``outbound``; needs ``page``)."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median_low
from typing import Final

from linksift.features.vocabulary import TRADES, Vocabulary
from linksift.text import ratio, tokens
from linksift.walk import PageLink

_MAX_LINKS: Final = 500
_MAX_TEXT: Final = 200
_LIST_LINKS: Final = 20
#: Three words of six characters: links nearer than that make a list.
_LIST_GAP: Final = 18
_AFFILIATE = re.compile(
    r"[?&](?:tag|aff|affid|aff_?id|affiliate(?:_?id)?|partner(?:_?id)?|ref(?:_?id)?|clickref|irclickid|a_?aid|btag|awc)=",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Outbound:
    """Outbound features of a page, and what its links look up: characters since the link before, distinct anchors per site."""

    features: dict[str, float]
    gaps: dict[int, int]
    site_anchors: dict[str | None, int]
    affiliates: frozenset[int]
    texts: dict[int, str]


def measure_outbound(external: Sequence[PageLink], vocabulary: Vocabulary) -> Outbound:
    """Measure the external links of a page in one pass over them."""
    n = len(external)
    texts = {link.ordinal: link.text for link in external}
    gaps = {
        right.ordinal: max(0, right.offset - left.offset - len(texts[left.ordinal]))
        for left, right in pairwise(external)
    }
    gap = float(median_low(gaps.values())) if gaps else math.nan
    affiliates = frozenset(link.ordinal for link in external if _is_affiliate(link, vocabulary))
    anchors = {(link.site, texts[link.ordinal]) for link in external}
    listed = vocabulary["bad_neighbours"].entries
    sites = {link.site for link in external}
    features = {
        "out_sponsored_share": ratio(sum("sponsored" in link.rel for link in external), n),
        "out_ugc_share": ratio(sum("ugc" in link.rel for link in external), n),
        "out_affiliate_share": ratio(len(affiliates), n),
        "out_bad_neighbours": ratio(sum(site in listed for site in sites), len(sites)) if listed else math.nan,
        "out_link_gap": gap,
        "out_link_list": float(n >= _LIST_LINKS and gap <= _LIST_GAP),
    }
    features |= _topics([texts[link.ordinal] for link in external[:_MAX_LINKS]], vocabulary)
    return Outbound(features, gaps, Counter(site for site, _ in anchors), affiliates, texts)


def _is_affiliate(link: PageLink, vocabulary: Vocabulary) -> bool:
    url = link.url or ""
    return ("?" in url and bool(_AFFILIATE.search(url))) or link.site in vocabulary["affiliate_hosts"].entries


def _topics(texts: Sequence[str], vocabulary: Vocabulary) -> dict[str, float]:
    """Dispersion of the anchors' words, and the mix of trades among them.

    The mean cosine of all pairs of n unit vectors is (|sum|² - n) / (n (n - 1)): no pair has to be looked at.
    """
    total: dict[str, int] = {}
    weights: dict[str, float] = {}
    n = 0
    for text in texts:
        words = tokens(text[:_MAX_TEXT])
        if not words:
            continue
        n += 1
        counts = dict.fromkeys(words, 0)
        for word in words:
            counts[word] += 1
        norm = math.sqrt(sum([count * count for count in counts.values()]))
        for word, count in counts.items():
            weights[word] = weights.get(word, 0.0) + count / norm
            total[word] = total.get(word, 0) + count
    per_trade = (sum(total[word] for word in total.keys() & vocabulary[trade].words) for trade in TRADES)
    found = [count for count in per_trade if count]
    return {
        "out_topic_dispersion": _dispersion(weights, n),
        "out_trades": float(len(found)),
        "out_trade_entropy": -sum(c / sum(found) * math.log(c / sum(found)) for c in found) + 0.0 if found else 0.0,
    }


def _dispersion(weights: dict[str, float], n: int) -> float:
    if n < 2:
        return math.nan
    mean = (sum(weight * weight for weight in weights.values()) - n) / (n * (n - 1))
    return min(1.0, max(0.0, 1.0 - mean))
