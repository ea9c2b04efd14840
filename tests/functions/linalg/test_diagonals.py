"""Diagonals and triangles of matrices: as NumPy does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero.functions.linalg.diagonals as D
from dezero import Variable, gradients
from tests.functions.alike import assert_alike, assert_refused

C = np.arange(24.0).reshape(2, 3, 4)


@pytest.mark.parametrize("k", range(-5, 6))
def test_every_diagonal(k):
    assert_alike(lambda x: np.diag(x, k), C[0])
    assert_alike(lambda x: np.diag(x, k), C[0].T)
    assert_alike(lambda x: np.diag(x, k), C[0, 0])
    assert_alike(lambda x: np.diagflat(x, k), C[0, :2])
    assert_alike(lambda x: np.diagonal(x, k), C)
    assert_alike(lambda x: np.diagonal(x, k, -1, 1), C)
    for x in (C, C[0], C[0].T, C[0, 0]):
        assert_alike(lambda x: np.tril(x, k), x)
        assert_alike(lambda x: np.triu(x, k), x)


def test_arrays_without_elements():
    for x in (np.zeros((0, 3)), np.zeros((3, 0)), np.zeros(0)):
        assert_alike(np.diag, x)
        assert_alike(np.tril, x)
    assert_alike(np.diagonal, np.zeros((2, 0, 3)))


def test_what_a_triangle_drops_leaves_no_trace():
    x = Variable(np.array([[1.0, np.nan], [2.0, np.inf]]))
    np.testing.assert_array_equal(D.tril(x, -1).data, [[0.0, 0.0], [2.0, 0.0]])
    np.testing.assert_array_equal(gradients(D.tril(x, -1) ** 2, x)[0].data, [[0.0, 0.0], [4.0, 0.0]])


@given(st.integers(1, 5), st.integers(-3, 3))
def test_the_diagonal_of_a_diagonal_matrix(n, k):
    d = Variable(np.arange(1.0, n + 1))
    np.testing.assert_array_equal(D.diag(D.diag(d, k), k).data, d.data)


V, NUMBER = Variable(C), Variable(np.array(1.0))
REFUSED = [
    (lambda: D.diag(V), ValueError, ["diag", "(2, 3, 4)", "diagonal"]),
    (lambda: D.diag(NUMBER), ValueError, ["diag", "()"]),
    (lambda: D.diag(Variable(C[0]), 0.5), TypeError, ["offset", "0.5"]),
    (lambda: D.diagonal(Variable(C[0, 0])), ValueError, ["diagonal", "(4,)", "diag"]),
    (lambda: D.diagonal(V, 0, 1, -2), ValueError, ["diagonal", "axis 1", "(2, 3, 4)"]),
    (lambda: D.diagonal(V, 0, 0, 3), ValueError, ["diagonal", "axis2 3", "(2, 3, 4)"]),
    (lambda: D.tril(NUMBER), ValueError, ["tril", "number"]),
    (lambda: D.triu(V, 0.5), TypeError, ["triu", "k", "0.5"]),
]


@pytest.mark.parametrize(("call", "error", "parts"), REFUSED, ids=[" ".join(parts[:2]) for *_, parts in REFUSED])
def test_what_is_refused(call, error, parts):
    assert_refused(call, error, *parts)
