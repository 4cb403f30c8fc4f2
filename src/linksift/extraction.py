"""Pages in, link table out: one row per external link, in the order of the pages."""

import gc
import multiprocessing
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import contextmanager
from itertools import islice
from typing import Final

import pandas as pd
from pebble import ProcessExpired, ProcessPool

from linksift.areas import AreaFinder
from linksift.contract import Contract, load_contract
from linksift.document import Document, read_document
from linksift.features import Featurizer, Row
from linksift.io.pages import RawPage
from linksift.maintext import DEFAULT_ENGINE, Engine
from linksift.page import Limits, PageError
from linksift.walk import PageLink

#: Columns before the features, in order. `counts` is False where rel or the page's robots meta tells search engines not to count the link.
IDENTITY: Final = (
    "link_id", "page_id", "page_url", "title", "target_url", "anchor", "rel", "counts", "basis", "status", "error",
)  # fmt: skip
NOT_COUNTING: Final = frozenset(("nofollow", "ugc", "sponsored"))
_CHUNK: Final = 32


@contextmanager
def _collecting_later() -> Iterator[None]:
    """Put garbage collection off: all that is made of a page lives until its rows are made, and looking through it costs a fifth."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class Extractor:
    """Measures pages under one contract, in this process.

    Parameters
    ----------
    contract
        The features; the shipped ones by default.
    limits
        What one page may cost.
    targets
        Text of target pages by `linksift.urls.page_key`.
    engine
        What extracts the main text, one of `linksift.maintext.ENGINES`.
    """

    def __init__(
        self,
        contract: Contract | None = None,
        limits: Limits | None = None,
        targets: Mapping[str, str] | None = None,
        engine: Engine = DEFAULT_ENGINE,
    ) -> None:
        self.contract = contract or load_contract()
        self.limits = limits or Limits()
        self.engine = engine
        self._featurizer = Featurizer(self.contract, targets)
        self._finder = AreaFinder(self.contract.lexicons)

    def table(self, pages: Sequence[RawPage]) -> pd.DataFrame:
        """Return the link table of some pages; a page that fails, or has no external link, is one row that says so."""
        rows: list[dict[str, object]] = []
        values: list[Row] = []
        with _collecting_later():
            for page in pages:
                try:
                    found = list(self._page(page))
                except Exception as error:  # noqa: BLE001 - whatever one page does, the others come out
                    found = [self._failed(page, f"the page could not be measured: {type(error).__name__}: {error}")]
                rows.extend(row for row, _ in found)
                values.extend(value for _, value in found)
        identity = pd.DataFrame(rows, columns=list(IDENTITY))
        identity = identity.astype({name: "string" for name in IDENTITY if name != "counts"} | {"counts": "boolean"})
        return pd.concat([identity, self._featurizer.table(values)], axis=1)

    def _page(self, page: RawPage) -> Iterator[tuple[dict[str, object], Row]]:
        if page.html is None:
            yield self._failed(page, page.error or "no page")
            return
        try:
            document = read_document(page.html, page.url, self._finder, self.limits, self.engine)
        except PageError as error:
            yield self._failed(page, str(error))
            return
        links = document.external_links()
        kept = links[: self.limits.max_links]
        for link, value in zip(kept, self._featurizer.of_page(document, kept), strict=True):
            yield _link_row(page, document, link), value
        if not kept:
            yield (
                _row(page, document.url, document.head.title, status="no_links"),
                self._of_url(document.url),
            )
        if len(links) > len(kept):
            message = f"{len(links) - len(kept):,} links past the first {len(kept):,} were left out"
            yield self._failed(page, message, status="truncated")

    def _failed(self, page: RawPage, error: str, status: str = "error") -> tuple[dict[str, object], Row]:
        return _row(page, page.url, None, status=status, error=error), self._of_url(page.url)

    def _of_url(self, url: str | None) -> Row:
        return self._featurizer.row(self._featurizer.of_url(url))


def _row(
    page: RawPage, url: str | None, title: str | None, *, status: str, error: str | None = None
) -> dict[str, object]:
    # A page that could not be read, or has no link, is still a URL that can be judged as one.
    return {
        "link_id": f"{page.page_id or page.where}:{status}",
        "page_id": page.page_id,
        "page_url": url,
        "title": title,
        "basis": "url",
        "status": status,
        "error": error,
    }


def _link_row(page: RawPage, document: Document, link: PageLink) -> dict[str, object]:
    return {
        "link_id": f"{page.page_id}:{link.ordinal}",
        "page_id": page.page_id,
        "page_url": document.url,
        "title": document.head.title,
        "target_url": link.url,
        "anchor": link.anchor,
        "rel": " ".join(link.rel),
        "counts": not (document.head.nofollow or NOT_COUNTING.intersection(link.rel)),
        "basis": "page",
        "status": "ok",
        "error": None,
    }


_worker: Extractor | None = None


def _start_worker(contract: Contract, limits: Limits, targets: Mapping[str, str] | None, engine: Engine) -> None:
    global _worker
    _worker = Extractor(contract, limits, targets, engine)


def _work(pages: Sequence[RawPage]) -> pd.DataFrame:
    if _worker is None:
        raise RuntimeError("the worker was not started")
    return _worker.table(pages)


def extract(
    pages: Iterable[RawPage],
    *,
    contract: Contract | None = None,
    limits: Limits | None = None,
    targets: Mapping[str, str] | None = None,
    jobs: int = 0,
    engine: Engine = DEFAULT_ENGINE,
) -> Iterator[pd.DataFrame]:
    """Extract link tables from pages, chunk by chunk, in the order of the pages.

    Parameters
    ----------
    pages
        The pages, as `linksift.io.pages.read_pages` gives them.
    jobs
        Worker processes. In a worker a page that hangs or crashes the parser is given up after ``limits.timeout`` seconds and becomes a row with
        an error; with 0 everything runs in this process, without that guard.
    engine
        What extracts the main text, one of `linksift.maintext.ENGINES`: a model knows the one that it was trained on.

    Yields
    ------
    DataFrame
        The columns `IDENTITY`, then every feature of the contract as float32, NaN where unknown.
    """
    contract, limits = contract or load_contract(), limits or Limits()
    chunks = _chunks(pages)
    if jobs <= 0:
        extractor = Extractor(contract, limits, targets, engine)
        yield from map(extractor.table, chunks)
        return
    fallback = Extractor(contract, limits, targets, engine)
    context = multiprocessing.get_context("spawn")
    start = (contract, limits, targets, engine)
    with ProcessPool(max_workers=jobs, initializer=_start_worker, initargs=start, context=context) as pool:
        waiting: deque[tuple[list[RawPage], Future[pd.DataFrame]]] = deque()
        for chunk in chunks:
            waiting.append((chunk, pool.schedule(_work, args=(chunk,), timeout=limits.timeout * 2)))
            if len(waiting) > 2 * jobs:
                yield _collect(*waiting.popleft(), pool, limits, fallback)
        while waiting:
            yield _collect(*waiting.popleft(), pool, limits, fallback)


def _chunks(pages: Iterable[RawPage]) -> Iterator[list[RawPage]]:
    source = iter(pages)
    while chunk := list(islice(source, _CHUNK)):
        yield chunk


def _collect(
    pages: list[RawPage], future: "Future[pd.DataFrame]", pool: ProcessPool, limits: Limits, fallback: Extractor
) -> pd.DataFrame:
    """Wait for a chunk; where its worker hung or died, try its pages one by one to find the one at fault."""
    try:
        return future.result()
    except (FutureTimeout, ProcessExpired, MemoryError) as error:
        if len(pages) == 1:
            return fallback.table([_given_up(pages[0], error, limits)])
    again = [(page, pool.schedule(_work, args=([page],), timeout=limits.timeout)) for page in pages]
    return pd.concat([_collect([page], one, pool, limits, fallback) for page, one in again], ignore_index=True)


def _given_up(page: RawPage, error: BaseException, limits: Limits) -> RawPage:
    what = (
        f"took longer than {limits.timeout:g} s" if isinstance(error, FutureTimeout) else "stopped its worker process"
    )
    return RawPage(page.page_id, page.url, None, f"the page {what}: given up", page.where)
