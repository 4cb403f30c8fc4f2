"""The unit of a fold: links that share an owner, a host, a site or a network's footprint belong together."""

import hashlib
import re
from collections.abc import Hashable, Iterable, Sequence
from typing import Final

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from linksift.text import tokens
from linksift.urls import host_of, registrable_domain, split_url

_DIGITS = re.compile(r"\d+")
_MIN_TITLE_WORDS: Final = 5
_MIN_PATH_CHARS: Final = 12


def components(keys: Iterable[Sequence[Hashable | None]]) -> np.ndarray:
    """Give each row the number of its connected component: rows that share a key are connected.

    Parameters
    ----------
    keys
        For each kind of key one value per row; None joins nothing.

    Returns
    -------
    ndarray of int, shape (n_rows,)
    """
    rows: list[np.ndarray] = []
    columns: list[np.ndarray] = []
    n_rows = n_keys = 0
    for values in keys:
        codes, uniques = pd.factorize(pd.Series(list(values), dtype="object"))
        n_rows = len(codes)
        known = np.flatnonzero(codes >= 0)
        rows.append(known)
        columns.append(codes[known] + n_keys)
        n_keys += len(uniques)
    at, key = np.concatenate(rows), np.concatenate(columns) + n_rows
    size = n_rows + n_keys
    graph = coo_matrix((np.ones(len(at), dtype=np.int8), (at, key)), shape=(size, size))
    return np.asarray(connected_components(graph, directed=False)[1][:n_rows])


def link_groups(frame: pd.DataFrame, *, footprints: bool = True) -> pd.Series:
    """Return the group of each link, as a hash that names nobody.

    Rows are joined by ``group`` (but ``unknown``), page host, registrable domain and, with `footprints`, by a title or path that several sites
    share. A row with none of these is a group of its own page.

    Parameters
    ----------
    frame
        Columns ``group``, ``page_url``, ``title``, and ``page_id`` (may be NA in each).
    """
    urls = [url if isinstance(url, str) else None for url in frame["page_url"]]
    sites = [registrable_domain(url) for url in urls]
    keys: list[Sequence[Hashable | None]] = [
        [None if pd.isna(group) or group == "unknown" else group for group in frame["group"]],
        [host_of(url) for url in urls],
        sites,
        [None if pd.isna(page) else page for page in frame["page_id"]],
    ]
    if footprints:
        keys.append(_shared([_title_key(title) for title in frame["title"]], sites))
        keys.append(_shared([_path_key(url) for url in urls], sites))
    number = components(keys)
    names = pd.Series(frame["link_id"].astype(str).to_numpy()).groupby(number).transform("min")
    hashes = [hashlib.sha256(f"linksift {name}".encode()).hexdigest()[:12] for name in names]
    return pd.Series(hashes, index=frame.index, dtype="string")


def _title_key(title: object) -> str | None:
    words = tokens(_DIGITS.sub("0", title)) if isinstance(title, str) else []
    return " ".join(words) if len(words) >= _MIN_TITLE_WORDS else None


def _path_key(url: str | None) -> str | None:
    parts = split_url(url) if url else None
    path = _DIGITS.sub("0", parts.path.rstrip("/").lower()) if parts else ""
    return path if len(path) >= _MIN_PATH_CHARS and path.count("0") < len(path) // 4 else None


def _shared(values: Sequence[str | None], sites: Sequence[str | None]) -> list[str | None]:
    """Keep the values that at least two sites have."""
    table = pd.DataFrame({"value": values, "site": sites}).dropna()
    several = table.groupby("value")["site"].nunique()
    kept = set(several[several > 1].index)
    return [value if value in kept else None for value in values]
