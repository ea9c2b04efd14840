"""What every data set does, and the caches that one may keep."""

import pickle
from inspect import signature

import numpy as np
import pytest

import dezero
from dezero import datasets
from dezero.datasets import Dataset, load_cache_npz, save_cache_npz


class Squares(Dataset):
    def prepare(self):
        self.data = np.arange(5, dtype=np.float32) + (0 if self.train else 100)
        self.label = np.arange(5) ** 2


class Unlabelled(Dataset):
    def prepare(self):
        self.data = [1, 2, 3]


def test_the_arguments_and_defaults_are_dezero_s():
    expected = "train=True, transform=None, target_transform=None"
    for name in datasets.__all__:
        given = getattr(datasets, name)
        if not isinstance(given, type) or given is datasets.ImageNet:
            continue
        parameters = [p.replace(annotation=p.empty) for p in signature(given).parameters.values()]
        assert [p.name for p in parameters][:3] == ["train", "transform", "target_transform"]
        if given not in (datasets.MNIST, datasets.CIFAR10, datasets.CIFAR100):  # these have a transform
            assert ", ".join(map(str, parameters)) == expected


def test_the_base_class_is_found_where_dezero_has_it():
    assert dezero.Dataset is dezero.datasets.Dataset is Dataset


def test_an_example_and_its_label_by_number():
    x, t = Squares()[3]
    assert (x, t) == (3, 9)
    assert x.dtype == np.float32
    assert len(Squares()) == 5
    assert Squares(train=False)[0] == (100, 0)
    assert Squares()[np.int32(-1)] == (4, 16)


def test_iterating_ends_with_the_last_example():
    assert list(Squares()) == [(i, i * i) for i in range(5)]


def test_transforms_change_what_is_given_and_not_what_is_kept():
    dataset = Squares(transform=lambda x: x + 0.5, target_transform=str)
    assert dataset[2] == (2.5, "4")
    np.testing.assert_array_equal(dataset.data, np.arange(5))


def test_without_transforms_there_are_ones_that_change_nothing():
    x = object()
    assert Squares().transform(x) is x
    assert Squares().target_transform(x) is x
    assert pickle.loads(pickle.dumps(Unlabelled().transform))(x) is x


def test_without_labels_the_second_of_a_pair_is_none():
    assert Unlabelled(target_transform=str)[1] == (2, None)


@pytest.mark.parametrize("index", [slice(2), [0, 1], 1.0, "a", None, np.array([0, 1])])
def test_an_index_is_one_integer(index):
    with pytest.raises(TypeError, match=rf"Squares: .* not {type(index).__name__}; several at once are in .data"):
        Squares()[index]


def test_an_index_out_of_range_is_an_index_error():
    with pytest.raises(IndexError):
        Squares()[5]


def test_a_data_set_without_data_says_what_to_define():
    for use in (len, lambda dataset: dataset[0]):
        with pytest.raises(TypeError, match=r"Dataset: there is no data; define prepare\(\)"):
            use(Dataset())


def test_as_many_labels_as_examples():
    class Odd(Dataset):
        def prepare(self):
            self.data, self.label = np.zeros(3), np.zeros(2)

    with pytest.raises(ValueError, match="Odd: 3 examples have 2 labels"):
        Odd()


@pytest.mark.parametrize("name", ["transform", "target_transform"])
def test_a_transform_can_be_called(name):
    with pytest.raises(TypeError, match=f"Squares: {name} must be callable or None, not int"):
        Squares(**{name: 3})


# -- caches


def test_a_cache_that_was_saved_is_loaded(folder):
    url = "https://example.org/data/archive.tar.gz"
    assert load_cache_npz(url, train=True) == (None, None)
    data, label = np.arange(6, dtype=np.uint8).reshape(2, 3), np.array([1, 0])
    path = save_cache_npz(data, label, url, train=True)
    assert path == str(folder / "archive.tar.gz.train.npz")
    for found, expected in zip(load_cache_npz(url, True), (data, label), strict=True):
        np.testing.assert_array_equal(found, expected, strict=True)
    assert load_cache_npz(url) == (None, None)
    assert save_cache_npz(data, label, url).endswith("archive.tar.gz.test.npz")


def test_a_cache_that_is_there_stays(folder):
    save_cache_npz(np.zeros(2), np.zeros(2), "a")
    save_cache_npz(np.ones(2), np.ones(2), "a")
    np.testing.assert_array_equal(load_cache_npz("a")[0], np.zeros(2))


def test_a_cache_made_by_numpy_is_loaded_and_a_damaged_one_named(folder):
    path = folder / "a.test.npz"
    np.savez_compressed(path, data=np.arange(3), label=np.arange(3))
    np.testing.assert_array_equal(load_cache_npz("a")[1], np.arange(3))
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ValueError, match=r"a\.test\.npz"):
        load_cache_npz("a")
    np.savez(path, x=np.arange(3))
    with pytest.raises(ValueError, match=r"a\.test\.npz: holds \['x'\], not data and label"):
        load_cache_npz("a")
