"""Read one backlink export, whichever tool wrote it, into one uniform table."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa

from linksift.errors import InputError
from linksift.io.columns import STRING, convert, unknown
from linksift.io.csvrows import Row, header_and_rows
from linksift.io.formats import COLUMNS, FORMATS, ExportFormat, header_key, header_positions
from linksift.io.textfile import BROKEN_GZIP, display_name, lines, open_text
from linksift.urls import MAX_URL_CHARS, host_of

_CHUNK_ROWS: Final = 16_384
_SHOWN_COLUMNS: Final = 40
_SHOWN_CHARS: Final = 60


@dataclass(frozen=True, slots=True)
class Export:
    """One export, row for row.

    Attributes
    ----------
    format
        Name of the format, as in `linksift.io.formats.FORMATS`.
    raw
        The export's own columns as text, in order; a cell that the row lacks is NA. A column name that stands
        in the header twice gets ``.1`` the second time.
    links
        The uniform columns (`linksift.io.formats.COLUMNS`, all of them), with the same index; NA or NaN is
        unknown. An anchor or title that the export has and that is empty is an empty text, not NA.
    errors
        Why the row cannot be used, or None; the same index.
    """

    format: str
    raw: pd.DataFrame
    links: pd.DataFrame
    errors: "pd.Series[Any]"


def sniff_format(header: Sequence[str]) -> ExportFormat | None:
    """Return the known format of a header, or None; of several the one with the most required names."""
    fitting = [known for known in FORMATS if known.matches(header)]
    return max(fitting, key=lambda known: len(known.required), default=None)


def read_export(path: str | Path) -> Export:
    """Read a CSV export of backlinks or of linking domains.

    Encoding, delimiter and format are found from the content; gzip is unpacked; ``-`` is stdin. Every row of
    the file is a row of the result, damaged ones with an error.

    Raises
    ------
    InputError
        If the file is missing, empty, not text, has a header but no rows, or a header that no format matches.
    """
    name = display_name(path)
    with open_text(path) as text:
        try:
            header, rows = header_and_rows(lines(text, name), name)
        except BROKEN_GZIP:
            raise InputError(f"{name}: the gzip stream breaks off within the header") from None
        known = sniff_format(header)
        if known is None:
            raise InputError(_unknown_header(header, name))
        raw, errors = _collect(rows, header)
    if raw.empty:
        raise InputError(f"{name}: has a header but no rows")
    links = _uniform(raw, known, header)
    _check_addresses(links, errors)
    return Export(known.name, raw, links, errors)


def _collect(rows: Iterator[Row], header: list[str]) -> tuple[pd.DataFrame, "pd.Series[Any]"]:
    """Gather the rows chunk by chunk: as Arrow text they take a fraction of what Python's strings take."""
    schema = pa.schema([(column, pa.large_string()) for column in _unique(header)])
    batches: list[pa.RecordBatch] = []
    errors: dict[int, str] = {}
    total = 0
    row_or_break = _until_break(rows)
    while chunk := list(islice(row_or_break, _CHUNK_ROWS)):
        fields: list[Sequence[str | None]] = []
        for number, row in enumerate(chunk, start=total):
            if isinstance(row, str):
                errors[number] = row
                fields.append([None] * len(header))
            else:
                if len(row.fields) != len(header):
                    errors[number] = f"row has {_count(row.fields)}, the header has {len(header)}"
                fields.append(_aligned(row.fields, len(header)))
        columns = [pa.array(column, pa.large_string()) for column in zip(*fields, strict=True)]
        batches.append(pa.RecordBatch.from_arrays(columns, schema=schema))
        total += len(chunk)
    table = pa.Table.from_batches(batches, schema=schema)
    raw = table.to_pandas(types_mapper={pa.large_string(): STRING}.get)
    return raw, pd.Series([errors.get(i) for i in range(total)], dtype=object)


def _until_break(rows: Iterator[Row]) -> Iterator[Row | str]:
    """Yield the rows; where the file breaks off, what happened instead of the rest."""
    try:
        yield from rows
    except BROKEN_GZIP:
        yield "the gzip stream breaks off here: the rows after this one are lost"


def _aligned(fields: list[str], width: int) -> Sequence[str | None]:
    return fields if len(fields) == width else [*fields[:width], *[None] * (width - len(fields))]


def _count(fields: Sequence[str]) -> str:
    return "1 field" if len(fields) == 1 else f"{len(fields)} fields"


def _unique(header: Iterable[str]) -> list[str]:
    names: list[str] = []
    taken: set[str] = set()
    for column in header:
        name, number = column, 0
        while name in taken:
            number += 1
            name = f"{column}.{number}"
        taken.add(name)
        names.append(name)
    return names


def _uniform(raw: pd.DataFrame, known: ExportFormat, header: list[str]) -> pd.DataFrame:
    positions = header_positions(header)
    sources = known.sources(header)
    columns = {}
    for column, kind in COLUMNS.items():
        own, derive = known.derived.get(column, ("", None))
        if column in sources:
            columns[column] = convert(raw.iloc[:, sources[column]], kind)
        elif derive is not None and header_key(own) in positions:
            columns[column] = derive(raw.iloc[:, positions[header_key(own)]])
        else:
            columns[column] = unknown(kind, raw.index)
    return pd.DataFrame(columns)


def _check_addresses(links: pd.DataFrame, errors: "pd.Series[Any]") -> None:
    """Note the rows whose page (or, without one, domain) is no address, and blank that cell of `links`."""
    doubtful = links.index[~_looks_like_url(links["page_url"])]
    urls = links["page_url"][doubtful].tolist()
    domains = links["domain"][doubtful].tolist()
    problems = {
        row: problem
        for row, url, domain in zip(doubtful, urls, domains, strict=True)
        if (problem := _problem(url, domain)) is not None
    }
    rows = list(problems)
    links.loc[rows, ["page_url", "domain"]] = pd.NA
    errors[rows] = [errors[row] or problems[row] for row in rows]


def _problem(url: object, domain: object) -> str | None:
    if isinstance(url, str):
        return _url_problem(url)
    if not isinstance(domain, str):
        return "the row has no URL"
    is_host = not any(c.isspace() for c in domain) and host_of(f"http://{domain}") is not None
    return None if is_host else f"{_clip(domain)!r} is no domain"


def _looks_like_url(urls: "pd.Series[Any]") -> "pd.Series[Any]":
    plain = urls.str.match(r"(?i)https?://[a-z0-9][a-z0-9.-]*(?:[/?#]|$)").fillna(value=False)
    return (plain & (urls.str.len() <= MAX_URL_CHARS).fillna(value=False)).astype(bool)


def _url_problem(url: str) -> str | None:
    if len(url) > MAX_URL_CHARS:
        return f"the URL is longer than {MAX_URL_CHARS:,} characters"
    if url.startswith("//") or host_of(url) is None:
        return f"{_clip(url)!r} is no http(s) URL"
    return None


def _clip(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARS else text[: _SHOWN_CHARS - 1] + "…"


def _unknown_header(header: list[str], name: str) -> str:
    found = header_positions(header).keys()

    def missing(known: ExportFormat) -> list[str]:
        return sorted(column for column in known.required if header_key(column) not in found)

    def overlap(known: ExportFormat) -> float:
        return 1 - len(missing(known)) / len(known.required)

    nearest = max((known for known in FORMATS if known.required), key=overlap)
    shown = ", ".join(_clip(column) for column in header[:_SHOWN_COLUMNS])
    more = f" and {len(header) - _SHOWN_COLUMNS} more" if len(header) > _SHOWN_COLUMNS else ""
    hint = ""
    if overlap(nearest) > 0:
        hint = f" The nearest known format is {nearest.name}, which also has: {', '.join(missing(nearest))}."
    return (
        f"{name}: is no export that linksift knows. Columns found: {shown}{more}.{hint}"
        " A CSV of your own needs a column url, page_url, source_url or domain."
    )
