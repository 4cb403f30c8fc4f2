"""What `linksift formats` does: say which exports files are, what each column becomes, and which rows are broken."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from linksift.errors import InputError
from linksift.io.exports import Export, ExportReader, open_export
from linksift.progress import Progress

_SHOWN_PROBLEMS: Final = 20
_HEAD: Final = ("file", "format", "column", "becomes", "filled", "read")
_KEPT: Final = "kept as it is"
_ROWS: Final = {"link": "one row per link", "domain": "one row per linking domain", "anchor": "one row per anchor text"}


@dataclass(slots=True)
class FileReport:
    """What was found in one export.

    Attributes
    ----------
    reader
        The file, whose rows have been read.
    filled
        Cells that hold something, per column of the file.
    read
        Values that were read, per uniform column.
    rows
        Rows of the file.
    n_problems, problems
        Broken rows, and what is wrong with the first of them, with file and line.
    """

    reader: ExportReader
    filled: list[int]
    read: dict[str, int]
    rows: int = 0
    n_problems: int = 0
    problems: list[str] = field(default_factory=list)

    def add(self, export: Export) -> None:
        """Count a piece of the file."""
        self.rows += len(export.raw)
        for position in range(len(self.filled)):
            self.filled[position] += int((export.raw.iloc[:, position].fillna("") != "").sum())
        for uniform in self.read:
            values = export.links[uniform]
            self.read[uniform] += int((values.notna() & (values != "").fillna(value=True)).sum())
        problems = export.errors.dropna().tolist()
        self.n_problems += len(problems)
        self.problems += problems[: _SHOWN_PROBLEMS - len(self.problems)]

    def table(self) -> list[tuple[str, ...]]:
        """Return one line per column of the file and per uniform column that it feeds."""
        lines: list[tuple[str, ...]] = []
        for position, (column, filled) in enumerate(zip(self.reader.header, self.filled, strict=True)):
            start = (self.reader.name, self.reader.format.name, column)
            fed = [reading.uniform for reading in self.reader.readings if position in reading.positions]
            lines += [(*start, uniform, f"{filled:,}", f"{self.read[uniform]:,}") for uniform in fed]
            if not fed:
                lines.append((*start, _KEPT, f"{filled:,}", ""))
        return lines

    def summary(self) -> list[str]:
        """Return the lines that say the same to people."""
        known = self.reader.format.title
        lines = [
            f"{self.reader.name}: {known}; {_ROWS[self.reader.level]}; {self.rows:,} rows, {self.n_problems:,} with a problem"
        ]
        lines += [f"{self.reader.name}: {note}" for note in self.reader.notes]
        lines += self.problems
        if self.n_problems > len(self.problems):
            lines.append(f"{self.reader.name}: and {self.n_problems - len(self.problems):,} more")
        return lines


def run_formats(arguments: argparse.Namespace, progress: Progress) -> int:
    """Look at each file; return 0 where all can be used, else 2."""
    lines: list[tuple[str, ...]] = []
    is_failed = False
    for path in arguments.files:
        report, error = examine(path, arguments.columns)
        if report is not None:
            lines += report.table()
            for line in report.summary():
                progress.say(_printable(line))
        if error is not None:
            is_failed = True
            sys.stderr.write(f"linksift formats: {_printable(str(error))}\n")
    if lines:
        sys.stdout.write(markdown(_HEAD, lines))
    return 2 if is_failed else 0


def examine(path: str | Path, columns: Mapping[str, str] | None = None) -> tuple[FileReport | None, InputError | None]:
    """Read an export to its end and say what it is.

    Parameters
    ----------
    path
        The file; ``-`` is stdin.
    columns
        What the user says of its columns (`linksift.io.formats.parse_columns`).

    Returns
    -------
    tuple
        What was found, None where the file was not recognised; and why the file cannot be used, None where it can.
    """
    report = None
    try:
        with open_export(path, columns=columns) as reader:
            report = FileReport(reader, [0] * len(reader.header), {reading.uniform: 0 for reading in reader.readings})
            for export in reader.chunks():
                report.add(export)
    except InputError as error:
        return report, error
    return report, None


def markdown(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Return a table that people read as it is and programs as Markdown."""
    cells = [[_printable(cell).replace("|", "\\|") for cell in line] for line in (head, *lines)]
    widths = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
    shown = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in cells
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([shown[0], rule, *shown[1:]]) + "\n"


def _printable(line: str) -> str:
    """Leave out what a terminal would obey: names and cells come from strangers."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in line)
