"""Whether a disavow file is called for after an audit, and what stands in it."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import pandas as pd

from linksift.decisions import Decisions
from linksift.disavow.entry import Entry
from linksift.disavow.guidance import AFTER, NO_GROUNDS, grounds
from linksift.disavow.hosts import REASONS, HostRules
from linksift.disavow.kept import Kept
from linksift.disavow.plan import is_within_limits, make_plan, render
from linksift.disavow.propose import MIN_SHARE, percent, propose
from linksift.io.userlabels import KeepList

_OTHER_VERB: Final = "The last two are options of `linksift disavow write links.parquet`."


@dataclass(frozen=True, slots=True)
class Words:
    """What the user said.

    Attributes
    ----------
    rules
        With the owner's sites.
    manual_action, built_links
        The grounds on which a file can be called for.
    """

    decisions: Decisions
    keep: KeepList | None
    rules: HostRules
    manual_action: bool = False
    built_links: bool = False

    @property
    def has_grounds(self) -> bool:
        """Whether anything was said that calls for a file."""
        return self.manual_action or self.built_links


@dataclass(frozen=True, slots=True)
class Disavowal:
    """A file, or None, and why; `entries` is how many it has or would have."""

    text: str | None
    why: str
    entries: int
    refused: tuple[str, ...]


def disavowal(links: pd.DataFrame, words: Words, day: date, model: str) -> Disavowal:
    """Say whether a file is called for.

    Parameters
    ----------
    links
        Judged links.
    model
        What scored them, in words.
    """
    seen = _seen(links)
    kept = Kept(words.rules, words.keep, words.decisions, seen["page_url"].fillna(seen["host"])[seen["kept"]].dropna())
    proposal = propose(seen, words.decisions, words.rules, kept)
    plan = make_plan(proposal, None, kept)
    count = len(plan.entries)
    if not count:
        why = f"Nothing needs to be disavowed: of {len(links):,} links none is to be disavowed and can stand in a file."
        return Disavowal(None, why, 0, proposal.refused)
    if not words.has_grounds:
        return Disavowal(None, f"{NO_GROUNDS}\n{_OTHER_VERB}", count, proposal.refused)
    heading = [
        "Entries by linksift, in the format of Google's disavow tool",
        f"{day}: {model}",
        f"grounds: {grounds(manual_action=words.manual_action, built_links=words.built_links)}",
        f"domain: where at least {percent(MIN_SHARE)} of a site's seen links are to be disavowed",
    ]
    text = render(plan, heading)
    if not is_within_limits(text):
        text = render(plan, heading, with_reasons=False)
    if not is_within_limits(text):
        why = "The list would be over Google's limits; `linksift disavow write` on links.parquet says the ways out."
        return Disavowal(None, why, count, proposal.refused)
    return Disavowal(text, AFTER, count, proposal.refused)


def refusals(links: pd.DataFrame, words: Words) -> dict[str, str]:
    """Say for each site, and each domain somebody decided on, why it must not be disavowed as a whole, where it must not."""
    seen = _seen(links)
    kept = Kept(words.rules, words.keep, words.decisions, seen["page_url"].fillna(seen["host"])[seen["kept"]].dropna())
    domains = {*links["site"].dropna(), *(one.domain for one in words.decisions.all if one.domain is not None)}
    found = {}
    for domain in sorted(domains):
        code = words.rules.against(domain)
        below = kept.below(domain)
        why = REASONS[code] if code is not None else kept.of(Entry(domain=domain))
        if why or below:
            found[domain] = why or f"would take in {below}, which is kept"
    return found


def _seen(links: pd.DataFrame) -> pd.DataFrame:
    """Return links with the columns that `linksift.disavow.propose` reads."""
    return links.assign(
        host=links["domain"],
        lost=links["lost"].fillna(value=False).astype(bool),
        kept=links["kept"].astype(bool),
    )
