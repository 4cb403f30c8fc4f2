"""A gradient-boosted classifier whose probabilities are calibrated on rows that it had not seen."""

from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from scipy.special import log_softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags, check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_sample_weight,
    check_is_fitted,
    validate_data,
)

from linksift._folds import (
    NEVER_HELD_OUT,
    checked_folds,
    distinct_row_folds,
    group_folds,
    group_numbers,
    usable_folds,
)
from linksift._lightgbm import contributions, held_out_scores, raw_scores, train, without_parameters
from linksift.calibration import Calibration, cross_calibrate

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_FLOATS: Final = (np.float64, np.float32)


class LinkClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """LightGBM with one softmax over any number of classes, calibrated by cross-fitting.

    A missing value is NaN and allowed; an infinite one is refused. The same data, parameters and seed give
    the same model, whatever `n_jobs` and `fold_jobs`.

    Parameters
    ----------
    n_estimators
        Boosting rounds; each grows one tree per class.
    learning_rate, num_leaves, min_child_samples, feature_fraction, bagging_fraction, lambda_l2, \
min_gain_to_split, max_bin, extra_trees
        As in LightGBM; bags are drawn anew in each round.
    class_balance
        From 0, weights as they are, to 1, every class as heavy as the others; for the trees only, the calibration
        learns from the weights as they are.
    calibrate
        Whether to train on folds first and to calibrate on what they held out.
    calibration_folds
        Number of folds; fewer are used where a class has fewer groups.
    fold_jobs
        Folds trained at the same time, each in a process of its own.
    n_jobs
        Threads of each booster.
    random_state
        Seed of trees and folds.

    Attributes
    ----------
    classes_ : ndarray of shape (k,)
        The classes with a row of positive weight, sorted.
    booster_ : lightgbm.Booster
        Trained on every row of positive weight; its scores are not calibrated.
    calibration_coef_, calibration_intercept_ : ndarrays of shapes (k, k) and (k,)
        ``predict_proba`` is ``softmax(log p @ coef.T + intercept)``; identity and zeros if not calibrated.
    calibration_warning_ : str or None
        What stood in the way of calibrating as asked.
    folds_ : ndarray of shape (n,)
        The fold that held each row out; -1 for none.
    raw_oof_probabilities_ : ndarray of shape (n, k)
        Probabilities from the booster of the row's fold, which had not seen that fold; NaN where no fold held it.
    oof_probabilities_ : ndarray of shape (n, k)
        The same after a calibration fitted on the held-out rows of the *other* folds.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Notes
    -----
    The calibrator of `oof_probabilities_` never saw the row, but the boosters whose predictions it was fitted on
    did: that is inherent in cross-fitting, and slight with one temperature and one bias per class.
    """

    def __init__(
        self,
        *,
        n_estimators: int = 150,
        learning_rate: float = 0.06,
        num_leaves: int = 31,
        min_child_samples: int = 20,
        feature_fraction: float = 0.5,
        bagging_fraction: float = 0.8,
        lambda_l2: float = 5.0,
        min_gain_to_split: float = 0.0,
        max_bin: int = 127,
        extra_trees: bool = False,
        class_balance: float = 0.0,
        calibrate: bool = True,
        calibration_folds: int = 5,
        fold_jobs: int = 1,
        n_jobs: int = 1,
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        self.n_estimators = n_estimators
        self.learning_rate = learning_rate
        self.num_leaves = num_leaves
        self.min_child_samples = min_child_samples
        self.feature_fraction = feature_fraction
        self.bagging_fraction = bagging_fraction
        self.lambda_l2 = lambda_l2
        self.min_gain_to_split = min_gain_to_split
        self.max_bin = max_bin
        self.extra_trees = extra_trees
        self.class_balance = class_balance
        self.calibrate = calibrate
        self.calibration_folds = calibration_folds
        self.fold_jobs = fold_jobs
        self.n_jobs = n_jobs
        self.random_state = random_state

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def fit(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
        groups: npt.ArrayLike | None = None,
        folds: npt.ArrayLike | None = None,
    ) -> Self:
        """Train and calibrate.

        Parameters
        ----------
        X
            Features, shape (n, f).
        y
            Class of each row, shape (n,): numbers or strings.
        sample_weight
            Weight of each row, shape (n,). A row of weight 0 takes no part in training.
        groups
            Rows of one group share a fold, shape (n,). Without groups, equal rows form one.
        folds
            Fold number of each row, shape (n,), instead of `groups`; a row of -1 is never held out.

        Raises
        ------
        ValueError
            Where X is infinite, y holds fewer than two classes of positive weight, or a length or parameter
            is out of place.
        """
        self._check_parameters()
        table: npt.NDArray[Any]
        table, y = validate_data(self, X, y, dtype=_FLOATS, ensure_all_finite="allow-nan")
        check_classification_targets(y)
        weight = _check_sample_weight(sample_weight, table, dtype=np.float64, ensure_non_negative=True)
        used = weight > 0
        if not used.any():  # older releases of scikit-learn let this pass
            raise ValueError("sample_weight is zero everywhere: give at least one row of each class a weight")
        labels = np.asarray(y)
        self.classes_ = np.unique(labels[used])
        if len(self.classes_) < 2:
            raise ValueError(f"y holds 1 class of positive weight ({self.classes_[0]}); at least two are needed")
        # A class without weight is none of `classes_`; its rows are not used, so their code is never read.
        codes = np.searchsorted(self.classes_, labels).astype(np.int64)
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        names = getattr(self, "feature_names_in_", None)
        settings = self._settings(seed)

        self.calibration_warning_: str | None = None
        self.folds_ = self._assign_folds(table, codes, used, groups, folds, seed)
        balanced = weight * self._class_factors(codes, weight)
        calibration = self._cross_fit(table, codes, weight, balanced, settings)
        self.calibration_coef_, self.calibration_intercept_ = calibration.coef, calibration.intercept
        booster = train(settings, self.n_estimators, table[used], codes[used], balanced[used], names)
        self.booster_ = without_parameters(booster)
        return self

    def predict_proba(self, X: npt.ArrayLike) -> FloatArray:
        """Return calibrated probabilities, shape (n, k), columns as in ``classes_``."""
        check_is_fitted(self)
        calibration = Calibration(self.calibration_coef_, self.calibration_intercept_)
        scores = raw_scores(self.booster_, self._validated(X), self.n_jobs)
        return calibration.apply(log_softmax(scores, axis=1))

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return the most probable class of each row, shape (n,)."""
        check_is_fitted(self)
        labels: npt.NDArray[Any] = self.classes_[np.argmax(self.predict_proba(X), axis=1)]
        return labels

    def contributions(self, X: npt.ArrayLike) -> FloatArray:
        """Return what each feature adds to each class's score before calibration (SHAP values, log-odds).

        Returns
        -------
        numpy.ndarray
            Shape (n, k, f + 1); the last entry is the score of a row about which nothing is known. The sum
            over the last axis is the raw score.
        """
        check_is_fitted(self)
        return contributions(self.booster_, self._validated(X), self.n_jobs)

    def _validated(self, X: npt.ArrayLike) -> npt.NDArray[Any]:
        checked: npt.NDArray[Any] = validate_data(self, X, dtype=_FLOATS, ensure_all_finite="allow-nan", reset=False)
        return checked

    def _check_parameters(self) -> None:
        for name, least in (("n_estimators", 1), ("calibration_folds", 2), ("n_jobs", 1), ("fold_jobs", 1)):
            value = getattr(self, name)
            if value < least:
                raise ValueError(f"{name}={value}: must be at least {least}")
        if not 0 <= self.class_balance <= 1:
            raise ValueError(f"class_balance={self.class_balance}: must be from 0 to 1")

    def _settings(self, seed: int) -> dict[str, Any]:
        return {
            "objective": "multiclass",
            "num_class": len(self.classes_),
            "learning_rate": self.learning_rate,
            "num_leaves": self.num_leaves,
            "min_data_in_leaf": self.min_child_samples,
            "feature_fraction": self.feature_fraction,
            "bagging_fraction": self.bagging_fraction,
            "bagging_freq": 1,
            "lambda_l2": self.lambda_l2,
            "min_gain_to_split": self.min_gain_to_split,
            "max_bin": self.max_bin,
            "extra_trees": self.extra_trees,
            "seed": seed,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": self.n_jobs,
            "verbosity": -1,
        }

    def _class_factors(self, codes: IntArray, weight: FloatArray) -> FloatArray:
        """Return what `class_balance` makes of a weight of 1, shape (n,); the total stays the same."""
        used = weight > 0
        mass = np.bincount(codes[used], weights=weight[used], minlength=len(self.classes_))
        factors = (mass.sum() / (len(mass) * mass)) ** self.class_balance
        factors *= mass.sum() / (factors * mass).sum()
        # Rows without weight may have a code of no class; their factor is never used.
        return np.where(used, factors[np.minimum(codes, len(mass) - 1)], 1.0)

    def _assign_folds(
        self,
        X: npt.NDArray[Any],
        codes: IntArray,
        used: npt.NDArray[np.bool_],
        groups: npt.ArrayLike | None,
        folds: npt.ArrayLike | None,
        seed: int,
    ) -> IntArray:
        assigned = np.full(len(codes), NEVER_HELD_OUT, dtype=np.int64)
        if not self.calibrate:
            return assigned
        if folds is not None:
            return checked_folds(folds, codes)
        if groups is None:
            found = distinct_row_folds(X[used], codes[used], self.calibration_folds, seed)
        else:
            numbers = group_numbers(groups, codes)
            found = group_folds(codes[used], numbers[used], self.calibration_folds, seed)
        if found is None:
            self.calibration_warning_ = "not calibrated: a class has too few groups to hold some of it out"
            return assigned
        assigned[used] = found
        n_folds = int(found.max()) + 1
        if n_folds < self.calibration_folds:
            self.calibration_warning_ = f"calibrated on {n_folds} folds: a class has too few groups for more"
        return assigned

    def _cross_fit(
        self,
        X: npt.NDArray[Any],
        codes: IntArray,
        weight: FloatArray,
        balanced: FloatArray,
        settings: dict[str, Any],
    ) -> Calibration:
        n_classes = len(self.classes_)
        self.raw_oof_probabilities_ = np.full((len(codes), n_classes), np.nan)
        self.oof_probabilities_ = self.raw_oof_probabilities_.copy()
        used = weight > 0
        numbers = usable_folds(codes[used], self.folds_[used])
        if self.calibrate and set(numbers) != set(self.folds_[self.folds_ != NEVER_HELD_OUT]):
            self.calibration_warning_ = "a fold was not held out: the rest lacks a class, or it has no weight"
        scores = Parallel(n_jobs=self.fold_jobs)(
            delayed(held_out_scores)(settings, self.n_estimators, X, codes, balanced, self.folds_ == number)
            for number in numbers
        )
        logp = np.full((len(codes), n_classes), np.nan)
        for number, held_out in zip(numbers, scores, strict=True):
            logp[self.folds_ == number] = log_softmax(held_out, axis=1)
        self.raw_oof_probabilities_[:] = np.exp(logp)
        held = np.isin(self.folds_, numbers)
        probabilities, calibration = cross_calibrate(logp[held], codes[held], weight[held], self.folds_[held])
        self.oof_probabilities_[held] = probabilities
        return calibration
