"""Classes of anchors (family ``anchor``; needs ``row``): nobody has to list the target's names or keywords."""

import math
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from linksift.features.host import country_of, same_label
from linksift.features.scripts import main_script
from linksift.features.vocabulary import Vocabulary
from linksift.text import ratio, tokens
from linksift.urls import host_of, host_parts, split_url

#: Each anchor is of one class.
CLASSES: Final = ("empty", "image", "url", "generic", "brand", "compound", "money", "part_money", "other")
_ONE_HOT: Final = {kind: {f"anchor_class_{name}": float(name == kind) for name in CLASSES} for kind in CLASSES}
_TITLE_PARTS = re.compile(r"\s[-–—|·:»]\s|\s?\|\s?")
_NAME = re.compile(r"[\W_]+")
_MAX_NAME_WORDS: Final = 4
_MAX_CHARS: Final = 2_000


def anchor_features(
    anchor: str | None,
    title: str | None,
    target_url: str | None,
    target_text: str | None,
    row: Mapping[str, float],
    vocabulary: Vocabulary,
) -> dict[str, float]:
    """Classify an anchor and compare it with the title.

    Parameters
    ----------
    anchor
        Its text, without the mark of an image link; empty where nothing is known.
    target_text
        Text of the target, its title on the first line, where known.
    row
        What `linksift.features.row.row_features` measured of it.
    """
    if anchor is None:
        return {}
    text = anchor[:_MAX_CHARS]
    words = tokens(text)
    names = _names(_parse(target_url)[0], target_text)
    money = vocabulary.commercial.covered(words)
    brand = _brand_words(text, words, names) if names is not None else 0
    kind = _class(row, len(words), money, brand)
    features = dict(_ONE_HOT[kind])
    if names is None:
        features |= dict.fromkeys(("anchor_class_brand", "anchor_class_compound", "anchor_class_other"), math.nan)
    script, of_title = main_script(text[:200]), main_script(title[:200]) if title else None
    return features | {
        "anchor_money_share": ratio(money, len(words)),
        "anchor_is_mark": float(len(text.strip()) == 1 and not words),
        "anchor_script_differs": math.nan if script is None or of_title is None else float(script != of_title),
        "anchor_disclosure": float(vocabulary["disclosure"].any(words, text.casefold())) if words else 0.0,
    }


def _class(row: Mapping[str, float], n_words: int, money: int, brand: int) -> str:
    if row["anchor_is_empty"]:
        return "image" if row.get("anchor_is_image") else "empty"
    if row.get("anchor_is_image"):
        return "image"
    if row["anchor_is_url"]:
        return "url"
    if row["anchor_is_generic"]:
        return "generic"
    if brand:
        return "compound" if money else "brand"
    if money:
        return "money" if money >= n_words else "part_money"
    return "other"


@lru_cache(maxsize=4_096)
def _names(host: str | None, target_text: str | None) -> frozenset[str] | None:
    """Return the names of the target, letters only: its host's label, and the short parts of its title."""
    if host is None:
        return None
    label = _NAME.sub("", host_parts(host).domain or host)
    title = (target_text or "").partition("\n")[0][:300].casefold()
    parts = (part for part in _TITLE_PARTS.split(title) if len(part.split()) <= _MAX_NAME_WORDS)
    return frozenset(name for name in (label, *(_NAME.sub("", part) for part in parts)) if len(name) >= 3)


def _brand_words(text: str, words: Sequence[str], names: frozenset[str]) -> int:
    """Tell whether an anchor holds a name of the target, or is a part of one that is written as one word."""
    letters = _NAME.sub("", text.casefold())
    if len(letters) < 3:
        return 0
    return int(any(name in letters or (letters in name and len(words) <= _MAX_NAME_WORDS) for name in names))


def pair_features(
    page_url: str | None, title: str | None, target_url: str | None, vocabulary: Vocabulary
) -> dict[str, float]:
    """Compare the addresses of page and target, and look for a directory's title (families ``relation``, ``title``)."""
    page, (target, is_home, depth) = _host(page_url), _parse(target_url)
    features = dict(_title_marks(title[:_MAX_CHARS], vocabulary)) if title is not None else {}
    if target is None:
        return features
    features |= {"target_is_home": float(is_home), "target_depth": float(depth)}
    if page is not None:
        here, there = country_of(page), country_of(target)
        features["relation_same_label"] = same_label(page, target)
        features["relation_same_suffix"] = float(host_parts(page).suffix == host_parts(target).suffix)
        features["relation_country_differs"] = math.nan if here is None or there is None else float(here != there)
    return features


# Every link of a page, and every row of a site, asks again for the same page and title.
_host = lru_cache(maxsize=1_024)(host_of)


@lru_cache(maxsize=1_024)
def _title_marks(title: str, vocabulary: Vocabulary) -> dict[str, float]:
    words, folded = tokens(title), title.casefold()
    return {
        "title_directory": float(vocabulary["directory_titles"].any(words, folded)),
        "title_disclosure": float(vocabulary["disclosure"].any(words, folded)),
    }


@lru_cache(maxsize=4_096)
def _parse(url: str | None) -> tuple[str | None, bool, int]:
    """Return the host of a target, whether it is a start page, and the segments of its path."""
    parts = split_url(url) if url else None
    if parts is None:
        return None, False, 0
    path = parts.path.strip("/")
    return host_of(url), not path and not parts.query, path.count("/") + 1 if path else 0
