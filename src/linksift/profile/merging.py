"""Which groups of links are one campaign: those of the same links, seen from two sides, or of the same sites."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components

from linksift.profile.counting import IntArray
from linksift.profile.digest import Digest
from linksift.profile.minhash import signatures
from linksift.profile.neighbours import similar_pairs
from linksift.profile.runs import ANCHOR, SharedGroup

#: Two groups are one campaign where this share of the links is the same, or of the sites.
_OVERLAP: Final = 0.5
_BANDS: Final = 32
#: Fewer sites are no network.
_MIN_SITES: Final = 3


def merged(digest: Digest, groups: Sequence[SharedGroup]) -> IntArray:
    """Give each group the number of its campaign, shape (n_groups,)."""
    n = len(groups)
    if not n:
        return np.empty(0, dtype=np.int64)
    pairs = np.concatenate([_same_links(groups, len(digest)), _same_sites(digest, groups)])
    graph = coo_matrix((np.ones(len(pairs), dtype=np.int8), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def _same_links(groups: Sequence[SharedGroup], n_rows: int) -> IntArray:
    """Pair the groups that have at least half of the smaller one's links in common.

    An anchor may be common: it takes no smaller group in, and joins only where it is itself mostly part of another.
    """
    sizes = np.array([len(group.rows) for group in groups])
    rows = np.concatenate([group.rows for group in groups])
    ends = np.append(0, np.cumsum(sizes))
    member = csr_matrix((np.ones(len(rows), dtype=np.int32), rows, ends), shape=(len(groups), n_rows))
    # A link is in one group of each kind at the most, so that this matrix is small.
    common = (member @ member.T).tocoo()
    left, right = common.row.astype(np.int64), common.col.astype(np.int64)
    is_anchor = np.array([group.kind == ANCHOR for group in groups])
    measure = np.where(
        is_anchor[left] != is_anchor[right],
        np.where(is_anchor[left], sizes[left], sizes[right]),
        np.minimum(sizes[left], sizes[right]),
    )
    near = common.data >= _OVERLAP * measure
    return np.column_stack([left[near], right[near]])


def _same_sites(digest: Digest, groups: Sequence[SharedGroup]) -> IntArray:
    """Pair the groups that stand on mostly the same sites (platforms left out, whose pages are not one owner's)."""
    sites = [_sites(digest, group) for group in groups]
    numbers = np.array([number for number, found in enumerate(sites) if len(found) >= _MIN_SITES], dtype=np.int64)
    if not len(numbers):
        return np.empty((0, 2), dtype=np.int64)
    members = [sites[number] for number in numbers]
    starts = np.append(0, np.cumsum([len(found) for found in members])[:-1])
    values = signatures(np.concatenate(members).astype(np.uint64), starts)
    pairs = similar_pairs(values, np.zeros(len(numbers), dtype=np.int64), bands=_BANDS, threshold=_OVERLAP)
    return np.column_stack([numbers[pairs.left], numbers[pairs.right]])


def _sites(digest: Digest, group: SharedGroup) -> IntArray:
    rows = group.rows[~digest.platform[group.rows]]
    return np.unique(digest.site[rows]).astype(np.int64)
