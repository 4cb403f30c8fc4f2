"""What one looks at first: the linking domains, and the profile in counts."""

from collections.abc import Mapping
from typing import Final

import pandas as pd

from linksift.audit.judge import FLAGGED
from linksift.io.columns import STRING
from linksift.labels import CLASSES
from linksift.policy import REVIEW
from linksift.profile.keys import host_keys

#: What the model can decide, worst first.
OUTCOMES: Final = ("harmful", REVIEW, "neutral", "valuable")
_MAX_ROWS: Final = 20


def domain_view(links: pd.DataFrame) -> pd.DataFrame:
    """Return one row per linking site, worst first.

    Returns
    -------
    DataFrame
        ``site``; ``links`` (links seen), ``reported_links`` (what the tools say there are: the rows about the domain,
        or `Links in group`; NaN where none says), ``judged``, ``lost``; one count per decision of the model; the
        worst and the typical (median) probability of harm; ``worst_link`` and ``worst_decision``, ``typical_decision``
        (the most frequent; of several the worse); ``actions`` (what is to be done with how many); days and providers.
    """
    links = links[links["site"].notna()].sort_values(
        ["site", "p_harmful", "link_id"], ascending=[True, False, True], kind="stable"
    )
    is_link = links["level"] == "link"
    by_site = links.groupby("site", sort=True)
    table = pd.DataFrame({"links": is_link.groupby(links["site"]).sum().astype(int)})
    table["reported_links"] = _reported(links)
    table["judged"] = by_site["p_harmful"].count()
    table["lost"] = links["lost"].fillna(value=False).groupby(links["site"]).sum().astype(int)
    for name in OUTCOMES:
        table[name] = (links["decision"] == name).groupby(links["site"]).sum().astype(int)
    table["worst_p_harmful"] = by_site["p_harmful"].max()
    table["typical_p_harmful"] = by_site["p_harmful"].median()
    first = links.drop_duplicates("site").set_index("site")
    table["worst_link"] = first["page_url"].fillna(first["domain"])
    table["worst_decision"] = first["decision"]
    table["typical_decision"] = table[list(OUTCOMES)].idxmax(axis=1).astype(STRING)
    table["actions"] = _listed(links, "action")
    table["first_seen"], table["last_seen"] = by_site["first_seen"].min(), by_site["last_seen"].max()
    table["providers"] = _listed(links, "providers")
    order = ["worst_p_harmful", "typical_p_harmful", "site"]
    return table.reset_index().sort_values(order, ascending=[False, False, True], kind="stable", ignore_index=True)


def _reported(links: pd.DataFrame) -> "pd.Series[float]":
    """Return how many links a tool reports: the largest figure about the domain, or the sum of the groups' weights."""
    is_domain = links["level"] == "domain"
    of_domain = links["weight"].where(is_domain).groupby(links["site"]).max()
    of_links = links["weight"].where(~is_domain).groupby(links["site"]).sum(min_count=1)
    return of_domain.combine(of_links, max).fillna(of_domain).fillna(of_links)


def _listed(links: pd.DataFrame, name: str) -> "pd.Series[str]":
    counts = links.groupby(["site", name]).size().sort_index().reset_index(name="n")
    worded = counts[name].astype(str) + " " + counts["n"].astype(str)
    return worded.groupby(counts["site"]).agg(", ".join).astype(STRING)


def profile_view(links: pd.DataFrame) -> Mapping[str, pd.DataFrame]:
    """Count the links by what they are; a site counts once in each row.

    Returns
    -------
    mapping
        ``decisions``, ``basis``, ``anchors``, ``tlds``, ``languages``, ``providers`` (columns ``name``, ``links``,
        ``sites``, ``flagged``) and ``months`` (``name``, ``new``, ``lost``).
    """
    told = links.assign(
        tld=links["domain"].map(lambda host: host_keys(host).tld, na_action="ignore"),
        language=links["language"].str.casefold().str.split(r"[,;\s_-]+", regex=True).str[0],
    )
    return {
        "decisions": _counted(told, "decision", list(OUTCOMES)),
        "labels": _counted(told, "label", list(CLASSES)),
        "basis": _counted(told, "basis"),
        "anchors": _counted(told, "anchor_class"),
        "tlds": _counted(told, "tld"),
        "languages": _counted(told, "language"),
        "providers": _counted(told, "providers"),
        "months": _months(links),
    }


def _counted(links: pd.DataFrame, name: str, order: list[str] | None = None) -> pd.DataFrame:
    key = links[name].astype(object).where(links[name].notna(), "not known")
    counts = pd.DataFrame(
        {
            "links": key.groupby(key).size(),
            "sites": links["site"].groupby(key).nunique(),
            "flagged": links["decision"].isin(FLAGGED).groupby(key).sum().astype(int),
        }
    )
    if order is not None:
        counts = counts.reindex([*order, *sorted(set(counts.index) - set(order))], fill_value=0)
    else:
        counts = counts.sort_index().sort_values("links", ascending=False, kind="stable").head(_MAX_ROWS)
    return counts.rename_axis("name").reset_index()


def _months(links: pd.DataFrame) -> pd.DataFrame:
    """Count new links by month of first sight, and lost ones by that of the loss or of the last sight."""
    is_lost = links["lost"].fillna(value=False).astype(bool)
    gone = links["lost_date"].fillna(links["last_seen"]).where(is_lost)
    counts = pd.DataFrame(
        {"new": links["first_seen"].str[:7].value_counts(), "lost": gone.str[:7].value_counts()}
    ).fillna(0)
    if counts.empty:
        return pd.DataFrame({"name": pd.array([], dtype=STRING), "new": [], "lost": []}).astype(
            {"new": int, "lost": int}
        )
    months = pd.period_range(min(counts.index), max(counts.index), freq="M").astype(str)
    return counts.reindex(months, fill_value=0).astype(int).rename_axis("name").reset_index()
