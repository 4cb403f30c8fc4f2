"""The three classes of a backlink, and the columns that carry them."""

from enum import StrEnum
from typing import Final


class Label(StrEnum):
    """What a link is to the site that it points to; ``training/README.md`` says how to judge."""

    HARMFUL = "harmful"
    NEUTRAL = "neutral"
    VALUABLE = "valuable"


#: The classes in the order of every probability matrix in this package (alphabetical, as scikit-learn sorts them).
CLASSES: Final[tuple[str, ...]] = tuple(label.value for label in Label)

#: Probability columns of a scored table, in the order of `CLASSES`.
PROBABILITY_COLUMNS: Final[tuple[str, ...]] = tuple(f"p_{name}" for name in CLASSES)

#: What a link can be judged from, most first: its page, a row of an export, its page's URL alone.
BASES: Final[tuple[str, ...]] = ("page", "row", "url")
