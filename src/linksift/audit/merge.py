"""One row per link out of the rows of several exports and dates.

The rule: two rows are one link where page, target and anchor agree. URLs are compared without scheme, ``www.``,
default port, fragment and the slash at the end, with the host in lower case and ASCII; the query counts. Anchors are
compared with white space folded. A row that does not say its anchor, or neither anchor nor target, belongs to the
links of the same page (and target) that do, where there are any. A row about a whole domain stays one.

Of what rows say differently the latest counts, by the day of last sight and then by the order of the files; of
the days of first sight the earliest.
"""

import hashlib
from collections.abc import Callable
from typing import Any, Final

import pandas as pd

from linksift.io.columns import STRING
from linksift.text import fold_space
from linksift.urls import ascii_url, page_key

_KEYS: Final = ("page_key", "target_key", "anchor_key")
#: An empty text of these says less than a filled one of another provider.
_TEXTS: Final = ("title", "left_context", "right_context")
_ID_CHARS: Final = 16


def merge(rows: pd.DataFrame) -> pd.DataFrame:
    """Merge rows that `linksift.audit.gather` read.

    Returns
    -------
    DataFrame
        One row per link, in the order of first appearance, with the columns of `rows`; ``sources`` and ``providers``
        (parted by ``; ``) take the place of ``source`` and ``provider``, ``link_id`` is a hash of what makes the link
        one, ``n_rows`` is how many rows it was made of.
    """
    rows = rows.copy()
    rows["page_key"] = _mapped(rows["page_url"], _url_key).fillna("domain:" + rows["domain"])
    rows["target_key"] = _mapped(rows["target_url"], _url_key)
    rows["anchor_key"] = _mapped(rows["anchor"], fold_space)
    rows["lost"] = rows["lost"].mask(rows["lost_date"].notna(), other=True)
    rows["row"] = range(len(rows))
    rows = _placed(_placed(rows, ["page_key", "target_key"]), ["page_key"])
    rows[list(_KEYS)] = rows[list(_KEYS)].fillna("\0")
    rows["key"] = rows.groupby(list(_KEYS), sort=False).ngroup()
    single = ~rows["key"].duplicated(keep=False)
    alone = rows[single].rename(columns={"source": "sources", "provider": "providers"}).assign(n_rows=1)
    parts = [alone] if single.all() else [alone, _joined(rows[~single])]
    merged = pd.concat([part for part in parts if len(part)]).sort_values("key", ignore_index=True)
    ids = [_link_id(*keys) for keys in zip(*(merged[key] for key in _KEYS), strict=True)]
    merged.insert(0, "link_id", pd.Series(ids, index=merged.index, dtype=STRING))
    return merged.drop(columns=[*_KEYS, "key", "row"])


def _mapped(texts: "pd.Series[Any]", read: Callable[[str], str]) -> "pd.Series[Any]":
    codes, distinct = pd.factorize(texts)
    values = pd.array([*(read(text) for text in distinct), None], dtype=STRING)
    return pd.Series(values[codes], index=texts.index)


def _url_key(url: str) -> str:
    return page_key(ascii_url(url))


def _placed(rows: pd.DataFrame, on: list[str]) -> pd.DataFrame:
    """Give rows that lack the last keys those of the links that agree in the keys `on`, one row for each."""
    lacking = [key for key in _KEYS if key not in on]
    is_loose = rows[lacking].isna().all(axis=1) & rows[on].notna().all(axis=1) & (rows["level"] == "link")
    full = rows.loc[~is_loose & rows[lacking].notna().any(axis=1), list(_KEYS)].drop_duplicates()
    has_place = is_loose & pd.MultiIndex.from_frame(rows[on]).isin(pd.MultiIndex.from_frame(full[on]))
    if not has_place.any():
        return rows
    placed = rows[has_place].drop(columns=lacking).merge(full, on=on, how="left")
    # A link keeps the place of its first row that says what it is.
    return pd.concat([rows[~has_place], placed[list(rows.columns)]], ignore_index=True)


def _joined(rows: pd.DataFrame) -> pd.DataFrame:
    """Make one row of each group of rows with the same `key`."""
    moment = rows[["first_seen", "last_seen", "lost_date"]].fillna("").max(axis=1)
    rows = rows.assign(moment=moment).sort_values(["moment", "row"], kind="stable")
    by_key = rows.groupby("key", sort=True)
    latest = by_key.last()
    for name in _TEXTS:
        filled = rows[name].mask((rows[name] == "").fillna(value=False)).groupby(rows["key"]).last()
        latest[name] = filled.fillna(latest[name])
    latest["first_seen"] = by_key["first_seen"].min()
    latest["last_seen"] = by_key["last_seen"].max()
    latest["weight"] = by_key["weight"].max()
    in_order = rows.sort_values("row", kind="stable").groupby("key", sort=True)
    latest["sources"] = in_order["source"].agg(_distinct)
    latest["providers"] = in_order["provider"].agg(_distinct)
    latest["n_rows"] = by_key.size()
    dropped = latest.drop(columns=["source", "provider", "moment"]).reset_index()
    return dropped.astype(dict.fromkeys(("sources", "providers", "first_seen", "last_seen"), STRING))


def _distinct(names: "pd.Series[str]") -> str:
    return "; ".join(dict.fromkeys(names))


def _link_id(*keys: str) -> str:
    return hashlib.sha256("\1".join(keys).encode("utf-8", "replace")).hexdigest()[:_ID_CHARS]
