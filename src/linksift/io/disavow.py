"""Lists of domains and URLs in the form of Google's disavow file, with the defects that real ones have."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from linksift.urls import MAX_URL_CHARS, host_of, is_ip, is_public_suffix, normalize_url

_DOMAIN: Final = re.compile(r"domain\s*:\s*(.*)", re.IGNORECASE)
_URL: Final = re.compile(r"https?://", re.IGNORECASE)
_LATE_COMMENT: Final = re.compile(r"\s#.*$")
_HOST: Final = re.compile(r"[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)+")
_WWW: Final = re.compile(r"^(?:www\.)+")
_KEEP: Final = re.compile(r"\bkeep\b", re.IGNORECASE)
_SHOWN_CHARS: Final = 60


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One usable line: a domain with all below it, or one URL; never both."""

    line: int
    domain: str | None
    url: str | None


@dataclass(frozen=True, slots=True)
class SiteList:
    """What a list holds.

    Attributes
    ----------
    entries
        In the order of the lines.
    bare_hosts
        Lines that are a host name without ``domain:``; what they mean depends on the file.
    problems
        What was left out, one ``line: reason`` each.
    is_keep
        Whether the first comment has the word "keep": a list of links to keep.
    """

    entries: list[ListEntry]
    bare_hosts: list[ListEntry]
    problems: list[tuple[int, str]]
    is_keep: bool


def parse_list(lines: Iterable[str]) -> SiteList:
    """Read the lines of a disavow file or of a keep list.

    ``www.`` is dropped from a domain, for people mean the site. A URL after ``domain:`` stands for its host.
    """
    found = SiteList([], [], [], is_keep=False)
    first_comment: str | None = None
    for number, raw in enumerate(lines, start=1):
        text = raw.strip("\ufeff \t\r\n\x0b\x0c\u00a0")
        if text.startswith("#"):
            first_comment = text if first_comment is None else first_comment
        elif text:
            _add(found, number, _LATE_COMMENT.sub("", text))
    is_keep = first_comment is not None and _KEEP.search(first_comment) is not None
    return SiteList(found.entries, found.bare_hosts, found.problems, is_keep)


def ascii_host(host: str) -> str:
    """Return the form of an international host name that links carry (``xn--…``); other hosts as they are."""
    try:
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def clean_domain(text: str) -> tuple[str | None, str | None]:
    """Return the host that a user's domain stands for, or None and the reason why it cannot be used."""
    spelled = text.strip()
    host = host_of(spelled if "://" in spelled else f"http://{spelled}")
    if host is None or any(c.isspace() for c in spelled):
        return None, f"{_clip(spelled)!r} is no domain"
    if is_ip(host):
        return host, None
    host = _WWW.sub("", ascii_host(host))
    if "." in host and not _HOST.fullmatch(host):
        return None, f"{_clip(spelled)!r} is no domain"
    if is_public_suffix(host):
        return None, f"{_clip(host)!r} is a public suffix, not one site"
    return host, None


def clean_url(text: str) -> tuple[str | None, str | None]:
    """Return the normal form of a user's URL, or None and the reason why it cannot be used."""
    if len(text) > MAX_URL_CHARS:
        return None, f"the URL is longer than {MAX_URL_CHARS:,} characters"
    if not _URL.match(text.strip()) or host_of(text) is None:
        return None, f"{_clip(text)!r} is no http(s) URL"
    return normalize_url(text), None


def _add(found: SiteList, number: int, text: str) -> None:
    domain = _DOMAIN.fullmatch(text)
    if domain is None and _URL.match(text):
        url, problem = clean_url(text)
        entry = ListEntry(number, None, url)
    else:
        host, problem = clean_domain(domain[1] if domain else text)
        entry = ListEntry(number, host, None)
        if domain is None and (any(c.isspace() for c in text) or "/" in text):
            problem = f"{_clip(text)!r} is neither domain:NAME nor an http(s) URL"
    if problem:
        found.problems.append((number, problem))
    elif domain is None and entry.domain is not None:
        found.bare_hosts.append(entry)
    else:
        found.entries.append(entry)


def _clip(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARS else text[: _SHOWN_CHARS - 1] + "…"
