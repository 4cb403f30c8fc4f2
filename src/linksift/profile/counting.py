"""Counting in arrays of codes: whole numbers from 0 that stand for values, -1 for unknown."""

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

#: With fewer sites than this nothing is said of a profile: two of three sites that agree are no pattern.
MIN_SITES: Final = 10


def group_codes(*columns: npt.NDArray[np.integer]) -> IntArray:
    """Give each distinct combination of several columns of codes a number; -1 where one of them is unknown.

    Parameters
    ----------
    columns
        One or more arrays of shape (n,).

    Returns
    -------
    ndarray of int, shape (n,)
    """
    codes = columns[0].astype(np.int64)
    known = codes >= 0
    for column in columns[1:]:
        known &= column >= 0
        pairs = codes * (int(column.max(initial=0)) + 1) + column
        # Numbered anew each time, so that the product stays within 64 bits.
        codes = pd.factorize(np.where(known, pairs, -1), use_na_sentinel=False)[0]
    return np.where(known, codes, -1)


def distinct_members(groups: npt.NDArray[np.integer], members: npt.NDArray[np.integer]) -> FloatArray:
    """Count, for each row, the distinct known members of its group; NaN where the group is unknown."""
    known = (groups >= 0) & (members >= 0)
    width = int(members.max(initial=0)) + 1
    pairs = pd.unique(groups[known].astype(np.int64) * width + members[known])
    counts = np.bincount(pairs // width, minlength=int(groups.max(initial=-1)) + 1)
    return per_row(groups, counts)


def per_row(groups: npt.NDArray[np.integer], values: npt.NDArray[np.number]) -> FloatArray:
    """Give each row the value of its group; NaN where the group is unknown."""
    padded = np.append(values.astype(np.float64), np.nan)
    return np.asarray(padded[groups])


def count_distinct(members: npt.NDArray[np.integer]) -> int:
    """Count the distinct known members."""
    return len(pd.unique(members[members >= 0]))


def entropy_bits(groups: npt.NDArray[np.integer], members: npt.NDArray[np.integer], n_groups: int) -> FloatArray:
    """Entropy of the members of each group, in bits, each row of weight one; 0 for a group without a row.

    Parameters
    ----------
    groups, members
        Shape (n,); rows in which one of them is unknown do not count.
    n_groups
        One more than the highest group.

    Returns
    -------
    ndarray of float, shape (n_groups,)
    """
    pairs = group_codes(groups, members)
    known = pairs >= 0
    _, first, count = np.unique(pairs[known], return_index=True, return_counts=True)
    group = groups[known][first]
    share = count / np.bincount(groups[known], minlength=n_groups)[group]
    bits = np.bincount(group, weights=-share * np.log2(share), minlength=n_groups)
    return np.asarray(bits + 0.0, dtype=np.float64)
