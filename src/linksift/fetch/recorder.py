"""The one writer: exchanges into the archive, outcomes into the state, in step with each other."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from linksift.fetch.archive import IDENTICAL, NOT_MODIFIED, ArchiveReader, ArchiveWriter, Exchange
from linksift.fetch.outcome import Outcome
from linksift.fetch.state import Capture, Known, PageRow, State

_SAVE_SECONDS = 1.0


class Recorder:
    """Writes one thing at a time, whoever calls.

    Parameters
    ----------
    earlier
        The archive of the run before, from which pages are taken that have not changed.
    on_page
        Called after each page.
    """

    def __init__(
        self, state: State, writer: ArchiveWriter, earlier: ArchiveReader | None, on_page: Callable[[], None]
    ) -> None:
        self._state = state
        self._writer = writer
        self._earlier = earlier
        self._on_page = on_page
        self._lock = asyncio.Lock()

    async def write(self, exchange: Exchange) -> Known:
        """Write an exchange; a payload that the archive holds becomes a revisit record."""
        async with self._lock:
            return await self._write(exchange)

    async def _write(self, exchange: Exchange) -> Known:
        digest = exchange.digest
        known = self._state.payload(digest) if exchange.payload else None
        written = await asyncio.to_thread(self._writer.write, exchange, digest, known, IDENTICAL)
        if known is None and exchange.payload:
            self._state.add_payload(digest, written)
        return written

    async def carry(self, capture: Capture, not_modified: Exchange | None = None) -> tuple[Capture, Exchange]:
        """Take over a page from the earlier archive, and after it the answer that it has not changed, if there is one.

        Returns
        -------
        tuple
            Where the page is now, and its last exchange.

        Raises
        ------
        ValueError, OSError
            Where the earlier archive does not have it.
        """
        if self._earlier is None:
            raise ValueError("there is no earlier archive")
        async with self._lock:
            exchanges = [await asyncio.to_thread(self._earlier.read, position) for position in capture.positions]
            written = [await self._write(exchange) for exchange in exchanges]
            if not_modified is not None:
                digest = exchanges[-1].digest
                await asyncio.to_thread(self._writer.write, not_modified, digest, written[-1], NOT_MODIFIED)
        return replace(capture, positions=tuple(known.position for known in written)), exchanges[-1]

    async def finish(self, page: PageRow, outcome: Outcome, capture: Capture | None) -> None:
        """Note what became of a page."""
        async with self._lock:
            self._state.finish_page(page.id, outcome, capture)
        self._on_page()

    async def save(self) -> None:
        """Make everything last that was written until now."""
        async with self._lock:
            await asyncio.to_thread(self._writer.flush)
            self._state.commit(self._writer.length)

    async def save_regularly(self) -> None:
        """Save every second, until cancelled."""
        while True:
            await asyncio.sleep(_SAVE_SECONDS)
            await self.save()
