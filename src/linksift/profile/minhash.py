"""MinHash: a short signature of a set, from which the likeness of two sets can be estimated (Broder 1997).

128 hashes, as RedPajama-V2 uses. Our own dozen lines, because a signature that stands in a table must not depend on a
library's version (rensa 0.5 changed its own), and because hashing words and combining the hashes takes 0.36 ms per
thousand words, where datasketch takes 1.5 ms. The constants below are the format: changing one makes old signatures
incomparable.
"""

import zlib
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

Signature = npt.NDArray[np.uint32]
_Hashes = npt.NDArray[np.uint64]

HASHES: Final = 128
#: A signature as bytes: little-endian, four bytes a hash.
SIGNATURE_BYTES: Final = 4 * HASHES
_BLOCK: Final = 32_768
_SHIFT: Final = np.uint64(32)
_SEED: Final = 20_240_601


def _mixed(values: _Hashes) -> _Hashes:
    """Spread the bits (the finaliser of SplitMix64): the low bits of products say too little by themselves."""
    mixed = values + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


_STEPS: Final = _mixed(np.arange(2 * HASHES, dtype=np.uint64) * np.uint64(_SEED))
_FACTORS: Final = _STEPS[:HASHES] | np.uint64(1)
_OFFSETS: Final = _STEPS[HASHES:]


def hash_words(words: Sequence[str]) -> _Hashes:
    """Hash each word by itself."""
    hashes = (zlib.crc32(word.encode("utf-8", "replace")) for word in words)
    return np.fromiter(hashes, dtype=np.uint64, count=len(words))


def shingles(words: Sequence[str], size: int) -> _Hashes:
    """Hash every run of `size` words; empty where there are fewer words."""
    hashes = _mixed(hash_words(words))
    n = len(hashes) - size + 1
    if n <= 0:
        return np.empty(0, dtype=np.uint64)
    combined = hashes[:n].copy()
    for at in range(1, size):
        combined = combined * np.uint64(0xD1342543DE82EF95) + hashes[at : at + n]
    return combined


def signatures(members: _Hashes, starts: npt.NDArray[np.integer]) -> Signature:
    """Return the signature of each of several sets that lie one behind the other.

    Parameters
    ----------
    members
        Hashes of the members of all sets, shape (n,).
    starts
        Where each set begins in `members`, rising strictly from 0, shape (n_sets,); no set is empty.

    Returns
    -------
    ndarray of uint32, shape (n_sets, HASHES)
    """
    ends = np.append(starts[1:], len(members))
    result = np.empty((len(starts), HASHES), dtype=np.uint32)
    first = 0
    while first < len(starts):
        # As many sets as fit into a block, at least one: the products take 1 kB a member.
        last = max(int(np.searchsorted(ends, starts[first] + _BLOCK, side="right")), first + 1)
        part = _mixed(members[starts[first] : ends[last - 1]])
        products = np.multiply.outer(_FACTORS, part)
        products += _OFFSETS[:, None]
        least = np.minimum.reduceat(products, starts[first:last] - starts[first], axis=1)
        result[first:last] = (least >> _SHIFT).T
        first = last
    return result


def signature_bytes(members: _Hashes) -> bytes:
    """Return the signature of one set as `SIGNATURE_BYTES` bytes.

    Raises
    ------
    ValueError
        Where the set is empty.
    """
    if not len(members):
        raise ValueError("an empty set has no signature")
    return signatures(np.unique(members), np.zeros(1, dtype=np.int64)).astype("<u4").tobytes()
