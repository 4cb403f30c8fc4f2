"""Whatever holds links, as link tables: pages, feature tables, backlink exports, and exports joined to their pages."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from linksift.contract import Contract
from linksift.errors import InputError
from linksift.extraction import IDENTITY, extract
from linksift.features import Featurizer
from linksift.features.provider import row_metrics
from linksift.features.row import RowFacts, split_image
from linksift.io.exports import Export, open_export
from linksift.io.pages import RawPage, read_pages
from linksift.io.tables import read_table
from linksift.page import Limits
from linksift.urls import ascii_url, normalize_url, page_key

_PAGE_SUFFIXES: Final = (".warc", ".warc.gz", ".html", ".htm")
_TABLE_SUFFIXES: Final = (".jsonl", ".ndjson", ".jsonl.gz")
_PAGE_IDENTITY: Final = ("page_id", "page_url", "target_url", "anchor", "rel")
_CHUNK_ROWS: Final = 5_000


@dataclass(frozen=True, slots=True)
class LinkChunk:
    """Some links of an input, in its order.

    Attributes
    ----------
    own
        Columns that identify a link to whoever brought it: a page's identity, or an export's own columns.
    links
        The link table: `linksift.extraction.IDENTITY` and the features; the same index.
    """

    own: pd.DataFrame
    links: pd.DataFrame


def kind_of(path: str | Path) -> str:
    """Tell what an input is: ``pages``, ``table`` (features) or ``export``; by content where the name leaves it open."""
    name = str(path).lower()
    place = Path(path)
    if name.endswith(_PAGE_SUFFIXES):
        return "pages"
    if name.endswith(_TABLE_SUFFIXES):
        return "table"
    if place.is_dir():
        return "table" if any(place.glob("*.parquet")) else "pages"
    if name.endswith(".parquet"):
        try:
            columns = pq.read_schema(place).names
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: not a Parquet file: {error}") from error
        return "pages" if "html" in columns else "table"
    return "table" if _header_is_table(place) else "export"


def _header_is_table(path: Path) -> bool:
    """Tell a feature table in CSV from an export, by the columns that every feature table has."""
    if not path.is_file() or path.suffix == ".gz":
        return False
    with path.open("rb") as handle:
        header = handle.readline(65_536).decode("utf-8", "ignore").strip().split(",")
    return {"link_id", "basis", "status"} <= set(header)


def read_links(
    path: str | Path,
    contract: Contract,
    *,
    urls: Path | None = None,
    pages: str | Path | None = None,
    targets: Mapping[str, str] | None = None,
    limits: Limits | None = None,
    jobs: int = 0,
    columns: Mapping[str, str] | None = None,
) -> Iterator[LinkChunk]:
    """Read links from any input, chunk by chunk and in order; each row of the input comes out once.

    Parameters
    ----------
    path
        Pages, a feature table or a backlink export; ``-`` is an export on stdin.
    urls
        For a folder of pages: a CSV of ``file,url``.
    pages
        For an export: the linking pages, joined by URL and on each page by target.
    columns
        For an export that no reader knows: what its columns are (`linksift.io.formats.parse_columns`).

    Raises
    ------
    InputError
        Where the input is missing, empty or not understood.
    """
    kind = "export" if str(path) == "-" else kind_of(path)
    if kind == "export":
        with open_export(path, columns=columns) as reader:
            if reader.level == "anchor":
                raise InputError(
                    f"{reader.name}: is {reader.format.title}: anchor texts without a page cannot be scored"
                )
            # Pages are joined to the whole export; without pages it is read, scored and forgotten piece by piece.
            exports = reader.chunks() if pages is None else [reader.read()]
            yield from export_links(exports, contract, urls, pages, targets, limits, jobs)
        return
    if columns:
        raise InputError(f"{path}: is no export, so --columns says nothing of it: leave it out")
    if pages is not None:
        raise InputError(f"{path}: is no export, so its links are not joined to pages: leave out --pages")
    if kind == "table":
        yield from _table_links(read_table(path), contract, str(path))
        return
    source = read_pages(path, urls=urls)
    for links in extract(source, contract=contract, limits=limits, targets=targets, jobs=jobs):
        yield LinkChunk(links[list(_PAGE_IDENTITY)], links)


def _table_links(table: pd.DataFrame, contract: Contract, where: str) -> Iterator[LinkChunk]:
    known = [name for name in contract.names if name in table.columns]
    if not known:
        raise InputError(
            f"{where}: neither pages (a column `html`) nor a feature table; its columns are {', '.join(table.columns[:12])}"
        )
    if table.empty:
        raise InputError(f"{where}: the table has no row")
    table = table.copy()
    for name in IDENTITY:
        if name not in table.columns:
            table[name] = pd.NA
    if table["link_id"].isna().all():
        table["link_id"] = [f"row-{number}" for number in range(1, len(table) + 1)]
    if table["basis"].isna().all():
        table["basis"] = "page"
    if table["status"].isna().all():
        table["status"] = "ok"
    for start in range(0, len(table), _CHUNK_ROWS):
        links = _without_infinity(table.iloc[start : start + _CHUNK_ROWS].reset_index(drop=True), known)
        yield LinkChunk(links[list(_PAGE_IDENTITY)], links)


def _without_infinity(links: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Take infinite values for unknown, and say so in the row."""
    bad = np.isinf(links[names].to_numpy(dtype=float, na_value=np.nan))
    if not bad.any():
        return links
    links = links.copy()
    links[names] = links[names].mask(bad)
    columns = np.array(names)
    said = [f"infinite value in {', '.join(columns[row])}: taken as unknown" if row.any() else "" for row in bad]
    links["error"] = [
        "; ".join(part for part in (_text(before), now) if part) or None
        for before, now in zip(links["error"], said, strict=True)
    ]
    return links


def export_links(
    exports: Iterable[Export],
    contract: Contract,
    urls: Path | None,
    pages: str | Path | None,
    targets: Mapping[str, str] | None,
    limits: Limits | None,
    jobs: int,
) -> Iterator[LinkChunk]:
    """Read links from exports that are open already, or were put together from several, as `read_links` does."""
    featurizer = Featurizer(contract, targets)
    for export in exports:
        on_pages = _Pages(export.links, pages, urls, contract, targets, limits, jobs) if pages is not None else None
        for start in range(0, len(export.links), _CHUNK_ROWS):
            rows = export.links.iloc[start : start + _CHUNK_ROWS]
            links = _row_links(rows, export.errors, featurizer)
            yield LinkChunk(export.raw.loc[rows.index], on_pages.joined(links) if on_pages is not None else links)


def _row_links(rows: pd.DataFrame, errors: "pd.Series[Any]", featurizer: Featurizer) -> pd.DataFrame:
    items: Iterable[Any] = rows.itertuples()
    facts = [
        RowFacts(
            page_url=_text(row.page_url) or (f"http://{row.domain}/" if _text(row.domain) else None),
            title=_text(row.title),
            target_url=_text(row.target_url),
            anchor=_text(row.anchor),
            is_image=None if pd.isna(row.image) else bool(row.image),
            n_external=_number(row.n_external),
            n_internal=_number(row.n_internal),
            semrush_page_ascore=_number(row.semrush_page_ascore),
            target_text=featurizer.target_text(_text(row.target_url)),
            metrics=row_metrics(row),
        )
        for row in items
    ]
    flags = [rows[name].astype("boolean") for name in ("nofollow", "sponsored", "ugc")]
    # One flag that is set settles it; counting needs `nofollow` to be known as unset.
    counts = ~(flags[0] | flags[1].fillna(False) | flags[2].fillna(False))
    identity = pd.DataFrame(
        {
            "link_id": [f"row-{number + 1}" for number in rows.index],
            "page_id": pd.NA,
            "page_url": [fact.page_url for fact in facts],
            "title": rows["title"],
            "target_url": rows["target_url"],
            "anchor": rows["anchor"],
            "rel": pd.NA,
            "counts": counts,
            "basis": ["row" if fact.title is not None or fact.anchor is not None else "url" for fact in facts],
            "status": "ok",
            "error": errors.loc[rows.index],
        },
        index=rows.index,
    )
    identity = identity.astype({name: "string" for name in IDENTITY if name != "counts"} | {"counts": "boolean"})
    return pd.concat([identity, featurizer.frame([featurizer.of_row(fact) for fact in facts], rows.index)], axis=1)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else math.nan


class _Pages:
    """Links found on the pages that an export names."""

    def __init__(
        self,
        rows: pd.DataFrame,
        pages: str | Path,
        urls: Path | None,
        contract: Contract,
        targets: Mapping[str, str] | None,
        limits: Limits | None,
        jobs: int,
    ) -> None:
        self._names = contract.names
        self._of_row = [feature.name for feature in contract.features if feature.family == "provider"]
        wanted = {_link_key(page, target) for page, target in zip(rows["page_url"], rows["target_url"], strict=True)}
        found = []
        aliases: dict[str, tuple[str, ...]] = {}
        source = _noting_aliases(read_pages(pages, urls=urls), aliases)
        for links in extract(source, contract=contract, limits=limits, targets=targets, jobs=jobs):
            keys = [
                (at, key)
                for at, (page, target) in enumerate(zip(links["page_url"], links["target_url"], strict=True))
                for address in (page, *(aliases.get(page, ()) if isinstance(page, str) else ()))
                if (key := _link_key(address, target)) is not None and key in wanted
            ]
            part = links.iloc[[at for at, _ in keys]]
            part.index = pd.Index([key for _, key in keys], tupleize_cols=False)
            found.append(part)
        self._found: dict[object, pd.DataFrame] = (
            dict(iter(pd.concat(found).groupby(level=0, sort=False))) if found else {}
        )

    def joined(self, links: pd.DataFrame) -> pd.DataFrame:
        """Put in what the page shows of each link that is found on it; of several the one with the row's anchor."""
        links = links.copy()
        for at, page, target, anchor in zip(
            links.index, links["page_url"], links["target_url"], links["anchor"], strict=True
        ):
            part = self._found.get(_link_key(page, target))
            if part is None:
                continue
            link = _with_anchor(part, anchor).iloc[0]
            known_only_to_row = links.loc[at, self._of_row].copy()
            links.loc[at, ["page_id", "rel", "counts", "basis"]] = link[
                ["page_id", "rel", "counts", "basis"]
            ].to_numpy()
            links.loc[at, self._names] = link[self._names].to_numpy(dtype=np.float32)
            links.loc[at, self._of_row] = known_only_to_row
        return links


def _noting_aliases(pages: Iterable[RawPage], aliases: dict[str, tuple[str, ...]]) -> Iterator[RawPage]:
    """Pass pages on; an export may name the address that was redirected, not the page's own."""
    for page in pages:
        if page.url is not None and page.aliases:
            aliases[page.url] = page.aliases
        yield page


def _with_anchor(links: pd.DataFrame, anchor: object) -> pd.DataFrame:
    """Return the links with an anchor, or all where none has it; an export gives an image's alternative text as it is."""
    if not isinstance(anchor, str):
        return links
    shown = [split_image(_text(text))[0] or "" for text in links["anchor"]]
    same = links[[text == (split_image(anchor)[0] or "") for text in shown]]
    return same if len(same) else links


def _link_key(page: object, target: object) -> str | None:
    if not isinstance(page, str) or not isinstance(target, str):
        return None
    # An export may spell a page's address with letters that go over the wire encoded.
    return f"{page_key(ascii_url(page))} {page_key(normalize_url(target))}"
