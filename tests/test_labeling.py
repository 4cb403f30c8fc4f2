import pandas as pd
import pytest

from linksift.labeling import LABELING_FUNCTIONS, apply_labeling_functions
from linksift.labels import CLASSES

#: A link of an honest page, in running text, about which no list says anything.
PAGE = {
    "page_label": "ham", "context_mechanical": 0, "area_share": 0, "area_footer": 0, "area_comment": 0, "area_nav": 0,
    "area_ad": 0, "area_related": 0, "anchor_trade_terms": 0, "context_trade_terms": 0, "trade_top": 0.0,
    "place_in_main": 0, "block0_link_density": 0.1, "block1_link_density": 0.1, "context_left_words": 10,
    "context_right_words": 10, "anchor_is_image": 0,
    "n_disavow_lists": pd.NA, "n_profiles_linked": pd.NA, "negative_kinds": pd.NA, "positive_kinds": pd.NA,
    "sitewide": pd.NA,
}  # fmt: skip
#: A row of an export.
ROW = dict.fromkeys(PAGE, float("nan")) | {
    "page_label": pd.NA, "anchor_is_image": 0, "n_disavow_lists": 0, "n_profiles_linked": 6, "negative_kinds": "",
    "positive_kinds": "", "sitewide": 0,
}  # fmt: skip
TEXTS = ("page_label", "negative_kinds", "positive_kinds")
NUMBERS = ("n_disavow_lists", "n_profiles_linked", "sitewide")


def label(*rows):
    frame = pd.DataFrame([base | change for base, change in rows])
    kinds = dict.fromkeys(PAGE, "float64") | dict.fromkeys(TEXTS, "string") | dict.fromkeys(NUMBERS, "Float64")
    found = apply_labeling_functions(frame.astype(kinds))
    return list(zip(found["label"].fillna("-"), found["label_source"].fillna("-"), strict=True))


@pytest.mark.parametrize(
    ("base", "change", "expected"),
    [
        (PAGE, {"page_label": "spam"}, ("harmful", "spam_page")),
        (PAGE, {"page_label": "spam", "context_mechanical": 1, "area_footer": 1}, ("neutral", "mechanical")),
        (PAGE, {"area_comment": 1, "anchor_trade_terms": 1}, ("harmful", "trade_in_comment")),
        (PAGE, {"area_comment": 1, "context_trade_terms": 2}, ("harmful", "trade_in_comment")),
        (PAGE, {"area_comment": 1}, ("neutral", "comment")),
        (PAGE, {"anchor_trade_terms": 1}, ("harmful", "trade_on_honest_page")),
        (PAGE, {"anchor_trade_terms": 1, "trade_top": 0.5}, ("-", "-")),
        (PAGE, {"area_nav": 1}, ("neutral", "boilerplate")),
        (PAGE, {"block1_link_density": 0.7}, ("neutral", "boilerplate")),
        (PAGE, {"place_in_main": 1}, ("valuable", "editorial")),
        (PAGE, {"place_in_main": 1, "page_label": "mixed"}, ("valuable", "editorial")),
        (PAGE, {"place_in_main": 1, "context_left_words": 1}, ("-", "-")),
        (PAGE, {"place_in_main": 1, "page_label": "unsure"}, ("-", "-")),
        (PAGE, {}, ("-", "-")),
        (ROW, {"n_disavow_lists": 3, "n_profiles_linked": 50}, ("harmful", "disavowed")),
        (ROW, {"n_profiles_linked": 20}, ("harmful", "mass_linker")),
        (ROW, {"n_profiles_linked": 20, "positive_kinds": "news"}, ("-", "-")),
        (ROW, {"negative_kinds": "seo_spam,other"}, ("harmful", "bad_list")),
        (ROW, {"sitewide": 1, "n_profiles_linked": 2}, ("neutral", "sitewide")),
        (ROW, {"sitewide": 1, "n_profiles_linked": 9}, ("-", "-")),
        (ROW, {"positive_kinds": "university"}, ("valuable", "good_list")),
        (ROW, {"positive_kinds": "university", "anchor_is_image": 1}, ("-", "-")),
        (ROW, {"positive_kinds": "university", "n_disavow_lists": 1}, ("-", "-")),
        (ROW, {}, ("-", "-")),
    ],
)
def test_labels(base, change, expected):
    # Pages and rows come in one table, so each is tried beside the other kind.
    assert label((base, change), (PAGE, {"page_label": "spam"}), (ROW, {}))[0] == expected


def test_functions_are_named_and_give_classes():
    names = [function.name for function in LABELING_FUNCTIONS]
    assert len(names) == len(set(names))
    assert {function.label for function in LABELING_FUNCTIONS} == set(CLASSES)
    assert all(function.evidence for function in LABELING_FUNCTIONS)


def test_shared_features_exist(contract):
    for function in LABELING_FUNCTIONS:
        for name in filter(None, function.shares.split(", ")):
            assert name in contract.names or any(
                known.startswith(name.removesuffix("*")) for known in contract.names
            ), name
