import subprocess
import sys
from hashlib import sha256
from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from linksift import plots
from linksift.errors import InputError
from linksift.evaluation import slices
from linksift.labels import CLASSES


def sample(n=200):
    rng = np.random.default_rng(0)
    codes = rng.choice(3, n)
    proba = rng.dirichlet([1, 1, 1], n)
    return np.array(CLASSES)[codes], proba, rng.integers(0, 40, n)


def draw_confusion():
    return plots.confusion_plot([[1234, 5, 0], [0, 0, 0], [3, 2, 8]], subtitle=plots.describe(1252, 300))


def draw_curves():
    return plots.precision_recall_plot(*sample()[:2])


def draw_reliability():
    y, proba, groups = sample()
    return plots.reliability_plot(y, proba, groups=groups)


def draw_importances():
    names = [f"feature_{i}" for i in range(30)]
    return plots.importance_plot(
        pd.DataFrame({"feature": names, "family": [f"f{i % 10}" for i in range(30)], "gain": 1.0})
    )


def draw_scores():
    return plots.score_plot(*sample()[:2], threshold=0.6)


def draw_slices():
    y, proba, groups = sample()
    masks = pd.DataFrame({"all": True, "few": np.arange(len(y)) < 20, "none": False}, index=range(len(y)))
    table = slices(masks, y, proba, groups=groups, n_bootstrap=20)
    return plots.slices_plot(table, {"always neutral": table.assign(macro_f1=0.2)})


ALL = [draw_confusion, draw_curves, draw_reliability, draw_importances, draw_scores, draw_slices]


@pytest.mark.parametrize("draw", ALL)
def test_a_readable_png_and_the_same_twice(draw):
    picture = draw()
    image = Image.open(BytesIO(picture))
    assert image.format == "PNG"
    assert image.width >= 600
    assert image.height >= 300
    assert len(image.convert("RGB").getcolors(maxcolors=10**6)) > 10
    assert "Software" not in image.info
    assert draw() == picture


def test_another_process_draws_the_same_bytes():
    code = (
        "import sys; from hashlib import sha256; from linksift.plots import confusion_plot as p;"
        "sys.stdout.write(sha256(p([[3, 1, 0], [0, 2, 0], [1, 0, 5]])).hexdigest())"
    )
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert there == sha256(plots.confusion_plot([[3, 1, 0], [0, 2, 0], [1, 0, 5]])).hexdigest()


def test_caller_settings_stay_as_they_were():
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    draw_confusion()
    assert dict(mpl.rcParams) == before


def test_only_the_top_features_are_drawn():
    frame = pd.DataFrame({"feature": list("abc"), "family": "f", "gain": [1.0, 3.0, 2.0]})
    assert plots.importance_plot(frame, top=2) != plots.importance_plot(frame, top=3)
    assert plots.importance_plot(frame) == plots.importance_plot(frame.iloc[::-1])


def test_a_name_with_a_dollar_sign_is_drawn_as_it_is():
    frame = pd.DataFrame({"feature": ["$x_{", "<b>" * 40], "family": ["$y^", "z"], "gain": [2.0, 0.0]})
    assert plots.importance_plot(frame).startswith(b"\x89PNG")


def test_a_class_without_links_leaves_a_gap():
    y, proba = ["harmful", "neutral"], [[0.9, 0.1, 0.0], [0.2, 0.8, 0.0]]
    for picture in (
        plots.precision_recall_plot(y, proba),
        plots.reliability_plot(y, proba, groups=[1, 1]),
        plots.score_plot(y, proba, threshold=0.5),
    ):
        assert picture.startswith(b"\x89PNG")


def test_bad_tables_are_named():
    with pytest.raises(InputError, match="family"):
        plots.importance_plot(pd.DataFrame({"feature": ["a"], "gain": [1.0]}))
    with pytest.raises(InputError, match="no rows"):
        plots.importance_plot(pd.DataFrame({"feature": [], "family": [], "gain": []}))
    with pytest.raises(InputError, match="no slice"):
        plots.slices_plot(pd.DataFrame({"slice": [], "macro_f1": []}))


def test_subtitle():
    assert plots.describe(1156, 700) == "cross-fitted, n = 1,156 links, 700 groups"
    assert plots.describe(10, 2, cross_fitted=False) == "n = 10 links, 2 groups"
