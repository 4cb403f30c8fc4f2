"""Fold numbers for cross-fitting, in which a group never sits on both sides."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.utils.validation import check_consistent_length, column_or_1d

IntArray = npt.NDArray[np.int64]

#: Fold number of a row that is in every training part and never held out (scikit-learn's PredefinedSplit).
NEVER_HELD_OUT: Final = -1


def row_groups(X: npt.NDArray[Any]) -> IntArray:
    """Return one group number per row, shape (n,); equal rows (NaN equals NaN, 0 equals -0) share theirs."""
    # Adding zero turns -0.0 into 0.0; `where` gives every NaN the same bits. Then rows compare as bytes.
    plain = np.where(np.isnan(X), np.nan, X.astype(np.float64) + 0.0)
    rows = np.ascontiguousarray(plain).view(np.dtype((np.void, plain.dtype.itemsize * plain.shape[1])))
    return np.unique(rows.ravel(), return_inverse=True)[1].astype(np.int64)


def group_folds(codes: IntArray, groups: IntArray, wanted: int, seed: int) -> IntArray | None:
    """Spread groups over folds, with every class in each training part.

    Parameters
    ----------
    codes
        Class number of each row, shape (n,).
    groups
        Group number of each row, shape (n,).
    wanted
        The number of folds to use if the groups allow it; fewer are tried down to two.
    seed
        Which of the equally good spreads to take.

    Returns
    -------
    numpy.ndarray or None
        Fold number of each row, shape (n,); None where even two folds would leave a training part without
        one of the classes.
    """
    pairs = np.unique(np.stack([codes, groups], axis=1), axis=0)
    groups_per_class = np.bincount(pairs[:, 0])
    for n_folds in range(min(wanted, int(groups_per_class.min())), 1, -1):
        folds = np.empty(len(codes), dtype=np.int64)
        splitter = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
        for number, (_, held_out) in enumerate(splitter.split(codes, codes, groups)):
            folds[held_out] = number
        if len(usable_folds(codes, folds)) == n_folds:
            return folds
    return None


def distinct_row_folds(X: npt.NDArray[Any], codes: IntArray, wanted: int, seed: int) -> IntArray | None:
    """Spread distinct rows over folds, so that copies of a row stay together; see `group_folds`.

    Copies count once: a row that is there twice gets the fold that the same row with weight 2 would get.
    """
    groups = row_groups(X)
    pairs, inverse = np.unique(np.stack([groups, codes], axis=1), axis=0, return_inverse=True)
    folds = group_folds(pairs[:, 1], pairs[:, 0], wanted, seed)
    return None if folds is None else folds[inverse.ravel()]


def usable_folds(codes: IntArray, folds: IntArray) -> list[int]:
    """Return the folds, sorted, that hold a row and leave every class in the rest."""
    everything = np.unique(codes)
    numbers = np.unique(folds[folds != NEVER_HELD_OUT])
    return [int(f) for f in numbers if len(np.unique(codes[folds != f])) == len(everything)]


def checked_folds(folds: npt.ArrayLike, codes: IntArray) -> IntArray:
    """Return the caller's fold numbers, or raise ValueError where they are none."""
    numbers: npt.NDArray[Any] = column_or_1d(folds)
    check_consistent_length(numbers, codes)
    if not np.issubdtype(numbers.dtype, np.integer) or numbers.min() < NEVER_HELD_OUT:
        raise ValueError("folds must be integers from 0 upwards, or -1 for a row that is never held out")
    return numbers.astype(np.int64)


def group_numbers(groups: npt.ArrayLike, codes: IntArray) -> IntArray:
    """Return the caller's groups as numbers, or raise ValueError where a row has none."""
    values: npt.NDArray[Any] = column_or_1d(groups)
    check_consistent_length(values, codes)
    if pd.isna(values).any():
        raise ValueError("groups hold missing values: give each row a group")
    return np.unique(values, return_inverse=True)[1].astype(np.int64)
