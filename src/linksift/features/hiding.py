"""Links hidden by a page's own style rules, or by a colour equal to the background (Google's policies, "hidden text and links")."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Final

from lxml.etree import XPath
from lxml.html import HtmlElement

from linksift.areas import hides
from linksift.walk import PageLink

_MAX_CSS: Final = 100_000
_MAX_RULES: Final = 2_000
_MAX_STYLED: Final = 100
_MAX_INSIDE: Final = 1_000
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
# One class or id, with or without a tag before it: a selector with an ancestor, a state or an attribute may hide a thing for a while only.
_SIMPLE = re.compile(r"^(?:[a-z][a-z0-9]*)?[.#]([\w-]{1,80})$", re.IGNORECASE)
# Words of which a rule that hides has one; most rules of a page have none.
_MAYBE: Final = ("none", "hidden", "opacity", "font-size", "indent", ":-", ": -", "background")
_COLOUR = re.compile(r"(?:^|;)color:([^;!]+)")
_BACKGROUND = re.compile(r"(?:^|;)background(?:-color)?:([^;!\s]+)")
_NAME = re.compile(r"[a-z]+")
_STYLED = XPath("//*[@style][contains(@style, 'background')]", smart_strings=False)
#: Parts of pages that are closed until a reader opens them, and text for screen readers: hidden, but no deception.
ALLOWED: Final = frozenset((
    "accordion", "collapse", "collapsible", "tab", "tabs", "tabpanel", "slider", "slide", "carousel", "swiper", "tooltip",
    "popover", "dropdown", "menu", "submenu", "nav", "modal", "dialog", "drawer", "offcanvas", "sr", "screen", "reader",
    "visually", "assistive", "toggle", "spoiler", "details", "skip", "popup", "lightbox", "megamenu", "mobile", "search",
))  # fmt: skip
_WHITE: Final = {"white": "#fff", "#ffffff": "#fff", "black": "#000", "#000000": "#000"}


@dataclass(frozen=True, slots=True)
class Hiding:
    """What hides links on a page: names of classes and ids, and the ordinals of the links in a text of its background's colour."""

    names: frozenset[str]
    same_colour: frozenset[int]


def find_hiding(root: HtmlElement, css: str) -> Hiding:
    """Read the text of a page's ``<style>`` elements, and its inline colours."""
    return Hiding(frozenset(hidden_names(css)), frozenset(_same_colour(root)))


def hidden_names(css: str) -> set[str]:
    """Return the classes and ids that a style sheet hides outright.

    >>> sorted(hidden_names(".x, p#y {display: none} .menu:hover {display: none}"))
    ['x', 'y']
    """
    names: set[str] = set()
    depth = 0
    for part in _COMMENT.sub("", css[:_MAX_CSS]).split("}")[:_MAX_RULES]:
        opened = part.count("{")
        # Inside an at-rule (print, a narrow screen) a thing is hidden only there.
        if opened == 1 and not depth:
            selectors, _, body = part.partition("{")
            if any(word in body for word in _MAYBE):
                parts = selectors.rpartition(";")[2].split(",")
                found = [match.group(1) for selector in parts if (match := _SIMPLE.match(selector.strip()))]
                if found and (hides(body) or is_same_colour(body)):
                    names.update(found)
        depth = max(0, depth + opened - 1)
    return names


def is_same_colour(style: str) -> bool:
    """Tell whether a style gives a text the colour of its background."""
    folded = "".join(style[:2_000].lower().split())
    colour, background = _COLOUR.search(folded), _BACKGROUND.search(folded)
    if not colour or not background:
        return False
    left, right = colour.group(1), background.group(1)
    return _WHITE.get(left, left) == _WHITE.get(right, right) and left not in ("inherit", "transparent", "initial")


def _same_colour(root: HtmlElement) -> Iterable[int]:
    styled = [element for element in _STYLED(root)[:_MAX_STYLED] if is_same_colour(element.get("style") or "")]
    if not styled:
        return ()
    inside = {link for element in styled for link in islice(element.iter("a"), _MAX_INSIDE)}
    return (ordinal for ordinal, link in enumerate(root.iter("a")) if link in inside)


def is_allowed(link: PageLink) -> bool:
    """Tell whether a link stands in a part that is hidden for a good reason."""
    return any(not ALLOWED.isdisjoint(_NAME.findall(names.lower())) for _, names in link.markup)


def is_hidden_by_rule(link: PageLink, hiding: Hiding) -> bool:
    """Tell whether a style rule hides a link or one of the six elements around it."""
    if link.ordinal in hiding.same_colour:
        return True
    return bool(hiding.names) and any(not hiding.names.isdisjoint(names.split()) for _, names in link.markup)
