"""Score merged links, and say why of those that were flagged."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from linksift.bundle import Bundle, check_contract
from linksift.contract import Contract
from linksift.decisions import Decisions, apply_decisions
from linksift.features.anchor import CLASSES as ANCHOR_CLASSES
from linksift.inputs import export_links
from linksift.io.columns import STRING
from linksift.io.exports import Export
from linksift.io.formats import COLUMNS
from linksift.io.userlabels import KeepList
from linksift.labels import Label
from linksift.page import Limits
from linksift.policy import REVIEW
from linksift.prediction import score
from linksift.reason_codes import load_reasons
from linksift.reasons import reason_table
from linksift.urls import registrable_domain

#: Decisions of the model that somebody will want explained.
FLAGGED: Final = (Label.HARMFUL.value, REVIEW)
#: Reasons of one link.
TOP: Final = 3


@dataclass(frozen=True, slots=True)
class Judge:
    """What links are judged by, and where their pages are.

    Attributes
    ----------
    keep, own_sites, decisions
        What the user says; it wins over the model.
    pages, urls
        The linking pages, as for `linksift.inputs.read_links`; without them the rows are judged alone.
    """

    bundle: Bundle
    contract: Contract
    decisions: Decisions
    keep: KeepList | None = None
    own_sites: tuple[str, ...] = ()
    pages: str | None = None
    urls: Path | None = None
    features: Path | None = None
    limits: Limits = field(default_factory=Limits)
    jobs: int = 1


def judge_links(merged: pd.DataFrame, judge: Judge) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score links.

    Returns
    -------
    tuple
        The links of `merged` with the columns of `linksift.prediction.OUTCOME` and `linksift.decisions.apply_decisions`,
        ``site``, ``anchor_class``, ``facts`` (a hash of all that the model was shown), ``reasons`` and
        ``counterfactual`` (NA where a link was not flagged); and the table of reasons (`linksift.reasons.COLUMNS`).

    Raises
    ------
    linksift.errors.ContractError
        Where the contract lacks a feature of the model, or has another version of it.
    """
    check_contract(judge.bundle, judge.contract.refs)
    codes = load_reasons(judge.contract, judge.features)
    parts, told = [], []
    for links in _link_tables(merged, judge):
        outcome = score(links, judge.bundle, judge.keep)
        outcome["anchor_class"] = pd.Series(_anchor_classes(links), index=outcome.index, dtype=STRING)
        outcome["facts"] = pd.Series(_facts(links, judge.bundle), index=outcome.index, dtype=STRING)
        parts.append(outcome)
        flagged = outcome["decision"].isin(FLAGGED).to_numpy() & outcome["p_harmful"].notna().to_numpy()
        labelled = links[flagged].assign(label_if_counted=outcome.loc[flagged, "label_if_counted"])
        table = reason_table(labelled, judge.bundle, judge.contract, top=TOP, codes=codes, n_jobs=judge.jobs)
        told.append(table)
    reasons = pd.concat(told, ignore_index=True)
    scored = pd.concat([merged.drop(columns="error"), pd.concat(parts)], axis=1)
    scored["site"] = pd.array(
        [registrable_domain(host) if isinstance(host, str) else None for host in scored["domain"].astype(object)],
        dtype=STRING,
    )
    hosts = pd.DataFrame({"page_url": scored["page_url"], "host": scored["domain"], **scored[["kept", "decision"]]})
    actions = apply_decisions(hosts, judge.decisions, keep=judge.keep, own_sites=judge.own_sites)
    return _with_reasons(pd.concat([scored, actions], axis=1), reasons), reasons


def _link_tables(merged: pd.DataFrame, judge: Judge) -> Iterator[pd.DataFrame]:
    export = Export(
        format="audit", level="link", raw=merged[["link_id"]], links=merged[list(COLUMNS)],
        errors=merged["error"].astype(object).where(merged["error"].notna(), None),
        lines=pd.Series(range(1, len(merged) + 1), index=merged.index),
    )  # fmt: skip
    chunks = export_links(
        [export], judge.contract, judge.urls, judge.pages, None, judge.limits, judge.jobs if judge.pages else 0
    )
    return (chunk.links.assign(link_id=merged.loc[chunk.links.index, "link_id"]) for chunk in chunks)


def _anchor_classes(links: pd.DataFrame) -> list[str | None]:
    names = [f"anchor_class_{name}" for name in ANCHOR_CLASSES]
    flags = links.reindex(columns=names).to_numpy(dtype=float, na_value=np.nan) == 1
    return [ANCHOR_CLASSES[at] if known else None for at, known in zip(flags.argmax(1), flags.any(1), strict=True)]


def _facts(links: pd.DataFrame, bundle: Bundle) -> list[str]:
    """Hash what the model was shown of each link, so that next month tells a new row from a new model."""
    values = links[bundle.feature_names].to_numpy(dtype=np.float32, na_value=np.nan)
    counts = links["counts"].astype("boolean").astype(str)
    return [
        hashlib.blake2b(row.tobytes() + str(counted).encode(), digest_size=8).hexdigest()
        for row, counted in zip(values, counts, strict=True)
    ]


def _with_reasons(links: pd.DataFrame, reasons: pd.DataFrame) -> pd.DataFrame:
    by_link = reasons.groupby("link_id", sort=False)
    codes = by_link["code"].agg(", ".join)
    counterfactual = by_link["counterfactual"].first()
    links["reasons"] = links["link_id"].map(codes).astype(STRING)
    links["counterfactual"] = links["link_id"].map(counterfactual).astype(STRING)
    return links
