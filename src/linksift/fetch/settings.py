"""What a run of the fetcher may do: its manners, its limits, and its name."""

from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

#: The name under which robots.txt files address the fetcher.
PRODUCT: Final = "linksift"


@dataclass(frozen=True, slots=True)
class Settings:
    """Manners and limits of one run.

    Attributes
    ----------
    delay
        Seconds between the end of one request to a host and the start of the next; a longer ``Crawl-delay`` wins.
    concurrency
        Hosts that are asked at the same time. A host never has more than one request at a time.
    max_per_host
        Pages of one host that are asked for in one run; the others are skipped.
    max_wait
        Longest wait, in seconds, that a host may ask for (``Crawl-delay``, ``Retry-After``); a host that asks for more
        is left alone.
    retries
        How often a request is made again after a connection error, 429 or a server error.
    backoff
        Seconds before the first of these; doubled each time. ``Retry-After`` wins where it is longer.
    host_failures
        Failures in a row after which a host is given up.
    timeout
        Seconds for one page, redirects included, waits left out.
    connect_timeout
        Seconds until a connection stands, TLS included.
    max_redirects
        Redirects followed for one page.
    max_bytes
        Size of a body, as sent and again unpacked.
    max_header_bytes
        Size of one header field or of the status line; a response has at most 128 fields.
    ports
        Ports that may be asked.
    allow_private
        Whether private and loopback addresses may be asked (tests, intranets).
    contact
        Where the owner of a site can reach whoever runs this; sent in the user agent.
    """

    delay: float = 1.0
    concurrency: int = 16
    max_per_host: int = 100
    max_wait: float = 120.0
    retries: int = 2
    backoff: float = 2.0
    host_failures: int = 3
    timeout: float = 30.0
    connect_timeout: float = 10.0
    max_redirects: int = 8
    max_bytes: int = 10_000_000
    max_header_bytes: int = 16_384
    ports: frozenset[int] = frozenset((80, 443))
    allow_private: bool = False
    contact: str | None = None

    @property
    def user_agent(self) -> str:
        """The ``User-Agent`` of every request."""
        about = f" (+{self.contact})" if self.contact else ""
        return f"{PRODUCT}/{version('linksift')}{about}"
