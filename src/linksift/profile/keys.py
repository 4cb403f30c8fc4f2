"""What two links can have in common, as comparable texts: site, owner, page, path, title, anchor."""

import re
from collections.abc import Collection
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import unquote

from linksift._resources import resource
from linksift.features.row import split_image
from linksift.lexicons import Lexicon
from linksift.text import fold_space, tokens
from linksift.urls import host_parts, is_ip, registrable_domain, split_url

_MAX_CHARS: Final = 500
#: A path is telling from this many words on, of which two have letters: ``/blog/`` and ``/2024/05/`` are anybody's.
MIN_PATH_WORDS: Final = 3
#: A title is telling from this many words on: "Home" and "Web directory" are anybody's.
MIN_TITLE_WORDS: Final = 4
_NUMBER = re.compile(r"\d+")
_NO_LETTERS = re.compile(r"[\W_]+")
_EXTENSION = re.compile(r"\.[a-z0-9]{1,5}$")


class HostKeys(NamedTuple):
    """What a host says.

    Attributes
    ----------
    site
        Registrable domain; each host under a private suffix (``blogspot.com``) is its own site.
    owner
        Who runs the machines: the private suffix where there is one, else the site.
    tld
        Top-level domain; None for an address.
    """

    site: str
    owner: str
    tld: str | None


class UrlKeys(NamedTuple):
    """What the URL of a page says; None throughout where it is no http(s) URL."""

    site: str | None = None
    owner: str | None = None
    tld: str | None = None
    page: str | None = None
    path: str | None = None


@lru_cache(maxsize=65_536)
def host_keys(host: str) -> HostKeys:
    """Return site, owner and top-level domain of a host."""
    site = registrable_domain(host) or host
    if is_ip(host):
        return HostKeys(site, site, None)
    parts = host_parts(host)
    return HostKeys(site, parts.suffix if parts.is_private_suffix else site, host.rsplit(".", 1)[-1])


def url_keys(url: str | None) -> UrlKeys:
    """Return everything that a page's URL says."""
    parts = split_url(url) if url else None
    if url is None or parts is None or parts.hostname is None:
        return UrlKeys()
    host = parts.hostname.rstrip(".")
    # As `linksift.urls.page_key`, without splitting the URL again: this is most of what reading an export takes.
    page = f"{host.removeprefix('www.')}:{parts.port or ''}{parts.path.rstrip('/')}?{parts.query}"
    return UrlKeys(*host_keys(host), page, path_key(parts.path))


def path_key(path: str) -> str | None:
    """Return a path in the form that is compared, or None where it says too little (see `MIN_PATH_WORDS`).

    >>> path_key("/blog/10-best-casinos.html")
    '/blog/10-best-casinos'
    >>> path_key("/2024/05/") is None
    True
    """
    plain = _EXTENSION.sub("", unquote(path[:_MAX_CHARS]).casefold().rstrip("/"))
    words = tokens(plain.replace("_", " "))
    if len(words) < MIN_PATH_WORDS or sum(not _NUMBER.fullmatch(word) for word in words) < 2:
        return None
    return plain


def title_key(title: str | None) -> str | None:
    """Return a title in the form that is compared, or None where it says too little or is that of a missing page."""
    words = tokens(title[:_MAX_CHARS]) if title else []
    if len(words) < MIN_TITLE_WORDS:
        return None
    key = " ".join(words)
    return None if _missing_page().any(words, key) else key


def anchor_key(anchor: str | None) -> str | None:
    """Return an anchor in the form that is compared: no image mark, case folded. An empty one stays an empty text."""
    text, _ = split_image(anchor)
    return None if text is None else fold_space(text[:_MAX_CHARS]).casefold()


@lru_cache(maxsize=65_536)
def is_name(anchor: str | None, target_site: str | None) -> bool:
    """Tell whether an anchor (see `anchor_key`) is what links usually carry: the target's name or address, or nothing.

    >>> is_name("flour & co", "flour-co.example"), is_name("flour-co.example/shop", "flour-co.example")
    (True, True)
    >>> is_name("cheap flour online", "flour-co.example")
    False
    """
    if not anchor:
        return True
    if target_site is None:
        return False
    # A site is one label before its suffix.
    label = _NO_LETTERS.sub("", target_site.partition(".")[0])
    name = _NO_LETTERS.sub("", anchor)
    shorter, longer = sorted((label, name), key=len)
    is_address = "." in anchor and " " not in anchor
    return bool(shorter) and shorter in longer and (is_address or 2 * len(shorter) >= len(longer))


def platform_sites(platforms: Collection[str] | None) -> frozenset[str]:
    """Return registrable domains whose pages belong to many authors: those given, or the list that ships."""
    return _lexicon("platforms").entries if platforms is None else frozenset(platforms)


def _missing_page() -> Lexicon:
    return _lexicon("soft404")


@lru_cache(maxsize=2)
def _lexicon(name: str) -> Lexicon:
    return Lexicon.parse(name, resource("features", "lexicons", f"{name}.txt").read_text(encoding="utf-8"))
