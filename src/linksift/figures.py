"""All pictures of a training run, by the names under which they are kept."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from sklearn.metrics import confusion_matrix

from linksift import plots
from linksift.errors import InputError
from linksift.labels import CLASSES, PROBABILITY_COLUMNS
from linksift.training import Trained

#: Situations that are drawn, by folder; the others hide what a link came with and are told by their figures.
DRAWN: Final[Mapping[str, str]] = {"page": "page", "export row": "export_row"}


def importances(trained: Trained) -> pd.DataFrame:
    """Return what each feature gave the trees.

    Returns
    -------
    DataFrame
        ``feature``, ``family``, ``gain`` (total gain of the splits) and ``splits`` (how many there are), largest
        gain first.
    """
    booster = trained.classifier.booster_
    names = booster.feature_name()
    table = pd.DataFrame(
        {
            "feature": names,
            "family": [trained.contract.by_name[name].family for name in names],
            "gain": np.asarray(booster.feature_importance("gain"), dtype=np.float64),
            "splits": np.asarray(booster.feature_importance("split"), dtype=np.int64),
        }
    )
    return table.sort_values(["gain", "feature"], ascending=[False, True], kind="stable", ignore_index=True)


def plots_of(trained: Trained) -> dict[str, bytes]:
    """Draw all that a training run is judged by.

    Parameters
    ----------
    trained
        A training run; what is drawn is cross-fitted, the importances apart.

    Returns
    -------
    dict of str to bytes
        PNGs by relative path, such as ``page/confusion.png``. A situation without frozen links has none.
    """
    pictures = plots_of_scored(trained.frozen, trained.bundle.policy)
    if len(trained.slices):
        subtitle = plots.describe(trained.frozen["link"].nunique(), trained.frozen["group"].nunique())
        pictures["slices.png"] = plots.slices_plot(trained.slices, trained.baseline_slices, subtitle=subtitle)
    fitted_on = plots.describe(
        trained.metrics["training_links"], trained.metrics["training_groups"], cross_fitted=False
    )
    pictures["importances.png"] = plots.importance_plot(importances(trained), subtitle=fitted_on)
    return pictures


def plots_of_scored(scored: pd.DataFrame, policy: Mapping[str, Any], *, cross_fitted: bool = True) -> dict[str, bytes]:
    """Draw how scored links of known class came out, by situation.

    Parameters
    ----------
    scored
        ``link``, ``group``, ``label``, ``situation``, ``view`` and the probabilities.
    policy
        The model's; its threshold is drawn.
    cross_fitted
        What the subtitles say of the probabilities.
    """
    pictures = {}
    for situation, folder in DRAWN.items():
        part = scored[scored["situation"] == situation]
        if len(part):
            drawn = _situation(policy, situation, part, cross_fitted=cross_fitted)
            pictures.update({f"{folder}/{name}.png": png for name, png in drawn.items()})
    return pictures


def write_plots(pictures: Mapping[str, bytes], folder: str | Path) -> list[Path]:
    """Write pictures below a folder, which is made where it is missing.

    Returns
    -------
    list of Path
        The files, in the order of the pictures.

    Raises
    ------
    InputError
        Where a file cannot be written.
    """
    written = []
    for name, png in pictures.items():
        path = Path(folder, name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(png)
        except OSError as error:
            raise InputError(f"{path}: the picture cannot be written: {error}; choose another folder") from error
        written.append(path)
    return written


def _situation(
    policy: Mapping[str, Any], situation: str, part: pd.DataFrame, *, cross_fitted: bool
) -> dict[str, bytes]:
    label, proba = part["label"], part[list(PROBABILITY_COLUMNS)]
    threshold = policy["review"].get(str(part["view"].iloc[0]), {}).get("t_high")
    size = plots.describe(part["link"].nunique(), part["group"].nunique(), cross_fitted=cross_fitted)
    subtitle = f"{situation}: {size}"
    called = np.asarray(CLASSES)[proba.to_numpy().argmax(axis=1)]
    confusion = confusion_matrix(label.astype(str), called, labels=list(CLASSES)).tolist()
    return {
        "confusion": plots.confusion_plot(confusion, subtitle=subtitle),
        "precision_recall": plots.precision_recall_plot(label, proba, subtitle=subtitle),
        "reliability": plots.reliability_plot(label, proba, groups=part["group"], subtitle=subtitle),
        "scores": plots.score_plot(label, proba, threshold=threshold, subtitle=subtitle),
    }
