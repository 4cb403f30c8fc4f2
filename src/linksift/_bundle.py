"""The model in memory: `linksift.bundle` reads and writes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version as installed_version
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import log_softmax

from linksift._lightgbm import contributions, raw_scores
from linksift.calibration import Calibration
from linksift.contract import FeatureRef
from linksift.errors import ContractError, InputError
from linksift.labels import BASES

FloatArray = npt.NDArray[np.float64]


def _created_by() -> str:
    return f"linksift {installed_version('linksift')}"


@dataclass(frozen=True, eq=False)
class Bundle:
    """A model with all that is needed to use and to judge it.

    Attributes
    ----------
    booster
        Scores before calibration, one per class.
    features
        The features that the booster reads, in its order.
    classes
        In the order of the probability columns.
    calibration
        From scores to probabilities, for each of `linksift.labels.BASES`.
    policy
        How probabilities become decisions (see `linksift.policy`); not interpreted here.
    parameters
        With which the model was trained.
    versions
        Of the libraries that it was trained with.
    data_sha256
        Of the training table.
    frozen
        Cross-fitted probabilities of the frozen links, or None.
    card
        Markdown text of the model card.
    """

    booster: lightgbm.Booster
    features: tuple[FeatureRef, ...]
    classes: tuple[str, ...]
    calibration: Mapping[str, Calibration]
    policy: Mapping[str, Any]
    metrics: Mapping[str, Any]
    parameters: Mapping[str, Any]
    versions: Mapping[str, str]
    data_sha256: str
    frozen: pd.DataFrame | None
    card: str
    name: str
    version: str
    created_by: str = field(default_factory=_created_by)

    @property
    def feature_names(self) -> list[str]:
        """Names of the features, in the booster's order."""
        return [ref.name for ref in self.features]

    def predict_proba(self, frame: pd.DataFrame | npt.NDArray[Any], n_jobs: int = 1) -> FloatArray:
        """Return calibrated probabilities, shape (n, k).

        Parameters
        ----------
        frame
            A table with a column for each feature (others are ignored), or an array of shape (n, f) in the order
            of `features`. NaN is unknown.
        n_jobs
            Threads; they do not change the result.

        Raises
        ------
        ContractError
            Where a column is missing, or the array has another width.
        InputError
            Where a value is infinite or no number.
        """
        matrix = self._matrix(frame)
        logp = log_softmax(raw_scores(self.booster, matrix, n_jobs), axis=1)
        known = self._basis(matrix)
        probabilities: FloatArray = np.empty_like(logp)
        for number, basis in enumerate(BASES):
            at = known == number
            probabilities[at] = self.calibration[basis].apply(logp[at])
        return probabilities

    def _basis(self, matrix: FloatArray) -> npt.NDArray[np.intp]:
        """Tell from what is known of each row what it is judged from, as its place in `BASES`."""
        known = np.full(len(matrix), len(BASES) - 1)
        for number in reversed(range(len(BASES) - 1)):
            columns = [at for at, ref in enumerate(self.features) if ref.needs == BASES[number]]
            known[~np.isnan(matrix[:, columns]).all(axis=1)] = number
        return known

    def contributions(self, frame: pd.DataFrame | npt.NDArray[Any], n_jobs: int = 1) -> FloatArray:
        """Return what each feature adds to each class's score before calibration (SHAP values, log-odds).

        Shape (n, k, f + 1); the last entry is the score of a row about which nothing is known. Input and errors
        are those of `predict_proba`.
        """
        return contributions(self.booster, self._matrix(frame), n_jobs)

    def _matrix(self, frame: pd.DataFrame | npt.NDArray[Any]) -> FloatArray:
        names = self.feature_names
        if isinstance(frame, pd.DataFrame):
            missing = [name for name in names if name not in frame.columns]
            if missing:
                raise ContractError(f"the table lacks features of model {self.name}: {', '.join(missing)}")
            frame = frame[names]
        try:
            table = pd.DataFrame(frame)
            matrix = table.to_numpy(dtype=np.float64, na_value=np.nan)
        except (TypeError, ValueError) as error:
            raise InputError(f"a feature of model {self.name} is no number: {error}") from error
        if matrix.shape[1] != len(names):
            raise ContractError(f"model {self.name} reads {len(names)} columns, found {matrix.shape[1]}")
        infinite = np.isinf(matrix)
        if infinite.any():
            columns = ", ".join(name for name, bad in zip(names, infinite.any(axis=0), strict=True) if bad)
            rows = int(infinite.any(axis=1).sum())
            raise InputError(f"{rows} rows hold infinite values, in {columns}: drop these rows, or use NaN")
        return matrix
