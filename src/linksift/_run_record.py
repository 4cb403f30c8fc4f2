"""What a training run writes down about itself, as plain names and values; no tracker here."""

import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

import pandas as pd

from linksift.bundle import Bundle
from linksift.measuring import SITUATIONS
from linksift.recipe import ModelSettings, Recipe
from linksift.training import Trained

#: Situations whose figures are all recorded; the others only show what less knowledge of a link costs.
_IN_FULL: Final = ("page", "export row")
_BY_CLASS: Final = ("precision", "recall", "f1")
_PLAIN: Final = ("n", "groups", "log_loss", "brier", "ece", "ece_expected_if_perfect")
_RATES: Final = ("harmful_precision", "harmful_recall", "valuable_called_harmful")


def parameters(recipe: Recipe, n_features: int) -> dict[str, str | int | float]:
    """Return the choices of a recipe under dotted names (``labels.gold``, ``model.num_leaves``)."""
    named: dict[str, str | int | float] = {
        "recipe": recipe.name,
        "seed": recipe.seed,
        "data.tables": ", ".join(recipe.tables),
        "features.use": ", ".join(recipe.use),
        "features.leave_out": ", ".join(recipe.leave_out),
        "features.count": n_features,
        "split.folds": recipe.folds,
        "policy.max_valuable_called_harmful": recipe.max_valuable_called_harmful,
        "policy.max_harmful_missed": recipe.max_harmful_missed,
    }
    named |= {f"labels.{source}": weight for source, weight in recipe.labels.items()}
    named |= {f"views.{view}": weight for view, weight in recipe.views.items()}
    named |= {f"model.{item.name}": getattr(recipe.model, item.name) for item in fields(ModelSettings)}
    return named


def metrics_of(trained: Trained) -> dict[str, float]:
    """Return the figures of a run, without those that are not defined.

    Names are ``<situation>/<figure>``, so that a tracker shows each situation apart; those of baselines are
    ``baseline.<name>.<situation>.macro_f1``, and those against the champion ``champion/<figure>``.
    """
    known: dict[str, Any] = {}
    measured = [name for name in SITUATIONS if name in trained.metrics["situations"]]
    for situation in measured:
        figures = _situation(situation, trained.metrics["situations"][situation])
        known |= {f"{plain_name(situation)}/{name}": value for name, value in figures.items()}
    for baseline, rows in trained.metrics["baselines"].items():
        known |= {
            f"baseline.{plain_name(baseline)}.{plain_name(situation)}.macro_f1": rows[situation]["macro_f1"]
            for situation in measured
        }
    if trained.comparison is not None:
        known |= {
            "champion/macro_f1": trained.comparison.macro_f1_b,
            **_estimate("champion/gain_in_macro_f1", trained.comparison.to_dict()["difference"]),
            "champion/share_better": trained.comparison.share_a_better,
        }
    known |= {name: trained.metrics[name] for name in ("training_links", "training_groups")}
    return {name: float(value) for name, value in known.items() if value is not None and math.isfinite(value)}


def slices_table(trained: Trained) -> pd.DataFrame:
    """Return the figures of each slice that has links, of the model and of each baseline; ``model`` tells which."""
    tables = {"linksift": trained.slices, **trained.baseline_slices}
    joined = pd.concat(tables, names=["model"]).reset_index("model").reset_index(drop=True)
    return joined[joined["n"] > 0] if len(joined) else joined


def contract_sha256(bundle: Bundle) -> str:
    """Return a digest of the features that a model reads: names, versions and lexicons, in their order."""
    lines = [f"{ref.name} {ref.version} {ref.lexicon_hash}\n" for ref in bundle.features]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def plain_name(text: str) -> str:
    """Return a name of letters, digits and underscores, which every tracker takes."""
    return re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_")


def _situation(situation: str, figures: Mapping[str, Any]) -> dict[str, Any]:
    named = _estimate("macro_f1", figures["macro_f1"])
    if situation not in _IN_FULL:
        return {"n": figures["n"], **named}
    named |= {name: figures[name] for name in _PLAIN}
    named |= {name: figures[name]["value"] for name in ("accuracy", *_RATES)}
    for label, own in figures["per_class"].items():
        named |= {f"{name}_{label}": own[name]["value"] for name in _BY_CLASS}
        named |= {f"n_{label}": own["support"], f"average_precision_{label}": own["average_precision"]}
    return named


def _estimate(name: str, figure: Mapping[str, Any]) -> dict[str, Any]:
    return {name: figure["value"], f"{name}_lo": figure["lo"], f"{name}_hi": figure["hi"]}
