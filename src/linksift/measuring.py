"""Honest figures of a training run: what the frozen links say, by situation and slice, beside the baselines and the champion."""

from typing import Any, Final

import numpy as np
import pandas as pd

from linksift import baselines
from linksift.bundle import Bundle
from linksift.dataset import PROVIDERS, Views
from linksift.evaluation import Comparison, compare, evaluate_probabilities, review_band, slices
from linksift.labels import PROBABILITY_COLUMNS
from linksift.recipe import Recipe
from linksift.review import ReviewBand

#: Frozen links are measured apart by what they came with and what was taken away.
SITUATIONS: Final[tuple[str, ...]] = (
    "page",
    "page as row",
    "page as url",
    "export row",
    *(f"export as {provider}" for provider in PROVIDERS),
    "export as url",
    "bare url",
)


def frozen_links(table: pd.DataFrame, views: Views, fitted: np.ndarray, oof: np.ndarray) -> pd.DataFrame:
    """Cross-fitted probabilities of the hand-labelled links that count, in each situation."""
    at, view = views.row[fitted], views.view[fitted]
    facts = table.iloc[at][["link", "group", "label", "stratum", "gold", "basis"]].reset_index(drop=True)
    facts["situation"] = situations(facts["basis"].to_numpy(), view, views.provider[fitted])
    facts["view"] = view
    facts[list(PROBABILITY_COLUMNS)] = oof
    keep = facts["gold"] & np.isfinite(oof).all(axis=1)
    kept: pd.DataFrame = facts.loc[keep].drop(columns=["gold", "basis"])
    return kept.sort_values(["situation", "link"], ignore_index=True)


def situations(basis: np.ndarray, view: np.ndarray, provider: np.ndarray) -> list[str]:
    """Name what each link came with and what was taken away (one of `SITUATIONS`)."""
    names = {"page": "page", "row": "export row", "url": "bare url"}
    return [
        names[has] if has == shown and not whose else f"{'page' if has == 'page' else 'export'} as {whose or shown}"
        for has, shown, whose in zip(basis, view, provider, strict=True)
    ]


def measure_situations(
    frozen: pd.DataFrame, recipe: Recipe, n_bootstrap: int
) -> tuple[dict[str, Any], dict[str, Any], pd.DataFrame]:
    """Return the figures of each situation, the review band of each basis, and the figures of each slice."""
    figures = {}
    bands: dict[str, Any] = {}
    for situation, part in frozen.groupby("situation", sort=False):
        measured = evaluate_probabilities(
            part["label"], part[list(PROBABILITY_COLUMNS)], groups=part["group"], n_bootstrap=n_bootstrap
        )
        figures[str(situation)] = measured.to_dict()
    # A page shown as a row is no row that a user brings; the bands come from genuine ones, each link once.
    genuine = frozen[~frozen["situation"].isin(["page as row", *(f"export as {name}" for name in PROVIDERS)])]
    for view, part in genuine.groupby("view", sort=False):
        band = review_band(
            part["label"],
            part[list(PROBABILITY_COLUMNS)],
            groups=part["group"],
            max_valuable_called_harmful=recipe.max_valuable_called_harmful,
            max_harmful_missed=recipe.max_harmful_missed,
        )
        bands[str(view)] = _at_least_even(band)
    return figures, bands, measure_slices(frozen, frozen[list(PROBABILITY_COLUMNS)].to_numpy(), n_bootstrap)


def _at_least_even(band: ReviewBand) -> dict[str, Any]:
    """Keep a link from being called harmful, or sent to review, at a probability at which another class is as likely."""
    known = band.to_dict()
    if known["t_high"] is not None:
        known["t_high"] = max(known["t_high"], 0.5)
    return known


def slice_masks(frozen: pd.DataFrame) -> pd.DataFrame:
    """Return the slices that are always shown apart."""
    situation = frozen["situation"]
    on_page, honest = situation == "page", frozen["stratum"].isin(["ham", "mixed"])
    masks = {name: situation == name for name in SITUATIONS}
    masks["harmful links on honest pages"] = on_page & honest & (frozen["label"] == "harmful")
    masks["harmless links on spam pages"] = on_page & (frozen["stratum"] == "spam") & (frozen["label"] != "harmful")
    masks["honest pages"] = on_page & honest
    masks["spam and unproven pages"] = on_page & ~honest
    return pd.DataFrame(masks)


def measure_slices(frozen: pd.DataFrame, proba: np.ndarray, n_bootstrap: int) -> pd.DataFrame:
    """Measure probabilities of scored links in each situation and slice."""
    if frozen.empty:
        return pd.DataFrame()
    masks = slice_masks(frozen)
    filled = masks.loc[:, masks.any()]
    return slices(filled, frozen["label"], proba, groups=frozen["group"], n_bootstrap=n_bootstrap)


def measure_baselines(
    table: pd.DataFrame,
    views: Views,
    names: list[str],
    labels: np.ndarray,
    weight: np.ndarray,
    folds: np.ndarray,
    frozen: pd.DataFrame,
    n_bootstrap: int,
) -> dict[str, pd.DataFrame]:
    """Score the baselines on the same links, folds and weights; one that reads what the recipe leaves out is left out too."""
    fitted = weight > 0
    frame = views.X[fitted].reset_index(drop=True)
    links = table["link"].to_numpy()[views.row[fitted]]
    shown = situations(table["basis"].to_numpy()[views.row[fitted]], views.view[fitted], views.provider[fitted])
    position = pd.Series(np.arange(len(frame)), index=pd.MultiIndex.from_arrays([links, shown]))
    at = position.loc[pd.MultiIndex.from_frame(frozen[["link", "situation"]])].to_numpy()
    rivals = {}
    for make in (
        baselines.AlwaysNeutral,
        baselines.RuleList,
        baselines.NgramLogistic,
        lambda: baselines.FeatureLogistic(names),
    ):
        if not set(make().columns) <= set(names):
            continue
        proba = baselines.cross_fit(make, frame, labels[fitted].astype(str), folds[views.row][fitted], weight[fitted])
        rivals[make().name] = measure_slices(frozen, proba[at], n_bootstrap)
    return rivals


def by_slice(figures: pd.DataFrame) -> dict[str, Any]:
    """Return the figures of `measure_slices` for JSON, by slice."""
    plain = figures.astype(object).where(figures.notna(), None)
    return {str(row.pop("slice")): row for row in plain.to_dict("records")}


def against_champion(champion: Bundle | None, frozen: pd.DataFrame, n_bootstrap: int) -> Comparison | None:
    """Compare with the champion's own cross-fitted probabilities of the same links in the same situations."""
    if champion is None or champion.frozen is None or frozen.empty:
        return None
    keys = ["link", "situation"]
    both = frozen.merge(champion.frozen[[*keys, *PROBABILITY_COLUMNS]], on=keys, suffixes=("", "_champion"))
    if both.empty:
        return None
    theirs = both[[f"{name}_champion" for name in PROBABILITY_COLUMNS]].to_numpy()
    return compare(both["label"], both[list(PROBABILITY_COLUMNS)], theirs, both["group"], n_bootstrap=n_bootstrap)
