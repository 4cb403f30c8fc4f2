"""Training: what is learned from, that every figure is honest, and who may become champion."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from linksift.bundle import save_bundle
from linksift.errors import InputError, RecipeError
from linksift.labels import BASES, CLASSES, PROBABILITY_COLUMNS
from linksift.training import train


@pytest.fixture
def run(small_recipe, small_table, contract):
    def run(table=small_table, champion=None, **changes):
        return train(dataclasses.replace(small_recipe, **changes), table, contract, champion=champion, n_bootstrap=20)

    return run


def settings(recipe, **changes):
    return dataclasses.replace(recipe.model, **changes)


def accuracy(proba, label):
    return (np.array(CLASSES)[np.asarray(proba).argmax(axis=1)] == np.asarray(label)).mean()


# --- figures ---


def test_it_learns_what_the_table_says(small_run):
    assert small_run.metrics["slices"]["page"]["macro_f1"] > 0.8
    assert small_run.metrics["slices"]["page"]["macro_f1"] > small_run.metrics["slices"]["page as url"]["macro_f1"]
    rules = small_run.baseline_slices["rule list"].set_index("slice")
    assert small_run.metrics["slices"]["page"]["macro_f1"] > rules.loc["page", "macro_f1"]


def test_figures_know_nothing_of_the_groups_they_are_of(run, small_recipe, small_table):
    # Labels by chance, one for each group, and a feature that is the group's number: to know the group is to know the label.
    rng, number = np.random.default_rng(1), small_table["group"].str.removeprefix("group").astype(int)
    label = rng.choice(CLASSES, number.max() + 1)[number]
    known = dict.fromkeys(small_table.columns[10:], np.nan) | {"url_host_hyphens": number.astype("float32")}
    table = small_table.assign(label=label, **known)
    eager = settings(small_recipe, n_estimators=60, num_leaves=31, min_child_samples=1, lambda_l2=0.0)
    trained = run(table, model=eager)
    assert accuracy(trained.bundle.predict_proba(table), label) > 0.9
    frozen = trained.frozen[trained.frozen["situation"] == "page"]
    assert accuracy(frozen[list(PROBABILITY_COLUMNS)], frozen["label"]) < 0.6
    assert trained.metrics["slices"]["page"]["macro_f1"] < 0.6


def test_the_frozen_links_are_the_hand_labelled_ones_each_once_in_each_situation(small_run, small_table):
    by_situation = small_run.frozen.groupby("situation")["link"]
    assert {"page", "page as row", "page as url", "export row", "export as url"} <= set(by_situation.groups)
    gold = small_table[small_table["gold"]]
    for situation, links in by_situation:
        came_with = "page" if situation.startswith("page") else "row"
        assert sorted(links) == sorted(gold["link"][gold["basis"] == came_with]), situation
    np.testing.assert_allclose(small_run.frozen[list(PROBABILITY_COLUMNS)].sum(axis=1), 1)
    labels = small_table.set_index("link")["label"]
    assert (small_run.frozen["link"].map(labels) == small_run.frozen["label"]).all()


def test_the_same_table_gives_the_same_files(run, small_run, tmp_path):
    save_bundle(small_run.bundle, tmp_path / "one")
    save_bundle(run().bundle, tmp_path / "two")
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


def test_without_hand_labelled_links_there_is_a_model_but_no_figure(run, small_table):
    trained = run(small_table.assign(gold=False))
    assert trained.frozen.empty
    assert (trained.metrics["situations"], trained.metrics["slices"], trained.metrics["baselines"]) == ({}, {}, {})
    assert trained.bundle.policy == {"review": {}}
    assert accuracy(trained.bundle.predict_proba(small_table), small_table["label"]) > 0.8


# --- what is learned from ---


def test_links_that_do_not_count_are_neither_learned_from_nor_measured(run, small_table):
    counts = np.arange(len(small_table)) % 5 > 0
    # They would teach the opposite.
    turned = small_table["label"].map({"harmful": "valuable", "valuable": "harmful", "neutral": "neutral"})
    some = run(small_table.assign(counts=counts))
    other = run(small_table.assign(counts=counts, label=small_table["label"].where(counts, turned)))
    assert some.metrics["training_links"] == counts.sum()
    assert set(some.frozen["link"]) <= set(small_table["link"][counts])
    assert some.classifier.booster_.model_to_string() == other.classifier.booster_.model_to_string()


def test_links_without_a_label_or_of_a_source_without_weight_are_left_out(run, small_table):
    at = np.arange(len(small_table))
    table = small_table.assign(
        label=small_table["label"].where(at % 5 > 0), label_source=np.where(at % 5 == 1, "bad_list", "gold")
    )
    trained = run(table)
    assert trained.metrics["training_links"] == (at % 5 > 1).sum()
    assert set(trained.frozen["link"]) <= set(small_table["link"][at % 5 > 1])


def test_a_class_that_is_worth_more_is_called_more_often(run, small_table):
    light = np.where(small_table["label"] == "valuable", "editorial", "gold")
    trained = run(small_table.assign(label_source=light), labels={"gold": 1.0, "editorial": 0.05})
    everything = trained.bundle.predict_proba(small_table)
    assert everything[:, 2].mean() < run().bundle.predict_proba(small_table)[:, 2].mean()


def test_a_view_without_weight_is_neither_learned_from_nor_measured(run):
    trained = run(views={"row": 1.0, "url": 1.0})
    assert set(trained.frozen["view"]) == {"row", "url"}
    assert "page" not in trained.bundle.policy["review"]
    assert trained.classifier.booster_.feature_importance()[trained.features.index("place_in_main")] == 0


def test_nothing_hidden_means_each_link_as_it_is(run):
    trained = run(hidden=0.0)
    assert set(trained.frozen["situation"]) == {"page", "export row"}
    assert len(trained.classifier.folds_) == trained.metrics["training_links"]


def test_the_parameters_of_the_recipe_reach_the_model(run, small_recipe):
    trained = run(seed=7, model=settings(small_recipe, n_estimators=3, num_leaves=4, class_balance=0.5))
    stated = trained.bundle.parameters
    assert (stated["n_estimators"], stated["num_leaves"], stated["random_state"]) == (3, 4, 7)
    assert trained.classifier.class_balance == 0.5
    assert trained.classifier.booster_.num_trees() == 3 * len(CLASSES)


def test_a_basis_that_no_link_teaches_is_not_calibrated(run, small_table):
    # Pages shown as rows are no rows of an export: they do not teach how rows are calibrated.
    trained = run(small_table[small_table["basis"] == "page"].reset_index(drop=True))
    assert set(trained.bundle.calibration) == set(BASES)
    np.testing.assert_array_equal(trained.bundle.calibration["row"].coef, np.eye(3))
    np.testing.assert_array_equal(trained.bundle.calibration["row"].intercept, np.zeros(3))
    assert not np.array_equal(trained.bundle.calibration["page"].coef, np.eye(3))


def test_bases_are_calibrated_apart(run, small_table):
    # Half of the export rows' labels are wrong: what is said of a row is then worth less than what is said of a page.
    rng, is_row = np.random.default_rng(2), (small_table["basis"] == "row").to_numpy()
    wrong = np.where(
        is_row & (rng.random(len(small_table)) < 0.5), rng.choice(CLASSES, len(small_table)), small_table["label"]
    )
    calibration = run(small_table.assign(label=wrong)).bundle.calibration
    assert calibration["row"].coef[0, 0] < calibration["page"].coef[0, 0]


# --- baselines ---


def test_baselines_are_measured_on_the_same_links(small_run):
    assert {"always neutral", "rule list", "logistic regression, same features"} <= set(small_run.baseline_slices)
    for figures in small_run.baseline_slices.values():
        assert figures["slice"].tolist() == small_run.slices["slice"].tolist()
        assert figures["n"].tolist() == small_run.slices["n"].tolist()


@pytest.mark.parametrize(
    ("feature", "baseline"),
    [("trade_all", "rule list"), ("words_host_harmful", "logistic regression, character n-grams")],
)
def test_a_baseline_that_reads_what_the_recipe_leaves_out_is_left_out(run, small_recipe, feature, baseline):
    trained = run(leave_out=(*small_recipe.leave_out, feature))
    assert feature not in trained.features
    assert baseline not in trained.baseline_slices
    assert "always neutral" in trained.baseline_slices


# --- the champion ---


def without_skill(bundle):
    """A bundle that says the same of each frozen link."""
    return dataclasses.replace(bundle, frozen=bundle.frozen.assign(p_harmful=0.2, p_neutral=0.6, p_valuable=0.2))


def test_without_a_champion_the_model_may_become_one(small_run):
    assert small_run.comparison is None
    assert small_run.is_better


def test_a_model_is_not_better_than_itself(run, small_run):
    again = run(champion=small_run.bundle)
    assert again.comparison.difference.value == 0
    assert again.comparison.n == len(small_run.frozen)
    assert not again.is_better


def test_a_better_model_is_better_than_a_champion_without_skill(run, small_run):
    trained = run(champion=without_skill(small_run.bundle))
    assert trained.is_better
    found = trained.comparison
    assert found.difference.value == pytest.approx(found.macro_f1_a - found.macro_f1_b)
    assert trained.metrics["champion"]["difference"]["value"] == found.difference.value > 0.3


def test_a_worse_model_is_not_better(run, small_run):
    worse = run(model=settings(small_run.recipe, n_estimators=1, learning_rate=0.001), champion=small_run.bundle)
    assert worse.comparison.difference.value < 0
    assert not worse.is_better


def test_champion_and_candidate_are_compared_on_the_links_of_both(run, small_run):
    frozen = small_run.bundle.frozen
    some = frozen[frozen["situation"] == "page"].head(50)
    assert run(champion=dataclasses.replace(small_run.bundle, frozen=some)).comparison.n == 50
    stranger = dataclasses.replace(small_run.bundle, frozen=frozen.assign(link="other-" + frozen["link"]))
    assert run(champion=stranger).comparison is None
    assert run(champion=dataclasses.replace(small_run.bundle, frozen=None)).comparison is None


# --- refused ---


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda table: table.assign(label="harmful"), "1 class"),
        (lambda table: table.assign(counts=False), "0 class"),
        (lambda table: table[table["label"] != "valuable"], "only harmful, neutral; all of"),
        (lambda table: table.assign(group="one"), "of one group"),
    ],
)
def test_a_table_of_one_class_or_group_is_refused(run, small_table, change, said):
    with pytest.raises(InputError, match=said):
        run(change(small_table).reset_index(drop=True))


@pytest.mark.parametrize(
    "change", [{"n_estimators": 0}, {"class_balance": 2.0}, {"num_leaves": 1}, {"feature_fraction": 7.0}], ids=str
)
def test_parameters_that_the_model_refuses_are_the_recipes_fault(run, small_recipe, change):
    with pytest.raises(RecipeError, match=f"recipe small: no model could be fitted: .*{next(iter(change))}"):
        run(model=settings(small_recipe, **change))


def test_views_that_show_nothing_are_the_recipes_fault(run):
    with pytest.raises(RecipeError, match="recipe small"):
        run(views={"page": 0.0})


def test_two_groups_are_enough(run, small_table):
    halves = pd.Series(np.where(np.arange(len(small_table)) // 4 % 2, "left", "right"))
    trained = run(small_table.assign(group=halves))
    assert trained.metrics["training_groups"] == 2
    assert np.isfinite(trained.frozen[list(PROBABILITY_COLUMNS)]).all(axis=None)
