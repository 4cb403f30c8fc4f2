"""What the script of the report works on: links, domains and decisions as plain lists."""

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from linksift.audit.views import OUTCOMES
from linksift.decisions import Decisions
from linksift.io.decisionfile import COLUMNS

#: Links, and domains, that the page holds; the tables beside it hold all.
MAX_ROWS: Final = 50_000
#: Fields of one link; those of `_REASON` are added as ``reasons``.
LINK: Final = (
    "link_id", "page_url", "domain", "site", "title", "target_url", "anchor", "decision", "p_harmful", "basis", "counts",
    "lost", "first_seen", "last_seen", "action", "decided_by", "decided_why", "since_previous", "sources",
    "counterfactual", "campaigns",
)  # fmt: skip
#: Fields of one domain.
DOMAIN: Final = (
    "site", "links", "reported_links", "lost", *OUTCOMES, "worst_p_harmful", "typical_p_harmful", "worst_decision",
    "typical_decision", "worst_link",
)  # fmt: skip
_REASON: Final = ("code", "sentence", "quote", "evidence", "practice", "practice_url")
# These repeat from link to link, and stand as numbers into one list of texts.
_REPEATED: Final = frozenset(
    {"decision", "basis", "action", "decided_by", "since_previous", "sources", "counterfactual"}
)


def page_data(
    links: pd.DataFrame,
    reasons: pd.DataFrame,
    domains: pd.DataFrame,
    decisions: Decisions,
    refused: Mapping[str, str],
) -> dict[str, Any]:
    """Return the data of the page.

    Returns
    -------
    dict
        ``link_fields`` and ``links`` (the worst `MAX_ROWS`), ``domain_fields`` and ``domains``, ``texts`` (what the
        fields named in ``repeated`` and the reasons point to), ``decisions``, ``refused``.
    """
    texts: dict[str, int] = {}
    order = {name: at for at, name in enumerate(OUTCOMES)}
    ranked = links.assign(rank=links["decision"].astype(object).map(order)).sort_values(
        ["rank", "p_harmful", "link_id"], ascending=[True, False, True], kind="stable"
    )
    shown = ranked.head(MAX_ROWS).reindex(columns=list(LINK))
    told = _reasons(reasons[reasons["link_id"].isin(shown["link_id"])], texts)
    columns = [_values(shown[name], texts if name in _REPEATED else None) for name in LINK]
    rows = [[*row, told.get(row[0], [])] for row in zip(*columns, strict=True)]
    of_domains = [_values(domains[name].head(MAX_ROWS), None) for name in DOMAIN]
    return {
        "link_fields": [*LINK, "reasons"],
        "links": rows,
        "domain_fields": list(DOMAIN),
        "domains": [list(row) for row in zip(*of_domains, strict=True)],
        "repeated": sorted(_REPEATED),
        "reason_fields": list(_REASON),
        "decisions": [{name: getattr(one, name) for name in COLUMNS} for one in decisions.all],
        "refused": dict(refused),
        "texts": list(texts),
    }


def _values(column: "pd.Series[Any]", texts: dict[str, int] | None) -> list[Any]:
    """Return plain values, None for unknown; numbers to three places; texts as numbers where they repeat."""
    known = column.notna().tolist()
    values = column.round(3).tolist() if pd.api.types.is_float_dtype(column.dtype) else column.tolist()
    if texts is not None:
        return [
            texts.setdefault(value, len(texts)) if is_known else None
            for value, is_known in zip(values, known, strict=True)
        ]
    return [value if is_known else None for value, is_known in zip(values, known, strict=True)]


def _reasons(reasons: pd.DataFrame, texts: dict[str, int]) -> dict[str, list[list[int | None]]]:
    columns = [_values(reasons[name], texts) for name in _REASON]
    found: dict[str, list[list[int | None]]] = {}
    for link_id, row in zip(reasons["link_id"], zip(*columns, strict=True), strict=True):
        found.setdefault(link_id, []).append(list(row))
    return found
