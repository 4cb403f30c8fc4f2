"""Check a booster's text before LightGBM reads it.

LightGBM trusts its files: an array that is too short ends the whole process, and a child index out of range
reads memory that is not the tree's. One bad model folder must be one error message instead.
"""

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from linksift._manifest import REMEDY
from linksift.errors import BundleError

#: Explaining one row needs memory that grows with the square of a tree's depth.
MOST_LEAVES: Final = 4096

_PER_SPLIT: Final = ("split_gain", "threshold", "internal_value", "internal_weight", "internal_count")
_PER_LEAF: Final = ("leaf_value", "leaf_weight", "leaf_count")
_NUMBERS: Final = re.compile(r"[-+.0-9e ]*")
_TAIL: Final = re.compile(r"end of trees\n\nfeature_importances:\n([^\n=]+=[0-9]{1,18}\n)*\npandas_categorical:null\n")
#: Numerical splits only: bit 0 would mean categories, bit 1 is the default side, the rest the kind of missing value.
_DECISIONS: Final = (0, 2, 4, 6, 8, 10)


def check_booster_text(text: str, names: Sequence[str], n_classes: int, where: str) -> None:
    """Raise BundleError unless the text is that of a softmax over trees with numerical splits.

    Parameters
    ----------
    names
        Names of the features that the booster must read, in order.
    n_classes
        Number of scores that it must give for each row.
    """
    try:
        head, trees, tail = _parts(text)
        sizes = _check_head(_fields(head), names, n_classes)
        if not _TAIL.fullmatch(tail):
            raise ValueError("unexpected text after the trees")
        _check_trees(trees, sizes, len(names))
    except ValueError as error:
        raise BundleError(f"{where}: not a booster that linksift wrote: {error}; {REMEDY}") from error


def _parts(text: str) -> tuple[str, str, str]:
    first, last = text.find("Tree=0\n"), text.find("end of trees\n")
    if not text.isascii() or not text.startswith("tree\n") or not 0 < first < last:
        raise ValueError("not a LightGBM text, or cut short")
    return text[len("tree\n") : first], text[first:last], text[last:]


def _fields(block: str) -> dict[str, str]:
    pairs = [line.partition("=") for line in block.split("\n") if line]
    fields = {key: value for key, _, value in pairs}
    if len(fields) != len(pairs) or any(not sign for _, sign, _ in pairs):
        raise ValueError("a line is there twice or has no value")
    return fields


def _check_head(fields: dict[str, str], names: Sequence[str], n_classes: int) -> list[int]:
    expected = {
        "num_class": str(n_classes),
        "num_tree_per_iteration": str(n_classes),
        "objective": f"multiclass num_class:{n_classes}",
        "max_feature_idx": str(len(names) - 1),
        "feature_names": " ".join(names),
    }
    for key, value in expected.items():
        if fields.get(key) != value:
            found = fields.get(key, "nothing")[:80]
            raise ValueError(f"{key} is {found!r}, but the classes and features of the model ask for {value[:80]!r}")
    if len(fields.get("feature_infos", "").split(" ")) != len(names):
        raise ValueError("feature_infos does not have one entry per feature")
    sizes = [int(size) for size in _integers(fields, "tree_sizes")]
    if not sizes or len(sizes) % n_classes:
        raise ValueError(f"{len(sizes)} trees are not a whole number of rounds for {n_classes} classes")
    return sizes


def _check_trees(trees: str, sizes: list[int], n_features: int) -> None:
    start = 0
    for number, size in enumerate(sizes):
        title = f"Tree={number}\n"
        block = trees[start : start + max(size, 0)]
        # LightGBM jumps from tree to tree by these sizes
        if len(block) != size or not block.startswith(title) or not block.endswith("\n\n"):
            raise ValueError(f"tree {number} is not where tree_sizes says")
        try:
            _check_tree(_fields(block), n_features)
        except ValueError as error:
            raise ValueError(f"tree {number}: {error}") from error
        start += size
    if trees[start:].strip("\n"):
        raise ValueError("more trees than tree_sizes lists")


def _check_tree(fields: dict[str, str], n_features: int) -> None:
    (leaves,) = (int(value) for value in _integers(fields, "num_leaves", 1))
    if not 1 <= leaves <= MOST_LEAVES:
        raise ValueError(f"{leaves} leaves; 1 to {MOST_LEAVES} are read")
    if fields.get("num_cat") != "0" or fields.get("is_linear") != "0":
        raise ValueError("categorical splits and linear leaves are not read")
    _numbers(fields, "shrinkage", 1)
    if leaves == 1:
        _numbers(fields, "leaf_value", 1)
        return
    for key in _PER_LEAF:
        _numbers(fields, key, leaves)
    for key in _PER_SPLIT:
        _numbers(fields, key, leaves - 1)
    feature = _integers(fields, "split_feature", leaves - 1)
    if feature.min() < 0 or feature.max() >= n_features:
        raise ValueError("splits on a feature that does not exist")
    if not np.isin(_integers(fields, "decision_type", leaves - 1), _DECISIONS).all():
        raise ValueError("unknown kind of split")
    children = [_integers(fields, key, leaves - 1) for key in ("left_child", "right_child")]
    # Leaves count down from -1, splits up from the root's 0. If each but the root is one split's child, then no
    # path from the root meets itself.
    expected = np.concatenate([np.arange(-leaves, 0), np.arange(1, leaves - 1)])
    if not np.array_equal(np.sort(np.concatenate(children)), expected):
        raise ValueError("the splits do not form a tree")


def _numbers(fields: dict[str, str], key: str, length: int | None = None) -> npt.NDArray[np.float64]:
    # LightGBM writes an infinite threshold where a split only parts the known from the unknown.
    text, bounded = fields.get(key, ""), key != "threshold"
    if not _NUMBERS.fullmatch(text if bounded else re.sub(r"-?\binf\b", "0", text)):
        raise ValueError(f"{key} holds something else than numbers")
    values = np.array(text.split(" ") if text else [], dtype=np.float64)
    if length is not None and len(values) != length:
        raise ValueError(f"{key} has {len(values)} entries, not {length}")
    if np.isnan(values).any() or (bounded and not np.isfinite(values).all()):
        raise ValueError(f"{key} is not finite")
    return values


def _integers(fields: dict[str, str], key: str, length: int | None = None) -> npt.NDArray[np.int64]:
    values = _numbers(fields, key, length)
    if np.any(values != np.trunc(values)) or np.any(np.abs(values) > np.iinfo(np.int32).max):
        raise ValueError(f"{key} holds something else than whole numbers")
    return values.astype(np.int64)
