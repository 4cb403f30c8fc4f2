"""What a model has to beat: no judgement, a list of rules, and two kinds of logistic regression.

Each baseline has a `name`, `fit(frame, y, sample_weight)` and `predict_proba(frame)`, so that `cross_fit` scores
all of them, and the model, on the same links.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from linksift._intervals import BoolArray, FloatArray, IntArray, class_codes
from linksift.errors import InputError
from linksift.labels import CLASSES
from linksift.words import OUTPUTS

#: Probability of the class that a baseline without probabilities names; the other classes share the rest.
STATED_CONFIDENCE: Final = 0.9
#: A line needs no more rows than this; the fit costs minutes with all of them.
MAX_LOGISTIC_ROWS: Final = 8_000
NGRAM_FIELDS: Final = ("host", "path", "title", "anchor")


class Baseline(Protocol):
    """What `cross_fit` asks of a model."""

    @property
    def name(self) -> str:
        """Return the name for tables and charts."""
        ...

    @property
    def columns(self) -> Sequence[str]:
        """Return the features that it reads."""
        ...

    def fit(self, frame: pd.DataFrame, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Learn from rows of known class."""
        ...

    def predict_proba(self, frame: pd.DataFrame) -> FloatArray:
        """Return probabilities in the order of `CLASSES`, shape (n, 3)."""
        ...


@dataclass(frozen=True)
class Condition:
    """A comparison of one feature with a number; false where the feature is unknown."""

    feature: str
    sign: Literal[">=", "<"]
    bound: float

    def holds(self, frame: pd.DataFrame) -> BoolArray:
        """Return for each row whether it holds, shape (n,)."""
        values = frame[self.feature].to_numpy(dtype=np.float64)
        return np.asarray(values >= self.bound if self.sign == ">=" else values < self.bound)


@dataclass(frozen=True)
class Rule:
    """A class and the conditions that must all hold for it."""

    label: str
    conditions: tuple[Condition, ...]


def _rule(label: str, *conditions: tuple[str, Literal[">=", "<"], float]) -> Rule:
    return Rule(label, tuple(Condition(*condition) for condition in conditions))


#: What a careful person would write down in an afternoon. The first rule that holds decides; none: neutral.
RULES: Final = (
    # Words of a spam trade fill the page, or stand in the anchor or the host's own name.
    _rule("harmful", ("trade_all", ">=", 0.03)),
    _rule("harmful", ("anchor_trade_terms", ">=", 1)),
    _rule("harmful", ("url_host_trade", ">=", 1)),
    # A commercial keyword as a commenter's name.
    _rule("harmful", ("area_comment", ">=", 1), ("anchor_money_terms", ">=", 1)),
    # A link in the text of a page that does not exist for its links.
    _rule("valuable", ("place_in_main", ">=", 1), ("block0_link_density", "<", 0.5), ("trade_all", "<", 0.02)),
)


class AlwaysNeutral:
    """Calls every link neutral, as does whoever looks at none."""

    name = "always neutral"
    columns: Sequence[str] = ()

    def fit(self, frame: pd.DataFrame, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Learn nothing."""
        return self

    def predict_proba(self, frame: pd.DataFrame) -> FloatArray:
        """Return the same probabilities for each row, shape (n, 3)."""
        return _stated(np.full(len(frame), CLASSES.index("neutral")))


class RuleList:
    """Applies the first rule whose conditions hold, and neutral where none does.

    Parameters
    ----------
    rules : sequence of Rule
        In the order in which they are tried.
    """

    name = "rule list"

    def __init__(self, rules: Sequence[Rule] = RULES) -> None:
        self.rules = tuple(rules)
        self.columns = [condition.feature for rule in self.rules for condition in rule.conditions]

    def fit(self, frame: pd.DataFrame, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Learn nothing."""
        return self

    def predict_proba(self, frame: pd.DataFrame) -> FloatArray:
        """Return the stated confidence at the class of the rule, shape (n, 3).

        Raises
        ------
        InputError
            Where `frame` lacks a feature that a rule names.
        """
        _require(frame, self.columns)
        decided = np.full(len(frame), CLASSES.index("neutral"))
        open_rows = np.ones(len(frame), dtype=bool)
        for rule in self.rules:
            hit = open_rows & np.logical_and.reduce([c.holds(frame) for c in rule.conditions])
            decided[hit] = CLASSES.index(rule.label)
            open_rows &= ~hit
        return _stated(decided)


class FeatureLogistic:
    """Logistic regression on the model's own features: medians for what is missing, and that it was missing.

    Parameters
    ----------
    feature_names : sequence of str
        Columns to use.
    """

    name = "logistic regression, same features"

    def __init__(self, feature_names: Sequence[str]) -> None:
        self.columns = list(feature_names)
        self._pipeline: Pipeline = make_pipeline(
            SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
            # Counts have long tails, which a line cannot follow.
            FunctionTransformer(_signed_log),
            StandardScaler(),
            LogisticRegression(C=0.1, max_iter=150, tol=1e-3),
        )

    def fit(self, frame: pd.DataFrame, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Fit the pipeline, on `MAX_LOGISTIC_ROWS` rows drawn by weight where there are more.

        Raises
        ------
        InputError
            Where a feature is missing or infinite, or all labels are of one class.
        """
        labels, weight = np.asarray(y), None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        if len(frame) > MAX_LOGISTIC_ROWS:
            odds = np.ones(len(frame)) if weight is None else weight
            drawn = np.random.default_rng(0).choice(len(frame), MAX_LOGISTIC_ROWS, replace=False, p=odds / odds.sum())
            frame, labels, weight = frame.iloc[np.sort(drawn)], labels[np.sort(drawn)], None
        _fit(self._pipeline, self._matrix(frame), labels, weight)
        return self

    def predict_proba(self, frame: pd.DataFrame) -> FloatArray:
        """Return probabilities in the order of `CLASSES`, shape (n, 3)."""
        return _in_class_order(self._pipeline, self._matrix(frame))

    def _matrix(self, frame: pd.DataFrame) -> FloatArray:
        _require(frame, self.columns)
        values = frame[self.columns].to_numpy(dtype=np.float64)
        infinite = np.isinf(values).any(axis=0)
        if infinite.any():
            name = self.columns[int(infinite.argmax())]
            raise InputError(f"feature {name} holds infinity; use NaN for unknown")
        return values


class NgramLogistic:
    """Logistic regression on the character n-grams of URL, title and anchor.

    The n-grams were weighed by a logistic regression of their own (`linksift.wordfit`), which leaves one score per field and class: a training
    table holds no text. This one weighs the fields.
    """

    name = "logistic regression, character n-grams"

    def __init__(self) -> None:
        self.columns = [f"words_{field}_{output}" for field in NGRAM_FIELDS for output in OUTPUTS]
        self._pipeline: Pipeline = make_pipeline(
            SimpleImputer(strategy="constant", fill_value=0.0, keep_empty_features=True),
            StandardScaler(),
            LogisticRegression(C=1.0, max_iter=300),
        )

    def fit(self, frame: pd.DataFrame, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Fit the pipeline.

        Raises
        ------
        InputError
            Where a column is missing or all labels are of one class.
        """
        _require(frame, self.columns)
        _fit(self._pipeline, frame[self.columns].to_numpy(dtype=np.float64), y, sample_weight)
        return self

    def predict_proba(self, frame: pd.DataFrame) -> FloatArray:
        """Return probabilities in the order of `CLASSES`, shape (n, 3)."""
        return _in_class_order(self._pipeline, frame[self.columns].to_numpy(dtype=np.float64))


def cross_fit(
    model_factory: Callable[[], Baseline],
    frame: pd.DataFrame,
    y: ArrayLike,
    folds: ArrayLike,
    sample_weight: ArrayLike | None = None,
) -> FloatArray:
    """Score each row by a model that was fitted without the row's fold.

    Parameters
    ----------
    model_factory : callable
        Gives a new, unfitted model.
    frame : DataFrame, n rows
        What the model reads.
    y : array-like of str, shape (n,)
        Classes.
    folds : array-like of int, shape (n,)
        Fold of each row; a group must not be in two. A row of fold -1 is always learned from and never scored.
    sample_weight : array-like, shape (n,), optional
        Weights for learning.

    Returns
    -------
    ndarray of shape (n, 3)
        Probabilities in the order of `CLASSES`; NaN in rows of fold -1.

    Raises
    ------
    InputError
        Where lengths differ, there is nothing to learn from or to score, or as the model raises.
    """
    codes, fold = class_codes(y), np.asarray(folds)
    if len(frame) != len(codes) or fold.shape != codes.shape:
        raise InputError(f"{len(codes)} labels, {len(frame)} rows and {len(fold)} folds do not belong together")
    names = np.asarray(CLASSES)[codes]
    weight = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    proba = np.full((len(codes), len(CLASSES)), np.nan)
    numbers = np.unique(fold[fold >= 0])
    if not len(numbers) or (len(numbers) == 1 and (fold >= 0).all()):
        raise InputError("cross-fitting needs two folds, or one and rows to learn from; split by more groups")
    for number in numbers:
        test, train = fold == number, fold != number
        model = model_factory().fit(frame[train], names[train], None if weight is None else weight[train])
        proba[test] = model.predict_proba(frame[test])
    return proba


def _stated(decided: IntArray) -> FloatArray:
    """Turn class numbers into probabilities that name the class without claiming certainty."""
    rest = (1 - STATED_CONFIDENCE) / (len(CLASSES) - 1)
    proba = np.full((len(decided), len(CLASSES)), rest)
    proba[np.arange(len(decided)), decided] = STATED_CONFIDENCE
    return proba


def _fit(pipeline: Pipeline, X: FloatArray | list[str], y: ArrayLike, sample_weight: ArrayLike | None) -> None:
    codes = class_codes(y)
    if codes.min() == codes.max():
        raise InputError(f"all labels are {CLASSES[codes[0]]}; a model needs two classes or more")
    try:
        pipeline.fit(X, codes, **{f"{pipeline.steps[-1][0]}__sample_weight": sample_weight})
    except ValueError as error:
        raise InputError(f"logistic regression could not be fitted: {error}") from error


def _in_class_order(pipeline: Pipeline, X: FloatArray | list[str]) -> FloatArray:
    """Return probabilities with a column for each class, 0 for one that the training rows did not have."""
    proba = np.zeros((len(X), len(CLASSES)))
    # scikit-learn refuses a table without rows, where there is nothing to say.
    proba[:, pipeline.classes_] = pipeline.predict_proba(X) if len(X) else 0.0
    return proba


def _signed_log(values: FloatArray) -> FloatArray:
    return np.asarray(np.sign(values) * np.log1p(np.abs(values)))


def _require(frame: pd.DataFrame, columns: Sequence[str]) -> None:
    if missing := sorted(set(columns) - set(frame.columns)):
        raise InputError(f"the table lacks the columns {', '.join(missing)}")
