"""When a disavow file is called for, in our words after Google's own guidance, and what to do where a list is too long."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from linksift.disavow.entry import MAX_BYTES, MAX_LINES
from linksift.urls import split_url

_TARGETS: Final = 5

#: Said where there are no grounds for a file.
NO_GROUNDS: Final = """\
No disavow file was written, for nothing that was said calls for one.
Google's guidance, in our words:
- Most sites never need this file. Google discounts most bad links by itself; they do not count against a site.
- It is for a site with many spammy or artificial links that led to a manual action (Search Console, "Manual actions"),
  or likely will: as a rule because somebody bought or built links for it.
- Ask for the removal of such links first. The file is for those that stay.
- Good links in it are lost too, and taking one out again works only when its page is crawled anew, weeks later.
- Links of your own site, nofollow links and links that are gone need no entry.
No link shows whether there is a manual action, or who paid for it: you know. Say --manual-action or --built-links where
it is so; --anyway writes the file without either, and --dry-run shows what would be in it."""

#: Said after a file was written.
AFTER: Final = """\
Read it before you upload it. An upload replaces the whole list of a property, and each property has a list of its own.
It takes effect page by page as Google crawls them again, over weeks. A manual action also needs a reconsideration request."""


def grounds(*, manual_action: bool, built_links: bool) -> str:
    """Return on what grounds a file is written, for its heading."""
    said = [
        text
        for is_so, text in ((manual_action, "a manual action"), (built_links, "links that were bought or built"))
        if is_so
    ]
    return " and ".join(said) or "none stated"


def too_long(text: str, targets: Iterable[str], min_share: float) -> str:
    """Say by how much a list is over Google's limits, and the ways out.

    Parameters
    ----------
    targets
        URLs that the links to be disavowed point to, where they are known: they tell the properties.
    """
    over = (
        f"the list would have {text.count(chr(10)):,} lines and {len(text.encode()):,} bytes;"
        f" Google takes {MAX_LINES:,} lines and {MAX_BYTES:,} bytes. Ways out:"
        f" a lower --min-share (now {min_share:g}) makes sites of pages;"
        " `linksift disavow review` finds entries of the present file that can go;"
        " and each property of Search Console that is a URL prefix has a list of its own"
    )
    counts = Counter(
        f"{parts.scheme}://{parts.hostname}/" for target in targets if (parts := split_url(target)) is not None
    )
    shares = [
        f"{prefix} ({count:,} links)" for prefix, count in sorted(counts.most_common(), key=lambda x: (-x[1], x[0]))
    ]
    return f"{over}: split by what the links point to, {', '.join(shares[:_TARGETS])}" if len(shares) > 1 else over
