"""What is usual: medians of labelled links, beside which the values of one link are read."""

from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from linksift.dataset import TABLE_COLUMNS, shipped_table
from linksift.labels import CLASSES


@dataclass(frozen=True, eq=False)
class Usual:
    """Medians of features over labelled links that count; NaN where no link has a value.

    Attributes
    ----------
    elsewhere
        One row per class: medians of the links that are *not* of it. Columns are features.
    in_text
        Medians of the links that stand in a paragraph of their page's main text.
    """

    elsewhere: pd.DataFrame
    in_text: pd.Series

    @classmethod
    def of(cls, table: pd.DataFrame) -> "Usual":
        """Compute the medians of a training table (`linksift.dataset.load_tables`)."""
        links = table[table["counts"].to_numpy(dtype=bool) & table["label"].notna().to_numpy()]
        features = links.drop(columns=list(TABLE_COLUMNS), errors="ignore").select_dtypes("number")
        others = {name: features[links["label"].to_numpy() != name].median() for name in CLASSES}
        is_text = (features["place_in_main"] == 1) & (features["block_is_paragraph"] == 1)
        return cls(pd.DataFrame(others).T, features[is_text].median())


@lru_cache(maxsize=1)
def shipped_usual() -> Usual:
    """Return the medians of the shipped training table; they are computed once, in about a second."""
    return Usual.of(shipped_table())
