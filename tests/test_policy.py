import numpy as np
import pandas as pd
import pytest

from linksift.policy import decide

HARMFUL, NEUTRAL, VALUABLE = [0.8, 0.1, 0.1], [0.1, 0.7, 0.2], [0.05, 0.15, 0.8]
POLICY = {"review": {"page": {"t_low": 0.3, "t_high": 0.7}, "row": {"t_low": 0.2, "t_high": None}}}


def judge(probabilities, *, counts=True, basis="page", policy=POLICY):
    frame = decide(np.array([probabilities]), pd.Series([counts], dtype="boolean"), pd.Series([basis]), policy)
    return frame.iloc[0]


@pytest.mark.parametrize(
    ("probabilities", "label", "decision"),
    [
        (HARMFUL, "harmful", "harmful"),
        ([0.7, 0.2, 0.1], "harmful", "harmful"),
        ([0.69, 0.2, 0.11], "harmful", "review"),
        ([0.3, 0.6, 0.1], "neutral", "review"),
        ([0.29, 0.61, 0.1], "neutral", "neutral"),
        (VALUABLE, "valuable", "valuable"),
    ],
)
def test_the_band(probabilities, label, decision):
    row = judge(probabilities)
    assert (row["label"], row["decision"]) == (label, decision)
    assert list(row[["p_harmful", "p_neutral", "p_valuable"]]) == probabilities


@pytest.mark.parametrize("probabilities", [HARMFUL, NEUTRAL, VALUABLE])
def test_a_link_that_does_not_count_is_neutral(probabilities):
    row = judge(probabilities, counts=False)
    assert (row["label"], row["decision"]) == ("neutral", "neutral")


def test_what_it_would_be_is_told():
    assert judge(HARMFUL, counts=False)["label_if_counted"] == "harmful"


def test_unknown_is_taken_as_counting():
    assert judge(HARMFUL, counts=pd.NA)["decision"] == "harmful"


@pytest.mark.parametrize(
    ("probabilities", "decision"), [(HARMFUL, "review"), ([0.21, 0.7, 0.09], "review"), (VALUABLE, "valuable")]
)
def test_without_an_upper_threshold_nothing_is_called_harmful(probabilities, decision):
    assert judge(probabilities, basis="row")["decision"] == decision


@pytest.mark.parametrize("policy", [POLICY, {}, {"review": {"url": {}}}])
@pytest.mark.parametrize("probabilities", [HARMFUL, VALUABLE])
def test_without_thresholds_all_is_for_review(probabilities, policy):
    assert judge(probabilities, basis="url", policy=policy)["decision"] == "review"


def test_a_label_below_the_band_is_never_harmful():
    policy = {"review": {"page": {"t_low": 0.6, "t_high": 0.9}}}
    row = judge([0.5, 0.3, 0.2], policy=policy)
    assert (row["label"], row["decision"]) == ("harmful", "review")


def test_rows_keep_their_index():
    index = pd.Index([7, 3])
    counts, basis = pd.Series([True, False], index=index), pd.Series(["page", "row"], index=index)
    assert list(decide(np.array([HARMFUL, HARMFUL]), counts, basis, POLICY).index) == [7, 3]
