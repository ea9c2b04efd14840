"""scikit-learn's data sets, a fifth of them for the test."""

import sys

import numpy as np
import pytest
from sklearn import datasets as sklearn_datasets

from dezero import datasets

SHAPES = {  # examples in all, the shape of one, classes
    "Digits": (1797, (1, 8, 8), 10),
    "Iris": (150, (4,), 3),
    "Wine": (178, (13,), 3),
    "BreastCancer": (569, (30,), 2),
    "Diabetes": (442, (10,), 0),
}
every = pytest.mark.parametrize("name", SHAPES)


def both(name):
    return getattr(datasets, name)(train=True), getattr(datasets, name)(train=False)


@every
def test_shapes_dtypes_and_names(name):
    total, shape, classes = SHAPES[name]
    for dataset in both(name):
        assert dataset.data.shape == (len(dataset), *shape)
        assert dataset.label.shape == ((len(dataset),) if classes else (len(dataset), 1))
        assert dataset.data.dtype == np.float32
        assert dataset.label.dtype == (np.int64 if classes else np.float32)
        assert len(dataset.feature_names) == np.prod(shape)
        assert len(dataset.class_names) == classes
        assert all(type(given) is str for given in dataset.feature_names + dataset.class_names)
    assert sum(map(len, both(name))) == total


@every
def test_both_parts_together_are_the_whole(name):
    parts = [np.column_stack([d.data.reshape(len(d), -1), d.label.reshape(len(d), -1)]) for d in both(name)]
    source = getattr(sklearn_datasets, getattr(datasets, name).source)()
    data = source.data / 16 if name == "Digits" else source.data
    whole = np.column_stack([data, source.target]).astype(np.float32)
    np.testing.assert_array_equal(np.array(sorted(map(tuple, np.vstack(parts)))), np.array(sorted(map(tuple, whole))))


@every
def test_a_fifth_is_for_the_test_and_each_class_has_its_share(name):
    train, test = both(name)
    assert len(test) == np.ceil(0.2 * (len(train) + len(test)))
    for label in range(SHAPES[name][2]):
        count = (np.concatenate([train.label, test.label]) == label).sum()
        assert abs((test.label == label).sum() - 0.2 * count) <= 1


@every
def test_every_run_splits_alike_and_leaves_numpy_s_random_state(name):
    before = np.random.get_state()[1].copy()
    first, second = getattr(datasets, name)(), getattr(datasets, name)()
    np.testing.assert_array_equal(first.data, second.data)
    np.testing.assert_array_equal(np.random.get_state()[1], before)


def test_digits_go_from_0_to_1():
    data = datasets.Digits().data
    assert (data.min(), data.max()) == (0, 1)
    np.testing.assert_array_equal(data * 16, np.round(data * 16))


def test_names():
    iris = datasets.Iris()
    assert iris.class_names == ["setosa", "versicolor", "virginica"]
    assert iris.feature_names[0] == "sepal length (cm)"


def test_scikit_learn_is_named_where_it_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ImportError, match=r'Iris comes with scikit-learn: run pip install "dezero-nth\[learn\]"'):
        datasets.Iris()
