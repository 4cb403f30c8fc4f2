"""One entry of a disavow file in its one right spelling, and the limits of the format."""

import re
from collections.abc import Container
from dataclasses import dataclass
from typing import Final

from w3lib.url import safe_url_string

from linksift.io.disavow import ascii_host
from linksift.urls import host_of, is_ip, normalize_url

#: Most lines of one list, blank lines and comments included.
MAX_LINES: Final = 100_000
#: Largest list, in bytes. Google says 2 MB and not which kind: this is the smaller reading.
MAX_BYTES: Final = 2_000_000
#: Longest URL, in characters.
MAX_URL_CHARS: Final = 2_048

_LABEL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_MAX_HOST_CHARS: Final = 253
_URL: Final = re.compile(r"https?://[!-~]+")


@dataclass(frozen=True, slots=True)
class Entry:
    """A domain with all below it, or the URL of one page; never both.

    Attributes
    ----------
    domain
        Host name or IP address, in lower case and ASCII.
    url
        As `listed_url` spells it.
    """

    domain: str | None = None
    url: str | None = None

    @property
    def line(self) -> str:
        """The line of the file that says this."""
        return f"domain:{self.domain}" if self.url is None else self.url

    @property
    def host(self) -> str:
        """The host that it is about."""
        return self.domain or host_of(self.url) or ""


def is_host(text: str) -> bool:
    """Tell whether a text is a host name in lower case and ASCII, of two labels or more, or an IP address."""
    if is_ip(text):
        return True
    labels = text.split(".")
    return len(text) <= _MAX_HOST_CHARS and len(labels) > 1 and all(_LABEL.fullmatch(label) for label in labels)


def listed_url(url: str) -> str | None:
    """Return the spelling of a page's URL for a disavow file, or None where it cannot stand in one.

    ASCII, no fragment, no user name, at most `MAX_URL_CHARS` long. One that ends in ``*`` would be read as a wildcard by people
    and tools, and has none.
    """
    try:
        plain = normalize_url(safe_url_string(normalize_url(url)))
    except ValueError:
        return None
    if len(plain) > MAX_URL_CHARS or plain.endswith("*") or not _URL.fullmatch(plain):
        return None
    host = host_of(plain)
    return plain if host and is_host(host) else None


def above(host: str) -> list[str]:
    """Return a host and every domain above it, the host first."""
    labels = host.split(".")
    return [host] if is_ip(host) else [".".join(labels[at:]) for at in range(len(labels))]


def cover(entry: Entry, domains: Container[str]) -> str | None:
    """Return which of `domains` already says what an entry says, itself left out, or None."""
    broader = above(entry.host)[0 if entry.url is not None else 1 :]
    return next((domain for domain in broader if domain in domains), None)


def host_in_ascii(host: str) -> str:
    """Return a host in lower case, ASCII where it can be, and without the dot at its end."""
    return ascii_host(host.strip().rstrip(".").lower())
