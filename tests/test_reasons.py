"""Reasons add up to the model's contributions, state what is there, and come with their evidence."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from linksift.errors import InputError
from linksift.labels import CLASSES
from linksift.reason_codes import load_reasons
from linksift.reasons import COLUMNS, NOT_COUNTED, NOT_KNOWN, _worded, code_contributions, reason_table
from linksift.usual import Usual


@pytest.fixture(scope="module")
def bundle(small_run):
    return small_run.bundle


@pytest.fixture(scope="module")
def usual(small_table):
    return Usual.of(small_table)


@pytest.fixture(scope="module")
def links(small_table, bundle):
    """The links of the small table, as predict would hand them over."""
    links = small_table.rename(columns={"link": "link_id"}).assign(
        page_url="https://blog.example/a-post",
        title="A title",
        target_url="https://www.oatandember-bakery.com/",
        anchor="cheap bread",
    )
    return links.assign(label_if_counted=np.array(CLASSES)[bundle.predict_proba(links).argmax(axis=1)])


@pytest.fixture(scope="module")
def table(links, bundle, contract, usual):
    return reason_table(links, bundle, contract, usual=usual)


def test_sums_over_reasons_are_sums_of_contributions(links, bundle, contract) -> None:
    codes = load_reasons(contract)
    shares = bundle.contributions(links)[:, :, :-1].sum(axis=2)
    against = shares - (shares.sum(axis=1, keepdims=True) - shares) / (len(CLASSES) - 1)
    by_code = code_contributions(links, bundle, contract, codes)
    assert by_code.shape == (len(links), len(CLASSES), len(codes.codes) + 1)
    np.testing.assert_allclose(by_code.sum(axis=2), against, atol=1e-9)


def test_what_is_unknown_moves_only_not_known(links, bundle, contract) -> None:
    codes = load_reasons(contract)
    nothing = links.head(3).assign(**dict.fromkeys(bundle.feature_names, np.float32("nan")))
    by_code = code_contributions(nothing, bundle, contract, codes)
    assert not by_code[:, :, :-1].any()
    assert by_code[:, :, -1].any()


def test_contributions_of_the_table_are_those_sums(links, bundle, contract, usual) -> None:
    codes = load_reasons(contract)
    table = reason_table(links, bundle, contract, usual=usual, top=99, against=True)
    sums = code_contributions(links, bundle, contract, codes)
    at = links["label_if_counted"].map(CLASSES.index).to_numpy()
    expected = pd.Series(sums[np.arange(len(links)), at].sum(axis=1), index=links["link_id"])
    found = table.groupby("link_id")["contribution"].sum()
    np.testing.assert_allclose(found.reindex(expected.index), expected, atol=1e-9)


def test_shape(table, links) -> None:
    assert list(table.columns) == list(COLUMNS)
    assert table["link_id"].drop_duplicates().tolist() == links["link_id"].tolist()
    assert table.groupby("link_id").size().max() <= 3
    assert table.groupby("link_id")["rank"].apply(lambda ranks: ranks.tolist() == list(range(1, len(ranks) + 1))).all()


def test_reasons_speak_for_the_class_and_the_strongest_come_first(table) -> None:
    assert (table["contribution"] > 0).all()
    assert (table["speaks_for"] == table["label"]).all()
    assert table.groupby("link_id")["contribution"].apply(lambda amounts: amounts.is_monotonic_decreasing).all()


def test_reasons_against_the_class_speak_for_another(links, bundle, contract, usual) -> None:
    table = reason_table(links, bundle, contract, usual=usual, top=99, against=True)
    assert ((table["contribution"] > 0) == (table["speaks_for"] == table["label"])).all()
    assert (table["contribution"] < 0).any()
    strength = table["contribution"].abs().groupby(table["link_id"])
    assert strength.apply(lambda amounts: amounts.is_monotonic_decreasing).all()


def test_same_links_same_table(table, links, bundle, contract, usual) -> None:
    again = reason_table(links, bundle, contract, usual=usual, n_jobs=2)
    pd.testing.assert_frame_equal(again, table, check_exact=True)


def test_a_link_has_its_reasons_whoever_is_beside_it(
    table, links, bundle, contract, usual, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("linksift.reasons._BATCH", 7)
    some = links.iloc[20:45]
    apart = reason_table(some, bundle, contract, usual=usual)
    beside = table[table["link_id"].isin(some["link_id"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(apart, beside)


def test_the_index_does_not_matter(table, links, bundle, contract, usual) -> None:
    moved = links.set_axis(["same"] * len(links))
    pd.testing.assert_frame_equal(reason_table(moved, bundle, contract, usual=usual), table)


def test_no_links_no_reasons(links, bundle, contract, usual) -> None:
    empty = reason_table(links.head(0), bundle, contract, usual=usual)
    assert list(empty.columns) == list(COLUMNS)
    assert empty.empty


def test_a_sentence_states_only_what_is_on_the_link(links, bundle, contract, usual) -> None:
    table = reason_table(links, bundle, contract, usual=usual, top=99, against=True).set_index("link_id")
    hyphens = links.set_index("link_id")["url_host_hyphens"]
    said = table[table["sentence"].str.startswith("The host name has more digits or hyphens")]
    others = table[(table["code"] == "ADDRESS_FORM") & ~table.index.isin(said.index)]
    in_text = table[table["sentence"].str.startswith("The link stands in running text")]
    assert (hyphens[said.index] > 0).all()
    assert (hyphens[said.index] >= 2 * usual.elsewhere.loc["harmful", "url_host_hyphens"]).all()
    assert (hyphens[others.index] == 0).any()
    assert len(in_text) and (links.set_index("link_id").loc[in_text.index, "place_in_main"] == 1).all()


def test_evidence_gives_the_value_beside_the_usual(table, links) -> None:
    found = table[table["features"] == "url_host_hyphens"].iloc[0]
    value = links.set_index("link_id").loc[found["link_id"], "url_host_hyphens"]
    assert found["evidence"].startswith(f"hyphens in the host name: {value:.0f} (usually ")
    assert found["quote"] == "https://blog.example/a-post"


def test_evidence_is_what_is_known(table, links) -> None:
    known = links.set_index("link_id").notna()
    for reason in table[table["features"].notna() & (table["features"] != "")].itertuples():
        assert known.loc[reason.link_id, reason.features.split(", ")].all()


def test_a_practice_is_named_with_harmful_only(links, bundle, contract, usual) -> None:
    table = reason_table(links, bundle, contract, usual=usual, top=99, against=True)
    named = table[table["practice"].notna()]
    assert len(named)
    assert set(named["speaks_for"]) == {"harmful"}
    assert named["practice_url"].str.startswith("https://developers.google.com/").all()
    assert (table["practice"].isna() == table["practice_url"].isna()).all()


def test_a_link_that_does_not_count_has_the_rule_first(links, bundle, contract, usual) -> None:
    uncounted = links.head(5).assign(counts=False)
    table = reason_table(uncounted, bundle, contract, usual=usual)
    first = table[table["rank"] == 1]
    assert first["code"].tolist() == [NOT_COUNTED] * 5
    assert set(first["speaks_for"]) == {"neutral"}
    assert table["counterfactual"].str.contains("search engines are told not to count it").all()


def test_what_is_not_known_is_named_and_is_no_fact_of_the_link(links, bundle, contract, usual) -> None:
    rows = links[links["basis"] == "row"]
    table = reason_table(rows, bundle, contract, usual=usual, top=99, against=True)
    told = table[table["code"] == NOT_KNOWN]
    assert len(told)
    assert told["evidence"].str.startswith("not known: ").all()
    assert "the linking page, or a part of it" in "; ".join(told["evidence"])
    assert not set(table["code"]) & {"EDITORIAL_CONTEXT", "PAGE_TEXT_TRADE", "THIN_PAGE"}


def test_a_long_quote_is_cut(links, bundle, contract, usual) -> None:
    table = reason_table(links.assign(page_url="x" * 5_000), bundle, contract, usual=usual)
    assert table["quote"].dropna().str.len().max() == 201


@pytest.mark.parametrize("label", ["toxic", None])
def test_labels_that_are_no_classes_are_refused(links, bundle, contract, usual, label) -> None:
    with pytest.raises(InputError, match="label_if_counted"):
        reason_table(links.assign(label_if_counted=label), bundle, contract, usual=usual)
    with pytest.raises(InputError, match="verdict"):
        reason_table(links, bundle, contract, "verdict", usual=usual)


def test_usual_is_the_median_of_the_other_classes(small_table, usual) -> None:
    others = small_table.loc[small_table["label"] != "harmful", "title_words"]
    assert usual.elsewhere.loc["harmful", "title_words"] == pytest.approx(others.median())
    assert usual.in_text["place_in_main"] == 1 or np.isnan(usual.in_text["place_in_main"])


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("place_in_main", 1.0, "yes"),
        ("place_in_main", 0.0, "no"),
        ("sim_target_title", 0.25, "25%"),
        ("sim_target_title", 0.004, "0.4%"),
        ("row_external", 1_200.0, "1,200"),
        ("words_host_harmful", -0.125, "-0.125"),
    ],
)
def test_values_are_said_by_their_type(contract, name, value, said) -> None:
    assert _worded(contract.by_name[name], value) == said


def test_other_columns_and_their_order_do_not_matter(table, links, bundle, contract, usual) -> None:
    other = links[[*reversed(links.columns)]].assign(spare="x")
    pd.testing.assert_frame_equal(reason_table(other, bundle, contract, usual=usual), table)


def test_calibration_does_not_change_reasons(table, links, bundle, contract, usual) -> None:
    swapped = dict(zip(bundle.calibration, reversed(bundle.calibration.values()), strict=True))
    found = reason_table(links, dataclasses.replace(bundle, calibration=swapped), contract, usual=usual)
    pd.testing.assert_frame_equal(found.drop(columns="counterfactual"), table.drop(columns="counterfactual"))
