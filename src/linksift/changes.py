"""Single changes to a link or its page, as changes of feature columns.

A change alters the features that would follow from it and leaves all others as they are. That is exact for what a row says, and an
approximation for the page: the learned scores of its words, for one, stay what they are when its trade terms are taken away.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from linksift.contract import Contract
from linksift.features import Featurizer
from linksift.features.row import RowFacts
from linksift.features.vocabulary import TRADES
from linksift.urls import host_of, host_parts
from linksift.usual import Usual

#: What follows from standing in a paragraph of the main text, besides the features of the families ``area`` and ``block``.
_IN_TEXT: Final = (
    "place_in_main", "place_depth", "place_in_heading", "context_left_words", "context_right_words", "context_bare",
    "link_editorial", "link_in_widget", "link_in_profile", "link_in_directory", "link_hidden", "link_hidden_by_rule",
    "words_markup_harmful", "words_markup_valuable",
)  # fmt: skip
_MARKS: Final = {"rel_sponsored": 1.0, "link_followed": 0.0, "link_paid_but_followed": 0.0}
_HIDDEN: Final = ("area_hidden", "link_hidden", "link_hidden_by_rule")
_TRADE_FAMILIES: Final = ("trade", "title", "context", "outbound")
_TRADE_FLAGS: Final = ("hijack_topic", "hijack_hidden_trade", "page_parasite")
#: From so many external links on a page can be a list of links (`linksift.features.outbound`).
_LIST_LINKS: Final = 20

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class World:
    """What changes draw on."""

    contract: Contract
    usual: Usual
    featurizer: Featurizer


@dataclass(frozen=True, slots=True)
class Change:
    """One change: how it is told, as a condition and by name, and what it does.

    Attributes
    ----------
    apply
        Takes feature columns and the link table of the same rows; alters the first in place and returns which rows it could be applied to.
    """

    code: str
    condition: str
    name: str
    apply: Callable[[pd.DataFrame, pd.DataFrame, World], BoolArray]


def mark_sponsored(features: pd.DataFrame) -> None:
    """Let links carry ``rel="sponsored"``, in place."""
    for name, value in _MARKS.items():
        _put(features, name, value, np.ones(len(features), dtype=bool))


def _put(features: pd.DataFrame, name: str, values: "pd.Series[float] | float", where: BoolArray) -> None:
    """Write values where the feature is known: what is not known of a page stays unknown when the page changes."""
    if name in features.columns:
        features[name] = features[name].mask(where & features[name].notna().to_numpy(), values)


def _is(features: pd.DataFrame, name: str, value: float) -> BoolArray:
    if name not in features.columns:
        return np.zeros(len(features), dtype=bool)
    return (features[name] == value).to_numpy(dtype=bool)


def _make_visible(features: pd.DataFrame, _: pd.DataFrame, world: World) -> BoolArray:
    hidden = _is(features, "area_hidden", 1) | _is(features, "link_hidden", 1)
    for name in _HIDDEN:
        _put(features, name, 0.0, hidden)
    return hidden


def _name_the_site(features: pd.DataFrame, links: pd.DataFrame, world: World) -> BoolArray:
    """Measure the row anew with the name of the target's site as its anchor; only what differs is written."""
    possible = np.zeros(len(links), dtype=bool)
    at = {name: column for column, name in enumerate(features.columns)}
    matrix = features.to_numpy(dtype=np.float32, copy=True)
    rows: Iterable[tuple[object, ...]] = links[["page_url", "title", "target_url", "anchor"]].itertuples(index=False)
    numbers = links.reindex(columns=["row_external", "row_internal", "anchor_is_image", "anchor_names_target"])
    known = numbers.to_numpy(dtype=float, na_value=np.nan)
    for row, texts in enumerate(rows):
        page, title, target, anchor = (value if isinstance(value, str) else None for value in texts)
        external, internal, image, named = known[row]
        name = _site_name(target)
        if not name or anchor is None or named == 1:
            continue
        old, new = (
            world.featurizer.of_row(RowFacts(page, title, target, words, is_image, external, internal))
            for words, is_image in ((anchor, bool(image == 1)), (name, False))
        )
        for feature, value in new.items():
            if feature in at and not _same(value, old.get(feature, math.nan)):
                matrix[row, at[feature]] = value
        possible[row] = True
    features[features.columns] = matrix
    return possible


def _site_name(target_url: str | None) -> str:
    host = host_of(target_url)
    parts = host_parts(host) if host else None
    return parts.domain if parts and parts.suffix else ""


def _same(left: float, right: float) -> bool:
    return left == right or (math.isnan(left) and math.isnan(right))


def _put_in_text(features: pd.DataFrame, _: pd.DataFrame, world: World) -> BoolArray:
    outside = _is(features, "place_in_main", 0)
    families = [name for name, feature in world.contract.by_name.items() if feature.family in ("area", "block")]
    for name in (*families, *_IN_TEXT):
        usual = float(world.usual.in_text.get(name, math.nan))
        if not math.isnan(usual):
            _put(features, name, usual, outside)
    return outside


def _halve_links(features: pd.DataFrame, _: pd.DataFrame, world: World) -> BoolArray:
    """Take away half of the page's external links, but not this one; what counts or rates them follows."""
    known = features.reindex(columns=["out_external", "row_external", "out_internal", "row_internal"])
    external = known["out_external"].fillna(known["row_external"])
    kept = np.ceil(external / 2)
    possible = (external >= 2).to_numpy(dtype=bool)
    factor, lost = kept / external, external - kept
    _put(features, "out_external", kept, possible)
    _put(features, "row_external", kept, possible)
    _put(features, "out_external_share", kept / (kept + known["out_internal"]), possible)
    _put(features, "row_external_share", kept / (kept + known["row_internal"]), possible)
    for name in ("out_external_sites", "out_external_per_word"):
        if name in features.columns:
            scaled = features[name] * factor
            _put(features, name, np.ceil(scaled) if name.endswith("sites") else scaled, possible)
    for count, rate in (("out_links", "out_links_per_word"), ("out_absolute", "out_absolute_per_word")):
        if count in features.columns and rate in features.columns:
            fewer = (features[count] - lost).clip(lower=1)
            _put(features, rate, features[rate] * fewer / features[count], possible)
            _put(features, count, fewer, possible)
    _put(features, "out_link_list", 0.0, possible & (kept < _LIST_LINKS).to_numpy(dtype=bool))
    return possible


def _drop_trades(features: pd.DataFrame, _: pd.DataFrame, world: World) -> BoolArray:
    names = [
        name
        for name, feature in world.contract.by_name.items()
        if name in features.columns
        and (name in _TRADE_FLAGS or (feature.family in _TRADE_FAMILIES and set(feature.lexicons) & set(TRADES)))
    ]
    named = (features[names] > 0).any(axis=1).to_numpy(dtype=bool)
    for name in names:
        _put(features, name, 0.0, named)
    return named


#: In the order in which they are tried.
CHANGES: Final = (
    Change("visible", "readers could see it", "being seen by readers", _make_visible),
    Change(
        "site_name",
        "its anchor were the name of the site that it points to",
        "the site's name as its anchor",
        _name_the_site,
    ),
    Change("main_text", "it stood in a paragraph of the page's main text", "a place in the main text", _put_in_text),
    Change(
        "fewer_links",
        "the page had half as many links to other sites",
        "half as many external links on the page",
        _halve_links,
    ),
    Change(
        "no_trades",
        "the page and its title named no trade in which link spam is common",
        "no trade terms on the page",
        _drop_trades,
    ),
)
