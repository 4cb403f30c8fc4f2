"""One page as it came, from whatever it was read."""

import hashlib
from dataclasses import dataclass
from typing import Final

#: A page larger than this (unpacked) is not read: the largest real pages are a few MB.
MAX_PAGE_BYTES: Final = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class RawPage:
    """One page as it came, or why it could not be read.

    Attributes
    ----------
    page_id
        First 16 hex digits of the SHA-256 of the bytes, unless the input names its pages itself.
    url
        Address of the page, or None where it is unknown.
    html
        The page's bytes, not decoded; None where `error` says why.
    error
        Why there is no page, or None.
    where
        Place in the input, for messages: ``pages.parquet:17``.
    aliases
        Other addresses that lead to this page: those that an archive saw redirected to it.
    """

    page_id: str | None
    url: str | None
    html: bytes | None
    error: str | None = None
    where: str = ""
    aliases: tuple[str, ...] = ()


def page_id_of(html: bytes) -> str:
    """Return the id of a page that has none: the same bytes, the same id."""
    return hashlib.sha256(html).hexdigest()[:16]


def raw_page(html: bytes, url: str | None, where: str, page_id: str | None = None) -> RawPage:
    """Make a page, or an error where it is too large."""
    if len(html) > MAX_PAGE_BYTES:
        error = f"the page is larger than {MAX_PAGE_BYTES // 2**20} MB"
        return RawPage(page_id, url, None, error, where)
    return RawPage(page_id or page_id_of(html), url, html, None, where)
