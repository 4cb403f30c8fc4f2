"""Each change does what it says, and what is reported was really scored again."""

import numpy as np
import pandas as pd
import pytest

from linksift.changes import CHANGES, World
from linksift.counterfactuals import COLUMNS, MARKED, counterfactual_table
from linksift.features import Featurizer
from linksift.features.row import RowFacts
from linksift.labels import CLASSES
from linksift.usual import Usual

BY_CODE = {change.code: change for change in CHANGES}


@pytest.fixture(scope="module")
def bundle(small_run):
    return small_run.bundle


@pytest.fixture(scope="module")
def usual(small_table):
    paragraphs = small_table.assign(block_is_paragraph=np.float32(1), area_content=np.float32(1))
    return Usual.of(paragraphs)


@pytest.fixture(scope="module")
def world(contract, usual):
    return World(contract, usual, Featurizer(contract))


@pytest.fixture(scope="module")
def links(small_table):
    return small_table.rename(columns={"link": "link_id"}).assign(
        page_url="https://blog.example/a-post",
        title="A title",
        target_url="https://www.oatandember-bakery.com/",
        anchor="cheap bread",
    )


@pytest.fixture(scope="module")
def table(links, bundle, contract, usual):
    return counterfactual_table(links, bundle, contract, usual=usual)


def one_link(contract, **known):
    """A link of which only the given is known, and its feature columns."""
    facts = {"page_url": None, "title": None, "target_url": None, "anchor": None}
    features = {name: value for name, value in known.items() if name not in facts}
    links = pd.DataFrame([facts | {name: known[name] for name in facts if name in known}])
    return links.join(pd.DataFrame([features]).reindex(columns=contract.names).astype("float32"))


def changed(code, links, contract, world):
    features = links[contract.names].copy()
    possible = BY_CODE[code].apply(features, links, world)
    return features.iloc[0], bool(possible[0])


def test_some_links_change_and_what_is_said_is_what_happened(table, links) -> None:
    assert list(table.columns) == list(COLUMNS)
    assert table.index.equals(links.index)
    by_model = table[table["change"].isin(list(BY_CODE))]
    assert by_model["change"].nunique() > 1
    assert (by_model["label_before"] != by_model["label_after"]).all()
    assert (by_model["p_after"] < by_model["p_before"]).all()
    assert by_model["text"].str.startswith("It would be ").all()


@pytest.mark.parametrize("code", ["main_text", "site_name"])
def test_the_reported_probability_is_that_of_the_changed_features(
    code, table, links, bundle, contract, world, usual
) -> None:
    at = table.index[table["change"] == code]
    features = links.loc[at, contract.names].copy()
    BY_CODE[code].apply(features, links.loc[at], world)
    before, after = bundle.predict_proba(links.loc[at]), bundle.predict_proba(features)
    now = before.argmax(axis=1)
    assert len(at)
    np.testing.assert_allclose(table.loc[at, "p_before"], before.max(axis=1))
    np.testing.assert_allclose(table.loc[at, "p_after"], after[np.arange(len(at)), now])
    assert table.loc[at, "label_after"].tolist() == [CLASSES[k] for k in after.argmax(axis=1)]


def test_same_links_same_table_and_the_links_stay_as_they_were(table, links, bundle, contract, usual) -> None:
    before = links.copy(deep=True)
    again = counterfactual_table(links, bundle, contract, usual=usual, n_jobs=2)
    pd.testing.assert_frame_equal(again, table, check_exact=True)
    pd.testing.assert_frame_equal(links, before)


def test_where_nothing_else_helps_the_rule_does(table) -> None:
    marked = table[table["change"] == MARKED]
    assert len(marked)
    assert (marked["label_after"] == "neutral").all()
    assert (marked["label_before"] != "neutral").all()
    assert marked["text"].str.contains('Marked rel="sponsored"').all()
    stays = table[table["change"].isna()]
    assert (stays["label_before"] == "neutral").all()
    assert stays["text"].str.startswith(("It would stay neutral", "Too little is known")).all()


def test_a_link_that_does_not_count_is_told_what_it_would_be(links, bundle, contract, usual) -> None:
    table = counterfactual_table(links.assign(counts=False), bundle, contract, usual=usual)
    if_counted = [CLASSES[k] for k in bundle.predict_proba(links).argmax(axis=1)]
    assert table["change"].isna().all()
    assert (table["label_before"] == "neutral").all()
    assert all(f"counted, it would be {name}" in text for name, text in zip(if_counted, table["text"], strict=True))


def test_nothing_is_said_of_a_link_of_which_nothing_is_known(links, bundle, contract, usual) -> None:
    nothing = links.head(2).assign(**dict.fromkeys(contract.names, np.float32("nan")))
    table = counterfactual_table(nothing, bundle, contract, usual=usual)
    assert table["label_before"].isna().all()
    assert table["p_before"].isna().all()
    assert table["text"].str.startswith("Nothing is known").all()


def test_no_links(links, bundle, contract, usual) -> None:
    assert counterfactual_table(links.head(0), bundle, contract, usual=usual).empty


def test_site_name_is_measured_anew_and_changes_the_anchor_only(contract, world) -> None:
    row = {
        "page_url": "https://blog.example/bread",
        "title": "On bread",
        "target_url": "https://www.oatandember-bakery.com/",
    }
    facts = RowFacts(**row, anchor="cheap casino bonus", n_external=4, n_internal=6)
    links = one_link(contract, **row, anchor="cheap casino bonus", **world.featurizer.of_row(facts))
    found, possible = changed("site_name", links, contract, world)
    wanted = world.featurizer.of_row(
        RowFacts(**row, anchor="oatandember-bakery", is_image=False, n_external=4, n_internal=6)
    )
    expected = world.featurizer.frame([wanted]).iloc[0]
    assert possible
    assert found["anchor_names_target"] == 1
    assert found["anchor_gambling"] == 0
    np.testing.assert_allclose(found.to_numpy(), expected.to_numpy(), atol=1e-4)


@pytest.mark.parametrize(
    "known",
    [
        {"anchor": "bread"},
        {"target_url": "https://oatandember-bakery.com/"},
        {"target_url": "https://oatandember-bakery.com/", "anchor": "Oat and Ember", "anchor_names_target": 1},
        {"target_url": "not a url", "anchor": "bread"},
    ],
)
def test_site_name_needs_a_target_and_another_anchor(contract, world, known) -> None:
    links = one_link(contract, **known)
    found, possible = changed("site_name", links, contract, world)
    assert not possible
    assert found.equals(links[contract.names].iloc[0])


def test_main_text_puts_a_link_where_links_in_text_are(contract, world) -> None:
    links = one_link(contract, place_in_main=0, area_content=0, page_words=300, out_external=9)
    found, possible = changed("main_text", links, contract, world)
    assert possible
    assert found["place_in_main"] == 1
    assert found["area_content"] == 1
    assert (found["page_words"], found["out_external"]) == (300, 9)
    assert np.isnan(found["block0_chars"]), "what is not known stays unknown"
    assert not changed("main_text", one_link(contract, place_in_main=1), contract, world)[1]


def test_fewer_links_halves_what_counts_them(contract, world) -> None:
    links = one_link(
        contract, out_external=31, row_external=31, row_internal=16, out_internal=16, out_external_share=31 / 47,
        row_external_share=31 / 47, out_external_per_word=0.31, out_links=47, out_links_per_word=0.47, out_link_list=1,
    )  # fmt: skip
    found, possible = changed("fewer_links", links, contract, world)
    assert possible
    assert found["out_external"] == found["row_external"] == 16
    assert found["row_external_share"] == found["out_external_share"] == 0.5
    assert found["out_external_per_word"] == pytest.approx(0.16)
    assert found["out_links"] == 32
    assert found["out_links_per_word"] == pytest.approx(0.32)
    assert found["out_link_list"] == 0
    assert np.isnan(found["out_absolute"])
    assert not changed("fewer_links", one_link(contract, row_external=1), contract, world)[1]
    assert not changed("fewer_links", one_link(contract), contract, world)[1]


def test_no_trades_takes_the_terms_away_and_leaves_the_anchor(contract, world) -> None:
    links = one_link(contract, trade_gambling=0.1, trade_all=0.1, title_trades=1, anchor_gambling=1, trade_money=0.2)
    found, possible = changed("no_trades", links, contract, world)
    assert possible
    assert found["trade_gambling"] == found["trade_all"] == found["title_trades"] == 0
    assert found["anchor_gambling"] == 1
    assert found["trade_money"] == pytest.approx(0.2)
    assert not changed("no_trades", one_link(contract, trade_all=0), contract, world)[1]


def test_visible_unhides(contract, world) -> None:
    found, possible = changed("visible", one_link(contract, area_hidden=1), contract, world)
    assert possible
    assert found["area_hidden"] == 0
    assert not changed("visible", one_link(contract, area_hidden=0), contract, world)[1]
