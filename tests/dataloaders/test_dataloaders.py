"""Batches: which examples come, in which order, and as what arrays."""

import sys
from inspect import signature

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import dezero
from dezero import DataLoader, SeqDataLoader, transforms
from dezero.datasets import Dataset, Spiral


class Count(Dataset):
    """n, and the label 10 n."""

    def __init__(self, size, **kwargs):
        self.size = size
        super().__init__(**kwargs)

    def prepare(self):
        self.data = np.arange(self.size)
        self.label = 10 * self.data


class OneByOne(Count):
    def __getitem__(self, index):
        return super().__getitem__(index)


def drawn(loader):
    return [x.tolist() for x, t in loader]


def flat(loader):
    return [n for batch in drawn(loader) for n in batch]


sizes = st.integers(1, 30), st.integers(1, 35)


@pytest.mark.parametrize(
    ("loader", "expected"),
    [
        (DataLoader, "dataset, batch_size, shuffle=True, gpu=False, *, seed=None, drop_last=False, workers=0"),
        (SeqDataLoader, "dataset, batch_size, gpu=False, *, workers=0"),
    ],
)
def test_the_arguments_and_defaults_are_dezero_s(loader, expected):
    found = signature(loader)
    plain = [p.replace(annotation=p.empty) for p in found.parameters.values()]
    assert str(found.replace(parameters=plain, return_annotation=found.empty)) == f"({expected})"
    assert getattr(dezero.dataloaders, loader.__name__) is loader


# -- which examples, in which order


@given(*sizes, st.booleans())
def test_an_epoch_is_a_permutation_in_batches(size, batch_size, shuffle):
    loader = DataLoader(Count(size), batch_size, shuffle=shuffle)
    for _ in range(2):
        batches = drawn(loader)
        assert len(batches) == len(loader) == loader.max_iter == -(-size // batch_size)
        assert all(len(batch) == batch_size for batch in batches[:-1])
        order = [n for batch in batches for n in batch]
        assert sorted(order) == list(range(size))
        assert shuffle or order == list(range(size))


@given(*sizes)
def test_drop_last_leaves_the_short_batch_out(size, batch_size):
    if batch_size > size:
        with pytest.raises(ValueError, match=f"{size} examples make no batch of {batch_size}; use drop_last=False"):
            DataLoader(Count(size), batch_size, drop_last=True)
        return
    loader = DataLoader(Count(size), batch_size, drop_last=True)
    assert [len(batch) for batch in drawn(loader)] == [batch_size] * (size // batch_size)
    assert len(loader) == size // batch_size


def test_the_order_is_numpy_s_permutation_drawn_as_dezero_draws_it():
    np.random.seed(0)
    first, second, third = (np.random.permutation(10).tolist() for _ in range(3))
    np.random.seed(0)
    loader = DataLoader(Count(10), 3)  # the first order is drawn here
    assert flat(loader) == first  # and the second as this ends
    assert flat(loader) == second
    loader.reset()
    np.random.seed(0)
    loader.reset()
    assert flat(loader) == first
    assert loader.index.tolist() == second
    assert third != second


def test_without_shuffling_nothing_is_drawn():
    before = np.random.get_state()[2]
    assert flat(DataLoader(Count(10), 3, shuffle=False)) == list(range(10))
    assert np.random.get_state()[2] == before


@given(st.integers(0, 2**64), st.integers(2, 20))
def test_a_seed_fixes_the_orders_of_all_epochs_and_leaves_numpy_s_random_state(seed, size):
    before = np.random.get_state()[1].copy(), np.random.get_state()[2]
    first, second = (DataLoader(Count(size), 3, seed=seed) for _ in range(2))
    orders = [flat(first) for _ in range(3)]
    assert orders == [flat(second) for _ in range(3)]
    np.testing.assert_array_equal(np.random.get_state()[1], before[0])
    assert np.random.get_state()[2] == before[1]


def test_seeds_and_epochs_have_orders_of_their_own():
    orders = set()
    for seed in range(4):
        loader = DataLoader(Count(20), 20, seed=seed)
        orders |= {tuple(flat(loader)) for _ in range(4)}
    assert len(orders) == 16


def test_a_loop_that_was_left_is_gone_on_with():
    loader = DataLoader(Count(6), 2, shuffle=False)
    for x, _ in loader:
        assert x.tolist() == [0, 1]
        break
    assert drawn(loader) == [[2, 3], [4, 5]]
    assert drawn(loader) == [[0, 1], [2, 3], [4, 5]]


def test_reset_begins_again():
    loader = DataLoader(Count(6), 2, shuffle=False)
    next(loader)
    loader.reset()
    assert len(drawn(loader)) == 3


def test_next_and_what_ends_it():
    loader = DataLoader(Count(3), 2, shuffle=False)
    assert next(iter(DataLoader(Count(3), 2, shuffle=False)))[0].tolist() == [0, 1]
    assert loader.next()[0].tolist() == [0, 1]
    assert next(loader)[0].tolist() == [2]
    with pytest.raises(StopIteration):
        next(loader)
    assert next(loader)[0].tolist() == [0, 1]


@pytest.mark.parametrize("batch_size", [2, 6])
def test_a_loop_inside_a_loop_over_the_same_loader_ends_with_an_error(batch_size):
    loader = DataLoader(Count(6), batch_size, shuffle=False)
    outer = iter(loader)
    next(outer)
    drawn(loader)
    with pytest.raises(RuntimeError, match="ended the epoch of this one; make a second loader for a loop inside a"):
        next(outer)
    assert drawn(loader) == drawn(DataLoader(Count(6), batch_size, shuffle=False))


def test_loops_that_share_an_epoch_go_on_as_in_dezero():
    loader = DataLoader(Count(8), 2, shuffle=False)
    assert [(a.tolist(), b.tolist()) for (a, _), (b, _) in zip(loader, loader, strict=False)] == [
        ([0, 1], [2, 3]),
        ([4, 5], [6, 7]),
    ]
    assert [(x.tolist(), next(loader)[0].tolist()) for x, _ in loader] == [([0, 1], [2, 3]), ([4, 5], [6, 7])]
    begun = iter(loader)
    next(begun)
    assert drawn(loader) == [[2, 3], [4, 5], [6, 7]]
    whole = iter(loader)
    assert len(drawn(whole)) == len(drawn(whole)) == 4


def test_a_reset_inside_a_loop_begins_the_epoch_again():
    loader, sizes = DataLoader(Count(6), 2, shuffle=False), []
    for x, _ in loader:
        sizes.append(x.tolist())
        if len(sizes) == 2:
            loader.reset()
    assert sizes == [[0, 1], [2, 3], [0, 1], [2, 3], [4, 5]]


@given(st.data(), st.integers(1, 40))
def test_sequences_go_on_from_batch_to_batch(data, size):
    batch_size = data.draw(st.integers(1, size))
    loader = SeqDataLoader(Count(size), batch_size)
    jump = size // batch_size
    batches = drawn(loader)
    assert batches == [[(j * jump + i) % size for j in range(batch_size)] for i in range(-(-size // batch_size))]
    assert drawn(loader) == batches


def test_sequences_need_an_example_each():
    with pytest.raises(ValueError, match="SeqDataLoader: 3 examples make no 4 sequences"):
        SeqDataLoader(Count(3), 4)


# -- what arrays


@pytest.mark.parametrize("kind", [Count, OneByOne])
def test_arrays_of_examples_and_labels(kind):
    x, t = next(DataLoader(kind(5), 3, shuffle=False))
    np.testing.assert_array_equal(x, np.array([0, 1, 2]), strict=True)
    np.testing.assert_array_equal(t, np.array([0, 10, 20]), strict=True)


def test_float32_stays_float32():
    x, t = next(DataLoader(Spiral(), 10))
    assert (x.dtype, t.dtype, x.shape, t.shape) == (np.float32, np.int64, (10, 2), (10,))


class Arrays(Dataset):
    def __init__(self, data, label, *args, **kwargs):
        self.given = data, label
        super().__init__(*args, **kwargs)

    def prepare(self):
        self.data, self.label = self.given


class ArraysOneByOne(Arrays):
    def __getitem__(self, index):
        return super().__getitem__(index)


DTYPES = st.sampled_from(["?", "u1", "i8", "f2", "f4", "f8", "c8", ">f4", "S3"])
KNOWN = st.sampled_from(
    [None, transforms.ToFloat(), transforms.Flatten(), transforms.Compose([transforms.Flatten(), transforms.ToInt()])]
)


@given(st.data(), DTYPES, st.booleans(), st.booleans())
def test_taking_a_batch_whole_gives_the_same_bits_as_one_by_one(data, dtype, labelled, fortran):
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=4, max_side=4))
    array = np.arange(1, 1 + np.prod(shape)).reshape(shape).astype(dtype, order="F" if fortran else "C")
    label = np.arange(len(array)) if labelled else None
    transform = data.draw(KNOWN) if array.dtype.kind in "biuf" else None
    target_transform = data.draw(st.sampled_from([None, transforms.AsType(np.float32)]))
    whole, one_by_one = (kind(array, label, True, transform, target_transform) for kind in (Arrays, ArraysOneByOne))
    loaders = DataLoader(whole, 3, seed=0), DataLoader(one_by_one, 3, seed=0)
    for (x, t), (x1, t1) in zip(*loaders, strict=True):
        np.testing.assert_array_equal(x, x1, strict=True)
        assert x.flags.c_contiguous == x1.flags.c_contiguous
        assert (t is None) == (t1 is None) == (not labelled)
        if labelled:
            np.testing.assert_array_equal(t, t1, strict=True)


def test_the_quick_way_is_taken_with_known_transforms_only():
    calls = []

    def counted(x):
        calls.append(x)
        return x

    flat(DataLoader(Count(5, transform=counted), 2))
    assert len(calls) == 5
    next(DataLoader(Count(5, target_transform=counted), 5))
    assert len(calls) == 10


def test_a_batch_is_a_copy():
    dataset = Count(4)
    x, t = next(DataLoader(dataset, 4, shuffle=False))
    x += 1
    t += 1
    np.testing.assert_array_equal(dataset.data, np.arange(4))
    np.testing.assert_array_equal(dataset.label, 10 * np.arange(4))


def test_anything_with_a_length_and_pairs_by_number_is_a_data_set():
    pairs = [([i, i], float(i)) for i in range(4)]
    x, t = next(DataLoader(pairs, 3, shuffle=False))
    np.testing.assert_array_equal(x, [[0, 0], [1, 1], [2, 2]])
    np.testing.assert_array_equal(t, [0.0, 1.0, 2.0])

    class Files:
        def __len__(self):
            return 3

        def __getitem__(self, i):
            return {"0": 1.0, "1": 2.0, "2": 3.0}[f"{i}"], None

    x, t = next(DataLoader(Files(), 2, shuffle=False))
    assert x.tolist() == [1.0, 2.0]
    assert t is None


@pytest.mark.parametrize("kind", [DataLoader, SeqDataLoader])
def test_a_tuple_of_two_arrays_is_a_data_set_of_their_pairs(kind):
    x, t = np.arange(8.0).reshape(4, 2), np.arange(4)
    np.random.seed(0)
    arrays = list(kind((x, t), 2))
    np.random.seed(0)
    for (a, b), (a1, b1) in zip(arrays, kind(list(zip(x, t, strict=True)), 2), strict=True):
        np.testing.assert_array_equal(a, a1, strict=True)
        np.testing.assert_array_equal(b, b1, strict=True)
    assert next(kind((x, None), 2))[1] is None
    with pytest.raises(ValueError, match=f"{kind.__name__}: 4 examples have 3 labels"):
        kind((x, t[:3]), 2)


def test_a_tuple_of_two_pairs_is_two_examples():
    x, t = next(DataLoader(((np.zeros(3), 1), (np.ones(3), 2)), 2, shuffle=False))
    np.testing.assert_array_equal(x, [[0, 0, 0], [1, 1, 1]])
    np.testing.assert_array_equal(t, [1, 2])


def test_python_s_floats_give_float64_as_in_dezero():
    x, t = next(DataLoader([([0.5, 1.5], 0.5)] * 2, 2))
    assert (x.dtype, t.dtype) == (np.float64, np.float64)


# -- CuPy


class DeviceArray:
    def __init__(self, host):
        self.host = host


def test_cupy_s_arrays_come_when_asked_for(cupy):
    loader = DataLoader(Count(9), 2, shuffle=False, gpu=True)
    x, t = next(loader)
    assert (type(x), x.host.tolist()) == (cupy.ndarray, [0, 1])
    assert (type(t), t.host.tolist()) == (cupy.ndarray, [0, 10])
    loader.to_cpu()
    assert type(next(loader)[0]) is np.ndarray
    loader.to_gpu()
    assert type(next(loader)[0]) is cupy.ndarray
    assert next(DataLoader(Arrays(np.arange(3), None), 2, gpu=True))[1] is None


def test_cupy_is_named_where_it_is_missing(no_cupy):
    with pytest.raises(ImportError, match=r'pip install "dezero-nth\[gpu\]"'):
        next(DataLoader(Count(4), 2, gpu=True))


# -- errors


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"batch_size": 0}, ValueError, "DataLoader: batch_size must be at least 1, not 0"),
        ({"batch_size": -2}, ValueError, "DataLoader: batch_size must be at least 1, not -2"),
        ({"batch_size": 2.0}, TypeError, "DataLoader: batch_size must be an integer, not float"),
        ({"batch_size": "2"}, TypeError, "DataLoader: batch_size must be an integer, not str"),
        ({"batch_size": True}, TypeError, "DataLoader: batch_size must be an integer, not bool"),
        ({"batch_size": None}, TypeError, "DataLoader: batch_size must be an integer, not NoneType"),
        ({"dataset": Count(0)}, ValueError, "DataLoader: the number of examples must be at least 1, not 0"),
        ({"dataset": []}, ValueError, "DataLoader: the number of examples must be at least 1, not 0"),
        ({"dataset": 3}, TypeError, "DataLoader: int is no data set: it needs __len__ and __getitem__"),
        ({"dataset": {1}}, TypeError, "DataLoader: set is no data set: it needs __len__ and __getitem__"),
        ({"seed": -1}, ValueError, "DataLoader: seed must be at least 0, not -1"),
        ({"seed": 1.5}, TypeError, "DataLoader: seed must be an integer, not float"),
        ({"workers": -1}, ValueError, "DataLoader: workers must be at least 0, not -1"),
        ({"workers": "all"}, TypeError, "DataLoader: workers must be an integer, not str"),
    ],
)
def test_bad_arguments_are_named(arguments, error, message):
    with pytest.raises(error, match=message):
        DataLoader(**{"dataset": Count(4), "batch_size": 2} | arguments)


def test_integers_of_numpy_are_integers():
    assert len(DataLoader(Count(4), np.int32(2), workers=np.int64(1))) == 2


def test_examples_of_different_shapes_are_named():
    pairs = [(np.zeros(i + 1), 0) for i in range(3)]
    with pytest.raises(ValueError, match=r"the examples of a batch differ in shape \(\(1,\), \(2,\), \(3,\)\)"):
        next(DataLoader(pairs, 3))
    with pytest.raises(ValueError, match="the labels of a batch differ in shape"):
        next(DataLoader([(t, x) for x, t in pairs], 3))


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        ([(1, 2, 3)] * 2, "list gave a tuple of 3"),
        ([[1]] * 2, "list gave a list of 1"),
        (np.zeros((3, 2, 2)), "ndarray gave a ndarray"),
        ([np.zeros(3), np.zeros(3)], "list gave a ndarray"),
        ([{"a": 1, "b": 2}] * 2, "list gave a dict"),
        (["ab", "cd"], "list gave a str"),
        ((np.float64(1), np.float64(2)), "tuple gave a float64"),
    ],
)
@pytest.mark.parametrize("workers", [0, 1])
def test_examples_that_are_no_pairs_are_told(dataset, message, workers):
    with pytest.raises(TypeError, match=rf"an example is a pair \(x, t\), and {message}; give \(x, None\)"):
        next(DataLoader(dataset, 2, workers=workers))


def test_examples_that_make_no_array_are_told():
    with pytest.raises(TypeError, match=r"the examples of a batch \(dict\) make no array of numbers; a transform must"):
        next(DataLoader([({"a": np.ones(2)}, 1)] * 2, 2))
    with pytest.raises(TypeError, match=r"the labels of a batch \(NoneType, int\) make no array of numbers"):
        next(DataLoader([(0, None), (1, 1)], 2))
    with pytest.raises(ValueError, match=r"the examples of a batch differ in shape \(a tuple of parts that differ\)"):
        next(DataLoader([((np.ones(2), np.zeros(3)), 1)] * 2, 2))


def test_a_data_set_s_error_passes_and_the_batch_can_be_asked_for_again():
    failing = [True]

    def once(x):
        if x == 3 and failing.pop():
            raise OSError("the disk was away")
        return x

    failing[:] = [False, True]
    loader = DataLoader(Count(6, transform=once), 2, shuffle=False)
    assert next(loader)[0].tolist() == [0, 1]
    with pytest.raises(OSError, match="the disk was away"):
        next(loader)
    assert drawn(loader) == [[2, 3], [4, 5]]


@pytest.mark.parametrize("workers", [0, 1])
def test_a_stop_iteration_inside_a_data_set_does_not_end_the_epoch(workers):
    def stop(x):
        raise StopIteration

    with pytest.raises(RuntimeError, match="Count: StopIteration is no error for a data set to raise"):
        next(DataLoader(Count(6, transform=stop), 2, workers=workers))


def test_matplotlib_pillow_and_others_are_not_loaded(monkeypatch):
    for name in ("PIL", "matplotlib", "sklearn", "tqdm", "cupy"):
        monkeypatch.setitem(sys.modules, name, None)
    assert len(drawn(DataLoader(Spiral(), 100, workers=1))) == 3
