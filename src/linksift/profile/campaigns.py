"""Campaigns: links from several sites that share a path, title, tracker, template, text or anchor within a burst.

A campaign is a finding, not a verdict: syndicated news and mirrors of an encyclopedia share titles and texts too. It
says what the links have in common, and leaves the judgement to the reader.
"""

import hashlib
from collections.abc import Collection, Sequence
from typing import Final, TypedDict

import numpy as np
import pandas as pd

from linksift.profile import bursts
from linksift.profile.counting import IntArray, count_distinct
from linksift.profile.digest import Digest, Links, read_digest
from linksift.profile.keys import url_keys
from linksift.profile.merging import merged
from linksift.profile.runs import ANCHOR, SharedGroup, shared_groups

_MAX_EVIDENCE: Final = 20

#: Columns of the result, in order.
CAMPAIGN_COLUMNS: Final = (
    "campaign", "kinds", "n_links", "n_sites", "first_seen", "last_seen", "busiest_week_sites", "evidence", "link_ids",
)  # fmt: skip


class Evidence(TypedDict):
    """One thing that links of a campaign share.

    Attributes
    ----------
    kind
        ``path``, ``title``, ``tracker``, ``template``, ``text`` or ``anchor``.
    value
        The path, title, tracker id or anchor; for a template or text the address of one of the pages.
    links, sites
        How many links of the campaign share it, and their sites.
    """

    kind: str
    value: str
    links: int
    sites: int


def campaigns(links: Links, *, platforms: Collection[str] | None = None) -> pd.DataFrame:
    """Find campaigns.

    Parameters
    ----------
    links, platforms
        As in `linksift.profile.profile_signals`.

    Returns
    -------
    DataFrame, one row per campaign
        Those of most sites first. Groups of links are one campaign where they are mostly the same links or stand on
        mostly the same sites; a link belongs to several campaigns where different things connect it with different
        links.

        ``campaign``
            Twelve hexadecimal digits of the strongest evidence and the first day: the same next month, if these stay.
        ``kinds``
            What is shared, parted by commas, strongest first.
        ``n_links``, ``n_sites``
            How many links and linking sites.
        ``first_seen``, ``last_seen``
            First and last day, ``YYYY-MM-DD``; NA where no link has a date.
        ``busiest_week_sites``
            Most sites that turned up within seven days; NaN where no link has a date.
        ``evidence``
            List of `Evidence`, strongest first, twenty at the most.
        ``link_ids``
            List of texts, in the order of the input.

    Raises
    ------
    InputError
        As `linksift.profile.digest.read_digest`.
    """
    digest = read_digest(links, platforms=platforms, with_texts=True)
    groups = shared_groups(digest)
    numbers = merged(digest, groups)
    parts: dict[int, list[SharedGroup]] = {}
    for group, number in zip(groups, numbers, strict=True):
        parts.setdefault(int(number), []).append(group)
    rows = [_campaign(digest, members) for members in parts.values()]
    rows.sort(key=lambda row: (-int(str(row["n_sites"])), -int(str(row["n_links"])), str(row["campaign"])))
    frame = pd.DataFrame(rows, columns=list(CAMPAIGN_COLUMNS))
    texts = dict.fromkeys(("campaign", "kinds", "first_seen", "last_seen"), "string")
    return frame.astype(texts | {"n_links": "int64", "n_sites": "int64", "busiest_week_sites": "float64"})


def _campaign(digest: Digest, groups: Sequence[SharedGroup]) -> dict[str, object]:
    rows = np.unique(np.concatenate([group.rows for group in groups]))
    evidence = sorted(
        _evidence(digest, groups),
        key=lambda item: (-item["sites"], -item["links"], item["kind"], item["value"]),
    )
    days = digest.day[rows][digest.day[rows] >= 0]
    first = str(np.datetime64(int(days.min()), "D")) if len(days) else None
    strongest = f"{evidence[0]['kind']} {evidence[0]['value']} {first}"
    return {
        "campaign": hashlib.sha256(strongest.encode()).hexdigest()[:12],
        "kinds": ", ".join(dict.fromkeys(item["kind"] for item in evidence)),
        "n_links": len(rows),
        "n_sites": count_distinct(digest.site[rows]),
        "first_seen": first,
        "last_seen": str(np.datetime64(int(days.max()), "D")) if len(days) else None,
        "busiest_week_sites": _busiest_week(digest, rows) if len(days) else np.nan,
        "evidence": evidence[:_MAX_EVIDENCE],
        "link_ids": digest.link_ids.take(rows).to_pylist(),
    }


def _busiest_week(digest: Digest, rows: IntArray) -> int:
    line = bursts.timeline(np.zeros(len(rows), dtype=np.int64), digest.site[rows], digest.day[rows])
    return int(line.arrived(line.moments).max(initial=0))


def _evidence(digest: Digest, groups: Sequence[SharedGroup]) -> list[Evidence]:
    """Word what each group shares; several bursts of one thing are one piece of evidence."""
    rows: dict[tuple[str, str], list[IntArray]] = {}
    for group in groups:
        rows.setdefault((group.kind, _value(digest, group)), []).append(group.rows)
    evidence = []
    for (kind, value), parts in rows.items():
        sites = count_distinct(digest.site[np.concatenate(parts)])
        evidence.append(Evidence(kind=kind, value=value, links=sum(map(len, parts)), sites=sites))
    return evidence


def _value(digest: Digest, group: SharedGroup) -> str:
    """Word what the links share: of several spellings the first in the alphabet, whatever the order of the rows."""
    if group.kind == "tracker":
        return _commonest_tracker(digest, group.rows)
    column = group.kind if group.kind in ("title", ANCHOR) else "page_url"
    texts = digest.texts[column].take(group.rows).to_pylist() if digest.texts is not None else []
    value = min((text for text in texts if text), default="")
    return url_keys(value).path or value if group.kind == "path" else value


def _commonest_tracker(digest: Digest, rows: IntArray) -> str:
    """Return the tracker that most of the rows' sites have; several may hang together in one group."""
    marks = digest.marks
    here = np.isin(digest.site[marks.tracker_rows], digest.site[rows])
    pairs = pd.DataFrame({"tracker": marks.tracker_codes[here], "site": digest.site[marks.tracker_rows[here]]})
    sites = pairs.groupby("tracker")["site"].nunique()
    return marks.tracker_names[int(sites.index.to_numpy()[sites.to_numpy().argmax()])]
