"""Measuring a finished model: its own cross-fitted figures, or those on a table that it has not seen."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score

from linksift.bundle import load_bundle
from linksift.dataset import load_tables
from linksift.errors import ContractError, InputError
from linksift.labels import CLASSES
from linksift.reporting import evaluate_on_tables, stated_figures
from linksift.training import train


@pytest.fixture
def evaluate(contract, small_table, monkeypatch):
    # The learned baseline is fitted on the table that ships; here a small one is taken for it.
    monkeypatch.setattr("linksift.dataset.shipped_table", lambda: small_table)
    return lambda bundle, *names: evaluate_on_tables(bundle, names, contract, n_bootstrap=20)


@pytest.fixture
def unseen(small_table, tmp_path):
    """The same kind of links under other names, some of them without a label or not counting."""
    table = small_table.sample(frac=1.0, random_state=1)
    table["link"] = "new-" + table["link"]
    table["counts"] = np.arange(len(table)) % 10 > 0
    table["label"] = table["label"].where(np.arange(len(table)) % 10 != 1)
    table.to_parquet(tmp_path / "unseen.parquet")
    return table[table["counts"] & table["label"].notna()], tmp_path / "unseen.parquet"


def test_a_model_states_its_own_figures(small_run):
    figures, pictures = stated_figures(small_run.bundle)
    assert figures == dict(small_run.metrics)
    assert {name.split("/")[0] for name in pictures} == {"page", "export_row"}
    assert all(png.startswith(b"\x89PNG") for png in pictures.values())


def test_a_saved_model_states_the_same(small_run, small_model):
    assert stated_figures(load_bundle(small_model))[0]["slices"] == small_run.metrics["slices"]


def test_a_model_without_frozen_links_asks_for_a_table(small_run):
    with pytest.raises(InputError, match="no frozen links: give a labelled table"):
        stated_figures(dataclasses.replace(small_run.bundle, frozen=None))


def test_figures_on_an_unseen_table_are_of_the_links_that_count(evaluate, small_run, unseen):
    table, path = unseen
    figures, pictures = evaluate(small_run.bundle, path)
    on_page = table[table["basis"] == "page"]
    called = np.array(CLASSES)[small_run.bundle.predict_proba(on_page).argmax(axis=1)]
    assert figures["slices"]["page"]["n"] == len(on_page)
    assert figures["slices"]["page"]["macro_f1"] == pytest.approx(f1_score(on_page["label"], called, average="macro"))
    assert figures["slices"]["export row"]["n"] == (table["basis"] == "row").sum()
    assert figures["slices"]["page as url"]["n"] == len(on_page)
    assert any(name.startswith("page/") for name in pictures)


def test_the_baselines_stand_beside_it_on_the_same_links(evaluate, small_run, unseen):
    figures, _ = evaluate(small_run.bundle, unseen[1])
    assert set(figures["baselines"]) == {"always neutral", "rule list", "logistic regression, same features"}
    for rival in figures["baselines"].values():
        assert {name: row["n"] for name, row in rival.items()} == {
            name: row["n"] for name, row in figures["slices"].items()
        }
    assert figures["baselines"]["always neutral"]["page"]["recall_neutral"] == 1.0
    assert figures["baselines"]["logistic regression, same features"]["page"]["macro_f1"] > 0.7


def test_a_model_without_a_feature_of_the_rules_is_measured_without_them(evaluate, small_run, unseen, contract):
    recipe = dataclasses.replace(small_run.recipe, leave_out=(*small_run.recipe.leave_out, "trade_all"))
    bundle = train(recipe, small_run.table, contract, n_bootstrap=5).bundle
    figures, _ = evaluate(bundle, unseen[1])
    assert set(figures["baselines"]) == {"always neutral", "logistic regression, same features"}


def test_a_table_that_the_model_knows_gives_its_cross_fitted_figures(
    evaluate, small_recipe, small_table, contract, tmp_path
):
    path = tmp_path / "known.parquet"
    small_table.to_parquet(path)
    table = load_tables([path], contract)
    trained = train(small_recipe, table, contract, n_bootstrap=5)
    figures, _ = evaluate(trained.bundle, path)
    assert figures == dict(trained.metrics)
    in_sample = np.array(CLASSES)[trained.bundle.predict_proba(table).argmax(axis=1)]
    on_page = (table["basis"] == "page").to_numpy()
    flattering = f1_score(table["label"][on_page], in_sample[on_page], average="macro")
    assert figures["slices"]["page"]["macro_f1"] < flattering


def test_two_tables_are_measured_together(evaluate, small_run, unseen, tmp_path):
    table, path = unseen
    half = table.head(60)
    half.assign(link="more-" + half["link"]).to_parquet(tmp_path / "more.parquet")
    figures, _ = evaluate(small_run.bundle, path, tmp_path / "more.parquet")
    assert sum(figures["slices"][name]["n"] for name in ("page", "export row")) == len(table) + 60


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (lambda table: table.assign(counts=False), InputError, "no link with a label that counts"),
        (lambda table: table.assign(label=pd.array([None] * len(table), "string")), InputError, "no link with a label"),
        (lambda table: table.assign(label="toxic"), InputError, "'toxic'"),
        (lambda table: table.drop(columns="title_words"), ContractError, "title_words"),
        (lambda table: table.assign(title_words=np.inf), InputError, "infinite values in title_words"),
        (lambda table: table.assign(group=None), InputError, "rows have no group"),
    ],
)
def test_an_unusable_table_is_named(evaluate, small_run, unseen, tmp_path, change, error, said):
    change(unseen[0]).to_parquet(tmp_path / "bad.parquet")
    with pytest.raises(error, match=said):
        evaluate(small_run.bundle, tmp_path / "bad.parquet")


def test_a_table_given_twice_is_refused(evaluate, small_run, unseen):
    with pytest.raises(InputError, match="hand-labelled links are there twice"):
        evaluate(small_run.bundle, unseen[1], unseen[1])


def test_a_feature_that_is_off_and_that_the_table_lacks_is_named(evaluate, small_run, unseen, contract, tmp_path):
    off = next(name for name in contract.names if name not in contract.on)
    recipe = dataclasses.replace(small_run.recipe, use=(off,))
    bundle = train(recipe, small_run.table.assign(**{off: 0.0}), contract, n_bootstrap=5).bundle
    unseen[0].drop(columns=off).to_parquet(tmp_path / "old.parquet")
    with pytest.raises(ContractError, match=off):
        evaluate(bundle, tmp_path / "old.parquet")


def test_a_model_of_other_features_is_refused(evaluate, small_run, unseen):
    first, *rest = small_run.bundle.features
    other = dataclasses.replace(small_run.bundle, features=(dataclasses.replace(first, version=99), *rest))
    with pytest.raises(ContractError, match="the model knows 99"):
        evaluate(other, unseen[1])
