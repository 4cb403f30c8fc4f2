"""Training on a user's own labels: match them to links, and make rows of those that match none."""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from linksift.contract import Contract
from linksift.dataset import TABLE_COLUMNS
from linksift.features import Featurizer
from linksift.features.row import RowFacts
from linksift.groups import link_groups
from linksift.io.userlabels import UserLabel, UserLabels
from linksift.urls import host_of, normalize_url, page_key


@dataclass(frozen=True, slots=True)
class OwnTable:
    """Links with a user's labels, as a training table.

    Attributes
    ----------
    matched
        How many of the user's labels found a link.
    alone
        How many found none and became a row of their own, judged from what the label file says of them.
    """

    table: pd.DataFrame
    matched: int
    alone: int


def label_links(labels: UserLabels, pools: Iterable[pd.DataFrame], contract: Contract) -> OwnTable:
    """Give links the labels that a user wrote down.

    A label for a page beats one for its site; one that names a target fits links to that target only.

    Parameters
    ----------
    labels
        From `linksift.io.userlabels.read_labels`.
    pools
        Link tables to look in.
    """
    by_url = {label.url: label for label in labels.labels if label.url}
    by_domain = {label.domain: label for label in labels.labels if label.domain}
    used: set[str] = set()
    parts = []
    for pool in pools:
        candidates = [
            [label for label in _labels_of(url, by_url, by_domain) if _same_target(label, target)]
            for url, target in zip(pool["page_url"].astype(object), pool["target_url"].astype(object), strict=True)
        ]
        # A label that a more exact one overrules has found its link all the same.
        used |= {label.where for fitting in candidates for label in fitting}
        found = [fitting[0] if fitting else None for fitting in candidates]
        hit = [label is not None for label in found]
        chosen = [label for label in found if label is not None]
        parts.append(_rows(pool[hit].reset_index(drop=True), chosen))
    rest = [label for label in labels.labels if label.where not in used]
    if rest:
        parts.append(_rows(_alone(rest, contract), rest))
    table = pd.concat(parts, ignore_index=True)
    table["group"] = "own-" + link_groups(table.assign(group=None)).astype("string")
    table = table.assign(
        link=table["link_id"], weak_source=None, reading=None, reading_source=None, gold=False, stratum="own"
    )
    table["counts"] = table["counts"].astype("boolean").fillna(True).astype(bool)
    return OwnTable(table[[*TABLE_COLUMNS, *contract.names]], len(used), len(rest))


def _labels_of(url: object, by_url: dict[str, UserLabel], by_domain: dict[str, UserLabel]) -> list[UserLabel]:
    """Return the labels for a page, most exact first: its own, its host's, then each domain's above that."""
    if not isinstance(url, str):
        return []
    names = (host_of(url) or "").removeprefix("www.").split(".")
    above = (by_domain.get(".".join(names[at:])) for at in range(len(names)))
    return [label for label in (by_url.get(normalize_url(url)), *above) if label is not None]


def _same_target(label: UserLabel, target: object) -> bool:
    if label.target_url is None:
        return True
    return isinstance(target, str) and page_key(target) == page_key(label.target_url)


def _alone(labels: list[UserLabel], contract: Contract) -> pd.DataFrame:
    featurizer = Featurizer(contract)
    facts = [
        RowFacts(label.url or f"http://{label.domain}/", label.title, label.target_url, label.anchor)
        for label in labels
    ]
    identity = pd.DataFrame(
        {
            "link_id": [label.where for label in labels],
            "page_id": None,
            "page_url": [fact.page_url for fact in facts],
            "title": [fact.title for fact in facts],
            "target_url": [fact.target_url for fact in facts],
            "counts": True,
            "basis": ["row" if fact.anchor is not None or fact.title is not None else "url" for fact in facts],
        }
    )
    return pd.concat([identity, featurizer.frame([featurizer.of_row(fact) for fact in facts])], axis=1)


def _rows(links: pd.DataFrame, labels: list[UserLabel]) -> pd.DataFrame:
    return links.assign(label=[label.label for label in labels], label_source=[label.source for label in labels])
