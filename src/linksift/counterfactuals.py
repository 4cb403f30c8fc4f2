"""What would make a link another class: single changes to it or its page, each really scored again."""

import math
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from linksift.bundle import Bundle
from linksift.changes import CHANGES, Change, World, mark_sponsored
from linksift.contract import Contract
from linksift.features import Featurizer
from linksift.labels import CLASSES, Label
from linksift.policy import decide
from linksift.usual import Usual, shipped_usual

#: Columns of `counterfactual_table`, with the index of the links.
COLUMNS: Final = ("change", "label_before", "label_after", "p_before", "p_after", "text")
#: Change that is a matter of the rules, not of the model: search engines are told not to count the link.
MARKED: Final = "marked"

FloatArray = npt.NDArray[np.float64]


def counterfactual_table(
    links: pd.DataFrame, bundle: Bundle, contract: Contract, *, usual: Usual | None = None, n_jobs: int = 1
) -> pd.DataFrame:
    """Find for each link the first single change that would make it another class.

    Parameters
    ----------
    links
        A link table of n rows.
    usual
        What is usual; by default of the shipped training table.

    Returns
    -------
    DataFrame, n rows
        `COLUMNS`; same index. ``change`` is the code of one of `CHANGES`, or `MARKED` where none of these suffices, or missing.
        ``p_before`` and ``p_after`` are the probabilities of the class that the link has now, as if it counted.
    """
    world = World(contract, usual or shipped_usual(), Featurizer(contract))
    features = links[[name for name in contract.names if name in links.columns]]
    before = bundle.predict_proba(features, n_jobs)
    counting = links["counts"].astype("boolean").fillna(True).to_numpy(dtype=bool)
    is_known = features[bundle.feature_names].notna().any(axis=1).to_numpy()
    found: list[Change | None] = [None] * len(links)
    tried: list[list[Change]] = [[] for _ in found]
    after = before.copy()
    for change in CHANGES:
        at = np.array([now is None for now in found], dtype=bool) & counting & is_known
        changed = features[at].copy()
        possible = change.apply(changed, links[at], world)
        again = bundle.predict_proba(changed[possible], n_jobs)
        for row, probabilities in zip(np.flatnonzero(at)[possible], again, strict=True):
            tried[row].append(change)
            if probabilities.argmax() != before[row].argmax():
                found[row], after[row] = change, probabilities
    marked, by_rule = _marked(features, links, bundle, n_jobs)
    told = []
    for row in range(len(links)):
        if not is_known[row]:
            told.append(_nothing_known())
        elif not counting[row]:
            told.append(_not_counted(before[row]))
        elif (one := found[row]) is not None:
            told.append(_changed(before[row], after[row], one))
        else:
            told.append(_unchanged(before[row], marked[row], by_rule[row], tried[row]))
    table = pd.DataFrame(told, columns=list(COLUMNS), index=links.index)
    return table.astype(dict.fromkeys(("change", "label_before", "label_after", "text"), "string"))


def _marked(features: pd.DataFrame, links: pd.DataFrame, bundle: Bundle, n_jobs: int) -> tuple[FloatArray, list[str]]:
    """Score the links anew as if they carried ``rel="sponsored"``, and let the policy decide."""
    marked = features.copy()
    mark_sponsored(marked)
    probabilities = bundle.predict_proba(marked, n_jobs)
    uncounted = pd.Series(data=False, index=links.index, dtype="boolean")
    return probabilities, decide(probabilities, uncounted, links["basis"], bundle.policy)["label"].to_list()


_Told = tuple[str | None, str | None, str | None, float, float, str]


def _nothing_known() -> _Told:
    return None, None, None, math.nan, math.nan, "Nothing is known of it, so no change could be tried."


def _not_counted(before: FloatArray) -> _Told:
    name, share = _most_probable(before)
    too = ", too" if name == Label.NEUTRAL else ""
    text = f"It is neutral because search engines are told not to count it; counted, it would be {name}{too}."
    return None, Label.NEUTRAL, Label.NEUTRAL, share, share, text


def _changed(before: FloatArray, after: FloatArray, change: Change) -> _Told:
    (name, share), (new, _) = _most_probable(before), _most_probable(after)
    left = float(after[before.argmax()])
    text = f"It would be {new} if {change.condition} ({name} {share:.0%} before, {left:.0%} after)."
    return change.code, name, new, share, left, text


def _unchanged(before: FloatArray, marked: FloatArray, by_rule: str, tried: list[Change]) -> _Told:
    name, share = _most_probable(before)
    text = "Too little is known of it, or there is too little to change, to try single changes."
    if tried:
        text = f"It would stay {name} with each of these alone: {'; '.join(change.name for change in tried)}."
    if by_rule == name:
        return None, name, name, share, share, text
    text += (
        f' Marked rel="sponsored" or "nofollow" it would be {by_rule}: search engines are then told not to count it.'
    )
    return MARKED, name, by_rule, share, float(marked[before.argmax()]), text


def _most_probable(probabilities: FloatArray) -> tuple[str, float]:
    at = int(probabilities.argmax())
    return CLASSES[at], float(probabilities[at])
