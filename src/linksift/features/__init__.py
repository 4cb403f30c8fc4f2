"""From pages and export rows to feature columns; every value is finite and in its range, or NaN."""

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from linksift.contract import Contract
from linksift.document import Document
from linksift.features.families import link_families, page_families, row_families
from linksift.features.host import host_features
from linksift.features.page import measure_page
from linksift.features.place import place_features
from linksift.features.row import RowFacts, row_features
from linksift.features.url import url_features
from linksift.features.vocabulary import Vocabulary
from linksift.urls import page_key
from linksift.walk import PageLink

Values = dict[str, float]


class Featurizer:
    """Measures links under one contract.

    Parameters
    ----------
    contract
        Names the features and holds the lexicons.
    targets
        Text of the pages that links point to, by `linksift.urls.page_key`, where the caller has it.
    """

    def __init__(self, contract: Contract, targets: Mapping[str, str] | None = None) -> None:
        self.contract = contract
        self.vocabulary = Vocabulary(contract)
        self.targets = targets or {}
        self._urls: dict[str, Values] = {}

    def of_url(self, url: str | None) -> Values:
        """Measure a URL; the last hundred thousand are remembered, for exports repeat them."""
        if url is None:
            return {}
        if url not in self._urls:
            if len(self._urls) > 100_000:
                self._urls.clear()
            self._urls[url] = url_features(url, self.vocabulary) | host_features(url, self.vocabulary)
        return self._urls[url]

    def of_row(self, facts: RowFacts) -> Values:
        """Measure what an export row says."""
        row = row_features(facts, self.vocabulary)
        return self.of_url(facts.page_url) | row | row_families(facts, row, self.vocabulary)

    def of_page(self, document: Document, links: Sequence[PageLink]) -> Iterable[Values]:
        """Measure links of one page, in the order given; what the page shares is computed once."""
        page = measure_page(document, self.vocabulary)
        families = page_families(document, page, self.vocabulary)
        ranks = {link.ordinal: rank for rank, link in enumerate(page.external)}
        known = document.site is not None
        for link in links:
            target_text = self.target_text(link.url)
            facts = RowFacts(
                page_url=document.url,
                title=document.head.title,
                target_url=link.url,
                anchor=link.anchor,
                is_image=link.images > 0 and not link.text,
                n_external=float(len(page.external)) if known else math.nan,
                n_internal=page.n_internal,
                target_text=target_text,
            )
            place = place_features(link, ranks[link.ordinal], document, page, self.vocabulary, target_text)
            more = link_families(link, document, page, families, place, self.vocabulary, target_text)
            yield self.of_row(facts) | page.features | families.features | place | more

    def target_text(self, url: str | None) -> str | None:
        """Return the text of a target, where the caller gave it."""
        return self.targets.get(page_key(url)) if url and self.targets else None

    def frame(self, values: Sequence[Values], index: pd.Index | None = None) -> pd.DataFrame:
        """Make the feature columns: one row per item, contract order, float32, NaN where unknown.

        Raises
        ------
        KeyError
            Where a value has a name that the contract does not list: a slip of the programmer.
        """
        names = self.contract.names
        at = {name: column for column, name in enumerate(names)}
        matrix = np.full((len(values), len(names)), np.nan)
        for row, item in enumerate(values):
            for name, value in item.items():
                matrix[row, at[name]] = value
        # Five decimals are more than any of these means, and make tables half the size. Rounded before they are float32,
        # in which 5 decimals of a large count would not be exact.
        return pd.DataFrame(np.round(matrix, 5).astype(np.float32), columns=names, index=index)
