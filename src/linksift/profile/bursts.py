"""Bursts in time: how many sites turn up within a week, and how unusual that is for the profile."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from linksift.profile.counting import FloatArray, IntArray, group_codes, per_row

#: Days of a window.
WINDOW: Final = 7
#: Windows before, which say what is usual, and how many of them there must be.
HISTORY: Final = 26
MIN_HISTORY: Final = 8
#: A profile with fewer dated sites has no rhythm to depart from.
MIN_DATED_SITES: Final = 20
_MAD_TO_SIGMA: Final = 1.4826
# Groups lie this many days apart on one long line, so that no window reaches from one into the next: more than all days
# there are (to 2100), plus the windows before.
_SPAN: Final = 1 << 16
_BLOCK: Final = 65_536


@dataclass(frozen=True, slots=True)
class Timeline:
    """New sites of several groups on one line of days.

    Attributes
    ----------
    arrivals
        One entry for each site of a group: the day on which the group first saw it, rising.
    moments
        The days on which the groups have links, each once, rising.
    at
        The moment of each row, shape (n,), -1 where its group or day is unknown.
    """

    arrivals: IntArray
    moments: IntArray
    at: IntArray

    def arrived(self, ends: IntArray) -> IntArray:
        """Count the sites that arrived in the windows that end on the given days, these included."""
        until = np.searchsorted(self.arrivals, ends, side="right")
        return np.asarray(until - np.searchsorted(self.arrivals, ends - WINDOW, side="right"))

    def arrived_between(self, groups: npt.NDArray[np.integer], first: FloatArray, last: FloatArray) -> FloatArray:
        """Count, for each row, the sites that arrived in its group from a first to a last day; NaN for unknown."""
        known = (groups >= 0) & ~np.isnan(first) & ~np.isnan(last)
        start = groups.astype(np.int64)[known] * _SPAN
        until = np.searchsorted(self.arrivals, start + last[known].astype(np.int64), side="right")
        before = np.searchsorted(self.arrivals, start + first[known].astype(np.int64), side="left")
        result = np.full(len(groups), np.nan)
        result[known] = until - before
        return result

    def rows(self, values: FloatArray) -> FloatArray:
        """Give each row the highest of a value among the windows that hold the row's day.

        Parameters
        ----------
        values
            Of the window that ends at each moment; NaN is unknown. Windows that end on other days need no look: moved
            back to the last moment that they hold, they keep every arrival.
        """
        return per_row(self.at, self._best(values)[0])

    def fullest(self, values: FloatArray) -> FloatArray:
        """Return the last day of the window that gives each row its highest value (see `rows`); NaN for none."""
        best, moment = self._best(values)
        return per_row(self.at, np.where(np.isnan(best), np.nan, self.moments[moment] % _SPAN))

    def _best(self, values: FloatArray) -> tuple[FloatArray, IntArray]:
        best, moment = values.copy(), np.arange(len(values))
        for step in range(1, min(WINDOW, len(values))):
            near = self.moments[step:] - self.moments[:-step] < WINDOW
            better = near & ~(best[:-step] >= values[step:]) & ~np.isnan(values[step:])
            best[:-step][better] = values[step:][better]
            moment[:-step][better] = np.arange(step, len(values))[better]
        return best, moment


def timeline(
    groups: npt.NDArray[np.integer], sites: npt.NDArray[np.integer], days: npt.NDArray[np.integer]
) -> Timeline:
    """Put the links of groups on a line.

    Parameters
    ----------
    groups, sites, days
        Codes and days, shape (n,), -1 where unknown. A site arrives in a group with its first dated link.
    """
    pairs = group_codes(groups, sites)
    known = (pairs >= 0) & (days >= 0)
    moment = groups.astype(np.int64) * _SPAN + days
    # The first row of each pair in the order of days.
    order = np.flatnonzero(known)
    order = order[np.argsort(days[order], kind="stable")]
    _, first = np.unique(pairs[order], return_index=True)
    moments, at = np.unique(moment[known], return_inverse=True)
    rows = np.full(len(groups), -1, dtype=np.int64)
    rows[known] = at
    return Timeline(np.sort(moment[order][first]), moments, rows)


def dated_sites(line: Timeline) -> FloatArray:
    """Count, for each moment, the dated sites of its group over all time."""
    group = line.moments // _SPAN
    return np.bincount(line.arrivals // _SPAN, minlength=int(group.max(initial=-1)) + 1)[group].astype(np.float64)


def window_scores(line: Timeline) -> FloatArray:
    """Say, for the window that ends at each moment, how far its new sites are above the usual.

    Returns
    -------
    ndarray of float, shape (n_moments,)
        ``(new - median) / spread`` over up to `HISTORY` windows before, of which none begins before the group's first
        day; the spread is the scaled median absolute deviation, but at least that of a Poisson count and at least 1.
        NaN with less than `MIN_HISTORY` windows or `MIN_DATED_SITES` sites.
    """
    scores = np.full(len(line.moments), np.nan)
    group = line.moments // _SPAN
    _, first = np.unique(line.arrivals // _SPAN, return_index=True)
    began = np.zeros(int(group.max(initial=-1)) + 1, dtype=np.int64)
    began[line.arrivals[first] // _SPAN] = line.arrivals[first]
    windows = (line.moments - began[group]) // WINDOW
    wanted = np.flatnonzero((windows >= MIN_HISTORY) & (dated_sites(line) >= MIN_DATED_SITES))
    for start in range(0, len(wanted), _BLOCK):
        block = wanted[start : start + _BLOCK]
        ends = line.moments[block]
        before = line.arrived(ends[:, None] - WINDOW * np.arange(1, HISTORY + 1)).astype(np.float64)
        before[np.arange(1, HISTORY + 1) > windows[block, None]] = np.nan
        median = np.nanmedian(before, axis=1)
        spread = _MAD_TO_SIGMA * np.nanmedian(np.abs(before - median[:, None]), axis=1)
        scores[block] = (line.arrived(ends) - median) / np.maximum(np.maximum(spread, np.sqrt(median)), 1.0)
    return scores
