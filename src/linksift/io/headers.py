"""The header row of an export: how names are compared, and what an export format says of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, TypeAlias

from linksift.io.columns import Derive

#: What one row stands for: a link, a linking domain, an anchor text, or nothing that tells a link.
Level = Literal["link", "domain", "anchor", "none"]

#: The export's column, or several of which the first that is there is taken. ``BackLinks *`` is any name that begins so.
Names: TypeAlias = str | tuple[str, ...]

#: The columns that a function makes a uniform column of, all of which must be there, and the function.
Derived: TypeAlias = tuple[tuple[str, ...], Derive]

_NEEDED: Final[Mapping[Level, frozenset[str]]] = {
    "link": frozenset({"page_url", "domain"}),
    "domain": frozenset({"domain"}),
    "anchor": frozenset({"anchor"}),
    "none": frozenset(),
}


class Reading(NamedTuple):
    """Where a uniform column comes from: positions in the header, and the function where reading a cell is not enough."""

    uniform: str
    positions: tuple[int, ...]
    derive: Derive | None


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """One kind of export.

    Attributes
    ----------
    name
        Goes into the results and the reports.
    title
        The tool and its report, for people.
    required
        Header names that must all be there. Upper and lower case, spaces and underscores make no difference,
        here and in all other names.
    columns
        Uniform column -> the export's columns that hold it, the best one first.
    derived
        Uniform column -> the export's columns and the function that makes the one of the others. Used where
        `columns` finds nothing.
    level
        What one row stands for.
    problem
        The export's column and the function that says why a row of it is no link, or nothing.
    layouts
        The columns in the export's order, with what their cells must look like (`linksift.io.shapes.TESTS`): a
        header in a language that nobody listed is told by them.
    spellings
        Header names in other languages -> the name used here.
    is_copied
        Whether rows copied from the tool's screen are known to come damaged (`linksift.io.uicopy`).
    advice
        What to use instead, where the level is ``none``.
    """

    name: str
    title: str
    required: frozenset[str]
    columns: Mapping[str, Names] = field(default_factory=dict)
    derived: Mapping[str, Derived] = field(default_factory=dict)
    level: Level = "link"
    problem: Derived | None = None
    layouts: tuple[Mapping[str, str], ...] = ()
    spellings: Mapping[str, str] = field(default_factory=dict)
    is_copied: bool = False
    advice: str = ""

    def in_english(self, header: Sequence[str]) -> list[str]:
        """Return `header` with the names that `spellings` knows replaced."""
        known = {header_key(name): english for name, english in self.spellings.items()}
        return [known.get(header_key(name), name) for name in header]

    def matches(self, header: Sequence[str]) -> bool:
        """Tell whether `header` is one of this format."""
        return not self.missing(header) and self.is_useful(header)

    def missing(self, header: Sequence[str]) -> list[str]:
        """Return the required names that `header` lacks, sorted."""
        positions = header_positions(self.in_english(header))
        return sorted(name for name in self.required if _position(name, positions) is None)

    def is_useful(self, header: Sequence[str]) -> bool:
        """Tell whether the columns are there without which a row says nothing."""
        needed = _NEEDED[self.level]
        return not needed or any(reading.uniform in needed for reading in self.readings(header))

    def readings(self, header: Sequence[str]) -> list[Reading]:
        """Return which columns of `header` feed which uniform columns."""
        positions = header_positions(self.in_english(header))
        found = {}
        for uniform, names in self.columns.items():
            places = (_position(name, positions) for name in ((names,) if isinstance(names, str) else names))
            place = next((place for place in places if place is not None), None)
            if place is not None:
                found[uniform] = Reading(uniform, (place,), None)
        for uniform, (own, derive) in self.derived.items():
            if uniform not in found and (at := _positions(own, positions)) is not None:
                found[uniform] = Reading(uniform, at, derive)
        return list(found.values())

    def problem_positions(self, header: Sequence[str]) -> tuple[int, ...] | None:
        """Return where the columns of `problem` stand; None where there is none, or the header lacks one."""
        return None if self.problem is None else _positions(self.problem[0], header_positions(self.in_english(header)))


def header_key(name: str) -> str:
    """Return the form under which header names are compared."""
    return " ".join(name.strip("\ufeff").replace("_", " ").casefold().split())


def header_positions(header: Sequence[str]) -> dict[str, int]:
    """Return where each header name stands first, by its `header_key`."""
    positions: dict[str, int] = {}
    for position, name in enumerate(header):
        positions.setdefault(header_key(name), position)
    return positions


def unique_names(header: Iterable[str]) -> list[str]:
    """Return the names, the second of a kind with ``.1`` behind it, and so on."""
    return list(_unique(header))


def _unique(header: Iterable[str]) -> Iterator[str]:
    taken: set[str] = set()
    for column in header:
        name, number = column, 0
        while name in taken:
            number += 1
            name = f"{column}.{number}"
        taken.add(name)
        yield name


def _positions(names: Sequence[str], positions: Mapping[str, int]) -> tuple[int, ...] | None:
    places = [_position(name, positions) for name in names]
    found = tuple(place for place in places if place is not None)
    return found if len(found) == len(places) else None


def _position(name: str, positions: Mapping[str, int]) -> int | None:
    exact = positions.get(header_key(name))
    if exact is not None or not name.endswith("*"):
        return exact
    start = header_key(name[:-1])
    return next((place for key, place in positions.items() if key.startswith(f"{start} ")), None)
