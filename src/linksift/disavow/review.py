"""Look at an old disavow file again: which entries still stand for harmful links, and which can go."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Final, NamedTuple

import pandas as pd

from linksift.disavow.entry import Entry, above, listed_url
from linksift.disavow.hosts import REASONS, HostRules
from linksift.disavow.kept import Kept
from linksift.disavow.lines import clip
from linksift.disavow.listfile import ListFile

#: What can be proposed for an entry.
PROPOSALS: Final = ("take_out", "look", "stay", "not_seen")


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One entry of the file, seen again.

    Attributes
    ----------
    proposal
        ``take_out``; ``look``: a person should; ``stay``; or ``not_seen``: no link of it was among those scored.
    seen, to_disavow, review
        Links of it: all, those that the model or a decision would have disavowed, and those that nobody can tell.
    worst_p_harmful, median_p_harmful
        Of these links; NaN where none was judged.
    basis
        What they were judged from.
    """

    line: int
    entry: str
    proposal: str
    why: str
    seen: int = 0
    to_disavow: int = 0
    review: int = 0
    worst_p_harmful: float = math.nan
    median_p_harmful: float = math.nan
    basis: str | None = None


def review(found: ListFile, links: pd.DataFrame, rules: HostRules, kept: Kept, min_share: float) -> pd.DataFrame:
    """Review every entry of a file.

    Parameters
    ----------
    links
        From `linksift.disavow.scored` or `linksift.disavow.rescore`, with the columns of
        `linksift.decisions.apply_decisions`.
    min_share
        Below this share of its seen links, a domain is for a look: its pages may be enough.

    Returns
    -------
    DataFrame
        The fields of `Reviewed`, one row per entry and per line that is none; in the order of the file.
    """
    by_entry = _links_of_entries([entry for _, entry in found.entries()], links)
    reviewed: list[Reviewed] = []
    for number, reading in enumerate(found.lines, start=1):
        if reading.lost is not None:
            message = next(message for code, message in reading.problems if code == reading.lost)
            reviewed.append(Reviewed(number, clip(reading.text.strip()), "take_out", message))
        reviewed += [
            _reviewed(number, entry, by_entry.get(entry, []), rules, kept, min_share) for entry in reading.entries
        ]
    table = pd.DataFrame([asdict(one) for one in reviewed], columns=list(Reviewed.__dataclass_fields__))
    return table.astype(dict.fromkeys(("entry", "proposal", "why", "basis"), "string"))


class _Link(NamedTuple):
    """What counts of one link, as plain values: there are too many entries for a frame each."""

    action: str
    p_harmful: float
    is_counted: bool
    basis: str | None


def _links_of_entries(entries: list[Entry], links: pd.DataFrame) -> dict[Entry, list[_Link]]:
    """Return the links that each entry covers."""
    domains = {entry.domain for entry in entries if entry.domain is not None}
    pages = {entry.url for entry in entries if entry.url is not None}
    columns = (
        links["action"].astype(object),
        links["p_harmful"],
        links["counts"].fillna(True).astype(bool),
        links["basis"].astype(object).where(links["basis"].notna(), None),
    )
    found: dict[Entry, list[_Link]] = {}
    places = zip(links["page_url"].astype(object), links["host"].astype(object), strict=True)
    for (page, host), *values in zip(places, *columns, strict=True):
        for entry in _covering(page, host, domains, pages):
            found.setdefault(entry, []).append(_Link(*values))
    return found


def _covering(page: object, host: object, domains: set[str], pages: set[str]) -> Iterator[Entry]:
    if isinstance(host, str):
        yield from (Entry(domain=domain) for domain in above(host) if domain in domains)
    if pages and isinstance(page, str):
        url = listed_url(page)
        if url in pages:
            yield Entry(url=url)


def _reviewed(
    line: int, entry: Entry, links: Sequence[_Link], rules: HostRules, kept: Kept, min_share: float
) -> Reviewed:
    bad, unclear = (sum(link.action == action for link in links) for action in ("disavow", "review"))
    known = [link.p_harmful for link in links if not math.isnan(link.p_harmful)]
    proposal, why = _proposal(entry, links, bad, unclear, min_share)
    must_go, doubt = kept.of(entry), rules.against(entry.domain) if entry.domain is not None else None
    if must_go is not None:
        proposal, why = "take_out", must_go
    elif doubt is not None and proposal != "take_out":
        proposal, why = "look", f"{REASONS[doubt]}; {why}"
    return Reviewed(
        line=line,
        entry=entry.line,
        proposal=proposal,
        why=why,
        seen=len(links),
        to_disavow=bad,
        review=unclear,
        worst_p_harmful=max(known, default=math.nan),
        median_p_harmful=median(known) if known else math.nan,
        basis=" ".join(sorted({link.basis for link in links if link.basis is not None})) or None,
    )


def _proposal(entry: Entry, links: Sequence[_Link], bad: int, unclear: int, min_share: float) -> tuple[str, str]:
    """Return what the links of an entry speak for, and why."""
    if not links:
        return "not_seen", "no link of it in the table: gone, or not exported"
    counted = sum(link.is_counted for link in links)
    if not bad and not unclear:
        what = "is harmful or for review" if counted else "counts (nofollow and the like)"
        return "take_out", f"none of its {len(links)} seen links {what}"
    if not bad:
        return "look", f"{unclear} of its {len(links)} seen links for review, none harmful"
    said = f"{bad} of {len(links)} seen links to be disavowed"
    if entry.domain is not None and counted and bad / counted < min_share:
        return "look", f"{said}: its pages may be enough"
    return "stay", said
