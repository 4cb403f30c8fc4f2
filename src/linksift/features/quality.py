"""More statistics of the main text (family ``quality``; needs ``page``): see the contract for the source of each definition."""

import math
import re
import zlib
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from linksift.features.vocabulary import Vocabulary
from linksift.text import has_unspaced_script, ratio

IntArray = npt.NDArray[np.int64]

_MAX_COMPRESSED: Final = 32_768
_MAX_WORDS: Final = 20_000
_BASE: Final = np.int64(6_364_136_223_846_793_005)
_SENTENCE_END = re.compile(r"[.!?。！？।؟]+")
_POLICY = re.compile(r"terms of use|privacy policy|cookie policy|uses cookies|use of cookies|use cookies")
_SPINTAX = re.compile(r"\{[^{}|\n]{1,60}(?:\|[^{}|\n]{0,60}){1,20}\}")
_PHONE = re.compile(r"(?<!\w)\+?\d[\d ().-]{7,20}\d(?!\w)")
_LEFTOVER = re.compile(
    r"\[(?:insert|your|city|keyword|company|name|link)\b[^\]\n]{0,40}\]|\{\{[^{}\n]{1,40}\}\}|%%[a-z_]{2,30}%%"
)
_LIST_PARTS = re.compile(r"[,|;•·]")
_EMOJI_LINE = re.compile(r"^[\u2600-\u27bf\U0001f000-\U0001faff]", re.MULTILINE)
_LONG_WORD: Final = 6
_MAX_PROBE: Final = 2_000


def quality_features(lines: Sequence[str], words: Sequence[str], vocabulary: Vocabulary) -> dict[str, float]:
    """Measure a main text; every value is NaN where it has no word.

    Parameters
    ----------
    lines
        Its paragraphs, headings and list items; `words` are its tokens.
    """
    if not words:
        return {}
    words = words[:_MAX_WORDS]
    index = {word: number for number, word in enumerate(dict.fromkeys(words))}
    ids = np.fromiter(map(index.__getitem__, words), dtype=np.int64, count=len(words))
    lengths = np.fromiter(map(len, words), dtype=np.int64, count=len(words))
    text = "\n".join(lines)
    return (
        _ranks(ids, len(index))
        | _ngrams(ids, lengths)
        | _sentences(text, lengths)
        | _lines(text, lines)
        | _marks(text, words, index, vocabulary)
    )


def _ranks(ids: IntArray, n_distinct: int) -> dict[str, float]:
    """Shape of the frequencies of words by rank (Pavlov and Dobrov 2011)."""
    counts = np.sort(np.bincount(ids, minlength=n_distinct))[::-1]
    slope = math.nan
    if n_distinct >= 10:
        x, y = np.log(np.arange(1, n_distinct + 1)), np.log(counts)
        x = x - x.mean()
        slope = float((x * y).sum() / (x * x).sum())
    return {
        "quality_zipf_slope": slope,
        "quality_top10_words": float(counts[:10].sum() / len(ids)),
        "quality_single_words": float((counts == 1).sum() / n_distinct),
    }


def _ngrams(ids: IntArray, lengths: IntArray) -> dict[str, float]:
    """Entropy of trigrams, commonest 4-gram, and words inside repeated n-grams of 6 to 10 words, by RedPajama-V2's definitions.

    Only where n words are repeated can n + 1 be, so each step looks at what the one before left.
    """
    n_words, chars = len(ids), int(lengths.sum())
    names = [f"quality_repeated_{n}gram_chars" for n in range(6, 11)]
    features = dict.fromkeys(names, 0.0) | {"quality_top_4gram_chars": 0.0, "quality_trigram_entropy": 0.0}
    if n_words < 3:
        return features
    mixed = (ids + 1) * _BASE
    hashes = (mixed[:-2] * _BASE + mixed[1:-1]) * _BASE + mixed[2:]
    counts = np.unique(hashes, return_counts=True)[1]
    p = counts / counts.sum()
    features["quality_trigram_entropy"] = float(max(0.0, -(p * np.log(p)).sum()))
    starts = np.arange(len(hashes))
    for n in range(4, 11):
        inside = starts + n <= n_words
        starts, hashes = starts[inside], hashes[inside]
        hashes = hashes * _BASE + mixed[starts + n - 1]
        _, first, inverse, counts = np.unique(hashes, return_index=True, return_inverse=True, return_counts=True)
        again = counts[inverse] > 1
        if not again.any():
            break
        if n == 4:
            top = int(counts.max())
            at = int(starts[first[counts == top].min()])
            features["quality_top_4gram_chars"] = min(1.0, int(lengths[at : at + 4].sum()) * top / chars)
        starts, hashes = starts[again], hashes[again]
        if n >= 6:
            steps = np.zeros(n_words + 1, dtype=np.int64)
            steps[starts] += 1
            steps[starts + n] -= 1
            features[f"quality_repeated_{n}gram_chars"] = float(lengths[np.cumsum(steps[:-1]) > 0].sum() / chars)
    return features


def _sentences(text: str, lengths: IntArray) -> dict[str, float]:
    sizes = [size for size in (len(part.split()) for part in _SENTENCE_END.split(text)) if size]
    n_words = len(lengths)
    long_share = float((lengths > _LONG_WORD).sum() / n_words)
    return {
        "quality_sentence_spread": float(np.std(sizes)) if sizes else math.nan,
        "quality_lix": (sum(sizes) / len(sizes) + 100 * long_share) if sizes else math.nan,
    }


def _lines(text: str, lines: Sequence[str]) -> dict[str, float]:
    folded = text.casefold()
    small = folded.split("\n") if "javascript" in folded or _POLICY.search(folded) else []
    raw = text[:_MAX_COMPRESSED].encode("utf-8", "ignore")
    return {
        "quality_compression": ratio(len(raw), len(zlib.compress(raw, 1))),
        "quality_javascript_lines": ratio(sum("javascript" in line for line in small), len(lines)),
        "quality_policy_lines": ratio(sum(bool(_POLICY.search(line)) for line in small), len(lines)),
        "quality_lorem": float("lorem ipsum" in folded),
        "quality_brace": float("{" in text),
        "quality_curly_chars": ratio(text.count("{") + text.count("}"), len(text)),
        "quality_emoji_lines": ratio(min(len(lines), len(_EMOJI_LINE.findall(text))), len(lines)),
        "quality_list_run": float(max(map(_list_run, lines), default=0)),
    }


def _list_run(line: str) -> int:
    """Longest run of short items between commas or bars: the lists of places and phrases that keyword stuffing leaves."""
    if line.count(",") < 3 and line.count("|") < 3 and line.count(";") < 3 and line.isascii():
        return 0
    longest = run = 0
    parts = _LIST_PARTS.split(line)
    if len(parts) < 4:
        return 0
    for part in parts:
        run = run + 1 if part.count(" ") <= 3 and part.strip() else 0
        longest = max(longest, run)
    return longest


def _marks(text: str, words: Sequence[str], index: dict[str, int], vocabulary: Vocabulary) -> dict[str, float]:
    """Measure marks of spun, templated and machine-written text. Each is weak: people use dashes and lists, too."""
    n_words = len(words)
    raw = text.split()
    return {
        "quality_caps_words": ratio(sum(len(word) > 1 for word in filter(str.isupper, raw)), len(raw)),
        "quality_hash_words": ratio(text.count("#"), n_words),
        "quality_ellipsis_words": ratio(text.count("...") + text.count("…"), n_words),
        "quality_phones": ratio(len(_PHONE.findall(text)), n_words),
        "quality_spintax": float(len(_SPINTAX.findall(text))) if "{" in text else 0.0,
        "quality_leftovers": float(len(_LEFTOVER.findall(text.casefold()))) if re.search(r"[\[{%]", text) else 0.0,
        "quality_machine_phrases": ratio(_stock_phrases(text, words, index, vocabulary), n_words),
        "quality_dashes": ratio(text.count("—"), n_words),
    }


def _stock_phrases(text: str, words: Sequence[str], index: dict[str, int], vocabulary: Vocabulary) -> int:
    machine = vocabulary["machine_text"]
    phrases = [phrase for first in machine.phrases.keys() & index.keys() for phrase in machine.phrases[first]]
    possible = any(all(word in index for word in phrase) for phrase in phrases)
    if possible or not machine.words.isdisjoint(index) or has_unspaced_script(text[:_MAX_PROBE]):
        return machine.count(words, text.casefold())
    return 0
