"""Learned word scores: what becomes a word, that any text has a finite score, and that hostile weights are refused."""

import io
import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linksift.contract import load_contract
from linksift.errors import ContractError
from linksift.features import Featurizer
from linksift.features.row import RowFacts
from linksift.words import (
    BUCKETS,
    FIELDS,
    OUTPUTS,
    WordScorer,
    WordWeights,
    context_words,
    encode_weights,
    markup_words,
    piece_ids,
    text_words,
    url_words,
    vector,
)

# Lone surrogates too: text that was decoded by somebody who let them pass.
ANY_TEXT = st.text(st.characters() | st.characters(categories=["Cs"]), max_size=200)
RNG = np.random.default_rng(0)
WEIGHTS = WordWeights.decode(encode_weights(RNG.normal(size=(BUCKETS, len(OUTPUTS)))), "weights")


def all_words(text):
    tokens = text.split()
    return {
        **url_words(text),
        **text_words("title", text),
        **text_words("anchor", text),
        **text_words("heading", text),
        **context_words(tokens, tokens),
        **markup_words([(tag, text) for tag in text[:8]]),
    }


# --- words ---


@pytest.mark.parametrize(
    ("url", "host", "path"),
    [
        ("https://www.Best-Casino.example/Play_now/bonus.html?id=7", ["best", "casino", "example"], ["play", "now", "bonus", "html", "id", "7"]),
        ("http://blog.example", ["blog", "example"], []),
        ("https://example.com/caf%C3%A9-%E8%B5%8C%E5%9C%BA", ["example", "com"], ["café", "赌场"]),
        ("", [], []),
        ("%", [], []),
    ],
)  # fmt: skip
def test_the_words_of_a_url(url, host, path):
    assert url_words(url) == {"host": host, "path": path}


def test_long_urls_and_words_are_cut():
    words = url_words("https://" + "a" * 100 + ".example/" + "b-" * 5_000)
    assert words["host"] == ["a" * 30, "example"]
    assert words["path"] == ["b"] * 30


def test_the_nearest_words_around_a_link():
    left, right = [f"l{i}" for i in range(20)], [f"r{i}" for i in range(20)]
    near = context_words(left, right)
    assert near["left"] == left[-12:]
    assert near["right"] == right[:12]
    assert context_words([], []) == {"left": [], "right": []}


def test_the_words_of_markup_by_distance():
    path = [
        ("a", "btn-primary outboundLink"),
        ("p", ""),
        ("div", "commentBody c12"),
        ("section", "Comments"),
        ("main", ""),
        ("body", ""),
        ("html", ""),
        ("beyond", "never"),
    ]
    assert markup_words(path) == {
        "own": ["btn", "primary", "outbound", "link"],
        "near": ["tp", "comment", "body", "tdiv"],
        "far": ["comments", "tsection", "tmain", "tbody", "thtml"],
    }
    assert markup_words([]) == {"own": [], "near": [], "far": []}


def test_hostile_markup_is_cut():
    words = markup_words([("x" * 1_000, "word " * 10_000)] * 8)
    assert [len(words[space]) for space in ("own", "near", "far")] == [10, 16, 24]
    assert max(len(word) for space in words.values() for word in space) <= 30


# --- scores ---


@given(ANY_TEXT)
@settings(max_examples=200, deadline=None)
def test_any_text_has_finite_scores(text):
    words, score = all_words(text), WordScorer(WEIGHTS)
    assert {space for spaces in FIELDS.values() for space in spaces} == set(words)
    for field in FIELDS:
        first = score(field, words)
        assert set(first) == {f"words_{field}_harmful", f"words_{field}_valuable"}
        assert np.isfinite(list(first.values())).all()
        assert score(field, words) == first, "remembered words score the same"


@given(ANY_TEXT)
@settings(max_examples=100, deadline=None)
def test_a_score_is_the_vector_times_the_weights(text):
    words = all_words(text)
    for field in FIELDS:
        columns, values = vector(words, field)
        expected = values @ WEIGHTS.values[columns]
        np.testing.assert_allclose(list(WordScorer(WEIGHTS)(field, words).values()), expected, atol=1e-9)


@given(ANY_TEXT, st.sampled_from(["title", "path", "own"]))
@settings(deadline=None)
def test_a_piece_is_a_vector_of_unit_length(piece, space):
    ids, scale = piece_ids(space, piece)
    assert len(ids) == len(set(ids.tolist())) > 0
    assert ids.min() >= 0
    assert ids.max() < BUCKETS
    assert len(ids) * scale**2 == pytest.approx(1)


def test_no_word_scores_zero_and_an_unknown_space_has_no_vector():
    assert WordScorer(WEIGHTS)("title", {"title": []}) == {"words_title_harmful": 0.0, "words_title_valuable": 0.0}
    for field in FIELDS:
        columns, values = vector({}, field)
        assert len(columns) == len(values) == 0


def test_a_word_means_something_else_in_another_place():
    ids = {space: set(piece_ids(space, "casino")[0].tolist()) for space in ("title", "anchor", "host")}
    assert not ids["title"] & ids["anchor"]
    assert not ids["title"] & ids["host"]


def test_an_unseen_word_scores_by_its_parts():
    values = np.zeros((BUCKETS, len(OUTPUTS)))
    values[piece_ids("host", "casino")[0], OUTPUTS.index("harmful")] = 1.0
    score = WordScorer(WordWeights(values, ""))
    assert score("host", {"host": ["casinoworld"]})["words_host_harmful"] > 0.5
    assert score("host", {"host": ["garden"]})["words_host_harmful"] == 0
    assert score("host", {"host": ["casinoworld"]})["words_host_valuable"] == 0


def test_word_order_counts_in_titles_only():
    score = WordScorer(WEIGHTS)
    assert score("title", {"title": ["buy", "links"]}) != score("title", {"title": ["links", "buy"]})
    there, back = score("host", {"host": ["buy", "links"]}), score("host", {"host": ["links", "buy"]})
    assert list(there.values()) == pytest.approx(list(back.values()))


def test_the_memory_of_words_is_bounded(monkeypatch):
    monkeypatch.setattr("linksift.words._MAX_CACHED", 10)
    score, words = WordScorer(WEIGHTS), [f"word{i}" for i in range(40)]
    once = [score("host", {"host": [word]}) for word in words]
    assert len(score._known) <= 11
    assert [score("host", {"host": [word]}) for word in words] == once


# --- in the features ---


def test_the_catalogue_has_a_feature_for_each_field_and_class(contract):
    names = {feature.name for feature in contract.features if "words" in feature.lexicons}
    assert names == {f"words_{field}_{output}" for field in FIELDS for output in OUTPUTS}


def test_what_a_row_does_not_say_has_no_word_score(contract):
    measure = Featurizer(contract)
    full = measure.of_row(RowFacts("https://best-casino.example/x", "Play now", "https://a.example/", "bonus"))
    bare = measure.of_row(RowFacts("https://best-casino.example/x"))
    for field in ("host", "path", "title", "anchor"):
        known = [f"words_{field}_{output}" for output in OUTPUTS]
        assert np.isfinite([full[name] for name in known]).all()
        assert all(name in bare for name in known) == (field in ("host", "path"))


def test_an_image_link_is_read_by_its_alternative_text(contract):
    measure = Featurizer(contract)
    image = measure.of_row(RowFacts(anchor="[image alt=casino bonus]"))
    text = measure.of_row(RowFacts(anchor="casino bonus"))
    assert image["words_anchor_harmful"] == text["words_anchor_harmful"] != 0


def test_the_shipped_weights_know_a_spam_trade_from_a_craft(contract):
    score = WordScorer(contract.words)
    spam = score("title", text_words("title", "Best online casino bonus slots"))
    craft = score("title", text_words("title", "How we bake sourdough at home"))
    assert spam["words_title_harmful"] > craft["words_title_harmful"]


# --- the file ---


def test_weights_come_back_as_half_precision():
    values = RNG.normal(size=(BUCKETS, len(OUTPUTS)))
    data = encode_weights(values)
    weights = WordWeights.decode(data, "weights")
    np.testing.assert_array_equal(weights.values, values.astype(np.float16))
    assert encode_weights(weights.values) == data
    assert encode_weights(np.asfortranarray(values)) == data
    # Any NumPy reads it.
    np.testing.assert_array_equal(np.load(io.BytesIO(data), allow_pickle=False), weights.values)


def npy(array, *, allow_pickle=False):
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=allow_pickle)
    return stream.getvalue()


def with_header(text):
    line = text.encode("latin-1").ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(line).to_bytes(2, "little") + line + bytes(BUCKETS * 4)


class Trap:
    def __reduce__(self):
        return pytest.fail, ("a pickle was opened",)


def archive():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        packed.writestr("words.npy", encode_weights(np.zeros((BUCKETS, len(OUTPUTS)))))
    return stream.getvalue()


HOSTILE = {
    "empty": b"",
    "text": b"no array",
    "pickle": pickle.dumps(Trap()),
    "pickled array": npy(np.array([[Trap()]], dtype=object), allow_pickle=True),
    "archive": archive(),
    "broken archive": b"PK\x03\x04 and no more",
    "another shape": npy(np.zeros((BUCKETS, 3), dtype=np.float16)),
    "too short": npy(np.zeros((BUCKETS - 1, 2), dtype=np.float16)),
    "another precision": npy(np.zeros((BUCKETS, 2), dtype=np.float32)),
    "big-endian": npy(np.zeros((BUCKETS, 2), dtype=">f2")),
    "not a number": encode_weights(np.full((BUCKETS, 2), np.nan)),
    "infinity": encode_weights(np.full((BUCKETS, 2), -np.inf)),
    "cut": encode_weights(np.zeros((BUCKETS, 2)))[:-1],
    "more behind it": encode_weights(np.zeros((BUCKETS, 2))) + b"\0",
    "terabytes": with_header("{'descr': '<f2', 'fortran_order': True, 'shape': (1000000000000, 2), }"),
    "beyond counting": with_header("{'descr': '<f2', 'fortran_order': True, 'shape': (99999999999999999999, 2), }"),
    "brackets": with_header("(" * 100),
    "no type": with_header("{'descr': ('<f2',), 'fortran_order': True, 'shape': (131072, 2), }"),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_another_file_is_refused(data):
    with pytest.raises(
        ContractError, match=rf"here/words\.npy: not {BUCKETS} by 2 finite half-precision.*linksift init"
    ):
        WordWeights.decode(data, "here/words.npy")


@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda tail: b"\x93NUMPY\x01\x00" + tail))
@settings(deadline=None)
def test_any_other_bytes_are_refused(data):
    with pytest.raises(ContractError, match="w: "):
        WordWeights.decode(data, "w")


def test_hostile_weights_in_a_features_folder_are_named(tmp_path):
    (tmp_path / "catalogue.toml").write_text("")
    (tmp_path / "words.npy").write_bytes(HOSTILE["pickled array"])
    with pytest.raises(ContractError, match=r"words\.npy"):
        load_contract(tmp_path)
