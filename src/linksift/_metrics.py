"""The records that measuring gives, and their plain forms for JSON and for a tracker of runs."""

import math
from dataclasses import asdict, dataclass
from typing import Any

from linksift._intervals import Estimate, Rate


@dataclass(frozen=True)
class ClassMetrics:
    """How one class fares against the others.

    Attributes
    ----------
    support : int
        Links of the class.
    precision, recall, f1 : Estimate
        At the class of the highest probability; NaN where not defined (nothing predicted, nothing there).
    average_precision : float
        Area under the precision-recall curve, one class against the rest; NaN without a link of the class.
    """

    support: int
    precision: Estimate
    recall: Estimate
    f1: Estimate
    average_precision: float


@dataclass(frozen=True)
class Metrics:
    """What `evaluate_probabilities` measures.

    Attributes
    ----------
    n, groups : int
        Links and groups.
    macro_f1, accuracy : Estimate
        At the class of the highest probability (the first in `CLASSES` of equal ones).
    log_loss, brier : float
        In nats; sum over the classes of the squared error, 0 to 2.
    per_class : dict of str to ClassMetrics
        By class.
    confusion : tuple of tuple of float
        Weighted links, rows the true class and columns the predicted one.
    ece, ece_expected_if_perfect : float
        See `linksift.reliability.calibration_errors`.
    threshold : float
        Least p_harmful at which the three rates call a link harmful.
    harmful_precision, harmful_recall, valuable_called_harmful : Rate
        At `threshold`.
    """

    n: int
    groups: int
    macro_f1: Estimate
    accuracy: Estimate
    log_loss: float
    brier: float
    per_class: dict[str, ClassMetrics]
    confusion: tuple[tuple[float, ...], ...]
    ece: float
    ece_expected_if_perfect: float
    threshold: float
    harmful_precision: Rate
    harmful_recall: Rate
    valuable_called_harmful: Rate

    def to_dict(self) -> dict[str, Any]:
        """Return plain nested dicts, lists and numbers for JSON; what is not defined is None."""
        plain: dict[str, Any] = without_nan(asdict(self))
        return plain

    def flat(self) -> dict[str, float]:
        """Return every defined number under a dotted name (``per_class.harmful.f1.lo``), without `confusion`."""
        return dict(_flatten(asdict(self), ""))


@dataclass(frozen=True)
class Comparison:
    """Two models on the same links.

    Attributes
    ----------
    n, groups : int
        Links and groups.
    macro_f1_a, macro_f1_b : float
        The two scores.
    difference : Estimate
        Score of `a` less that of `b`, both measured on the same resamples.
    share_a_better : float
        Share of the resamples in which `a` scores strictly higher; 0 for two equal models, NaN for one group.
    """

    n: int
    groups: int
    macro_f1_a: float
    macro_f1_b: float
    difference: Estimate
    share_a_better: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain dicts and numbers for JSON; what is not defined is None."""
        plain: dict[str, Any] = without_nan(asdict(self))
        return plain


def without_nan(value: Any) -> Any:  # noqa: ANN401 -- any part of a nested dict
    """Return a copy for JSON: tuples as lists, and None for what is not a finite number."""
    if isinstance(value, dict):
        return {key: without_nan(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _flatten(value: dict[str, Any], prefix: str) -> list[tuple[str, float]]:
    pairs: list[tuple[str, float]] = []
    for key, part in value.items():
        if isinstance(part, dict):
            pairs += _flatten(part, f"{prefix}{key}.")
        elif isinstance(part, int | float) and math.isfinite(part):
            pairs.append((prefix + key, float(part)))
    return pairs
