"""Tables that ``linksift predict`` wrote, in the few columns that a disavow decision needs."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

import pandas as pd

from linksift.disavow.entry import host_in_ascii
from linksift.disavow.hosts import suffix_fault
from linksift.errors import InputError
from linksift.io.columns import STRING
from linksift.io.formats import mapped_columns
from linksift.io.headers import Reading
from linksift.io.recognition import sniff_format
from linksift.io.tables import read_metadata, read_table
from linksift.io.textfile import display_name
from linksift.io.uniform import uniform_columns
from linksift.io.userlabels import KeepList
from linksift.labels import Label
from linksift.policy import REVIEW
from linksift.urls import host_of, registrable_domain

#: Columns of a scored table that this package reads, and what they hold.
COLUMNS: Final = {
    "page_url": "URL of the linking page, or NA where only its domain is known",
    "host": "its host",
    "site": "its registrable domain",
    "target_url": "what the link points to",
    "decision": "a class, or review",
    "p_harmful": "probability, NaN where nothing could be judged",
    "counts": "whether search engines are told to count the link; NA is unknown",
    "kept": "whether the keep list of `predict` covers it",
    "lost": "whether the export says that the link is gone",
    "basis": "page, row or url",
    "reasons": "codes of the reasons, with commas or spaces between them, where the table has such a column",
}
_SHOWN_SITES: Final = 5
_FROM_EXPORT: Final = frozenset({"page_url", "domain", "target_url", "lost"})
_OUTCOME: Final = ("decision", "p_harmful")
_DECISIONS: Final = frozenset({REVIEW, *(label.value for label in Label)})


def read_scored(
    paths: Sequence[str | Path], columns: Mapping[str, str] | None = None
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Read scored tables.

    Parameters
    ----------
    paths
        Parquet, CSV or JSON Lines as ``linksift predict`` writes them.
    columns
        What the user says of columns that are not recognised: uniform column -> the table's.

    Returns
    -------
    tuple
        One row per link with the columns `COLUMNS`, and the models that scored them, each in words.

    Raises
    ------
    InputError
        If a table is missing, damaged, holds no row, or was not written by ``linksift predict``.
    """
    parts, models = [], dict[str, None]()
    for path in paths:
        table = read_table(path)
        parts.append(scored_links(table, display_name(path), columns))
        models[_model(read_metadata(path))] = None
    return pd.concat(parts, ignore_index=True), tuple(models)


def scored_links(table: pd.DataFrame, name: str, columns: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Bring one scored table into the columns `COLUMNS`.

    Raises
    ------
    InputError
        If the table has no row, no decision, or no column of linking pages or domains.
    """
    _check(table, name)
    links = uniform_columns(*_own_columns(table, name, columns))
    hosts = [
        host_of(page) if isinstance(page, str) else _host(domain)
        for page, domain in zip(links["page_url"].astype(object), links["domain"].astype(object), strict=True)
    ]
    unknown = pd.Series(pd.NA, index=table.index)
    optional = {name: table.get(name, unknown) for name in ("counts", "kept", "basis", "reasons")}
    return pd.DataFrame(
        {
            "page_url": links["page_url"],
            "host": pd.array([host_in_ascii(host) if host else None for host in hosts], dtype="string"),
            "site": pd.array(
                [registrable_domain(host_in_ascii(host)) if host else None for host in hosts], dtype="string"
            ),
            "target_url": links["target_url"],
            "decision": table["decision"].astype("string"),
            "p_harmful": pd.to_numeric(table["p_harmful"], errors="coerce").astype("float64"),
            "counts": optional["counts"].astype("boolean"),
            "kept": optional["kept"].astype("boolean").fillna(False).astype(bool),
            "lost": links["lost"].astype("boolean").fillna(False).astype(bool),
            "basis": optional["basis"].astype("string"),
            "reasons": optional["reasons"].astype("string"),
        }
    ).reset_index(drop=True)


def _check(table: pd.DataFrame, name: str) -> None:
    missing = [column for column in _OUTCOME if column not in table.columns]
    if missing:
        raise InputError(f"{name}: has no column {missing[0]}; a table that `linksift predict` wrote is needed")
    if table.empty:
        raise InputError(f"{name}: the table has no row")
    odd = sorted(set(table["decision"].dropna().astype(str)) - _DECISIONS)
    if odd:
        raise InputError(
            f"{name}: {odd[0][:40]!r} is no decision of `linksift predict` ({', '.join(sorted(_DECISIONS))})"
        )


def _own_columns(
    table: pd.DataFrame, name: str, columns: Mapping[str, str] | None
) -> tuple[pd.DataFrame, list[Reading]]:
    """Return the export's own columns as text, and what feeds what."""
    header = [str(column) for column in table.columns]
    known = mapped_columns(columns) if columns else sniff_format(header)
    if known is None or not known.matches(header):
        raise InputError(
            f"{name}: no column of linking pages or domains is recognised; say which it is with --columns url=NAME."
            f" Columns found: {', '.join(header[:40])}"
        )
    readings = [reading for reading in known.readings(header) if reading.uniform in _FROM_EXPORT]
    text = table.copy(deep=False)
    for reading in readings:
        for at in reading.positions:
            text.isetitem(at, table.iloc[:, at].astype(STRING).array)
    return text, readings


def _host(domain: object) -> str | None:
    return host_of(f"http://{domain}") if isinstance(domain, str) else None


def _model(metadata: Mapping[str, str]) -> str:
    """Say in words which model scored a table, from its metadata."""
    if "model" not in metadata:
        return "model unknown"
    data = metadata.get("model_data_sha256", "")[:12]
    return f"model {metadata['model']} {metadata.get('model_version', '')}".strip() + (f", data {data}" if data else "")


def links_to_own_sites(links: pd.DataFrame, given: Collection[str]) -> tuple[pd.DataFrame, list[str]]:
    """Leave aside links to other people's sites, which pages hold as well.

    Parameters
    ----------
    given
        The owner's sites, as far as they were named: hosts without ``www.``.

    Returns
    -------
    tuple
        The links, and the owner's sites: those given, and the one to which all links point.

    Raises
    ------
    InputError
        Where the links point to several sites and none was named.
    """
    targets = {
        target: registrable_domain(target) for target in links["target_url"].dropna().unique() if host_of(target)
    }
    sites = {site for site in targets.values() if site is not None and suffix_fault(site) in {None, "unknown-suffix"}}
    if len(sites) < 2:
        return links, [*given, *sites]
    if not given:
        shown = ", ".join(sorted(sites)[:_SHOWN_SITES])
        raise InputError(
            f"the links point to {len(sites):,} sites ({shown}, …): name yours with --own-sites; the others are left aside"
        )
    own = KeepList(frozenset(given), frozenset())
    elsewhere = {target for target in targets if not own.covers(target)}
    return links[~links["target_url"].isin(elsewhere)].reset_index(drop=True), list(given)
