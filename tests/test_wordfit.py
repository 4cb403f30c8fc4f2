"""Fitting word weights: an obvious word is learned, and no link is scored by what its own group taught."""

import numpy as np
import pandas as pd
import pytest

from linksift.errors import InputError
from linksift.wordfit import fit_words
from linksift.words import FIELDS, OUTPUTS, WordScorer, WordWeights, context_words, markup_words, url_words


@pytest.fixture(scope="module", autouse=True)
def few_buckets():
    """Few weights are fitted in a second; the shipped number takes many."""
    with pytest.MonkeyPatch.context() as patch:
        for module in ("words", "wordfit"):
            patch.setattr(f"linksift.{module}.BUCKETS", 1 << 12)
        yield


def made_up(n=150):
    """Links whose title names their class, among words that say nothing; pages and rows, five links a group."""
    rng = np.random.default_rng(0)
    label = np.array(["harmful", "neutral", "valuable"])[np.arange(n) % 3]
    telling = {"harmful": "casino", "neutral": "index", "valuable": "sourdough"}
    fillers = ["river", "stone", "green", "seven", "paper"]
    spaces = []
    for at, name in enumerate(label):
        title = [telling[name], *rng.choice(fillers, 2)]
        words = url_words(f"https://site{at}.example/{rng.choice(fillers)}") | {"title": title, "anchor": ["here"]}
        if at % 2:
            words |= (
                context_words(list(rng.choice(fillers, 3)), []) | {"heading": []} | markup_words([("a", ""), ("p", "")])
            )
        spaces.append(words)
    # Scattered hashes, of which each fold has some; each group holds every class and both bases.
    table = pd.DataFrame(
        {
            "label": label,
            "basis": np.where(np.arange(n) % 2, "page", "row"),
            "group": [f"{at // 5 * 2654435761 % 2**32:08x}" for at in range(n)],
        },
        index=pd.RangeIndex(7, 7 + n),
    )
    return spaces, table


def scored(spaces, table, learn=None, frozen=None):
    everything, nothing = np.ones(len(table), dtype=bool), np.zeros(len(table), dtype=bool)
    return fit_words(spaces, table, everything if learn is None else learn, nothing if frozen is None else frozen)


@pytest.fixture(scope="module")
def fitted():
    spaces, table = made_up()
    return spaces, table, *scored(spaces, table)


def test_an_obvious_word_is_learned(fitted):
    _, table, scores, encoded = fitted
    mean = scores.groupby(table["label"]).mean()
    assert mean.loc["harmful", "words_title_harmful"] > mean.loc["neutral", "words_title_harmful"] + 0.5
    assert mean.loc["valuable", "words_title_valuable"] > mean.loc["neutral", "words_title_valuable"] + 0.5
    assert abs(mean["words_path_harmful"]).max() < 0.3
    score = WordScorer(WordWeights.decode(encoded, "new"))
    assert score("title", {"title": ["casino"]})["words_title_harmful"] > 0.5
    assert score("title", {"title": ["casinos"]})["words_title_harmful"] > 0.2, "a word like it"
    assert score("title", {"title": ["sourdough"]})["words_title_harmful"] < 0.2


def test_scores_have_the_rows_of_the_table_and_a_column_for_each_field_and_class(fitted):
    _, table, scores, _ = fitted
    assert scores.index.equals(table.index)
    assert list(scores.columns) == [f"words_{field}_{output}" for field in FIELDS for output in OUTPUTS]


def test_a_field_that_a_link_does_not_have_is_unknown(fitted):
    _, table, scores, _ = fitted
    on_page = (table["basis"] == "page").to_numpy()
    for field in ("context", "heading", "markup"):
        assert (scores[f"words_{field}_harmful"].notna() == on_page).all()
    assert scores["words_title_harmful"].notna().all()


def test_fitting_twice_gives_the_same_bytes(fitted):
    spaces, table, scores, encoded = fitted
    again, bytes_again = scored(spaces, table)
    assert bytes_again == encoded
    pd.testing.assert_frame_equal(again, scores)


def with_secret(spaces, table, group):
    """Put a word into the titles of one group that no other link has."""
    here = (table["group"] == group).to_numpy()
    return [
        words | {"title": [*words["title"], "xyzzyq"]} if at else words for words, at in zip(spaces, here, strict=True)
    ], here


def test_no_link_is_scored_by_what_its_own_group_taught():
    spaces, table = made_up()
    spaces, here = with_secret(spaces, table, table["group"].iloc[0])
    harmful, valuable = (
        scored(spaces, table.assign(label=np.where(here, label, table["label"]))) for label in ("harmful", "valuable")
    )
    pd.testing.assert_frame_equal(harmful[0][here], valuable[0][here])
    # The weights that are written were taught by all.
    score = WordScorer(WordWeights.decode(harmful[1], "new"))
    assert score("title", {"title": ["xyzzyq"]})["words_title_harmful"] > 0.1


def test_a_group_with_a_frozen_link_teaches_nothing_at_all():
    spaces, table = made_up()
    group = table["group"].iloc[0]
    spaces, here = with_secret(spaces, table, group)
    frozen = np.arange(len(table)) == 0
    told = [
        scored(spaces, table.assign(label=np.where(here, label, table["label"])), frozen=frozen)
        for label in ("harmful", "valuable")
    ]
    pd.testing.assert_frame_equal(told[0][0], told[1][0])
    assert told[0][1] == told[1][1]


def test_only_links_that_are_marked_teach():
    spaces, table = made_up()
    learn = np.arange(len(table)) % 10 > 1
    turned = table.assign(label=np.where(learn, table["label"], "valuable"))
    assert scored(spaces, table, learn)[1] == scored(spaces, turned, learn)[1]


@pytest.mark.parametrize("kept", [[], ["harmful", "neutral"]])
def test_too_little_to_learn_from_is_refused(kept):
    spaces, table = made_up()
    with pytest.raises(InputError, match=r"valuable.*label more links"):
        scored(spaces, table, table["label"].isin(kept).to_numpy())


def test_a_class_in_one_fold_only_is_refused():
    spaces, table = made_up(60)
    alone = table.assign(group=np.where(table["label"] == "valuable", "00000000", "00000001"))
    with pytest.raises(InputError, match=r"valuable.*one fold more"):
        scored(spaces, alone)
