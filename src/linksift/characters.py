"""Whole texts looked up in tables of code points: folded to words, and their letters, capitals and digits counted."""

import re
import unicodedata
from functools import cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

# Code points below this have an entry: the last planes hold rare ideographs and private signs.
_SIZE: Final = 0x20000
_BLANK: Final = 0x20
_APOSTROPHES: Final = (0x27, 0x2019)
# What has to be looked at together with its neighbours, or becomes several characters: no code point is as large.
_HARD: Final = 0x110000
# Hangul letters that join into syllables, as a mark joins the letter before it.
_JAMO: Final = (0x1100, 0x11FF)
# Marks that stand with signs and emoji, and end a word.
_LOOSE_MARKS: Final = ((0x20D0, 0x20FF), (0xFE00, 0xFE0F))
_LETTER, _CAPITAL, _DIGIT, _STOP = 1, 2, 4, 8
#: Signs that end a sentence.
STOPS: Final = ".!?。！？।؟"
_STOPS = re.compile(f"[{STOPS}]+")
#: Scripts written without spaces: Thai, Lao, Khmer, Myanmar, kana, CJK ideographs; first and last code point of each range.
UNSPACED: Final = (
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF),
)  # fmt: skip

_Codes = npt.NDArray[np.uint32]


class CharacterCounts(NamedTuple):
    """How many characters of a text are letters, capitals among the letters, and digits, and how many runs of full stops and their kin it has."""

    letters: int
    capitals: int
    digits: int
    stops: int


def folded_words(text: str) -> list[str] | None:
    """Split a text into case-folded runs of letters and digits, with apostrophes inside a word kept.

    None where it holds combining marks, an unspaced script or a letter that folds into several: such texts need more than a table.
    """
    # The one common letter that folds into two.
    codes = _codes(f" {text} ".replace("ß", "ss"))
    if codes.max() >= _SIZE:
        return None
    folded = _folding().take(codes)
    if folded.max() == _HARD:
        return None
    marks = np.flatnonzero((folded == _APOSTROPHES[0]) | (folded == _APOSTROPHES[1]))
    if marks.size:
        outside = ~(_in_word(folded[marks - 1]) & _in_word(folded[marks + 1]))
        folded[marks[outside]] = _BLANK
    return folded.tobytes().decode("utf-32-le").split()


def count_characters(text: str) -> CharacterCounts:
    """Count letters, capitals and digits, as ``str.isalpha``, ``isupper`` and ``isdigit`` tell them, and runs of `STOPS`."""
    codes = _codes(text)
    if not codes.size or codes.max() >= _SIZE:
        alphabetic = "".join(filter(str.isalpha, text))
        capitals, digits = sum(map(str.isupper, alphabetic)), sum(map(str.isdigit, text))
        return CharacterCounts(len(alphabetic), capitals, digits, len(_STOPS.findall(text)))
    kinds = _kinds().take(codes)
    stops = kinds & _STOP
    runs = np.count_nonzero(stops[1:] & ~stops[:-1]) + bool(stops[0])
    letters, capitals, digits = (int(np.count_nonzero(kinds & kind)) for kind in (_LETTER, _CAPITAL, _DIGIT))
    return CharacterCounts(letters, capitals, digits, int(runs))


def _codes(text: str) -> _Codes:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


def _in_word(folded: _Codes) -> npt.NDArray[np.bool_]:
    inside: npt.NDArray[np.bool_] = (folded != _BLANK) & (folded != _APOSTROPHES[0]) & (folded != _APOSTROPHES[1])
    return inside


@cache
def _folding() -> _Codes:
    """Return for each code point what it is folded to, a blank where it is part of no word."""
    chars = _chars()
    table = np.full(_SIZE, _BLANK, dtype="<u4")
    words = [(code, char.casefold()) for code, char in enumerate(chars) if char.isalnum()]
    whole = [
        (code, ord(folded)) for code, folded in words if len(folded) == 1 and unicodedata.is_normalized("NFC", folded)
    ]
    table[[code for code, _ in words]] = _HARD
    table[[code for code, _ in whole]] = [folded for _, folded in whole]
    table[[code for code, char in enumerate(chars) if unicodedata.category(char)[0] == "M"]] = _HARD
    table[list(_APOSTROPHES)] = _APOSTROPHES
    for first, last in (_JAMO, *UNSPACED):
        table[first : last + 1] = _HARD
    for first, last in _LOOSE_MARKS:
        table[first : last + 1] = _BLANK
    return table


@cache
def _kinds() -> npt.NDArray[np.uint8]:
    chars = _chars()
    letters = np.fromiter(map(str.isalpha, chars), dtype=np.uint8, count=_SIZE)
    capitals = np.fromiter(map(str.isupper, chars), dtype=np.uint8, count=_SIZE) & letters
    digits = np.fromiter(map(str.isdigit, chars), dtype=np.uint8, count=_SIZE)
    kinds = letters * _LETTER + capitals * _CAPITAL + digits * _DIGIT
    kinds[list(map(ord, STOPS))] = _STOP
    return kinds


def _chars() -> list[str]:
    return [chr(code) for code in range(_SIZE)]
