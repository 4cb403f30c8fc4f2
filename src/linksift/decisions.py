"""Decisions that the user took: read, merged, applied over scored links, and written for the next time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from linksift.errors import InputError
from linksift.io.csvrows import header_and_rows
from linksift.io.decisionfile import COLUMNS, Decision, decisions_of_rows, is_decision_header, settle
from linksift.io.disavow import ascii_host
from linksift.io.headers import header_positions
from linksift.io.tables import write_table
from linksift.io.textfile import BROKEN_GZIP, display_name, lines, open_text
from linksift.io.userlabels import KeepList, UserLabels, labels_of_decisions
from linksift.labels import Label
from linksift.policy import REVIEW
from linksift.urls import host_of, normalize_url


@dataclass(slots=True)
class Decisions:
    """One decision for each page and domain.

    Attributes
    ----------
    all
        In the order in which each page or domain was first named.
    problems
        Lines that were left out, and contradictions.
    """

    all: list[Decision] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    _by_url: dict[str, Decision] = field(init=False, repr=False)
    _by_domain: dict[str, Decision] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._by_url = {one.url: one for one in self.all if one.url is not None}
        self._by_domain = {one.domain: one for one in self.all if one.domain is not None}

    def of(self, page_url: str | None, host: str | None = None) -> Decision | None:
        """Return the most exact decision about a page (or, where none is known, a host), or None.

        The page's own decision comes first, then its host's, then that of each domain above it.
        """
        if page_url is not None and (own := self._by_url.get(normalize_url(page_url))) is not None:
            return own
        name = host_of(page_url) or host
        labels = ascii_host(name.lower()).split(".") if name else []
        above = (self._by_domain.get(".".join(labels[at:])) for at in range(len(labels)))
        return next((one for one in above if one is not None), None)

    def chosen(self, *choices: str) -> list[Decision]:
        """Return the decisions that are one of `choices`."""
        return [one for one in self.all if one.decision in choices]


def read_decisions(paths: Sequence[str | Path]) -> Decisions:
    """Read decision files and merge them: of several decisions about one thing the latest counts.

    A line that cannot be used is left out and reported. Decisions of one time that contradict each other become one for review.

    Raises
    ------
    InputError
        If a file is missing, empty, not text, or no decisions file.
    """
    found: list[Decision] = []
    problems: list[str] = []
    for path in paths:
        name = display_name(path)
        try:
            with open_text(path) as text:
                header, rows = header_and_rows(list(lines(text, name)), name)
        except BROKEN_GZIP:
            raise InputError(f"{name}: the gzip stream breaks off") from None
        columns = header_positions(header)
        if not is_decision_header(columns):
            raise InputError(
                f"{name}: a decisions file needs a column decision, and url or domain;"
                f" columns found: {', '.join(header[:40])}"
            )
        usable, left_out = decisions_of_rows(rows, columns, len(header), name)
        found += usable
        problems += left_out
    settled, contradictions = settle(found)
    return Decisions(settled, problems + contradictions)


def write_decisions(decisions: Iterable[Decision], path: str | Path) -> None:
    """Write a ``decisions.csv`` that `read_decisions` reads back.

    Raises
    ------
    InputError
        If the file cannot be written, or its name does not end in ``.csv``.
    """
    if not str(path).lower().endswith(".csv"):
        raise InputError(f"{path}: the name of a decisions file ends in .csv")
    rows = [[getattr(one, column) for column in COLUMNS] for one in decisions]
    write_table(pd.DataFrame(rows, columns=list(COLUMNS), dtype="string"), path)


def decision_labels(decisions: Decisions) -> UserLabels:
    """Return the labels for training that decisions stand for: keep is valuable, disavow is harmful; the others are none."""
    return UserLabels(labels_of_decisions(decisions.all), list(decisions.problems))


def apply_decisions(
    links: pd.DataFrame, decisions: Decisions, *, keep: KeepList | None = None, own_sites: Iterable[str] = ()
) -> pd.DataFrame:
    """Say for each scored link what is to be done, and who says so.

    The owner's own sites come first, then the keep list, then the user's decisions, then the model.

    Parameters
    ----------
    links
        Columns `page_url`, `host` (where no page is known), `kept` (by the list that `predict` had) and `decision`, the
        model's.
    own_sites
        Hosts without ``www.``; each stands for the hosts below it too.

    Returns
    -------
    DataFrame
        Same index. `action` is ``keep``, ``disavow``, ``removal_asked``, ``review`` or ``none``; `decided_by` is
        ``own_site``, ``keep_list``, ``decision`` or ``model``; `decided_why` is the decision's reason, or NA.
    """
    own = KeepList(frozenset(own_sites), frozenset())
    pages, hosts = (links[name].astype(object).where(links[name].notna(), None) for name in ("page_url", "host"))
    facts = zip(pages, hosts, links["kept"].astype(bool), links["decision"].astype(object), strict=True)
    outcomes = [
        _action(page, host, said, decisions, own, vouched or (keep is not None and keep.covers(page, host)))
        for page, host, vouched, said in facts
    ]
    return pd.DataFrame(outcomes, columns=["action", "decided_by", "decided_why"], index=links.index, dtype="string")


def _action(
    page: str | None, host: str | None, said: object, decisions: Decisions, own: KeepList, is_vouched: bool
) -> tuple[str, str, str | None]:
    if own.covers(page, host):
        return "keep", "own_site", None
    if is_vouched:
        return "keep", "keep_list", None
    decision = decisions.of(page, host)
    if decision is not None:
        return decision.decision, "decision", decision.why
    return {Label.HARMFUL.value: "disavow", REVIEW: "review"}.get(str(said), "none"), "model", None
