"""From scored links and decisions to the entries that a disavow file would get."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import pandas as pd

from linksift.decisions import Decisions
from linksift.disavow.entry import Entry, above, cover, is_host, listed_url
from linksift.disavow.hosts import REASONS, HostRules
from linksift.disavow.kept import Kept
from linksift.io.decisionfile import Decision

#: From which share of a site's seen links on the whole site is disavowed, if nothing else is said.
MIN_SHARE: Final = 0.8

_SHOWN_REASONS: Final = 3
_ONE_BY_ONE: Final = "its harmful pages are listed one by one"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry, and why it should stand in the file."""

    entry: Entry
    reason: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the links and the decisions ask for.

    Attributes
    ----------
    candidates
        Decisions first, then sites and pages in the order of their names; no entry twice, none covered by another.
    refused
        What was asked for and is not done, and why.
    """

    candidates: tuple[Candidate, ...]
    refused: tuple[str, ...]


def propose(
    links: pd.DataFrame, decisions: Decisions, rules: HostRules, kept: Kept, min_share: float = MIN_SHARE
) -> Proposal:
    """Propose entries.

    Parameters
    ----------
    links
        From `linksift.disavow.scored`, with the columns of `linksift.decisions.apply_decisions`.
    min_share
        A site is disavowed as a whole where at least this share of its seen links that count is to be disavowed.
        Never one of `rules`, and none on which something is kept: there, and below the share, page by page. A link
        that the export calls lost asks for nothing, unless somebody decided so.
    """
    found = _Collector(rules, kept, min_share)
    for decision in decisions.chosen("disavow"):
        found.add_decided(decision)
    for site, rows in sorted(_by_site(links).items()):
        found.add_site(site, rows)
    return Proposal(tuple(_without_repeats(found.candidates)), tuple(found.refused))


class _Link(NamedTuple):
    """What counts of one link, as plain values: there are too many sites for a frame each."""

    page_url: str | None
    host: str
    action: str
    is_decided: bool
    p_harmful: float
    is_counted: bool
    is_lost: bool
    basis: str | None
    reasons: str | None

    @property
    def is_wanted(self) -> bool:
        return self.action == "disavow" and (self.is_decided or not self.is_lost)


def _by_site(links: pd.DataFrame) -> dict[str, list[_Link]]:
    """Return the links of each site of which at least one is to be disavowed."""
    known = links[links["host"].notna() & links["site"].notna()]
    wanted = known[known["site"].isin(known["site"][known["action"].eq("disavow")])]
    columns = (
        wanted["page_url"].astype(object).where(wanted["page_url"].notna(), None),
        wanted["host"].astype(object),
        wanted["action"].astype(object),
        wanted["decided_by"].eq("decision").astype(bool),
        wanted["p_harmful"],
        wanted["counts"].fillna(True).astype(bool),
        wanted["lost"],
        *(wanted[name].astype(object).where(wanted[name].notna(), None) for name in ("basis", "reasons")),
    )
    by_site: dict[str, list[_Link]] = {}
    for site, *values in zip(wanted["site"], *columns, strict=True):
        by_site.setdefault(site, []).append(_Link(*values))
    return by_site


class _Collector:
    """Gathers candidates, each checked against what must not be disavowed."""

    def __init__(self, rules: HostRules, kept: Kept, min_share: float) -> None:
        self._rules = rules
        self._kept = kept
        self._min_share = min_share
        self._domains: set[str] = set()
        self.candidates: list[Candidate] = []
        self.refused: list[str] = []

    def add_decided(self, decision: Decision) -> None:
        """Take in a decision of the user, where it can be an entry."""
        url = listed_url(decision.url) if decision.url is not None else None
        entry = Entry(decision.domain, url)
        if decision.url is not None and url is None:
            why: str | None = "this URL cannot stand in a disavow file"
        else:
            why = self._kept.of(entry)
        if why is None and entry.domain is not None:
            against = self._against(entry.domain)
            why = f"{against}; {_ONE_BY_ONE}" if against else None
        if why is not None:
            self.refused.append(f"{decision.where}: {decision.about}: {why}")
            return
        if entry.domain is not None:
            self._domains.add(entry.domain)
        said = " ".join(
            part for part in ("decided", decision.when, f"by {decision.who}" if decision.who else "") if part
        )
        self.candidates.append(Candidate(entry, f"{said}: {decision.why or 'no reason given'}"))

    def add_site(self, site: str, links: Sequence[_Link]) -> None:
        """Take in a site as a whole, or its pages."""
        wanted = [link for link in links if link.is_wanted and not self._is_taken(link.host)]
        if not wanted:
            return
        counted = [link for link in links if link.is_counted]
        bad = sum(link.action == "disavow" for link in counted)
        measure = f"{bad} of {len(counted)} seen links to be disavowed{_strength(wanted)}"
        why = self._against(site)
        if why is None and counted and bad / len(counted) >= self._min_share:
            self.candidates.append(Candidate(Entry(domain=site), measure))
            return
        reason = f"{site}, page by page ({why or f'below {percent(self._min_share)} of the site'}): {measure}"
        urls = {link.page_url: listed_url(link.page_url) for link in wanted if link.page_url is not None}
        entries = [Entry(url=url) for url in sorted({url for url in urls.values() if url is not None})]
        self.candidates += [Candidate(entry, reason) for entry in entries if self._kept.of(entry) is None]
        unlisted = sum(link.page_url is None or urls[link.page_url] is None for link in wanted)
        if unlisted:
            self.refused.append(f"{reason}: {unlisted:,} without a URL that could be listed")

    def _is_taken(self, host: str) -> bool:
        """Tell whether a decided domain covers a host."""
        return any(domain in self._domains for domain in above(host))

    def _against(self, domain: str) -> str | None:
        """Say in words what speaks against a domain as a whole, or None."""
        if not is_host(domain):
            return "is no host name that could be listed"
        code = self._rules.against(domain)
        if code is not None:
            return REASONS[code]
        below = self._kept.below(domain)
        return f"would take in {below}, which is kept" if below is not None else None


def percent(share: float) -> str:
    """Return a share in words."""
    return f"{100 * share:g} %"


def _strength(links: Sequence[_Link]) -> str:
    """Say how sure the model is and what it goes by, where it was the model."""
    by_model = [link for link in links if not link.is_decided and not math.isnan(link.p_harmful)]
    if not by_model:
        return ""
    bases = ", ".join(sorted({link.basis for link in by_model if link.basis is not None})) or "?"
    codes = Counter(code for link in by_model for code in re.split(r"[\s,;]+", link.reasons or "") if code)
    often = sorted(codes, key=lambda code: (-codes[code], code))[:_SHOWN_REASONS]
    why = f": {', '.join(often)}" if often else ""
    return f", p_harmful up to {max(link.p_harmful for link in by_model):.3f}, judged from {bases}{why}"


def _without_repeats(candidates: Iterable[Candidate]) -> list[Candidate]:
    by_entry: dict[Entry, Candidate] = {}
    for candidate in candidates:
        by_entry.setdefault(candidate.entry, candidate)
    domains = {entry.domain for entry in by_entry if entry.domain is not None}
    return [candidate for entry, candidate in by_entry.items() if cover(entry, domains) is None]
