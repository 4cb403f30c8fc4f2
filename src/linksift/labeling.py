"""Labelling functions: simple, named guesses at a link's class, weighted by a recipe."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pandas as pd

from linksift.labels import Label

Mask = Callable[[pd.DataFrame], "pd.Series[bool]"]


@dataclass(frozen=True, slots=True)
class LabelingFunction:
    """One guess: where `applies` holds, the link is taken for `label`.

    Attributes
    ----------
    evidence
        What it looks at. Where a feature shows the model the same thing, the model can only learn the rule by heart: `shares` names it.
    """

    name: str
    label: Label
    applies: Mask
    evidence: str
    shares: str = ""


def _kind(*kinds: str) -> Callable[[pd.DataFrame], "pd.Series[bool]"]:
    pattern = "|".join(kinds)
    return lambda frame: frame["negative_kinds"].fillna("").str.contains(pattern)


def _good(frame: pd.DataFrame) -> "pd.Series[bool]":
    listed = frame["positive_kinds"].fillna("").str.contains("indie_blog|university|government|news|reference")
    return listed & (frame["negative_kinds"].fillna("") == "") & (frame["n_disavow_lists"] == 0)


def _honest(frame: pd.DataFrame) -> "pd.Series[bool]":
    return frame["page_label"].isin(["ham", "mixed"])


def _trade_anchor(frame: pd.DataFrame) -> "pd.Series[bool]":
    return (frame["anchor_trade_terms"] > 0) | (frame["context_trade_terms"] > 1)


def _boilerplate(frame: pd.DataFrame) -> "pd.Series[bool]":
    area = frame[["area_footer", "area_nav", "area_share", "area_ad", "area_related"]].max(axis=1) > 0
    return area | ((frame["place_in_main"] == 0) & (frame["block1_link_density"] > 0.6))


#: In order: the first that applies labels the link.
LABELING_FUNCTIONS: Final[tuple[LabelingFunction, ...]] = (
    LabelingFunction(
        "mechanical",
        Label.NEUTRAL,
        lambda f: f["page_label"].notna() & (f["context_mechanical"] == 1) & (f["area_share"] + f["area_footer"] > 0),
        "words of a credit or share button, in a footer or share area",
        "context_mechanical, area_*",
    ),
    LabelingFunction("spam_page", Label.HARMFUL, lambda f: f["page_label"] == "spam", "the page exists to spam"),
    LabelingFunction(
        "trade_in_comment",
        Label.HARMFUL,
        lambda f: _honest(f) & (f["area_comment"] == 1) & _trade_anchor(f),
        "a spam trade's terms in a comment of an honest page",
        "area_comment, anchor_trade_terms",
    ),
    LabelingFunction(
        "trade_on_honest_page",
        Label.HARMFUL,
        lambda f: _honest(f) & (f["anchor_trade_terms"] > 0) & (f["trade_top"] < 0.01),
        "a spam trade's anchor on an honest page about something else",
        "anchor_trade_terms",
    ),
    LabelingFunction(
        "comment",
        Label.NEUTRAL,
        lambda f: _honest(f) & (f["area_comment"] == 1),
        "another comment of an honest page",
        "area_comment",
    ),
    LabelingFunction(
        "boilerplate",
        Label.NEUTRAL,
        lambda f: _honest(f) & _boilerplate(f),
        "navigation, footer, share, ad or related box of an honest page",
        "area_*, place_in_main, block1_link_density",
    ),
    LabelingFunction(
        "editorial",
        Label.VALUABLE,
        lambda f: (
            _honest(f)
            & (f["place_in_main"] == 1)
            & (f["block0_link_density"] < 0.4)
            & (f["context_left_words"] + f["context_right_words"] >= 12)
        ),
        "a link in the running text of an honest page",
        "place_in_main, block0_link_density",
    ),
    LabelingFunction("disavowed", Label.HARMFUL, lambda f: f["n_disavow_lists"] >= 3, "in three disavow files or more"),
    LabelingFunction(
        "mass_linker",
        Label.HARMFUL,
        lambda f: (f["n_profiles_linked"] >= 20) & (f["positive_kinds"].fillna("") == ""),
        "links to twenty unrelated sites or more, and stands in no good list",
    ),
    LabelingFunction(
        "bad_list",
        Label.HARMFUL,
        _kind("content_farm", "comment_spam", "seo_spam", "ahrefs_spam"),
        "its domain stands in a list of content farms, comment or SEO spam",
    ),
    LabelingFunction(
        "sitewide",
        Label.NEUTRAL,
        lambda f: f["n_profiles_linked"].notna() & (f["sitewide"] == 1) & (f["n_profiles_linked"] < 5),
        "a sitewide link of a domain that links to few",
    ),
    LabelingFunction(
        "good_list",
        Label.VALUABLE,
        lambda f: _good(f) & (f["anchor_is_image"] == 0) & (f["n_profiles_linked"] < 10),
        "a text link of a domain in a list of independent blogs, universities, governments or newspapers",
    ),
)


def apply_labeling_functions(frame: pd.DataFrame) -> pd.DataFrame:
    """Label links.

    Parameters
    ----------
    frame
        A link table with the columns ``page_label`` (pages) and ``n_disavow_lists``, ``n_profiles_linked``, ``negative_kinds``,
        ``positive_kinds``, ``sitewide`` (export rows) beside the features; NA where they do not apply.

    Returns
    -------
    DataFrame
        Columns ``label`` and ``label_source``, NA where no function applies.
    """
    labels = pd.DataFrame(index=frame.index, data={"label": pd.NA, "label_source": pd.NA}, dtype="string")
    for function in LABELING_FUNCTIONS:
        hit = function.applies(frame).fillna(False).astype(bool) & labels["label"].isna()
        labels.loc[hit, "label"] = function.label.value
        labels.loc[hit, "label_source"] = function.name
    return labels
