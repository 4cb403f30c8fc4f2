"""Text helpers and the statistics of running text, for every script."""

import math
import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

# Vowel signs and accents: `\w` leaves them out, and would cut a Hindi word at each.
_MARKS: Final = "".join(chr(code) for code in range(0x300, 0x2000) if unicodedata.category(chr(code)).startswith("M"))
_WORD = rf"[^\W_](?:[^\W_]|[{_MARKS}])*"
# A token is a run of letters, marks and digits; an apostrophe inside a word does not end it.
_TOKEN = re.compile(rf"{_WORD}(?:['’]{_WORD})*")
# Scripts written without spaces: Thai, Lao, Khmer, Myanmar, kana, CJK ideographs.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_UNSPACED_RUN = re.compile(_UNSPACED.pattern + "{3,}")
_SENTENCE_END = re.compile(r"[.!?。！？।؟]+")
_TERMINAL: Final = tuple(".?!\"'”’»…。！？।؟」』")
_BULLETS: Final = tuple("•‣▪●-–*·")
_ELLIPSIS: Final = ("...", "…")


def tokens(text: str) -> list[str]:
    """Split text into case-folded tokens; a run of an unspaced script becomes its overlapping pairs of characters.

    >>> tokens("Don't buy CHEAP pills!")
    ["don't", 'buy', 'cheap', 'pills']
    >>> tokens("百家乐 online")
    ['百家', '家乐', 'online']
    """
    found = _TOKEN.findall(unicodedata.normalize("NFC", text.casefold()))
    if not _UNSPACED.search(text):
        return found
    return [part for token in found for part in _pairs(token)]


def _pairs(token: str) -> Iterable[str]:
    if not _UNSPACED_RUN.search(token):
        return (token,)
    return (token[at : at + 2] for at in range(len(token) - 1))


def has_unspaced_script(text: str) -> bool:
    """Tell whether text holds a character of a script that is written without spaces."""
    return bool(_UNSPACED.search(text))


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
    letters = [char for char in text if char.isalpha()]
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
    raw = text.encode("utf-8", "ignore")
    return {
        "text_words": float(n_words),
        "text_lines": float(n_lines),
        "text_mean_word_length": ratio(word_chars, n_words),
        "text_alpha_words": ratio(sum(any(map(str.isalpha, word)) for word in words), n_words),
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
        "text_top_bigram_chars": _top_ngram(words, 2, word_chars),
        "text_top_trigram_chars": _top_ngram(words, 3, word_chars),
        "text_repeated_5gram_chars": _repeated_ngrams(words, 5, word_chars),
        "text_top_word_share": ratio(max((n for w, n in counts.items() if len(w) > 3), default=0), n_words),
        "text_sentences": float(len(_SENTENCE_END.findall(text))) if text else math.nan,
        "text_words_per_sentence": ratio(n_words, len(_SENTENCE_END.findall(text)) or 1) if text else math.nan,
        "text_digit_chars": ratio(sum(map(str.isdigit, text)), len(text)),
        "text_upper_chars": upper_share(text),
        "text_compression_2k": ratio(len(raw[:2048]), len(zlib.compress(raw[:2048], 6))) if text else math.nan,
    }


def _entropy(counts: Counter[str], total: int) -> float:
    if not total:
        return math.nan
    return -sum(n / total * math.log(n / total) for n in counts.values()) + 0.0


def _duplicates(lines: Sequence[str]) -> list[str]:
    seen: set[str] = set()
    again = []
    for line in lines:
        if line in seen:
            again.append(line)
        seen.add(line)
    return again


def _top_ngram(words: Sequence[str], n: int, word_chars: int) -> float:
    """Characters in the commonest n-gram, by RedPajama-V2's definition: nothing where none occurs twice."""
    if not words:
        return math.nan
    grams = Counter(zip(*(words[at:] for at in range(n)), strict=False))
    if not grams:
        return 0.0
    gram, count = max(grams.items(), key=lambda item: (item[1], item[0]))
    return min(1.0, sum(map(len, gram)) * count / word_chars) if count > 1 else 0.0


def _repeated_ngrams(words: Sequence[str], n: int, word_chars: int) -> float:
    """Characters of words that lie in an n-gram which occurs more than once, each word counted once (RedPajama-V2)."""
    if not words:
        return math.nan
    grams = list(zip(*(words[at:] for at in range(n)), strict=False))
    counts = Counter(grams)
    covered = bytearray(len(words))
    for at, gram in enumerate(grams):
        if counts[gram] > 1:
            covered[at : at + n] = b"\1" * n
    return sum(len(word) for word, hit in zip(words, covered, strict=True) if hit) / word_chars
