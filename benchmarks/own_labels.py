"""Measure whether `train --labels` beats the shipped model for the user who gives the labels.

    python benchmarks/own_labels.py [--families 8] [--labels 200] [--recipe default] [--json FILE]

A user is simulated by one family of the shipped table (an owner, network or template): it is taken out of the training data altogether,
some of its links are given back as the user's own labels, and both models are measured on the rest of the family. The labels are the
table's best ones (hand-made, read, or by labelling function).
"""

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import f1_score

from linksift import LinkClassifier, load_contract, load_recipe, load_tables
from linksift.dataset import label_weights, used_features

_SEED = 20_261_125
#: A family says something only where it has links of a second class to be wrong about.
_MIN_SECOND = 15


def families(table: pd.DataFrame, number: int) -> list[str]:
    """Return the largest groups with at least `_MIN_SECOND` links of a second class."""
    counts = table.groupby(["group", "label"]).size().unstack(fill_value=0)
    second = np.sort(counts.to_numpy(), axis=1)[:, -2]
    mixed = counts[second >= _MIN_SECOND].sum(axis=1)
    return [str(group) for group in mixed.sort_values(ascending=False, kind="stable").index[:number]]


def main() -> None:
    """Print one row per family, and the mean difference with its bootstrap interval over families."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--families", type=int, default=8)
    parser.add_argument("--labels", type=int, default=200)
    parser.add_argument("--recipe", default="default")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    contract, recipe = load_contract(), load_recipe(arguments.recipe)
    table = load_tables(["shipped"], contract)
    weights = label_weights(table, recipe)
    table, weights = table[weights > 0].reset_index(drop=True), weights[weights > 0]
    names = used_features(recipe, contract)
    settings = recipe.model
    rng = np.random.default_rng(_SEED)
    rows = []
    for family in families(table, arguments.families):
        inside = np.flatnonzero((table["group"] == family).to_numpy())
        outside = np.flatnonzero((table["group"] != family).to_numpy())
        given = rng.permutation(inside)[: min(arguments.labels, len(inside) * 3 // 5)]
        rest = np.setdiff1d(inside, given)
        truth = table["label"].to_numpy()[rest].astype(str)
        row: dict[str, object] = {
            "family": family,
            "links": len(inside),
            "labels given": len(given),
            "measured on": len(rest),
        }
        for name, extra in (("shipped", given[:0]), ("with own labels", given)):
            fitted = np.concatenate([outside, extra])
            weight = np.concatenate([weights[outside], np.full(len(extra), recipe.labels["user_label"])])
            model = LinkClassifier(
                n_estimators=settings.n_estimators,
                learning_rate=settings.learning_rate,
                num_leaves=settings.num_leaves,
                feature_fraction=settings.feature_fraction,
                class_balance=settings.class_balance,
                calibrate=False,
                n_jobs=2,
                random_state=recipe.seed,
            ).fit(table.loc[fitted, names], table["label"].to_numpy()[fitted].astype(str), sample_weight=weight)
            called = model.predict(table.loc[rest, names])
            row[f"accuracy {name}"] = round(float((called == truth).mean()), 3)
            row[f"macro-F1 {name}"] = round(float(f1_score(truth, called, average="macro")), 3)
        rows.append(row)
    result = pd.DataFrame(rows)
    print(result.to_string(index=False))
    for figure in ("accuracy", "macro-F1"):
        gain = (result[f"{figure} with own labels"] - result[f"{figure} shipped"]).to_numpy()
        means = rng.choice(gain, (2000, len(gain))).mean(axis=1)
        low, high = np.quantile(means, [0.025, 0.975])
        print(f"{figure}: {gain.mean():+.3f} [{low:+.3f}, {high:+.3f}] on {len(gain)} families")
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
