import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    confusion_matrix,
    f1_score,
    log_loss,
    precision_recall_fscore_support,
)

from linksift._intervals import wilson
from linksift.errors import InputError
from linksift.evaluation import compare, evaluate_probabilities, review_band, slices
from linksift.labels import CLASSES
from linksift.reliability import equal_mass_bins, reliability_curve

H, N, V = np.eye(3)


def random_sample(n=300, n_groups=80, seed=0, skill=1.5):
    rng = np.random.default_rng(seed)
    codes = rng.choice(3, n, p=[0.3, 0.4, 0.3])
    scores = rng.normal(size=(n, 3))
    scores[np.arange(n), codes] += skill
    proba = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return np.array(CLASSES)[codes], proba, rng.integers(0, n_groups, n)


def test_values_by_hand():
    # harmful: 1 of 2 found, 1 predicted; neutral: 1 of 1 found, 2 predicted; valuable: 1 of 1 found, 1 predicted.
    y = ["harmful", "harmful", "neutral", "valuable"]
    m = evaluate_probabilities(y, [H, N, N, V], groups=["a", "b", "c", "d"])
    assert m.confusion == ((1.0, 1.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    assert m.per_class["harmful"].precision.value == 1.0
    assert m.per_class["harmful"].recall.value == 0.5
    assert m.per_class["neutral"].precision.value == 0.5
    assert m.per_class["harmful"].f1.value == pytest.approx(2 / 3)
    assert m.macro_f1.value == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    assert m.accuracy.value == 0.75
    assert m.brier == pytest.approx(2 / 4)
    assert (m.n, m.groups) == (4, 4)


def test_agrees_with_scikit_learn():
    y, proba, groups = random_sample()
    weight = np.random.default_rng(5).uniform(0.2, 3, len(y))
    m = evaluate_probabilities(y, proba, groups=groups, sample_weight=weight)
    predicted = np.array(CLASSES)[proba.argmax(axis=1)]
    assert m.macro_f1.value == pytest.approx(f1_score(y, predicted, average="macro", sample_weight=weight))
    assert m.accuracy.value == pytest.approx(accuracy_score(y, predicted, sample_weight=weight))
    assert m.log_loss == pytest.approx(log_loss(y, proba, sample_weight=weight))
    np.testing.assert_allclose(m.confusion, confusion_matrix(y, predicted, sample_weight=weight))
    oracle = precision_recall_fscore_support(y, predicted, labels=CLASSES, sample_weight=weight)
    for k, name in enumerate(CLASSES):
        found = m.per_class[name]
        ours = (found.precision.value, found.recall.value, found.f1.value)
        assert ours == pytest.approx([figures[k] for figures in oracle[:3]])
        area = average_precision_score(y == name, proba[:, k], sample_weight=weight)
        assert found.average_precision == pytest.approx(area)


def test_the_interval_is_of_groups_not_rows():
    y, proba, _ = random_sample(n=400)
    copies = 25
    rows = evaluate_probabilities(np.repeat(y, copies), np.repeat(proba, copies, axis=0), groups=np.arange(10_000))
    groups = evaluate_probabilities(
        np.repeat(y, copies), np.repeat(proba, copies, axis=0), groups=np.repeat(np.arange(400), copies)
    )
    once = evaluate_probabilities(y, proba, groups=np.arange(400))
    assert groups.macro_f1 == once.macro_f1
    assert rows.macro_f1.hi - rows.macro_f1.lo < 0.3 * (once.macro_f1.hi - once.macro_f1.lo)


def test_the_interval_covers_as_often_as_it_says():
    y, proba, _ = random_sample(n=200_000, seed=12345)
    truth = (np.array(CLASSES)[proba.argmax(axis=1)] == y).mean()
    inside = 0
    for seed in range(100):
        y, proba, _ = random_sample(n=200, seed=seed)
        accuracy = evaluate_probabilities(y, proba, groups=np.arange(200), n_bootstrap=200, seed=seed).accuracy
        inside += accuracy.lo <= truth <= accuracy.hi
    assert inside >= 88


samples = st.integers(1, 40).flatmap(
    lambda n: st.tuples(
        st.lists(st.sampled_from(CLASSES), min_size=n, max_size=n),
        st.lists(st.tuples(*[st.floats(0.01, 1)] * 3), min_size=n, max_size=n),
        st.lists(st.integers(0, 8), min_size=n, max_size=n),
        st.permutations(range(n)),
    )
)


def measured(y, raw, groups):
    proba = np.asarray(raw)
    return evaluate_probabilities(y, proba / proba.sum(axis=1, keepdims=True), groups=groups, n_bootstrap=50)


@settings(deadline=None, max_examples=60)
@given(samples)
def test_intervals_hold_the_figure(sample):
    y, raw, groups, _ = sample
    m = measured(y, raw, groups)
    estimates = [m.macro_f1, m.accuracy, m.harmful_precision, m.harmful_recall, m.valuable_called_harmful]
    estimates += [e for c in m.per_class.values() for e in (c.precision, c.recall, c.f1)]
    for e in estimates:
        assert math.isnan(e.lo) or 0 <= e.lo <= e.value <= e.hi <= 1
    if m.groups == 1:
        assert math.isnan(m.macro_f1.lo)


@settings(deadline=None, max_examples=60)
@given(samples)
def test_order_of_rows_does_not_matter(sample):
    y, raw, groups, order = sample
    once = measured(y, raw, groups).flat()
    again = measured([y[i] for i in order], [raw[i] for i in order], [groups[i] for i in order]).flat()
    assert once == pytest.approx(again, abs=1e-12)


@settings(deadline=None, max_examples=30)
@given(samples)
def test_perfect_predictions_score_one(sample):
    y, _, groups, _ = sample
    m = evaluate_probabilities(y, np.eye(3)[[CLASSES.index(name) for name in y]], groups=groups, n_bootstrap=20)
    assert m.macro_f1.value == m.accuracy.value == 1.0
    assert m.log_loss == m.brier == m.ece == m.ece_expected_if_perfect == 0.0


def test_same_input_same_result():
    y, proba, groups = random_sample()
    once, again = (json.dumps(evaluate_probabilities(y, proba, groups=groups).to_dict()) for _ in range(2))
    assert once == again


def test_json_has_no_nan_and_flat_has_only_numbers():
    m = evaluate_probabilities(["harmful"] * 3, [H, H, N], groups=[1, 1, 1])
    plain = json.loads(json.dumps(m.to_dict(), allow_nan=False))
    assert plain["per_class"]["valuable"]["f1"]["value"] is None
    assert plain["valuable_called_harmful"] == {"count": 0, "of": 0, "value": None, "lo": None, "hi": None}
    flat = m.flat()
    assert flat["macro_f1.value"] == pytest.approx((0.8 + 0) / 2)
    assert "per_class.valuable.f1.value" not in flat


def test_calibration_error_of_honest_probabilities_is_what_chance_gives():
    rng = np.random.default_rng(0)
    proba = rng.dirichlet([1, 1, 1], 4000)
    y = np.array(CLASSES)[(rng.random((4000, 1)) > np.cumsum(proba, axis=1)[:, :2]).sum(axis=1)]
    honest = evaluate_probabilities(y, proba, groups=np.arange(4000), n_bootstrap=10)
    assert honest.ece == pytest.approx(honest.ece_expected_if_perfect, rel=0.35)
    sharp = proba**3 / (proba**3).sum(axis=1, keepdims=True)
    bold = evaluate_probabilities(y, sharp, groups=np.arange(4000), n_bootstrap=10)
    assert bold.ece > 4 * bold.ece_expected_if_perfect


def test_calibration_error_by_hand():
    # One bin for each class, as all probabilities are equal: |0.5 - 0.75|, |0.3 - 0.25|, |0.2 - 0|.
    m = evaluate_probabilities(["harmful"] * 3 + ["neutral"], [[0.5, 0.3, 0.2]] * 4, groups=[1, 2, 3, 4])
    assert m.ece == pytest.approx((0.25 + 0.05 + 0.2) / 3)


def test_equal_probabilities_share_a_bin():
    bins = equal_mass_bins(np.array([0.1] * 50 + [0.2] * 50 + [0.9]), 10)
    assert len(set(bins[:50])) == len(set(bins[50:100])) == 1
    assert np.bincount(equal_mass_bins(np.linspace(0, 1, 100), 10)) == pytest.approx([10] * 10, abs=1)


def test_reliability_curve_by_hand():
    y = ["harmful", "neutral", "harmful", "harmful"]
    low, high = [0.2, 0.8, 0.0], [0.9, 0.1, 0.0]
    curve = reliability_curve(y, [low, low, high, high], "harmful", groups=[1, 2, 3, 4], n_bins=2)
    assert curve.predicted == pytest.approx([0.2, 0.9])
    assert curve.observed == pytest.approx([0.5, 1.0])
    assert curve.count.tolist() == [2, 2]
    assert (curve.lo <= curve.observed).all()


def test_rates_at_the_threshold():
    y = ["harmful", "harmful", "valuable", "valuable", "neutral"]
    proba = [[0.9, 0.1, 0], [0.4, 0.6, 0], [0.6, 0, 0.4], [0.1, 0, 0.9], [0.2, 0.8, 0]]
    m = evaluate_probabilities(y, proba, groups=range(5), threshold=0.6)
    assert (m.harmful_precision.count, m.harmful_precision.of) == (1, 2)
    assert (m.harmful_recall.count, m.harmful_recall.of) == (1, 2)
    assert m.valuable_called_harmful.value == 0.5
    assert (m.valuable_called_harmful.lo, m.valuable_called_harmful.hi) == pytest.approx(wilson(0.5, 2))


def test_wilson_against_known_values():
    assert wilson(0.0, 10) == pytest.approx((0, 0.27753), abs=1e-5)
    assert wilson(0.5, 20) == pytest.approx((0.29930, 0.70070), abs=1e-4)


def test_rates_count_groups_as_one():
    y, proba = ["valuable"] * 100, [V] * 100
    apart = evaluate_probabilities(y, proba, groups=range(100)).valuable_called_harmful
    together = evaluate_probabilities(y, proba, groups=[i // 10 for i in range(100)]).valuable_called_harmful
    assert (apart.lo, apart.hi) == pytest.approx(wilson(0, 100))
    assert (together.lo, together.hi) == pytest.approx(wilson(0, 10))


def test_compare_finds_the_better_model():
    y, good, groups = random_sample(n=600, n_groups=300, skill=2.5)
    _, bad, _ = random_sample(n=600, n_groups=300, skill=0.5)
    c = compare(y, good, bad, groups)
    assert c.macro_f1_a - c.macro_f1_b == pytest.approx(c.difference.value)
    assert c.difference.lo > 0
    assert c.share_a_better == 1.0
    back = compare(y, bad, good, groups)
    assert back.difference.lo == pytest.approx(-c.difference.hi)


def test_compare_is_paired():
    # The models differ in one link of 300: unpaired, that would be lost in the noise of the groups.
    y, proba, groups = random_sample()
    other = proba.copy()
    wrong = int(np.flatnonzero(np.array(CLASSES)[proba.argmax(axis=1)] != y)[0])
    other[wrong] = np.eye(3)[CLASSES.index(y[wrong])]
    c = compare(y, other, proba, groups)
    assert 0 <= c.difference.lo <= c.difference.value <= c.difference.hi < 0.02


def test_compare_of_equal_models_and_of_one_group():
    y, proba, groups = random_sample()
    same = compare(y, proba, proba, groups)
    assert (same.difference.value, same.difference.lo, same.difference.hi, same.share_a_better) == (0, 0, 0, 0)
    one = compare(y, proba, proba, np.zeros(len(y)))
    assert math.isnan(one.share_a_better)
    assert one.to_dict()["difference"]["lo"] is None


def test_slices_equal_the_metrics_of_their_rows():
    y, proba, groups = random_sample()
    masks = pd.DataFrame({"all": True, "first": np.arange(len(y)) < 100, "none": False}, index=range(len(y)))
    table = slices(masks, y, proba, groups=groups).set_index("slice")
    for name, part in (("all", slice(None)), ("first", slice(100))):
        m = evaluate_probabilities(y[part], proba[part], groups=groups[part])
        row = table.loc[name]
        assert (row["n"], row["groups"]) == (m.n, m.groups)
        assert (row["macro_f1"], row["lo"], row["hi"]) == (m.macro_f1.value, m.macro_f1.lo, m.macro_f1.hi)
        assert row["f1_valuable"] == m.per_class["valuable"].f1.value
        assert row["recall_harmful"] == m.per_class["harmful"].recall.value
        assert row["n_neutral"] == m.per_class["neutral"].support
    assert table.loc["none", "n"] == 0
    assert math.isnan(table.loc["none", "macro_f1"])


def test_slice_without_a_class_averages_over_the_others():
    y = ["harmful", "harmful", "neutral", "valuable"]
    masks = pd.DataFrame({"no valuable": pd.array([True, True, True, None], dtype="boolean")})
    row = slices(masks, y, [H, N, N, V], groups=range(4)).iloc[0]
    assert row["n"] == 3
    assert row["macro_f1"] == pytest.approx(2 / 3)
    assert math.isnan(row["f1_valuable"])


def harmful_scores(scores):
    return [[p, 1 - p, 0.0] for p in scores]


def test_review_band_by_hand():
    y = ["valuable"] * 4 + ["harmful"] * 4
    proba = harmful_scores([0.1, 0.2, 0.3, 0.8, 0.25, 0.7, 0.9, 0.95])
    strict = review_band(y, proba, max_valuable_called_harmful=0, max_harmful_missed=0)
    assert (strict.t_low, strict.t_high) == (0.25, 0.9)
    assert strict.valuable_called_harmful.count == strict.harmful_missed.count == 0
    assert (strict.harmful_caught.count, strict.in_review.count) == (2, 4)
    loose = review_band(y, proba, max_valuable_called_harmful=0.25, max_harmful_missed=0.25)
    assert loose.t_high == 0.7
    assert loose.valuable_called_harmful.value == 0.25
    assert loose.t_low <= loose.t_high


def test_review_band_takes_the_smallest_threshold_within_the_budget():
    y, proba, groups = random_sample(n=500)
    band = review_band(y, proba, groups=groups)
    p = proba[:, 0]
    assert (p[y == "valuable"] >= band.t_high).mean() <= 0.02
    below = p[p < band.t_high].max()
    assert (p[y == "valuable"] >= below).mean() > 0.02
    assert (p[y == "harmful"] < band.t_low).mean() <= 0.05
    above = p[p > band.t_low].min()
    assert (p[y == "harmful"] < above).mean() > 0.05


def test_review_band_of_classes_that_part_cleanly_leaves_nothing():
    band = review_band(["valuable", "valuable", "harmful"], harmful_scores([0.1, 0.2, 0.9]))
    assert band.t_low == band.t_high == 0.9
    assert band.in_review.count == 0
    # Two links promise next to nothing.
    assert band.valuable_called_harmful.hi > 0.6


def test_review_band_without_a_class_or_a_threshold():
    no_valuable = review_band(["harmful", "neutral"], harmful_scores([0.9, 0.1]))
    assert math.isnan(no_valuable.t_high)
    assert no_valuable.harmful_caught.count == 0
    assert no_valuable.to_dict()["t_high"] is None
    no_harmful = review_band(["valuable", "neutral"], harmful_scores([0.2, 0.3]))
    assert math.isnan(no_harmful.t_low)
    assert no_harmful.t_high == 0.3
    assert no_harmful.in_review.count == 1
    on_top = review_band(["valuable", "harmful"], harmful_scores([0.9, 0.5]))
    assert math.isnan(on_top.t_high)


@pytest.mark.parametrize(
    ("y", "proba", "groups", "weight", "says"),
    [
        ([], np.empty((0, 3)), [], None, "no labelled row"),
        (["bad"], [H], [1], None, "'bad' in row 0"),
        ([None], [H], [1], None, "row 0"),
        (["harmful"], [[0.5, 0.5]], [1], None, "shape"),
        (["harmful"], [[0.5, 0.5, 0.5]], [1], None, "add up"),
        (["harmful"], [[math.nan, 0.5, 0.5]], [1], None, "row 0"),
        (["harmful"], [[-0.5, 1.0, 0.5]], [1], None, "row 0"),
        (["harmful"], [H], [1, 2], None, "2 groups for 1 rows"),
        (["harmful"], [H], [None], None, "no group"),
        (["harmful"], [H], [1], [0.0], "positive"),
        (["harmful"], [H], [1], [math.nan], "positive"),
    ],
)
def test_bad_input_is_named(y, proba, groups, weight, says):
    with pytest.raises(InputError, match=says):
        evaluate_probabilities(y, proba, groups=groups, sample_weight=weight)


def test_bad_masks_and_budgets_are_named():
    with pytest.raises(InputError, match="masks have 1 rows"):
        slices(pd.DataFrame({"a": [True]}), ["harmful", "neutral"], [H, N], groups=[1, 2])
    with pytest.raises(InputError, match="budget"):
        review_band(["harmful"], [H], max_harmful_missed=5)
