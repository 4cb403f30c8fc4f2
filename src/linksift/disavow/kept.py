"""What must not be disavowed: the owner's sites, the keep list, and what somebody decided to keep."""

from collections.abc import Iterable

from linksift.decisions import Decisions
from linksift.disavow.entry import Entry, above, host_in_ascii
from linksift.disavow.hosts import HostRules
from linksift.io.userlabels import KeepList
from linksift.urls import host_of


class Kept:
    """Says why an entry must not stand in a disavow file.

    Parameters
    ----------
    rules
        With the owner's sites.
    keep
        The keep list, or None.
    decisions
        The user's decisions.
    vouched
        Pages or hosts that were kept when the links were scored.
    """

    def __init__(
        self, rules: HostRules, keep: KeepList | None, decisions: Decisions, vouched: Iterable[str] = ()
    ) -> None:
        self._rules = rules
        self._keep = keep
        self._decisions = decisions
        named = [*vouched, *(one.url or one.domain or "" for one in decisions.chosen("keep"))]
        if keep is not None:
            named += [*sorted(keep.urls), *sorted(keep.domains)]
        self._above: dict[str, str] = {}
        for name in named:
            for domain in above(host_in_ascii(host_of(name) or name)):
                self._above.setdefault(domain, name)

    def of(self, entry: Entry) -> str | None:
        """Return why an entry itself is kept, or None."""
        if self._rules.is_own(entry.host):
            return "your own site"
        if self._keep is not None and self._keep.covers(entry.url, entry.domain):
            return "on the keep list"
        decision = self._decisions.of(entry.url, entry.domain)
        if decision is not None and decision.decision == "keep":
            return f"kept by {decision.where}"
        return None

    def below(self, domain: str) -> str | None:
        """Return something at or below a domain that is kept, or None."""
        return self._above.get(domain)
