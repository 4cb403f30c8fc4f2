import time

import numpy as np
import pandas as pd
import pytest

from linksift.errors import InputError, LeakError, LinksiftError
from linksift.labels import CLASSES
from linksift.leaks import LeakKind, check_leaks, leak_report

N = 3000


@pytest.fixture
def clean():
    """An honest table: useful, useless and page-level features, with unknowns."""
    rng = np.random.default_rng(0)
    codes = rng.choice(3, N, p=[0.3, 0.4, 0.3])
    groups = rng.integers(0, 600, N)
    size = np.round(np.exp(rng.normal(9, 1.2, 600)))
    frame = pd.DataFrame(
        {
            "useful": codes + rng.normal(0, 1, N),
            "noise": rng.normal(size=N),
            "flag": rng.integers(0, 2, N),
            "n_bytes": size[groups],
            "n_words": np.round(size[groups] / 6 * rng.uniform(0.5, 1.5, 600)[groups]),
            "unknown": np.full(N, np.nan),
        },
        dtype=np.float32,
    )
    frame.loc[rng.random(N) < 0.2, "useful"] = np.nan
    return frame, np.array(CLASSES)[codes], rng.choice(["gold", "disavow", "list"], N), groups


def report(clean, **columns):
    frame, y, source, groups = clean
    frame = frame.assign(**columns)
    return {(f.feature, f.kind) for f in leak_report(frame, y, source, groups, feature_names=list(frame.columns))}


def test_an_honest_table_passes(clean):
    assert report(clean) == set()
    frame, y, source, groups = clean
    check_leaks(frame, y, source, groups, feature_names=list(frame.columns))


def test_the_label_in_disguise(clean):
    codes = pd.Series(clean[1]).map({"harmful": 7.0, "neutral": -1.0, "valuable": np.nan}).to_numpy()
    assert ("leak", LeakKind.TOO_GOOD) in report(clean, leak=codes)


def test_a_feature_that_only_knows_its_group_is_not_too_good(clean):
    # Each group has one class and one value: perfect in the sample, useless for another group.
    frame, _, source, groups = clean
    rng = np.random.default_rng(3)
    y = np.array(CLASSES)[rng.choice(3, 600)][groups]
    frame = frame[["noise"]].assign(mark=rng.normal(size=600)[groups])
    assert leak_report(frame, y, source, groups, feature_names=list(frame.columns)) == []


def test_limit_is_a_parameter(clean):
    frame, y, source, groups = clean
    found = leak_report(frame, y, source, groups, feature_names=["useful"], max_macro_f1=0.3)
    assert [f.kind for f in found] == [LeakKind.TOO_GOOD]
    assert 0.3 < found[0].score < 0.9


def test_row_numbers_and_hashes(clean):
    rng = np.random.default_rng(1)
    groups = clean[3]
    found = report(
        clean,
        row_number=np.arange(N),
        shuffled_number=rng.permutation(N),
        row_hash=rng.choice(2**40, N, replace=False).astype(np.float64),
        group_number=groups,
        group_hash=rng.choice(2**40, 600, replace=False).astype(np.float64)[groups],
    )
    names = ["row_number", "shuffled_number", "row_hash", "group_number", "group_hash"]
    assert found == {(name, LeakKind.ID) for name in names}


def test_a_label_source_as_value_or_as_gap(clean):
    source = clean[2]
    rng = np.random.default_rng(2)
    found = report(
        clean,
        value=np.where(source == "list", 3.0, rng.choice([1.0, 5.0], N)),
        gap=np.where(source == "list", np.nan, rng.normal(size=N)),
        nearly=np.where(source == "list", 1.0, 0.0) * (rng.random(N) > 0.3),
    )
    assert found == {("value", LeakKind.SOURCE), ("gap", LeakKind.SOURCE)}


def test_a_source_of_a_few_rows_is_not_looked_at(clean):
    frame, y, _, groups = clean
    source = np.where(np.arange(N) < 5, None, "gold")
    frame = frame.assign(gap=np.where(np.arange(N) < 5, np.nan, 1.0))
    assert leak_report(frame, y, source, groups, feature_names=["gap"]) == []


def test_the_check_is_loud_and_can_be_told(clean):
    frame, y, source, groups = clean
    frame = frame.assign(row_number=np.arange(N), label=pd.Series(y).map(CLASSES.index).to_numpy())
    names = list(frame.columns)
    with pytest.raises(LeakError, match=r"(?s)2 features.*label predicts too well alone.*row_number looks like an id"):
        check_leaks(frame, y, source, groups, feature_names=names)
    check_leaks(frame, y, source, groups, feature_names=names, allow=["row_number", "label"])
    assert issubclass(LeakError, LinksiftError)


def test_same_input_same_findings(clean):
    frame, y, source, groups = clean
    frame = frame.assign(row_number=np.arange(N))
    once, again = (leak_report(frame, y, source, groups, feature_names=list(frame.columns)) for _ in range(2))
    assert once == again


def test_large_tables_take_seconds():
    rng = np.random.default_rng(0)
    n, k = 50_000, 150
    values = rng.normal(size=(n, k)).astype(np.float32)
    values[:, :20] = np.round(np.exp(values[:, :20] + 8))
    frame = pd.DataFrame(values, columns=[f"f{i}" for i in range(k)])
    y, source = np.array(CLASSES)[rng.choice(3, n)], rng.choice(["a", "b", "c"], n)
    start = time.perf_counter()
    assert leak_report(frame, y, source, rng.integers(0, 3000, n), feature_names=list(frame.columns)) == []
    # About seven on one core; the bound only catches another order of growth.
    assert time.perf_counter() - start < 60


def test_bad_input_is_named(clean):
    frame, y, source, groups = clean
    with pytest.raises(InputError, match="lacks the feature columns absent"):
        leak_report(frame, y, source, groups, feature_names=["absent"])
    with pytest.raises(InputError, match="one class"):
        leak_report(frame, ["harmful"] * N, source, groups, feature_names=["noise"])
    with pytest.raises(InputError, match="one group"):
        leak_report(frame, y, source, np.zeros(N), feature_names=["noise"])
    with pytest.raises(InputError, match="label sources"):
        leak_report(frame, y, source[1:], groups, feature_names=["noise"])
    with pytest.raises(InputError, match="infinity"):
        leak_report(frame.assign(noise=np.inf), y, source, groups, feature_names=["noise"])
