"""Where MLflow keeps runs: which store is meant, and whether it is there; MLflow itself is not needed to tell."""

import os
from pathlib import Path
from typing import Final

#: Where runs are kept unless MLFLOW_TRACKING_URI or the caller says otherwise.
DEFAULT_STORE: Final = "sqlite:///mlflow.db"
_SQLITE: Final = "sqlite:///"


def store_uri(given: str | None) -> str:
    """Return the store that is meant: the one given, else that of the environment, else the default."""
    return given or os.environ.get("MLFLOW_TRACKING_URI") or DEFAULT_STORE


def is_missing_file(uri: str) -> bool:
    """Tell whether a store is a file that is not there: MLflow would make it, only to find nothing in it."""
    file = _database_file(uri)
    return file is not None and not file.exists()


def artifact_location(uri: str) -> str | None:
    """Return where files of a new experiment go, or None where the store itself decides.

    With a database file MLflow would take the working directory of whoever logs first; beside the database they
    are found again.
    """
    file = _database_file(uri)
    return None if file is None else (file.resolve().parent / "mlruns").as_uri()


def _database_file(uri: str) -> Path | None:
    return Path(uri.removeprefix(_SQLITE).partition("?")[0]) if uri.startswith(_SQLITE) else None
