"""The one writer: exchanges into the archive and outcomes into the state, in step with each other."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from linksift.fetch.archive import NOT_MODIFIED, ArchiveReader, ArchiveWriter, Exchange, Packed, pack
from linksift.fetch.outcome import Outcome
from linksift.fetch.rows import Capture, Known, PageRow
from linksift.fetch.state import State

_SAVE_SECONDS = 1.0
_SMALL = 8_192


class Recorder:
    """Packs in threads and appends in the event loop, one exchange after the other.

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
        self._reading = asyncio.Lock()
        self._on_page = on_page
        self._packing: dict[str, asyncio.Event] = {}

    async def write(self, exchange: Exchange) -> Known:
        """Write an exchange; a payload that the archive holds becomes a revisit record."""
        digest = exchange.digest
        if not exchange.payload:
            return self._append(exchange, pack(exchange, digest))
        # A copy that arrives at the same moment waits, so that it finds the first.
        while (other := self._packing.get(digest)) is not None:
            await other.wait()
        done = self._packing[digest] = asyncio.Event()
        try:
            known = self._state.payload(digest)
            # A thread costs more than what needs no packing.
            is_quick = known is not None or exchange.is_packed or len(exchange.payload) < _SMALL
            packed = pack(exchange, digest, known) if is_quick else await asyncio.to_thread(pack, exchange, digest)
            written = self._append(exchange, packed)
            if known is None:
                self._state.add_payload(digest, written)
        finally:
            del self._packing[digest]
            done.set()
        return written

    def _append(self, exchange: Exchange, packed: Packed) -> Known:
        return Known(packed.record_id, exchange.url, packed.date, self._writer.append(packed.data))

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
        exchanges = []
        for position in capture.positions:
            async with self._reading:
                exchanges.append(await asyncio.to_thread(self._earlier.read, position))
        written = [await self.write(exchange) for exchange in exchanges]
        if not_modified is not None:
            packed = pack(not_modified, exchanges[-1].digest, written[-1], NOT_MODIFIED)
            self._append(not_modified, packed)
        return replace(capture, positions=tuple(known.position for known in written)), exchanges[-1]

    def finish(self, page: PageRow, outcome: Outcome, capture: Capture | None) -> None:
        """Note what became of a page."""
        self._state.finish_page(page.id, outcome, capture)
        self._on_page()

    def save(self) -> None:
        """Make everything last that was written until now."""
        self._writer.flush()
        self._state.commit(self._writer.length)

    async def save_regularly(self) -> None:
        """Save every second, until cancelled."""
        while True:
            await asyncio.sleep(_SAVE_SECONDS)
            self.save()
