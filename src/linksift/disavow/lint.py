"""Every defect of a disavow file, in the order of its lines."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from linksift.disavow.codes import SEVERITIES, Finding
from linksift.disavow.entry import Entry, cover
from linksift.disavow.hosts import REASONS, HostRules
from linksift.disavow.lines import clip
from linksift.disavow.listfile import ListFile
from linksift.urls import host_parts, registrable_domain

_HOST: Final = re.compile(r"(?<![\w.@/-])(?:[a-z0-9-]+\.)+[a-z]{2,24}(?![\w-])", re.IGNORECASE)
_COMMENTED_OUT: Final = re.compile(r"domain\s*:|https?://", re.IGNORECASE)
_LIKE_CHARS: Final = 6


def lint(found: ListFile, rules: HostRules) -> list[Finding]:
    """Return the defects of a file.

    Parameters
    ----------
    rules
        From `linksift.disavow.hosts.load_rules`; with the owner's sites, where they are known.
    """
    findings = list(found.findings)
    for number, reading in enumerate(found.lines, start=1):
        findings += [Finding(number, code, message) for code, message in reading.problems]
    findings += _hosts(found, rules)
    findings += _beside_the_others(found)
    rank = {code: at for at, code in enumerate(SEVERITIES)}
    return sorted(findings, key=lambda finding: (finding.line, rank[finding.code]))


def count_errors(findings: list[Finding]) -> int:
    """Return how many of the findings are errors."""
    return sum(finding.severity == "error" for finding in findings)


def summary(findings: list[Finding]) -> str:
    """Return how often each code occurs, the worst first."""
    counts = Counter(finding.code for finding in findings)
    order = list(SEVERITIES)
    ranked = sorted(counts, key=lambda code: (("error", "warning", "note").index(SEVERITIES[code]), order.index(code)))
    return ", ".join(f"{code} {counts[code]:,}" for code in ranked) or "no defect"


def _hosts(found: ListFile, rules: HostRules) -> Iterator[Finding]:
    named = _sites_in_heading(found)
    for number, entry in found.entries():
        if entry.domain is None:
            if rules.is_own(entry.host):
                yield Finding(
                    number, "own-site", f"{clip(entry.host)!r} {REASONS['own-site']}: internal links need no entry"
                )
            continue
        code = rules.against(entry.domain)
        if code == "own-site":
            yield Finding(number, code, f"{clip(entry.domain)!r} {REASONS[code]}")
        elif code in {"platform", "reputable"}:
            yield Finding(number, code, f"{clip(entry.domain)!r} {REASONS[code]}: list the pages instead")
        like = None if code == "own-site" else _like(entry, named)
        if like is not None:
            message = f"{clip(entry.domain)!r} looks like {like}, which the heading names: is it your own site?"
            yield Finding(number, "possible-own-site", message)


def _sites_in_heading(found: ListFile) -> frozenset[str]:
    """Return the sites that the comments above the first entry name: as a rule the owner's."""
    sites = set()
    for reading in found.lines:
        if reading.entries:
            break
        comment = reading.comment or ""
        if not _COMMENTED_OUT.search(comment):
            for name in _HOST.findall(comment):
                site = registrable_domain(name.lower())
                if site is not None and host_parts(site).suffix and not site.startswith("example."):
                    sites.add(site)
    return frozenset(sites)


def _like(entry: Entry, sites: frozenset[str]) -> str | None:
    """Return a site with the entry's name, or with one that begins with it or that it begins with."""
    name = host_parts(entry.host).domain
    for site in sorted(sites):
        other = host_parts(site).domain
        short, long = sorted((name, other), key=len)
        if len(short) >= _LIKE_CHARS and long.startswith(short):
            return site
    return None


def _beside_the_others(found: ListFile) -> Iterator[Finding]:
    domains = {entry.domain for _, entry in found.entries() if entry.domain is not None}
    first: dict[Entry, int] = {}
    for number, entry in found.entries():
        earlier = first.setdefault(entry, number)
        broader = cover(entry, domains)
        if earlier != number:
            yield Finding(number, "duplicate", f"stands in line {earlier} already")
        elif broader is not None:
            yield Finding(number, "covered", f"domain:{clip(broader)} covers it already")
