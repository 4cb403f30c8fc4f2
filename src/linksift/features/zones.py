"""Smaller parts of a page than areas: widgets, profiles and directory entries, told from class and id tokens."""

import re
from collections.abc import Mapping
from functools import lru_cache

from linksift.lexicons import Lexicon
from linksift.walk import PageLink

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[^\W\d_a-zA-Z]+")


class Zones:
    """Tells which zones the elements around a link name.

    Parameters
    ----------
    lexicons
        Tokens of class and id attributes, by the name of the zone.
    """

    def __init__(self, lexicons: Mapping[str, Lexicon]) -> None:
        self._lexicons = lexicons
        self.names = tuple(lexicons)
        # Most elements of a site share a few hundred class attributes.
        self._of_names = lru_cache(maxsize=20_000)(self._of_names_uncached)

    def around(self, link: PageLink) -> frozenset[str]:
        """Return the zones that a link and the six elements around it name."""
        return frozenset().union(*(self._of_names(names) for _, names in link.markup if len(names) > 1))

    def _of_names_uncached(self, names: str) -> frozenset[str]:
        tokens = {token.lower() for token in _WORD.findall(names)}
        return frozenset(zone for zone, lexicon in self._lexicons.items() if lexicon.words & tokens)
