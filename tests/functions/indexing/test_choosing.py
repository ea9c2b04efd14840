"""Elements chosen among several arrays, or computed in pieces: as NumPy does."""

import numpy as np
import pytest

import dezero.functions as F
import dezero.functions.indexing.choosing as C
from dezero import Variable, gradients
from tests.functions.alike import assert_alike, assert_refused

A, B = np.arange(3.0), np.arange(6.0).reshape(2, 3) - 2.5
WHICH = np.array([[0, 1, 2], [2, 0, 0]])


def test_choose():
    assert_alike(lambda a, b: np.choose(WHICH, [a, b, a * b]), A, B)
    assert_alike(lambda a, b: np.choose(1, [a, b]), A, B)
    assert_alike(lambda a: np.choose(WHICH, [a, 7.0, -1.0]), A)


@pytest.mark.parametrize("mode", ["wrap", "clip"])
def test_choose_out_of_range(mode):
    assert_alike(lambda a, b: np.choose(WHICH * 3 - 4, [a, b], mode=mode), A, B)


def test_select():
    assert_alike(lambda a, b: np.select([B > 1, B < -1], [a, b * b], 0.5), A, B)
    assert_alike(lambda a, b: np.select([B > 1, B > 0], [a, b]), A, B)
    assert_alike(lambda b: np.select([A > 1], [b], b * 2), B)


def test_piecewise():
    square, cube = lambda v: v * v, lambda v: v * v * v
    assert_alike(lambda x: np.piecewise(x, [B < 0, B >= 0], [square, cube]), B)
    assert_alike(lambda x: np.piecewise(x, [B < 0], [square, 7.0]), B)
    assert_alike(lambda x: np.piecewise(x, A > 1, [square, cube]), A)
    assert_alike(lambda x: np.piecewise(x, [True, False, True], [square, cube]), A)
    assert_alike(lambda x: np.piecewise(x, np.array([A > 1, A < 1]), [square, cube]), A)
    assert_alike(lambda x: np.piecewise(x, [B < 0, B < 1], [square, cube]), B)
    assert_alike(lambda x: np.piecewise(x, [B < 0], [lambda v, p, q: p * v + q], 3.0, q=2.0), B)
    assert_alike(lambda x: np.piecewise(x, [x.sum() > 0], [square, cube]), np.array(2.0))
    assert_alike(lambda x: np.piecewise(x, [np.array([True, False])], [1.7]), np.arange(2))


def test_a_piece_is_no_function_of_the_others_elements():
    """log of the negative elements would be nan, and 0 * nan in every gradient."""
    x = Variable(np.array([-1.0, 0.0, 2.0]))
    y = C.piecewise(x, [x > 0], [F.log, lambda v: v * v])
    (g,) = gradients(y, x, create_graph=True)
    np.testing.assert_array_equal(g.data, [-2.0, 0.0, 0.5])
    np.testing.assert_array_equal(gradients(g, x)[0].data, [2.0, 2.0, -0.25])


def test_what_is_not_chosen_has_no_derivative():
    a, b = Variable(A), Variable(B)
    ga, gb = gradients(C.choose(WHICH % 2, [a, b]), [a, b])
    np.testing.assert_array_equal(ga.data, [2.0, 1.0, 2.0])
    np.testing.assert_array_equal(gb.data, WHICH % 2)


def test_float32_stays():
    x = Variable(A.astype(np.float32))
    for y in (C.choose([0, 1, 0], [x, 1.0]), C.select([A > 1], [x], 2.0), C.piecewise(x, [A > 1], [F.exp, 2.0])):
        assert y.dtype == np.float32
        assert gradients(y, x)[0].dtype == np.float32


V = Variable(A)
REFUSED = [
    (lambda: C.choose([0, 2], [V, V]), IndexError, ["choose", "index 2", "length 2"]),
    (lambda: C.choose([0, -1], [V, V]), IndexError, ["choose", "-1", "negative"]),
    (lambda: C.choose([0.5], [V]), TypeError, ["choose", "whole numbers"]),
    (lambda: C.choose([0], [V], mode="wrong"), ValueError, ["choose", "'wrong'"]),
    (lambda: C.choose([0, 1], [V, V]), ValueError, ["choose", "(2,)", "(3,)"]),
    (lambda: C.choose([0], []), ValueError, ["choose", "at least one"]),
    (lambda: C.select([A > 1], [V, V]), ValueError, ["select", "1 conditions", "2 choices"]),
    (lambda: C.select([], []), ValueError, ["select", "at least one"]),
    (lambda: C.select([A], [V]), TypeError, ["select", "condition 0", "float64", "bool"]),
    (lambda: C.piecewise(V, [A > 1], [1.0, 2.0, 3.0]), ValueError, ["piecewise", "3 functions", "1 conditions"]),
    (lambda: C.piecewise(V, [], [1.0]), ValueError, ["piecewise", "at least one"]),
    (lambda: C.piecewise(V, [A > 1, B > 1], [1.0, 2.0]), ValueError, ["piecewise", "condition 1", "(2, 3)", "(3,)"]),
    (lambda: C.piecewise(V, [B > 1], [1.0]), ValueError, ["piecewise", "condition 0", "(2, 3)", "(3,)"]),
]


@pytest.mark.parametrize(("call", "error", "parts"), REFUSED, ids=[" ".join(parts[:2]) for *_, parts in REFUSED])
def test_what_is_refused(call, error, parts):
    assert_refused(call, error, *parts)
