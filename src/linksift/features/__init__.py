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
#: Values of every feature, in the order of the contract.
Row = list[float]


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
        self._at = {name: column for column, name in enumerate(contract.names)}
        self._unknown: Row = [math.nan] * len(self._at)

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

    def of_page(self, document: Document, links: Sequence[PageLink]) -> Iterable[Row]:
        """Measure links of one page, in the order given; what the page shares is computed once."""
        page = measure_page(document, self.vocabulary)
        families = page_families(document, page, self.vocabulary)
        ranks = {link.ordinal: rank for rank, link in enumerate(page.external)}
        known = document.site is not None
        shared = self.row(self.of_url(document.url), page.features, families.features)
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
            row = row_features(facts, self.vocabulary)
            place = place_features(link, ranks[link.ordinal], document, page, self.vocabulary, target_text)
            more = link_families(link, document, page, families, place, self.vocabulary, target_text)
            yield self.row(row, row_families(facts, row, self.vocabulary), place, more, start=shared)

    def row(self, *parts: Values, start: Row | None = None) -> Row:
        """Put values in the order of the contract.

        Parameters
        ----------
        start
            What is known already; it is not changed.

        Raises
        ------
        KeyError
            Where a value has a name that the contract does not list: a slip of the programmer.
        """
        at = self._at
        row = start.copy() if start is not None else self._unknown.copy()
        for part in parts:
            for name, value in part.items():
                row[at[name]] = value
        return row

    def target_text(self, url: str | None) -> str | None:
        """Return the text of a target, where the caller gave it."""
        return self.targets.get(page_key(url)) if url and self.targets else None

    def frame(self, values: Sequence[Values], index: pd.Index | None = None) -> pd.DataFrame:
        """Make the feature columns: one row per item, contract order, float32, NaN where unknown.

        Raises
        ------
        KeyError
            As `row`.
        """
        return self.table([self.row(item) for item in values], index)

    def table(self, rows: Sequence[Row], index: pd.Index | None = None) -> pd.DataFrame:
        """Make the feature columns of rows that `of_page` and `row` gave."""
        matrix = np.array(rows, dtype=np.float64).reshape(len(rows), len(self._at))
        # Five decimals are more than any of these means, and make tables half the size. Rounded before they are float32,
        # in which 5 decimals of a large count would not be exact.
        return pd.DataFrame(np.round(matrix, 5).astype(np.float32), columns=list(self._at), index=index)
