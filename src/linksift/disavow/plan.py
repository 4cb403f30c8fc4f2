"""The present file and a proposal, merged: what a new file holds, what comes in, and what goes out."""

from dataclasses import dataclass
from typing import Final

from linksift.disavow.entry import MAX_BYTES, MAX_LINES, Entry, cover
from linksift.disavow.kept import Kept
from linksift.disavow.listfile import ListFile
from linksift.disavow.propose import Candidate, Proposal
from linksift.disavow.tidy import Tidied, tidy

_COMMENT_CHARS: Final = 240


@dataclass(frozen=True, slots=True)
class Plan:
    """A new file.

    Attributes
    ----------
    added
        What the present file does not say yet.
    removed
        Entries of the present file that the new one lacks, each with the reason.
    base
        The lines of the present file that stay.
    """

    added: tuple[Candidate, ...]
    removed: tuple[tuple[Entry, str], ...]
    base: Tidied

    @property
    def entries(self) -> list[Entry]:
        """All entries, in the order of the new file."""
        return [*self.base.entries, *(candidate.entry for candidate in self.added)]


def make_plan(proposal: Proposal, base: ListFile | None, kept: Kept) -> Plan:
    """Merge a proposal into the present file.

    What is kept goes out of the file. So do repeats and what a domain covers. Comments and the order of the lines stay.
    """
    present = [entry for _, entry in base.entries()] if base is not None else []
    staying = {entry for entry in present if kept.of(entry) is None}
    domains = {entry.domain for entry in staying if entry.domain is not None}
    added = tuple(
        candidate
        for candidate in proposal.candidates
        if candidate.entry not in staying and cover(candidate.entry, domains) is None
    )
    more = frozenset(one.entry.domain for one in added if one.entry.domain is not None)
    tidied = tidy(base, kept.of, more) if base is not None else Tidied()
    dropped = dict(tidied.dropped)
    still = set(tidied.entries)
    removed = tuple(
        (entry, dropped.get(entry) or f"domain:{cover(entry, domains | more)} covers it")
        for entry in dict.fromkeys(present)
        if entry not in still
    )
    return Plan(added, removed, tidied)


def render(plan: Plan, heading: list[str], *, with_reasons: bool = True) -> str:
    """Return the text of the new file.

    Parameters
    ----------
    heading
        Comments above what is added.
    with_reasons
        Whether the reasons stand above the entries; they count as lines too.
    """
    lines = list(plan.base.lines)
    if plan.added:
        if lines and lines[-1]:
            lines.append("")
        lines += [_comment(text) for text in heading]
    said = ""
    for candidate in plan.added:
        if with_reasons and candidate.reason != said:
            lines.append(_comment(candidate.reason))
            said = candidate.reason
        lines.append(candidate.entry.line)
    return "".join(f"{line}\n" for line in lines)


def is_within_limits(text: str) -> bool:
    """Tell whether Google takes a file of this size."""
    return text.count("\n") <= MAX_LINES and len(text.encode()) <= MAX_BYTES


def _comment(text: str) -> str:
    """Return a text as one comment line in ASCII: reasons may come from files of others."""
    plain = " ".join(text.encode("ascii", "backslashreplace").decode().split())
    shown = "".join(c if c.isprintable() else "?" for c in plain)
    return f"# {shown[:_COMMENT_CHARS]}".rstrip()
