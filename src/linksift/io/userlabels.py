"""The labels that users bring: CSV files of their own, disavow files, and lists of links to keep."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from linksift.errors import LabelError
from linksift.io.csvrows import DELIMITERS, Row, header_and_rows
from linksift.io.decisionfile import Decision, decisions_of_rows, is_decision_header, settle
from linksift.io.disavow import ListEntry, SiteList, ascii_host, clean_domain, clean_url, parse_list
from linksift.io.headers import header_positions
from linksift.io.textfile import BROKEN_GZIP, display_name, lines, open_text
from linksift.labels import CLASSES, Label
from linksift.urls import host_of, normalize_url

Source = Literal["user_label", "user_disavow", "user_keep"]

_SPELLINGS: Final[Mapping[str, str]] = {
    **{name: name for name in CLASSES},
    "disavow": Label.HARMFUL.value,
    "keep": Label.VALUABLE.value,
}
_LEFT_OUT: Final = "line left out"


@dataclass(frozen=True, slots=True)
class UserLabel:
    """One label of a user, for one page (`url`) or for a whole domain (`domain`); never both.

    Attributes
    ----------
    url
        Normalised address of the linking page (`linksift.urls.normalize_url`).
    domain
        Host without ``www.``; it stands for the hosts below it too.
    label
        One of `linksift.labels.CLASSES`.
    source
        The kind of file that it comes from.
    target_url, anchor, title
        As in the file, or None.
    where
        File and line, for messages: ``labels.csv:17``.
    """

    url: str | None
    domain: str | None
    label: str
    source: Source
    target_url: str | None
    anchor: str | None
    title: str | None
    where: str

    @property
    def key(self) -> tuple[str | None, str | None, str | None]:
        """What the label is about: two labels of one key must agree."""
        return self.url, self.domain, normalize_url(self.target_url) if self.target_url else None


@dataclass(slots=True)
class UserLabels:
    """The usable labels, in the order of the files, and what was left out and why."""

    labels: list[UserLabel] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class KeepList:
    """Pages and domains that a user vouches for.

    Attributes
    ----------
    domains
        Hosts without ``www.``; each stands for the hosts below it too.
    urls
        Normalised addresses of single pages.
    problems
        Lines that were left out, and why.
    """

    domains: frozenset[str]
    urls: frozenset[str]
    problems: tuple[str, ...] = ()

    def covers(self, page_url: str | None, domain: str | None = None) -> bool:
        """Tell whether a page, or a domain where no page is known, is on the list."""
        if page_url and normalize_url(page_url) in self.urls:
            return True
        host = host_of(page_url) or (clean_domain(domain)[0] if domain else None)
        if host is None:
            return False
        labels = ascii_host(host).split(".")
        return any(".".join(labels[start:]) in self.domains for start in range(len(labels)))


def read_labels(paths: Sequence[str | Path]) -> UserLabels:
    """Read the files that a user gives as labels, each by its content.

    A CSV with a column ``label`` (or ``class``) and ``url`` or ``domain``; a decisions file (`linksift.decisions`);
    a disavow file (harmful); a list of domains and URLs whose first comment has the word "keep" (valuable). The same
    label twice counts once; labels that contradict each other are left out and reported.

    Raises
    ------
    LabelError
        If a file cannot be told to be one of these, or no usable label is left.
    InputError
        If a file is missing, empty or not text.
    """
    found = UserLabels()
    for path in paths:
        _read_file(path, found)
    if not found.labels:
        raise LabelError(_nothing(f"no usable label in {', '.join(map(display_name, paths))}", found.problems))
    result = _without_contradictions(found)
    if not result.labels:
        raise LabelError(_nothing("every label is contradicted by another", result.problems))
    return result


def labels_of_decisions(decisions: Iterable[Decision]) -> list[UserLabel]:
    """Return the labels that decisions stand for: keep is valuable, disavow is harmful; the others are none."""
    return [
        UserLabel(one.url, one.domain, _SPELLINGS[one.decision], "user_label", None, None, None, one.where)
        for one in decisions
        if one.decision in _SPELLINGS
    ]


def read_keep(path: str | Path) -> KeepList:
    """Read a list of pages and domains to keep: ``domain:`` lines, URLs, bare host names, ``#`` comments.

    A CSV of labels, as `read_labels` takes it, works too: its rows of the class ``valuable`` are kept.

    Raises
    ------
    LabelError
        If nothing in the file is to be kept.
    InputError
        If the file is missing, empty or not text.
    """
    name = display_name(path)
    content = _all_lines(path)
    entries: list[ListEntry] | list[UserLabel]
    if _is_table(content):
        found = UserLabels()
        _read_table(*header_and_rows(content, name), name, found)
        entries = [label for label in found.labels if label.label == Label.VALUABLE.value]
        problems = tuple(found.problems)
    else:
        parsed = parse_list(content)
        entries = parsed.entries + parsed.bare_hosts
        problems = tuple(f"{name}:{line}: {problem}: {_LEFT_OUT}" for line, problem in parsed.problems)
    if not entries:
        raise LabelError(_nothing(f"{name}: names no domain and no URL to keep", problems))
    domains = frozenset(entry.domain for entry in entries if entry.domain is not None)
    return KeepList(domains, frozenset(entry.url for entry in entries if entry.url is not None), problems)


def _read_file(path: str | Path, found: UserLabels) -> None:
    name = display_name(path)
    content = _all_lines(path)
    if _is_table(content):
        header, rows = header_and_rows(content, name)
        _read_table(header, rows, name, found)
    else:
        _read_list(parse_list(content), name, found)


def _all_lines(path: str | Path) -> list[str]:
    name = display_name(path)
    try:
        with open_text(path) as text:
            return list(lines(text, name))
    except BROKEN_GZIP:
        raise LabelError(f"{name}: the gzip stream breaks off") from None


def _is_table(content: Sequence[str]) -> bool:
    text = next((line.strip().lower() for line in content if line.strip()), "")
    if text.startswith(("#", "domain:", "http:", "https:")):
        return False
    return any(mark in text for mark in DELIMITERS) or text.strip('"') in {"label", "class", "url", "domain"}


def _read_table(header: list[str], rows: Iterator[Row], name: str, found: UserLabels) -> None:
    columns = header_positions(header)
    if is_decision_header(columns):
        decisions, problems = decisions_of_rows(rows, columns, len(header), name)
        settled, contradictions = settle(decisions)
        found.labels += labels_of_decisions(settled)
        found.problems += problems + contradictions
        return
    label_column = columns.get("label", columns.get("class"))
    if label_column is None or not {"url", "domain"} & columns.keys():
        raise LabelError(
            f"{name}: a CSV of labels needs a column label (or class) and a column url or domain;"
            f" columns found: {', '.join(header[:40])}"
        )
    blank = 0
    for row in rows:
        where = f"{name}:{row.line}"
        if len(row.fields) != len(header):
            problem = f"the row has {len(row.fields)} fields, the header has {len(header)}"
            found.problems.append(f"{where}: {problem}: {_LEFT_OUT}")
            continue
        spelled = row.fields[label_column].strip()
        if not spelled:
            blank += 1
            continue
        cells = {key: row.fields[position].strip() or None for key, position in columns.items()}
        label = _table_label(cells, spelled, where)
        if isinstance(label, UserLabel):
            found.labels.append(label)
        else:
            found.problems.append(f"{where}: {label}: {_LEFT_OUT}")
    if blank:
        found.problems.append(f"{name}: rows without a label, left out: {blank}")


def _table_label(cells: Mapping[str, str | None], spelled: str, where: str) -> UserLabel | str:
    """Return the label of one row, or the reason why there is none."""
    label = _SPELLINGS.get(spelled.casefold())
    if label is None:
        return f"{spelled[:40]!r} is not a class ({', '.join(CLASSES)})"
    url, domain = cells.get("url"), cells.get("domain")
    if url is None and domain is None:
        return "the row has neither a URL nor a domain"
    page, problem = clean_url(url) if url is not None else (None, None)
    site, problem = clean_domain(domain) if url is None and domain is not None else (None, problem)
    if problem is not None:
        return problem
    target = cells.get("target url") or cells.get("target")
    return UserLabel(page, site, label, "user_label", target, cells.get("anchor"), cells.get("title"), where)


def _read_list(parsed: SiteList, name: str, found: UserLabels) -> None:
    entries = list(parsed.entries)
    if parsed.is_keep:
        entries = sorted(entries + parsed.bare_hosts, key=lambda entry: entry.line)
    elif parsed.bare_hosts and not entries:
        raise LabelError(
            f"{name}: is a list of host names that does not say what they are: write '# keep' into the first line"
            " if these links are to be kept, or 'domain:' before each name if they are to be disavowed"
        )
    problems = list(parsed.problems)
    if not parsed.is_keep:
        problems += [
            (host.line, f"{host.domain!r} has no 'domain:' before it, as a disavow file needs")
            for host in parsed.bare_hosts
        ]
    found.problems += [f"{name}:{line}: {problem}: {_LEFT_OUT}" for line, problem in sorted(problems)]
    found.labels += [_list_label(entry, name, is_keep=parsed.is_keep) for entry in entries]


def _list_label(entry: ListEntry, name: str, *, is_keep: bool) -> UserLabel:
    label = Label.VALUABLE if is_keep else Label.HARMFUL
    source: Source = "user_keep" if is_keep else "user_disavow"
    return UserLabel(entry.url, entry.domain, label.value, source, None, None, None, f"{name}:{entry.line}")


def _without_contradictions(found: UserLabels) -> UserLabels:
    first: dict[object, UserLabel] = {}
    contradicted: dict[object, UserLabel] = {}
    for label in found.labels:
        earlier = first.setdefault(label.key, label)
        if earlier.label != label.label:
            contradicted.setdefault(label.key, label)
    problems = list(found.problems)
    for key, other in contradicted.items():
        one = first.pop(key)
        problems.append(
            f"{one.url or one.domain}: is {one.label} in {one.where} and {other.label} in {other.where}: both left out"
        )
    return UserLabels(list(first.values()), problems)


def _nothing(message: str, problems: Sequence[str]) -> str:
    return f"{message}; the first problem: {problems[0]}" if problems else message
