"""The crawl: takes jobs in turn, asks, and decides what an answer means."""

import asyncio
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urljoin

from yarl import URL

from linksift.errors import LinksiftError
from linksift.fetch.addresses import Guard, parse_url
from linksift.fetch.archive import Exchange
from linksift.fetch.bodies import unpacked
from linksift.fetch.client import Answer, Client
from linksift.fetch.frontier import Frontier, Host, Job, PageJob, RobotsJob, host_key
from linksift.fetch.headers import plain_value, retry_after
from linksift.fetch.links import count_found
from linksift.fetch.outcome import FetchError, Outcome, Status
from linksift.fetch.recorder import Recorder
from linksift.fetch.robots import MAX_REDIRECTS, Robots
from linksift.fetch.rows import Capture
from linksift.fetch.settings import Settings
from linksift.fetch.state import State

_REDIRECTS: Final = frozenset((301, 302, 303, 307, 308))
_TRY_AGAIN: Final = frozenset((429, 500, 502, 503, 504))
#: Failures that are the host's, not the page's.
_OF_HOST: Final = frozenset((Status.CONNECT, Status.TIMEOUT, Status.THROTTLED, Status.DNS))
#: Answers about the page itself: what an earlier archive has of it is no longer true.
_OF_PAGE: Final = frozenset((Status.NOT_HTML, Status.REDIRECTS, Status.TOO_LARGE))
_GONE: Final = frozenset((404, 410))
#: Seconds to wait before the host is asked again, or None where nothing was asked.
_Pause = float | None


class Crawl:
    """One run over everything that the state has to be asked for."""

    def __init__(self, state: State, client: Client, guard: Guard, recorder: Recorder, settings: Settings) -> None:
        self._state = state
        self._client = client
        self._guard = guard
        self._recorder = recorder
        self._settings = settings
        self._slots = asyncio.Semaphore(settings.concurrency)

    async def run(self) -> None:
        """Ask for every page; ends when each has an outcome."""
        self._frontier = Frontier(self._state, self._settings)
        async with asyncio.TaskGroup() as group:
            saving = group.create_task(self._recorder.save_regularly())
            await self._work_off()
            saving.cancel()
        self._recorder.save()

    async def _work_off(self) -> None:
        async with asyncio.TaskGroup() as group:
            while True:
                await self._slots.acquire()
                taken = await self._frontier.take()
                if taken is None:
                    break
                group.create_task(self._work(*taken))

    async def _work(self, host: Host, job: Job) -> None:
        pause: _Pause = None
        try:
            pause = await (self._robots(host, job) if isinstance(job, RobotsJob) else self._page(host, job))
        except (LinksiftError, OSError, sqlite3.Error):
            raise
        except Exception as error:  # noqa: BLE001 - whatever one page does, the others are fetched
            await self._give_up(job, error)
        finally:
            self._frontier.release(host, asked=pause is not None, wait=pause or 0.0)
            self._slots.release()

    async def _give_up(self, job: Job, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}"[:200]
        if isinstance(job, RobotsJob):
            self._frontier.set_robots(job, Robots.forbidding(Status.ROBOTS, f"robots.txt cannot be read ({reason})"))
        else:
            await self._fail(job, FetchError(Status.BROKEN, reason))

    async def _robots(self, host: Host, job: RobotsJob) -> _Pause:
        job.tries += 1
        try:
            answer = await self._client.get(job.url, seconds=self._settings.timeout, any_type=True)
            if answer.status in _REDIRECTS and "Location" in answer.headers:
                self._redirect_robots(job, answer)
                return 0.0
        except FetchError as error:
            if error.status is Status.CONNECT and job.tries <= self._settings.retries:
                return self._again(host, job)
            self._frontier.set_robots(job, Robots.forbidding(error.status, f"robots.txt: {error.reason}"))
            return 0.0
        wait = self._wait_of(answer, job.tries)
        if answer.status in _TRY_AGAIN and job.tries <= self._settings.retries and wait <= self._settings.max_wait:
            return self._again(host, job, wait)
        self._frontier.set_robots(job, Robots.of_answer(answer.status, answer.plain))
        return 0.0

    def _redirect_robots(self, job: RobotsJob, answer: Answer) -> None:
        url = self._target(answer)
        job.hops += 1
        if job.hops > MAX_REDIRECTS:
            raise FetchError(Status.ROBOTS, f"redirected more than {MAX_REDIRECTS} times")
        job.url, job.tries = url, 0
        self._frontier.send(job, host_key(url))

    def _again(self, host: Host, job: Job, wait: float | None = None) -> float:
        """Have a job done again after a while, longer each time."""
        self._frontier.again(host, job)
        return self._backoff(job.tries) if wait is None else wait

    def _backoff(self, tries: int) -> float:
        return self._settings.backoff * 2.0 ** (tries - 1)

    def _wait_of(self, answer: Answer, tries: int) -> float:
        return max(self._backoff(tries), retry_after(answer.headers, datetime.now(UTC)) or 0.0)

    async def _page(self, host: Host, job: PageJob) -> _Pause:
        seconds = self._settings.timeout - job.seconds
        try:
            self._check(host, job, seconds)
        except FetchError as error:
            await self._fail(job, error)
            return None
        job.attempts += 1
        job.tries += 1
        start = asyncio.get_running_loop().time()
        try:
            answer = await self._client.get(job.url, seconds=seconds, headers=_conditions(job))
        except FetchError as error:
            job.seconds += asyncio.get_running_loop().time() - start
            if error.status is Status.CONNECT and job.tries <= self._settings.retries and host.closed is None:
                return self._again(host, job)
            self._count_failure(host, error)
            await self._fail(job, error)
            return 0.0
        job.seconds += answer.seconds
        return await self._answered(host, job, answer)

    def _check(self, host: Host, job: PageJob, seconds: float) -> None:
        """Refuse what may not be asked, before it is."""
        if host.closed is not None:
            raise FetchError(*host.closed)
        host.robots[job.url.origin()].check(str(job.url))
        if seconds <= 0:
            raise FetchError(Status.TIMEOUT, f"not done in {self._settings.timeout:g} s")
        if job.hops and not job.tries and host_key(URL(job.hops[-1], encoded=True)) != host.name:
            host.guests += 1
            if host.guests > self._settings.max_per_host:
                reason = f"redirected to a host over the cap of {self._settings.max_per_host} pages per host"
                raise FetchError(Status.SKIPPED, reason)

    def _count_failure(self, host: Host, error: FetchError) -> None:
        if error.status not in _OF_HOST:
            return
        host.failures += 1
        if host.failures >= self._settings.host_failures and host.closed is None:
            host.closed = (error.status, f"the host failed {host.failures} times in a row, last: {error.reason}")

    async def _answered(self, host: Host, job: PageJob, answer: Answer) -> _Pause:
        if answer.status in _TRY_AGAIN:
            wait = self._wait_of(answer, job.tries)
            if wait > self._settings.max_wait:
                host.closed = (Status.THROTTLED, f"the host asks to come back after {wait:,.0f} s")
            elif job.tries <= self._settings.retries:
                return self._again(host, job, wait)
        if answer.status == 429 or (answer.status == 503 and host.closed is not None):
            error = FetchError(*(host.closed or (Status.THROTTLED, "the host asks for fewer requests (429)")))
            self._count_failure(host, error)
            await self._fail(job, error, answer)
            return 0.0
        host.failures = 0
        if answer.status in _REDIRECTS and "Location" in answer.headers:
            await self._redirected(job, answer)
        elif answer.status == 304 and _conditions(job):
            await self._not_modified(host, job, answer)
        elif answer.is_success:
            await self._captured(job, answer)
        else:
            await self._recorder.write(Exchange.of_answer(answer, job.hops))
            await self._fail(job, FetchError(Status.HTTP_ERROR, f"the server answered {answer.status}"), answer)
        return 0.0

    def _target(self, answer: Answer) -> URL:
        """Return where an answer redirects to, checked."""
        location = answer.headers["Location"]
        try:
            url = parse_url(urljoin(str(answer.url), location.strip()))
            self._guard.check_url(url)
        except ValueError:
            raise FetchError(Status.REDIRECTS, f"redirect to {location[:80]!r}, which is no URL") from None
        except FetchError as error:
            raise FetchError(error.status, f"redirect to {location[:80]}: {error.reason}") from None
        return url

    async def _redirected(self, job: PageJob, answer: Answer) -> None:
        known = await self._recorder.write(Exchange.of_answer(answer, job.hops))
        try:
            url = self._target(answer)
            if str(url) == str(job.url) or str(url) in job.hops:
                raise FetchError(Status.REDIRECTS, f"redirects in a loop, to {url}"[:200])
            if len(job.hops) >= self._settings.max_redirects:
                raise FetchError(Status.REDIRECTS, f"more than {self._settings.max_redirects} redirects")
        except FetchError as error:
            await self._fail(job, error, answer)
            return
        job.positions.append(known.position)
        job.hops.append(str(job.url))
        job.url, job.tries = url, 0
        self._frontier.send(job, host_key(url))

    async def _captured(self, job: PageJob, answer: Answer) -> None:
        exchange = Exchange.of_answer(answer, job.hops)
        found = await _found(answer.plain, exchange.url, job)
        known = await self._recorder.write(exchange)
        capture = Capture(
            known.date, exchange.url, (*job.positions, known.position),
            plain_value(answer.headers.get("ETag")), plain_value(answer.headers.get("Last-Modified")),
        )  # fmt: skip
        self._recorder.finish(job.row, _outcome(job, Status.OK, answer=answer, found=found), capture)

    async def _not_modified(self, host: Host, job: PageJob, answer: Answer) -> None:
        if job.row.capture is None:
            raise ValueError("304 without a capture")
        try:
            capture, exchange = await self._recorder.carry(job.row.capture, Exchange.of_answer(answer, job.hops))
        except (ValueError, OSError):
            # The earlier archive is not what it was: ask for the page itself.
            job.row = replace(job.row, capture=None)
            self._frontier.again(host, job)
            return
        plain = unpacked(
            exchange.payload, exchange.header("Content-Encoding"), self._settings.max_bytes, is_whole=False
        )
        found = await _found(plain, exchange.url, job)
        self._recorder.finish(job.row, _outcome(job, Status.NOT_MODIFIED, answer=answer, found=found), capture)

    async def _fail(self, job: PageJob, error: FetchError, answer: Answer | None = None) -> None:
        """End a page without a new capture; unless the answer is about the page itself, an earlier one stays."""
        capture = job.row.capture
        is_gone = answer is not None and answer.status in _GONE
        if capture is not None and error.status not in _OF_PAGE and not is_gone:
            try:
                capture, _ = await self._recorder.carry(capture)
            except (ValueError, OSError):
                capture = None
        else:
            capture = None
        self._recorder.finish(job.row, _outcome(job, error.status, error.reason, answer=answer), capture)


async def _found(html: bytes, url: str, job: PageJob) -> int | None:
    targets = job.row.targets
    return await asyncio.to_thread(count_found, html, url, targets) if targets else None


def _outcome(
    job: PageJob, status: Status, reason: str | None = None, *, answer: Answer | None = None, found: int | None = None
) -> Outcome:
    return Outcome(
        status=status,
        reason=reason,
        http_status=answer.status if answer else None,
        content_type=plain_value(answer.content_type) if answer else None,
        n_bytes=len(answer.sent) if answer else None,
        final_url=str(job.url) if job.attempts else None,
        redirects=len(job.hops),
        attempts=job.attempts,
        seconds=round(job.seconds, 3),
        found=found,
    )


def _conditions(job: PageJob) -> dict[str, str]:
    """Return the headers that ask for a page only if it has changed since it was captured."""
    capture = job.row.capture
    if capture is None or capture.url != str(job.url):
        return {}
    asked = {"If-None-Match": capture.etag, "If-Modified-Since": capture.last_modified}
    return {name: value for name, value in asked.items() if value is not None}
