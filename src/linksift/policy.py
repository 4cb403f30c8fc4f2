"""From probabilities to a label and a decision: the part that belongs to the user, not to the model."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from linksift.labels import BASES, CLASSES, PROBABILITY_COLUMNS, Label

#: Decision for a link that the model cannot tell within the policy's budgets.
REVIEW: Final = "review"


def decide(probabilities: np.ndarray, counts: pd.Series, basis: pd.Series, policy: Mapping[str, Any]) -> pd.DataFrame:
    """Apply a model's policy.

    Parameters
    ----------
    probabilities
        Shape (n, 3), in the order of `CLASSES`, as if each link counted.
    counts
        False where ``rel`` or the page tells search engines not to count the link: it is neutral, whatever the page. Unknown is taken
        as counting.
    basis
        What each row was judged from; the thresholds of the policy are by basis.
    policy
        ``{"review": {basis: {"t_low": …, "t_high": …}}}``; a threshold of None could not be chosen, and its links are for review.

    Returns
    -------
    DataFrame
        ``label``, ``label_if_counted``, the probabilities, ``decision``.
    """
    names = np.array(CLASSES, dtype=object)
    if_counted = names[probabilities.argmax(axis=1)]
    counting = counts.astype("boolean").fillna(True).to_numpy(dtype=bool)
    label = np.where(counting, if_counted, Label.NEUTRAL.value)
    p_harmful = probabilities[:, CLASSES.index(Label.HARMFUL)]
    low, high = (_thresholds(basis, policy, side) for side in ("t_low", "t_high"))
    # NaN thresholds compare false: nothing is called harmful, nothing is let through.
    is_harmful, is_clear = p_harmful >= high, p_harmful < low
    otherwise = np.where(if_counted == Label.HARMFUL, REVIEW, if_counted)
    decision = np.where(is_harmful, Label.HARMFUL.value, np.where(is_clear, otherwise, REVIEW))
    decision = np.where(counting, decision, Label.NEUTRAL.value)
    frame = pd.DataFrame({"label": label, "label_if_counted": if_counted}, index=counts.index, dtype="string")
    frame[list(PROBABILITY_COLUMNS)] = probabilities
    frame["decision"] = pd.array(decision, dtype="string")
    return frame


def _thresholds(basis: pd.Series, policy: Mapping[str, Any], side: str) -> np.ndarray:
    bands = policy.get("review", {})
    known = {name: bands.get(name, {}).get(side) for name in BASES}
    return np.array([np.nan if (value := known.get(name)) is None else value for name in basis], dtype=float)
