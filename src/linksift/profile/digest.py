"""Read a link table, whole or chunk by chunk, into arrays of codes: all that the profile needs, and small."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from linksift.errors import InputError
from linksift.profile.columns import dates, hashes, texts
from linksift.profile.counting import BoolArray, group_codes
from linksift.profile.keys import anchor_key, is_name, platform_sites, title_key, url_keys
from linksift.profile.marks import Marks, MarksReader

T = TypeVar("T")
Scalar = TypeVar("Scalar", bound=np.generic)
Codes = npt.NDArray[np.int32]
Links = pd.DataFrame | Iterable[pd.DataFrame]

_REQUIRED: Final = ("link_id", "page_url")
#: Columns of hashes, each of which becomes a column of codes.
_KEYS: Final = ("site", "owner", "tld", "page", "path", "title", "anchor", "target", "target_site")
_FLAGS: Final = ("blank", "named", "platform", "to_platform", "internal")
_MAX_EVIDENCE: Final = 300
# Rows whose texts are held at a time, however large the caller's chunks are.
_CHUNK_ROWS: Final = 32_768


@dataclass(frozen=True)
class Digest:
    """A link table without its texts, row for row.

    Attributes
    ----------
    link_ids
        Texts.
    site, owner, tld, page, path, title, anchor, target, target_site
        Codes from 0, -1 for unknown, shape (n,); equal codes are equal keys (`linksift.profile.keys`). They do not
        depend on the order of the rows.
    blank, named
        The anchor is known and empty; it is empty, or the name or address of the target.
    platform, to_platform
        The page's site, or the target's, is a platform.
    internal
        Page and target are of one site.
    day
        Day on which the link was first seen, since 1970-01-01; -1 for unknown.
    marks
        Trackers and signatures of the pages.
    texts
        `page_url`, `title` and `anchor`, cut at 300 characters, where they were asked for.
    """

    link_ids: pa.Array
    site: Codes
    owner: Codes
    tld: Codes
    page: Codes
    path: Codes
    title: Codes
    anchor: Codes
    target: Codes
    target_site: Codes
    blank: BoolArray
    named: BoolArray
    platform: BoolArray
    to_platform: BoolArray
    internal: BoolArray
    day: Codes
    marks: Marks
    texts: pa.Table | None

    def __len__(self) -> int:
        return len(self.site)

    @cached_property
    def profile(self) -> Codes:
        """The profile that each link belongs to: its target's site, or one for all where no row names a target."""
        return self.target_site if (self.target_site >= 0).any() else np.zeros_like(self.target_site)

    @cached_property
    def profile_site(self) -> npt.NDArray[np.int64]:
        """Code of each pair of profile and linking site."""
        return group_codes(self.profile, self.site)


def read_digest(links: Links, *, platforms: Collection[str] | None = None, with_texts: bool = False) -> Digest:
    """Read links.

    Parameters
    ----------
    links
        A link table or chunks of one. Columns ``link_id`` (each once) and ``page_url``; ``title``, ``target_url``,
        ``anchor``, ``first_seen``, ``page_id`` and those of `linksift.profile.FOOTPRINT_COLUMNS` where known.
    platforms
        Registrable domains whose pages belong to many authors; by default the list that ships.
    with_texts
        Keep the texts that evidence is made of.

    Raises
    ------
    InputError
        Where ``link_id`` or ``page_url`` is missing, an id is missing or stands twice, or a signature has another
        length.
    """
    known_platforms = platform_sites(platforms)
    parts: dict[str, list[npt.NDArray[np.generic]]] = {}
    ids: list[pa.Array] = []
    kept: list[pa.Table] = []
    marks = MarksReader()
    for chunk in _chunks(links):
        columns = _chunk_columns(chunk, known_platforms)
        for name, values in columns.items():
            parts.setdefault(name, []).append(values)
        ids.append(_link_ids(chunk))
        marks.add(chunk, np.asarray(columns["page"]), ids[-1])
        if with_texts:
            kept.append(_evidence_texts(chunk))
    link_ids = pa.concat_arrays(ids) if ids else pa.array([], pa.large_string())
    _check_ids(link_ids)
    # In one piece: taking rows out of many pieces puts them together again each time.
    together = pa.concat_tables(kept).combine_chunks() if kept else None
    return _assembled(parts, link_ids, marks.finish(), together)


def _assembled(
    parts: dict[str, list[npt.NDArray[np.generic]]], link_ids: pa.Array, marks: Marks, kept: pa.Table | None
) -> Digest:
    # Column by column, each freed before the next: the hashes take twice what the codes take.
    codes = {name: _codes(parts.pop(name, [])) for name in _KEYS}
    flags = {name: _joined(parts.pop(name, []), np.bool_) for name in _FLAGS}
    return Digest(
        link_ids=link_ids,
        site=codes["site"],
        owner=codes["owner"],
        tld=codes["tld"],
        page=codes["page"],
        path=codes["path"],
        title=codes["title"],
        anchor=codes["anchor"],
        target=codes["target"],
        target_site=codes["target_site"],
        blank=flags["blank"],
        named=flags["named"],
        platform=flags["platform"],
        to_platform=flags["to_platform"],
        internal=flags["internal"],
        day=_joined(parts.pop("day", []), np.int32),
        marks=marks,
        texts=kept,
    )


def _chunks(links: Links) -> Iterator[pd.DataFrame]:
    for chunk in [links] if isinstance(links, pd.DataFrame) else links:
        if missing := [name for name in _REQUIRED if name not in chunk.columns]:
            raise InputError(f"the link table lacks the column {' and '.join(missing)}; a link table has both")
        for start in range(0, len(chunk), _CHUNK_ROWS):
            yield chunk.iloc[start : start + _CHUNK_ROWS]


def _chunk_columns(chunk: pd.DataFrame, platforms: frozenset[str]) -> dict[str, npt.NDArray[np.generic]]:
    pages = [url_keys(url) for url in texts(chunk, "page_url")]
    targets = _by_distinct(url_keys, texts(chunk, "target_url"))
    anchors = _by_distinct(anchor_key, texts(chunk, "anchor"))
    columns: dict[str, npt.NDArray[np.generic]] = {
        "site": hashes([page.site for page in pages]),
        "owner": hashes([page.owner for page in pages]),
        "tld": hashes([page.tld for page in pages]),
        # A page of unknown address is still a page.
        "page": hashes([page.page or name for page, name in zip(pages, texts(chunk, "page_id"), strict=True)]),
        "path": hashes([page.path for page in pages]),
        "title": hashes(_by_distinct(title_key, texts(chunk, "title"))),
        "anchor": hashes(anchors),
        "target": hashes([target.page for target in targets]),
        "target_site": hashes([target.site for target in targets]),
        "blank": np.array([anchor == "" for anchor in anchors], dtype=bool),
        "named": np.array(
            [is_name(anchor, target.site) for anchor, target in zip(anchors, targets, strict=True)], dtype=bool
        ),
        "platform": np.array([page.site in platforms for page in pages], dtype=bool),
        "to_platform": np.array([target.site in platforms for target in targets], dtype=bool),
        "internal": np.array(
            [page.site == target.site for page, target in zip(pages, targets, strict=True)], dtype=bool
        ),
        "day": dates(chunk, "first_seen"),
    }
    return columns


def _by_distinct(read: Callable[[str | None], T], values: Sequence[str | None]) -> list[T]:
    """Read each distinct text once: the links of an export have few targets, and many share a title or anchor."""
    known = {value: read(value) for value in set(values)}
    return [known[value] for value in values]


def _link_ids(chunk: pd.DataFrame) -> pa.Array:
    column = chunk["link_id"]
    if column.isna().any():
        raise InputError("a row of the link table has no link_id; every link needs one of its own")
    return pa.array([str(value).encode("utf-8", "replace").decode() for value in column], pa.large_string())


def _check_ids(link_ids: pa.Array) -> None:
    if pc.count_distinct(link_ids).as_py() < len(link_ids):
        ids = link_ids.to_pandas()
        again = ids[ids.duplicated()].iloc[0]
        raise InputError(f"link_id {again!r} stands twice in the link table; every link needs one of its own")


def _evidence_texts(chunk: pd.DataFrame) -> pa.Table:
    columns = {
        name: pa.array([text and text[:_MAX_EVIDENCE] for text in texts(chunk, name)], pa.large_string())
        for name in ("page_url", "title", "anchor")
    }
    return pa.table(columns)


def _codes(parts: list[npt.NDArray[np.generic]]) -> Codes:
    values = _joined(parts, np.uint64)
    # Sorted, so that the codes do not depend on the order of the rows. 0 is the hash of nothing and sorts first.
    distinct, codes = np.unique(values, return_inverse=True)
    has_unknown = bool(len(distinct)) and distinct[0] == 0
    return np.asarray(codes - has_unknown, dtype=np.int32)


def _joined(parts: list[npt.NDArray[np.generic]], dtype: type[Scalar]) -> npt.NDArray[Scalar]:
    return np.concatenate(parts).astype(dtype, copy=False) if parts else np.empty(0, dtype=dtype)
