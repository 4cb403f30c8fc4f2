"""The lexicons in the roles that the features give them."""

from functools import lru_cache
from typing import Final

from linksift.contract import Contract
from linksift.errors import ContractError
from linksift.features.zones import Zones
from linksift.lexicons import Covering, Lexicon, LexiconGroup
from linksift.urls import registrable_domain
from linksift.words import WordScorer

#: Trades in which link spam is made; a topic is evidence together with others, never a verdict.
TRADES: Final = (
    "gambling", "adult", "pharma", "loans", "crypto", "counterfeit", "essay", "seo_sale", "warez", "local_services",
)  # fmt: skip
#: Other lexicons that are counted in the text of a page.
PAGE_TERMS: Final = ("money", "disclosure", "comment_praise", "parked", "soft404")
#: Lexicons ``area_*`` of parts of a page that are no area of the walk.
ZONES: Final = ("widget", "profile", "directory")


class Vocabulary:
    """Every lexicon of a contract, by name."""

    def __init__(self, contract: Contract) -> None:
        self._lexicons = contract.lexicons
        self._where = contract.where
        self.words = WordScorer(contract.words)
        self.trades = LexiconGroup([self[name] for name in TRADES])
        self.page_terms = LexiconGroup([self[name] for name in (*TRADES, *PAGE_TERMS)])
        self.commercial = Covering([self[name] for name in (*TRADES, "money")])
        self.zones = Zones({zone: self[f"area_{zone}"] for zone in ZONES})
        self.is_platform = lru_cache(maxsize=65_536)(self._is_platform)

    def __getitem__(self, name: str) -> Lexicon:
        if name not in self._lexicons:
            raise ContractError(
                f"{self._where}/lexicons: {name}.txt is missing; `linksift init DIR` writes a whole set"
            )
        return self._lexicons[name]

    def _is_platform(self, host: str) -> bool:
        """Tell whether a host belongs to a platform that nearly every site links to."""
        # A domain is no running text, so it is compared whole, not by tokens.
        return registrable_domain(host) in self._lexicons["platforms"].entries
