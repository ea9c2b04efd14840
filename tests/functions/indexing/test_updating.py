"""Elements changed at an index, put in and left out: what NumPy's assignment does, in a new array."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import dezero.functions.indexing.updating as U
from dezero import Variable, gradients
from tests.functions.alike import assert_alike, assert_refused

B = np.arange(12.0).reshape(3, 4)
INDICES = [
    1,
    -1,
    (0, 2),
    slice(None, None, -2),
    (slice(None), 1),
    (..., None, slice(1, 3)),
    [0, 2],
    [2, 0, 2],
    ([0, 1, 0], [1, 1, 1]),
    (slice(None), [3, 3, 0]),
    ([[0], [2]], [1, 3]),
    B > 4,
    (np.array([True, False, True]), 2),
    [],
    ...,
    None,
]


@pytest.mark.parametrize("index", INDICES, ids=lambda i: "".join(repr(i).split()))
def test_values_are_those_of_assignment(index):
    x = Variable(B.copy())
    v = -1.0 - np.arange(B[index].size).reshape(B[index].shape)
    for values in (v, v.astype(int), -5.0, np.array(7.0)):
        updated, added = B.copy(), B.copy()
        updated[index] = values
        np.add.at(added, index, values)
        np.testing.assert_array_equal(U.index_update(x, index, values).data, updated, strict=True)
        np.testing.assert_array_equal(U.index_add(x, index, values).data, added, strict=True)
    np.testing.assert_array_equal(x.data, B)


@given(hnp.arrays(np.int64, st.integers(1, 8), elements=st.integers(-5, 4)))
def test_the_last_value_counts_and_has_the_derivative(index):
    x, v = Variable(np.zeros(5)), Variable(np.arange(1.0, index.size + 1))
    y = U.index_update(x, index, v)
    expected = np.zeros(5)
    expected[index] = v.data
    np.testing.assert_array_equal(y.data, expected)
    gx, gv = gradients(y, [x, v])
    np.testing.assert_array_equal(gx.data, expected == 0)
    np.testing.assert_array_equal(gv.data, np.isin(v.data, expected))


def test_what_is_overwritten_leaves_no_trace():
    x = Variable(np.array([np.nan, np.inf, 1.0]))
    y = U.index_update(x, [0, 1], 0.0) ** 2
    np.testing.assert_array_equal(y.data, [0.0, 0.0, 1.0])
    np.testing.assert_array_equal(gradients(y, x)[0].data, [0.0, 0.0, 2.0])


def test_signs_of_zeros_stay():
    y = U.index_update(Variable(np.array([-0.0, 1.0, 2.0])), 1, np.array(-0.0))
    np.testing.assert_array_equal(np.signbit(y.data), [True, True, False])


def test_dtypes():
    x = Variable(np.zeros(3, np.float32))
    assert U.index_update(x, 0, 1.5).dtype == np.float32
    assert U.index_add(x, 0, 2).dtype == np.float32
    assert U.index_update(x, 0, np.ones(())).dtype == np.float64
    assert U.index_update(Variable(np.zeros(3, int)), 0, 1.5).data[0] == 1.5


@pytest.mark.parametrize("obj", [0, -1, [0, 2], [-1, 0, 0], slice(1, None), slice(None, None, 2), np.arange(4) > 1, []])
def test_delete(obj):
    assert_alike(lambda x: np.delete(x, obj, axis=1), B)
    if not isinstance(obj, np.ndarray):
        assert_alike(lambda x: np.delete(x, obj), B)


@pytest.mark.parametrize(
    ("obj", "shape", "axis"),
    [
        (1, (), None),
        (12, (2,), None),
        ([1, 3], (), None),
        ([1, 3], (2,), None),
        ([3, 1, 1], (3,), None),
        (slice(1, 4), (3,), None),
        ([2], (3,), None),
        (1, (3,), 1),
        (-1, (4,), 0),
        ([0, 4], (3, 2), 1),
        ([1], (3, 1), 1),
        ([1], (3, 2), -1),
        ([0, 3], (2, 4), 0),
        (1, (2, 4), 0),
        (1, (2, 3), 1),
        ([0, 1], (1, 4), 0),
    ],
    ids=str,
)
def test_insert(obj, shape, axis):
    values = np.arange(-9.0, np.prod(shape, dtype=int) - 9).reshape(shape)
    assert_alike(lambda x, v: np.insert(x, obj, v, axis), B, values)


def test_insert_by_a_mask_and_of_numbers():
    assert_alike(lambda x: np.insert(x, np.array([True, False, True]), 9.0, axis=0), B)
    x = Variable(np.zeros(2, np.float32))
    assert U.insert(x, 0, np.ones(1)).dtype == np.float32
    np.testing.assert_array_equal(
        U.insert(Variable(np.zeros(2, int)), 1, 1.7).data, np.insert(np.zeros(2, int), 1, 1.7)
    )


V = Variable(B)
REFUSED = [
    (lambda: U.index_update(V, 3, 0.0), IndexError, ["index_update", "3", "(3, 4)"]),
    (lambda: U.index_add(V, [0, 9], 0.0), IndexError, ["index_add", "9", "(3, 4)"]),
    (lambda: U.index_add(V, (0, 0, 0), 0.0), IndexError, ["index_add", "too many", "(3, 4)"]),
    (lambda: U.index_update(V, 0, np.ones(3)), ValueError, ["index_update", "(3,)", "(4,)", "(3, 4)"]),
    (lambda: U.index_update(V, 0, [1.0]), TypeError, ["index_update", "list"]),
    (lambda: U.index_update(V, 0, Variable(None)), TypeError, ["index_update", "Variable(None)"]),
    (lambda: U.delete(V, 5, axis=1), IndexError, ["delete", "5", "axis 1", "(3, 4)"]),
    (lambda: U.delete(V, np.ones(3, bool), axis=1), ValueError, ["delete", "axis 1", "(3, 4)"]),
    (lambda: U.delete(V, 0, axis=2), ValueError, ["delete", "axis 2", "(3, 4)"]),
    (lambda: U.insert(V, 13, 1.0), IndexError, ["insert", "13", "(12,)"]),
    (lambda: U.insert(V, 0, np.ones(3), axis=0), ValueError, ["insert", "axis 0", "(3, 4)"]),
]


@pytest.mark.parametrize(("call", "error", "parts"), REFUSED, ids=[" ".join(parts[:2]) for *_, parts in REFUSED])
def test_what_is_refused(call, error, parts):
    assert_refused(call, error, *parts)
