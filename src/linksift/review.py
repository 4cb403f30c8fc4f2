"""Choose the band of p_harmful in which a person should look before anything is done."""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from linksift._intervals import BoolArray, FloatArray, Rate, checked_sample, rate
from linksift._metrics import without_nan
from linksift.errors import InputError
from linksift.labels import CLASSES

_HARMFUL, _VALUABLE = CLASSES.index("harmful"), CLASSES.index("valuable")


@dataclass(frozen=True)
class ReviewBand:
    """Two thresholds on p_harmful and what they cost on the sample that they were chosen on.

    At or above `t_high` a link is called harmful, below `t_low` it is not, in between it is for review. A
    threshold of NaN could not be chosen, and comparing with it does the careful thing: no link is at or above
    it (none is called harmful), none is below it (none is let through without review).

    Attributes
    ----------
    t_low, t_high : float
        Thresholds, ``t_low <= t_high`` where both are known.
    valuable_called_harmful : Rate
        Among valuable links. The upper end of the interval is what the sample can promise: of 10 valuable
        links, none called harmful still leaves room for 28 %.
    harmful_missed : Rate
        Among harmful links, those below `t_low`.
    harmful_caught : Rate
        Among harmful links, those at or above `t_high`.
    in_review : Rate
        Among all links.
    """

    t_low: float
    t_high: float
    valuable_called_harmful: Rate
    harmful_missed: Rate
    harmful_caught: Rate
    in_review: Rate

    def to_dict(self) -> dict[str, Any]:
        """Return plain dicts and numbers for JSON; what is not defined is None."""
        plain: dict[str, Any] = without_nan(asdict(self))
        return plain


def review_band(
    y: ArrayLike,
    proba: ArrayLike,
    *,
    groups: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
    max_valuable_called_harmful: float = 0.02,
    max_harmful_missed: float = 0.05,
) -> ReviewBand:
    """Choose the widest decisions that keep within two budgets.

    Parameters
    ----------
    y : array-like of str, shape (n,)
        True classes.
    proba : array-like, shape (n, 3)
        Probabilities in the order of `CLASSES`; cross-fitted ones, or the costs are too rosy.
    groups : array-like, shape (n,), optional
        Group of each link, for the intervals; by default each link is its own.
    sample_weight : array-like, shape (n,), optional
        Positive weights.
    max_valuable_called_harmful : float
        Largest share of the valuable links at or above `t_high`, which is the smallest p_harmful of the sample
        that keeps to it. NaN without a valuable link, or where even the highest p_harmful does not keep to it.
    max_harmful_missed : float
        Largest share of the harmful links below `t_low`, which is the largest p_harmful of the sample that
        keeps to it, though never above `t_high`: where the classes part cleanly nothing is left to review. NaN
        without a harmful link.

    Returns
    -------
    ReviewBand

    Raises
    ------
    InputError
        Where a budget is not a share, or as in `evaluate_probabilities`.
    """
    for budget in (max_valuable_called_harmful, max_harmful_missed):
        if not 0 <= budget < 1:
            raise InputError(f"a budget of {budget} is not a share of links; give 0 or more, and less than 1")
    sample = checked_sample(y, proba, groups, sample_weight)
    p, weight = sample.proba[:, _HARMFUL], sample.weight
    harmful, valuable = sample.y == _HARMFUL, sample.y == _VALUABLE
    scores = np.unique(p)
    above = 1 - _share_below(scores, p[valuable], weight[valuable])
    below = _share_below(scores, p[harmful], weight[harmful])
    t_high = _first(scores[_within(above, max_valuable_called_harmful)])
    t_low = _first(scores[_within(below, max_harmful_missed)][::-1])
    if t_low > t_high:
        t_low = t_high

    def share(hits: BoolArray, among: BoolArray) -> Rate:
        return rate(hits, among, sample.group, weight)

    return ReviewBand(
        t_low=t_low,
        t_high=t_high,
        valuable_called_harmful=share(p >= t_high, valuable),
        harmful_missed=share(p < t_low, harmful),
        harmful_caught=share(p >= t_high, harmful),
        in_review=share(~(p >= t_high) & ~(p < t_low), np.ones(len(p), dtype=bool)),
    )


def _share_below(scores: FloatArray, p: FloatArray, weight: FloatArray) -> FloatArray:
    """Return for each score the share of `p` strictly below it; NaN where `p` is empty."""
    if not len(p):
        return np.full(len(scores), math.nan)
    order = np.argsort(p, kind="stable")
    mass = np.concatenate([[0.0], np.cumsum(weight[order])])
    return np.asarray(mass[np.searchsorted(p[order], scores, side="left")] / mass[-1])


def _within(share: FloatArray, budget: float) -> BoolArray:
    # One link in fifty is within 2 %, whatever the rounding of a sum of weights.
    return np.asarray(share <= budget + 1e-9)


def _first(values: FloatArray) -> float:
    return float(values[0]) if len(values) else math.nan
