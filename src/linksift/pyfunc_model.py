"""The model as MLflow loads and serves it; MLflow runs this file (models from code), so nothing is pickled."""

from typing import Any

import mlflow
import pandas as pd
from mlflow.pyfunc import PythonModel

from linksift.bundle import load_bundle
from linksift.errors import ContractError
from linksift.labels import PROBABILITY_COLUMNS


class LinkModel(PythonModel):  # type: ignore[misc]  # MLflow is not typed
    """Probabilities of links, from their features."""

    def load_context(self, context: Any) -> None:  # noqa: ANN401 - MLflow's own, not typed
        """Read and check the model folder among the artifacts."""
        self._bundle = load_bundle(context.artifacts["bundle"])

    def predict(
        self,
        context: Any,  # noqa: ANN401 - MLflow's own, not typed
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Return calibrated probabilities.

        Parameters
        ----------
        context, params
            MLflow's; not used.
        model_input
            A column for each feature that is known; one that is missing is unknown, as NaN is.

        Returns
        -------
        DataFrame of float64, index of `model_input`
            ``p_harmful``, ``p_neutral``, ``p_valuable``.

        Raises
        ------
        ContractError
            Where there is no feature at all.
        InputError
            Where a value is infinite or no number.
        """
        names = self._bundle.feature_names
        if not any(name in model_input.columns for name in names):
            raise ContractError(
                f"none of the columns is a feature of model {self._bundle.name} {self._bundle.version}; "
                "give the features that `linksift extract` writes"
            )
        proba = self._bundle.predict_proba(model_input.reindex(columns=names))
        return pd.DataFrame(proba, index=model_input.index, columns=list(PROBABILITY_COLUMNS))


mlflow.models.set_model(LinkModel())
