"""The lines of a disavow file without their defects: what `lint --fix` writes, and what a merge starts from."""

from collections.abc import Callable
from dataclasses import dataclass, field

from linksift.disavow.entry import Entry, cover
from linksift.disavow.listfile import ListFile

#: Says why an entry is not to stand in the file any more, or None.
Drop = Callable[[Entry], str | None]


@dataclass(slots=True)
class Tidied:
    """Lines for a new file.

    Attributes
    ----------
    lines
        Without line ends. An entry stands in the one right spelling, a comment has its own line, and a line of which
        nothing can be made is a comment that says so.
    entries
        In the order of the lines.
    dropped
        Entries that were taken out on purpose, each with the reason.
    lost
        Numbers and codes of the lines of the old file that are comments now.
    """

    lines: list[str] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    dropped: list[tuple[Entry, str]] = field(default_factory=list)
    lost: list[tuple[int, str]] = field(default_factory=list)


def tidy(found: ListFile, drop: Drop, more: frozenset[str] = frozenset()) -> Tidied:
    """Return the lines of a file without its defects.

    Parameters
    ----------
    drop
        Which entries go, and why.
    more
        Domains that are added elsewhere: entries that they cover are left out.
    """
    gone = {entry: why for _, entry in found.entries() if (why := drop(entry)) is not None}
    domains = more | {entry.domain for _, entry in found.entries() if entry.domain is not None and entry not in gone}
    result = Tidied()
    seen: set[Entry] = set()
    for number, reading in enumerate(found.lines, start=1):
        fresh = []
        for entry in reading.entries:
            if entry in seen or cover(entry, domains) is not None:
                continue
            seen.add(entry)
            if entry in gone:
                result.dropped.append((entry, gone[entry]))
            else:
                fresh.append(entry)
        if reading.lost is not None:
            result.lost.append((number, reading.lost))
            result.lines.append(_plain(f"# left out by linksift ({reading.lost}): {reading.text}"))
        elif reading.comment is not None and (fresh or not reading.entries):
            result.lines.append(_plain(reading.comment))
        elif not reading.text.strip():
            result.lines.append("")
        result.lines += [entry.line for entry in fresh]
        result.entries += fresh
    return result


def _plain(text: str) -> str:
    """Return a text on one line, without characters that no one sees."""
    return "".join(c if c.isprintable() else " " for c in text).strip()
