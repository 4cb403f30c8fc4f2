"""Training runs and models in MLflow: written down, registered, and read again.

Only this module and `linksift.pyfunc_model`, which MLflow itself runs, know MLflow.
"""

import logging
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from importlib.metadata import version as installed_version
from pathlib import Path
from sys import stderr
from typing import TYPE_CHECKING, Any, Final

import mlflow
import pandas as pd
from mlflow.data.code_dataset_source import CodeDatasetSource
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema
from sqlalchemy.exc import SQLAlchemyError

from linksift._run_record import contract_sha256, metrics_of, parameters, slices_table
from linksift._store import artifact_location, is_missing_file, store_uri
from linksift.bundle import Bundle, load_bundle
from linksift.card import baselines_table, figures_table
from linksift.errors import BundleError, LinksiftError
from linksift.figures import importances, write_plots
from linksift.labels import PROBABILITY_COLUMNS

if TYPE_CHECKING:
    from linksift.training import Trained

#: The alias of the model that others are measured against.
CHAMPION: Final = "champion"
_MODEL_URI: Final = re.compile(r"models:/[^/@:\\]+(/\d+|@[\w-]+)|models:/m-[0-9a-f]{32}|runs:/[0-9a-f]{32}/[\w-]+")
_FORMS: Final = "models:/NAME@ALIAS, models:/NAME/VERSION or runs:/RUN_ID/model"
_PYFUNC: Final = Path(__file__).with_name("pyfunc_model.py")
#: What MLflow raises when its store is absent, broken or refuses; ImportError is a database without its driver.
_FAILURES: Final = (MlflowException, SQLAlchemyError, OSError, ImportError)


@dataclass(frozen=True, slots=True)
class LoggedRun:
    """Where a training run was written down.

    Attributes
    ----------
    model_uri
        ``models:/NAME/VERSION`` of the registered model.
    is_champion
        Whether the alias ``champion`` is now this model's.
    """

    run_id: str
    model_uri: str
    version: int
    is_champion: bool


def log_run(
    trained: "Trained",
    *,
    bundle_dir: Path,
    plots: Mapping[str, bytes],
    example: pd.DataFrame,
    ablation: pd.DataFrame | None = None,
    tracking_uri: str | None = None,
    experiment: str = "linksift",
    registered_name: str = "linksift",
) -> LoggedRun:
    """Write a training run down and register its model.

    The alias ``champion`` moves to the model where it is better than the champion that it was compared with, or
    where there is no champion yet.

    Parameters
    ----------
    trained
        The run.
    bundle_dir
        Folder that `linksift.bundle.save_bundle` wrote the run's model to.
    plots
        Result of `linksift.figures.plots_of`.
    example
        A few links to show what goes in; columns that are no features of the model are left out.
    ablation
        Result of `linksift.ablation.ablate`, where it was asked for.
    tracking_uri
        The store; without one, that of the environment variable MLFLOW_TRACKING_URI, else ``mlflow.db`` in the
        working directory.

    Raises
    ------
    LinksiftError
        Where the store cannot be reached or refuses. What was written until then stays, as a failed run.
    """
    uri = store_uri(tracking_uri)
    try:
        with _connected(uri):
            client = mlflow.MlflowClient()
            experiment_id = _experiment(client, experiment, uri)
            with mlflow.start_run(
                experiment_id=experiment_id,
                run_name=trained.bundle.version,
                tags=_tags(trained),
                description=_description(trained),
            ) as run:
                _log_record(trained, plots)
                if ablation is not None:
                    mlflow.log_text(ablation.to_csv(index=False), "figures/ablation.csv")
                model = _log_model(trained.bundle, bundle_dir, example)
                dataset = _dataset(trained)
                mlflow.log_input(dataset, context="training")
                mlflow.log_metrics(metrics_of(trained), dataset=dataset, model_id=model.model_id)
            number = _register(client, registered_name, model, run.info.run_id)
            is_champion = trained.is_better or _champion_version(client, registered_name) is None
            if is_champion:
                client.set_registered_model_alias(registered_name, CHAMPION, number)
    except _FAILURES as error:
        raise LinksiftError(
            f"the run could not be written to MLflow at {uri}: {_first_line(error)}\n"
            f"The model itself is complete, in {bundle_dir}. Check the store, or name another with "
            "MLFLOW_TRACKING_URI."
        ) from error
    return LoggedRun(run.info.run_id, f"models:/{registered_name}/{number}", int(number), is_champion)


def load_champion(tracking_uri: str | None = None, registered_name: str = "linksift") -> Bundle | None:
    """Return the registered model with the alias ``champion``, or None where there is none yet.

    Raises
    ------
    BundleError
        Where the store cannot be reached, or the model cannot be read.
    """
    uri = store_uri(tracking_uri)
    if is_missing_file(uri):
        return None
    try:
        with _connected(uri):
            number = _champion_version(mlflow.MlflowClient(), registered_name)
    except _FAILURES as error:
        raise BundleError(_unreachable(f"models:/{registered_name}@{CHAMPION}", uri, error)) from error
    return None if number is None else load_mlflow_bundle(f"models:/{registered_name}/{number}", tracking_uri)


def load_mlflow_bundle(uri: str, tracking_uri: str | None = None) -> Bundle:
    """Read the model folder inside a model that `log_run` wrote; no code of the model is run.

    Parameters
    ----------
    uri
        ``models:/NAME@ALIAS``, ``models:/NAME/VERSION`` or ``runs:/RUN_ID/model``.
    tracking_uri
        The store, as in `log_run`.

    Raises
    ------
    BundleError
        Where the URI has another form, the store cannot be reached, there is no such model, or it is not linksift's.
    """
    if not _MODEL_URI.fullmatch(uri):
        raise BundleError(f"{uri}: not the URI of a model in MLflow; give {_FORMS}")
    store = store_uri(tracking_uri)
    if is_missing_file(store):
        raise BundleError(
            f"{uri}: there is no MLflow store at {store}; set MLFLOW_TRACKING_URI to where the model was registered"
        )
    with tempfile.TemporaryDirectory(prefix="linksift-") as scratch:
        try:
            with _connected(store):
                folder = Path(mlflow.artifacts.download_artifacts(uri, dst_path=scratch))
        except _FAILURES as error:
            raise BundleError(_unreachable(uri, store, error)) from error
        found = sorted(folder.glob("artifacts/*/bundle.json"))
        if len(found) != 1:
            raise BundleError(f"{uri}: holds no linksift model; name one that `linksift train` registered")
        return load_bundle(found[0].parent)


@contextmanager
def _connected(uri: str) -> Iterator[None]:
    """Let MLflow use a store, quietly, and leave the process as it was.

    MLflow prints links of runs to stdout, which is for data; and it retries a server that does not answer for
    minutes.
    """
    environment = dict(os.environ)
    loggers = {name: logging.getLogger(name).level for name in ("mlflow", "alembic")}
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    try:
        for name in loggers:
            logging.getLogger(name).setLevel(logging.WARNING)
        with redirect_stdout(stderr):
            mlflow.set_tracking_uri(uri)
            yield
    finally:
        # MLflow keeps a store that was set in the environment too, so that restoring this is enough.
        mlflow.set_tracking_uri(None)
        for name, level in loggers.items():
            logging.getLogger(name).setLevel(level)
        for name in set(os.environ) - set(environment):
            del os.environ[name]
        os.environ.update(environment)


def _experiment(client: mlflow.MlflowClient, name: str, uri: str) -> str:
    known = client.get_experiment_by_name(name)
    if known is not None:
        return str(known.experiment_id)
    return str(client.create_experiment(name, artifact_location=artifact_location(uri)))


def _description(trained: "Trained") -> str:
    return f"{figures_table(trained.metrics['slices'])}\n\n{baselines_table(trained.metrics)}"


def _tags(trained: "Trained") -> dict[str, str]:
    return {
        "linksift.version": installed_version("linksift"),
        "linksift.data_sha256": trained.bundle.data_sha256,
        "linksift.contract_sha256": contract_sha256(trained.bundle),
    }


def _log_record(trained: "Trained", plots: Mapping[str, bytes]) -> None:
    mlflow.log_params(parameters(trained.recipe, len(trained.features)))
    mlflow.log_text(trained.recipe.text, "recipe.toml")
    mlflow.log_text(trained.bundle.card, "model_card.md")
    confusions = {name: figures["confusion"] for name, figures in trained.metrics["situations"].items()}
    mlflow.log_dict(
        {"rows are true, columns predicted": list(trained.bundle.classes), **confusions},
        "figures/confusion.json",
    )
    mlflow.log_dict(dict(trained.metrics), "figures/all.json")
    mlflow.log_text(slices_table(trained).to_csv(index=False), "figures/slices.csv")
    mlflow.log_text(importances(trained).to_csv(index=False), "figures/importances.csv")
    with tempfile.TemporaryDirectory(prefix="linksift-") as scratch:
        write_plots(plots, scratch)
        mlflow.log_artifacts(scratch, "plots")


def _dataset(trained: "Trained") -> Any:  # noqa: ANN401 - MLflow's own, not typed
    source = CodeDatasetSource(tags={"tables": ", ".join(trained.recipe.tables)})
    columns = [*trained.features, "label"]
    return mlflow.data.from_pandas(
        trained.table[columns],
        source=source,
        targets="label",
        name="links",
        digest=trained.bundle.data_sha256[:16],
    )


def _log_model(bundle: Bundle, folder: Path, example: pd.DataFrame) -> Any:  # noqa: ANN401 - MLflow's own
    inputs = Schema([ColSpec(DataType.double, name, required=False) for name in bundle.feature_names])
    outputs = Schema([ColSpec(DataType.double, name) for name in PROBABILITY_COLUMNS])
    return mlflow.pyfunc.log_model(
        name="model",
        python_model=str(_PYFUNC),
        artifacts={"bundle": str(folder)},
        signature=ModelSignature(inputs=inputs, outputs=outputs),
        input_example=example[bundle.feature_names].astype("float64"),
        pip_requirements=[f"linksift=={installed_version('linksift')}"],
    )


def _register(client: mlflow.MlflowClient, name: str, model: Any, run_id: str) -> str:  # noqa: ANN401 - MLflow's own
    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    return str(client.create_model_version(name, model.model_uri, run_id, model_id=model.model_id).version)


def _champion_version(client: mlflow.MlflowClient, name: str) -> str | None:
    try:
        return str(client.get_model_version_by_alias(name, CHAMPION).version)
    except MlflowException as error:
        # A model that is not there, and one without the alias.
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        raise


def _unreachable(model: str, store: str, error: Exception) -> str:
    return (
        f"{model}: cannot be read from MLflow at {store}: {_first_line(error)}\n"
        "Check the name, and that MLFLOW_TRACKING_URI is where the model was registered."
    )


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:300] or type(error).__name__
