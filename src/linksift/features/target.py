"""How a link's page, context, anchor, title and URL agree with the target's own text (family ``target_text``).

The target's text comes from a file of target pages. Without it every value is NaN, never 0.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

from linksift.features.language import detect_language, same_language
from linksift.features.scripts import main_script
from linksift.text import cosine, ratio, tokens

#: Weight of a text's own words; the rest is the mean of both texts (Jelinek-Mercer smoothing).
_OWN: Final = 0.9
_MAX_CHARS: Final = 20_000


@dataclass(frozen=True, eq=False)
class TargetWords:
    """A target's text, counted once for all links to it."""

    words: Counter[str]
    title: Counter[str]
    language: str | None
    script: str | None


@lru_cache(maxsize=256)
def read_target(text: str) -> TargetWords:
    """Count the words of a target's text; its title is the first line."""
    text = text[:_MAX_CHARS]
    title, _, _ = text.partition("\n")
    return TargetWords(Counter(tokens(text)), Counter(tokens(title)), detect_language(text)[0], main_script(text))


def divergence(left: Counter[str], right: Counter[str]) -> float:
    """Kullback-Leibler divergence of two texts' words, in nats; both smoothed with the mean of the two. NaN where one is empty.

    >>> divergence(Counter("aab"), Counter("aab"))
    0.0
    """
    n, m = left.total(), right.total()
    if not n or not m:
        return math.nan
    total = 0.0
    for word in sorted(left.keys() | right.keys()):
        p, q = left[word] / n, right[word] / m
        both = (1 - _OWN) * (p + q) / 2
        total += (_OWN * p + both) * math.log((_OWN * p + both) / (_OWN * q + both))
    return max(0.0, total)


def row_target_features(
    page_url: str | None, title: str | None, anchor: str | None, target_text: str | None
) -> dict[str, float]:
    """Compare what a row says with the target's text."""
    if not target_text:
        return {}
    target = read_target(target_text)
    url = tokens(unquote(page_url or "")[:_MAX_CHARS].replace("-", " ").replace("_", " "))
    features = _compare("anchor", tokens((anchor or "")[:_MAX_CHARS]), target)
    features |= _compare("url", url, target)
    features |= _compare("title", tokens((title or "")[:_MAX_CHARS]), target)
    words = set(tokens((title or "")[:_MAX_CHARS]))
    features["target_title_overlap"] = ratio(len(words & target.title.keys()), len(words | target.title.keys()))
    return features


def page_target_features(
    language: str | None, script: str | None, words: Counter[str], context: Sequence[str], target_text: str | None
) -> dict[str, float]:
    """Compare a page's text and the words around a link with the target's text."""
    if not target_text:
        return {}
    target = read_target(target_text)
    agrees = same_language(language, target.language)
    return (
        _compare("page", words, target)
        | _compare("context", context, target)
        | {
            "target_lang_differs": math.nan if agrees is None else float(not agrees),
            "target_script_differs": math.nan if not script or not target.script else float(script != target.script),
            "target_title_context": cosine(Counter(context), target.title),
        }
    )


def _compare(name: str, words: Sequence[str] | Counter[str], target: TargetWords) -> dict[str, float]:
    counts = words if isinstance(words, Counter) else Counter(words)
    return {
        f"target_kl_{name}": divergence(counts, target.words),
        f"target_cos_{name}": cosine(counts, target.words),
    }
