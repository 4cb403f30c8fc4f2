"""Where the links of a page point: absolute URLs and sites, without taking apart what can be told by a look."""

import re
from functools import lru_cache
from typing import Final
from urllib.parse import urljoin

from linksift.urls import MAX_URL_CHARS, plain_host, registrable_domain, split_url

# No scheme, no host, and no control character, which URL parsers drop: the host is that of the base.
_RELATIVE = re.compile(r"(?![a-zA-Z][a-zA-Z0-9+.-]*:)(?!//)[^\x00-\x1f\x7f]*\Z")
_HTTP: Final = ("http:", "https:")

# The hosts that a page links to are many more than the addresses that are asked for again.
_site_of_host = lru_cache(maxsize=65_536)(registrable_domain)


class Base:
    """The address that a page's links are relative to.

    Parameters
    ----------
    url
        The page's own address or the target of its ``<base>``; None where it is unknown.
    """

    def __init__(self, url: str | None) -> None:
        self._url = url
        self._site = registrable_domain(url) if url and split_url(url) is not None else None
        self._room = MAX_URL_CHARS - len(url or "") - 1

    def site(self, href: str) -> str | None:
        """Return the site that a link points to; None where it is relative to an unknown host, or no http(s) URL."""
        if host := plain_host(href):
            return _site_of_host(host)
        if self._site is not None and len(href) < self._room and _RELATIVE.match(href):
            return self._site
        url = self.absolute(href)
        return registrable_domain(url) if url else None

    def absolute(self, href: str) -> str | None:
        """Return the absolute http(s) URL of a link; None as for `site`."""
        if plain_host(href):
            return href
        text = href
        if self._url and not href.lower().startswith(_HTTP):
            try:
                text = urljoin(self._url, href)
            except ValueError:
                return None
        if split_url(text) is None:
            return None
        return "http:" + text if text.startswith("//") else text
