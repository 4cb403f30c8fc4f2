"""Learned word scores: what the words of a URL, a title, an anchor or the markup around a link say of its class.

A hand-made lexicon knows the words that somebody thought of; these weights were fitted to labelled links (`linksift.wordfit`). Each word is
itself and its character n-grams of 3 to 5 letters, hashed into a fixed number of buckets, so that a word never seen before still says
something (Bojanowski et al. 2017, "Enriching word vectors with subword information"; Weinberger et al. 2009 for the hashing). Nothing of a
text can be read back from the weights.
"""

import hashlib
import io
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final
from urllib.parse import unquote

import numpy as np
import numpy.typing as npt

from linksift.errors import ContractError
from linksift.text import tokens

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

BUCKETS: Final = 1 << 17
#: Classes of the two columns of the weights; each is the log-odds against ``neutral``.
OUTPUTS: Final = ("harmful", "valuable")
#: Fields with a score of their own, and the hash spaces that each is made of.
FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "host": ("host",),
    "path": ("path",),
    "title": ("title",),
    "anchor": ("anchor",),
    "context": ("left", "right"),
    "heading": ("heading",),
    "markup": ("own", "near", "far"),
}
#: Words of each hash space, by name.
Spaces = Mapping[str, Sequence[str]]

_LIMITS: Final = {"host": 20, "path": 30, "title": 40, "anchor": 30, "left": 12, "right": 12, "heading": 15}
_MAX_WORD: Final = 30
_NGRAMS: Final = (3, 4, 5)
# Short texts whose word order says something; running text has too many pairs for the labels there are.
_PAIRED: Final = frozenset(("title", "anchor"))
_CAMEL = re.compile(r"([a-z])([A-Z])")
_NAME = re.compile(r"[a-z]{2,}")
_SCHEME = re.compile(r"^https?://(?:www\.)?", re.IGNORECASE)
_MAX_CACHED: Final = 200_000
_STORED: Final = np.dtype("<f2")


@dataclass(frozen=True, eq=False)
class WordWeights:
    """Fitted weights.

    Attributes
    ----------
    values
        Shape (`BUCKETS`, 2), columns as `OUTPUTS`.
    sha256
        Digest of the file.
    """

    values: FloatArray
    sha256: str

    @classmethod
    def decode(cls, data: bytes, where: str) -> "WordWeights":
        """Read a ``.npy`` file of half-precision numbers, as `encode_weights` writes it.

        Raises
        ------
        ContractError
            Where the file is another one, is cut, or holds a number that is not finite.
        """
        # The header is compared, not parsed: NumPy's parser fails in many ways on a hostile one, and may ask for terabytes.
        header = _header()
        is_ours = data.startswith(header) and len(data) == len(header) + BUCKETS * len(OUTPUTS) * _STORED.itemsize
        values = np.frombuffer(data[len(header) :], dtype=_STORED) if is_ours else None
        if values is None or not np.isfinite(values).all():
            raise ContractError(
                f"{where}: not {BUCKETS} by {len(OUTPUTS)} finite half-precision numbers as `linksift dataset` writes them; "
                "`linksift init DIR` writes a complete features folder"
            )
        return cls(values.reshape(len(OUTPUTS), BUCKETS).T.astype(np.float64), hashlib.sha256(data).hexdigest())


def encode_weights(values: FloatArray) -> bytes:
    """Write weights, shape (`BUCKETS`, 2), as a ``.npy`` file of half-precision numbers."""
    return _header() + np.asarray(values, dtype=_STORED).tobytes(order="F")


def _header() -> bytes:
    stream = io.BytesIO()
    described = {"descr": _STORED.str, "fortran_order": True, "shape": (BUCKETS, len(OUTPUTS))}
    np.lib.format.write_array_header_1_0(stream, described)
    return stream.getvalue()


class WordScorer:
    """Scores fields; a word's score is computed once and remembered."""

    def __init__(self, weights: WordWeights) -> None:
        # Lists: a word has few buckets, and a number of an array costs several of a list.
        self._harmful, self._valuable = (column.tolist() for column in weights.values.T)
        self._known: dict[tuple[str, str], tuple[float, float]] = {}

    def __call__(self, field: str, spaces: Spaces) -> dict[str, float]:
        """Return ``words_<field>_harmful`` and ``words_<field>_valuable``, 0 where the field has no word."""
        harmful = valuable = 0.0
        known = self._known
        for space in FIELDS[field]:
            words = spaces[space]
            if not words:
                continue
            scale = len(words) ** -0.5
            pieces = [*words, *_pairs(words)] if space in _PAIRED else words
            scores = [known.get((space, word)) or self._score(space, word) for word in pieces]
            harmful += sum([score[0] for score in scores]) * scale
            valuable += sum([score[1] for score in scores]) * scale
        return {f"words_{field}_harmful": harmful, f"words_{field}_valuable": valuable}

    def _score(self, space: str, word: str) -> tuple[float, float]:
        if len(self._known) > _MAX_CACHED:
            self._known.clear()
        ids = _buckets(space, word)
        scale = len(ids) ** -0.5
        score = (sum([self._harmful[at] for at in ids]) * scale, sum([self._valuable[at] for at in ids]) * scale)
        self._known[space, word] = score
        return score


def piece_ids(space: str, piece: str) -> tuple[IntArray, float]:
    """Return the buckets of a word (or of a pair of words, joined by a blank), and the factor that makes the vector unit length."""
    ids = _buckets(space, piece)
    return np.array(ids, dtype=np.int64), len(ids) ** -0.5


def _buckets(space: str, piece: str) -> list[int]:
    framed = f"<{piece}>"
    start = _start(space)
    found = {zlib.crc32(framed.encode(errors="replace"), start) % BUCKETS}
    if " " not in piece:
        # One letter is one byte in nearly all words, which saves encoding each n-gram.
        places = [(at, at + n) for n in _NGRAMS for at in range(len(framed) - n + 1)]
        if framed.isascii():
            whole = framed.encode()
            found.update([zlib.crc32(whole[first:last], start) % BUCKETS for first, last in places])
        else:
            found.update(
                [zlib.crc32(framed[first:last].encode(errors="replace"), start) % BUCKETS for first, last in places]
            )
    return sorted(found)


@lru_cache(maxsize=64)
def _start(space: str) -> int:
    """Return the checksum so far of what stands before each n-gram of a space."""
    return zlib.crc32(f"{space} ".encode())


def vector(spaces: Spaces, field: str) -> tuple[IntArray, FloatArray]:
    """Return the buckets of a field and the value in each; a bucket may be there twice (add them)."""
    columns, values = [np.zeros(0, dtype=np.int64)], [np.zeros(0)]
    for space in FIELDS[field]:
        words = spaces.get(space, ())
        for piece in [*words, *(_pairs(words) if space in _PAIRED else ())]:
            ids, scale = piece_ids(space, piece)
            columns.append(ids)
            values.append(np.full(len(ids), scale * len(words) ** -0.5))
    return np.concatenate(columns), np.concatenate(values)


def _pairs(words: Sequence[str]) -> Iterable[str]:
    return (f"{first} {second}" for first, second in pairwise(words))


def _words(space: str, text: str) -> list[str]:
    return [word[:_MAX_WORD] for word in tokens(text)[: _LIMITS[space]]]


def url_words(url: str) -> dict[str, list[str]]:
    """Return the words of a URL's host and of what follows it."""
    host, _, path = _SCHEME.sub("", unquote(url[:2_000])).partition("/")
    return {"host": _words("host", host), "path": _words("path", path.replace("_", " "))}


def text_words(space: str, text: str) -> dict[str, list[str]]:
    """Return the first words of a title, an anchor or a heading."""
    return {space: _words(space, text[:1_000])}


def context_words(left: Sequence[str], right: Sequence[str]) -> dict[str, list[str]]:
    """Return the words next to a link, from the tokens of its block before and after it."""
    return {
        "left": [word[:_MAX_WORD] for word in left[-_LIMITS["left"] :]],
        "right": [word[:_MAX_WORD] for word in right[: _LIMITS["right"]]],
    }


@lru_cache(maxsize=4_096)
def _names(tag: str, names: str) -> tuple[str, list[str]]:
    return f"t{tag}", [word[:_MAX_WORD] for word in _NAME.findall(_CAMEL.sub(r"\1 \2", names).lower())]


def markup_words(path: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the words in the names of elements: the link's own, of the two around it, and of the four around these.

    Parameters
    ----------
    path
        Tag, and ``class`` and ``id`` in one string, from the link outwards.
    """
    named = [_names(tag, names) for tag, names in path]

    def together(part: Sequence[tuple[str, list[str]]], limit: int) -> list[str]:
        return [word for tag, names in part for word in (*names, tag[:_MAX_WORD])][:limit]

    own = [word for _, names in named[:1] for word in names][:10]
    return {"own": own, "near": together(named[1:3], 16), "far": together(named[3:7], 24)}
