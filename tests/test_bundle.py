import dataclasses
import hashlib
import json
import os
import re
import zipfile

import numpy as np
import pandas as pd
import pytest

from linksift.bundle import bundle_from, check_contract, load_bundle, save_bundle
from linksift.calibration import Calibration
from linksift.classifier import LinkClassifier
from linksift.contract import FeatureRef
from linksift.errors import BundleError, ContractError, InputError
from linksift.labels import BASES

SELF_HASH = "sha256_of_this_without_this_field"
FILES = ["README.md", "booster.txt", "bundle.json", "frozen.parquet", "metrics.json"]
NAMES = ["age", "depth", "words"]


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(200, 3)).astype(np.float32), columns=NAMES)
    return X.mask(rng.random(X.shape) < 0.1)


@pytest.fixture(scope="module")
def classifier(table):
    y = np.array(["harmful", "neutral", "valuable"])[np.digitize(table["age"].fillna(0), [-0.5, 0.5])]
    return LinkClassifier(n_estimators=8).fit(table, y)


@pytest.fixture(scope="module")
def bundle(classifier):
    return bundle_from(
        classifier,
        [FeatureRef("age", 1, ""), FeatureRef("depth", 2, ""), FeatureRef("words", 1, "ab12")],
        name="small",
        version="1",
        policy={"harmful": {"threshold": 0.1 + 0.2}},
        metrics={"log_loss": 0.5, "rows": 200},
        data_sha256="0" * 64,
        card="# small\n\nÜber links.\n",
        frozen=pd.DataFrame({"link_id": ["a", "b"], "p_harmful": [0.1, np.nan]}),
    )


@pytest.fixture
def folder(bundle, tmp_path):
    save_bundle(bundle, tmp_path / "model")
    return tmp_path / "model"


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def encode(value):
    return (json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False) + "\n").encode()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def reseal(folder, change=lambda fields: None):
    """Change bundle.json as somebody would who knows how it is sealed."""
    path = folder / "bundle.json"
    fields = json.loads(path.read_text())
    del fields[SELF_HASH]
    fields["files"] = {name: sha256((folder / name).read_bytes()) for name in fields["files"]}
    change(fields)
    path.write_bytes(encode({**fields, SELF_HASH: sha256(encode(fields))}))


def test_comes_back_as_it_went(bundle, folder, table, classifier):
    loaded = load_bundle(folder)
    np.testing.assert_array_equal(loaded.predict_proba(table), classifier.predict_proba(table))
    np.testing.assert_array_equal(loaded.contributions(table), classifier.contributions(table))
    pd.testing.assert_frame_equal(loaded.frozen, bundle.frozen)
    compared = set(bundle.__dataclass_fields__) - {"booster", "calibration", "frozen"}
    for name in compared:
        assert getattr(loaded, name) == getattr(bundle, name), name
    assert "n_jobs" not in loaded.parameters
    assert sorted(contents(folder)) == FILES


def test_same_bytes_each_time(bundle, folder, tmp_path):
    save_bundle(bundle, tmp_path / "again")
    save_bundle(load_bundle(folder), str(tmp_path / "copy"))
    assert contents(tmp_path / "again") == contents(folder) == contents(tmp_path / "copy")


def test_frozen_links_are_optional(bundle, tmp_path):
    save_bundle(dataclasses.replace(bundle, frozen=None), tmp_path / "model")
    assert load_bundle(tmp_path / "model").frozen is None
    assert not (tmp_path / "model" / "frozen.parquet").exists()


def test_loads_from_inside_a_zip(folder, tmp_path, table):
    with zipfile.ZipFile(tmp_path / "wheel.zip", "w") as archive:
        for path in folder.iterdir():
            archive.write(path, f"models/default/{path.name}")
    packed = load_bundle(zipfile.Path(tmp_path / "wheel.zip", "models/default/"))
    np.testing.assert_array_equal(packed.predict_proba(table), load_bundle(folder).predict_proba(table))


# --- one calibration for each basis ---


@pytest.fixture(scope="module")
def by_basis(bundle):
    """A bundle whose features need different inputs, and that raises one class by what a link is judged from."""
    raised = {basis: Calibration(np.eye(3), np.eye(3)[at] * 50) for at, basis in enumerate(BASES)}
    features = (
        FeatureRef("age", 1, "", "url"),
        FeatureRef("depth", 2, "", "row"),
        FeatureRef("words", 1, "ab12", "page"),
    )
    return dataclasses.replace(bundle, features=features, calibration=raised)


def test_a_row_is_calibrated_as_what_it_is_judged_from(by_basis):
    unknown = np.nan
    links = pd.DataFrame(
        [
            [1, 1, 1],
            [1, 1, unknown],
            [1, unknown, unknown],
            [unknown, unknown, 1],
            [unknown, 1, unknown],
            [unknown] * 3,
        ],
        columns=NAMES,
    )
    judged_from = by_basis.predict_proba(links).argmax(axis=1)
    assert [BASES[at] for at in judged_from] == ["page", "row", "url", "page", "row", "url"]


def test_the_calibrations_of_all_bases_come_back(by_basis, tmp_path, table):
    save_bundle(by_basis, tmp_path / "model")
    loaded = load_bundle(tmp_path / "model")
    assert loaded.features == by_basis.features
    assert set(loaded.calibration) == set(BASES)
    for basis, calibration in by_basis.calibration.items():
        np.testing.assert_array_equal(loaded.calibration[basis].coef, calibration.coef)
        np.testing.assert_array_equal(loaded.calibration[basis].intercept, calibration.intercept)
    np.testing.assert_array_equal(loaded.predict_proba(table), by_basis.predict_proba(table))


def test_a_bundle_without_a_basis_is_not_written(by_basis, tmp_path):
    calibration = {basis: value for basis, value in by_basis.calibration.items() if basis != "url"}
    with pytest.raises(BundleError, match="one for each of page, row, url"):
        save_bundle(dataclasses.replace(by_basis, calibration=calibration), tmp_path / "model")
    assert not (tmp_path / "model").exists()


# --- accidents ---


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("place", [0.0, 0.3, 0.99])
def test_a_flipped_bit_is_found(folder, name, place):
    data = bytearray((folder / name).read_bytes())
    data[int(len(data) * place)] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises(BundleError, match=re.escape(name)) as caught:
        load_bundle(folder)
    assert "copy the whole folder again" in str(caught.value) or "name a folder" in str(caught.value)


def test_every_byte_of_the_description_counts(folder):
    original = (folder / "bundle.json").read_bytes()
    for place in range(len(original)):
        data = bytearray(original)
        data[place] ^= 1
        (folder / "bundle.json").write_bytes(data)
        with pytest.raises(BundleError):
            load_bundle(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(BundleError, match=rf"{re.escape(name)}: missing"):
        load_bundle(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_cut_file_is_named(folder, name):
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[: len(data) // 2])
    with pytest.raises(BundleError, match=re.escape(name)):
        load_bundle(folder)


def test_windows_line_ends_are_found(folder):
    text = (folder / "bundle.json").read_bytes()
    (folder / "bundle.json").write_bytes(text.replace(b"\n", b"\r\n"))
    with pytest.raises(BundleError, match="changed since"):
        load_bundle(folder)


def test_no_folder(tmp_path):
    (tmp_path / "file").write_text("")
    for place in ("nowhere", "file"):
        with pytest.raises(BundleError, match="no such folder"):
            load_bundle(tmp_path / place)


def test_a_file_that_is_too_large_is_not_read(folder, monkeypatch):
    monkeypatch.setitem(load_bundle.__globals__["_LIMITS"], "metrics.json", 4)
    with pytest.raises(BundleError, match=r"metrics\.json: larger"):
        load_bundle(folder)


# --- somebody who knows how it is sealed ---


def put(*path_and_value):
    *path, last, value = path_and_value

    def change(fields):
        for step in path:
            fields = fields[step]
        fields[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put("format", "other"), "not the description"),
        (put("format_version", 1), "format version 1"),
        (put("format_version", 3), "format version 3"),
        (put("format_version", None), "format version None"),
        (put("surprise", 1), "fields missing or unknown: surprise"),
        (lambda fields: fields.pop("policy"), "fields missing or unknown: policy"),
        (put("name", 3), "name: str expected, found int"),
        (put("classes", "abc"), "classes: list expected"),
        (put("classes", ["a", "a", "b"]), "twice"),
        (put("classes", ["a", "b"]), "calibration"),
        (put("features", {}), "features: list expected"),
        (put("features", []), "empty"),
        (put("features", 0, "version", True), "int expected, found bool"),
        (put("features", 0, "version", "1"), "int expected, found str"),
        (put("features", 0, "extra", 1), "name, version, lexicon_hash and needs"),
        (put("features", 0, "needs", 1), "str expected, found int"),
        (put("features", 0, "name", "depth"), "twice"),
        (put("features", 0, "name", "other"), r"booster\.txt.*feature_names"),
        (lambda fields: fields["features"].pop(), r"booster\.txt.*max_feature_idx"),
        (put("calibration", []), "dict expected"),
        (lambda fields: fields["calibration"].pop("row"), "one for each of page, row, url"),
        (put("calibration", "screen", {}), "one for each of page, row, url"),
        (put("calibration", "url", []), "calibration, url: dict expected"),
        (put("calibration", "row", "more", 1), "calibration, row: coef and intercept"),
        (put("calibration", "page", "coef", [[1.0]]), "3 numbers expected"),
        (put("calibration", "row", "coef", []), "3 rows expected"),
        (put("calibration", "url", "intercept", [0.0, 0.0, "0"]), "float expected"),
        (put("calibration", "page", "intercept", [0.0, 0.0, 10**400]), "float expected"),
        (put("calibration", "page", "intercept", [0.0, 0.0, float("nan")]), "not a finite number"),
        (put("policy", [1]), "policy: dict expected"),
        (put("policy", {"x": float("inf")}), "not a finite number"),
        (put("versions", {"lightgbm": 4}), "str expected"),
        (put("data_sha256", "F" * 64), "SHA-256"),
        (put("files", "../../etc/passwd", "0" * 64), "unknown files"),
        (lambda fields: fields["files"].pop("README.md"), "lacks one of"),
        (put("files", "README.md", "x"), "SHA-256"),
    ],
)
def test_unexpected_values_are_refused(folder, change, message):
    reseal(folder, change)
    with pytest.raises(BundleError, match=message):
        load_bundle(folder)


def test_four_classes_for_three_scores(folder):
    def change(fields):
        fields["classes"].append("worse")
        fields["calibration"] = {basis: {"coef": np.eye(4).tolist(), "intercept": [0.0] * 4} for basis in BASES}

    reseal(folder, change)
    with pytest.raises(BundleError, match=r"booster\.txt.*num_class"):
        load_bundle(folder)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("bundle.json", b"[" * 100_000),
        ("bundle.json", b"[]"),
        ("bundle.json", b"\xff\xfe"),
        ("bundle.json", b'{"format": "linksift-bundle", "format": 1}'),
        ("bundle.json", b'{"format": 1e999}'),
        ("metrics.json", b'{"a": NaN}'),
        ("metrics.json", b"[1]"),
        ("README.md", b"\xff"),
        ("booster.txt", b""),
        ("booster.txt", b"\xff"),
        ("booster.txt", b"tree\n"),
        ("frozen.parquet", b"PAR1"),
        ("frozen.parquet", b""),
    ],
)
def test_nonsense_is_refused(folder, name, data):
    (folder / name).write_bytes(data)
    if name != "bundle.json":
        reseal(folder)
    with pytest.raises(BundleError, match=re.escape(name)):
        load_bundle(folder)


@pytest.mark.parametrize(
    ("pattern", "replacement", "message"),
    [
        (r"(?m)^left_child=-?\d+", "left_child=7000", "do not form a tree"),
        (r"(?m)^left_child=-?\d+", "left_child=0", "do not form a tree"),
        (r"(?m)^split_feature=\d+", "split_feature=9", "feature that does not exist"),
        (r"(?m)^split_feature=\d+", "split_feature=-1", "feature that does not exist"),
        (r"(?m)^split_feature=\d+", "split_feature=0.5", "whole numbers"),
        (r"(?m)^leaf_value=\S+ ", "leaf_value=", "entries, not"),
        (r"(?m)^leaf_value=\S+", "leaf_value=nan", "else than numbers"),
        (r"(?m)^leaf_value=\S+", "leaf_value=1e999", "not finite"),
        (r"(?m)^decision_type=\d+", "decision_type=1", "unknown kind"),
        (r"num_cat=0", "num_cat=1", "categorical"),
        (r"is_linear=0", "is_linear=1", "linear"),
        (r"num_leaves=\d+", "num_leaves=2000000000", "leaves"),
        (r"num_leaves=\d+", "num_leaves=-1", "leaves"),
        (r"(?m)^threshold=.*\n", "", "threshold"),
        (r"objective=multiclass", "objective=binary", "objective"),
        (r"end of trees\n", "end of trees\nmore\n", "after the trees"),
    ],
)
def test_a_booster_that_would_break_lightgbm_is_refused(folder, pattern, replacement, message):
    text = (folder / "booster.txt").read_text()
    start = text.index("Tree=0\n")
    changed, count = re.subn(pattern, replacement, text, count=1)
    assert count == 1
    # keep tree_sizes true, so that the check in question is the one that speaks
    blocks = re.split(r"(?=Tree=\d+\n)", changed[changed.index("Tree=0\n") : changed.index("end of trees")])[1:]
    sizes = " ".join(str(len(block)) for block in blocks)
    changed = re.sub(r"(?m)^tree_sizes=.*$", f"tree_sizes={sizes}", changed)
    assert start > 0
    (folder / "booster.txt").write_text(changed)
    reseal(folder)
    with pytest.raises(BundleError, match=message):
        load_bundle(folder)


@pytest.mark.parametrize("sizes", ["", "1", "1 2 3", "-5 1 1", "99999999 1 1"])
def test_tree_sizes_must_be_true(folder, sizes):
    text = (folder / "booster.txt").read_text()
    (folder / "booster.txt").write_text(re.sub(r"(?m)^tree_sizes=.*$", f"tree_sizes={sizes}", text))
    reseal(folder)
    with pytest.raises(BundleError, match=r"booster\.txt"):
        load_bundle(folder)


# --- writing ---


def test_replaces_a_model_and_an_empty_folder(bundle, folder, tmp_path):
    save_bundle(dataclasses.replace(bundle, version="2", frozen=None), folder)
    assert load_bundle(folder).version == "2"
    assert "frozen.parquet" not in contents(folder)
    (tmp_path / "empty").mkdir()
    save_bundle(bundle, tmp_path / "empty")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "model"]


@pytest.mark.parametrize("name", ["thesis.txt", "README.md", "bundle.json"])
def test_leaves_other_peoples_folders_alone(bundle, tmp_path, name):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / name).write_text("{}")
    with pytest.raises(BundleError, match="home"):
        save_bundle(bundle, tmp_path / "home")
    assert contents(tmp_path / "home") == {name: b"{}"}


def test_does_not_replace_a_file(bundle, tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(BundleError, match="a file"):
        save_bundle(bundle, tmp_path / "file")


def test_a_failed_write_leaves_the_old_model(bundle, folder, monkeypatch):
    before = contents(folder)
    rename = os.rename

    def fail(source, target, **options):
        if os.fspath(source).endswith("fresh"):
            raise OSError("disk full")
        rename(source, target, **options)

    monkeypatch.setattr(os, "rename", fail)
    with pytest.raises(OSError, match="disk full"):
        save_bundle(dataclasses.replace(bundle, version="2"), folder)
    assert contents(folder) == before
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


@pytest.mark.parametrize("metrics", [{"auc": float("nan")}, {"rows": np.int64(3)}, {"when": object()}])
def test_metrics_must_be_plain_json(bundle, tmp_path, metrics):
    with pytest.raises(BundleError, match=r"metrics\.json: cannot be written"):
        save_bundle(dataclasses.replace(bundle, metrics=metrics), tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_never_writes_what_it_could_not_read(bundle, tmp_path):
    with pytest.raises(BundleError, match="twice"):
        save_bundle(dataclasses.replace(bundle, classes=("a", "a", "b")), tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_features_must_be_the_fitted_columns(classifier):
    with pytest.raises(ContractError, match="fitted on other columns"):
        bundle_from(
            classifier, [FeatureRef("age", 1, "")], name="", version="", policy={}, metrics={}, data_sha256="", card=""
        )


# --- scoring ---


def test_columns_are_found_by_name(bundle, table):
    shuffled = table[["words", "age", "depth"]].assign(other="text")
    np.testing.assert_array_equal(bundle.predict_proba(shuffled), bundle.predict_proba(table))
    np.testing.assert_array_equal(bundle.predict_proba(table.to_numpy()), bundle.predict_proba(table))
    nullable = table.astype("Float32")
    np.testing.assert_array_equal(bundle.predict_proba(nullable), bundle.predict_proba(table))


def test_threads_change_nothing(bundle, table):
    np.testing.assert_array_equal(bundle.predict_proba(table, n_jobs=2), bundle.predict_proba(table))


def test_no_rows_give_no_probabilities(bundle, table):
    assert bundle.predict_proba(table[:0]).shape == (0, 3)
    assert bundle.contributions(table[:0]).shape == (0, 3, 4)


def test_a_missing_column_is_named(bundle, table):
    with pytest.raises(ContractError, match="depth, words"):
        bundle.predict_proba(table[["age"]])
    with pytest.raises(ContractError, match="reads 3 columns, found 2"):
        bundle.predict_proba(np.zeros((1, 2)))


def test_infinite_values_and_text_are_refused(bundle, table):
    with pytest.raises(InputError, match="1 rows hold infinite values, in depth"):
        bundle.predict_proba(table.assign(depth=[np.inf] + [0.0] * 199))
    with pytest.raises(InputError, match="no number"):
        bundle.predict_proba(table.assign(depth="deep"))


# --- contract ---


def available(**changes):
    refs = {
        "age": FeatureRef("age", 1, ""),
        "depth": FeatureRef("depth", 2, ""),
        "words": FeatureRef("words", 1, "ab12"),
    }
    return {**refs, "newer": FeatureRef("newer", 1, ""), **changes}


def test_further_features_do_not_matter(bundle):
    check_contract(bundle, available())


def test_every_difference_is_listed_with_what_to_do(bundle):
    other = available(depth=FeatureRef("depth", 3, ""), words=FeatureRef("words", 1, "cd34"))
    del other["age"]
    with pytest.raises(ContractError) as caught:
        check_contract(bundle, other)
    message = str(caught.value)
    assert "age is missing" in message
    assert "depth is version 3, the model knows 2" in message
    assert "words reads other lexicons" in message
    assert "Train a model" in message
    assert "features folder" in message
