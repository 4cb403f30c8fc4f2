"""Read one backlink export, whichever tool wrote it, into one uniform table; a piece at a time, however large it is."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa

from linksift.errors import InputError
from linksift.io.columns import STRING
from linksift.io.csvrows import Row
from linksift.io.headers import ExportFormat, Level, Reading, unique_names
from linksift.io.rawtable import open_table
from linksift.io.recognition import Recognised, recognise, sniff_format
from linksift.io.uicopy import is_copy, mended_header, mended_rows
from linksift.io.uniform import check_addresses, leave_out_others, leave_out_shifted, uniform_columns

__all__ = ["Export", "ExportReader", "open_export", "read_export", "sniff_format"]

# A chunk ends at the first of these, so that long rows and wide tables take no more memory than others.
_CHUNK_ROWS: Final = 16_384
_CHUNK_CELLS: Final = 1_000_000
_CHUNK_CHARS: Final = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Export:
    """One export, or a piece of it, row for row.

    Attributes
    ----------
    format
        Name of the format, as in `linksift.io.formats.FORMATS`.
    level
        What one row stands for: ``link``, ``domain`` or ``anchor``.
    raw
        The export's own columns as text, in order; a cell that the row lacks is NA. A column name that stands
        in the header twice gets ``.1`` the second time. The index counts the rows of the file from 0.
    links
        The uniform columns (`linksift.io.formats.COLUMNS`, all of them), with the same index; NA or NaN is
        unknown. An anchor or title that the export has and that is empty is an empty text, not NA.
    errors
        What is wrong with the row, with file and line, or None; the same index.
    lines
        Where the row starts: the line of the text, the row of the sheet, the item of the JSON list; from 1, the
        same index.
    """

    format: str
    level: Level
    raw: pd.DataFrame
    links: pd.DataFrame
    errors: "pd.Series[Any]"
    lines: "pd.Series[Any]"


@dataclass(frozen=True, slots=True)
class ExportReader:
    """An open export whose header has been read.

    Attributes
    ----------
    name
        The file's name.
    format, level
        What it is, and what one row stands for.
    header
        The names of its columns, each once.
    readings
        Which columns feed which uniform columns.
    notes
        What people should know of the file; it may grow while the rows are read.
    """

    name: str
    format: ExportFormat
    level: Level
    header: list[str]
    readings: list[Reading]
    notes: list[str]
    _rows: Iterator[Row]
    _problem_at: tuple[int, ...] | None

    def chunks(self) -> Iterator[Export]:
        """Yield the rows in pieces, once; memory is that of one piece.

        Raises
        ------
        InputError
            If there is no row.
        """
        start = 0
        for rows in _pieces(self._rows, len(self.header)):
            yield self._export(rows, start)
            start += len(rows)
        if start == 0:
            raise InputError(f"{self.name}: has a header but no rows ({self.format.title})")

    def read(self) -> Export:
        """Return all rows at once, as `chunks` does piece by piece."""
        chunks = list(self.chunks())
        return Export(
            chunks[0].format,
            chunks[0].level,
            pd.concat([chunk.raw for chunk in chunks]),
            pd.concat([chunk.links for chunk in chunks]),
            pd.concat([chunk.errors for chunk in chunks]),
            pd.concat([chunk.lines for chunk in chunks]),
        )

    def _export(self, rows: Sequence[Row], start: int) -> Export:
        width = len(self.header)
        index = pd.RangeIndex(start, start + len(rows))
        schema = pa.schema([(column, pa.large_string()) for column in unique_names(self.header)])
        cells = zip(*(_aligned(row.fields, width) for row in rows), strict=True)
        batch = pa.RecordBatch.from_arrays([pa.array(column, pa.large_string()) for column in cells], schema=schema)
        raw = batch.to_pandas(types_mapper={pa.large_string(): STRING}.get).set_index(index)
        problems = [row.problem or _width_problem(row.fields, width) for row in rows]
        links = uniform_columns(raw, self.readings)
        if self._problem_at is not None and self.format.problem is not None:
            leave_out_others(raw, links, self.format.problem, self._problem_at, problems)
        leave_out_shifted(links, [at for at, row in enumerate(rows) if len(row.fields) > width])
        if self.level != "anchor":
            check_addresses(links, problems)
        errors = [
            None if problem is None else f"{self.name}:{row.part}{row.line}: {problem}"
            for row, problem in zip(rows, problems, strict=True)
        ]
        return Export(
            self.format.name, self.level, raw, links, pd.Series(errors, index=index, dtype=object),
            pd.Series([row.line for row in rows], index=index, dtype="int64"),
        )  # fmt: skip


@contextmanager
def open_export(path: str | Path, *, columns: Mapping[str, str] | None = None) -> Iterator[ExportReader]:
    """Open an export of backlinks, linking domains or anchor texts: CSV, XLSX or JSON.

    Kind of file, encoding, delimiter and format are found from the content; gzip is unpacked; ``-`` is stdin.
    Every row of the file is a row of the result, damaged ones with an error.

    Parameters
    ----------
    path
        The file.
    columns
        For a file that no reader knows: uniform column, or ``rel`` -> the file's name for it
        (`linksift.io.formats.parse_columns`).

    Raises
    ------
    InputError
        If the file is missing, empty, no such file, has a header that no format matches, or is an export of
        something else than links.
    """
    with open_table(path) as table:
        found = recognise(table, columns)
        if found.level == "none":
            raise InputError(
                f"{table.name}: is {found.format.title}, which names no linking page: {found.format.advice}"
            )
        yield _reader(table.name, found, table.notes)


def _reader(name: str, found: Recognised, notes: list[str]) -> ExportReader:
    header, names, rows = found.header, found.names, found.source.rows()
    if found.format.is_copied and is_copy(header):
        notes.append("the rows were copied from a screen: they were put under their columns again as far as possible")
        header = names = mended_header(header)
        rows = mended_rows(rows, header)
    readings, problem_at = found.format.readings(names), found.format.problem_positions(names)
    return ExportReader(name, found.format, found.level, header, readings, notes, rows, problem_at)


def read_export(path: str | Path, *, columns: Mapping[str, str] | None = None) -> Export:
    """Read a whole export at once, as `open_export` does.

    Raises
    ------
    InputError
        As `open_export`, and if the file has a header but no rows.
    """
    with open_export(path, columns=columns) as reader:
        return reader.read()


def _pieces(rows: Iterator[Row], width: int) -> Iterator[list[Row]]:
    most = max(1, min(_CHUNK_ROWS, _CHUNK_CELLS // width))
    piece: list[Row] = []
    chars = 0
    for row in rows:
        piece.append(row)
        chars += sum(map(len, row.fields))
        if len(piece) == most or chars >= _CHUNK_CHARS:
            yield piece
            piece, chars = [], 0
    if piece:
        yield piece


def _aligned(fields: list[str], width: int) -> Sequence[str | None]:
    return fields if len(fields) == width else [*fields[:width], *[None] * (width - len(fields))]


def _width_problem(fields: Sequence[str], width: int) -> str | None:
    count = "1 field" if len(fields) == 1 else f"{len(fields)} fields"
    return None if len(fields) == width else f"row has {count}, the header has {width}"
