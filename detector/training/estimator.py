"""A scikit-learn classifier over the threads table: for `cross_val_score`, `clone`, `Pipeline` and the like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from detector import paths
from detector.model.decision import label_indices, probabilities
from detector.model.file import load
from detector.schema import LABELS, THREADS, label_of
from detector.training.adapting import Learned, Pace, adapt, evenly, learn, single_thread
from detector.training.folds import groups
from detector.training.prior import Prior
from detector.training.senders import people


class ThreadClassifier(ClassifierMixin, BaseEstimator):
    """Moves a base model by labelled threads, as `detector train` does.

    `base`: `shipped` or the path of a model; `weight`: how much a label weighs, None to choose it by
    grouped cross-validation; `seed`: of the folds. X is a threads table (columns of `schema.THREADS`),
    y its labels. `classes_` are those of `LABELS`, all three, whatever y holds: the base knows them all.

    >>> from detector.threads import group, messages_table
    >>> threads = group(messages_table([("t", "received", "I'd like to add you to my network")])).threads
    >>> ThreadClassifier(weight=0.1).fit(threads, ["generic"]).predict(threads).tolist()
    ['generic']
    """

    def __init__(self, base: str = "shipped", weight: float | None = None, seed: int = 0) -> None:
        self.base = base
        self.weight = weight
        self.seed = seed

    def __sklearn_tags__(self) -> Any:
        """X is a table of threads, not an array of numbers; text must be there."""
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.input_tags.allow_nan = False
        tags.target_tags.required = True
        return tags

    def fit(self, X: pd.DataFrame, y: Sequence[str]) -> ThreadClassifier:
        """Learn from threads and their labels. Raises ValueError for what is neither, TypeError for no table."""
        threads = self._threads(X)
        labels = np.array([_index(label) for label in y], dtype=np.int64)
        if len(labels) != len(threads):
            raise ValueError(f"X has {len(threads)} threads, y has {len(labels)} labels")
        if not len(labels):
            raise ValueError("X has 0 threads, at least 1 is needed")
        if self.weight is not None and not self.weight >= 0:
            raise ValueError(f"weight is {self.weight}; it must be 0 or more, or None")
        self.prior_ = Prior(load(paths.shipped_model() if self.base == "shipped" else self.base))
        keys = people(threads)
        self.words_ = self.prior_.words(threads, keys)
        rows = self.prior_.rows(threads, self.words_)
        with single_thread():
            if self.weight is None:
                self.learned_ = learn(self.prior_, rows, labels, keys, groups(threads, keys), seed=self.seed)
            else:
                pace = Pace(float(self.weight))
                self.learned_ = Learned(adapt(self.prior_, rows, labels, keys, pace, each=evenly(labels)), pace, 1.0)
        self.classes_ = np.array(LABELS, dtype=object)
        return self

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """(n, 3) probabilities in the order of `classes_`, rounded as everywhere."""
        check_is_fitted(self, "learned_")
        return probabilities(self.learned_.scores(self.prior_.rows(self._threads(X), self.words_)))

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """(n,) labels."""
        p = self.predict_proba(X)
        return np.asarray(self.classes_[label_indices(p)])

    @staticmethod
    def _threads(X: Any) -> pd.DataFrame:
        if not isinstance(X, pd.DataFrame):
            raise TypeError(f"X is a {type(X).__name__}; a threads table is needed (detector.threads.group)")
        missing = [name for name in THREADS if name not in X.columns]
        if missing:
            raise ValueError(f"X has no column {missing[0]}; a threads table is needed (detector.threads.group)")
        return X.reset_index(drop=True)


def _index(label: Any) -> int:
    known = label_of(str(label))
    if known is None:
        raise ValueError(f"y holds {label!r}; use {', '.join(LABELS)}")
    return LABELS.index(known)


__all__ = ["ThreadClassifier"]
