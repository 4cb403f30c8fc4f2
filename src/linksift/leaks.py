"""Find features that give the answer away before a model is trained on them.

Three kinds of leak make a score look better than the model is: a feature that predicts the class nearly alone,
a feature that is an id in disguise, and a feature that tells which source a label came from.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.model_selection import GroupKFold
from sklearn.tree import DecisionTreeClassifier

from linksift._intervals import BoolArray, FloatArray, IntArray, class_codes, group_codes
from linksift.errors import InputError, LeakError

#: Trees see at most this many rows; ids are looked for in all of them.
SAMPLE_ROWS = 8_000
#: Fewer known rows, or groups, than this are too few to tell an id from a count.
MIN_DISTINCT = 50
#: A label source with fewer sampled rows than this is not looked at.
MIN_SOURCE_ROWS = 20
_DISTINCT_SHARE = 0.98
_DENSE = 1.5


class LeakKind(StrEnum):
    """Why a feature is suspected."""

    TOO_GOOD = "predicts too well alone"
    ID = "looks like an id"
    SOURCE = "equals a label source"


@dataclass(frozen=True)
class Finding:
    """One suspected feature.

    Attributes
    ----------
    feature : str
        Its name.
    kind : LeakKind
        Why it is suspected.
    score, limit : float
        What was measured and what is allowed: macro-F1, share of distinct values, or area under the ROC curve.
    detail : str
        The same in words.
    """

    feature: str
    kind: LeakKind
    score: float
    limit: float
    detail: str


def check_leaks(
    frame: pd.DataFrame,
    y: ArrayLike,
    label_source: ArrayLike,
    groups: ArrayLike,
    *,
    feature_names: Sequence[str],
    allow: Collection[str] = (),
    max_macro_f1: float = 0.90,
    max_source_auc: float = 0.995,
) -> None:
    """Raise where `leak_report` finds anything, naming every suspected feature.

    Parameters
    ----------
    frame, y, label_source, groups, feature_names, max_macro_f1, max_source_auc
        As in `leak_report`.
    allow : collection of str
        Features that somebody has looked at and vouches for.

    Raises
    ------
    LeakError
        Where a feature outside `allow` is suspected.
    InputError
        As in `leak_report`.
    """
    findings = leak_report(
        frame,
        y,
        label_source,
        groups,
        feature_names=[name for name in feature_names if name not in set(allow)],
        max_macro_f1=max_macro_f1,
        max_source_auc=max_source_auc,
    )
    if findings:
        lines = "".join(f"\n  {f.feature} {f.kind}: {f.detail}" for f in findings)
        raise LeakError(
            f"{len({f.feature for f in findings})} features give the answer away:{lines}\n"
            "Turn them off, mend how they are computed, or allow them by name once you know why."
        )


def leak_report(
    frame: pd.DataFrame,
    y: ArrayLike,
    label_source: ArrayLike,
    groups: ArrayLike,
    *,
    feature_names: Sequence[str],
    max_macro_f1: float = 0.90,
    max_source_auc: float = 0.995,
) -> list[Finding]:
    """Look for features that give the answer away.

    Run it apart for links with and without a page: where a source labels nothing but export rows, every
    feature of the page is missing just there, and says so.

    Parameters
    ----------
    frame : DataFrame, n rows
        Holds the columns `feature_names`, numbers with NaN for unknown.
    y : array-like of str, shape (n,)
        Classes.
    label_source : array-like, shape (n,)
        Where each label came from; a missing source is one of its own.
    groups : array-like, shape (n,)
        The fold unit of each link.
    feature_names : sequence of str
        Features to look at.
    max_macro_f1 : float
        A tree of depth 3 on the feature alone, cross-fitted by group, may reach this much.
    max_source_auc : float
        A tree of depth 3 on the feature alone may tell a label source from the rest this well.

    Returns
    -------
    list of Finding
        By kind, then in the order of `feature_names`. An id is a whole-numbered feature with nearly as many
        values as rows, or constant within each group with nearly as many values as groups, which either numbers
        them without gaps or rises and falls with neither the classes nor any other feature (a size in bytes
        takes as many values, but does).

    Raises
    ------
    InputError
        Where a column is missing, a value is infinite, lengths differ, or there is one class or one group only.
    """
    codes, group, values = _checked(frame, y, groups, feature_names)
    source = pd.Series(np.asarray(label_source, dtype=object)).fillna("(none)").astype(str).to_numpy(dtype=str)
    if len(source) != len(codes):
        raise InputError(f"there are {len(source)} label sources for {len(codes)} rows; give one for each")
    rows = np.arange(len(codes))
    if len(rows) > SAMPLE_ROWS:
        rows = np.sort(np.random.default_rng(0).choice(rows, SAMPLE_ROWS, replace=False))
    return [
        *_too_good(values[rows], codes[rows], group[rows], feature_names, max_macro_f1),
        *_ids(values, codes, group, feature_names, rows),
        *_sources(values[rows], source[rows], feature_names, max_source_auc),
    ]


def _checked(
    frame: pd.DataFrame, y: ArrayLike, groups: ArrayLike, feature_names: Sequence[str]
) -> tuple[IntArray, IntArray, FloatArray]:
    codes = class_codes(y)
    group = group_codes(groups, len(codes))
    if missing := [name for name in feature_names if name not in frame.columns]:
        raise InputError(f"the table lacks the feature columns {', '.join(missing)}")
    if len(frame) != len(codes):
        raise InputError(f"the table has {len(frame)} rows for {len(codes)} labels; give one for each")
    if codes.min() == codes.max():
        raise InputError("all labels are of one class; leaks show only where there are two or more")
    if group.max() == 0:
        raise InputError("all links are of one group; leaks are looked for across two or more")
    values = frame[list(feature_names)].to_numpy(dtype=np.float64)
    infinite = np.isinf(values).any(axis=0)
    if infinite.any():
        raise InputError(f"feature {feature_names[int(infinite.argmax())]} holds infinity; use NaN for unknown")
    return codes, group, values


def _too_good(values: FloatArray, y: IntArray, group: IntArray, names: Sequence[str], limit: float) -> list[Finding]:
    n_splits = min(3, len(np.unique(group)))
    if n_splits < 2:
        return []
    folds = list(GroupKFold(n_splits).split(values, y, group))
    findings = []
    for j, name in enumerate(names):
        predicted = np.empty_like(y)
        for train, test in folds:
            predicted[test] = _tree().fit(values[train, j : j + 1], y[train]).predict(values[test, j : j + 1])
        score = float(f1_score(y, predicted, average="macro"))
        if score > limit:
            detail = f"macro-F1 {score:.3f} by itself, more than {limit:.2f}"
            findings.append(Finding(name, LeakKind.TOO_GOOD, score, limit, detail))
    return findings


def _tree() -> Any:  # noqa: ANN401 -- scikit-learn has no types
    return DecisionTreeClassifier(max_depth=3, min_samples_leaf=5, class_weight="balanced", random_state=0)


def _ids(
    values: FloatArray, y: IntArray, group: IntArray, names: Sequence[str], rows: NDArray[np.int64]
) -> list[Finding]:
    ranks = None
    findings = []
    for j, name in enumerate(names):
        known = ~np.isnan(values[:, j])
        share, what = _distinct_share(values[known, j], group[known])
        if share < _DISTINCT_SHARE:
            continue
        span = np.ptp(values[known, j]) + 1
        if span > _DENSE * len(np.unique(values[known, j])):
            if ranks is None:
                ranks = _centred_ranks(np.column_stack([values[rows], np.eye(3)[y[rows]]]))
            if _follows_another(ranks, j):
                continue
        detail = f"whole numbers, {share:.0%} as many values as {what}"
        findings.append(Finding(name, LeakKind.ID, share, _DISTINCT_SHARE, detail))
    return findings


def _distinct_share(known: FloatArray, group: IntArray) -> tuple[float, str]:
    """Return how many values there are per row, or per group where each group has one; 0 for no candidate."""
    n_values = len(np.unique(known))
    if n_values < MIN_DISTINCT or (known % 1 != 0).any():
        return 0.0, ""
    by_row = n_values / len(known)
    n_groups = len(np.unique(group))
    if by_row >= _DISTINCT_SHARE or n_groups == len(known):
        return by_row, "rows"
    pairs = len(np.unique(np.column_stack([group, known]), axis=0))
    return (n_values / n_groups, "groups") if pairs == n_groups else (0.0, "")


def _centred_ranks(columns: FloatArray) -> FloatArray:
    """Return ranks from -0.5 to 0.5, 0 where unknown."""
    return np.asarray(pd.DataFrame(columns).rank(pct=True).sub(0.5).fillna(0.0))


def _follows_another(ranks: FloatArray, j: int) -> bool:
    """Say whether column `j` rises or falls with another column, beyond what chance gives among so many."""
    centred = ranks - ranks.mean(axis=0)
    norms = np.sqrt((centred**2).sum(axis=0))
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = np.abs(centred.T @ centred[:, j] / (norms * norms[j]))
    others = np.delete(correlation, j)
    return bool(np.nanmax(others, initial=0.0) > max(0.1, 4.5 / math.sqrt(len(ranks))))


def _sources(values: FloatArray, source: NDArray[np.str_], names: Sequence[str], limit: float) -> list[Finding]:
    kinds, code, count = np.unique(source, return_inverse=True, return_counts=True)
    wanted: BoolArray = (count >= MIN_SOURCE_ROWS) & (len(source) - count >= MIN_SOURCE_ROWS)
    findings: list[Finding] = []
    if not wanted.any():
        return findings
    for j, name in enumerate(names):
        column = values[:, j : j + 1]
        shares = _tree().fit(column, code).predict_proba(column)
        for k in np.flatnonzero(wanted):
            area = float(roc_auc_score(code == k, shares[:, k]))
            if area > limit:
                detail = f"tells source {str(kinds[k])!r} from the rest with AUC {area:.4f}, more than {limit}"
                findings.append(Finding(name, LeakKind.SOURCE, area, limit, detail))
    return findings
