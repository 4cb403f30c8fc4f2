"""Fit the word weights on labelled links, and score those links without looking at their own labels."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix, vstack
from sklearn.linear_model import LogisticRegression

from linksift.errors import InputError
from linksift.labels import CLASSES, Label
from linksift.words import BUCKETS, FIELDS, OUTPUTS, FloatArray, Spaces, WordScorer, WordWeights, encode_weights, vector

_FOLDS: Final = 5
_ROW: Final = ("host", "path", "title", "anchor")
_PAGE: Final = ("context", "heading", "markup")
#: What a link is shown as while fitting, by its basis, and with which weight: users lack one thing or the other.
_SHOWN: Final[Mapping[str, tuple[tuple[tuple[str, ...], float], ...]]] = {
    "page": (((*_ROW, *_PAGE), 1.0), (("anchor", *_PAGE), 0.5)),
    "row": ((_ROW, 1.0), (("host", "path"), 0.4), (("host", "path", "anchor"), 0.4)),
}
# Rare classes gain, but not all that they lack: as in the recipe of the shipped model.
_BALANCE: Final = 0.5


class WordData:
    """Fields of links as sparse matrices.

    Parameters
    ----------
    spaces
        The words of each link, by hash space; a space that is not there is unknown.
    labels
        Class of each link.
    basis
        ``page`` or ``row``.
    """

    def __init__(self, spaces: Sequence[Spaces], labels: Sequence[str], basis: Sequence[str]) -> None:
        self._matrices = {field: _matrix([vector(words, field) for words in spaces]) for field in FIELDS}
        self._codes = np.array([CLASSES.index(label) for label in labels])
        self._basis = np.array(basis, dtype=object)

    def fit(self, learn: np.ndarray) -> FloatArray:
        """Return the weights that the links marked in `learn` teach, shape (`BUCKETS`, 2).

        Raises
        ------
        InputError
            Where they are not of all classes.
        """
        parts, codes, weights = [], [], []
        for basis, shown in _SHOWN.items():
            at = np.flatnonzero(learn & (self._basis == basis))
            if not len(at):
                continue
            balance = _balanced(self._codes[at])
            for fields, weight in shown:
                parts.append(sum(self._matrices[field][at] for field in fields))
                codes.append(self._codes[at])
                weights.append(balance * weight)
        absent = set(CLASSES) - {CLASSES[code] for part in codes for code in part}
        if absent:
            raise InputError(
                f"no link to learn words from is {' or '.join(sorted(absent))}, once the frozen groups, or one fold more, are set apart; "
                "label more links by reading them"
            )
        model = LogisticRegression(C=1.0, max_iter=300)
        model.fit(vstack(parts).tocsr(), np.concatenate(codes), sample_weight=np.concatenate(weights))
        against = model.coef_ - model.coef_[CLASSES.index(Label.NEUTRAL)]
        return np.asarray(against[[CLASSES.index(name) for name in OUTPUTS]].T, dtype=np.float64)


def fit_words(
    spaces: Sequence[Spaces], table: pd.DataFrame, learn: np.ndarray, frozen: np.ndarray
) -> tuple[pd.DataFrame, bytes]:
    """Fit the weights, and score each link by weights that no link of its group had taught.

    Groups that hold a frozen link teach nothing at all, so that figures on the frozen links owe nothing to their own labels; every other
    link is scored by weights from the folds without its group.

    Parameters
    ----------
    spaces
        The words of each link.
    table
        ``label``, ``basis`` and ``group`` of the same links.
    learn
        Links whose labels are good enough to learn from.
    frozen
        The frozen links.

    Returns
    -------
    tuple
        Scores (the features of family ``words``, index of `table`), and the file of weights.

    Raises
    ------
    InputError
        Where too few links are left to learn from.
    """
    apart = table["group"].isin(set(table["group"][frozen])).to_numpy()
    folds = np.array([int(group[:8], 16) % _FOLDS for group in table["group"]])
    data = WordData(spaces, table["label"].tolist(), table["basis"].tolist())
    encoded = encode_weights(data.fit(learn & ~apart))
    scores = _scores(spaces, WordWeights.decode(encoded, "new weights"))
    for number in range(_FOLDS):
        here = np.flatnonzero((folds == number) & ~apart).tolist()
        weights = encode_weights(data.fit(learn & ~apart & (folds != number)))
        part = _scores([spaces[at] for at in here], WordWeights.decode(weights, "weights of a fold"))
        scores.iloc[here] = part.to_numpy()
    return scores.set_index(table.index), encoded


def _scores(spaces: Sequence[Spaces], weights: WordWeights) -> pd.DataFrame:
    scorer = WordScorer(weights)
    names = [f"words_{field}_{output}" for field in FIELDS for output in OUTPUTS]
    rows = []
    for words in spaces:
        row: dict[str, float] = {}
        for field, needed in FIELDS.items():
            if all(space in words for space in needed):
                row |= scorer(field, words)
        rows.append(row)
    return pd.DataFrame(rows, columns=names)


def _matrix(vectors: Sequence[tuple[np.ndarray, FloatArray]]) -> csr_matrix:
    ends = np.cumsum([0, *(len(columns) for columns, _ in vectors)])
    columns = np.concatenate([columns for columns, _ in vectors])
    values = np.concatenate([values for _, values in vectors]).astype(np.float32)
    matrix = csr_matrix((values, columns, ends), shape=(len(vectors), BUCKETS))
    matrix.sum_duplicates()
    return matrix


def _balanced(codes: np.ndarray) -> FloatArray:
    mass = np.bincount(codes, minlength=len(CLASSES)).astype(float)
    factors = (mass.sum() / (len(mass) * np.maximum(mass, 1.0))) ** _BALANCE
    return np.asarray(factors[codes] * len(codes) / factors[codes].sum())
