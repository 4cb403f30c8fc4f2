"""From a recipe and a table to a fitted model, its honest figures, and a bundle; no MLflow here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from linksift.bundle import Bundle, bundle_from
from linksift.calibration import Calibration, cross_calibrate
from linksift.card import model_card
from linksift.classifier import LinkClassifier
from linksift.contract import Contract
from linksift.dataset import Views, assign_folds, label_weights, show_views, table_sha256, used_features
from linksift.errors import InputError, RecipeError
from linksift.evaluation import Comparison
from linksift.labels import BASES, CLASSES
from linksift.leaks import check_leaks
from linksift.measuring import against_champion, by_slice, frozen_links, measure_baselines, measure_situations
from linksift.recipe import Recipe

#: In fewer links a feature may tell the class well by chance.
_LEAK_ROWS: Final = 500
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
    RecipeError
        Where no model can be fitted with the parameters or views of the recipe.
    LeakError
        Where a feature gives the answer away (`linksift.leaks`) and the recipe does not vouch for it.
    """
    names = used_features(recipe, contract)
    fit = cross_fit(recipe, table, contract, names, fold_jobs=fold_jobs, report=report)
    frozen, classifier, used = fit.frozen, fit.classifier, fit.link_weights > 0
    report(f"measuring on {frozen['link'].nunique():,} frozen links")
    figures, bands, parts = measure_situations(frozen, recipe, n_bootstrap)
    rivals = {}
    if len(frozen):
        rivals = measure_baselines(table, fit.views, names, fit.labels, fit.weights, fit.folds, frozen, n_bootstrap)
    comparison = against_champion(champion, frozen, n_bootstrap)
    metrics = {
        "situations": figures,
        "baselines": {name: by_slice(rival) for name, rival in rivals.items()},
        "slices": by_slice(parts) if len(parts) else {},
        "champion": None if comparison is None else comparison.to_dict(),
        "training_links": int(used.sum()),
        "training_groups": int(table["group"][used].nunique()),
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
        calibration=fit.calibration,
        frozen=frozen,
    )
    return Trained(recipe, contract, table, names, classifier, bundle, frozen, metrics, parts, rivals, comparison)


@dataclass(frozen=True)
class CrossFit:
    """A classifier fitted as a recipe says, and what it was fitted on.

    Attributes
    ----------
    link_weights, folds
        Of each link of the table.
    weights, labels
        Of each view.
    calibration
        For each basis.
    frozen
        Cross-fitted probabilities of the frozen links, as in `Trained`.
    """

    views: Views
    link_weights: np.ndarray
    folds: np.ndarray
    weights: np.ndarray
    labels: np.ndarray
    classifier: LinkClassifier
    calibration: dict[str, Calibration]
    frozen: pd.DataFrame


def cross_fit(
    recipe: Recipe,
    table: pd.DataFrame,
    contract: Contract,
    names: list[str],
    *,
    fold_jobs: int = 1,
    report: Report = lambda _: None,
) -> CrossFit:
    """Fit a model on the features `names`, and score each link by one that knows nothing of its group; parameters and errors as in `train`."""
    link_weights = label_weights(table, recipe)
    folds = assign_folds(table, link_weights, recipe.folds, recipe.seed)
    views = show_views(table, names, contract)
    view_weight = np.array([recipe.views.get(view, 0.0) for view in views.view])
    whole = (views.view == table["basis"].to_numpy()[views.row]) & (views.provider == "")
    view_weight[~whole] *= recipe.hidden
    weights = link_weights[views.row] * view_weight
    # Frozen links that do not count, or views that the recipe leaves out, are neither trained on nor measured.
    fitted = weights > 0
    labels = table["label"].to_numpy(dtype=object)[views.row]
    groups = table["group"][link_weights > 0].nunique()
    report(f"training on {int((link_weights > 0).sum()):,} links of {groups:,} groups")
    _refuse_leaks(table, link_weights, names, recipe)
    classifier = _classifier(recipe, fold_jobs)
    try:
        classifier.fit(
            views.X[fitted], labels[fitted].astype(str), sample_weight=weights[fitted], folds=folds[views.row][fitted]
        )
    except ValueError as error:
        raise RecipeError(f"recipe {recipe.name}: no model could be fitted: {error}") from error
    if list(classifier.classes_) != list(CLASSES):
        raise InputError(
            f"the labels hold only {', '.join(classifier.classes_)}; all of {', '.join(CLASSES)} are needed"
        )
    calibration, probabilities = _calibrations(table, views, fitted, link_weights, classifier)
    frozen = frozen_links(table, views, fitted, probabilities)
    return CrossFit(views, link_weights, folds, weights, labels, classifier, calibration, frozen)


def _refuse_leaks(table: pd.DataFrame, weights: np.ndarray, names: list[str], recipe: Recipe) -> None:
    # Pages and export rows apart: that a feature of the page is missing tells an export row, and that is no leak.
    for _, part in table[weights > 0].groupby("basis"):
        if len(part) >= _LEAK_ROWS and part["label"].nunique() > 1 and part["group"].nunique() > 1:
            known = [name for name in names if part[name].notna().any()]
            sources, groups = part["label_source"], part["group"]
            check_leaks(part, part["label"], sources, groups, feature_names=known, allow=recipe.allow_leaks)


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
    genuine = ((view == table["basis"].to_numpy()[at]) & (views.provider[fitted] == "")) | (view == "url")
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
