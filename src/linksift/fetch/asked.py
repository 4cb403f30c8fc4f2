"""What is asked for: the linking pages of an export, or a list of URLs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from linksift.errors import InputError
from linksift.fetch.addresses import Guard, parse_url
from linksift.fetch.frontier import host_key
from linksift.fetch.outcome import FetchError
from linksift.fetch.rows import Wanted
from linksift.io.exports import open_export
from linksift.io.textfile import BROKEN_GZIP, display_name, lines, open_text

_STARTS: Final = ("http://", "https://", "//")


class Asked(NamedTuple):
    """A page to fetch, and where it is said to link, if that is known."""

    url: str
    target: str | None = None


@dataclass(slots=True)
class AskList:
    """Pages to fetch, to be gone through once.

    Attributes
    ----------
    left_out
        Rows so far that name no page: only a domain, or nothing usable.
    """

    items: Iterable[Asked] = ()
    left_out: int = 0


def read_asked(path: str | Path) -> AskList:
    """Read the pages to fetch from a list of URLs (one a line, ``#`` comments) or a backlink export.

    Parameters
    ----------
    path
        A file, told by its content; ``-`` is a list of URLs on stdin.

    Returns
    -------
    AskList
        Read row by row. Going through it raises `InputError` where the file names no page.

    Raises
    ------
    InputError
        If the file is missing or is neither.
    """
    found = AskList()
    found.items = _some(_read_list(path) if str(path) == "-" or _is_list(path) else _read_export(path, found), path)
    return found


def _is_list(path: str | Path) -> bool:
    try:
        with open_text(path) as text:
            first = next((line.strip() for line in lines(text, display_name(path)) if _is_entry(line)), "")
    except (InputError, *BROKEN_GZIP):
        # A workbook, or something that the reader of exports knows better what to say of.
        return False
    return first.lower().startswith(_STARTS) and not any(mark in first for mark in ",;\t")


def _is_entry(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _read_list(path: str | Path) -> Iterator[Asked]:
    name = display_name(path)
    try:
        with open_text(path) as text:
            for line in lines(text, name):
                if _is_entry(line):
                    yield Asked(line.strip())
    except BROKEN_GZIP:
        raise InputError(f"{name}: the gzip stream breaks off") from None


def _read_export(path: str | Path, found: AskList) -> Iterator[Asked]:
    with open_export(path) as reader:
        for chunk in reader.chunks():
            for page, target in zip(chunk.links["page_url"], chunk.links["target_url"], strict=True):
                if isinstance(page, str):
                    yield Asked(page, target if isinstance(target, str) else None)
                else:
                    found.left_out += 1


def _some(items: Iterator[Asked], path: str | Path) -> Iterator[Asked]:
    is_empty = True
    for item in items:
        is_empty = False
        yield item
    if is_empty:
        raise InputError(f"{display_name(path)}: names no page to fetch; give an export of links, or a list of URLs")


def wanted(asked: Iterable[Asked], guard: Guard) -> Iterator[Wanted]:
    """Check each URL as it stands; one that may not be asked keeps its place, with the reason."""
    for one in asked:
        try:
            url = parse_url(one.url)
            guard.check_url(url)
        except FetchError as error:
            yield Wanted(one.url, one.url, "", one.target, error.reason)
        else:
            yield Wanted(str(url), one.url, host_key(url), one.target, None)
