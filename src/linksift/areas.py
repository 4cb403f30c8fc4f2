"""Where on a page an element stands: areas told from tags, roles, microdata and tokens of class and id."""

import re
from collections.abc import Mapping
from enum import IntFlag, auto
from typing import Final

from linksift.lexicons import Lexicon

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[^\W\d_a-zA-Z]+")
_LOWER_WORD = re.compile(r"[a-z]+")
_MAX_NAMES: Final = 300
_HIDING = re.compile(
    r"display:none|visibility:hidden|opacity:0(?![.\d])|font-size:(?:0(?![.\d])|1p[xt])"
    r"|text-indent:-\d{3,}|(?<!-)(?:left|top|right):-\d{3,}|margin-left:-\d{4,}"
    r"|(?<![a-z]-)(?:max-)?(?:height|width):(?:0(?![.\d])|1px)[^;]*;overflow:hidden"
)


class Area(IntFlag):
    """Areas of a page; an element is in every area that it or an ancestor names."""

    CONTENT = auto()
    COMMENT = auto()
    FOOTER = auto()
    NAV = auto()
    SIDEBAR = auto()
    AUTHOR = auto()
    RELATED = auto()
    AD = auto()
    SHARE = auto()
    FORUM = auto()
    BLOGROLL = auto()
    HIDDEN = auto()


NO_AREA: Final = Area(0)
_BY_TAG: Final = {
    "article": int(Area.CONTENT),
    "main": int(Area.CONTENT),
    "footer": int(Area.FOOTER),
    "nav": int(Area.NAV),
    "header": int(Area.NAV),
    "aside": int(Area.SIDEBAR),
    "address": int(Area.AUTHOR),
}
_BY_ROLE: Final = {
    "main": int(Area.CONTENT),
    "article": int(Area.CONTENT),
    "contentinfo": int(Area.FOOTER),
    "navigation": int(Area.NAV),
    "banner": int(Area.NAV),
    "complementary": int(Area.SIDEBAR),
}
_HIDDEN: Final = int(Area.HIDDEN)
_LEXICONS: Final = tuple(area for area in Area if area is not Area.HIDDEN)


def area_lexicon(area: Area) -> str:
    """Name of the lexicon that holds an area's class and id tokens."""
    return f"area_{str(area.name).lower()}"


class AreaFinder:
    """Tells the areas that an element itself names.

    Parameters
    ----------
    lexicons
        The lexicons of the contract; those named ``area_*`` are used, and one that is absent names nothing.
    """

    def __init__(self, lexicons: Mapping[str, Lexicon]) -> None:
        words = {area: lexicons[area_lexicon(area)].words for area in _LEXICONS if area_lexicon(area) in lexicons}
        # Plain numbers: adding flags up costs many times as much.
        self._by_token = {
            token: sum(int(area) for area, listed in words.items() if token in listed)
            for token in frozenset().union(*words.values())
        }

    def find(self, tag: str, attributes: Mapping[str, str]) -> int:
        """Return the areas that a tag and its attributes name, as the number of an `Area`."""
        area = _BY_TAG.get(tag, 0)
        if not attributes:
            return area
        if tag not in ("body", "html"):
            for attribute in ("class", "id"):
                if names := attributes.get(attribute):
                    area |= self._of_names(names[:_MAX_NAMES])
        if role := attributes.get("role"):
            area |= _BY_ROLE.get(role.lower(), 0)
        if "itemtype" in attributes or "itemprop" in attributes:
            area |= int(_of_microdata(attributes.get("itemtype", ""), attributes.get("itemprop", "")))
        if "hidden" in attributes or ((style := attributes.get("style")) and hides(style)):
            area |= _HIDDEN
        return area

    def _of_names(self, names: str) -> int:
        area = 0
        words = _LOWER_WORD.findall(names) if names.islower() and names.isascii() else _WORD.findall(names)
        for token in words:
            area |= self._by_token.get(token.lower(), 0)
        return area


def hides(style: str) -> bool:
    """Tell whether an inline style hides its element (Google's spam policies, "hidden text and links")."""
    return bool(_HIDING.search("".join(style[:2_000].lower().split())))


def _of_microdata(itemtype: str, itemprop: str) -> Area:
    area = NO_AREA
    if "Comment" in itemtype or itemprop == "comment":
        area |= Area.COMMENT
    if itemprop in ("articleBody", "text"):
        area |= Area.CONTENT
    if itemprop == "author":
        area |= Area.AUTHOR
    return area
