"""Tell which export a table is, by its header; by what its columns hold where the header is in another language."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from linksift.errors import InputError
from linksift.io.formats import FORMATS, mapped_columns
from linksift.io.headers import ExportFormat, Level, Reading, header_key, header_positions
from linksift.io.rawtable import Candidate, RawTable
from linksift.io.shapes import fits, is_data, suggest

#: More columns than this is no export: a table of text takes memory for each of them.
MAX_COLUMNS: Final = 1_000

_SHOWN_COLUMNS: Final = 40
_SHOWN_CHARS: Final = 60


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a table is.

    Attributes
    ----------
    format
        The export format.
    header
        The names of its columns as they stand in the file.
    names
        The names under which the format knows the columns; others than `header` where that is in another language.
    source
        The row that holds the header, and the way to the rows.
    """

    format: ExportFormat
    header: list[str]
    names: list[str]
    source: Candidate

    @property
    def readings(self) -> list[Reading]:
        """Which columns feed which uniform columns."""
        return self.format.readings(self.names)

    @property
    def level(self) -> Level:
        """What one row stands for; a table of the user's own may know domains alone."""
        names_a_page = any(reading.uniform == "page_url" for reading in self.readings)
        return "domain" if self.format.level == "link" and not names_a_page else self.format.level


def sniff_format(header: Sequence[str]) -> ExportFormat | None:
    """Return the known format of a header, or None; of several the one with the most required names."""
    fitting = [known for known in FORMATS if known.matches(header)]
    return max(fitting, key=lambda known: len(known.required), default=None)


def recognise(table: RawTable, columns: Mapping[str, str] | None = None) -> Recognised:
    """Find the header of a table and the format that it has.

    Parameters
    ----------
    table
        The first rows of a file.
    columns
        What the user says of the columns: uniform column, or ``rel`` -> the file's name for it. It goes before
        what the header says.

    Raises
    ------
    InputError
        If no format fits, or a column that the user named is missing. The message shows the nearest format and
        how to name the columns.
    """
    possible = list(_possible(table.candidates))
    if not possible:
        raise InputError(f"{table.name}: has no header: its first lines hold empty cells only")
    found = _by_names(possible, mapped_columns(columns)) if columns else _by_header(possible) or _by_shape(possible)
    if found is None:
        raise InputError(f"{table.name}: {_unmapped(possible, columns) if columns else _unknown(possible)}")
    if len(found.header) > MAX_COLUMNS:
        raise InputError(f"{table.name}: a header of {len(found.header):,} columns is that of no export")
    table.notes.extend(_notes(table.candidates, found))
    return found


def _possible(candidates: Sequence[Candidate]) -> Iterator[Candidate]:
    """Yield the rows that may be the header: wider than all rows above it, for those are no rows of the table."""
    widths: dict[str, int] = {}
    for candidate in candidates:
        filled = sum(1 for cell in candidate.fields if cell)
        if filled > widths.get(candidate.part, 0):
            widths[candidate.part] = filled
            yield candidate


def _by_names(possible: Sequence[Candidate], mapped: ExportFormat) -> Recognised | None:
    return next((_plain(mapped, candidate) for candidate in possible if mapped.matches(candidate.fields)), None)


def _by_header(possible: Sequence[Candidate]) -> Recognised | None:
    """Take the first header of a known tool, else the first one with names of our own."""
    known = [(sniff_format(candidate.fields), candidate) for candidate in possible]
    fitting = [_plain(found, candidate) for found, candidate in known if found is not None]
    return next((found for found in fitting if found.format.required), next(iter(fitting), None))


def _plain(found: ExportFormat, candidate: Candidate) -> Recognised:
    return Recognised(found, candidate.fields, candidate.fields, candidate)


def _by_shape(possible: Sequence[Candidate]) -> Recognised | None:
    for candidate in possible:
        if is_data(candidate.fields):
            continue
        for known in FORMATS:
            for layout in known.layouts:
                if len(layout) == len(candidate.fields) and fits(layout, candidate.sample()):
                    return Recognised(known, candidate.fields, list(layout), candidate)
    return None


def _notes(candidates: Sequence[Candidate], found: Recognised) -> Iterator[str]:
    source = found.source
    above = [candidate for candidate in candidates[: candidates.index(source)] if candidate.part == source.part]
    if above:
        yield f"lines above the header are left out: {', '.join(str(candidate.line) for candidate in above)}"
    for part in dict.fromkeys(candidate.part for candidate in candidates[: candidates.index(source)]):
        if part != source.part:
            yield f"the sheet {part.removesuffix('!')!r} has no header that linksift knows and is not read"
    if found.names != found.header:
        yield "the header is in another language: the columns were told by what they hold"


def _unmapped(possible: Sequence[Candidate], columns: Mapping[str, str]) -> str:
    header = max(possible, key=lambda candidate: len(candidate.fields)).fields
    missing = mapped_columns(columns).missing(header)
    what = f"has no column {', '.join(map(repr, missing))}" if missing else "needs a column for url, domain or anchor"
    return f"{what}, as --columns says. Columns found: {_shown(header)}"


def _unknown(possible: Sequence[Candidate]) -> str:
    first = possible[0].fields
    if first[0].casefold().startswith(("domain:", "#")):
        return "looks like a disavow file, which names no links: give the export that it was made from"
    if is_data(first):
        return (
            "has no header: its first line is already a row. Write a line with the names of the columns above it,"
            " such as url,anchor"
        )
    candidate = max(possible, key=lambda candidate: len(candidate.fields))
    found = header_positions(candidate.fields).keys()

    def overlap(known: ExportFormat) -> float:
        shared = sum(header_key(name) in found for name in known.required)
        return shared / len(known.required)

    nearest = max((known for known in FORMATS if known.required), key=overlap)
    hint = ""
    if overlap(nearest) > 0:
        missing = ", ".join(nearest.missing(candidate.fields))
        hint = f" The nearest known format is {nearest.title} ({nearest.name}), which also has: {missing}."
    return (
        f"is no export that linksift knows. Columns found: {_shown(candidate.fields)}.{hint}"
        f" Say what its columns are: {_option(candidate)}"
    )


def _option(candidate: Candidate) -> str:
    guessed = suggest(candidate.fields, candidate.sample())
    if not {"page_url", "domain"} & guessed.keys():
        return "--columns url=NAME,target_url=NAME,anchor=NAME (url or domain is needed)"
    pairs = (f"{'url' if uniform == 'page_url' else uniform}={name}" for uniform, name in guessed.items())
    quoted = (f'"{pair}"' if "," in pair or '"' in pair else pair for pair in pairs)
    return f"--columns '{','.join(quoted)}' (a guess: check it)"


def _shown(header: Sequence[str]) -> str:
    shown = ", ".join(clip(column) for column in header[:_SHOWN_COLUMNS])
    more = len(header) - _SHOWN_COLUMNS
    return f"{shown} and {more:,} more" if more > 0 else shown


def clip(text: str) -> str:
    """Shorten a text from a file for a message."""
    return text if len(text) <= _SHOWN_CHARS else text[: _SHOWN_CHARS - 1] + "…"
