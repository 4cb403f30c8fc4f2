"""Measure a finished model: on tables that it has not seen, or by its own cross-fitted figures."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from linksift import baselines
from linksift.bundle import Bundle, check_contract
from linksift.contract import Contract
from linksift.dataset import SHIPPED, label_weights, load_tables, show_views, table_sha256
from linksift.errors import InputError
from linksift.figures import plots_of_scored
from linksift.labels import PROBABILITY_COLUMNS
from linksift.measuring import by_slice, measure_slices, situations
from linksift.recipe import load_recipe

Figures = tuple[dict[str, Any], dict[str, bytes]]


def stated_figures(bundle: Bundle) -> Figures:
    """Return a model's own figures on the frozen links, measured when it was made, each link by a model that had not seen its group."""
    if bundle.frozen is None:
        raise InputError(
            f"model {bundle.name} {bundle.version} has no frozen links: give a labelled table to measure it on"
        )
    return dict(bundle.metrics), plots_of_scored(bundle.frozen, bundle.policy)


def evaluate_on_tables(
    bundle: Bundle, names: Sequence[str | Path], contract: Contract, *, n_bootstrap: int = 1000
) -> Figures:
    """Measure a model and the baselines on the labelled links of some tables that count.

    The learned baseline is fitted on the shipped table. A table that the model was trained on gives its cross-fitted figures instead:
    on links that it knows a model cannot be measured.

    Raises
    ------
    InputError
        Where no link of the tables is labelled and counts.
    """
    check_contract(bundle, contract.refs)
    table = load_tables(names, contract)
    if table_sha256(table) == bundle.data_sha256:
        return stated_figures(bundle)
    table = table[table["label"].notna() & table["counts"]].reset_index(drop=True)
    if table.empty:
        raise InputError(f"{', '.join(map(str, names))}: no link with a label that counts")
    views = show_views(table, bundle.feature_names, contract)
    scored = table.iloc[views.row][["link", "group", "label", "stratum"]].reset_index(drop=True)
    scored["situation"] = situations(table["basis"].to_numpy()[views.row], views.view, views.provider)
    scored["view"] = views.view
    scored[list(PROBABILITY_COLUMNS)] = bundle.predict_proba(views.X)
    rivals = {
        name: by_slice(measure_slices(scored, proba, n_bootstrap))
        for name, proba in _baselines(views.X, bundle.feature_names, contract).items()
    }
    parts = measure_slices(scored, scored[list(PROBABILITY_COLUMNS)].to_numpy(), n_bootstrap)
    return {"slices": by_slice(parts), "baselines": rivals}, plots_of_scored(scored, bundle.policy, cross_fitted=False)


def _baselines(X: pd.DataFrame, names: list[str], contract: Contract) -> dict[str, np.ndarray]:
    known = load_tables([SHIPPED], contract)
    weights = label_weights(known, load_recipe("default"))
    fit_on, labels = known[weights > 0], known["label"][weights > 0].astype(str)
    models = (baselines.AlwaysNeutral(), baselines.RuleList(), baselines.FeatureLogistic(names))
    # A model may do without a feature that the rules read.
    fitting = [model for model in models if set(model.columns) <= set(names)]
    return {model.name: model.fit(fit_on, labels, weights[weights > 0]).predict_proba(X) for model in fitting}
