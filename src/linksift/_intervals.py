"""Estimates with intervals: resampling of whole groups for scores, Wilson's formula for rates of rare events."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from linksift.errors import InputError
from linksift.labels import CLASSES

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

#: Intervals hold the middle 95 % of what was resampled.
TAILS = (0.025, 0.975)
_Z95 = 1.959963984540054


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95 % interval; NaN where it is not defined."""

    value: float
    lo: float
    hi: float


@dataclass(frozen=True)
class Rate:
    """A share of rows and its 95 % interval.

    Attributes
    ----------
    count, of : int
        Rows that fulfil the condition, and rows in question (never weighted).
    value, lo, hi : float
        The (weighted) share and its interval; NaN where `of` is 0.
    """

    count: int
    of: int
    value: float
    lo: float
    hi: float


@dataclass(frozen=True)
class Sample:
    """Labels, probabilities, groups and weights that were checked and belong together.

    Attributes
    ----------
    y : ndarray of int64, shape (n,)
        Index of the true class in `CLASSES`.
    proba : ndarray of float64, shape (n, 3)
        Probabilities in the order of `CLASSES`.
    group : ndarray of int64, shape (n,)
        Number of the row's group, from 0, in the sorted order of the group names.
    weight : ndarray of float64, shape (n,)
        Weight of the row.
    """

    y: IntArray
    proba: FloatArray
    group: IntArray
    weight: FloatArray

    @property
    def n_groups(self) -> int:
        """How many groups the sample has."""
        return int(self.group.max()) + 1

    def take(self, mask: BoolArray) -> "Sample":
        """Return the rows where `mask` is true, with their groups renumbered."""
        renumbered = np.unique(self.group[mask], return_inverse=True)[1].astype(np.int64)
        return Sample(self.y[mask], self.proba[mask], renumbered, self.weight[mask])


def checked_sample(y: ArrayLike, proba: ArrayLike, groups: ArrayLike | None, sample_weight: ArrayLike | None) -> Sample:
    """Check and align what is to be measured; without `groups`, each row is its own group.

    Raises
    ------
    InputError
        Where there are no rows, lengths differ, a class is unknown, a group is missing, a weight is not
        positive, or a row of `proba` is not a distribution over three classes.
    """
    codes = class_codes(y)
    n = len(codes)
    probabilities = checked_proba(proba, n)
    weight = np.ones(n) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    if weight.shape != (n,) or not np.isfinite(weight).all() or (weight <= 0).any():
        raise InputError(f"sample_weight must hold {n} positive numbers, one for each row")
    group = np.arange(n, dtype=np.int64) if groups is None else group_codes(groups, n)
    return Sample(codes, probabilities, group, weight)


def class_codes(y: ArrayLike) -> IntArray:
    """Return the index in `CLASSES` of each label, or raise `InputError` where one is not a class."""
    names = pd.Series(np.asarray(y, dtype=object)).map({name: i for i, name in enumerate(CLASSES)})
    if not len(names):
        raise InputError("there is no labelled row to measure; give at least one")
    if names.isna().any():
        row = int(np.flatnonzero(names.isna())[0])
        raise InputError(f"label {np.asarray(y, dtype=object)[row]!r} in row {row} is not one of {', '.join(CLASSES)}")
    return np.asarray(names, dtype=np.int64)


def checked_proba(proba: ArrayLike, n: int) -> FloatArray:
    """Return `proba` as float64 of shape (n, 3), or raise `InputError` where it is no such distribution."""
    probabilities = np.asarray(proba, dtype=np.float64)
    if probabilities.shape != (n, len(CLASSES)):
        raise InputError(f"probabilities have shape {probabilities.shape}; {n} labels need ({n}, {len(CLASSES)})")
    # Written so that NaN fails too.
    good = (probabilities >= 0).all(axis=1) & (np.abs(probabilities.sum(axis=1) - 1) < 1e-4)
    if not good.all():
        raise InputError(f"row {int(np.flatnonzero(~good)[0])} of the probabilities does not add up to 1")
    return probabilities


def group_codes(groups: ArrayLike, n: int) -> IntArray:
    """Return group numbers from 0 in the order of their names, whatever the order of the rows."""
    names = pd.Series(np.asarray(groups, dtype=object))
    if len(names) != n:
        raise InputError(f"there are {len(names)} groups for {n} rows; give one for each row")
    if names.isna().any():
        raise InputError(f"row {int(np.flatnonzero(names.isna())[0])} has no group; give each row one")
    return np.unique(names.astype(str).to_numpy(dtype=str), return_inverse=True)[1].astype(np.int64)


def group_sums(columns: FloatArray, group: IntArray) -> FloatArray:
    """Add up the rows of `columns`, shape (n, k), by group: shape (groups, k)."""
    sums = [np.bincount(group, weights=column) for column in columns.T]
    return np.column_stack(sums)


def bootstrap_groups(sums: FloatArray, n_bootstrap: int, seed: int) -> FloatArray:
    """Resample groups with replacement and add up their statistics.

    Parameters
    ----------
    sums : ndarray of shape (groups, k)
        Statistics that add up over groups, confusion counts for example.
    n_bootstrap : int
        Number of resamples.
    seed : int
        Seed of the resampling.

    Returns
    -------
    ndarray of shape (n_bootstrap, k)
    """
    rng = np.random.default_rng(seed)
    n_groups = len(sums)
    totals = np.empty((n_bootstrap, sums.shape[1]))
    for i in range(n_bootstrap):
        # How often each group was drawn; a row of the multinomial distribution, at a tenth of its cost.
        times = np.bincount(rng.integers(n_groups, size=n_groups), minlength=n_groups)
        totals[i] = times @ sums
    return totals


def estimate(sums: FloatArray, resampled: FloatArray, statistic: Callable[[FloatArray], FloatArray]) -> list[Estimate]:
    """Apply `statistic` to the total and to each resample, and pair each figure with its interval.

    Parameters
    ----------
    sums : ndarray of shape (groups, k)
        What `resampled` was drawn from.
    resampled : ndarray of shape (n_bootstrap, k)
        Totals of the resamples.
    statistic : callable
        Maps totals of shape (m, k) to figures of shape (m, j).

    Returns
    -------
    list of Estimate
        One for each of the j figures. The interval is of percentiles over the resamples in which the figure
        is defined, widened to hold the figure itself; NaN with a single group, which shows no variation.
    """
    figures = statistic(sums.sum(axis=0, keepdims=True))[0]
    drawn = statistic(resampled)
    single = len(sums) < 2
    return [_with_interval(float(v), drawn[:, j], undefined=single) for j, v in enumerate(figures)]


def _with_interval(value: float, drawn: FloatArray, *, undefined: bool) -> Estimate:
    known = drawn[np.isfinite(drawn)]
    if undefined or math.isnan(value) or not len(known):
        return Estimate(value, math.nan, math.nan)
    lo, hi = np.quantile(known, TAILS)
    return Estimate(value, min(float(lo), value), max(float(hi), value))


def rate(hits: BoolArray, among: BoolArray, group: IntArray, weight: FloatArray) -> Rate:
    """Return the share of the rows in `among` that are in `hits`, with Wilson's interval.

    Links of one group resemble each other, so the interval counts effective groups, (sum of group weights)
    squared over the sum of their squares, in place of rows: wide enough even if links of a group are all
    alike, and, other than resampling, honest about an event that the sample never shows.
    """
    of = int(among.sum())
    if not of:
        return Rate(0, 0, math.nan, math.nan, math.nan)
    both = hits & among
    mass = np.bincount(group[among], weights=weight[among])
    share = min(float(weight[both].sum() / weight[among].sum()), 1.0)
    lo, hi = wilson(share, float(mass.sum() ** 2 / (mass**2).sum()))
    return Rate(int(both.sum()), of, share, lo, hi)


def wilson(share: float, n: float) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share that was seen in `n` (effective) independent trials."""
    centre = share + _Z95**2 / (2 * n)
    spread = _Z95 * math.sqrt(share * (1 - share) / n + (_Z95 / (2 * n)) ** 2)
    scale = 1 + _Z95**2 / n
    # Rounding must not push the bound past the share at 0 or 1.
    return max(0.0, min((centre - spread) / scale, share)), min(1.0, max((centre + spread) / scale, share))
