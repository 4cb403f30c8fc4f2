"""From a recipe and a table to a fitted model, its honest figures, and a bundle; no MLflow here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from linksift import baselines
from linksift.bundle import Bundle, bundle_from
from linksift.calibration import Calibration, cross_calibrate
from linksift.card import model_card
from linksift.classifier import LinkClassifier
from linksift.contract import Contract
from linksift.dataset import Views, assign_folds, label_weights, show_views, table_sha256, used_features
from linksift.errors import InputError
from linksift.evaluation import Comparison, compare, evaluate_probabilities, review_band, slices
from linksift.labels import BASES, CLASSES, PROBABILITY_COLUMNS
from linksift.recipe import Recipe
from linksift.review import ReviewBand

#: Frozen links are measured apart by what they came with and what was taken away.
SITUATIONS: Final = ("page", "page as row", "page as url", "export row", "export as url", "bare url")
Report = Callable[[str], None]


@dataclass(frozen=True)
class Trained:
    """One training run.

    Attributes
    ----------
    bundle
        The model; its card and metrics are complete.
    frozen
        Cross-fitted probabilities of the frozen links: ``link``, ``group``, ``label``, ``stratum``, ``situation``, probabilities.
    slices
        Figures of each situation and slice.
    baseline_slices
        The same for each baseline, by name.
    comparison
        Candidate against champion on the same frozen links, or None without a champion.
    """

    recipe: Recipe
    contract: Contract
    table: pd.DataFrame
    features: list[str]
    classifier: LinkClassifier
    bundle: Bundle
    frozen: pd.DataFrame
    metrics: Mapping[str, Any]
    slices: pd.DataFrame
    baseline_slices: Mapping[str, pd.DataFrame]
    comparison: Comparison | None

    @property
    def is_better(self) -> bool:
        """Whether the candidate may become champion: there is none, or its macro-F1 on the same links is higher."""
        return self.comparison is None or self.comparison.difference.value > 0


def train(
    recipe: Recipe,
    table: pd.DataFrame,
    contract: Contract,
    *,
    champion: Bundle | None = None,
    n_bootstrap: int = 1000,
    fold_jobs: int = 1,
    report: Report = lambda _: None,
) -> Trained:
    """Train a model as a recipe says, and measure it on the frozen links.

    Every figure is cross-fitted: neither a link nor another of its group was in the data that its probabilities come from.

    Parameters
    ----------
    recipe
        The choices of the run.
    table
        A training table (`linksift.dataset.load_tables`).
    contract
        The features.
    champion
        The present model, to compare with.
    n_bootstrap
        Resamples for the intervals.
    fold_jobs
        Folds fitted at a time; the result is the same.
    report
        Called with a line of text at each step.

    Raises
    ------
    InputError
        Where the table has too few groups or classes.
    """
    names = used_features(recipe, contract)
    weights = label_weights(table, recipe)
    folds = assign_folds(table, weights, recipe.folds, recipe.seed)
    views = show_views(table, names, contract)
    view_weight = np.array([recipe.views.get(view, 0.0) for view in views.view])
    view_weight[views.view != table["basis"].to_numpy()[views.row]] *= recipe.hidden
    weight = weights[views.row] * view_weight
    # Frozen links that do not count, or views that the recipe leaves out, are scored but never trained on.
    fitted = weight > 0
    labels = table["label"].to_numpy(dtype=object)[views.row]
    report(f"training on {int((weights > 0).sum()):,} links of {table['group'][weights > 0].nunique():,} groups")
    classifier = _classifier(recipe, fold_jobs)
    classifier.fit(
        views.X[fitted], labels[fitted].astype(str), sample_weight=weight[fitted], folds=folds[views.row][fitted]
    )
    if list(classifier.classes_) != list(CLASSES):
        raise InputError(
            f"the labels hold only {', '.join(classifier.classes_)}; all of {', '.join(CLASSES)} are needed"
        )
    calibration, probabilities = _calibrations(table, views, fitted, weights, classifier)
    frozen = _frozen(table, views, fitted, probabilities)
    report(f"measuring on {frozen['link'].nunique():,} frozen links")
    figures, bands, parts = _measure(frozen, recipe, n_bootstrap)
    rivals = _baselines(table, views, names, labels, weight, folds, frozen, n_bootstrap) if len(frozen) else {}
    comparison = _against(champion, frozen, n_bootstrap)
    metrics = {
        "situations": figures,
        "baselines": {name: by_slice(rival) for name, rival in rivals.items()},
        "slices": by_slice(parts) if len(parts) else {},
        "champion": None if comparison is None else comparison.to_dict(),
        "training_links": int((weights > 0).sum()),
        "training_groups": int(table["group"][weights > 0].nunique()),
    }
    policy = {"review": bands}
    bundle = bundle_from(
        classifier,
        [contract.refs[name] for name in names],
        name="linksift",
        version=f"{recipe.name}-{table_sha256(table)[:8]}",
        policy=policy,
        metrics=metrics,
        data_sha256=table_sha256(table),
        card=model_card(recipe, metrics, policy, names),
        calibration=calibration,
        frozen=frozen,
    )
    return Trained(recipe, contract, table, names, classifier, bundle, frozen, metrics, parts, rivals, comparison)


def _classifier(recipe: Recipe, fold_jobs: int) -> LinkClassifier:
    settings = recipe.model
    return LinkClassifier(
        n_estimators=settings.n_estimators,
        learning_rate=settings.learning_rate,
        num_leaves=settings.num_leaves,
        min_child_samples=settings.min_child_samples,
        feature_fraction=settings.feature_fraction,
        bagging_fraction=settings.bagging_fraction,
        lambda_l2=settings.lambda_l2,
        class_balance=settings.class_balance,
        calibration_folds=recipe.folds,
        fold_jobs=fold_jobs,
        random_state=recipe.seed,
    )


def _calibrations(
    table: pd.DataFrame, views: Views, fitted: np.ndarray, weights: np.ndarray, classifier: LinkClassifier
) -> tuple[dict[str, Calibration], np.ndarray]:
    """Calibrate each basis by links that users would judge from it; return calibrations and cross-fitted probabilities."""
    at, view = views.row[fitted], views.view[fitted]
    codes = table["label"].map({label: code for code, label in enumerate(CLASSES)}).to_numpy()[at].astype(np.int64)
    logp, folds = np.log(classifier.raw_oof_probabilities_), classifier.folds_
    # A page shown as a row has the label that its page gave it: it says little of the rows of an export.
    genuine = (view == table["basis"].to_numpy()[at]) | (view == "url")
    found, probabilities = {}, np.full_like(logp, np.nan)
    for basis in BASES:
        here = (view == basis) & np.isfinite(logp).all(axis=1)
        teaching = np.where(genuine, weights[at], 0.0)[here]
        if not teaching.any():
            found[basis] = Calibration.identity(len(CLASSES))
            probabilities[here] = np.exp(logp[here])
            continue
        probabilities[here], found[basis] = cross_calibrate(logp[here], codes[here], teaching, folds[here])
    return found, probabilities


def _frozen(table: pd.DataFrame, views: Views, fitted: np.ndarray, oof: np.ndarray) -> pd.DataFrame:
    """Cross-fitted probabilities of the hand-labelled links that count, in each situation."""
    at, view = views.row[fitted], views.view[fitted]
    facts = table.iloc[at][["link", "group", "label", "stratum", "gold", "basis"]].reset_index(drop=True)
    facts["situation"] = situations(facts["basis"].to_numpy(), view)
    facts["view"] = view
    facts[list(PROBABILITY_COLUMNS)] = oof
    keep = facts["gold"] & np.isfinite(oof).all(axis=1)
    kept: pd.DataFrame = facts.loc[keep].drop(columns=["gold", "basis"])
    return kept.sort_values(["situation", "link"], ignore_index=True)


def situations(basis: np.ndarray, view: np.ndarray) -> list[str]:
    """Name what each link came with and what was taken away (one of `SITUATIONS`)."""
    names = {"page": "page", "row": "export row", "url": "bare url"}
    return [
        names[has] if has == shown else f"{'page' if has == 'page' else 'export'} as {shown}"
        for has, shown in zip(basis, view, strict=True)
    ]


def _measure(
    frozen: pd.DataFrame, recipe: Recipe, n_bootstrap: int
) -> tuple[dict[str, Any], dict[str, Any], pd.DataFrame]:
    figures = {}
    bands: dict[str, Any] = {}
    for situation, part in frozen.groupby("situation", sort=False):
        measured = evaluate_probabilities(
            part["label"], part[list(PROBABILITY_COLUMNS)], groups=part["group"], n_bootstrap=n_bootstrap
        )
        figures[str(situation)] = measured.to_dict()
    # A page shown as a row is no row that a user brings; the bands come from genuine ones.
    genuine = frozen[frozen["situation"] != "page as row"]
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


def _baselines(
    table: pd.DataFrame,
    views: Views,
    names: list[str],
    labels: np.ndarray,
    weight: np.ndarray,
    folds: np.ndarray,
    frozen: pd.DataFrame,
    n_bootstrap: int,
) -> dict[str, pd.DataFrame]:
    """Score the baselines on the same links, folds and weights."""
    fitted = weight > 0
    frame = views.X[fitted].reset_index(drop=True)
    links = table["link"].to_numpy()[views.row[fitted]]
    position = pd.Series(np.arange(len(frame)), index=pd.MultiIndex.from_arrays([links, views.view[fitted]]))
    at = position.loc[pd.MultiIndex.from_frame(frozen[["link", "view"]])].to_numpy()
    rivals = {}
    for make in (
        baselines.AlwaysNeutral,
        baselines.RuleList,
        baselines.NgramLogistic,
        lambda: baselines.FeatureLogistic(names),
    ):
        proba = baselines.cross_fit(make, frame, labels[fitted].astype(str), folds[views.row][fitted], weight[fitted])
        rivals[make().name] = measure_slices(frozen, proba[at], n_bootstrap)
    return rivals


def by_slice(figures: pd.DataFrame) -> dict[str, Any]:
    """Return the figures of `measure_slices` for JSON, by slice."""
    plain = figures.astype(object).where(figures.notna(), None)
    return {str(row.pop("slice")): row for row in plain.to_dict("records")}


def _against(champion: Bundle | None, frozen: pd.DataFrame, n_bootstrap: int) -> Comparison | None:
    """Compare with the champion's own cross-fitted probabilities of the same links in the same situations."""
    if champion is None or champion.frozen is None or frozen.empty:
        return None
    keys = ["link", "situation"]
    both = frozen.merge(champion.frozen[[*keys, *PROBABILITY_COLUMNS]], on=keys, suffixes=("", "_champion"))
    if both.empty:
        return None
    theirs = both[[f"{name}_champion" for name in PROBABILITY_COLUMNS]].to_numpy()
    return compare(both["label"], both[list(PROBABILITY_COLUMNS)], theirs, both["group"], n_bootstrap=n_bootstrap)
