"""The scikit-learn classifier: scikit-learn's own checks where they apply, and the rest on threads.

Checks that are left out, with reasons:
- all that feed arrays of numbers, sparse arrays, NaN, complex or memory-mapped data (most `check_estimators_*`,
  `check_fit1d`, `check_fit2d_*`, `check_readonly_memmap_input`, `check_n_features_in*`, `check_dtype_object`): X is a
  table of threads, which `input_tags.two_d_array = False` declares; what they ask is asked below on threads;
- `check_classifiers_one_label`, `check_classifiers_classes`, `check_classifiers_regression_target`,
  `check_supervised_y_2d`: y must be of the three labels, and `classes_` are always all three, because the base knows
  them even where y does not hold them;
- `check_sample_weight*`, `check_class_weight*`: there are no sample weights;
- transformers, clusterers, regressors, outlier detectors: it is none.
"""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sklearn.utils.estimator_checks as checks
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from detector.schema import LABELS
from detector.training.estimator import ThreadClassifier
from detector.training.reading import Labelled, read_own
from tests.mini import own_mail, write

APPLY = (
    "check_estimator_cloneable",
    "check_estimator_repr",
    "check_estimator_tags_renamed",
    "check_get_params_invariance",
    "check_set_params",
    "check_mixin_order",
    "check_no_attributes_set_in_init",
    "check_parameters_default_constructible",
    "check_do_not_raise_errors_in_init_or_set_params",
    "check_valid_tag_types",
)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Labelled:
    return read_own(write(tmp_path_factory.mktemp("estimator") / "mail.csv", own_mail(40)))


@pytest.fixture(scope="module")
def fitted(own: Labelled) -> ThreadClassifier:
    return ThreadClassifier(weight=0.3).fit(own.threads, own.threads["label"])


@pytest.mark.parametrize("name", APPLY)
def test_scikit_learns_checks_that_need_no_data(name: str) -> None:
    getattr(checks, name)("ThreadClassifier", ThreadClassifier())


def test_it_works_with_cross_validation_clones_and_pipelines(own: Labelled) -> None:
    pipe = make_pipeline(FunctionTransformer(), clone(ThreadClassifier(weight=0.1)))
    found = cross_val_score(pipe, own.threads, own.threads["label"], groups=own.group, cv=GroupKFold(2))
    assert found.shape == (2,)
    assert (found > 0.5).all()


def test_fitting_changes_neither_parameters_nor_input_and_is_repeatable(own: Labelled) -> None:
    before = own.threads.copy(deep=True)
    model = ThreadClassifier(weight=0.3)
    parameters = model.get_params()
    assert model.fit(own.threads, own.threads["label"]) is model
    first = model.predict_proba(own.threads)
    assert (model.fit(own.threads, own.threads["label"]).predict_proba(own.threads) == first).all()
    assert model.get_params() == parameters
    pd.testing.assert_frame_equal(own.threads, before)
    assert [a for a in vars(model) if a not in parameters and not a.endswith("_")] == []


def test_what_it_says_does_not_depend_on_order_or_company(fitted: ThreadClassifier, own: Labelled) -> None:
    whole = fitted.predict_proba(own.threads)
    turned = fitted.predict_proba(own.threads.iloc[::-1])
    assert (turned[::-1] == whole).all()
    assert (fitted.predict_proba(own.threads.iloc[[7]])[0] == whole[7]).all()
    assert np.allclose(whole.sum(axis=1), 1, atol=2e-4)
    assert fitted.predict(own.threads).tolist() == [LABELS[k] for k in whole.argmax(axis=1)]


def test_it_can_be_pickled_by_scikit_learns_users(fitted: ThreadClassifier, own: Labelled) -> None:
    again = pickle.loads(pickle.dumps(fitted))
    assert (again.predict_proba(own.threads) == fitted.predict_proba(own.threads)).all()


def test_what_it_cannot_use_it_refuses(own: Labelled, tmp_path: Path) -> None:
    with pytest.raises(NotFittedError):
        ThreadClassifier().predict(own.threads)
    with pytest.raises(TypeError, match="threads table"):
        ThreadClassifier().fit(np.zeros((2, 2)), ["generic"] * 2)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no column texts"):
        ThreadClassifier().fit(own.threads.drop(columns="texts"), own.threads["label"])
    with pytest.raises(ValueError, match="y holds 'spam'"):
        ThreadClassifier().fit(own.threads, ["spam"] * len(own))
    with pytest.raises(ValueError, match="labels"):
        ThreadClassifier().fit(own.threads, ["generic"])
    with pytest.raises(ValueError, match="weight"):
        ThreadClassifier(weight=-1).fit(own.threads, own.threads["label"])
