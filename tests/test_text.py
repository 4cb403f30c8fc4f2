import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linksift.text import cosine, coverage, fold_space, ratio, text_statistics, tokens, upper_share

LINES = [
    "Bees make honey.",
    "• Honey is sweet…",
    "Bees make honey.",
    "Read 10 more things about the wax, the comb and the queen #bees",
]
WORDS = tokens("\n".join(LINES))
#: Counted by hand: 22 words of 87 characters, 15 of them distinct; the text has 115 characters, 85 of them letters.
EXPECTED = {
    "text_words": 22,
    "text_lines": 4,
    "text_mean_word_length": 87 / 22,
    "text_unique_words": 15 / 22,
    "text_alpha_words": 21 / 22,
    "text_symbol_words": 2 / 22,
    "text_bullet_lines": 1 / 4,
    "text_ellipsis_lines": 1 / 4,
    "text_terminal_lines": 3 / 4,
    "text_short_lines": 3 / 4,
    "text_lines_per_word": 4 / 22,
    "text_duplicate_lines": 1 / 4,
    "text_duplicate_line_chars": 16 / 115,
    "text_top_word_share": 3 / 22,
    "text_sentences": 2,
    "text_words_per_sentence": 11,
    "text_digit_chars": 2 / 115,
    "text_upper_chars": 4 / 85,
}
NO_SHARES = {
    "text_words", "text_lines", "text_mean_word_length", "text_entropy", "text_symbol_words", "text_lines_per_word",
    "text_sentences", "text_words_per_sentence", "text_compression_2k",
}  # fmt: skip


@pytest.mark.parametrize("name", EXPECTED)
def test_statistics_by_hand(name):
    assert text_statistics(LINES, WORDS)[name] == pytest.approx(EXPECTED[name])


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [
        # "ab cd" occurs twice: 8 of 10 characters.
        ("ab cd ab cd ef", "text_top_bigram_chars", 0.8),
        ("ab cd ef gh", "text_top_bigram_chars", 0.0),
        ("ab cd ef ab cd ef", "text_top_trigram_chars", 1.0),
        ("a", "text_top_trigram_chars", 0.0),
        # Eleven words, of which the run of five stands twice.
        ("a b c d e x a b c d e", "text_repeated_5gram_chars", 10 / 11),
        ("a b c d e f g h", "text_repeated_5gram_chars", 0.0),
        ("a b a b", "text_entropy", math.log(2)),
        ("a a", "text_entropy", 0.0),
    ],
)
def test_statistics_of_words(words, name, value):
    assert text_statistics([words], words.split())[name] == pytest.approx(value)


def test_repetition_compresses():
    dull, rich = "buy now " * 250, "".join(chr(0x4E00 + n * 7) for n in range(600))
    assert text_statistics([dull], tokens(dull))["text_compression_2k"] > 20
    assert text_statistics([rich], tokens(rich))["text_compression_2k"] < 3


def test_no_text_is_unknown_not_zero():
    values = text_statistics([], [])
    assert (values.pop("text_words"), values.pop("text_lines")) == (0, 0)
    assert all(math.isnan(value) for value in values.values())


@given(st.lists(st.text(min_size=1).map(fold_space).filter(bool)))
def test_statistics_stay_in_range(lines):
    for name, value in text_statistics(lines, tokens("\n".join(lines))).items():
        if math.isnan(value):
            continue
        assert 0 <= value < math.inf
        assert value <= 1 or name in NO_SHARES, name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't buy CHEAP pills!", ["don't", "buy", "cheap", "pills"]),
        ("STRASSE Straße", ["strasse", "strasse"]),
        ("百家乐 online", ["百家", "家乐", "online"]),
        ("百家", ["百家"]),
        ("казино онлайн", ["казино", "онлайн"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("cafe\u0301", ["café"]),
        ("snake_case, semi-colon", ["snake", "case", "semi", "colon"]),
        ("… !", []),
    ],
)
def test_tokens(text, expected):
    assert tokens(text) == expected


def test_comparisons():
    assert cosine(Counter("aab"), Counter("aab")) == pytest.approx(1.0)
    assert cosine(Counter("a"), Counter("b")) == 0.0
    assert cosine(Counter(a=1), Counter(a=1, b=1)) == pytest.approx(1 / math.sqrt(2))
    assert math.isnan(cosine(Counter(), Counter("a")))
    assert coverage(["a", "a", "b"], Counter("a")) == 0.5
    assert math.isnan(coverage([], Counter("a")))
    assert math.isnan(ratio(1, 0))


@given(st.text())
def test_share_of_capitals_is_a_share(text):
    share = upper_share(text)
    assert math.isnan(share) or 0 <= share <= 1


def test_signs_that_are_no_letters_are_no_capitals():
    assert upper_share("Ⓐ Ⅷ aB") == 0.5
    assert math.isnan(upper_share("Ⅷ 12"))
