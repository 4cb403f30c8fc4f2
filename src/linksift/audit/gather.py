"""Read the exports of an audit, and set aside the rows that are not about links to the site."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from linksift.disavow.entry import host_in_ascii
from linksift.errors import InputError
from linksift.io.columns import STRING
from linksift.io.exports import Export, ExportReader, open_export
from linksift.io.formats import COLUMNS
from linksift.io.userlabels import KeepList
from linksift.urls import host_of

#: Most rows of one audit: links are compared with each other, so all are held in memory, some 5 kB each.
MAX_ROWS: Final = 2_000_000
_SHOWN: Final = 3


@dataclass(slots=True)
class Source:
    """One export, and what became of its rows.

    Attributes
    ----------
    used
        Rows that are about links to the site.
    elsewhere
        Rows whose target is on another site.
    internal
        Rows whose page is on the site itself.
    unusable
        Rows that name no page and no domain.
    """

    name: str
    sha256: str
    bytes: int
    format: str
    title: str
    level: str
    rows: int = 0
    used: int = 0
    elsewhere: int = 0
    internal: int = 0
    unusable: int = 0


@dataclass(slots=True)
class Gathered:
    """All exports.

    Attributes
    ----------
    rows
        The columns of `linksift.io.formats.COLUMNS`, ``level``, ``source``, ``provider``, ``error``, and the exports'
        own columns as ``<format>.<column>``; one row per usable row.
    sources
        In the order in which they were named.
    problems
        What is wrong with rows, with file and line.
    notes
        What people should know of the files.
    """

    rows: pd.DataFrame
    sources: list[Source]
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def gather(files: Sequence[Path], site: str, columns: Mapping[str, str] | None = None) -> Gathered:
    """Read exports.

    Parameters
    ----------
    site
        The host that is audited, without ``www.``; the hosts below it belong to it.

    Raises
    ------
    InputError
        Where a file cannot be used, all its links point to another site, or there are more than `MAX_ROWS` rows.
    """
    found = Gathered(pd.DataFrame(), [])
    parts = []
    for path in files:
        if str(path) == "-":
            raise InputError("an audit names its inputs by their hashes, so it reads files, not stdin")
        with open_export(path, columns=columns) as reader:
            source = _source(path, reader)
            if reader.level == "anchor":
                source.rows = sum(len(chunk.links) for chunk in reader.chunks())
                found.notes.append(f"{source.name}: is {source.title}: anchor texts without a page are only counted")
            else:
                parts += _usable(reader, source, site, found)
            found.notes += [f"{source.name}: {note}" for note in reader.notes]
        found.sources.append(source)
    if not parts:
        raise InputError(f"no row of {', '.join(one.name for one in found.sources)} is about a link to {site}")
    found.rows = pd.concat(parts, ignore_index=True)
    return found


def _source(path: Path, reader: ExportReader) -> Source:
    with path.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
    return Source(
        reader.name, digest, path.stat().st_size, reader.format.name, reader.format.title, reader.level
    )  # fmt: skip


def _usable(reader: ExportReader, source: Source, site: str, found: Gathered) -> list[pd.DataFrame]:
    ours = KeepList(frozenset({site}), frozenset())
    others: Counter[str] = Counter()
    parts = []
    for chunk in reader.chunks():
        links = chunk.links
        nowhere = (links["page_url"].isna() & links["domain"].isna()).to_numpy()
        internal = ~nowhere & (_covered(links["page_url"], ours) | _covered(links["domain"], ours))
        elsewhere = ~nowhere & ~internal & links["target_url"].notna().to_numpy() & ~_covered(links["target_url"], ours)
        used = ~(nowhere | internal | elsewhere)
        others.update(host for url in links["target_url"][elsewhere] if (host := host_of(url)) is not None)
        source.rows += len(links)
        source.used += int(used.sum())
        source.elsewhere += int(elsewhere.sum())
        source.internal += int(internal.sum())
        source.unusable += int(nowhere.sum())
        found.problems += [str(error) for error in chunk.errors if error is not None]
        parts.append(_rows(chunk, source, used))
        if source.used + sum(one.used for one in found.sources) > MAX_ROWS:
            raise InputError(
                f"{source.name}: an audit takes {MAX_ROWS:,} rows at most: ask the tools for one link per domain,"
                " or score the file with `linksift predict`, which reads piece by piece"
            )
    named = ", ".join(f"{host} ({count:,})" for host, count in sorted(others.items(), key=_most)[:_SHOWN])
    if source.elsewhere and not source.used:
        raise InputError(
            f"{source.name}: is an export of another site: none of its {source.rows:,} rows links to {site},"
            f" but to {named}. Give that file another --site, or leave it out"
        )
    if source.elsewhere:
        found.notes.append(f"{source.name}: {source.elsewhere:,} rows link to other sites, set aside: {named}")
    if source.internal:
        found.notes.append(f"{source.name}: {source.internal:,} rows are links of {site} itself, set aside")
    if source.unusable:
        found.notes.append(f"{source.name}: {source.unusable:,} rows name no page that can be used, see problems.csv")
    return [part for part in parts if len(part)]


def _most(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def _covered(addresses: "pd.Series[str]", sites: KeepList) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Tell for URLs or hosts whether they are on one of the sites; each distinct one is looked at once."""
    codes, distinct = pd.factorize(addresses)
    known = [sites.covers(text, None) if "://" in text else sites.covers(None, text) for text in distinct]
    return np.array([*known, False], dtype=bool)[codes]


def _rows(chunk: Export, source: Source, used: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> pd.DataFrame:
    links: pd.DataFrame = chunk.links.loc[used, list(COLUMNS)]
    links["domain"] = pd.Series(_hosts(links), index=links.index, dtype=STRING)
    links["level"] = np.where(links["page_url"].isna(), "domain", "link")
    links["source"], links["provider"], links["error"] = source.name, source.format, chunk.errors[used]
    own = chunk.raw.loc[used].rename(columns={name: f"{source.format}.{name}" for name in chunk.raw.columns})
    texts = dict.fromkeys(("level", "source", "provider", "error"), STRING)
    return pd.concat([links.astype(texts), own], axis="columns")


def _hosts(links: pd.DataFrame) -> list[str | None]:
    """Return the host of each row: of its page, or the domain that it names."""
    found = [
        host_of(url) if isinstance(url, str) else domain
        for url, domain in zip(links["page_url"].tolist(), links["domain"].tolist(), strict=True)
    ]
    return [host_in_ascii(host) if isinstance(host, str) else None for host in found]
