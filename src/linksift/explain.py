"""Why a link got its class, in words, from the model's own contributions."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from linksift.bundle import Bundle
from linksift.contract import Contract, Feature
from linksift.labels import CLASSES


@dataclass(frozen=True, slots=True)
class Reason:
    """What one feature adds to a class.

    Attributes
    ----------
    contribution
        Log-odds for the class against the mean of the others, before calibration; negative speaks against it.
    value
        The feature's value, NaN where unknown.
    text
        The same as a sentence.
    """

    feature: str
    contribution: float
    value: float
    text: str


def reasons(link: pd.DataFrame, bundle: Bundle, contract: Contract, *, label: str, top: int = 8) -> list[Reason]:
    """Return the strongest reasons for or against a class.

    Parameters
    ----------
    link
        One row of a link table.
    label
        The class to explain.
    top
        How many.
    """
    shares = bundle.contributions(link[bundle.feature_names])[0, :, :-1]
    at = CLASSES.index(label)
    against = shares[at] - np.delete(shares, at, axis=0).mean(axis=0)
    values = link[bundle.feature_names].iloc[0].to_numpy(dtype=float)
    strongest = np.argsort(-np.abs(against), kind="stable")[:top]
    found = []
    for position in strongest:
        feature = contract.by_name[bundle.feature_names[position]]
        amount, value = float(against[position]), float(values[position])
        found.append(Reason(feature.name, amount, value, _sentence(feature, amount, value, label)))
    return found


def _sentence(feature: Feature, amount: float, value: float, label: str) -> str:
    side = "for" if amount > 0 else "against"
    meaning = feature.meaning[0].lower() + feature.meaning[1:]
    return f"{side} {label} ({amount:+.2f}): {meaning}: {_value(feature, value)} [{feature.name}]"


def _value(feature: Feature, value: float) -> str:
    if np.isnan(value):
        return f"unknown ({feature.missing})"
    if feature.type == "flag":
        return "yes" if value else "no"
    return f"{value:.0%}" if feature.type == "share" else f"{value:g}"
