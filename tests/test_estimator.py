import pickle

import numpy as np
import pandas as pd
import pytest
from scipy.special import log_softmax, softmax
from sklearn.utils.estimator_checks import parametrize_with_checks

from linksift._folds import distinct_row_folds, group_folds, row_groups
from linksift.calibration import fit_calibration
from linksift.classifier import LinkClassifier

CLASSES = ["harmful", "neutral", "valuable"]


def make_links(n=300, seed=0):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(n, 5)), columns=["age", "depth", "words", "links", "spam"])
    score = X["age"] + rng.normal(scale=0.7, size=n)
    y = np.array(CLASSES)[np.digitize(score, [-0.6, 0.6])]
    X = X.mask(rng.random(X.shape) < 0.1)
    return X, y


def quick(**changes):
    return LinkClassifier(**{"n_estimators": 20, "min_child_samples": 5, **changes})


@parametrize_with_checks([LinkClassifier()], xfail_strict=True)
def test_scikit_learn_accepts_it(estimator, check):
    check(estimator)


def test_learns_from_data_with_gaps_and_string_labels():
    X, y = make_links()
    model = quick().fit(X, y)
    assert model.classes_.tolist() == CLASSES
    assert model.score(X, y) > 0.75
    assert model.calibration_warning_ is None


def test_the_documented_formula_gives_the_probabilities():
    X, y = make_links()
    model = quick().fit(X, y)
    logp = log_softmax(model.booster_.predict(X.to_numpy(), raw_score=True), axis=1)
    expected = softmax(logp @ model.calibration_coef_.T + model.calibration_intercept_, axis=1)
    np.testing.assert_array_equal(model.predict_proba(X), expected)


def test_contributions_add_up_to_the_raw_score():
    X, y = make_links()
    model = quick().fit(X, y)
    parts = model.contributions(X)
    assert parts.shape == (len(X), 3, X.shape[1] + 1)
    np.testing.assert_allclose(parts.sum(axis=2), model.booster_.predict(X.to_numpy(), raw_score=True), atol=1e-9)


@pytest.mark.parametrize("changes", [{"n_jobs": 2}, {"fold_jobs": 2}])
def test_parallel_work_changes_nothing(changes):
    X, y = make_links()
    one, two = quick().fit(X, y), quick(**changes).fit(X, y)
    assert one.booster_.model_to_string() == two.booster_.model_to_string()
    np.testing.assert_array_equal(one.oof_probabilities_, two.oof_probabilities_)
    np.testing.assert_array_equal(one.calibration_coef_, two.calibration_coef_)
    np.testing.assert_array_equal(one.calibration_intercept_, two.calibration_intercept_)


def test_another_seed_gives_another_model():
    X, y = make_links()
    one, two = quick().fit(X, y), quick(random_state=1).fit(X, y)
    assert one.booster_.model_to_string() != two.booster_.model_to_string()


def test_nothing_reaches_stdout(capfd):
    X, y = make_links(30)
    LinkClassifier(n_estimators=3).fit(X, y).predict(X)
    assert capfd.readouterr().out == ""


def test_out_of_fold_probabilities_do_not_know_their_rows():
    X, y = make_links()
    folds = np.arange(len(y)) % 4
    changed = y.copy()
    changed[folds == 2] = np.roll(y[folds == 2], 1)
    one, two = quick().fit(X, y, folds=folds), quick().fit(X, changed, folds=folds)
    raw_one, raw_two = one.raw_oof_probabilities_, two.raw_oof_probabilities_
    np.testing.assert_array_equal(raw_one[folds == 2], raw_two[folds == 2])
    assert not np.array_equal(raw_one[folds == 1], raw_two[folds == 1])


def test_the_calibrator_of_a_fold_is_fitted_on_the_other_folds():
    X, y = make_links()
    folds = np.arange(len(y)) % 4
    model = quick().fit(X, y, folds=folds)
    here, codes = folds == 1, np.searchsorted(CLASSES, y)
    logp = np.log(model.raw_oof_probabilities_)
    calibration = fit_calibration(logp[~here], codes[~here], np.ones((~here).sum()))
    np.testing.assert_allclose(model.oof_probabilities_[here], calibration.apply(logp[here]), atol=1e-9)


def test_groups_and_copies_are_not_torn_apart():
    X, y = make_links(120)
    groups = np.array([f"site{i % 17}.example" for i in range(len(y))])
    by_group = quick().fit(X, y, groups=groups).folds_
    assert pd.Series(by_group).groupby(groups).nunique().eq(1).all()
    twice = pd.concat([X, X], ignore_index=True)
    by_row = quick().fit(twice, np.concatenate([y, y])).folds_
    np.testing.assert_array_equal(by_row[:120], by_row[120:])
    assert set(by_row) == {0, 1, 2, 3, 4}


def test_row_groups_know_equal_rows():
    X = np.array([[0.0, np.nan], [-0.0, -np.nan], [0.0, 1.0], [np.nan, 0.0]])
    groups = row_groups(X)
    assert groups[0] == groups[1]
    assert len(set(groups)) == 3


def test_folds_do_not_depend_on_row_order_or_copies():
    X, y = make_links(80)
    codes, table = np.searchsorted(CLASSES, y), X.to_numpy()
    order = np.random.default_rng(1).permutation(80)
    folds = distinct_row_folds(table, codes, 5, 0)
    np.testing.assert_array_equal(distinct_row_folds(table[order], codes[order], 5, 0), folds[order])


def test_a_class_in_few_groups_means_fewer_folds():
    X, y = make_links(90)
    groups = np.where(y == "harmful", np.arange(90) % 3, np.arange(90))
    model = quick().fit(X, y, groups=groups)
    assert "folds" in model.calibration_warning_
    assert model.folds_.max() + 1 < 5
    assert np.isfinite(model.oof_probabilities_).all()


def test_a_class_in_one_group_means_no_calibration():
    X, y = make_links(90)
    model = quick().fit(X, y, groups=np.where(y == "harmful", "one", "two"))
    assert model.calibration_warning_.startswith("not calibrated")
    assert np.isnan(model.oof_probabilities_).all()
    np.testing.assert_array_equal(model.calibration_coef_, np.eye(3))
    assert group_folds(np.array([0, 1, 1]), np.array([0, 1, 2]), 5, 0) is None


def test_given_folds_hold_out_what_they_say():
    X, y = make_links(120)
    folds = np.where(np.arange(120) < 20, -1, np.arange(120) % 3)
    model = quick().fit(X, y, folds=folds)
    np.testing.assert_array_equal(np.isnan(model.oof_probabilities_).all(axis=1), folds == -1)
    assert model.calibration_warning_ is None


def test_a_given_fold_with_all_of_a_class_is_not_held_out():
    X, y = make_links(120)
    folds = np.where(y == "harmful", 7, np.arange(120) % 3)
    model = quick().fit(X, y, folds=folds)
    assert "lacks a class" in model.calibration_warning_
    np.testing.assert_array_equal(np.isnan(model.oof_probabilities_).all(axis=1), folds == 7)


def test_without_calibration_the_scores_are_the_boosters():
    X, y = make_links(120)
    model = quick(calibrate=False).fit(X, y)
    np.testing.assert_allclose(model.predict_proba(X), model.booster_.predict(X.to_numpy()), atol=1e-12)
    assert np.isnan(model.oof_probabilities_).all()


def test_rows_of_weight_zero_take_no_part():
    X, y = make_links(150)
    weight = np.ones(150)
    weight[100:] = 0
    strange = y.copy()
    strange[100:] = "unheard of"
    with_zeros, without = quick().fit(X, strange, weight), quick().fit(X[:100], y[:100])
    assert with_zeros.classes_.tolist() == CLASSES
    assert with_zeros.booster_.model_to_string() == without.booster_.model_to_string()
    np.testing.assert_array_equal(with_zeros.oof_probabilities_[:100], without.oof_probabilities_)
    assert np.isnan(with_zeros.oof_probabilities_[100:]).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sample_weight": np.zeros(60)}, "zero"),
        ({"sample_weight": -np.ones(60)}, "Negative"),
        ({"folds": np.linspace(0, 1, 60)}, "integers"),
        ({"folds": np.full(60, -2)}, "integers"),
        ({"folds": np.zeros(3, dtype=int)}, "inconsistent"),
        ({"groups": np.zeros(3)}, "inconsistent"),
        ({"groups": np.array([None] * 60)}, "missing values"),
    ],
)
def test_refuses_unusable_arguments(arguments, message):
    X, y = make_links(60)
    with pytest.raises(ValueError, match=message):
        quick().fit(X, y, **arguments)


@pytest.mark.parametrize(
    "changes",
    [
        {"n_estimators": 0},
        {"calibration_folds": 1},
        {"fold_jobs": 0},
        {"n_jobs": -1},
        {"max_bin": 1},
        {"class_balance": -0.1},
        {"class_balance": 1.5},
    ],
)
def test_refuses_unusable_parameters(changes):
    X, y = make_links(60)
    with pytest.raises(ValueError, match=f"{next(iter(changes))}|LightGBM refused"):
        quick(**changes).fit(X, y)


def test_refuses_one_class_and_infinite_values():
    X, y = make_links(60)
    with pytest.raises(ValueError, match="1 class"):
        quick().fit(X, ["harmful"] * 60)
    with pytest.raises(ValueError, match="infinity"):
        quick().fit(X.fillna(np.inf), y)


def make_rare(n=900):
    """Links of which one in ten is harmful, and the features tell only so much."""
    X, _ = make_links(n)
    rng = np.random.default_rng(4)
    score = X["age"].fillna(0) + rng.normal(scale=1.0, size=n)
    y = np.array(CLASSES)[np.where(score > np.quantile(score, 0.9), 0, np.where(rng.random(n) < 0.5, 1, 2))]
    return X, y


def test_class_balance_lifts_a_rare_class_in_the_trees_and_not_in_the_probabilities():
    X, y = make_rare()
    share = (y == "harmful").mean()
    plain, balanced = quick().fit(X, y), quick(class_balance=1.0).fit(X, y)
    assert plain.booster_.model_to_string() != balanced.booster_.model_to_string()
    assert plain.raw_oof_probabilities_[:, 0].mean() == pytest.approx(share, abs=0.03)
    assert balanced.raw_oof_probabilities_[:, 0].mean() > 2 * share
    # The calibration learns from the weights as they are: a probability means the same with and without.
    for model in (plain, balanced):
        assert model.oof_probabilities_[:, 0].mean() == pytest.approx(share, abs=0.03)
        assert model.predict_proba(X)[:, 0].mean() == pytest.approx(share, abs=0.05)


def test_the_weights_of_a_class_add_up_in_class_balance():
    # Half as many rows of twice the weight are as heavy: the classes are even already, and nothing is to be balanced.
    X, _ = make_links(240)
    y = np.repeat(CLASSES, [48, 96, 96])
    weight = np.repeat([2.0, 1.0, 1.0], [48, 96, 96])
    plain, balanced = quick().fit(X, y, weight), quick(class_balance=1.0).fit(X, y, weight)
    assert plain.booster_.model_to_string() == balanced.booster_.model_to_string()


def test_class_balance_ignores_rows_of_weight_zero():
    X, y = make_rare(300)
    weight = np.where(np.arange(300) < 200, 1.0, 0.0)
    strange = np.where(weight > 0, y, "unheard of")
    with_zeros = quick(class_balance=1.0).fit(X, strange, weight)
    without = quick(class_balance=1.0).fit(X[:200], y[:200])
    assert with_zeros.booster_.model_to_string() == without.booster_.model_to_string()


def test_two_classes_are_a_softmax_too():
    X, y = make_links(200)
    model = quick().fit(X, y == "harmful")
    assert model.predict_proba(X).shape == (200, 2)
    assert model.contributions(X).shape == (200, 2, 6)


def test_names_that_the_text_cannot_carry_are_left_out():
    X, y = make_links(60)
    X.columns = ["an age", '"depth"', "words", "links", "spam"]
    assert quick().fit(X, y).booster_.feature_name() == [f"Column_{i}" for i in range(5)]


def test_a_copy_predicts_the_same():
    X, y = make_links(120)
    model = quick().fit(X, y)
    copy = pickle.loads(pickle.dumps(model))  # noqa: S301
    np.testing.assert_array_equal(model.predict_proba(X), copy.predict_proba(X))
