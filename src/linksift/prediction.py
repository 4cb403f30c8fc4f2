"""Links in, labels and decisions out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from linksift.bundle import Bundle, check_contract
from linksift.contract import Contract
from linksift.inputs import LinkChunk
from linksift.io.userlabels import KeepList
from linksift.labels import CLASSES, PROBABILITY_COLUMNS, Label
from linksift.policy import REVIEW, decide
from linksift.urls import registrable_domain

#: Version of the columns that `predict` writes.
SCHEMA_VERSION: Final = "1"
#: Columns of the outcome, after ``link_id`` and the input's own.
OUTCOME: Final = ("label", "label_if_counted", "counts", *PROBABILITY_COLUMNS, "decision", "kept", "basis", "error")
_NO_LINK: Final = "no external link on the page"


@dataclass(slots=True)
class Totals:
    """What went through, for the message at the end."""

    rows: int = 0
    errors: int = 0


def score(links: pd.DataFrame, bundle: Bundle, keep: KeepList | None = None) -> pd.DataFrame:
    """Score a link table.

    Parameters
    ----------
    links
        Identity and feature columns (`linksift.extraction.extract`).
    bundle
        The model.
    keep
        Pages and sites that the user vouches for: never harmful, never for review.

    Returns
    -------
    DataFrame
        The columns `OUTCOME`; one row per link, same index. A row of which nothing is known has no probabilities, is neutral, and for review.
    """
    names = bundle.feature_names
    known = links[names].notna().any(axis=1).to_numpy() & (links["status"] == "ok").fillna(False).to_numpy(dtype=bool)
    failed = (links["status"].isin(["error", "truncated"]) & links[names].notna().any(axis=1)).to_numpy(dtype=bool)
    judged = known | failed
    probabilities = np.full((len(links), len(CLASSES)), np.nan)
    if judged.any():
        probabilities[judged] = bundle.predict_proba(links.loc[judged, names])
    filled = np.where(judged[:, None], probabilities, [0.0, 1.0, 0.0])
    outcome = decide(filled, links["counts"], links["basis"], bundle.policy)
    outcome[list(PROBABILITY_COLUMNS)] = probabilities
    outcome.loc[~judged, "decision"] = REVIEW
    outcome["counts"] = links["counts"].astype("boolean")
    outcome["basis"] = links["basis"].astype("string").where(judged)
    outcome["error"] = links["error"].astype("string").where(links["status"] != "no_links", _NO_LINK)
    no_link = (links["status"] == "no_links").fillna(False).to_numpy(dtype=bool)
    outcome.loc[no_link, "decision"] = Label.NEUTRAL.value
    outcome["kept"] = _kept(links, keep)
    vouched = outcome["kept"].to_numpy(dtype=bool) & outcome["decision"].isin([REVIEW, Label.HARMFUL]).to_numpy()
    outcome.loc[vouched, "decision"] = Label.NEUTRAL.value
    return outcome[list(OUTCOME)]


def _kept(links: pd.DataFrame, keep: KeepList | None) -> "pd.Series[bool]":
    covered = [
        keep is not None and isinstance(url, str) and keep.covers(url, None) for url in links["page_url"].astype(object)
    ]
    return pd.Series(covered, index=links.index, dtype=bool)


def predict(
    chunks: Iterable[LinkChunk],
    bundle: Bundle,
    contract: Contract,
    *,
    keep: KeepList | None = None,
    totals: Totals | None = None,
) -> Iterator[pd.DataFrame]:
    """Score links chunk by chunk: ``link_id``, the input's own columns, then `OUTCOME`.

    An own column with the name of an outcome comes out as ``input_<name>``.

    Raises
    ------
    linksift.errors.ContractError
        Where the contract lacks a feature of the model, or has another version of it.
    """
    check_contract(bundle, contract.refs)
    totals = totals if totals is not None else Totals()
    for chunk in chunks:
        outcome = score(chunk.links, bundle, keep)
        totals.rows += len(outcome)
        totals.errors += int((outcome["error"].notna() & (outcome["error"] != _NO_LINK)).sum())
        own = chunk.own.rename(
            columns={name: f"input_{name}" for name in chunk.own.columns if name in ("link_id", *OUTCOME)}
        )
        yield pd.concat([chunk.links[["link_id"]].astype("string"), own, outcome], axis=1)


class DomainView:
    """Collects scored links per registrable domain of the linking page."""

    def __init__(self) -> None:
        self._parts: list[pd.DataFrame] = []

    def add(self, links: pd.DataFrame, scored: pd.DataFrame) -> None:
        """Take in one chunk: its link table and its outcome, in the same order."""
        part = scored[["link_id", "label", "decision", "p_harmful", "basis"]].reset_index(drop=True)
        part["domain"] = [
            registrable_domain(url) if isinstance(url, str) else None for url in links["page_url"].astype(object)
        ]
        self._parts.append(part)

    def table(self) -> pd.DataFrame:
        """Return one row per domain: links, classes, worst and median probability of harm, and the worst link.

        Sorted by the worst link, worst first. Links without a known page are one row with no domain.
        """
        links = pd.concat(self._parts, ignore_index=True)
        links["domain"] = links["domain"].fillna("").astype("string")
        links = links.sort_values(["domain", "p_harmful", "link_id"], ascending=[True, False, True], kind="stable")
        by_domain = links.groupby("domain", sort=True)
        table = pd.DataFrame({"links": by_domain.size(), "judged": by_domain["p_harmful"].count()})
        for name in CLASSES:
            table[name] = (links["label"] == name).groupby(links["domain"]).sum().astype(int)
        table["review"] = (links["decision"] == REVIEW).groupby(links["domain"]).sum().astype(int)
        table["worst_p_harmful"] = by_domain["p_harmful"].max()
        table["median_p_harmful"] = by_domain["p_harmful"].median()
        table["worst_link"] = by_domain["link_id"].first()
        table["worst_label"] = by_domain["label"].first()
        table = table.reset_index()
        order = ["worst_p_harmful", "median_p_harmful", "domain"]
        return table.sort_values(order, ascending=[False, False, True], kind="stable", ignore_index=True)
