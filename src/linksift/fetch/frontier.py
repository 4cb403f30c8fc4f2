"""Whose turn it is: hosts take turns, each has one request at a time, and pauses between two of them."""

import asyncio
import heapq
from collections import deque
from dataclasses import dataclass, field
from itertools import count
from typing import Final, TypeAlias

from yarl import URL

from linksift.fetch.outcome import Status
from linksift.fetch.robots import Robots
from linksift.fetch.rows import PageRow
from linksift.fetch.settings import Settings
from linksift.fetch.state import State

#: Hosts that are in turn at the same time: enough to keep the connections busy through the pauses, and the bound of the
#: memory that hosts take.
OPEN_HOSTS: Final = 256
_ALL_GIVEN: Final = 2**62


@dataclass(slots=True)
class PageJob:
    """A page on its way: asked for, perhaps redirected, perhaps tried before.

    Attributes
    ----------
    url
        What is asked next.
    hops
        The addresses that redirected, in order.
    positions
        Where the archive has what they answered.
    tries
        Requests made for `url`.
    """

    row: PageRow
    url: URL
    hops: list[str] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    tries: int = 0
    attempts: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class RobotsJob:
    """The robots.txt of an origin, which the host `owner` waits for."""

    owner: "Host"
    origin: URL
    url: URL
    hops: int = 0
    tries: int = 0


Job: TypeAlias = PageJob | RobotsJob


@dataclass(slots=True, eq=False)
class Host:
    """A host in turn.

    Attributes
    ----------
    ready_at
        Not before this time of the loop's clock.
    front
        Jobs that come before the host's own next page: redirected here, or to be tried again.
    robots
        Rules by origin.
    waits
        Whether its robots.txt is being asked for elsewhere.
    given
        Id of the last page taken from the state.
    guests
        Pages that another host redirected here.
    failures
        Failures in a row.
    closed
        Why nothing more is asked here, or None.
    """

    name: str
    ready_at: float
    delay: float
    given: int
    front: deque[Job] = field(default_factory=deque)
    robots: dict[URL, Robots] = field(default_factory=dict)
    waits: bool = False
    is_busy: bool = False
    is_queued: bool = False
    guests: int = 0
    failures: int = 0
    closed: tuple[Status, str] | None = None


class Frontier:
    """Hands out jobs: the host that has waited longest first.

    Parameters
    ----------
    state
        Says which pages are to be asked for.
    """

    def __init__(self, state: State, settings: Settings) -> None:
        self._state = state
        self._settings = settings
        self._loop = asyncio.get_running_loop()
        self._hosts: dict[str, Host] = {}
        self._turns: list[tuple[float, int, Host]] = []
        self._order = count()
        self._busy = 0
        self._all_open = False
        self._changed = asyncio.Event()

    async def take(self) -> tuple[Host, Job] | None:
        """Wait for the next job; None when all are done. `release` its host afterwards."""
        while True:
            self._open_hosts()
            now = self._loop.time()
            while self._turns and self._turns[0][0] <= now:
                host = heapq.heappop(self._turns)[2]
                host.is_queued = False
                job = self._next_job(host)
                if job is not None:
                    host.is_busy = True
                    self._busy += 1
                    return host, job
                self._retire(host)
                self._open_hosts()
            if not self._turns and not self._busy:
                return None
            await self._wait(self._turns[0][0] - now if self._turns else None)

    def release(self, host: Host, *, asked: bool, wait: float = 0.0) -> None:
        """Give a host back; where it was asked something, its pause begins now, and lasts at least `wait` seconds."""
        host.is_busy = False
        self._busy -= 1
        if asked:
            host.ready_at = self._loop.time() + max(host.delay, wait)
        self._queue(host)
        self._changed.set()

    def again(self, host: Host, job: Job) -> None:
        """Put a job back, to be the host's next one."""
        host.front.appendleft(job)

    def send(self, job: Job, name: str) -> None:
        """Hand a job to another host (a redirect)."""
        host = self._hosts.get(name) or self._open(name)
        host.front.append(job)
        self._queue(host)
        self._changed.set()

    def set_robots(self, job: RobotsJob, robots: Robots) -> None:
        """Give a host the rules that it waits for; one that wants longer pauses than allowed is closed."""
        job.owner.robots[job.origin] = robots
        if robots.delay > self._settings.max_wait:
            reason = f"robots.txt asks for pauses of {robots.delay:,.0f} s, more than the {self._settings.max_wait:g} s allowed"
            job.owner.closed = (Status.SKIPPED, reason)
        else:
            job.owner.delay = max(job.owner.delay, robots.delay)
        job.owner.waits = False
        self._queue(job.owner)
        self._changed.set()

    async def _wait(self, seconds: float | None) -> None:
        self._changed.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            pass

    def _open_hosts(self) -> None:
        while not self._all_open and len(self._hosts) < OPEN_HOSTS:
            name = self._state.next_host()
            if name is None:
                self._all_open = True
            else:
                self._queue(self._add(name, given=0))

    def _open(self, name: str) -> Host:
        """Open a host out of turn; where its own pages were given out before, it has none left."""
        return self._add(name, given=0 if self._state.open_host(name) else _ALL_GIVEN)

    def _add(self, name: str, given: int) -> Host:
        self._hosts[name] = Host(name, self._loop.time(), self._settings.delay, given)
        return self._hosts[name]

    def _queue(self, host: Host) -> None:
        if not host.is_queued and not host.is_busy:
            host.is_queued = True
            heapq.heappush(self._turns, (host.ready_at, next(self._order), host))

    def _retire(self, host: Host) -> None:
        """Let go of a host that has nothing to do; one that waits for its robots.txt is called when it is there."""
        if not host.waits:
            del self._hosts[host.name]

    def _next_job(self, host: Host) -> Job | None:
        for job in host.front:
            if isinstance(job, RobotsJob) or not host.waits:
                host.front.remove(job)
                return self._with_robots(host, job)
        row = None if host.waits else self._state.next_page(host.name, host.given)
        if row is None:
            return None
        host.given = row.id
        return self._with_robots(host, PageJob(row, URL(row.url, encoded=True)))

    def _with_robots(self, host: Host, job: Job) -> Job:
        """Return the job, or first the robots.txt that it has to obey."""
        if isinstance(job, RobotsJob) or host.closed is not None or job.url.origin() in host.robots:
            return job
        host.front.appendleft(job)
        host.waits = True
        origin = job.url.origin()
        return RobotsJob(host, origin, origin.with_path("/robots.txt"))


def host_key(url: URL) -> str:
    """Return the name under which a host takes its turns."""
    return (url.raw_host or "").rstrip(".")
