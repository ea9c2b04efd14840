"""Elements taken by their places along an axis: as NumPy does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import dezero.functions.indexing.taking as T
from dezero import Variable, gradients
from tests.functions.alike import assert_alike, assert_refused

B, C = np.arange(6.0).reshape(2, 3), np.arange(24.0).reshape(2, 3, 4)


@pytest.mark.parametrize(
    "indices", [1, -1, [0, 1, 1], [[1], [0]], [], np.array(0), np.array([1, 0], np.uint8)], ids=str
)
@pytest.mark.parametrize("axis", [None, 0, 1, -1])
def test_take(indices, axis):
    assert_alike(lambda x: np.take(x, indices, axis), C)


@pytest.mark.parametrize("mode", ["wrap", "clip"])
@pytest.mark.parametrize("axis", [None, 0, 2])
def test_take_out_of_range(mode, axis):
    assert_alike(lambda x: np.take(x, [-50, -1, 0, 3, 99], axis, mode=mode), C)


def test_indices_may_be_variables():
    y = T.take(Variable(B), Variable(np.array([2, 0])), axis=1)
    np.testing.assert_array_equal(y.data, B[:, [2, 0]])


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_take_along_axis(axis):
    order = np.argsort(np.cos(C), axis)
    assert_alike(lambda x: np.take_along_axis(x, order, axis), C)
    few = order.take([0, 0], axis) - C.shape[axis]
    assert_alike(lambda x: np.take_along_axis(x, few, axis), C)


def test_take_along_axis_broadcasts():
    assert_alike(lambda x: np.take_along_axis(x, np.array([[0, 2, 2]]), 1), B)
    assert_alike(lambda x: np.take_along_axis(x, np.array([[0], [2], [1]]), 1), B[:1])
    assert_alike(lambda x: np.take_along_axis(x, np.array([5, -6]), None), B)


def test_compress_and_extract():
    for mask in ([True, False], [0, 2], np.array([False, False]), [True], Variable(np.array([1.0, 0.0]))):
        plain = mask.data if isinstance(mask, Variable) else mask
        np.testing.assert_array_equal(T.compress(mask, Variable(B), axis=0).data, np.compress(plain, B, axis=0))
        np.testing.assert_array_equal(T.compress(mask, Variable(B)).data, np.compress(plain, B))
    assert_alike(lambda x: np.compress([False, True, True], x, axis=1), B)
    assert_alike(lambda x: np.extract(B > 2, x), B)
    assert_alike(lambda x: np.extract([True, False, True], x), B)


@given(hnp.arrays(np.int64, st.integers(0, 9), elements=st.integers(-4, 3)))
def test_each_element_gets_the_gradients_of_its_copies(indices):
    x, w = Variable(np.arange(4.0)), np.cos(np.arange(indices.size))
    expected = np.zeros(4)
    np.add.at(expected, indices, w)
    for y in (T.take(x, indices), T.take_along_axis(x, indices, 0)):
        np.testing.assert_allclose(gradients(y, x, w)[0].data, expected, atol=1e-15)


def test_indices_changed_later_change_nothing():
    x, indices = Variable(np.arange(4.0)), np.array([1, 2])
    ys = [T.take(x, indices), T.take_along_axis(x, indices, 0)]
    indices[:] = 3
    for y in ys:
        np.testing.assert_array_equal(gradients(y, x)[0].data, [0.0, 1.0, 1.0, 0.0])


V = Variable(B)
REFUSED = [
    (lambda: T.take(V, 6), IndexError, ["take", "index 6", "axis 0", "(6,)", "length 6"]),
    (lambda: T.take(V, [0, -4], axis=1), IndexError, ["take", "index -4", "axis 1", "(2, 3)", "length 3"]),
    (lambda: T.take(V, 0, axis=2), ValueError, ["take", "axis 2", "(2, 3)"]),
    (lambda: T.take(V, 0.5), TypeError, ["take", "whole numbers"]),
    (lambda: T.take(V, [True, False]), TypeError, ["take", "bool", "compress"]),
    (lambda: T.take(V, 0, mode="wrong"), ValueError, ["take", "'wrong'", "'clip'"]),
    (lambda: T.take(Variable(np.zeros(0)), 0, mode="clip"), IndexError, ["take", "length 0"]),
    (lambda: T.take_along_axis(V, [0], 1), ValueError, ["take_along_axis", "(1,)", "(2, 3)"]),
    (lambda: T.take_along_axis(V, np.zeros((3, 1), int), 1), ValueError, ["take_along_axis", "(3, 1)", "axis 1"]),
    (lambda: T.take_along_axis(V, [[3]], 1), IndexError, ["take_along_axis", "index 3", "length 3"]),
    (lambda: T.take_along_axis(V, [[0.5]], 1), TypeError, ["take_along_axis", "whole numbers"]),
    (lambda: T.take_along_axis(V, [[0]], 2), ValueError, ["take_along_axis", "axis 2"]),
    (lambda: T.compress([[True]], V, 0), ValueError, ["compress", "(1, 1)", "extract"]),
    (lambda: T.compress([False, False, True], V, 0), IndexError, ["compress", "index 2", "axis 0", "(2, 3)"]),
]


@pytest.mark.parametrize(("call", "error", "parts"), REFUSED, ids=[" ".join(parts[:2]) for *_, parts in REFUSED])
def test_what_is_refused(call, error, parts):
    assert_refused(call, error, *parts)
