"""Writing systems of a text, told by code point in one vectorised pass."""

import re
from functools import lru_cache
from typing import Final

import numpy as np

_MAX_CHARS: Final = 20_000
_ASCII_LETTER = re.compile(r"[A-Za-z]")
# First code point of a range and the script of its letters, in order; an empty name is no letter of a script that we tell apart.
# Han and kana are one: Japanese mixes them.
_RANGES: Final = (
    (0x00, ""), (0x41, "latin"), (0x5B, ""), (0x61, "latin"), (0x7B, ""), (0xC0, "latin"), (0x2B0, ""), (0x370, "greek"),
    (0x400, "cyrillic"), (0x530, "armenian"), (0x590, "hebrew"), (0x600, "arabic"), (0x700, ""), (0x750, "arabic"),
    (0x780, ""), (0x900, "indic"), (0xE00, "thai"), (0xE80, "lao"), (0xF00, ""), (0x1000, "burmese"), (0x10A0, "georgian"),
    (0x1100, "hangul"), (0x1200, ""), (0x1780, "khmer"), (0x1800, ""), (0x1E00, "latin"), (0x1F00, "greek"), (0x2000, ""),
    (0x3040, "east asian"), (0x3100, ""), (0x3400, "east asian"), (0xA000, ""), (0xAC00, "hangul"), (0xD7B0, ""),
    (0xF900, "east asian"), (0xFB00, ""), (0xFB50, "arabic"), (0xFE00, ""), (0xFE70, "arabic"), (0xFF00, ""),
)  # fmt: skip
_NAMES: Final = ("", *sorted({name for _, name in _RANGES if name}))
_STARTS: Final = np.array([start for start, _ in _RANGES], dtype=np.uint32)
_CODES: Final = np.array([_NAMES.index(name) for _, name in _RANGES])


def script_shares(text: str) -> dict[str, float]:
    """Return the share of each script among the letters of the first 20,000 characters; empty where there is no letter.

    >>> script_shares("ab Ω")
    {'greek': 0.3333333333333333, 'latin': 0.6666666666666666}
    """
    part = text[:_MAX_CHARS]
    if part.isascii():
        return {"latin": 1.0} if _ASCII_LETTER.search(part) else {}
    points = np.frombuffer(part.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    codes = _CODES[np.searchsorted(_STARTS, points, side="right") - 1]
    counts = np.bincount(codes, minlength=len(_NAMES))[1:]
    total = int(counts.sum())
    return {name: int(n) / total for name, n in zip(_NAMES[1:], counts, strict=True) if n} if total else {}


def main_script(text: str) -> str | None:
    """Return the script of most letters of a short text, None where it has no letter."""
    if text.isascii():
        return "latin" if _ASCII_LETTER.search(text) else None
    return _main_script(text)


@lru_cache(maxsize=4_096)
def _main_script(text: str) -> str | None:
    shares = script_shares(text)
    return max(shares, key=lambda name: (shares[name], name)) if shares else None
