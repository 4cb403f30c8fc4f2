"""Campaigns among judged links, and the place of each link among the others."""

from typing import Final

import pandas as pd

from linksift.audit.views import OUTCOMES
from linksift.profile import PROFILE_COLUMNS, campaigns, profile_signals
from linksift.profile.campaigns import Evidence

_LINK: Final = ("link_id", "page_url", "title", "target_url", "anchor", "first_seen")


def with_profile(links: pd.DataFrame) -> pd.DataFrame:
    """Add the columns of `linksift.profile.profile_signals`; NaN for rows about domains."""
    known = links.loc[links["level"] == "link", list(_LINK)]
    signals = profile_signals(known).set_index("link_id")[list(PROFILE_COLUMNS)]
    return links.join(signals, on="link_id")


def campaign_view(links: pd.DataFrame) -> pd.DataFrame:
    """Find campaigns, and count what the model decided of their links; `linksift.profile.campaigns` says the rest."""
    found = campaigns(links.loc[links["level"] == "link", list(_LINK)])
    decision = links.set_index("link_id")["decision"]
    counts = [decision.reindex(ids).value_counts() for ids in found["link_ids"]]
    for name in OUTCOMES:
        found[name] = [int(count.get(name, 0)) for count in counts]
    return found


def flat_campaigns(found: pd.DataFrame) -> pd.DataFrame:
    """Return campaigns with evidence and links as text, for a CSV."""
    return found.assign(
        evidence=pd.array(["; ".join(map(worded, items)) for items in found["evidence"]], dtype="string"),
        link_ids=pd.array([" ".join(ids) for ids in found["link_ids"]], dtype="string"),
    )


def campaigns_of(links: pd.DataFrame, found: pd.DataFrame) -> "pd.Series[str]":
    """Return the campaigns of each link, parted by blanks; NA for none."""
    by_link: dict[str, list[str]] = {}
    for name, ids in zip(found["campaign"], found["link_ids"], strict=True):
        for link_id in ids:
            by_link.setdefault(link_id, []).append(name)
    return links["link_id"].map({link_id: " ".join(names) for link_id, names in by_link.items()}).astype("string")


def worded(item: Evidence) -> str:
    """Say what links share."""
    return f"{item['kind']} {item['value'] or '(none)'}: {item['links']:,} links of {item['sites']:,} sites"
