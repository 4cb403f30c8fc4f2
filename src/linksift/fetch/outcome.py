"""What can become of a page that was asked for."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """Why a page is in the archive, or is not. None of these says anything about the link."""

    OK = "ok"
    NOT_MODIFIED = "not_modified"
    HTTP_ERROR = "http_error"
    NOT_HTML = "not_html"
    ROBOTS = "robots"
    REFUSED = "refused"
    SKIPPED = "skipped"
    THROTTLED = "throttled"
    REDIRECTS = "redirects"
    TOO_LARGE = "too_large"
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    BROKEN = "broken"


#: What each status means, for the documentation.
MEANING = {
    Status.OK: "the page is in the archive",
    Status.NOT_MODIFIED: "the server says that the page is as it was; the archive has it from an earlier run",
    Status.HTTP_ERROR: "the server answered with an error (404, 500, …)",
    Status.NOT_HTML: "the answer is no HTML page",
    Status.ROBOTS: "robots.txt forbids it, or could not be had",
    Status.REFUSED: "not an address that may be asked: private, another scheme or port, a password in the URL",
    Status.SKIPPED: "over the cap of pages per host, or the host asks for longer waits than allowed",
    Status.THROTTLED: "the server asks to come back later (429, Retry-After)",
    Status.REDIRECTS: "redirects in a loop, too many of them, or to nowhere",
    Status.TOO_LARGE: "over a limit of size, packed or unpacked",
    Status.DNS: "the host name has no address",
    Status.CONNECT: "no connection",
    Status.TLS: "the certificate is not valid, or TLS failed otherwise; the page was not asked for without it",
    Status.TIMEOUT: "it took too long",
    Status.BROKEN: "what came is no valid answer, or breaks off",
}


class FetchError(Exception):
    """A page that cannot be had; becomes a status and a reason."""

    def __init__(self, status: Status, reason: str) -> None:
        # Servers' words are among them: whatever they send, it has to fit into a table.
        text = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in reason)
        super().__init__(f"{status}: {text}")
        self.status = status
        self.reason = text


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one page.

    Attributes
    ----------
    reason
        Why the page is not there, in words; None where it is.
    http_status, content_type, n_bytes
        Of the last answer; None where there was none. `n_bytes` is the size as sent.
    final_url
        Address of the last request, after redirects; None where nothing was asked.
    redirects
        Redirects followed.
    attempts
        Requests made, repeated ones included.
    seconds
        Time spent on them, waits left out.
    found
        How many of the page's targets it links to; None where no page was seen or no target is known.
    """

    status: Status
    reason: str | None = None
    http_status: int | None = None
    content_type: str | None = None
    n_bytes: int | None = None
    final_url: str | None = None
    redirects: int = 0
    attempts: int = 0
    seconds: float = 0.0
    found: int | None = None
