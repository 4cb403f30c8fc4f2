"""The one door to LightGBM: its log goes to the people on stderr, never into the data on stdout."""

import logging
import re
from typing import Any, Final

import lightgbm
import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: Names that LightGBM's text format keeps as they are; it turns spaces into underscores and refuses quotes.
PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9_.]+")

# LightGBM prints to stdout until somebody registers a logger; `linksift predict -o -` writes its table there.
lightgbm.register_logger(logging.getLogger("linksift.lightgbm"))


def raw_scores(booster: lightgbm.Booster, X: npt.NDArray[Any], n_jobs: int) -> FloatArray:
    """Return the untransformed scores of each row, shape (n, k)."""
    width = booster.num_model_per_iteration()
    if len(X) == 0:  # LightGBM refuses an empty matrix
        return np.empty((0, width))
    scores = booster.predict(X, raw_score=True, num_threads=n_jobs)
    return np.asarray(scores, dtype=np.float64).reshape(len(X), width)


def contributions(booster: lightgbm.Booster, X: npt.NDArray[Any], n_jobs: int) -> FloatArray:
    """Return how much each feature moved each raw score, shape (n, k, n_features + 1); the last is the base."""
    width = booster.num_model_per_iteration()
    shape = (len(X), width, booster.num_feature() + 1)
    if len(X) == 0:
        return np.empty(shape)
    values = booster.predict(X, pred_contrib=True, num_threads=n_jobs)
    return np.asarray(values, dtype=np.float64).reshape(shape)


def train(
    settings: dict[str, Any],
    n_rounds: int,
    X: npt.NDArray[Any],
    codes: IntArray,
    weight: FloatArray,
    names: npt.NDArray[Any] | None = None,
) -> lightgbm.Booster:
    """Train one booster; names that LightGBM's text would change are left out (``Column_0`` and so on)."""
    feature_name = [] if names is None else [str(name) for name in names]
    plain = feature_name and all(PLAIN_NAME.fullmatch(name) for name in feature_name)
    try:
        data = lightgbm.Dataset(
            X, codes, weight=weight, feature_name=feature_name if plain else "auto", params=settings
        )
        return lightgbm.train(settings, data, num_boost_round=n_rounds)
    except lightgbm.basic.LightGBMError as error:
        raise ValueError(f"LightGBM refused the parameters or the data: {error}") from error


def held_out_scores(
    settings: dict[str, Any],
    n_rounds: int,
    X: npt.NDArray[Any],
    codes: IntArray,
    weight: FloatArray,
    held_out: npt.NDArray[np.bool_],
) -> FloatArray:
    """Train on the rows of positive weight that are not held out; return the raw scores of those that are."""
    rest = ~held_out & (weight > 0)
    booster = train(settings, n_rounds, X[rest], codes[rest], weight[rest])
    return raw_scores(booster, X[held_out], int(settings["num_threads"]))


def without_parameters(booster: lightgbm.Booster) -> lightgbm.Booster:
    """Keep the trees only: the text also lists how many threads and which paths were used to train.

    The same trees must be the same text on every machine.
    """
    trees, found, _ = booster.model_to_string().partition("\nparameters:\n")
    if not found:
        raise RuntimeError("LightGBM's text format changed: it has no list of parameters")
    return lightgbm.Booster(model_str=f"{trees}\npandas_categorical:null\n")
