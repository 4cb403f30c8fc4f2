import dataclasses
import json
import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

# Before MLflow is imported.
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"

import mlflow
from sklearn.metrics import f1_score

from linksift._intervals import Estimate
from linksift.bundle import save_bundle
from linksift.contract import load_contract
from linksift.errors import BundleError, ContractError, LinksiftError
from linksift.evaluation import Comparison
from linksift.figures import importances, plots_of, write_plots
from linksift.labels import CLASSES, PROBABILITY_COLUMNS
from linksift.recipe import load_recipe
from linksift.tracking import load_champion, load_mlflow_bundle, log_run
from linksift.training import train

RECIPE = """
name = "small"
seed = 1
[features]
leave_out = ["url_path_comment"]
[labels]
gold = 1.0
[views]
page = 1.0
row = 1.0
url = 1.0
[split]
folds = 2
[model]
n_estimators = 4
min_child_samples = 5
"""


def training_table(n=240):
    rng = np.random.default_rng(0)
    label = rng.choice(CLASSES, n)
    names = load_contract().names
    X = pd.DataFrame(rng.random((n, len(names)), dtype=np.float32), columns=names)
    X = X.mask(rng.random(X.shape) < 0.05)
    X["url_host_length"] = (pd.Series(label).map(CLASSES.index) + rng.normal(0, 0.4, n)).astype("float32")
    facts = pd.DataFrame(
        {
            "link": [f"link{i}" for i in range(n)],
            "group": [f"group{i % 40}" for i in range(n)],
            "label": label,
            "label_source": "gold",
            "gold": rng.random(n) < 0.7,
            "counts": True,
            "basis": rng.choice(["page", "row"], n),
            "stratum": rng.choice(["ham", "mixed", "spam"], n),
        }
    )
    return pd.concat([facts, X], axis=1)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    path = tmp_path_factory.mktemp("recipe") / "small.toml"
    path.write_text(RECIPE)
    return train(load_recipe(path), training_table(), load_contract(), n_bootstrap=20)


@pytest.fixture(scope="module")
def pictures(trained):
    return plots_of(trained)


@pytest.fixture(scope="module")
def bundle_dir(trained, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "small"
    save_bundle(trained.bundle, folder)
    return folder


@pytest.fixture(scope="session")
def migrated(tmp_path_factory):
    """A database with MLflow's tables: making one takes seconds, copying it does not."""
    file = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    mlflow.MlflowClient(tracking_uri=f"sqlite:///{file}").search_experiments()
    return file


@pytest.fixture
def store(migrated, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(migrated, tmp_path / "mlflow.db")
    return f"sqlite:///{tmp_path}/mlflow.db"


@pytest.fixture
def log(trained, bundle_dir, store):
    def write(trained=trained, **options):
        example = trained.table.head(3)
        given = {"bundle_dir": bundle_dir, "plots": {}, "example": example, "tracking_uri": store}
        return log_run(trained, **(given | options))

    return write


def compared(trained, difference):
    estimate = Estimate(difference, difference - 0.1, difference + 0.1)
    return dataclasses.replace(trained, comparison=Comparison(100, 40, 0.5 + difference, 0.5, estimate, 0.5))


def test_the_pictures_of_a_run(trained, pictures, tmp_path):
    each = {"confusion", "precision_recall", "reliability", "scores"}
    drawn = {f"{folder}/{name}.png" for folder in ("page", "export_row") for name in each}
    assert set(pictures) == drawn | {"importances.png", "slices.png"}
    assert all(png.startswith(b"\x89PNG") for png in pictures.values())
    written = write_plots(pictures, tmp_path / "new")
    assert {str(path.relative_to(tmp_path / "new")) for path in written} == set(pictures)


def test_without_frozen_links_only_the_importances_are_drawn(trained):
    unmeasured = dataclasses.replace(trained, frozen=trained.frozen.head(0), slices=pd.DataFrame())
    assert list(plots_of(unmeasured)) == ["importances.png"]


def test_importances_are_total_gains_with_their_families(trained):
    table = importances(trained)
    assert table["feature"][0] == "url_host_length"
    assert table["family"][0] == "url"
    assert table["gain"].is_monotonic_decreasing
    assert len(table) == len(trained.features)


def test_a_run_is_written_down_in_full(trained, pictures, log, store, capfd):
    logged = log(plots=pictures)
    assert capfd.readouterr() == ("", "")
    client = mlflow.MlflowClient(store)
    run = client.get_run(logged.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params["labels.gold"] == "1.0"
    assert run.data.params["model.n_estimators"] == "4"
    assert run.data.params["features.leave_out"] == "url_path_comment"
    assert run.data.tags["linksift.data_sha256"] == trained.bundle.data_sha256
    assert len(run.data.tags["linksift.contract_sha256"]) == 64

    page = trained.frozen[trained.frozen["situation"] == "page"]
    predicted = np.array(CLASSES)[page[list(PROBABILITY_COLUMNS)].to_numpy().argmax(axis=1)]
    figures = run.data.metrics
    assert figures["page/macro_f1"] == pytest.approx(f1_score(page["label"], predicted, average="macro"))
    assert figures["page/macro_f1_lo"] < figures["page/macro_f1"] < figures["page/macro_f1_hi"]
    assert figures["page/n"] == len(page)
    wanted = {"page/ece", "page/ece_expected_if_perfect", "export_row/recall_harmful", "page_as_url/macro_f1"}
    wanted |= {
        f"baseline.{name}.{situation}.macro_f1"
        for name in (
            "always_neutral",
            "rule_list",
            "logistic_regression_same_features",
            "logistic_regression_character_n_grams",
        )
        for situation in ("page", "export_row")
    }
    assert wanted <= set(figures)
    assert len(figures) < 130


def test_the_files_of_a_run(trained, pictures, log, store, tmp_path):
    logged = log(plots=pictures)
    root = tmp_path / "mlruns" / logged.run_id / "artifacts"
    files = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    figures = {"figures/all.json", "figures/confusion.json", "figures/slices.csv", "figures/importances.csv"}
    assert files == figures | {"recipe.toml", "model_card.md"} | {f"plots/{name}" for name in pictures}
    assert (root / "recipe.toml").read_text() == RECIPE
    assert (root / "plots/page/confusion.png").read_bytes() == pictures["page/confusion.png"]
    confusion = json.loads((root / "figures/confusion.json").read_text())
    assert np.sum(confusion["page"]) == (trained.frozen["situation"] == "page").sum()
    slices = pd.read_csv(root / "figures/slices.csv")
    assert list(slices.columns[:2]) == ["model", "slice"]
    assert set(slices["model"]) == {"linksift", *trained.baseline_slices}


def test_a_run_without_frozen_links_has_no_figures(trained, log, store):
    unmeasured = {"situations": {}, "baselines": {}, "slices": {}}
    bare = dataclasses.replace(
        trained, metrics={**trained.metrics, **unmeasured}, slices=pd.DataFrame(), baseline_slices={}
    )
    run = mlflow.MlflowClient(store).get_run(log(bare).run_id)
    assert set(run.data.metrics) == {"training_links", "training_groups"}


def test_the_dataset_is_the_table_that_was_trained_on(trained, log, store):
    logged = log()
    (entry,) = mlflow.MlflowClient(store).get_run(logged.run_id).inputs.dataset_inputs
    assert trained.bundle.data_sha256.startswith(entry.dataset.digest)
    assert len(entry.dataset.digest) == 16
    assert json.loads(entry.dataset.profile)["num_rows"] == len(trained.table)
    assert [tag.value for tag in entry.tags] == ["training"]


def test_champion_moves_only_to_a_better_model(trained, log, store):
    def champion():
        return int(mlflow.MlflowClient(store).get_model_version_by_alias("linksift", "champion").version)

    assert load_champion(store) is None
    first = log(compared(trained, -0.1))  # worse, but there is none yet
    assert (first.version, first.is_champion, champion()) == (1, True, 1)
    worse = log(compared(trained, -0.1))
    assert (worse.version, worse.is_champion, champion()) == (2, False, 1)
    assert log(compared(trained, 0.0)).is_champion is False
    better = log(compared(trained, 0.1))
    assert (better.version, better.is_champion, champion()) == (4, True, 4)
    assert better.model_uri == "models:/linksift/4"
    assert mlflow.MlflowClient(store).get_run(better.run_id).data.metrics["champion/gain_in_macro_f1"] == 0.1
    assert load_champion(store).version == trained.bundle.version


def test_the_model_read_again_gives_the_same_probabilities(trained, log, store):
    logged = log()
    expected = trained.bundle.predict_proba(trained.table)
    for uri in ("models:/linksift@champion", logged.model_uri, f"runs:/{logged.run_id}/model"):
        assert np.array_equal(load_mlflow_bundle(uri, store).predict_proba(trained.table), expected)


def test_mlflow_gives_the_probabilities_of_the_bundle(trained, log, store):
    logged = log()
    served = loaded_by_mlflow(logged.model_uri, store)
    given = trained.table[trained.features].set_index(trained.table.index + 7)
    out = served.predict(given)
    assert list(out.columns) == list(PROBABILITY_COLUMNS)
    assert (out.dtypes == "float64").all()
    assert out.index.equals(given.index)
    assert np.array_equal(out.to_numpy(), trained.bundle.predict_proba(trained.table))


def test_a_feature_that_is_not_given_is_unknown(trained, log, store):
    served = loaded_by_mlflow(log().model_uri, store)
    unknown = trained.table[trained.features].assign(url_host_digits=np.nan)
    without = served.predict(unknown.drop(columns="url_host_digits"))
    assert np.array_equal(without.to_numpy(), trained.bundle.predict_proba(unknown))
    with pytest.raises(ContractError, match="none of the columns"):
        served.predict(pd.DataFrame({"price": [1.0]}))


def loaded_by_mlflow(uri, store):
    mlflow.set_tracking_uri(store)
    try:
        return mlflow.pyfunc.load_model(uri)
    finally:
        mlflow.set_tracking_uri(None)


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "linksift",
        "models:/linksift",
        "models:/linksift@",
        "models:/linksift/latest",
        "models:/a/b/1",
        "runs:/../../etc/model",
        "runs:/" + "0" * 32 + "/../model",
        "file:///etc",
        "http://127.0.0.1:9/model",
        "models:/linksift/1\n",
    ],
)
def test_what_is_no_model_uri_is_refused(uri, store):
    with pytest.raises(BundleError, match="models:/NAME@ALIAS"):
        load_mlflow_bundle(uri, store)


@pytest.mark.parametrize(
    "uri",
    [
        "models:/../1",
        "models:/other@champion",
        "models:/linksift/1",
        "models:/linksift@old",
        "runs:/" + "0" * 32 + "/model",
    ],
)
def test_a_model_that_is_not_there_is_named(uri, store):
    with pytest.raises(BundleError, match="MLFLOW_TRACKING_URI") as caught:
        load_mlflow_bundle(uri, store)
    assert uri in str(caught.value)


def test_a_run_without_a_linksift_model(store):
    client = mlflow.MlflowClient(store)
    run = client.create_run(client.create_experiment("other", (Path.cwd() / "files").as_uri()))
    client.log_text(run.info.run_id, "hello", "model/artifacts/x/readme.txt")
    with pytest.raises(BundleError, match="no linksift model"):
        load_mlflow_bundle(f"runs:/{run.info.run_id}/model", store)


def test_asking_for_a_model_makes_no_database(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert load_champion() is None
    with pytest.raises(BundleError, match="no MLflow store"):
        load_mlflow_bundle("models:/linksift@champion")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("broken", ["sqlite:///garbage.db", "http://127.0.0.1:9", "bogus://x", "mysql://127.0.0.1:9/x"])
def test_a_store_that_does_not_answer(broken, trained, bundle_dir, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", broken)
    (tmp_path / "garbage.db").write_text("no database " * 100)
    with pytest.raises(BundleError, match="MLFLOW_TRACKING_URI"):
        load_mlflow_bundle("models:/linksift@champion")
    with pytest.raises(BundleError, match="MLFLOW_TRACKING_URI"):
        load_champion()
    with pytest.raises(LinksiftError, match="complete, in"):
        log_run(trained, bundle_dir=bundle_dir, plots={}, example=trained.table.head(1))


def test_the_process_is_left_as_it_was(log, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///own.db")
    before, level = dict(os.environ), logging.getLogger("mlflow").level
    log()
    assert dict(os.environ) == before
    assert mlflow.get_tracking_uri() == "sqlite:///own.db"
    assert logging.getLogger("mlflow").level == level


@pytest.mark.full
def test_mlflow_serves_the_model_from_its_command(trained, log, store, tmp_path):
    logged = log()
    rows = trained.table[trained.features].head(3)
    columns = json.loads(rows.to_json(orient="split", double_precision=15))
    (tmp_path / "in.json").write_text(json.dumps({"dataframe_split": {k: columns[k] for k in ("columns", "data")}}))
    command = [
        sys.executable,
        "-m",
        "mlflow",
        "models",
        "predict",
        "-m",
        logged.model_uri,
        "-i",
        "in.json",
        "-t",
        "json",
    ]
    done = subprocess.run(
        [*command, "--env-manager", "local"],
        env={**os.environ, "MLFLOW_TRACKING_URI": store},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    answer = pd.DataFrame(json.loads(done.stdout)["predictions"])
    np.testing.assert_allclose(answer.to_numpy(), trained.bundle.predict_proba(rows), atol=1e-6)
