import numpy as np
import pandas as pd
import pytest

from linksift.dataset import assign_folds, label_weights, load_tables, show_views, table_sha256, used_features
from linksift.errors import ContractError, InputError
from linksift.io.tables import write_table
from linksift.labels import CLASSES
from linksift.recipe import Recipe


@pytest.fixture
def table(contract):
    n = 12
    frame = pd.DataFrame(
        {
            "group": [f"g{row // 2}" for row in range(n)],
            "label": [CLASSES[row // 2 % 3] for row in range(n)],
            "label_source": ["gold", "comment"] * (n // 2),
            "basis": ["page", "row", "url"] * (n // 3),
        }
    )
    return pd.concat([frame, pd.DataFrame(0.5, index=frame.index, columns=contract.names)], axis=1)


@pytest.fixture
def load(tmp_path, contract):
    def load(*frames):
        paths = [tmp_path / f"links{number}.parquet" for number in range(len(frames))]
        for path, frame in zip(paths, frames, strict=True):
            write_table(frame, path)
        return load_tables(paths, contract)

    return load


def test_own_tables_need_little(table, load):
    found = load(table, table)
    assert len(found) == 24
    assert found["counts"].all()
    assert not found["gold"].any()
    assert found["link"].is_unique
    assert found["weak_source"].isna().all()
    assert set(found["stratum"]) == {"own"}


def test_counts_unknown_is_counting(table, load):
    found = load(table.assign(counts=pd.array([True, False, None] * 4, dtype="boolean")))
    assert list(found["counts"][:3]) == [True, False, True]


@pytest.mark.parametrize("column", ["group", "label", "label_source", "basis"])
def test_a_missing_column_is_named(table, load, column):
    with pytest.raises(InputError, match=f"links0.parquet: no column {column}"):
        load(table.drop(columns=column))


def test_a_missing_feature_is_named(table, load):
    with pytest.raises(ContractError, match="features missing: url_depth"):
        load(table.drop(columns="url_depth"))


def test_a_feature_that_is_off_may_be_missing(table, load, contract):
    off = next(feature.name for feature in contract.features if not feature.on)
    assert off not in load(table.drop(columns=off))


def test_a_label_that_does_not_exist_is_named(table, load):
    table.loc[3, "label"] = "toxic"
    with pytest.raises(InputError, match="'toxic'"):
        load(table)


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinity_is_named(table, load, value):
    table.loc[3, "url_depth"] = value
    with pytest.raises(InputError, match="infinite values in url_depth"):
        load(table)


def test_no_rows(table, load):
    with pytest.raises(InputError, match="no row"):
        load(table.iloc[:0])


def test_used_features(contract):
    off = next(feature.name for feature in contract.features if not feature.on)
    names = used_features(Recipe("mine", use=(off,), leave_out=("url_depth",)), contract)
    assert set(names) == set(contract.on) - {"url_depth"} | {off}
    assert names == [name for name in contract.names if name in names]
    with pytest.raises(ContractError, match=r"recipe mine: .*nonsense"):
        used_features(Recipe("mine", use=("nonsense",)), contract)


def test_weights():
    frame = pd.DataFrame(
        {
            "label": ["harmful", "harmful", "harmful", None],
            "label_source": ["gold", "comment", "gold", "gold"],
            "counts": [True, True, False, True],
        }
    )
    assert list(label_weights(frame, Recipe("x", labels={"gold": 4.0}))) == [4, 0, 0, 0]


def test_folds_never_part_a_group(table, load):
    found = load(table)
    folds = assign_folds(found, np.ones(len(found)), 3, seed=1)
    assert set(folds) == {0, 1, 2}
    assert (pd.Series(folds).groupby(found["group"]).nunique() == 1).all()
    assert list(folds) == list(assign_folds(found, np.ones(len(found)), 3, seed=1))


def test_there_are_no_more_folds_than_groups(table, load):
    found = load(table[table["group"].isin(["g0", "g1"])])
    assert set(assign_folds(found, np.ones(len(found)), 5, seed=1)) == {0, 1}


@pytest.mark.parametrize(
    ("change", "error"), [({"label": "harmful"}, "1 class"), ({"group": "g"}, "one group")], ids=["class", "group"]
)
def test_what_cannot_be_measured_is_refused(table, load, change, error):
    found = load(table.assign(**change))
    with pytest.raises(InputError, match=error):
        assign_folds(found, np.ones(len(found)), 3, seed=1)


def test_only_links_with_weight_can_be_measured(table, load):
    found = load(table)
    with pytest.raises(InputError, match="0 class"):
        assign_folds(found, np.zeros(len(found)), 3, seed=1)


def test_views_show_what_a_user_has(table, load, contract):
    found = load(table)
    views = show_views(found, contract.names, contract)
    assert pd.Series(views.view).value_counts().to_dict() == {"page": 4, "row": 8, "url": 12}
    assert (found["basis"].iloc[views.row[views.view == "row"]] != "url").all()
    for view, needs in {
        "page": ("url", "row", "page", "target"),
        "row": ("url", "row", "target"),
        "url": ("url",),
    }.items():
        seen = contract.needing(*needs)
        part = views.X[views.view == view]
        assert part[seen].notna().all(axis=None)
        assert part.drop(columns=seen).isna().all(axis=None)


def test_views_leave_the_table_alone(table, load, contract):
    found = load(table)
    before = table_sha256(found)
    show_views(found, contract.on, contract)
    assert table_sha256(found) == before


def test_the_digest_is_of_the_content(table):
    assert table_sha256(table) == table_sha256(table.copy())
    changed = table.copy()
    changed.loc[3, "url_depth"] = 0.25
    assert table_sha256(changed) != table_sha256(table)
    assert table_sha256(table.iloc[::-1]) != table_sha256(table)
    assert table_sha256(table.rename(columns={"url_depth": "other"})) != table_sha256(table)
