import numpy as np
import pandas as pd
import pytest

from linksift.baselines import (
    RULES,
    AlwaysNeutral,
    Condition,
    FeatureLogistic,
    NgramLogistic,
    Rule,
    RuleList,
    cross_fit,
)
from linksift.errors import InputError
from linksift.labels import CLASSES


def table(n=300, seed=0):
    rng = np.random.default_rng(seed)
    y = np.array(CLASSES)[rng.choice(3, n)]
    spam, main = rng.normal(size=n) + 4 * (y == "harmful"), rng.normal(size=n) + 4 * (y == "valuable")
    frame = pd.DataFrame({"spam": spam, "main": main, "unknown": np.nan}, dtype=np.float32)
    frame.loc[rng.random(n) < 0.1, "spam"] = np.nan
    for column in NgramLogistic().columns:
        frame[column] = (rng.normal(size=n) + 2 * (y == column.rpartition("_")[2])).astype(np.float32)
    # Not every row has an anchor.
    frame.loc[rng.random(n) < 0.3, ["words_anchor_harmful", "words_anchor_valuable"]] = np.nan
    return frame, y


def accuracy(proba, y):
    return (np.array(CLASSES)[proba.argmax(axis=1)] == y).mean()


ALL = [
    AlwaysNeutral,
    lambda: RuleList([Rule("harmful", (Condition("spam", ">=", 2),))]),
    lambda: FeatureLogistic(["spam", "main", "unknown"]),
    NgramLogistic,
]


@pytest.mark.parametrize("factory", ALL)
def test_all_share_one_interface(factory):
    frame, y = table()
    model = factory()
    assert model.name
    proba = model.fit(frame, y, np.ones(len(y))).predict_proba(frame)
    assert proba.shape == (len(y), 3)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    np.testing.assert_array_equal(proba, factory().fit(frame, y, np.ones(len(y))).predict_proba(frame))
    assert model.predict_proba(frame.iloc[:0]).shape == (0, 3)


def test_always_neutral():
    assert (AlwaysNeutral().predict_proba(pd.DataFrame(index=range(3))).argmax(axis=1) == 1).all()


def test_the_first_rule_decides_and_unknown_never_fits():
    rules = [
        Rule("harmful", (Condition("a", ">=", 1),)),
        Rule("valuable", (Condition("a", "<", 1), Condition("b", ">=", 5))),
        Rule("valuable", (Condition("b", ">=", 9),)),
    ]
    frame = pd.DataFrame({"a": [1, 0, 0, np.nan, np.nan], "b": [9, 5, 4, 8, 9]})
    decided = [CLASSES[k] for k in RuleList(rules).predict_proba(frame).argmax(axis=1)]
    assert decided == ["harmful", "valuable", "neutral", "neutral", "valuable"]


def test_shipped_rules():
    features = sorted({c.feature for rule in RULES for c in rule.conditions})
    assert {rule.label for rule in RULES} <= set(CLASSES)
    nothing_known = pd.DataFrame(np.nan, index=range(2), columns=features)
    assert (RuleList().predict_proba(nothing_known).argmax(axis=1) == 1).all()
    with pytest.raises(InputError, match=features[0]):
        RuleList().predict_proba(nothing_known.drop(columns=features[0]))


@pytest.mark.parametrize("factory", ALL[2:])
def test_regressions_learn(factory):
    frame, y = table()
    assert accuracy(cross_fit(factory, frame, y, np.arange(len(y)) % 5), y) > 0.85


def test_weights_are_used():
    frame, y = table()
    features = ["spam", "main"]
    light = FeatureLogistic(features).fit(frame, y, np.where(y == "harmful", 0.01, 1.0)).predict_proba(frame)
    plain = FeatureLogistic(features).fit(frame, y).predict_proba(frame)
    assert light[:, 0].mean() < plain[:, 0].mean()


def test_a_class_unknown_to_training_gets_zero():
    frame, y = table()
    known = y != "valuable"
    proba = FeatureLogistic(["spam", "main"]).fit(frame[known], y[known]).predict_proba(frame)
    assert (proba[:, 2] == 0).all()


class Recorder(AlwaysNeutral):
    seen: list[tuple[set[int], set[int]]]

    def fit(self, frame, y, sample_weight=None):
        self.rows = set(frame.index)
        assert len(y) == len(sample_weight) == len(frame)
        return self

    def predict_proba(self, frame):
        Recorder.seen.append((self.rows, set(frame.index)))
        return super().predict_proba(frame)


def test_cross_fit_never_learns_from_the_fold_it_scores():
    Recorder.seen = []
    frame, y = table(9)
    proba = cross_fit(Recorder, frame, y, [0, 0, 1, 1, 2, 2, -1, -1, -1], np.ones(9))
    assert Recorder.seen == [
        ({2, 3, 4, 5, 6, 7, 8}, {0, 1}),
        ({0, 1, 4, 5, 6, 7, 8}, {2, 3}),
        ({0, 1, 2, 3, 6, 7, 8}, {4, 5}),
    ]
    assert np.isnan(proba[6:]).all()
    assert not np.isnan(proba[:6]).any()


def test_bad_input_is_named():
    frame, y = table(30)
    with pytest.raises(InputError, match="lacks the columns absent"):
        FeatureLogistic(["absent"]).fit(frame, y)
    with pytest.raises(InputError, match="lacks the columns words_title_harmful"):
        NgramLogistic().fit(frame.drop(columns="words_title_harmful"), y)
    with pytest.raises(InputError, match="all labels are harmful"):
        FeatureLogistic(["main"]).fit(frame, ["harmful"] * 30)
    with pytest.raises(InputError, match="main holds infinity"):
        FeatureLogistic(["spam", "main"]).fit(frame.assign(main=np.inf), y)
    with pytest.raises(InputError, match="could not be fitted"):
        NgramLogistic().fit(frame.assign(words_title_harmful=np.inf), y)
    with pytest.raises(InputError, match="two folds"):
        cross_fit(AlwaysNeutral, frame, y, np.zeros(30, dtype=int))
    with pytest.raises(InputError, match="two folds"):
        cross_fit(AlwaysNeutral, frame, y, np.full(30, -1))
    with pytest.raises(InputError, match="29 folds"):
        cross_fit(AlwaysNeutral, frame, y, np.zeros(29, dtype=int))
