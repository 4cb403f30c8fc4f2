"""Fetch pages into an archive, or go on where it was interrupted, or look what has changed since the last time."""

import asyncio
import sqlite3
import ssl
from collections.abc import Callable, Coroutine, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from aiohttp.abc import AbstractResolver

from linksift.errors import InputError, LinksiftError
from linksift.fetch.addresses import Guard
from linksift.fetch.archive import ArchiveReader, ArchiveWriter
from linksift.fetch.asked import Asked, wanted
from linksift.fetch.client import Client
from linksift.fetch.crawl import Crawl
from linksift.fetch.outcome import Status
from linksift.fetch.recorder import Recorder
from linksift.fetch.report import Plan, plan_of, write_status
from linksift.fetch.settings import Settings
from linksift.fetch.state import State

_SUFFIX = ".warc.gz"


@dataclass(frozen=True, slots=True)
class Network:
    """What stands between us and the net, for tests and intranets: name look-ups, trust, and the rules for addresses.

    Attributes
    ----------
    resolver
        Looks names up instead of the system; made anew for each run, inside the event loop.
    tls
        Certificates that are trusted instead of the system's.
    guard
        The rules for addresses instead of those of the settings.
    """

    resolver: Callable[[], AbstractResolver] | None = None
    tls: ssl.SSLContext | None = None
    guard: Guard | None = None


@dataclass(frozen=True, slots=True)
class Places:
    """The files of one archive: itself, the part that is being written, and the state."""

    archive: Path

    @property
    def part(self) -> Path:
        """The archive while it is written."""
        return self.archive.with_name(self.archive.name + ".part")

    @property
    def state(self) -> Path:
        """What is known of the run, and of the last one."""
        return self.archive.with_name(self.archive.name + ".state")

    @property
    def status(self) -> Path:
        """The status table, where no other name is given."""
        return self.archive.with_name(self.archive.name.removesuffix(_SUFFIX) + ".status.csv")


def places_of(output: str | Path) -> Places:
    """Return the files that belong to an archive.

    Raises
    ------
    InputError
        Where the name does not end in ``.warc.gz`` or its folder is not there.
    """
    path = Path(output)
    if not path.name.endswith(_SUFFIX) or path.name == _SUFFIX:
        raise InputError(f"{output}: an archive's name ends in {_SUFFIX}")
    if not path.parent.is_dir():
        raise InputError(f"{output}: the folder {path.parent} does not exist")
    return Places(path)


def fetch(
    asked: Iterable[Asked],
    output: str | Path,
    settings: Settings | None = None,
    *,
    status: str | Path | None = None,
    on_page: Callable[[int, int], None] | None = None,
    network: Network | None = None,
) -> dict[Status, int]:
    """Fetch pages into a web archive, politely.

    Where an earlier call was broken off, even killed, it goes on with what is not done. Where one was finished, its pages are
    asked only whether they have changed; the new archive takes the place of the old one when it is complete, and
    holds the pages that have not changed, and those of hosts that do not answer, too.

    Parameters
    ----------
    asked
        The pages, as `read_asked` gives them.
    output
        The archive, ``*.warc.gz``; ``.part`` and ``.state`` files stand beside it.
    status
        The status table (``*.csv``, ``*.parquet``, ``*.jsonl``); by default ``*.status.csv`` beside the archive.
    on_page
        Called after each page with the number of pages done in this call, and of those to do.

    Returns
    -------
    dict
        How many pages ended with each status.

    Raises
    ------
    InputError
        Where the output cannot be written, is not ours, or another process works on it.
    """
    settings, network, places = settings or Settings(), network or Network(), places_of(output)
    guard = network.guard or Guard(allow_private=settings.allow_private, ports=settings.ports)
    with State(places.state) as state:
        _begin(state, places, asked, guard, settings)
        about = {
            "software": settings.user_agent,
            "format": "WARC File Format 1.1",
            "conformsTo": "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
            "robots": "obey",
        }
        with ArchiveWriter(places.part, state.length, about) as writer, ExitStack() as stack:
            earlier = stack.enter_context(ArchiveReader(places.archive)) if _has_earlier(state, places) else None
            recorder = Recorder(state, writer, earlier, _counter(state, on_page))
            _run(_crawl(state, guard, recorder, settings, network), places)
            writer.finish()
        write_status(state, status or places.status, settings)
        places.part.replace(places.archive)
        state.end()
        return {kind: count for kind, count in state.counts().items() if kind is not None}


def plan(asked: Iterable[Asked], output: str | Path, settings: Settings | None = None) -> Plan:
    """Say what `fetch` would do, without a request and without touching a file.

    Raises
    ------
    InputError
        As for `fetch`.
    """
    settings, places = settings or Settings(), places_of(output)
    guard = Guard(allow_private=settings.allow_private, ports=settings.ports)
    with State(":memory:") as state:
        if places.state.is_file():
            with State(places.state) as present:
                present.copy_into(state)
        _begin(state, places, asked, guard, settings)
        return plan_of(state, settings)


def _begin(state: State, places: Places, asked: Iterable[Asked], guard: Guard, settings: Settings) -> None:
    size = places.archive.stat().st_size if places.archive.is_file() else 0
    part = places.part.stat().st_size if places.part.is_file() else 0
    is_ours = not size or state.is_running or (state.meta("phase") == "done" and size == state.length)
    if not is_ours:
        raise InputError(
            f"{places.archive}: exists, and linksift fetch did not write it or does not know it any more "
            f"({places.state.name} beside it); move it away or name another file"
        )
    state.begin(
        wanted(asked, guard),
        max_per_host=settings.max_per_host,
        resume=state.is_running and 0 < state.length <= part,
        earlier=0 if state.is_running else size,
    )


def _has_earlier(state: State, places: Places) -> bool:
    return bool(state.earlier) and places.archive.is_file() and places.archive.stat().st_size == state.earlier


def _counter(state: State, on_page: Callable[[int, int], None] | None) -> Callable[[], None]:
    total, done = state.counts().get(None, 0), 0

    def count() -> None:
        nonlocal done
        done += 1
        if on_page is not None:
            on_page(done, total)

    return count


async def _crawl(state: State, guard: Guard, recorder: Recorder, settings: Settings, network: Network) -> None:
    resolver = network.resolver() if network.resolver is not None else None
    async with Client(settings, guard, resolver=resolver, tls=network.tls) as client:
        await Crawl(state, client, guard, recorder, settings).run()


def _run(crawl: Coroutine[None, None, None], places: Places) -> None:
    try:
        asyncio.run(crawl)
    except ExceptionGroup as group:
        error: Exception = group
        while isinstance(error, ExceptionGroup):
            error = error.exceptions[0]
        if isinstance(error, LinksiftError):
            raise error from None
        if isinstance(error, OSError | sqlite3.Error):
            raise InputError(f"{places.part}: cannot be written ({error})") from error
        raise
