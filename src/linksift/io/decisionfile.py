"""What people decided about linking pages and sites: the rows of a ``decisions.csv``."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, Literal, TypeAlias, get_args

from linksift.io.csvrows import Row
from linksift.io.disavow import ascii_host, clean_domain, clean_url
from linksift.urls import host_of

Choice = Literal["keep", "disavow", "removal_asked", "review"]

#: Every decision that can be taken.
CHOICES: Final[tuple[Choice, ...]] = get_args(Choice)
#: Columns of a decisions file, in order; `url` or `domain`, and `decision`, are needed.
COLUMNS: Final = ("url", "domain", "decision", "who", "when", "why")

_Key: TypeAlias = tuple[str | None, str | None]

_LEFT_OUT: Final = "line left out"
_OLDEST: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision about one page (`url`) or about a domain with all below it (`domain`); never both.

    Attributes
    ----------
    url
        Normalised (`linksift.urls.normalize_url`).
    domain
        Host without ``www.``.
    who, when, why
        As in the file, or None; `when` is an ISO date or time.
    where
        File and line, for messages: ``decisions.csv:17``.
    """

    url: str | None
    domain: str | None
    decision: Choice
    who: str | None = None
    when: str | None = None
    why: str | None = None
    where: str = ""

    @property
    def key(self) -> _Key:
        """What the decision is about."""
        return self.url, self.domain

    @property
    def about(self) -> str:
        """What the decision is about, for messages."""
        return self.url or f"domain:{self.domain}"

    @property
    def moment(self) -> datetime:
        """When it was taken; one without a date is older than any other, a date is its first moment, in UTC."""
        return _OLDEST if self.when is None else _moment(self.when)


def is_decision_header(columns: Mapping[str, int]) -> bool:
    """Tell a decisions file by its columns (`linksift.io.headers.header_positions`): a decision, and no label."""
    is_labelled = "label" in columns or "class" in columns
    return "decision" in columns and not is_labelled and bool({"url", "domain"} & columns.keys())


def decisions_of_rows(
    rows: Iterable[Row], columns: Mapping[str, int], width: int, name: str
) -> tuple[list[Decision], list[str]]:
    """Read the rows of a decisions file; return the usable ones, and what was wrong with the others.

    Parameters
    ----------
    columns
        Where each column stands.
    width
        How many fields the header has.
    name
        The file's name for messages.
    """
    found, problems = [], []
    for row in rows:
        where = f"{name}:{row.line}"
        if len(row.fields) != width:
            problems.append(f"{where}: the row has {len(row.fields)} fields, the header has {width}: {_LEFT_OUT}")
            continue
        cells = {key: row.fields[at].strip() for key, at in columns.items() if key in COLUMNS}
        decision = _decision(cells, where)
        if isinstance(decision, str):
            problems.append(f"{where}: {decision}: {_LEFT_OUT}")
        elif decision is not None:
            found.append(decision)
            if cells.get("when") and decision.when is None:
                problems.append(f"{where}: {cells['when'][:40]!r} is no ISO date such as 2026-01-31: taken as unknown")
    return found, problems


def settle(decisions: Iterable[Decision]) -> tuple[list[Decision], list[str]]:
    """Return one decision for each page and domain, and the contradictions.

    The latest counts. Where the latest ones differ, nobody knows which is meant: it is one for review.
    """
    latest: dict[_Key, Decision] = {}
    against: dict[_Key, Decision] = {}
    for one in decisions:
        key, earlier = one.key, latest.get(one.key)
        if earlier is None or one.moment > earlier.moment:
            latest[key] = one
            against.pop(key, None)
        elif one.moment == earlier.moment and one.decision != earlier.decision:
            against.setdefault(key, one)
    problems = []
    for key, other in against.items():
        one = latest[key]
        problems.append(
            f"{one.about}: {one.decision} in {one.where} and {other.decision} in {other.where}, of one time: for review"
        )
        why = f"{one.decision} in {one.where} and {other.decision} in {other.where}"
        latest[key] = replace(one, decision="review", who=None, why=why)
    return list(latest.values()), problems


def _decision(cells: Mapping[str, str], where: str) -> Decision | str | None:
    """Return the decision of one row, the reason why there is none, or None for a row without one."""
    spelled = cells["decision"]
    choice = "_".join(spelled.casefold().replace("_", " ").replace("-", " ").split())
    if not choice:
        return None
    if choice not in CHOICES:
        return f"{spelled[:40]!r} is no decision ({', '.join(CHOICES)})"
    url, domain = cells.get("url"), cells.get("domain")
    if not url and not domain:
        return "the row has neither a URL nor a domain"
    page, problem = clean_url(url) if url else (None, None)
    site, site_problem = clean_domain(domain) if domain else (None, None)
    if problem or site_problem:
        return problem or site_problem
    if page is not None and site is not None and not f".{ascii_host(host_of(page) or '')}".endswith(f".{site}"):
        return f"the URL is not on the domain {site[:60]!r}"
    when = cells.get("when") or None
    return Decision(
        url=page,
        domain=site if page is None else None,
        decision=choice,
        who=cells.get("who") or None,
        when=when if when is not None and _is_moment(when) else None,
        why=cells.get("why") or None,
        where=where,
    )


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    # Not `astimezone`: it fails for the first and the last year.
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _is_moment(text: str) -> bool:
    try:
        _moment(text)
    except ValueError:
        return False
    return True
