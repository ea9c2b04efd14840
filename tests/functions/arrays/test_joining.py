"""Arrays joined into one: as NumPy does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero.functions as F
import dezero.functions.arrays.joining as J
from dezero import Variable, gradients
from dezero.functions.arrays.splitting import array_split, unstack
from tests.functions.alike import assert_alike, assert_refused, graph_size

A, B, C = np.arange(3.0), np.arange(6.0).reshape(2, 3), np.arange(24.0).reshape(2, 3, 4)


@pytest.mark.parametrize("axis", [-4, -1, 0, 1, 3])
def test_stack(axis):
    assert_alike(lambda a, b: np.stack([a, b, a], axis), C, C + 1)


def test_stack_of_numbers():
    assert_alike(lambda a: np.stack([a, a]), np.array(2.0))


@pytest.mark.parametrize("join", [np.vstack, np.hstack, np.dstack, np.column_stack], ids=lambda f: f.__name__)
def test_joining_of_one_axis_and_more(join):
    assert_alike(lambda a, b: join([a, b]), A, A + 1)
    assert_alike(lambda a, b: join((a, b)), B, B + 1)
    assert_alike(lambda a, b: join([a, b]), C, C + 1)


def test_joining_of_mixed_arrays():
    assert_alike(lambda a, b: np.vstack([a, b]), A, B)
    assert_alike(lambda a, b: np.hstack([a, b, a]), A, np.array(2.0))
    assert_alike(lambda a, b: np.column_stack([a, b]), A, B.T)
    assert_alike(lambda a, b: np.dstack([a, b]), B, C)


@pytest.mark.parametrize("axis", [None, 0, -1])
def test_append(axis):
    assert_alike(lambda a, b: np.append(a, b, axis), B, B + 1)


def test_append_of_other_shapes():
    assert_alike(lambda a, b: np.append(a, b), B, A)
    assert_alike(lambda a, b: np.append(a, b, axis=1), B, np.ones((2, 1)))


def test_block():
    assert_alike(lambda a, b: np.block([a, b]), A, A)
    assert_alike(lambda a, b: np.block([[a, b], [b, a]]), B, B + 1)
    assert_alike(lambda a, b: np.block([[[a], [b]], [[b], [a]]]), A, A + 1)
    assert_alike(lambda a, b: np.block([[a], [b]]), A, B)
    assert_alike(lambda a: np.block(a), B)
    assert_alike(lambda a, b: np.block([b, a]), A, np.array(2.0))


def test_numbers_take_the_dtype_of_the_arrays():
    x = Variable(np.ones(2, np.float32))
    assert J.stack([x[0], 2, 0.5]).dtype == np.float32
    assert J.append(x, 1.5).dtype == np.float32
    assert J.hstack([1.0, x]).dtype == np.float32
    assert J.stack([1.0, 2.0]).dtype == np.float64


@given(st.integers(0, 2), st.integers(1, 9))
def test_what_is_split_is_joined_again(axis, sections):
    x = Variable(C)
    np.testing.assert_array_equal(F.concatenate(array_split(x, sections, axis), axis).data, C)
    np.testing.assert_array_equal(J.stack(unstack(x, axis), axis).data, C)


def test_an_array_joined_twice_gets_both_gradients():
    x = Variable(A.copy())
    y = J.stack([x, x * 2, x])
    np.testing.assert_array_equal(gradients(y, x)[0].data, np.full(3, 4.0))


def test_columns_stacked_keep_rows_apart():
    """Were rows taken for mixed, the ninth derivative's graph would have tens of thousands of nodes."""
    x = Variable(np.linspace(-1, 1, 4)[:, None])
    y = F.tanh(J.hstack([x, x * x, np.ones((4, 1))]) @ np.ones((3, 2)))
    y = y + F.sum(J.stack([F.sin(x), F.cos(x)], axis=1), axis=(1, 2))[:, None] + J.stack([x, x], axis=0)[0]
    for _ in range(9):
        (y,) = gradients(y, x, create_graph=True)
    assert graph_size(y) < 600


V, W = Variable(B), Variable(A)
REFUSED = [
    (lambda: J.stack([V, W]), ValueError, ["stack", "array 1", "(3,)", "(2, 3)", "concatenate"]),
    (lambda: J.stack([V, V], 3), ValueError, ["stack", "axis 3"]),
    (lambda: J.stack([]), ValueError, ["stack", "at least one"]),
    (lambda: J.stack(3), TypeError, ["stack", "sequence"]),
    (lambda: J.stack([V, [1.0]]), TypeError, ["stack", "list", "numpy.array"]),
    (lambda: J.stack([V, Variable(None)]), TypeError, ["stack", "Variable(None)"]),
    (lambda: J.vstack([V, np.ones(2)]), ValueError, ["vstack", "array 1", "(1, 2)", "(2, 3)"]),
    (lambda: J.hstack([V, np.ones((3, 3))]), ValueError, ["hstack", "array 1", "(3, 3)", "axis 1"]),
    (lambda: J.hstack([V, W]), ValueError, ["hstack", "array 1", "(3,)", "(2, 3)"]),
    (lambda: J.dstack([V, W]), ValueError, ["dstack", "array 1", "(1, 3, 1)"]),
    (lambda: J.column_stack([V, W]), ValueError, ["column_stack", "array 1", "(3, 1)"]),
    (lambda: J.append(V, W, axis=0), ValueError, ["append", "array 1", "(3,)", "(2, 3)"]),
    (lambda: J.append(V, V, axis=2), ValueError, ["append", "axis 2", "(2, 3)"]),
    (lambda: J.block([[V, V], V]), ValueError, ["block", "unequal depth"]),
    (lambda: J.block([[V], []]), ValueError, ["block", "empty list"]),
    (lambda: J.block([[V], [np.ones((2, 2))]]), ValueError, ["block", "array 1", "(2, 2)"]),
]


@pytest.mark.parametrize(("call", "error", "parts"), REFUSED, ids=[" ".join(parts[:2]) for *_, parts in REFUSED])
def test_what_is_refused(call, error, parts):
    assert_refused(call, error, *parts)
