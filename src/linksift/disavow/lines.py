"""One line of a disavow file: the entries that it means, and what is wrong with how it says them."""

import re
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from linksift.disavow.entry import MAX_URL_CHARS, Entry, host_in_ascii, is_host, listed_url
from linksift.disavow.hosts import REASONS, suffix_fault
from linksift.urls import is_ip

_SHOWN_CHARS: Final = 80
_DOMAIN: Final = re.compile(r"domain(\s*):(\s*)(.*)", re.IGNORECASE | re.DOTALL)
_SCHEME: Final = re.compile(r"https?://", re.IGNORECASE)
_SCHEME_OR_SLASHES: Final = re.compile(r"(?:https?:)?/+", re.IGNORECASE)
_LATE_COMMENT: Final = re.compile(r"\s#.*$")
# In a URL commas and semicolons may be its own.
_NEXT_ENTRY: Final = re.compile(r"\s+(?=domain\s*:|https?://)", re.IGNORECASE)
_NEXT_DOMAIN: Final = re.compile(r"[\s,;|]+(?=domain\s*:|https?://)", re.IGNORECASE)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028\u2029\ufeff]")
_AROUND: Final = "\"'`<>()[],; \t\xa0"
_WWW: Final = re.compile(r"^(?:www\.)+")
_PORT: Final = re.compile(r":\d*$")

#: Codes with which a host is no entry at all; the others are entries with a blemish.
_FATAL: Final = frozenset({"single-label", "public-suffix", "private-suffix"})


class Problem(NamedTuple):
    """A defect of a line: one of `linksift.disavow.codes.SEVERITIES`, and the words."""

    code: str
    message: str


@dataclass(slots=True)
class Reading:
    """What one line says.

    Attributes
    ----------
    text
        The line without its end.
    comment
        The comment, ``#`` included, or None; of a line with an entry the comment behind it.
    entries
        What it means, in the one right spelling; mostly one.
    problems
        Its defects.
    lost
        The code of the defect with which some of the line could not be used, or None.
    """

    text: str
    comment: str | None = None
    entries: list[Entry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    lost: str | None = None

    def add(self, code: str, message: str) -> None:
        """Note a defect."""
        self.problems.append(Problem(code, message))

    def lose(self, code: str, message: str) -> None:
        """Note a defect with which nothing can be made of the text."""
        self.add(code, message)
        self.lost = code


def read_line(text: str) -> Reading:
    """Read one line without its end."""
    reading = Reading(text)
    plain = _CONTROL.sub("", text)
    if plain != text:
        reading.add("control-character", "holds characters that no one sees: type the line anew")
    body = plain.strip()
    if body != plain:
        reading.add("outer-space", "has space at its start or end")
    if body.startswith("#"):
        reading.comment = body
        if not body.isascii():
            reading.add("non-ascii-comment", "the comment holds characters beyond ASCII: save the file as UTF-8")
        return reading
    late = _LATE_COMMENT.search(body)
    if late is not None:
        reading.comment = late[0].strip()
        reading.add("late-comment", "a comment must have a line to itself: put it above")
        body = body[: late.start()]
    next_one = _NEXT_ENTRY if _SCHEME.match(body) else _NEXT_DOMAIN
    pieces = [piece for piece in next_one.split(body) if piece.strip(_AROUND)]
    if len(pieces) > 1:
        reading.add("several-on-a-line", f"holds {len(pieces)} entries: write one on each line")
    for piece in pieces:
        _read_piece(reading, piece)
    if body and not pieces:
        reading.lose("not-an-entry", f"{clip(body)!r} is neither domain:NAME nor a URL")
    return reading


def _read_piece(reading: Reading, piece: str) -> None:
    text = piece.strip()
    # What a URL ends with may be its own, unless it begins with a mark too.
    if not _SCHEME.match(text):
        text = text.strip(_AROUND)
    if text != piece.strip():
        reading.add("stray-punctuation", f"write {clip(text)} without the quotes, brackets or commas around it")
    domain = _DOMAIN.fullmatch(text)
    if domain is not None:
        if not text.startswith("domain"):
            reading.add("prefix-case", "write domain: in lower case")
        if domain[1] or domain[2]:
            reading.add("space-at-colon", f"write domain:{clip(domain[3])} without the space")
        _read_domain(reading, domain[3])
    elif _SCHEME.match(text):
        _read_url(reading, text)
    else:
        _read_bare(reading, text)


def _read_bare(reading: Reading, text: str) -> None:
    """Read a piece with neither ``domain:`` nor a scheme before it."""
    host = host_in_ascii(text)
    if is_host(host) and (is_ip(host) or suffix_fault(host) is None):
        reading.add("no-prefix", f"write domain:{host} for the site, or the page's URL with its scheme")
        _read_domain(reading, text)
    elif not any(c.isspace() for c in text) and is_host(host_in_ascii(text.partition("/")[0])):
        reading.lose("no-scheme", f"{clip(text)!r} has no scheme: write the page's whole URL, https:// included")
    else:
        reading.lose("not-an-entry", f"{clip(text)!r} is neither domain:NAME nor a URL")


def _read_domain(reading: Reading, value: str) -> None:
    """Read what stands behind ``domain:``."""
    name = value.strip()
    if not name:
        reading.lose("no-host", "names no domain")
        return
    if any(c.isspace() for c in name):
        reading.lose("not-an-entry", f"{clip(name)!r} is a text, not a domain")
        return
    name = _without_path(reading, name)
    if name.startswith("*."):
        name = name.lstrip("*.")
        reading.add("wildcard", f"there are no wildcards: domain:{clip(name)} takes in every host below it")
    if not is_ip(name) and _PORT.search(name):
        name = _PORT.sub("", name)
        reading.add("port", f"a domain has no port: write domain:{clip(name)}")
    host = host_in_ascii(name)
    if name.endswith("."):
        reading.add("stray-punctuation", f"write domain:{clip(host)} without the dot at its end")
    if not name.isascii() and host.isascii():
        reading.add("unicode-host", f"links carry this name as {clip(host)}: write that")
    _add_host(reading, host)


def _without_path(reading: Reading, name: str) -> str:
    """Cut what follows the host, and a scheme before it."""
    scheme = _SCHEME_OR_SLASHES.match(name)
    rest = name[scheme.end() :] if scheme else name
    host = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
    if scheme or host != rest:
        reading.add("url-after-domain", f"write domain:{clip(host)} for the site, or the URL alone for one page")
    return host


def _add_host(reading: Reading, host: str) -> None:
    fault = suffix_fault(host) if is_host(host) or "." not in host else None
    if fault in _FATAL:
        reading.lose(fault, f"{clip(host)!r} {REASONS[fault]}")
        return
    if not is_host(host):
        reading.lose("bad-host", f"{clip(host)!r} is no host name")
        return
    bare = _WWW.sub("", host)
    if bare != host and suffix_fault(bare) is None:
        reading.add("www", f"covers www.{clip(bare)} alone: write domain:{clip(bare)} for the whole site")
        host = bare
    if fault is not None:
        reading.add(fault, f"{clip(host)!r} {REASONS[fault]}")
    reading.entries.append(Entry(domain=host))


def _read_url(reading: Reading, text: str) -> None:
    if len(text) > MAX_URL_CHARS:
        reading.lose("long-url", f"the URL has {len(text):,} characters, at most {MAX_URL_CHARS:,} are read")
        return
    if any(c.isspace() for c in text):
        reading.lose("space-in-url", f"{clip(text)!r} holds a space: write %20, or nothing")
        return
    if text.endswith("*"):
        reading.lose("wildcard", "there are no wildcards: name the page, or the whole site with domain:")
        return
    url = listed_url(text)
    if url is None:
        reading.lose("bad-url", f"{clip(text)!r} is no http(s) URL that could be listed")
        return
    if "#" in text:
        reading.add("fragment", "what follows # never reaches a crawler: leave it out")
    if not text.isascii():
        reading.add("unicode-url", f"links carry this URL as {clip(url)}")
    if url.endswith("/"):
        reading.add("one-page", "covers this one page, not those below it")
    reading.entries.append(Entry(url=url))


def clip(text: str) -> str:
    """Return a text short enough for a message, without what a terminal would obey."""
    return printable(text if len(text) <= _SHOWN_CHARS else text[: _SHOWN_CHARS - 1] + "…")


def printable(text: str) -> str:
    """Return a text without what a terminal would obey."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
