"""Elements repeated: tiles, grids, and arrays made as large as the largest: as NumPy does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero.functions.arrays.repeating as R
from dezero import Variable, gradients
from tests.functions.alike import assert_alike, assert_refused

A, B = np.arange(3.0), np.arange(6.0).reshape(2, 3)


@pytest.mark.parametrize("x", [A, B, np.array(2.0), np.zeros((0, 2))], ids=lambda x: str(x.shape))
@pytest.mark.parametrize("reps", [1, 2, 0, (2,), (2, 1), (1, 3), (2, 1, 2), [2, 2], np.array([1, 2])], ids=str)
def test_tile(x, reps):
    assert_alike(lambda x: np.tile(x, reps), x)


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
@pytest.mark.parametrize("repeats", [2, 0, 1, [3], np.array(2)], ids=str)
def test_repeat(repeats, axis):
    assert_alike(lambda x: np.repeat(x, repeats, axis), B)


def test_repeat_each_its_own():
    assert_alike(lambda x: np.repeat(x, [0, 2, 1], axis=1), B)
    assert_alike(lambda x: np.repeat(x, np.array([2, 1]), 0), B)
    assert_alike(lambda x: np.repeat(x, [0, 1, 2, 3, 0, 1]), B)
    assert_alike(lambda x: np.repeat(x, 3), np.array(2.0))


@pytest.mark.parametrize("shape", [4, 6, 13, (2, 2), (3, 5), (0, 3), [2, 3]], ids=str)
def test_resize(shape):
    assert_alike(lambda x: np.resize(x, shape), B)


def test_resize_of_nothing_is_zeros():
    assert_alike(lambda x: np.resize(x, (2, 2)), np.zeros(0))


@pytest.mark.parametrize("options", [{}, {"indexing": "ij"}, {"sparse": True}, {"indexing": "ij", "sparse": True}])
def test_meshgrid(options):
    for count in (1, 2, 3):
        assert_alike(lambda *xs: np.meshgrid(*xs, **options), *[A, np.arange(2.0), np.arange(4.0)][:count])
    assert_alike(lambda x, y: np.meshgrid(x, y, **options), np.array(2.0), A)


def test_broadcast_arrays():
    assert_alike(lambda a, b, c: np.broadcast_arrays(a, b, c), np.ones((2, 1)), A, np.array(2.0))


@given(st.lists(st.integers(0, 3), min_size=1, max_size=3))
def test_each_element_gets_the_gradients_of_its_copies(reps):
    x = Variable(B.copy())
    np.testing.assert_array_equal(gradients(R.tile(x, reps), x)[0].data, np.full((2, 3), np.prod(reps)))


V = Variable(B)
REFUSED = [
    (lambda: R.tile(V, (2, -1)), ValueError, ["tile", "(2, -1)", "(2, 3)"]),
    (lambda: R.tile(V, 1.5), TypeError, ["tile", "reps", "1.5"]),
    (lambda: R.repeat(V, -1), ValueError, ["repeat", "negative", "-1"]),
    (lambda: R.repeat(V, [1, 2], axis=1), ValueError, ["repeat", "(2,)", "axis 1", "(2, 3)", "give one number, or 3"]),
    (lambda: R.repeat(V, 2, axis=2), ValueError, ["repeat", "axis 2", "(2, 3)"]),
    (lambda: R.repeat(V, 1.5), TypeError, ["repeat", "repeats", "whole numbers"]),
    (lambda: R.resize(V, (2, -1)), ValueError, ["resize", "(2, -1)"]),
    (lambda: R.meshgrid(V, Variable(A)), ValueError, ["meshgrid", "argument 0", "(2, 3)"]),
    (lambda: R.meshgrid(Variable(A), indexing="yx"), ValueError, ["meshgrid", "'yx'", "'xy'"]),
    (lambda: R.broadcast_arrays(V, Variable(np.ones(2))), ValueError, ["broadcast_arrays", "(2, 3)", "(2,)"]),
]


@pytest.mark.parametrize(("call", "error", "parts"), REFUSED, ids=[" ".join(parts[:2]) for *_, parts in REFUSED])
def test_what_is_refused(call, error, parts):
    assert_refused(call, error, *parts)
