"""Measure a model on links whose class is known: scores with intervals, comparisons, slices.

Every interval is of 95 %. Those of scores come from resampling whole groups, since links of one site or
operator resemble each other. A class counts towards a macro average where it occurs in the labels or in the
predictions, as in scikit-learn; in a slice without one class the average is over the others, and the
class's own columns are NaN.
"""

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.metrics import average_precision_score

from linksift._intervals import (
    BoolArray,
    Estimate,
    FloatArray,
    IntArray,
    Rate,
    Sample,
    bootstrap_groups,
    checked_proba,
    checked_sample,
    estimate,
    group_sums,
    rate,
)
from linksift._metrics import ClassMetrics, Comparison, Metrics
from linksift.errors import InputError
from linksift.labels import CLASSES
from linksift.reliability import calibration_errors
from linksift.review import ReviewBand, review_band

__all__ = [
    "ClassMetrics",
    "Comparison",
    "Estimate",
    "Metrics",
    "Rate",
    "ReviewBand",
    "compare",
    "evaluate_probabilities",
    "review_band",
    "slices",
]

_K = len(CLASSES)
_HARMFUL, _VALUABLE = CLASSES.index("harmful"), CLASSES.index("valuable")


def evaluate_probabilities(
    y: ArrayLike,
    proba: ArrayLike,
    *,
    groups: ArrayLike,
    sample_weight: ArrayLike | None = None,
    threshold: float = 0.5,
    n_bootstrap: int = 1000,
    seed: int = 0,
) -> Metrics:
    """Measure probabilities against known classes.

    Parameters
    ----------
    y : array-like of str, shape (n,)
        True classes.
    proba : array-like, shape (n, 3)
        Probabilities in the order of `CLASSES`.
    groups : array-like, shape (n,)
        Group of each link.
    sample_weight : array-like, shape (n,), optional
        Positive weights, to stand for another mix than the sample's.
    threshold : float
        Least p_harmful at which the rates call a link harmful.
    n_bootstrap, seed : int
        Resamples, and seed of all that is drawn.

    Returns
    -------
    Metrics

    Raises
    ------
    InputError
        Where the input is empty, of unequal lengths, or holds no classes or probabilities.
    """
    sample = checked_sample(y, proba, groups, sample_weight)
    cells = _cells(sample.y, sample.proba.argmax(axis=1), sample.weight)
    sums = group_sums(cells, sample.group)
    figures = estimate(sums, bootstrap_groups(sums, n_bootstrap, seed), _scores)
    ece, expected = calibration_errors(sample, seed=seed)
    is_class = np.eye(_K)[sample.y]
    own = np.take_along_axis(sample.proba, sample.y[:, None], axis=1)[:, 0]
    squared = ((sample.proba - is_class) ** 2).sum(axis=1)
    called = sample.proba[:, _HARMFUL] >= threshold

    def share(hits: BoolArray, among: BoolArray) -> Rate:
        return rate(hits, among, sample.group, sample.weight)

    return Metrics(
        n=len(sample.y),
        groups=sample.n_groups,
        macro_f1=figures[0],
        accuracy=figures[1],
        # scikit-learn's own floor, so that a confident error costs the same here and there.
        log_loss=_mean(-np.log(np.maximum(own, np.finfo(np.float64).eps)), sample.weight),
        brier=_mean(squared, sample.weight),
        per_class={name: _class_metrics(sample, k, figures[2:]) for k, name in enumerate(CLASSES)},
        confusion=tuple(tuple(row) for row in sums.sum(axis=0).reshape(_K, _K).tolist()),
        ece=ece,
        ece_expected_if_perfect=expected,
        threshold=threshold,
        harmful_precision=share(sample.y == _HARMFUL, called),
        harmful_recall=share(called, sample.y == _HARMFUL),
        valuable_called_harmful=share(called, sample.y == _VALUABLE),
    )


def compare(
    y: ArrayLike,
    proba_a: ArrayLike,
    proba_b: ArrayLike,
    groups: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    n_bootstrap: int = 1000,
    seed: int = 0,
) -> Comparison:
    """Compare the macro-F1 of two models on the same links, resampling groups in pairs.

    Parameters
    ----------
    y : array-like of str, shape (n,)
        True classes.
    proba_a, proba_b : array-like, shape (n, 3)
        Probabilities of the two models, say candidate and champion, in the order of `CLASSES`.
    groups : array-like, shape (n,)
        Group of each link.
    sample_weight : array-like, shape (n,), optional
        Positive weights.
    n_bootstrap, seed : int
        Resamples and their seed.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        As in `evaluate_probabilities`.
    """
    sample = checked_sample(y, proba_a, groups, sample_weight)
    other = checked_proba(proba_b, len(sample.y))
    both = [_cells(sample.y, p.argmax(axis=1), sample.weight) for p in (sample.proba, other)]
    sums = group_sums(np.hstack(both), sample.group)
    resampled = bootstrap_groups(sums, n_bootstrap, seed)

    def difference(totals: FloatArray) -> FloatArray:
        return _macro_f1(totals[:, : _K * _K]) - _macro_f1(totals[:, _K * _K :])

    total = sums.sum(axis=0, keepdims=True)
    single = sample.n_groups < 2
    return Comparison(
        n=len(sample.y),
        groups=sample.n_groups,
        macro_f1_a=_macro_f1(total[:, : _K * _K]).item(),
        macro_f1_b=_macro_f1(total[:, _K * _K :]).item(),
        difference=estimate(sums, resampled, difference)[0],
        share_a_better=math.nan if single else float((difference(resampled) > 0).mean()),
    )


def slices(
    masks: pd.DataFrame,
    y: ArrayLike,
    proba: ArrayLike,
    *,
    groups: ArrayLike,
    sample_weight: ArrayLike | None = None,
    n_bootstrap: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Measure the parts of a sample.

    Parameters
    ----------
    masks : DataFrame of bool, one column for each slice and one row for each link
        Which links belong to the slice; missing means no. Slices may overlap.
    y, proba, groups, sample_weight, n_bootstrap, seed
        As in `evaluate_probabilities`.

    Returns
    -------
    DataFrame
        One row for each slice, in the order of the columns: ``slice``, ``n``, ``groups``, ``macro_f1``, ``lo``,
        ``hi``, ``accuracy``, and for each class ``n_<class>``, ``f1_<class>``, ``recall_<class>``. In an empty
        slice the figures are NaN.

    Raises
    ------
    InputError
        As in `evaluate_probabilities`, and where `masks` has another length.
    """
    sample = checked_sample(y, proba, groups, sample_weight)
    rows = [
        {"slice": str(name)} | _slice_row(sample, _as_mask(masks[name], len(sample.y)), n_bootstrap, seed)
        for name in masks.columns
    ]
    return pd.DataFrame(rows)


def _slice_row(sample: Sample, mask: BoolArray, n_bootstrap: int, seed: int) -> dict[str, float]:
    if not mask.any():
        empty = dict.fromkeys(["macro_f1", "lo", "hi", "accuracy"], math.nan)
        return {"n": 0, "groups": 0} | empty | _class_columns(np.zeros(_K, dtype=np.int64), [math.nan] * 2 * _K)
    part = sample.take(mask)
    sums = group_sums(_cells(part.y, part.proba.argmax(axis=1), part.weight), part.group)
    macro, accuracy, *rest = estimate(sums, bootstrap_groups(sums, n_bootstrap, seed), _scores)
    row = {"n": len(part.y), "groups": part.n_groups, "macro_f1": macro.value, "lo": macro.lo, "hi": macro.hi}
    support = np.bincount(part.y, minlength=_K)
    return row | {"accuracy": accuracy.value} | _class_columns(support, [e.value for e in rest[_K:]])


def _class_columns(support: IntArray, recall_and_f1: list[float]) -> dict[str, float]:
    columns: dict[str, float] = {}
    for k, name in enumerate(CLASSES):
        columns[f"n_{name}"] = int(support[k])
        columns[f"f1_{name}"] = recall_and_f1[_K + k]
        columns[f"recall_{name}"] = recall_and_f1[k]
    return columns


def _as_mask(column: "pd.Series[Any]", n: int) -> BoolArray:
    if len(column) != n:
        raise InputError(f"the masks have {len(column)} rows for {n} labels; give one for each")
    return column.astype("boolean").fillna(False).to_numpy(dtype=bool)


def _class_metrics(sample: Sample, k: int, figures: list[Estimate]) -> ClassMetrics:
    is_class = sample.y == k
    area = math.nan
    if is_class.any():
        area = float(average_precision_score(is_class, sample.proba[:, k], sample_weight=sample.weight))
    return ClassMetrics(int(is_class.sum()), figures[k], figures[_K + k], figures[2 * _K + k], area)


def _cells(y: IntArray, predicted: IntArray, weight: FloatArray) -> FloatArray:
    """Return each link's own confusion matrix as a row, shape (n, 9)."""
    cells = np.zeros((len(y), _K * _K))
    cells[np.arange(len(y)), y * _K + predicted] = weight
    return cells


def _scores(totals: FloatArray) -> FloatArray:
    """Return macro-F1, accuracy, then precision, recall and F1 of each class, for confusion cells (m, 9)."""
    tables = totals.reshape(-1, _K, _K)
    right = np.diagonal(tables, axis1=1, axis2=2)
    true, predicted = tables.sum(axis=2), tables.sum(axis=1)
    # 0 / 0 is NaN: a class that is neither there nor predicted has no score.
    with np.errstate(invalid="ignore"):
        precision, recall = right / predicted, right / true
    accuracy = right.sum(axis=1, keepdims=True) / true.sum(axis=1, keepdims=True)
    return np.hstack([_macro_f1(totals), accuracy, precision, recall, _f1(totals)])


def _f1(totals: FloatArray) -> FloatArray:
    tables = totals.reshape(-1, _K, _K)
    with np.errstate(invalid="ignore"):
        return np.asarray(2 * np.diagonal(tables, axis1=1, axis2=2) / (tables.sum(axis=1) + tables.sum(axis=2)))


def _macro_f1(totals: FloatArray) -> FloatArray:
    return np.asarray(np.nanmean(_f1(totals), axis=1, keepdims=True))


def _mean(values: FloatArray, weight: FloatArray) -> float:
    return float(np.average(values, weights=weight))
