"""Pictures of what was measured, as PNG bytes that are the same for the same input.

Colours are Okabe and Ito's, which people with any colour vision tell apart; no picture relies on colour alone.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.ticker import PercentFormatter
from numpy.typing import ArrayLike
from sklearn.metrics import average_precision_score, precision_recall_curve

from linksift._canvas import STYLE, new_figure, one_panel, png
from linksift._intervals import IntArray, checked_sample
from linksift.errors import InputError
from linksift.labels import CLASSES
from linksift.reliability import reliability_curve

#: Colour and marker of each class.
CLASS_STYLE: Final = {"harmful": ("#D55E00", "o"), "neutral": ("#555555", "s"), "valuable": ("#0072B2", "^")}
_PALETTE: Final = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#B8A800", "#555555")
_HATCHES: Final = ("", "//", "..")
_BASELINE_MARKERS: Final = ("s", "^", "D", "v", "P", "X")


def describe(n: int, groups: int, *, cross_fitted: bool = True) -> str:
    """Return the subtitle that says what a picture was measured on."""
    return f"{'cross-fitted, ' if cross_fitted else ''}n = {n:,} links, {groups:,} groups"


def confusion_plot(confusion: Sequence[Sequence[float]], *, subtitle: str = "") -> bytes:
    """Draw a confusion matrix with counts and row shares.

    Parameters
    ----------
    confusion : nested sequence of float, shape (3, 3)
        Links; rows the true class, columns the predicted one (`Metrics.confusion`).
    subtitle : str
        What it was measured on, see `describe`.

    Returns
    -------
    bytes
        PNG.
    """
    counts = np.asarray(confusion, dtype=np.float64)
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros_like(counts), where=totals > 0)
    with mpl.rc_context(STYLE):
        figure, axes = one_panel(6.4, 5.6, "Confusion matrix", subtitle)
        axes.grid(visible=False)
        image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for (row, column), share in np.ndenumerate(shares):
            text = f"{counts[row, column]:,.0f}\n{share:.0%}" if totals[row, 0] else "0\n–"
            colour = "white" if share > 0.55 else "black"
            axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=13)
        axes.set_xticks(range(len(CLASSES)), CLASSES)
        axes.set_yticks(range(len(CLASSES)), CLASSES)
        axes.set_xlabel("predicted class")
        axes.set_ylabel("true class")
        bar = figure.colorbar(image, ax=axes, format=PercentFormatter(1.0), shrink=0.85)
        bar.set_label("share of the true class")
        return png(figure)


def precision_recall_plot(y: ArrayLike, proba: ArrayLike, *, subtitle: str = "") -> bytes:
    """Draw precision over recall of each class against the rest, with the average precision.

    Parameters
    ----------
    y : array-like of str, shape (n,)
        True classes.
    proba : array-like, shape (n, 3)
        Probabilities in the order of `CLASSES`.
    subtitle : str
        What it was measured on.

    Returns
    -------
    bytes
        PNG; a class without a link has no curve. Dotted lines are what chance gives: the class's share.
    """
    sample = checked_sample(y, proba, None, None)
    with mpl.rc_context(STYLE):
        figure, axes = one_panel(7.2, 5.6, "Precision and recall", subtitle)
        for k, name in enumerate(CLASSES):
            truth = sample.y == k
            if not truth.any():
                continue
            precision, recall, _ = precision_recall_curve(truth, sample.proba[:, k])
            area = average_precision_score(truth, sample.proba[:, k])
            colour, marker = CLASS_STYLE[name]
            axes.plot(
                recall,
                precision,
                color=colour,
                marker=marker,
                markevery=0.15,
                drawstyle="steps-post",
                label=f"{name}: AP {area:.2f} ({truth.sum():,} links)",
            )
            axes.axhline(truth.mean(), color=colour, linestyle=":", linewidth=1)
        axes.plot([], [], color="#555555", linestyle=":", linewidth=1, label="by chance")
        axes.set(xlim=(0, 1.01), ylim=(0, 1.03), xlabel="recall", ylabel="precision")
        figure.legend(loc="outside lower center", ncols=2)
        return png(figure)


def reliability_plot(y: ArrayLike, proba: ArrayLike, *, groups: ArrayLike, subtitle: str = "") -> bytes:
    """Draw how often each class is right at each probability, with a bootstrap band and bin sizes.

    Parameters
    ----------
    y, proba, groups
        As in `linksift.reliability.reliability_curve`.
    subtitle : str
        What it was measured on.

    Returns
    -------
    bytes
        PNG with one panel for each class.
    """
    with mpl.rc_context(STYLE):
        figure = new_figure(12.5, 5.3, "Reliability of the probabilities", subtitle)
        panels = figure.subplots(1, len(CLASSES), sharex=True, sharey=True)
        for axes, name in zip(panels, CLASSES, strict=True):
            curve = reliability_curve(y, proba, name, groups=groups)
            colour, marker = CLASS_STYLE[name]
            axes.plot([0, 1], [0, 1], color="#999999", linestyle="--", linewidth=1, label="perfect")
            axes.fill_between(curve.predicted, curve.lo, curve.hi, color=colour, alpha=0.18, label="95 % band")
            sizes = _range_text(curve.count)
            axes.plot(curve.predicted, curve.observed, color=colour, marker=marker, label=f"{sizes} links per point")
            axes.set(title=name, xlabel="predicted probability", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
            axes.set_aspect("equal")
            axes.legend(loc="upper left", fontsize=9)
        panels[0].set_ylabel("share of links that are of the class")
        return png(figure)


def importance_plot(importances: pd.DataFrame, *, top: int = 25, subtitle: str = "") -> bytes:
    """Draw the most important features as horizontal bars, coloured by family.

    Parameters
    ----------
    importances : DataFrame
        Columns ``feature``, ``family`` and ``gain`` (total gain of the splits).
    top : int
        How many to draw.
    subtitle : str
        What it was measured on.

    Returns
    -------
    bytes
        PNG.

    Raises
    ------
    InputError
        Where a column is missing or there is no row.
    """
    if lacking := {"feature", "family", "gain"} - set(importances.columns):
        raise InputError(f"the table of importances lacks the columns {', '.join(sorted(lacking))}")
    if importances.empty:
        raise InputError("the table of importances has no rows; give one for each feature")
    ordered = importances.sort_values(["gain", "feature"], ascending=[False, True], kind="stable")
    total = float(importances["gain"].sum()) or 1.0
    shown = ordered.head(top).iloc[::-1]
    families = list(dict.fromkeys(ordered.head(top)["family"].astype(str)))
    with mpl.rc_context(STYLE):
        title = f"The {len(shown)} features with the largest gain"
        figure, axes = one_panel(8.6, 1.8 + 0.3 * len(shown), title, subtitle)
        places = np.arange(len(shown))
        for i, family in enumerate(families):
            rows = (shown["family"].astype(str) == family).to_numpy()
            axes.barh(
                places[rows],
                shown["gain"].to_numpy(dtype=np.float64)[rows] / total,
                color=_PALETTE[i % len(_PALETTE)],
                hatch=_HATCHES[i // len(_PALETTE) % len(_HATCHES)],
                edgecolor="white",
                label=family,
            )
        axes.set_yticks(places, [_shortened(name) for name in shown["feature"]])
        axes.set_ylim(-0.7, len(shown) - 0.3)
        axes.grid(visible=False, axis="y")
        axes.xaxis.set_major_formatter(PercentFormatter(1.0))
        axes.set_xlabel("share of the gain of all features")
        axes.legend(title="family", loc="lower right", fontsize=9)
        return png(figure)


def score_plot(y: ArrayLike, proba: ArrayLike, *, threshold: float | None = None, subtitle: str = "") -> bytes:
    """Draw how p_harmful is spread in each true class.

    Parameters
    ----------
    y : array-like of str, shape (n,)
        True classes.
    proba : array-like, shape (n, 3)
        Probabilities in the order of `CLASSES`.
    threshold : float, optional
        Marked where given.
    subtitle : str
        What it was measured on.

    Returns
    -------
    bytes
        PNG with one panel for each class, each with its own count axis.
    """
    sample = checked_sample(y, proba, None, None)
    edges = np.linspace(0, 1, 41)
    with mpl.rc_context(STYLE):
        figure = new_figure(8.0, 6.4, "p_harmful by true class", subtitle)
        panels = figure.subplots(len(CLASSES), 1, sharex=True)
        for k, (axes, name) in enumerate(zip(panels, CLASSES, strict=True)):
            scores = sample.proba[sample.y == k, 0]
            axes.hist(scores, bins=edges, color=CLASS_STYLE[name][0])
            heading = f"{name}: {len(scores):,} links"
            if threshold is not None:
                axes.axvline(threshold, color="black", linestyle="--", linewidth=1.2)
                heading += f", {(scores >= threshold).sum():,} of them at or above {threshold:.2f}"
            axes.set_title(heading, loc="left", fontsize=11)
            axes.set_ylabel("links")
            axes.yaxis.get_major_locator().set_params(integer=True)
        panels[-1].set(xlim=(0, 1), xlabel="p_harmful")
        return png(figure)


def slices_plot(
    table: pd.DataFrame, baselines: Mapping[str, pd.DataFrame] | None = None, *, subtitle: str = ""
) -> bytes:
    """Draw the macro-F1 of each slice with its interval, beside that of the baselines.

    Parameters
    ----------
    table : DataFrame
        Result of `linksift.evaluation.slices` for the model.
    baselines : mapping of str to DataFrame, optional
        The same for each baseline, matched by the name of the slice.
    subtitle : str
        What it was measured on.

    Returns
    -------
    bytes
        PNG; a slice without links has no mark.

    Raises
    ------
    InputError
        Where `table` has no rows.
    """
    if table.empty:
        raise InputError("there is no slice to draw; give at least one")
    others = dict(baselines or {})
    names = table["slice"].tolist()
    places = np.arange(len(names))[::-1]
    with mpl.rc_context(STYLE):
        figure, axes = one_panel(9.0, 2.4 + 0.34 * len(names), "Macro-F1 by slice", subtitle)
        value, lo, hi = (table[column].to_numpy(dtype=np.float64) for column in ("macro_f1", "lo", "hi"))
        # One group has a score and no interval.
        reach = np.nan_to_num(np.vstack([value - lo, hi - value]))
        axes.errorbar(
            value, places, xerr=reach, fmt="o", color="black", capsize=4, zorder=3, label="model, 95 % interval"
        )
        for i, (name, other) in enumerate(others.items()):
            scores = other.set_index("slice")["macro_f1"].reindex(names)
            marker, colour = _BASELINE_MARKERS[i % len(_BASELINE_MARKERS)], _PALETTE[(i + 1) % len(_PALETTE)]
            axes.plot(scores, places, linestyle="", marker=marker, color=colour, markersize=7, alpha=0.9, label=name)
        axes.set_yticks(places, [f"{_shortened(s)}  ({n:,})" for s, n in zip(names, table["n"], strict=True)])
        axes.set(xlim=(0, 1.02), ylim=(-0.7, len(names) - 0.3), xlabel="macro-F1", ylabel="slice (links)")
        figure.legend(loc="outside lower center", ncols=2, fontsize=9)
        return png(figure)


def _range_text(counts: IntArray) -> str:
    low, high = int(counts.min()), int(counts.max())
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _shortened(name: object, limit: int = 48) -> str:
    text = str(name)
    return text if len(text) <= limit else text[: limit - 1] + "…"
