"""What several test modules share."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from linksift.contract import load_contract
from linksift.io.rawpage import RawPage
from linksift.labels import CLASSES
from linksift.recipe import ModelSettings, Recipe


@pytest.fixture(scope="session")
def contract():
    return load_contract()


@pytest.fixture(scope="session")
def shared():
    """Raw pages and labels that do not ship: ``LINKSIFT_SHARED``, or the folder ``shared`` beside the checkout."""
    folder = Path(os.environ.get("LINKSIFT_SHARED") or Path(__file__).parents[2] / "shared")
    if not folder.is_dir():
        pytest.skip(f"no raw data: {folder} is missing; set LINKSIFT_SHARED")
    return folder


@pytest.fixture(scope="session")
def make_page():
    """Make a raw page from the markup of its body, or from bytes as they are."""

    def make(body, url="https://page.example/post", *, head="", page_id="p"):
        if isinstance(body, bytes):
            return RawPage(page_id, url, body)
        html = f"<!doctype html><html lang='en'><head>{head}</head><body>{body}</body></html>"
        return RawPage(page_id, url, html.encode())

    return make


@pytest.fixture(scope="session")
def small_table(contract):
    """A made-up training table: 240 links of 60 groups, a page or an export row each, three of four hand-labelled.

    Hyphens in the host tell harmful links, a title with the target's words and a place in the main text tell valuable ones.
    """
    n, rng = 240, np.random.default_rng(0)
    label = rng.choice(CLASSES, n)
    harmful, valuable, is_page = label == "harmful", label == "valuable", np.arange(n) % 2 == 0
    known = {name: rng.normal(size=n) for name in _small_features()}
    known["url_host_hyphens"] = rng.poisson(0.3 + 4 * harmful)
    known["sim_target_title"] = np.clip(rng.normal(0.2 + 0.4 * valuable, 0.2), 0, 1)
    known["place_in_main"] = rng.random(n) < np.where(valuable, 0.95, 0.1)
    X = pd.DataFrame(known).reindex(columns=contract.names).astype("float32")
    X.loc[~is_page, contract.needing("page")] = np.nan
    facts = pd.DataFrame(
        {
            "link": [f"link{i}" for i in range(n)],
            "group": [f"group{i // 4}" for i in range(n)],
            "label": label,
            "label_source": "gold",
            "weak_source": pd.array([None] * n, dtype="string"),
            "reading": pd.array([None] * n, dtype="string"),
            "reading_source": pd.array([None] * n, dtype="string"),
            "gold": np.arange(n) // 2 % 4 != 3,
            "counts": True,
            "basis": np.where(is_page, "page", "row"),
            "stratum": np.where(harmful, "spam", "ham"),
        }
    )
    return pd.concat([facts, X], axis=1)


@pytest.fixture(scope="session")
def small_recipe(contract):
    """A recipe for `small_table`, quick, with the few features that it knows."""
    left_out = tuple(name for name in contract.on if name not in _small_features())
    settings = ModelSettings(n_estimators=20, learning_rate=0.2, num_leaves=7, min_child_samples=5, feature_fraction=1)
    return Recipe("small", seed=1, leave_out=left_out, labels={"gold": 1.0, "editorial": 0.5}, folds=3, model=settings)


@pytest.fixture(scope="session")
def small_run(small_recipe, small_table, contract):
    """A training run of a second or two."""
    from linksift.training import train

    return train(small_recipe, small_table, contract, n_bootstrap=20)


@pytest.fixture(scope="session")
def small_model(small_run, tmp_path_factory):
    """The folder of a model that `small_run` made: tests that use it do not depend on the model that ships."""
    from linksift.bundle import save_bundle

    folder = tmp_path_factory.mktemp("models") / "small"
    save_bundle(small_run.bundle, folder)
    return folder


def _small_features():
    from linksift.baselines import NgramLogistic, RuleList

    telling = ("url_host_hyphens", "title_words", "sim_target_title", "place_in_main")
    return list(dict.fromkeys([*telling, *RuleList().columns, *NgramLogistic().columns]))
