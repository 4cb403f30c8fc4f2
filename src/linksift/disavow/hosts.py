"""Which hosts may stand behind ``domain:``, and which are never disavowed as a whole."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

from linksift._resources import resource
from linksift.disavow.entry import above, host_in_ascii
from linksift.errors import InputError
from linksift.io.disavow import clean_domain
from linksift.lexicons import Lexicon
from linksift.urls import host_parts, is_ip, is_public_suffix

#: Why a host is no good behind ``domain:``, in words.
REASONS: Final[Mapping[str, str]] = {
    "own-site": "is your own site, or has it below it",
    "single-label": "is a single label, not a site",
    "public-suffix": "is a public suffix: everybody below it would be disavowed",
    "private-suffix": "is a hosting platform: every user below it would be disavowed",
    "ip-address": "is an IP address, which Google's format does not name",
    "unknown-suffix": "ends in no top-level domain that is known",
    "platform": "is a platform to which nearly every site has links",
    "reputable": "is an institution or a reputable site",
}

_INSTITUTIONS: Final = frozenset({"gov", "edu", "mil", "int"})
_NATIONAL: Final = frozenset({"gov", "edu", "mil", "ac", "go", "gob", "gouv", "gub", "govt", "sch", "nhs", "police"})


@dataclass(frozen=True, slots=True)
class HostRules:
    """Hosts that a disavow file must not name as a whole.

    Attributes
    ----------
    own
        The owner's sites, without ``www.``.
    above_own, platforms, reputable
        The owner's sites and the lists that ship, each with every domain above its hosts: ``domain:`` and one of these
        would take in a host of the list.
    """

    own: frozenset[str]
    above_own: frozenset[str]
    platforms: frozenset[str]
    reputable: frozenset[str]

    def is_own(self, host: str) -> bool:
        """Tell whether a host is one of the owner's sites, or below one."""
        return any(domain in self.own for domain in above(host))

    def against(self, host: str) -> str | None:
        """Return the code in `REASONS` of what speaks against ``domain:`` and this host, or None.

        An unknown top-level domain does not: the list that ships may be older than the domain.
        """
        if self.is_own(host):
            return "own-site"
        fault = suffix_fault(host)
        if fault not in {None, "unknown-suffix"}:
            return fault
        bare = host.removeprefix("www.")
        if bare in self.above_own:
            return "own-site"
        if bare in self.platforms:
            return "platform"
        return "reputable" if _is_institution(host) or bare in self.reputable else None


def suffix_fault(host: str) -> str | None:
    """Return the code in `REASONS` of what is wrong with a host by its name alone, or None."""
    if is_ip(host):
        return "ip-address"
    parts = host_parts(host)
    if is_public_suffix(host):
        if "." in host:
            return "private-suffix" if parts.is_private_suffix else "public-suffix"
        return "public-suffix" if parts.suffix else "single-label"
    return None if parts.suffix else "unknown-suffix"


def load_rules(own_sites: Iterable[str] = (), features: Path | None = None) -> HostRules:
    """Read the lists, and take the owner's sites (hosts or URLs).

    Parameters
    ----------
    features
        Another features folder, whose lexicon of platforms is read.

    Raises
    ------
    InputError
        Where one of `own_sites` is no domain, or the folder has no such lexicon.
    """
    lexicon = (resource("features") if features is None else features).joinpath("lexicons", "platforms.txt")
    if not lexicon.is_file():
        raise InputError(f"{features}: has no lexicons/platforms.txt; `linksift init DIR` writes a complete folder")
    listed = Lexicon.parse("platforms", lexicon.read_text(encoding="utf-8")).entries
    text = files("linksift.disavow").joinpath("reputable_hosts.txt").read_text(encoding="utf-8")
    own = frozenset(_own(site) for site in own_sites)
    reputable = Lexicon.parse("reputable_hosts", text).entries
    return HostRules(own, _with_above(own), _with_above(listed), _with_above(reputable))


def _own(site: str) -> str:
    domain, problem = clean_domain(site)
    if domain is None:
        raise InputError(f"--own-sites: {problem}; give hosts such as example.com")
    return host_in_ascii(domain)


def _with_above(hosts: Iterable[str]) -> frozenset[str]:
    return frozenset(domain for host in hosts for domain in above(host))


def _is_institution(host: str) -> bool:
    suffix = host_parts(host).suffix.split(".")
    return suffix[-1] in _INSTITUTIONS or (len(suffix) > 1 and suffix[0] in _NATIONAL)
