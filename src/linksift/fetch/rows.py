"""What the state of a run says of its pages, row by row."""

from dataclasses import dataclass
from typing import NamedTuple


class Wanted(NamedTuple):
    """A page to ask for, as `State.begin` takes it.

    Attributes
    ----------
    url, asked
        The URL that is asked for, and as it was spelled where it came from.
    target
        Where the page is said to link, or None.
    refusal
        Why the URL may not be asked, or None.
    """

    url: str
    asked: str
    host: str
    target: str | None
    refusal: str | None


class Known(NamedTuple):
    """A payload that the archive holds: what a revisit record says of it."""

    record_id: str
    url: str
    date: str
    position: int


@dataclass(frozen=True, slots=True)
class Capture:
    """Where the archive has a page: the positions of its records (redirects first), and how to ask whether it changed."""

    date: str
    url: str
    positions: tuple[int, ...]
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class PageRow:
    """A page to ask for."""

    id: int
    url: str
    host: str
    targets: tuple[str, ...] = ()
    capture: Capture | None = None
