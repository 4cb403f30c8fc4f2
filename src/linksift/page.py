"""One linking page, parsed once: guards against hostile markup, decoding, and the tree."""

import re
import zlib
from dataclasses import dataclass
from typing import Final

from lxml import etree
from lxml.html import HtmlElement, HTMLParser
from w3lib.encoding import html_body_declared_encoding, html_to_unicode

_TAG = re.compile(rb"""<[a-zA-Z](?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+')|=)*+""")
_QUOTED = re.compile(rb"""=\s*(?:"[^"]*"|'[^']*')""")
_ATTRIBUTE = re.compile(rb"[^\s/=]+(?:\s*=\s*\S+)?")
# Codecs of Python that are no page's, and those that a declaration in ASCII disproves.
_NO_CHARSETS: Final = frozenset((
    "idna", "punycode", "rot-13", "hex", "base64", "bz2", "zlib", "uu", "quopri", "undefined",
    "unicode-escape", "raw-unicode-escape", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le",
    "utf-32-be",
))  # fmt: skip
# The other control characters are blanks: no text holds them, and no XML may.
_NO_CONTROLS: Final = bytes(code if code in (9, 10, 13) or code >= 32 else 32 for code in range(256))
_GZIP: Final = b"\x1f\x8b"
_HEAD_TAGS: Final = frozenset((
    "base", "basefont", "bgsound", "link", "meta", "noframes", "noscript", "script", "style", "template", "title",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limits:
    """What one page may cost. A page beyond a limit becomes a row with an error; the others are not affected.

    Attributes
    ----------
    max_bytes
        Size of the page, in bytes (after decompression).
    max_attributes
        Attributes of one element.
    max_links
        External links of one page that become rows; the rest is counted in one more row.
    max_text_elements
        Elements of a page whose main text is still extracted: its cost grows faster than the page.
    timeout
        Seconds for one page in a worker process.
    """

    max_bytes: int = 10_000_000
    max_attributes: int = 5_000
    max_links: int = 5_000
    max_text_elements: int = 30_000
    timeout: float = 30.0


class PageError(ValueError):
    """A page that cannot be read within the limits; the message becomes the row's `error`."""


def parse_page(html: bytes, limits: Limits) -> HtmlElement:
    """Decode and parse a page.

    Raises
    ------
    PageError
        Where the page is empty, beyond a limit, or not HTML at all.
    """
    if html[:2] == _GZIP:
        html = _inflate(html, limits.max_bytes)
    if len(html) > limits.max_bytes:
        raise PageError(f"page of {len(html) / 1e6:.1f} MB is over the limit of {limits.max_bytes / 1e6:.1f} MB")
    if not html.strip(b"\0 \t\r\n"):
        raise PageError("the page is empty")
    raw = _decode(html).encode("utf-8", "ignore").translate(_NO_CONTROLS, b"\0")
    _guard(raw, limits)
    # Bytes with a stated encoding: lxml refuses a str with an XML declaration. huge_tree: without it everything below
    # 255 levels is lost without a word.
    parser = HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(raw, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise PageError(f"not HTML: {error}") from error
    if any(entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for entry in parser.error_log):
        # The parser has dropped the rest of the page. Real pages stay below 50 levels.
        raise PageError("elements nested more than 2,000 deep")
    if not isinstance(root, HtmlElement):
        raise PageError("no HTML element in the page")
    # With the doctype of XHTML a tree is written out with elements and attributes that the page has not.
    root.getroottree().docinfo.clear()
    for head in root.findall("head"):
        _end_head(head)
    return root


def _end_head(head: HtmlElement) -> None:
    """Move to the body what ends the head in a browser, and all behind it.

    libxml2 knows no element of HTML 5: where ``<body>`` is not written out, it leaves ``<main>`` and its text in the head.
    """
    first = next((child for child in head if child.tag not in _HEAD_TAGS), None)
    if first is None:
        return
    moved = [first, *first.itersiblings()]
    body = head.getnext()
    if body is None or body.tag != "body":
        body = head.makeelement("body")
        head.addnext(body)
    moved[-1].tail = "".join(text or "" for text in (moved[-1].tail, head.tail, body.text))
    head.tail = body.text = None
    body[:0] = moved


def _inflate(body: bytes, limit: int) -> bytes:
    """Undo a gzip body that was stored as it was sent, up to the limit (a small bomb can hold gigabytes)."""
    try:
        return zlib.decompressobj(wbits=31).decompress(body, limit + 1)
    except zlib.error as error:
        raise PageError(f"damaged gzip body: {error}") from error


def _decode(html: bytes) -> str:
    head = html[:1000]
    if not html.startswith((b"\xff\xfe", b"\xfe\xff")) and head.count(0) > len(head) // 4:
        # UTF-16 without a byte order mark: every other byte of markup is NUL.
        return html.decode("utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be", "replace")
    if html_body_declared_encoding(html) in _NO_CHARSETS:
        return html.decode("utf-8-sig", "replace")
    text: str = html_to_unicode(None, html)[1]
    return text


def _guard(raw: bytes, limits: Limits) -> None:
    """Refuse markup that takes a parser minutes, by a look at the bytes."""
    for tag in _TAG.finditer(raw):
        if len(tag.group()) < 2 * limits.max_attributes:
            continue
        if len(_ATTRIBUTE.findall(_QUOTED.sub(b"=v ", tag.group()))) > limits.max_attributes:
            raise PageError(f"an element with more than {limits.max_attributes:,} attributes")
