"""Text helpers and the statistics of running text, for every script."""

import math
import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from linksift.characters import UNSPACED, count_characters, folded_words

# Vowel signs and accents: `\w` leaves them out, and would cut a Hindi word at each.
_MARKS: Final = "".join(chr(code) for code in range(0x300, 0x2000) if unicodedata.category(chr(code)).startswith("M"))
_WORD = rf"[^\W_](?:[^\W_]|[{_MARKS}])*"
# A token is a run of letters, marks and digits; an apostrophe inside a word does not end it.
_TOKEN = re.compile(rf"{_WORD}(?:['’]{_WORD})*")
_UNSPACED = re.compile("[" + "".join(f"{chr(first)}-{chr(last)}" for first, last in UNSPACED) + "]")
_UNSPACED_RUN = re.compile(_UNSPACED.pattern + "{3,}")
_TERMINAL: Final = tuple(".?!\"'”’»…。！？।؟」』")
_BULLETS: Final = tuple("•‣▪●-–*·")
_ELLIPSIS: Final = ("...", "…")
# ASCII letters in lower case, digits and apostrophes as they are, a blank for everything else.
_ASCII_FOLDED: Final = bytes(
    ord(chr(code).lower()) if chr(code).isalnum() or code == 0x27 else 0x20 for code in range(128)
).ljust(256)
_LOOSE_APOSTROPHE = re.compile(rb"(?<![a-z0-9])'|'(?![a-z0-9])")
# Below this a table costs more than the pattern.
_LONG: Final = 500
_SHORT: Final = 200


def tokens(text: str) -> list[str]:
    """Split text into case-folded tokens; a run of an unspaced script becomes its overlapping pairs of characters.

    >>> tokens("Don't buy CHEAP pills!")
    ["don't", 'buy', 'cheap', 'pills']
    >>> tokens("百家乐 online")
    ['百家', '家乐', 'online']
    """
    if len(text) <= _SHORT:
        return list(_short_tokens(text))
    return _tokens(text)


def _tokens(text: str) -> list[str]:
    if text.isascii():
        folded = text.encode().translate(_ASCII_FOLDED)
        return (_LOOSE_APOSTROPHE.sub(b" ", folded) if b"'" in folded else folded).decode().split()
    if len(text) > _LONG and (words := folded_words(text)) is not None:
        return words
    found = _TOKEN.findall(unicodedata.normalize("NFC", text.casefold()))
    if not _UNSPACED.search(text):
        return found
    return [part for token in found for part in _pairs(token)]


# Titles, anchors and headings are asked for several times in a row.
@lru_cache(maxsize=4_096)
def _short_tokens(text: str) -> tuple[str, ...]:
    return tuple(_tokens(text))


def _pairs(token: str) -> Iterable[str]:
    if not _UNSPACED_RUN.search(token):
        return (token,)
    return (token[at : at + 2] for at in range(len(token) - 1))


def has_unspaced_script(text: str) -> bool:
    """Tell whether text holds a character of a script that is written without spaces."""
    return not text.isascii() and bool(_UNSPACED.search(text))


def fold_space(text: str) -> str:
    """Collapse every run of white space to one blank and strip the ends."""
    return " ".join(text.split())


def cosine(left: Counter[str], right: Counter[str]) -> float:
    """Cosine of two bags of words; NaN where one of them is empty (nothing to compare is not "different")."""
    if not left or not right:
        return math.nan
    small, large = (left, right) if len(left) <= len(right) else (right, left)
    dot = sum(count * large[word] for word, count in small.items() if word in large)
    norm = math.sqrt(sum(c * c for c in left.values())) * math.sqrt(sum(c * c for c in right.values()))
    return min(1.0, dot / norm)


def coverage(part: Iterable[str], whole: Counter[str]) -> float:
    """Share of the distinct words of `part` that occur in `whole`; NaN where `part` or `whole` is empty."""
    distinct = set(part)
    if not distinct or not whole:
        return math.nan
    return sum(word in whole for word in distinct) / len(distinct)


def ratio(part: float, whole: float) -> float:
    """Divide, with NaN where the whole is nothing."""
    return part / whole if whole else math.nan


def upper_share(text: str) -> float:
    """Share of capitals among the letters of a text; NaN where it has no letter."""
    if len(text) > _LONG:
        counts = count_characters(text)
        return ratio(counts.capitals, counts.letters)
    letters = "".join(filter(str.isalpha, text))
    return ratio(sum(map(str.isupper, letters)), len(letters))


def text_statistics(lines: Sequence[str], words: Sequence[str]) -> dict[str, float]:
    """Quality statistics of a main text.

    Parameters
    ----------
    lines
        Its paragraphs, headings and list items, stripped, none empty.
    words
        Its tokens, as `tokens` gives them.

    Returns
    -------
    dict
        The features of the family ``text`` in the contract, which names the source of each (Gopher, C4, FineWeb, RedPajama-V2, Ntoulas).
        Every value is NaN where there is no text.
    """
    text = "\n".join(lines)
    n_lines, n_words = len(lines), len(words)
    counts = Counter(words)
    word_chars = sum(map(len, words))
    duplicates = _duplicates(lines)
    characters = count_characters(text)
    raw = text[:2048].encode("utf-8", "ignore")[:2048]
    return {
        "text_words": float(n_words),
        "text_lines": float(n_lines),
        "text_mean_word_length": ratio(word_chars, n_words),
        "text_alpha_words": ratio(sum(n for word, n in counts.items() if _has_letter(word)), n_words),
        "text_unique_words": ratio(len(counts), n_words),
        "text_entropy": _entropy(counts, n_words),
        "text_symbol_words": ratio(text.count("#") + text.count("...") + text.count("…"), n_words),
        "text_bullet_lines": ratio(sum(line.startswith(_BULLETS) for line in lines), n_lines),
        "text_ellipsis_lines": ratio(sum(line.endswith(_ELLIPSIS) for line in lines), n_lines),
        "text_terminal_lines": ratio(sum(line.endswith(_TERMINAL) for line in lines), n_lines),
        "text_short_lines": ratio(sum(len(line) <= 30 for line in lines), n_lines),
        "text_lines_per_word": ratio(n_lines, n_words),
        "text_duplicate_lines": ratio(len(duplicates), n_lines),
        "text_duplicate_line_chars": ratio(sum(map(len, duplicates)), len(text)),
        **_repetition(words, list(counts), word_chars),
        "text_top_word_share": ratio(max((n for w, n in counts.items() if len(w) > 3), default=0), n_words),
        "text_sentences": float(characters.stops) if text else math.nan,
        "text_words_per_sentence": ratio(n_words, characters.stops or 1) if text else math.nan,
        "text_digit_chars": ratio(characters.digits, len(text)),
        "text_upper_chars": ratio(characters.capitals, characters.letters),
        "text_compression_2k": ratio(len(raw), len(zlib.compress(raw, 6))) if text else math.nan,
    }


def _has_letter(word: str) -> bool:
    return word.isalpha() or any(map(str.isalpha, word))


def _entropy(counts: Counter[str], total: int) -> float:
    if not total:
        return math.nan
    shares = np.fromiter(counts.values(), dtype=np.float64, count=len(counts)) / total
    return float(-(shares * np.log(shares)).sum()) + 0.0


def _duplicates(lines: Sequence[str]) -> list[str]:
    seen: set[str] = set()
    again = []
    for line in lines:
        if line in seen:
            again.append(line)
        seen.add(line)
    return again


def _repetition(words: Sequence[str], distinct: Sequence[str], word_chars: int) -> dict[str, float]:
    """Characters in the commonest n-grams and in repeated ones, by RedPajama-V2's definitions."""
    if not words:
        return dict.fromkeys(("text_top_bigram_chars", "text_top_trigram_chars", "text_repeated_5gram_chars"), math.nan)
    number = dict(zip(distinct, range(len(distinct)), strict=True))
    ids = np.fromiter(map(number.__getitem__, words), dtype=np.int64, count=len(words))
    # Two words make one number, and three: an n-gram has the same only where it is the same.
    pairs = ids[:-1] * len(distinct) + ids[1:]
    _, pairs = np.unique(pairs, return_inverse=True)
    triples = pairs[:-1] * len(distinct) + ids[2:]
    _, triples = np.unique(triples, return_inverse=True)
    return {
        "text_top_bigram_chars": _top_ngram(words, 2, pairs, word_chars),
        "text_top_trigram_chars": _top_ngram(words, 3, triples, word_chars),
        "text_repeated_5gram_chars": _repeated_5grams(words, triples, word_chars),
    }


def _top_ngram(words: Sequence[str], n: int, grams: npt.NDArray[np.int64], word_chars: int) -> float:
    """Characters in the commonest n-gram; nothing where none occurs twice. Of equals the last in the alphabet is taken."""
    counts = np.bincount(grams) if len(grams) else np.zeros(1, dtype=np.int64)
    most = int(counts.max())
    if most < 2:
        return 0.0
    at = np.flatnonzero(counts.take(grams) == most)
    starts = dict(zip(grams.take(at).tolist(), at.tolist(), strict=True)).values()
    gram = max(tuple(words[start : start + n]) for start in starts)
    return min(1.0, sum(map(len, gram)) * most / word_chars)


def _repeated_5grams(words: Sequence[str], triples: npt.NDArray[np.int64], word_chars: int) -> float:
    """Characters of words that lie in a run of five words which occurs more than once, each word counted once."""
    if len(words) < 5:
        return 0.0
    again = np.bincount(triples).take(triples) > 1
    # Five words repeat only where their first three and their last three do.
    starts = np.flatnonzero(again[:-2] & again[2:]).tolist()
    grams = [tuple(words[at : at + 5]) for at in starts]
    counts = Counter(grams)
    covered = bytearray(len(words))
    for at, gram in zip(starts, grams, strict=True):
        if counts[gram] > 1:
            covered[at : at + 5] = b"\1" * 5
    return sum(len(word) for word, hit in zip(words, covered, strict=True) if hit) / word_chars
