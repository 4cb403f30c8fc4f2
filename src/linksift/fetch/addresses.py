"""Which addresses may be asked: a list of URLs comes from strangers.

A URL is checked when it is read and after each redirect; the address that its name resolves to is checked when it is
resolved, and once more, as a number, at the moment in which the socket is made. No name is looked up twice.
"""

import ipaddress
import re
import socket
from typing import Final

from aiohttp import AddrInfoType
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from linksift.fetch.outcome import FetchError, Status
from linksift.urls import MAX_URL_CHARS, ascii_url, normalize_url, split_url

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: Addresses at which clouds answer their own machines, with credentials among the answers. Never asked.
METADATA: Final = frozenset(map(ipaddress.ip_address, (
    "169.254.169.254", "169.254.170.2", "169.254.170.23", "100.100.100.200", "168.63.129.16", "192.0.0.192",
    "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254",
)))  # fmt: skip

# A name (underscores occur), or an IPv6 address with or without a zone.
_HOST = re.compile(r"[a-z0-9._-]*[a-z0-9_-][a-z0-9._-]*|[0-9a-f:.]*:[0-9a-f:.]*(?:%[a-zA-Z0-9._-]*)?")
_GLOBAL_V6: Final = ipaddress.IPv6Network("2000::/3")
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_V4_COMPATIBLE: Final = ipaddress.IPv6Network("::/96")
# Global by the letter of the registries that Python follows, but nobody's web server.
_SPECIAL_V4: Final = tuple(map(ipaddress.IPv4Network, ("192.0.0.0/24", "192.88.99.0/24")))
_ALLOWABLE: Final = frozenset(("a loopback address", "a private address"))


def parse_url(text: str) -> URL:
    """Return the URL that is asked for: ASCII, host in lower case, no fragment, percent signs as they came.

    Raises
    ------
    FetchError
        Where it is no http(s) URL, or carries a user name or password.
    """
    parts = split_url(text)
    if parts is None:
        long = len(text) > MAX_URL_CHARS
        reason = f"the URL is longer than {MAX_URL_CHARS:,} characters" if long else "no http or https URL"
        raise FetchError(Status.REFUSED, reason)
    if "@" in parts.netloc:
        raise FetchError(Status.REFUSED, "a user name or password in the URL")
    try:
        # Encoded first: to normalize drops white space, and one within a path is a part of it.
        url = URL(normalize_url(ascii_url(text.strip())), encoded=True)
        host = url.raw_host
    except ValueError as error:
        raise FetchError(Status.REFUSED, f"malformed URL: {error}") from None
    if not host or len(host) > 253 or not _HOST.fullmatch(host) or not str(url).isascii():
        raise FetchError(Status.REFUSED, "no host, one that is too long, or one that is neither a name nor an address")
    return url


def numeric_address(host: str) -> _Address | None:
    """Return the address that a host spells in any notation that the system would take for one, else None."""
    try:
        return ipaddress.ip_address(host.split("%", 1)[0])
    except ValueError:
        pass
    try:
        # 127.1, 0x7f.0.0.1, 0177.0.0.1, 2130706433: what inet_aton reads, getaddrinfo connects to.
        return ipaddress.IPv4Address(socket.inet_aton(host.rstrip(".")))
    except (OSError, ValueError, UnicodeError):
        return None


def kind_of_address(address: _Address) -> str | None:
    """Say why an address is none of the public internet (``a private address``), or return None."""
    if address in METADATA:
        return "a cloud's metadata address"
    if isinstance(address, ipaddress.IPv6Address):
        return _kind_of_v6(address)
    if address.is_multicast:
        return "a multicast address"
    if address.is_link_local:
        return "a link-local address"
    if address.is_loopback:
        return "a loopback address"
    # The network 0.0.0.0/8 reaches the machine itself on some systems.
    if address.is_reserved or int(address) >> 24 == 0 or any(address in network for network in _SPECIAL_V4):
        return "a reserved address"
    return None if address.is_global else "a private address"


def _kind_of_v6(address: ipaddress.IPv6Address) -> str | None:
    if address.is_loopback:
        return "a loopback address"
    for inner in _inner_v4(address):
        if (kind := kind_of_address(inner)) is not None:
            return kind
    if address.is_multicast:
        return "a multicast address"
    if address.is_link_local:
        return "a link-local address"
    if address in _NAT64 or address.ipv4_mapped is not None:
        return None
    if address in _GLOBAL_V6:
        return None if address.is_global else "a reserved address"
    return "a private address" if address.is_private and not address.is_reserved else "a reserved address"


def _inner_v4(address: ipaddress.IPv6Address) -> list[ipaddress.IPv4Address]:
    """Return the IPv4 addresses that an IPv6 address leads to, by whichever way of writing one into the other."""
    found = [inner for inner in (address.ipv4_mapped, address.sixtofour, *(address.teredo or ())) if inner is not None]
    if address in _NAT64 or address in _V4_COMPATIBLE:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return found


class Guard:
    """Decides which URLs and addresses may be asked.

    Parameters
    ----------
    allow_private
        Let private and loopback addresses through; multicast, link-local, reserved and metadata addresses never are.
    ports
        The ports that may be asked.
    """

    def __init__(self, *, allow_private: bool, ports: frozenset[int]) -> None:
        self._allowed = _ALLOWABLE if allow_private else frozenset()
        self._ports = ports

    def check_url(self, url: URL) -> None:
        """Check scheme, port, and a host that is a number.

        Raises
        ------
        FetchError
            Where the URL may not be asked.
        """
        if url.scheme not in {"http", "https"} or url.raw_host is None:
            raise FetchError(Status.REFUSED, "no http or https URL")
        if url.raw_user is not None or url.raw_password is not None:
            raise FetchError(Status.REFUSED, "a user name or password in the URL")
        address = numeric_address(url.raw_host)
        if address is not None:
            self.check_address(str(address))
        if url.port not in self._ports:
            raise FetchError(Status.REFUSED, f"port {url.port} is not among those allowed")

    def check_address(self, text: str) -> None:
        """Check an IP address in the notation of the system's resolver.

        Raises
        ------
        FetchError
            Where the address may not be asked.
        """
        try:
            address = ipaddress.ip_address(text.split("%", 1)[0])
        except ValueError:
            raise FetchError(Status.REFUSED, f"{text[:60]!r} is no IP address") from None
        kind = kind_of_address(address)
        if kind is not None and kind not in self._allowed:
            raise FetchError(Status.REFUSED, f"{text} is {kind}")

    def make_socket(self, info: AddrInfoType) -> socket.socket:
        """Make the socket for an address, after a last look at the very address it will be connected to."""
        family, kind, protocol, _, where = info
        self.check_address(str(where[0]))
        return socket.socket(family, kind, protocol)


class CheckedResolver(AbstractResolver):
    """Looks names up and hands out only answers of which every address may be asked.

    One bad address refuses the name as a whole: whoever answers with a private address beside a public one is
    trying something.
    """

    def __init__(self, inner: AbstractResolver, guard: Guard) -> None:
        self._inner = inner
        self._guard = guard

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Look a name up.

        Raises
        ------
        FetchError
            Where one of the addresses may not be asked.
        OSError
            Where the name cannot be resolved.
        """
        answers = await self._inner.resolve(host, port, family)
        for answer in answers:
            self._guard.check_address(answer["host"])
        return answers

    async def close(self) -> None:
        """Release the resolver inside."""
        await self._inner.close()
