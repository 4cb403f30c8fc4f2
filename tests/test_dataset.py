"""Training tables: what is refused, what a view hides, and that no group is ever parted."""

import numpy as np
import pandas as pd
import pytest

from linksift.dataset import assign_folds, label_weights, load_tables, show_views
from linksift.errors import ContractError, InputError
from linksift.recipe import load_recipe


@pytest.fixture
def links(contract) -> pd.DataFrame:
    n = 30
    frame = pd.DataFrame(np.ones((n, len(contract.names)), dtype="float32"), columns=contract.names)
    frame.insert(0, "basis", ["page", "row", "url"] * (n // 3))
    frame.insert(0, "label", ["harmful", "neutral", "valuable"] * (n // 3))
    frame.insert(0, "label_source", "gold")
    frame.insert(0, "group", [f"g{number // 2}" for number in range(n)])
    return frame


def load(frame, tmp_path, contract):
    path = tmp_path / "table.parquet"
    frame.to_parquet(path)
    return load_tables([path], contract)


def test_a_good_table_is_completed(links, tmp_path, contract):
    table = load(links, tmp_path, contract)
    assert table["counts"].all()
    assert not table["gold"].any()


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (lambda frame: frame.drop(columns="group"), InputError, "no column group"),
        (lambda frame: frame.drop(columns="url_depth"), ContractError, "url_depth"),
        (lambda frame: frame.assign(label="toxic"), InputError, "'toxic'"),
        (lambda frame: frame.assign(url_depth=np.inf), InputError, "infinite values in url_depth"),
        (lambda frame: frame.head(0), InputError, "no row"),
        (lambda frame: frame.assign(group=[None] * 3 + ["g"] * 27), InputError, "3 rows have no group"),
    ],
)
def test_a_bad_table_is_refused_with_its_reason(links, tmp_path, contract, change, error, said):
    with pytest.raises(error, match=said):
        load(change(links), tmp_path, contract)


def test_a_hand_labelled_link_is_given_once(links, tmp_path, contract):
    path = tmp_path / "table.parquet"
    links.assign(gold=True, link=[f"l{number}" for number in range(30)]).to_parquet(path)
    assert len(load_tables([path], contract)) == 30
    with pytest.raises(InputError, match="30 hand-labelled links are there twice"):
        load_tables([path, path], contract)


def test_a_view_hides_what_it_does_not_have(links, tmp_path, contract):
    names = ["url_depth", "title_words", "page_bytes"]
    views = show_views(load(links, tmp_path, contract), names, contract)
    full = views.provider == ""
    known = views.X[full].notna().groupby(views.view[full]).all()
    assert known.loc["page"].tolist() == [True, True, True]
    assert known.loc["row"].tolist() == [True, True, False]
    assert known.loc["url"].tolist() == [True, False, False]
    # A link with its page is shown in three views, an export row in two, a bare URL in one.
    assert pd.Series(views.view[full]).value_counts().to_dict() == {"page": 10, "row": 20, "url": 30}


def test_an_export_row_is_shown_as_each_provider_gives_it(links, tmp_path, contract):
    names = ["url_depth", "title_words", "row_external", "row_internal", "words_title_harmful", "words_anchor_harmful"]
    table = load(links, tmp_path, contract)
    views = show_views(table, names, contract)
    for provider, known in (
        ("Ahrefs", [True, True, True, False, True, True]),
        ("Majestic", [True, False, False, False, False, True]),
    ):
        at = views.provider == provider
        assert set(views.view[at]) == {"row"}
        assert (table["basis"].to_numpy()[views.row[at]] == "row").all(), "a page shown as a row is no provider's row"
        assert at.sum() == 10
        assert views.X[at].notna().all().tolist() == known


def test_a_table_without_a_wanted_feature_is_named(links, tmp_path, contract):
    table = load(links, tmp_path, contract)
    with pytest.raises(ContractError, match="lacks features: title_words, url_depth"):
        show_views(table.drop(columns=["title_words", "url_depth"]), ["title_words", "url_depth"], contract)


def test_links_that_do_not_count_have_no_weight(links, tmp_path, contract):
    table = load(links.assign(counts=[True] * 15 + [False] * 15), tmp_path, contract)
    weights = label_weights(table, load_recipe("default"))
    assert (weights[:15] > 0).all()
    assert (weights[15:] == 0).all()


def test_folds_never_part_a_group(links, tmp_path, contract):
    table = load(links, tmp_path, contract)
    folds = assign_folds(table, np.ones(len(table)), 5, seed=1)
    assert len(set(folds)) == 5
    assert pd.Series(folds).groupby(table["group"]).nunique().eq(1).all()


@pytest.mark.parametrize(("column", "said"), [("label", "1 class"), ("group", "one group")])
def test_one_class_or_one_group_cannot_be_measured(links, tmp_path, contract, column, said):
    table = load(links, tmp_path, contract).assign(**{column: links[column].iloc[0]})
    with pytest.raises(InputError, match=said):
        assign_folds(table, np.ones(len(table)), 5, seed=1)
