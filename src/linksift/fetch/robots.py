"""What a host's robots.txt allows (RFC 9309), by protego."""

import re
from functools import lru_cache
from typing import Final, Self

from protego import Protego

from linksift.fetch.outcome import FetchError, Status
from linksift.fetch.settings import PRODUCT

#: What is read of a robots.txt; the standard asks for at least 500 KiB.
MAX_BYTES: Final = 512 * 1024
#: Redirects followed to a robots.txt.
MAX_REDIRECTS: Final = 5

_AGENT = re.compile(r"^([^\S\r\n]*user[- ]?agent[^\S\r\n]*:?)([^\r\n#]*)", re.IGNORECASE | re.MULTILINE)


class Robots:
    """The rules of one origin (scheme, host and port) for `PRODUCT`."""

    def __init__(self, text: str, *, failure: tuple[Status, str] | None = None) -> None:
        self._text = text
        self._failure = failure

    @classmethod
    def of_answer(cls, http_status: int, body: bytes) -> Self:
        """Read the answer to ``/robots.txt``: 2xx are rules, 4xx no rules, anything else forbids everything."""
        if 200 <= http_status < 300:
            return cls(_our_groups(body[:MAX_BYTES].decode("utf-8-sig", "replace")))
        if 400 <= http_status < 500 and http_status != 429:
            return cls("")
        return cls.forbidding(Status.ROBOTS, f"robots.txt answered {http_status}, which forbids everything for now")

    @classmethod
    def forbidding(cls, status: Status, reason: str) -> Self:
        """Return rules that allow nothing, for a reason of their own."""
        return cls("", failure=(status, reason))

    @property
    def delay(self) -> float:
        """Seconds between two requests that the file asks for; 0 where it asks for none."""
        rules = _parsed(self._text)
        rate = rules.request_rate(PRODUCT)
        return max(rules.crawl_delay(PRODUCT) or 0.0, rate.seconds / rate.requests if rate else 0.0)

    def check(self, url: str) -> None:
        """Check a URL of this origin.

        Raises
        ------
        FetchError
            Where it may not be asked.
        """
        if self._failure is not None:
            raise FetchError(*self._failure)
        if self._text and not _parsed(self._text).can_fetch(url, PRODUCT):
            raise FetchError(Status.ROBOTS, "robots.txt forbids it")


@lru_cache(maxsize=16)
def _parsed(text: str) -> Protego:
    # Few are kept: the rules of a hostile file take forty times the room of its text.
    return Protego.parse(text)


def _our_groups(text: str) -> str:
    """Give all groups that are neither ours nor everybody's one name.

    Protego keeps the rules of each named agent apart: a file of thousands of agents over thousands of rules would take
    hours and gigabytes.
    """

    def renamed(line: re.Match[str]) -> str:
        name = line[2].strip().lower()
        token = name.replace("*", "").split("/", 1)[0].strip()
        kept = "*" if name == "*" else PRODUCT if token == PRODUCT else "other"
        return f"{line[1]} {kept}"

    return _AGENT.sub(renamed, text)
