"""The uniform columns of the rows of an export, and which of them can be used."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from linksift.io.columns import STRING, convert, unknown
from linksift.io.formats import COLUMNS
from linksift.io.headers import Derived, Reading
from linksift.io.recognition import clip
from linksift.urls import MAX_URL_CHARS, host_of

_ADDRESSES = ("page_url", "domain", "target_url")


def uniform_columns(raw: pd.DataFrame, readings: Sequence[Reading]) -> pd.DataFrame:
    """Read the export's own columns (text) as all uniform columns; what the export does not have is unknown."""
    found = {reading.uniform: reading for reading in readings}
    columns = {}
    for column, kind in COLUMNS.items():
        reading = found.get(column)
        if reading is None:
            columns[column] = unknown(kind, raw.index)
        elif reading.derive is None:
            columns[column] = convert(raw.iloc[:, reading.positions[0]], kind)
        else:
            columns[column] = reading.derive(*(raw.iloc[:, position] for position in reading.positions))
    return pd.DataFrame(columns)


def leave_out_others(
    raw: pd.DataFrame, links: pd.DataFrame, problem: Derived, positions: Sequence[int], problems: list[str | None]
) -> None:
    """Blank the rows that are no links, and say so in `problems`."""
    reasons = problem[1](*(raw.iloc[:, position] for position in positions))
    rows = np.flatnonzero(reasons.notna())
    for at, reason in zip(rows, reasons.iloc[rows], strict=True):
        problems[at] = problems[at] or f"is no link: {reason}"
    _blank(links, rows, links.columns)


def leave_out_shifted(links: pd.DataFrame, rows: Sequence[int]) -> None:
    """Blank what cannot be trusted in rows with a field too many: from there on, each cell has its neighbour's name.

    An address can be told by its look, and stays.
    """
    if not rows:
        return
    _blank(links, rows, [name for name in links.columns if name not in _ADDRESSES])
    targets = links["target_url"].iloc[list(rows)]
    no_url = ~_looks_like_url(targets)
    _blank(links, [row for row, bad in zip(rows, no_url, strict=True) if bad], ["target_url"])


def check_addresses(links: pd.DataFrame, problems: list[str | None]) -> None:
    """Note the rows whose page and domain are no address, and blank these cells."""
    doubtful = np.flatnonzero(~_looks_like_url(links["page_url"])).tolist()
    urls = links["page_url"].iloc[doubtful].tolist()
    domains = links["domain"].iloc[doubtful].tolist()
    hosts = [_domain_host(domain) if isinstance(domain, str) else None for domain in domains]
    unusable = []
    for at, url, domain, host in zip(doubtful, urls, domains, hosts, strict=True):
        problem = _problem(url, domain, host)
        if problem is not None:
            problems[at] = problems[at] or problem
            unusable.append(at)
    _blank(links, unusable, ["page_url"])
    links.loc[links.index[doubtful], "domain"] = pd.array(hosts, dtype=STRING)


def _problem(url: object, domain: object, host: str | None) -> str | None:
    if isinstance(url, str):
        return _url_problem(url)
    if not isinstance(domain, str):
        return "the row has no URL"
    return None if host is not None else f"{clip(domain)!r} is no domain"


def _domain_host(domain: str) -> str | None:
    """Return the host that a domain cell names: as it is, or of the URL that stands there instead."""
    if "://" in domain:
        return host_of(domain)
    bare = domain.strip().rstrip("/")
    if any(c.isspace() or c in "/@?#" for c in bare) or host_of(f"http://{bare}") is None:
        return None
    return bare


def _looks_like_url(urls: "pd.Series[Any]") -> "np.ndarray[Any, np.dtype[np.bool_]]":
    plain = urls.str.match(r"(?i)https?://[a-z0-9][a-z0-9.-]*(?:[/?#]|$)").fillna(value=False)
    return (plain & (urls.str.len() <= MAX_URL_CHARS).fillna(value=False)).to_numpy(dtype=bool)


def _url_problem(url: str) -> str | None:
    if len(url) > MAX_URL_CHARS:
        return f"the URL is longer than {MAX_URL_CHARS:,} characters"
    if url.startswith("//") or host_of(url) is None:
        return f"{clip(url)!r} is no http(s) URL"
    return None


def _blank(links: pd.DataFrame, rows: Sequence[int] | np.ndarray[Any, Any], names: Iterable[str]) -> None:
    at = links.index[list(rows)]
    for name in names:
        links.loc[at, name] = np.nan if COLUMNS[name] == "number" else pd.NA
