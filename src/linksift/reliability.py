"""How far probabilities are from frequencies: equal-mass bins, and what chance alone would show."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from linksift._intervals import FloatArray, IntArray, Sample, bootstrap_groups, checked_sample, estimate
from linksift.labels import CLASSES

DEFAULT_BINS = 15
_SIMULATIONS = 200


@dataclass(frozen=True)
class ReliabilityCurve:
    """One class in bins of about equal numbers of links.

    Attributes
    ----------
    predicted, observed : ndarray of shape (bins,)
        Mean probability, and share of links that are of the class.
    lo, hi : ndarray of shape (bins,)
        95 % band of `observed` by resampling groups; NaN where it has no variation to show.
    count : ndarray of int64, shape (bins,)
        Links in the bin.
    """

    predicted: FloatArray
    observed: FloatArray
    lo: FloatArray
    hi: FloatArray
    count: IntArray


def equal_mass_bins(p: FloatArray, n_bins: int = DEFAULT_BINS) -> IntArray:
    """Return the bin of each probability; equal values share a bin, so there may be fewer than `n_bins`."""
    inner = np.quantile(p, np.linspace(0, 1, n_bins + 1)[1:-1], method="inverted_cdf")
    bins = np.searchsorted(np.unique(inner), p, side="left")
    return np.unique(bins, return_inverse=True)[1].astype(np.int64)


def calibration_errors(sample: Sample, *, n_bins: int = DEFAULT_BINS, seed: int = 0) -> tuple[float, float]:
    """Return the classwise calibration error, and the one to expect were the probabilities perfect.

    Parameters
    ----------
    sample : Sample
        Labels and probabilities.
    n_bins : int
        Bins of about equal mass for each class.
    seed : int
        Seed of the simulated labels.

    Returns
    -------
    error : float
        Mean over the classes of the weighted mean distance between probability and frequency in a bin.
    expected_if_perfect : float
        The mean of the same figure over labels drawn from the probabilities themselves. The error of a small
        sample is never 0; only what exceeds this is miscalibration.
    """
    # Simulated labels are drawn row by row: in a fixed order, the result does not depend on the input's.
    order = np.lexsort((sample.weight, *sample.proba.T))
    y, proba, weight = sample.y[order], sample.proba[order], sample.weight[order]
    bins = [equal_mass_bins(proba[:, k], n_bins) for k in range(len(CLASSES))]
    rng = np.random.default_rng(seed)
    upper = np.cumsum(proba[:, :-1], axis=1)
    simulated = [
        _classwise_error((rng.random((len(y), 1)) > upper).sum(axis=1), proba, weight, bins)
        for _ in range(_SIMULATIONS)
    ]
    return _classwise_error(y, proba, weight, bins), float(np.mean(simulated))


def _classwise_error(y: IntArray, proba: FloatArray, weight: FloatArray, bins: list[IntArray]) -> float:
    errors = [
        np.abs(np.bincount(bins[k], weights=weight * (proba[:, k] - (y == k)))).sum() / weight.sum()
        for k in range(len(CLASSES))
    ]
    return float(np.mean(errors))


def reliability_curve(
    y: ArrayLike,
    proba: ArrayLike,
    class_name: str,
    *,
    groups: ArrayLike,
    n_bins: int = 10,
    n_bootstrap: int = 500,
    seed: int = 0,
) -> ReliabilityCurve:
    """Compare the probability of one class with how often it is right.

    Parameters
    ----------
    y : array-like of str, shape (n,)
        True classes.
    proba : array-like, shape (n, 3)
        Probabilities in the order of `CLASSES`.
    class_name : str
        The class in question.
    groups : array-like, shape (n,)
        Group of each link; the band resamples groups.
    n_bins, n_bootstrap, seed : int
        Bins of about equal mass; resamples of the band; seed.

    Returns
    -------
    ReliabilityCurve
    """
    sample = checked_sample(y, proba, groups, None)
    k = CLASSES.index(class_name)
    p, hit = sample.proba[:, k], sample.y == k
    bins = equal_mass_bins(p, n_bins)
    n, used = sample.n_groups, int(bins.max()) + 1
    cell = sample.group * used + bins
    links = np.bincount(cell, minlength=n * used).reshape(n, used)
    right = np.bincount(cell, weights=hit, minlength=n * used).reshape(n, used)
    lo, hi = _band(np.hstack([right, links]), n_bootstrap, seed)
    count = links.sum(axis=0)
    return ReliabilityCurve(np.bincount(bins, weights=p) / count, right.sum(axis=0) / count, lo, hi, count)


def _band(sums: FloatArray, n_bootstrap: int, seed: int) -> tuple[FloatArray, FloatArray]:
    used = sums.shape[1] // 2

    def shares(totals: FloatArray) -> FloatArray:
        with np.errstate(invalid="ignore"):
            return np.asarray(totals[:, :used] / totals[:, used:])

    estimates = estimate(sums, bootstrap_groups(sums, n_bootstrap, seed), shares)
    return np.array([e.lo for e in estimates]), np.array([e.hi for e in estimates])
