"""Reasons: the strongest first, with the right sign, and in words that say what was found."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from linksift.explain import reasons
from linksift.labels import CLASSES


@pytest.fixture
def link(small_run):
    """One link with many hyphens in its host, as harmful ones of the small table have."""
    known = dict.fromkeys(small_run.features, 0.0) | {"url_host_hyphens": 6.0, "title_words": 8.0}
    return pd.DataFrame([known], dtype="float32")


@pytest.fixture
def explain(small_run, contract):
    def explain(link, label="harmful", **options):
        return reasons(link, small_run.bundle, contract, label=label, **options)

    return explain


def named(found, name):
    return next(reason for reason in found if reason.feature == name)


def test_what_speaks_for_one_class_speaks_against_the_others(explain, link):
    strongest = explain(link)[0]
    assert strongest.feature == "url_host_hyphens"
    assert strongest.value == 6.0
    assert strongest.contribution > 0
    for label in ("neutral", "valuable"):
        other = named(explain(link, label), "url_host_hyphens")
        assert other.contribution < 0
        assert other.text.startswith(f"against {label} (-")
    without = named(explain(link.assign(url_host_hyphens=0.0)), "url_host_hyphens")
    assert without.contribution < 0


def test_the_strongest_come_first(explain, link, small_run):
    found = explain(link, top=5)
    sizes = [abs(reason.contribution) for reason in found]
    assert sizes == sorted(sizes, reverse=True)
    assert len(found) == 5
    everything = explain(link, top=1_000)
    assert [reason.feature for reason in everything[:5]] == [reason.feature for reason in found]
    assert sorted(reason.feature for reason in everything) == sorted(small_run.features)
    assert explain(link, top=0) == []


@pytest.mark.parametrize("label", CLASSES)
def test_all_reasons_together_make_the_score(explain, link, small_run, label):
    parts = small_run.bundle.contributions(link)[0]
    at = CLASSES.index(label)

    def margin(scores):
        return scores[at] - np.delete(scores, at).mean()

    total = sum(reason.contribution for reason in explain(link, label, top=1_000))
    # The last part is what is said of a link of which nothing is known.
    assert margin(parts[:, -1]) + total == pytest.approx(margin(parts.sum(axis=1)))


def test_a_reason_in_words(explain, link, contract):
    reason = explain(link)[0]
    meaning = contract.by_name["url_host_hyphens"].meaning
    said = f"for harmful ({reason.contribution:+.2f}): {meaning[0].lower()}{meaning[1:]}: 6 [url_host_hyphens]"
    assert reason.text == said


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("place_in_main", 1.0, "yes"),
        ("place_in_main", 0.0, "no"),
        ("sim_target_title", 0.25, "25%"),
        ("title_words", 12.0, "12"),
        ("words_host_harmful", -0.125, "-0.125"),
        ("title_words", np.nan, "unknown (the row does not say)"),
    ],
)
def test_values_are_said_by_their_type(explain, link, name, value, said):
    reason = named(explain(link.assign(**{name: np.float32(value)}), top=1_000), name)
    assert reason.text.endswith(f": {said} [{name}]")
    assert np.array_equal(reason.value, value, equal_nan=True)


def test_a_link_of_which_nothing_is_known_has_reasons_too(explain, link):
    found = explain(link.mask(link.notna()))
    assert all("unknown (" in reason.text for reason in found)
    assert all(np.isfinite(reason.contribution) for reason in found)


def test_other_columns_do_not_matter(explain, link):
    assert explain(link.assign(anchor="x", link_id="a:1")[[*reversed(link.columns), "anchor"]]) == explain(link)


def test_calibration_does_not_change_reasons(link, small_run, contract):
    swapped = dict(zip(small_run.bundle.calibration, reversed(small_run.bundle.calibration.values()), strict=True))
    other = dataclasses.replace(small_run.bundle, calibration=swapped)
    assert reasons(link, other, contract, label="harmful") == reasons(link, small_run.bundle, contract, label="harmful")
