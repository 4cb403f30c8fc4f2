"""URLs and host names: one place that decides what a host, a site and the same page are."""

import ipaddress
import re
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

import tldextract
from w3lib.url import safe_url_string

#: A URL longer than this is not read: browsers and search engines stop well before it.
MAX_URL_CHARS: Final = 8_192

# A URL whose host is all that has to be read of it: lower case, no port, no user.
_PLAIN_HOST = re.compile(r"https?://([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?=[/?#]|\Z)")
_CONTROL = re.compile(r"[\x00-\x20\x7f]+")
_SCHEME = re.compile(r"^[a-zA-Z][a-zA-Z0-9+.-]*:")
_WIRE = re.compile(r"[A-Za-z0-9%:/?#\[\]@!$&'()*+,;=._~-]+")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}

# The public suffix list that the package carries: no network, the same answer on every machine. Private suffixes are on,
# so that two users of one blog host are two sites.
_extract = tldextract.TLDExtract(cache_dir=None, suffix_list_urls=(), include_psl_private_domains=True)


class HostParts(NamedTuple):
    """A host name cut at its public suffix; `domain` is empty where the host is itself a suffix or an address."""

    subdomain: str
    domain: str
    suffix: str
    is_private_suffix: bool


# The features of one link ask for the same two addresses again and again.
@lru_cache(maxsize=2_048)
def split_url(url: str) -> SplitResult | None:
    """Split an http(s) URL, or return None where it is none (another scheme, no host, too long, malformed)."""
    text = _CONTROL.sub("", url[: MAX_URL_CHARS + 1])
    if text.startswith("//"):
        text = "http:" + text
    if not text or len(text) > MAX_URL_CHARS:
        return None
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port  # both raise ValueError where they are malformed
    except ValueError:
        return None
    if parts.scheme.lower() not in _DEFAULT_PORTS or not host or not host.strip("."):
        return None
    return parts


@lru_cache(maxsize=4_096)
def host_of(url: str | None) -> str | None:
    """Return the lower-case host of an http(s) URL, or None."""
    if url and (plain := plain_host(url)):
        return plain
    parts = split_url(url) if url else None
    return parts.hostname.rstrip(".").lower() if parts and parts.hostname else None


def plain_host(url: str) -> str | None:
    """Return the host of a URL that is written plainly; None says nothing of another."""
    match = _PLAIN_HOST.match(url) if len(url) <= MAX_URL_CHARS else None
    return match.group(1) if match else None


def is_ip(host: str) -> bool:
    """Tell whether a host is an IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


@lru_cache(maxsize=65_536)
def host_parts(host: str) -> HostParts:
    """Cut a host name at its public suffix, private suffixes (``blogspot.com``, ``github.io``) included."""
    found = _extract(host)
    return HostParts(found.subdomain, found.domain, found.suffix, found.is_private)


@lru_cache(maxsize=4_096)
def registrable_domain(url_or_host: str | None) -> str | None:
    """Return the site that a URL or host belongs to: one label before the public suffix, or the address itself.

    A host that is itself a public suffix is its own site; None where there is no host.
    """
    if not url_or_host:
        return None
    text = url_or_host.strip()
    has_scheme = (_SCHEME.match(text) and "://" in text) or text.startswith("//")
    host = host_of(text) if has_scheme else host_of(f"http://{text}")
    return None if host is None else _site(host)


@lru_cache(maxsize=65_536)
def _site(host: str) -> str:
    if is_ip(host):
        return host
    parts = host_parts(host)
    return f"{parts.domain}.{parts.suffix}" if parts.domain and parts.suffix else host


def is_public_suffix(host: str) -> bool:
    """Tell whether a host is a bare public suffix (``co.uk``, ``blogspot.com``) or a single label."""
    text = host.strip(".").lower()
    if is_ip(text):
        return False
    return not host_parts(text).domain or "." not in text


def normalize_url(url: str) -> str:
    """Return the form under which two spellings of one page meet.

    Scheme and host in lower case, no default port, no fragment, no user info, an empty path as ``/``. The scheme, ``www.`` and the
    query are kept: they may be other pages. A text that is no http(s) URL comes back stripped, otherwise unchanged.
    """
    parts = split_url(url)
    if parts is None or parts.hostname is None:
        return url.strip()
    scheme = parts.scheme.lower()
    host = parts.hostname.rstrip(".").lower()
    if ":" in host:
        host = f"[{host}]"
    port = "" if parts.port in (None, _DEFAULT_PORTS[scheme]) else f":{parts.port}"
    query = f"?{parts.query}" if parts.query else ""
    return f"{scheme}://{host}{port}{parts.path or '/'}{query}"


def page_key(url: str) -> str:
    """Return a looser key for joining two sources' spellings: no scheme, no ``www.``, no trailing slash."""
    text = normalize_url(url)
    text = re.sub(r"^https?://(www\.)?", "", text)
    head, mark, query = text.partition("?")
    return head.rstrip("/") + mark + query


def ascii_url(url: str) -> str:
    """Return a URL as it goes over the wire: the host in Punycode, what a URL may not hold percent-encoded.

    What may stand in a URL comes back as it is; a text that cannot be encoded too.
    """
    if _WIRE.fullmatch(url):
        return url
    try:
        return str(safe_url_string(url))
    except ValueError:
        return url
