"""Axes moved, added and dropped; elements reversed, rolled and turned: as NumPy does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero.functions.arrays.rearrange as R
from dezero import Variable
from tests.functions.alike import assert_alike, assert_refused

A, B, C = np.arange(3.0), np.arange(6.0).reshape(2, 3), np.arange(24.0).reshape(2, 3, 4)
ONES = np.ones((1, 3, 1))


@pytest.mark.parametrize("x", [A, B, C, ONES, np.array(2.0), np.zeros((0, 2))], ids=lambda x: str(x.shape))
@pytest.mark.parametrize(
    "call", [np.ravel, np.squeeze, np.atleast_1d, np.atleast_2d, np.atleast_3d, np.flip], ids=lambda f: f.__name__
)
def test_any_array(call, x):
    assert_alike(call, x)


@pytest.mark.parametrize("source", [0, -1, (0, 1), (2, -3), [1]])
@pytest.mark.parametrize("destination", [0, 2, -1, (2, 0), (-1, -2), [0]])
def test_moveaxis(source, destination):
    if np.size(source) == np.size(destination):
        assert_alike(lambda x: np.moveaxis(x, source, destination), C)
    else:
        assert_refused(lambda: R.moveaxis(Variable(C), source, destination), ValueError, "moveaxis", "as many axes")


@pytest.mark.parametrize("axis", [-3, -1, 0, 1, 2])
@pytest.mark.parametrize("start", [-3, -1, 0, 1, 3])
def test_rollaxis_and_swapaxes(axis, start):
    assert_alike(lambda x: np.rollaxis(x, axis, start), C)
    assert_alike(lambda x: np.swapaxes(x, axis, start % 3 - 3), C)


@pytest.mark.parametrize("axis", [0, -1, (0, 2), ()])
def test_squeeze_axes(axis):
    assert_alike(lambda x: np.squeeze(x, axis), ONES)


def test_several_arrays_at_least():
    assert_alike(lambda a, b: np.atleast_2d(a, b), A, C)


@pytest.mark.parametrize("axis", [0, 1, -1, (0, 2), (-1, -3), ()])
def test_flip_axes(axis):
    assert_alike(lambda x: np.flip(x, axis), C)


def test_flips_of_matrices():
    for x in (B, C):
        assert_alike(np.fliplr, x)
        assert_alike(np.flipud, x)
    assert_alike(np.flipud, A)


@pytest.mark.parametrize(
    ("shift", "axis"), [(1, None), (-30, None), (2, 0), (-1, -1), (7, 2), ((1, 2), (0, 2)), (1, (1, 2)), ((1, 2), 1)]
)
def test_roll(shift, axis):
    assert_alike(lambda x: np.roll(x, shift, axis), C)


@pytest.mark.parametrize("k", range(-2, 6))
@pytest.mark.parametrize("axes", [(0, 1), (1, 0), (2, 0), (-1, -2)])
def test_rot90(k, axes):
    assert_alike(lambda x: np.rot90(x, k, axes), C)


@given(st.integers(-9, 9), st.sampled_from([None, 0, 1, -1]))
def test_rolling_back_and_forth(shift, axis):
    x = Variable(B)
    np.testing.assert_array_equal(R.roll(R.roll(x, shift, axis), -shift, axis).data, B)


V = Variable(B)
REFUSED = [
    (lambda: R.ravel(V, order="F"), ["ravel", "'F'", "transpose"]),
    (lambda: R.moveaxis(V, 2, 0), ["moveaxis", "source 2", "(2, 3)"]),
    (lambda: R.moveaxis(V, 0, -3), ["moveaxis", "destination -3", "(2, 3)"]),
    (lambda: R.moveaxis(V, (0, 0), (0, 1)), ["moveaxis", "source", "twice"]),
    (lambda: R.swapaxes(V, 0, 2), ["swapaxes", "axis2 2", "(2, 3)", "-2 to 1"]),
    (lambda: R.rollaxis(V, 2), ["rollaxis", "axis 2", "(2, 3)"]),
    (lambda: R.rollaxis(V, 0, -3), ["rollaxis", "start -3", "(2, 3)"]),
    (lambda: R.squeeze(V, 1), ["squeeze", "axis 1", "(2, 3)", "length 3"]),
    (lambda: R.squeeze(V, 2), ["squeeze", "axis 2", "(2, 3)"]),
    (lambda: R.flip(V, 2), ["flip", "axis 2", "(2, 3)"]),
    (lambda: R.flip(V, (1, -1)), ["flip", "twice", "(2, 3)"]),
    (lambda: R.fliplr(Variable(A)), ["fliplr", "(3,)", "2 axes"]),
    (lambda: R.flipud(Variable(np.array(1.0))), ["flipud", "()"]),
    (lambda: R.roll(V, 1, 2), ["roll", "axis 2", "(2, 3)"]),
    (lambda: R.roll(V, (1, 2, 3), (0, 1)), ["roll", "(1, 2, 3)", "(0, 1)"]),
    (lambda: R.rot90(V, axes=(0, 2)), ["rot90", "axes 2", "(2, 3)"]),
    (lambda: R.rot90(V, axes=(0, 0)), ["rot90", "twice"]),
    (lambda: R.rot90(V, axes=(0,)), ["rot90", "two axes", "(0,)"]),
]


@pytest.mark.parametrize(("call", "parts"), REFUSED, ids=[" ".join(parts[:2]) for _, parts in REFUSED])
def test_what_is_refused(call, parts):
    assert_refused(call, ValueError, *parts)


@pytest.mark.parametrize("call", [R.flip, R.squeeze, lambda v, a: R.swapaxes(v, a, 0), lambda v, a: R.roll(v, 1, a)])
def test_an_axis_is_a_whole_number(call):
    assert_refused(lambda: call(V, 0.5), TypeError, "0.5", "whole number")


def test_no_data_is_named():
    assert_refused(lambda: R.ravel(Variable(None)), TypeError, "ravel")
    assert_refused(lambda: R.atleast_2d(Variable(None)), TypeError, "atleast_2d")
