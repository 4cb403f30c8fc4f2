"""The features of the family ``profile``: each link among all the others of an export or crawl."""

from collections.abc import Collection
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from linksift.profile import bursts
from linksift.profile.counting import (
    MIN_SITES,
    FloatArray,
    count_distinct,
    distinct_members,
    entropy_bits,
    group_codes,
    per_row,
)
from linksift.profile.digest import Digest, Links, read_digest
from linksift.profile.network import footprints
from linksift.profile.overlap import hyperlink_overlap

#: Of a site with fewer pages seen nobody can say that a link is on all of them.
MIN_PAGES: Final = 5
#: The features, in the order of the columns.
PROFILE_COLUMNS: Final = (
    "profile_anchor_share", "profile_anchor_entropy", "profile_tld_share", "profile_tld_entropy",
    "profile_site_links", "profile_sitewide_pages", "profile_sitewide_share",
    "profile_path_sites", "profile_title_sites", "profile_tracker_sites", "profile_text_sites",
    "profile_template_sites", "profile_overlap_share", "profile_overlap_jaccard",
    "profile_burst_z", "profile_burst_share", "profile_burst_tld_share", "profile_anchor_burst_sites",
)  # fmt: skip


def profile_signals(links: Links, *, platforms: Collection[str] | None = None) -> pd.DataFrame:
    """Measure each link among all the others.

    A *profile* is the links to one site; where no row names a target, all rows are one profile. Sites are registrable
    domains, each host under a private suffix a site of its own.

    Parameters
    ----------
    links
        A link table of n rows, or chunks of one. Columns ``link_id`` and ``page_url``; ``title``, ``target_url``,
        ``anchor``, ``first_seen``, ``page_id`` where known; for crawls also `linksift.profile.FOOTPRINT_COLUMNS`, the
        same on every link of a page.
    platforms
        Registrable domains whose pages belong to many authors; by default the list that ships.

    Returns
    -------
    DataFrame, n rows
        ``link_id`` and `PROFILE_COLUMNS` as float32, in the order of the input, with a plain index. NaN where what a
        feature needs is missing, or where there are too few sites, pages or dates to say anything. Counts are of sites,
        so that a thousand links of one site weigh like one.

        ``profile_anchor_share``, ``profile_tld_share``
            Share of the profile's sites that use the link's anchor; that have its top-level domain.
        ``profile_anchor_entropy``, ``profile_tld_entropy``
            Entropy of the profile's anchors and top-level domains over sites, in bits: the same for a whole profile.
        ``profile_site_links``
            Distinct links (page, target, anchor) from the link's site to the profile.
        ``profile_sitewide_pages``, ``profile_sitewide_share``
            Pages of the site that link to the profile with this anchor; their share of the site's pages that were seen.
        ``profile_path_sites``, ``profile_title_sites``, ``profile_text_sites``
            Other sites that have a page of the same path or title, or a near-duplicate of the page's text.
        ``profile_tracker_sites``, ``profile_template_sites``
            Other owners whose sites hang together with this one by tracker ids; who have a page of the same template.
        ``profile_overlap_share``, ``profile_overlap_jaccard``
            See `linksift.profile.overlap.hyperlink_overlap`.
        ``profile_burst_z``
            How far the profile's new sites in the link's week are above the usual (see
            `linksift.profile.bursts.window_scores`), in the fullest seven days that hold its first day.
        ``profile_burst_share``, ``profile_burst_tld_share``
            Share of all the profile's dated sites that turned up in that week; of these, those of the same top-level
            domain.
        ``profile_anchor_burst_sites``
            Most sites that first used the link's anchor within seven days that hold its first day.

    Raises
    ------
    InputError
        As `linksift.profile.digest.read_digest`.
    """
    digest = read_digest(links, platforms=platforms)
    columns: dict[str, npt.NDArray[np.float32]] = {}
    for family in (_shares, _sitewide, _network, _bursts):
        # Rounded before they are float32, as all features are.
        columns |= {name: np.round(values, 5).astype(np.float32) for name, values in family(digest).items()}
    ids = digest.link_ids.to_pandas().astype("string")
    return pd.DataFrame({"link_id": ids} | {name: columns[name] for name in PROFILE_COLUMNS})


def _shares(digest: Digest) -> dict[str, FloatArray]:
    """Say how common the anchor and the top-level domain are among the profile's sites, not among its rows."""
    result = {}
    for name, member in (("anchor", digest.anchor), ("tld", digest.tld)):
        key = group_codes(digest.profile, member, digest.site)
        # One row for each combination of profile, member and site.
        _, first = np.unique(key, return_index=True)
        once = first[key[first] >= 0]
        sites = distinct_members(np.where(key >= 0, digest.profile, -1), digest.site)
        enough = sites >= MIN_SITES
        with_it = distinct_members(group_codes(digest.profile, member), digest.site)
        n_profiles = int(digest.profile.max(initial=-1)) + 1
        entropy = entropy_bits(digest.profile[once], member[once], n_profiles)
        result[f"profile_{name}_share"] = np.where(enough & (key >= 0), with_it / sites, np.nan)
        result[f"profile_{name}_entropy"] = np.where(enough, per_row(digest.profile, entropy), np.nan)
    return result


def _sitewide(digest: Digest) -> dict[str, FloatArray]:
    """Say how much of the linking site carries the link."""
    enough = count_distinct(digest.site) >= MIN_SITES
    # A target or anchor that the export does not say is one like any other here.
    link = group_codes(digest.profile_site, digest.page + 1, digest.target + 1, digest.anchor + 1)
    pages_seen = distinct_members(digest.site, digest.page)
    same_anchor = group_codes(digest.profile_site, digest.anchor)
    pages = distinct_members(same_anchor, digest.page)
    known = (same_anchor >= 0) & (digest.page >= 0)
    # On a platform the pages are those of many authors: none of them has put a link on all.
    judged = known & ~digest.platform & (pages_seen >= MIN_PAGES)
    site_links = np.where(digest.profile_site >= 0, distinct_members(digest.profile_site, link), np.nan)
    return {
        "profile_site_links": np.where(enough, site_links, np.nan),
        "profile_sitewide_pages": np.where(enough & known & ~digest.platform, pages, np.nan),
        "profile_sitewide_share": np.where(judged, pages / pages_seen, np.nan),
    }


def _network(digest: Digest) -> dict[str, FloatArray]:
    result = {f"profile_{kind}_sites": found.others() for kind, found in footprints(digest).items()}
    result["profile_overlap_share"], result["profile_overlap_jaccard"] = hyperlink_overlap(digest)
    return result


def _bursts(digest: Digest) -> dict[str, FloatArray]:
    """Look at the week of each link."""
    line = bursts.timeline(digest.profile, digest.site, digest.day)
    dated = bursts.dated_sites(line)
    new = line.arrived(line.moments).astype(np.float64)
    new[dated < bursts.MIN_DATED_SITES] = np.nan
    enough = per_row(line.at, dated) >= bursts.MIN_DATED_SITES
    of_tld = group_codes(digest.profile, digest.tld)
    ended = line.fullest(new)
    by_tld = bursts.timeline(of_tld, digest.site, digest.day)
    same_tld = by_tld.arrived_between(of_tld, ended - bursts.WINDOW + 1, ended)
    of_anchor = group_codes(digest.profile, np.where(digest.blank, -1, digest.anchor))
    by_anchor = bursts.timeline(of_anchor, digest.site, digest.day)
    same_anchor = by_anchor.rows(by_anchor.arrived(by_anchor.moments).astype(np.float64))
    most = line.rows(new)
    with np.errstate(invalid="ignore", divide="ignore"):
        tld_share = np.where(most > 0, same_tld / most, np.nan)
    return {
        "profile_burst_z": line.rows(bursts.window_scores(line)),
        "profile_burst_share": line.rows(new / dated),
        "profile_burst_tld_share": tld_share,
        "profile_anchor_burst_sites": np.where(enough, same_anchor, np.nan),
    }
