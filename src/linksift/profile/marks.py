"""The footprints of pages as a link table carries them: tracker ids and MinHash signatures, kept once a page."""

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from linksift.errors import InputError
from linksift.profile.columns import texts
from linksift.profile.counting import BoolArray, IntArray
from linksift.profile.minhash import HASHES, SIGNATURE_BYTES, Signature

_MAX_TRACKERS: Final = 50
_SIGNATURES: Final = ("text_minhash", "template_minhash")


@dataclass(frozen=True, slots=True)
class PageSignatures:
    """Signatures of pages.

    Attributes
    ----------
    rows
        A row of the link table for each page, shape (n_pages,).
    values
        Shape (n_pages, HASHES).
    """

    rows: IntArray
    values: Signature


@dataclass(frozen=True, slots=True)
class Marks:
    """Footprints of a link table.

    Attributes
    ----------
    tracked
        The page of the row was searched for trackers, shape (n,).
    tracker_rows, tracker_codes
        Row and tracker of each finding, once per page and tracker, shape (n_findings,).
    tracker_names
        The trackers, in the order of their codes.
    text, template
        Signatures.
    """

    tracked: BoolArray
    tracker_rows: IntArray
    tracker_codes: IntArray
    tracker_names: list[str]
    text: PageSignatures
    template: PageSignatures


@dataclass(slots=True)
class _Parts:
    """What the chunks have brought so far of one kind of signature."""

    rows: list[IntArray] = field(default_factory=list)
    pages: list[npt.NDArray[np.uint64]] = field(default_factory=list)
    values: list[Signature] = field(default_factory=list)

    def finish(self) -> PageSignatures:
        if not self.rows:
            return PageSignatures(np.empty(0, dtype=np.int64), np.empty((0, HASHES), dtype=np.uint32))
        # A page's first signature stands for it, should chunks or rows differ.
        _, first = np.unique(np.concatenate(self.pages), return_index=True)
        return PageSignatures(np.concatenate(self.rows)[first], np.concatenate(self.values)[first])


class MarksReader:
    """Gathers footprints chunk by chunk."""

    def __init__(self) -> None:
        self._n = 0
        self._tracked: list[BoolArray] = []
        self._found: set[tuple[int, str]] = set()
        self._rows: list[tuple[int, str]] = []
        self._signatures = {name: _Parts() for name in _SIGNATURES}

    def add(self, chunk: pd.DataFrame, pages: npt.NDArray[np.generic], link_ids: pa.Array) -> None:
        """Read the columns ``trackers``, ``text_minhash`` and ``template_minhash`` of a chunk, where it has them.

        Parameters
        ----------
        pages
            Hash of each row's page, 0 for unknown; a row without a page is passed over.
        link_ids
            For messages.
        """
        page_hashes = np.asarray(pages, dtype=np.uint64)
        self._add_trackers(texts(chunk, "trackers"), page_hashes)
        for name, parts in self._signatures.items():
            if name in chunk.columns:
                self._add_signatures(chunk[name].tolist(), name, page_hashes, link_ids, parts)
        self._n += len(chunk)

    def finish(self) -> Marks:
        """Return what was gathered."""
        names = sorted({name for _, name in self._rows})
        code = {name: number for number, name in enumerate(names)}
        return Marks(
            tracked=np.concatenate(self._tracked) if self._tracked else np.empty(0, dtype=bool),
            tracker_rows=np.array([row for row, _ in self._rows], dtype=np.int64),
            tracker_codes=np.array([code[name] for _, name in self._rows], dtype=np.int64),
            tracker_names=names,
            text=self._signatures["text_minhash"].finish(),
            template=self._signatures["template_minhash"].finish(),
        )

    def _add_trackers(self, column: list[str | None], pages: npt.NDArray[np.uint64]) -> None:
        self._tracked.append(np.array([cell is not None for cell in column], dtype=bool) & (pages != 0))
        for at, cell in enumerate(column):
            if not cell or not pages[at]:
                continue
            for name in cell.split()[:_MAX_TRACKERS]:
                finding = (int(pages[at]), name)
                if finding not in self._found:
                    self._found.add(finding)
                    self._rows.append((self._n + at, name))

    def _add_signatures(
        self, cells: list[Any], name: str, pages: npt.NDArray[np.uint64], link_ids: pa.Array, parts: _Parts
    ) -> None:
        known = np.array([isinstance(cell, bytes) for cell in cells], dtype=bool) & (pages != 0)
        _, first = np.unique(np.where(known, pages, 0), return_index=True)
        rows = first[known[first]]
        for row in rows:
            if len(cells[row]) != SIGNATURE_BYTES:
                raise InputError(
                    f"{name} of link {link_ids[row].as_py()!r} has {len(cells[row])} bytes, not {SIGNATURE_BYTES};"
                    " take it from linksift.profile.page_footprint"
                )
        parts.rows.append(rows + self._n)
        parts.pages.append(pages[rows])
        parts.values.append(np.frombuffer(b"".join(cells[row] for row in rows), dtype="<u4").reshape(-1, HASHES))
