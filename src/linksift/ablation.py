"""What each family of features is worth: the figures of models that do without it."""

from collections.abc import Callable

import pandas as pd

from linksift.contract import Contract
from linksift.dataset import used_features
from linksift.labels import PROBABILITY_COLUMNS
from linksift.measuring import measure_slices
from linksift.recipe import Recipe
from linksift.training import cross_fit

#: Intervals are not shown, so few resamples do.
_RESAMPLES = 2


def ablate(
    recipe: Recipe,
    table: pd.DataFrame,
    contract: Contract,
    *,
    fold_jobs: int = 1,
    report: Callable[[str], None] = lambda _: None,
) -> pd.DataFrame:
    """Train without each family in turn, and once with all.

    Parameters
    ----------
    recipe, table, contract, fold_jobs, report
        As in `linksift.training.train`.

    Returns
    -------
    DataFrame
        One row per family and slice, those of all features first: ``without`` (a family, empty for all features), ``features`` (how many are left), ``slice``, ``n``, ``macro_f1``, ``change`` (macro-F1 with
        all features less this one: positive where the family helps). Another seed moves a figure by about 0.01; smaller changes say nothing.
    """
    names = used_features(recipe, contract)
    families = list(dict.fromkeys(contract.by_name[name].family for name in names))
    parts = []
    for family in ["", *families]:
        kept = [name for name in names if contract.by_name[name].family != family]
        report(f"without {family}" if family else "with every family")
        frozen = cross_fit(recipe, table, contract, kept, fold_jobs=fold_jobs).frozen
        figures = measure_slices(frozen, frozen[list(PROBABILITY_COLUMNS)].to_numpy(), _RESAMPLES)
        parts.append(figures[["slice", "n", "macro_f1"]].assign(without=family, features=len(kept)))
    result = pd.concat(parts, ignore_index=True)
    whole = result[result["without"] == ""].set_index("slice")["macro_f1"]
    result["change"] = result["slice"].map(whole) - result["macro_f1"]
    return result[["without", "features", "slice", "n", "macro_f1", "change"]]
