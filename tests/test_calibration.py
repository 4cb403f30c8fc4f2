import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax, softmax

from linksift.calibration import MINIMUM_SCALE, Calibration, cross_calibrate, fit_calibration


def draw(n, temperature=1.0, bias=(0.0, 0.0, 0.0), seed=0):
    """Rows whose true log-probabilities are known, as a model with this temperature and bias would state them."""
    rng = np.random.default_rng(seed)
    true = log_softmax(rng.normal(loc=[0.0, 1.0, -0.5], scale=1.5, size=(n, 3)), axis=1)
    codes = np.array([rng.choice(3, p=row) for row in np.exp(true)])
    return log_softmax((true + bias) / temperature, axis=1), codes


def calibration_error(probabilities, codes, bins=10):
    """Expected calibration error over all classes: the mean gap between what is said and what comes true."""
    said, true = probabilities.ravel(), np.eye(probabilities.shape[1])[codes].ravel()
    place = np.minimum((said * bins).astype(int), bins - 1)
    gaps = [abs(said[place == b].mean() - true[place == b].mean()) * (place == b).mean() for b in np.unique(place)]
    return sum(gaps)


@pytest.mark.parametrize(("temperature", "bias"), [(0.4, (0, 0, 0)), (2.5, (0, 0, 0)), (0.6, (1.0, -0.5, 0.3))])
def test_repairs_what_was_bent(temperature, bias):
    logp, codes = draw(600, temperature, bias)
    fresh, fresh_codes = draw(6000, temperature, bias, seed=1)
    calibration = fit_calibration(logp, codes, np.ones(600))
    before = calibration_error(np.exp(fresh), fresh_codes)
    after = calibration_error(calibration.apply(fresh), fresh_codes)
    assert before > 0.05
    assert after < before / 3


def test_leaves_good_probabilities_alone():
    logp, codes = draw(8000)
    calibration = fit_calibration(logp, codes, np.ones(8000))
    np.testing.assert_allclose(calibration.coef, np.eye(3), atol=0.06)
    np.testing.assert_allclose(calibration.intercept, 0, atol=0.06)


def test_little_evidence_changes_little():
    logp, codes = draw(6000, temperature=0.4)
    few = np.r_[np.flatnonzero(codes == 0)[:1], np.flatnonzero(codes == 1)[:1], np.flatnonzero(codes == 2)[:1]]
    some = fit_calibration(logp[few], codes[few], np.ones(3))
    assert np.abs(some.coef - np.eye(3)).max() < 0.5
    assert np.abs(some.intercept).max() < 0.5


def test_a_weight_counts_as_copies():
    logp, codes = draw(200, temperature=0.5)
    weight = np.random.default_rng(2).integers(0, 4, size=200)
    weighted = fit_calibration(logp, codes, weight.astype(float))
    repeated = fit_calibration(np.repeat(logp, weight, axis=0), np.repeat(codes, weight), np.ones(weight.sum()))
    np.testing.assert_allclose(weighted.coef, repeated.coef, atol=1e-5)
    np.testing.assert_allclose(weighted.intercept, repeated.intercept, atol=1e-5)


def test_an_absent_class_means_no_change():
    logp, codes = draw(100)
    codes[codes == 2] = 1
    calibration = fit_calibration(logp, codes, np.ones(100))
    np.testing.assert_array_equal(calibration.coef, np.eye(3))
    np.testing.assert_array_equal(calibration.intercept, np.zeros(3))


def test_never_turns_an_order_around():
    logp, codes = draw(500)
    calibration = fit_calibration(logp, (codes + 1) % 3, np.ones(500))
    assert calibration.coef[0, 0] >= MINIMUM_SCALE


@given(
    st.lists(st.tuples(*[st.floats(-700, 0)] * 3, st.integers(0, 2)), min_size=1, max_size=30),
)
@settings(max_examples=50, deadline=None)
def test_whatever_comes_the_result_is_a_probability(rows):
    logp = log_softmax(np.array([row[:3] for row in rows]), axis=1)
    codes = np.array([row[3] for row in rows])
    probabilities = fit_calibration(logp, codes, np.ones(len(rows))).apply(logp)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert (probabilities >= 0).all()


def test_applies_the_documented_formula():
    rng = np.random.default_rng(0)
    logp, coef, intercept = rng.normal(size=(4, 3)), rng.normal(size=(3, 3)), rng.normal(size=3)
    np.testing.assert_array_equal(Calibration(coef, intercept).apply(logp), softmax(logp @ coef.T + intercept, axis=1))
    assert Calibration.identity(3).apply(np.empty((0, 3))).shape == (0, 3)


# --- cross-fitted ---


def test_each_fold_is_calibrated_by_the_others():
    logp, codes = draw(300, temperature=0.5)
    weight, folds = np.random.default_rng(3).random(300), np.arange(300) % 3
    probabilities, calibration = cross_calibrate(logp, codes, weight, folds)
    for number in range(3):
        here = folds == number
        partial = fit_calibration(logp[~here], codes[~here], weight[~here])
        np.testing.assert_array_equal(probabilities[here], partial.apply(logp[here]))
    everything = fit_calibration(logp, codes, weight)
    np.testing.assert_array_equal(calibration.coef, everything.coef)
    np.testing.assert_array_equal(calibration.intercept, everything.intercept)


def test_the_labels_of_a_fold_do_not_touch_its_own_probabilities():
    logp, codes = draw(300, temperature=0.5)
    folds = np.arange(300) % 3
    changed = np.where(folds == 1, (codes + 1) % 3, codes)
    one, two = (cross_calibrate(logp, labels, np.ones(300), folds)[0] for labels in (codes, changed))
    np.testing.assert_array_equal(one[folds == 1], two[folds == 1])
    assert not np.array_equal(one[folds == 0], two[folds == 0])


def test_a_row_without_weight_is_calibrated_but_teaches_nothing():
    logp, codes = draw(300, temperature=0.5)
    weight, folds = np.where(np.arange(300) < 200, 1.0, 0.0), np.arange(300) % 3
    changed = np.where(weight > 0, codes, (codes + 1) % 3)
    (one, first), (two, second) = (cross_calibrate(logp, labels, weight, folds) for labels in (codes, changed))
    np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(first.coef, second.coef)
    np.testing.assert_allclose(one.sum(axis=1), 1)
    assert not np.allclose(one[200:], np.exp(logp[200:]))


def test_one_fold_or_a_class_in_one_fold_changes_nothing_there():
    logp, codes = draw(300, temperature=0.5)
    probabilities, calibration = cross_calibrate(logp, codes, np.ones(300), np.zeros(300, dtype=int))
    np.testing.assert_allclose(probabilities, np.exp(logp))
    assert calibration.coef[0, 0] < 0.9
    folds = np.where(codes == 0, 0, 1 + np.arange(300) % 2)
    probabilities, _ = cross_calibrate(logp, codes, np.ones(300), folds)
    np.testing.assert_allclose(probabilities[folds == 0], np.exp(logp[folds == 0]))


def test_nothing_to_calibrate():
    nothing = np.empty(0, dtype=np.int64)
    probabilities, calibration = cross_calibrate(np.empty((0, 3)), nothing, np.empty(0), nothing)
    assert probabilities.shape == (0, 3)
    np.testing.assert_array_equal(calibration.coef, np.eye(3))
