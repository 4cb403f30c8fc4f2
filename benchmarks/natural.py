"""Precision, recall and valuable links flagged on a labelled sample of a real profile.

    python benchmarks/natural.py SAMPLE.parquet [-m MODEL] [--json FILE]

SAMPLE holds an export's own columns and ``label`` (the class of the link as it is) or ``if_followed`` (as if it counted), one of the three
classes; other values are left out. Nothing of the sample is in the training data of the shipped model.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from linksift import load_bundle, load_contract, predict, read_links
from linksift._resources import resource
from linksift.labels import CLASSES

_LABELS = ("label", "if_followed", "confidence")


def scored(sample: Path, model: str | None) -> pd.DataFrame:
    """Score a sample through the same reader and predictor as the command line."""
    table = pd.read_parquet(sample)
    contract = load_contract()
    bundle = load_bundle(model or resource("models", "default"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "export.csv")
        table.drop(columns=[name for name in (*_LABELS, "id", "site") if name in table]).to_csv(path, index=False)
        outcome = pd.concat(predict(read_links(path, contract), bundle, contract), ignore_index=True)
    if len(outcome) != len(table):
        sys.exit(f"{len(table)} rows in, {len(outcome)} out")
    truth = table[[name for name in _LABELS if name in table]].add_prefix("true_")
    return pd.concat([truth, outcome[["label", "label_if_counted", "decision", "p_harmful"]]], axis=1)


def figures(truth: pd.Series, called: pd.Series) -> dict[str, object]:
    """Return precision and recall of ``harmful``, valuable links called so, and macro-F1 over the classes that occur."""
    known = truth.isin(CLASSES)
    truth, called = truth[known], called[known]
    flagged, harmful, valuable = called == "harmful", truth == "harmful", truth == "valuable"
    f1 = []
    for name in sorted(set(truth)):
        right = ((truth == name) & (called == name)).sum()
        f1.append(2 * right / max((truth == name).sum() + (called == name).sum(), 1))
    return {
        "links": len(truth),
        "harmful": int(harmful.sum()),
        "precision": round(float((flagged & harmful).sum() / flagged.sum()), 3) if flagged.any() else None,
        "recall": round(float((flagged & harmful).sum() / harmful.sum()), 3) if harmful.any() else None,
        "valuable flagged": f"{int((flagged & valuable).sum())} of {int(valuable.sum())}",
        "macro_f1": round(float(np.mean(f1)), 3),
    }


def main() -> None:
    """Print a table; write the same as JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("samples", nargs="+", type=Path)
    parser.add_argument("-m", "--model")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rows = []
    for sample in arguments.samples:
        table = scored(sample, arguments.model)
        pairs = [("true_label", "label"), ("true_if_followed", "label_if_counted")]
        for truth, called in pairs:
            if truth in table:
                rows.append({"sample": sample.stem, "judged": called, **figures(table[truth], table[called])})
                # What the policy would act on: a link for review is not flagged.
                acted = table["decision"].where(table[called] == table["label"], table[called])
                rows.append({"sample": sample.stem, "judged": f"{called}, decision", **figures(table[truth], acted)})
    print(pd.DataFrame(rows).to_string(index=False))
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
