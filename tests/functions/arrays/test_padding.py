"""Arrays with a border: as NumPy does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dezero import Variable, gradients
from dezero.functions.arrays.padding import pad
from tests.functions.alike import assert_alike, assert_refused

A, B = np.arange(1.0, 5.0), np.arange(6.0).reshape(2, 3)
MODES = ["constant", "edge", "reflect", "symmetric", "wrap"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("width", [0, 1, 5, (2, 1), [0, 3], ((1, 2), (0, 4)), ((1,), (2,)), np.array([[7, 1], [2, 2]])])
def test_widths_and_modes(mode, width):
    assert_alike(lambda x: np.pad(x, width, mode=mode), B)
    assert_alike(lambda x: np.pad(x, width, mode), np.ones((1, 2)))


@pytest.mark.parametrize("constants", [2.5, (1.0, 2.0), ((1.0, 2.0), (3.0, 0.0)), ((1.0,), (2.0,)), np.nan, np.inf])
def test_constants(constants):
    assert_alike(lambda x: np.pad(x, ((1, 2), (0, 1)), constant_values=constants), B)


def test_numbers_and_nothing():
    assert_alike(lambda x: np.pad(x, 2, constant_values=3.0), np.zeros((0, 2)))
    assert_alike(lambda x: np.pad(x, ((0, 0), (1, 1)), mode="wrap"), np.zeros((0, 2)))


@pytest.mark.parametrize("width", [{0: 1}, {-1: (1, 2)}, {0: (0, 1), 1: 2}], ids=str)
def test_widths_by_axis(width):
    pairs = [(0, 0), (0, 0)]
    for axis, w in width.items():
        pairs[axis] = np.broadcast_to(w, 2)
    for mode in MODES:
        np.testing.assert_array_equal(pad(Variable(B), width, mode).data, np.pad(B, pairs, mode=mode))


def test_float32_stays():
    for mode in MODES:
        x = Variable(B.astype(np.float32))
        y = pad(x, 1, mode, **({"constant_values": 1.5} if mode == "constant" else {}))
        assert y.dtype == np.float32
        assert gradients(y, x)[0].dtype == np.float32


@given(st.tuples(st.integers(0, 9), st.integers(0, 9)), st.sampled_from(MODES))
def test_each_element_gets_the_gradients_of_its_copies(width, mode):
    x = Variable(A.copy())
    w = np.cos(np.arange(A.size + sum(width)))
    g = gradients(pad(x, width, mode), x, w)[0].data
    places = np.pad(np.arange(4), width, mode=mode, **({"constant_values": 4} if mode == "constant" else {}))
    np.testing.assert_allclose(g, [w[places == i].sum() for i in range(4)], atol=1e-14)


V = Variable(B)
REFUSED = [
    (lambda: pad(V, -1), ValueError, ["pad", "-1", "negative"]),
    (lambda: pad(V, ((0, 1), (-2, 0))), ValueError, ["pad", "(-2, 0)", "negative"]),
    (lambda: pad(V, 1.5), TypeError, ["pad", "1.5", "whole number"]),
    (lambda: pad(V, (1, 2, 3)), ValueError, ["pad", "(1, 2, 3)", "(2, 3)"]),
    (lambda: pad(V, ((1, 2),) * 3), ValueError, ["pad", "(2, 3)", "pair for each axis"]),
    (lambda: pad(V, {2: 1}), ValueError, ["pad", "axis 2", "(2, 3)"]),
    (lambda: pad(V, 1, "mean"), ValueError, ["pad", "'mean'", "symmetric"]),
    (lambda: pad(V, 1, constant_values=(1, 2, 3)), ValueError, ["pad", "constant_values", "(3,)", "(2, 3)"]),
    (lambda: pad(Variable(np.zeros((0, 2))), 1, "reflect"), ValueError, ["pad", "axis 0", "(0, 2)", "'constant'"]),
    (lambda: pad(Variable(None), 1), TypeError, ["pad", "Variable(None)"]),
]


@pytest.mark.parametrize(("call", "error", "parts"), REFUSED, ids=[" ".join(parts[:2]) for *_, parts in REFUSED])
def test_what_is_refused(call, error, parts):
    assert_refused(call, error, *parts)
