"""Groups of links that share one thing within a burst: the raw material of campaigns."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from linksift.profile import bursts
from linksift.profile.counting import (
    MIN_SITES,
    BoolArray,
    FloatArray,
    IntArray,
    distinct_members,
    group_codes,
    per_row,
)
from linksift.profile.digest import Digest
from linksift.profile.network import footprints

#: The kind of a group whose links share an anchor.
ANCHOR: Final = "anchor"
#: Sites that make a group. A path or a template of a common blog software is shared more easily than a title or a text.
MIN_MEMBERS: Final = {"path": 5, "title": 3, "tracker": 3, "text": 3, "template": 5, ANCHOR: 5}
#: Days without a link after which another burst begins. A network is built over weeks; an anchor that many sites use
#: is a burst only where it comes thick and fast.
_GAP: Final = 30
_ANCHOR_GAP: Final = 7
#: How often an anchor must come among the new sites, against the rest of the profile's time, and how much of that
#: time the burst may fill.
_ANCHOR_RATE: Final = 4.0
_ANCHOR_TIME: Final = 0.25


class SharedGroup(NamedTuple):
    """Links that share one thing within a burst.

    Attributes
    ----------
    kind
        What they share: a key of `MIN_MEMBERS`.
    rows
        Their rows, rising.
    """

    kind: str
    rows: IntArray


def shared_groups(digest: Digest) -> list[SharedGroup]:
    """Find the groups of every kind. Links without a date make groups among themselves."""
    return [group for kind, runs in _runs_by_kind(digest) for group in _as_groups(kind, runs)]


def _runs_by_kind(digest: Digest) -> Iterator[tuple[str, IntArray]]:
    for kind, found in footprints(digest).items():
        # Members may be owners, but a link of an unknown site belongs nowhere.
        yield kind, find_runs(found.groups, found.members, digest.day, gap=_GAP, least=MIN_MEMBERS[kind])
    anchors = group_codes(digest.profile, np.where(digest.named | (digest.day < 0), -1, digest.anchor))
    runs = find_runs(anchors, digest.site, digest.day, gap=_ANCHOR_GAP, least=MIN_MEMBERS[ANCHOR])
    yield ANCHOR, np.where(_is_burst(digest, anchors, runs), runs, -1)


def find_runs(
    groups: npt.NDArray[np.integer],
    members: npt.NDArray[np.integer],
    days: npt.NDArray[np.integer],
    *,
    gap: int,
    least: int,
) -> IntArray:
    """Cut groups where no link came for a while, and keep the runs with enough members.

    Parameters
    ----------
    groups, members, days
        Shape (n,); -1 is unknown. Rows without a day are a run of their own.
    gap
        Days between two links of one run at the most.
    least
        Distinct members of a run at the least.

    Returns
    -------
    ndarray of int, shape (n,)
        Number of the run, -1 for a row in none.
    """
    known = np.flatnonzero((groups >= 0) & (members >= 0))
    order = known[np.lexsort((days[known], groups[known]))]
    group, day = groups[order].astype(np.int64), days[order].astype(np.int64)
    starts = np.ones(len(order), dtype=np.int64)
    starts[1:] = (np.diff(group) != 0) | (np.diff(day) > gap)
    runs = np.full(len(groups), -1, dtype=np.int64)
    runs[order] = np.cumsum(starts)
    return np.where(distinct_members(runs, members) >= least, runs, -1)


def _is_burst(digest: Digest, anchors: IntArray, runs: IntArray) -> BoolArray:
    """Tell the runs in which an anchor's part of the profile's new sites is far above that of the rest of the time."""
    line = bursts.timeline(digest.profile, digest.site, digest.day)
    dated = np.where(digest.day >= 0, digest.profile, -1)
    first, last = _extent(runs, digest.day)
    began, ended = _extent(dated, digest.day)
    arrivals = line.arrived_between(digest.profile, first, last)
    in_run = distinct_members(runs, digest.site)
    outside = np.maximum(distinct_members(anchors, digest.site) - in_run, 0)
    rest = np.maximum(distinct_members(dated, digest.site) - arrivals, 1)
    # With too few sites outside the burst nobody knows what is usual.
    usual = np.maximum(outside, 1) / rest * np.maximum(arrivals, in_run)
    short = last - first < _ANCHOR_TIME * (ended - began)
    return short & (rest >= MIN_SITES) & (in_run >= _ANCHOR_RATE * usual)


def _extent(groups: npt.NDArray[np.integer], days: npt.NDArray[np.integer]) -> tuple[FloatArray, FloatArray]:
    """Return the first and last day of each row's group; NaN where the group is unknown."""
    known = groups >= 0
    size = int(groups.max(initial=-1)) + 1
    first, last = np.full(size, np.iinfo(np.int64).max), np.full(size, -1)
    np.minimum.at(first, groups[known], days[known])
    np.maximum.at(last, groups[known], days[known])
    return per_row(groups, first), per_row(groups, last)


def _as_groups(kind: str, runs: IntArray) -> Iterator[SharedGroup]:
    rows = np.flatnonzero(runs >= 0)
    rows = rows[np.argsort(runs[rows], kind="stable")]
    for part in np.split(rows, np.flatnonzero(np.diff(runs[rows])) + 1):
        if len(part):
            yield SharedGroup(kind, part)
