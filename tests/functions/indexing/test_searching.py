"""Where elements stand: NumPy's plain arrays, of Variables too."""

import numpy as np
import pytest

import dezero.functions.indexing.searching as S
from dezero import Variable
from tests.functions.alike import assert_refused

B = np.array([[0.0, 3.0, 3.0], [5.0, 0.0, -1.0]])


@pytest.mark.parametrize("name", ["argmax", "argmin"])
@pytest.mark.parametrize("axis", [None, 0, 1, -1])
@pytest.mark.parametrize("keepdims", [False, True])
def test_extremes(name, axis, keepdims):
    expected = getattr(np, name)(B, axis=axis, keepdims=keepdims)
    for found in (
        getattr(S, name)(Variable(B), axis, keepdims=keepdims),
        getattr(np, name)(Variable(B), axis=axis, keepdims=keepdims),
    ):
        np.testing.assert_array_equal(found, expected, strict=True)
        assert not isinstance(found, Variable)


@pytest.mark.parametrize("name", ["nonzero", "flatnonzero", "argwhere"])
def test_what_is_not_zero(name):
    expected = getattr(np, name)(B)
    for found in (getattr(S, name)(Variable(B)), getattr(np, name)(Variable(B)), getattr(S, name)(B)):
        assert type(found) is type(expected)
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("side", ["left", "right"])
def test_searchsorted(side):
    x, v = np.array([1.0, 2.0, 2.0, 4.0]), np.array([[0.0, 2.0], [3.0, 9.0]])
    expected = np.searchsorted(x, v, side)
    for found in (S.searchsorted(Variable(x), Variable(v), side), np.searchsorted(x, Variable(v), side)):
        np.testing.assert_array_equal(found, expected, strict=True)
    order = np.array([3, 1, 0, 2])
    back = np.argsort(order)
    np.testing.assert_array_equal(S.searchsorted(Variable(x[order]), v, side, sorter=back), expected)
    assert S.searchsorted(Variable(x), 2.0, side) == np.searchsorted(x, 2.0, side)


V = Variable(B)
REFUSED = [
    (lambda: S.argmax(V, 2), ValueError, ["argmax", "axis 2", "(2, 3)"]),
    (lambda: S.argmin(Variable(np.zeros((0, 2))), 0), ValueError, ["argmin", "(0, 2)"]),
    (lambda: S.argmax(Variable(np.zeros(0))), ValueError, ["argmax", "(0,)"]),
    (lambda: S.searchsorted(V, 1.0), ValueError, ["searchsorted", "(2, 3)", "one axis"]),
    (lambda: S.nonzero(Variable(None)), TypeError, ["nonzero"]),
    (lambda: S.argwhere("a"), TypeError, ["argwhere"]),
]


@pytest.mark.parametrize(("call", "error", "parts"), REFUSED, ids=[" ".join(parts[:2]) for *_, parts in REFUSED])
def test_what_is_refused(call, error, parts):
    assert_refused(call, error, *parts)
