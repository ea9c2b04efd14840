"""Functions in pieces: what they do at kinks and past nan, and what they refuse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero.functions as F
from dezero import Variable, gradients

X = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])


def slopes(f, *arrays):
    leaves = [Variable(a) for a in arrays]
    return [g.data.tolist() for g in gradients(f(*leaves), leaves)]


@pytest.mark.parametrize(
    "clip",
    [
        lambda x: F.clip(x, -1, 1),
        lambda x: F.clip(x, a_min=-1, a_max=1),
        lambda x: F.clip(x, min=-1, max=1),
        lambda x: F.clip(x, x_min=-1, x_max=1),
    ],
)
def test_clip_takes_its_bounds_under_every_name(clip):
    np.testing.assert_array_equal(clip(Variable(X)).data, np.clip(X, -1, 1))
    assert slopes(clip, X) == [[0, 1, 1, 1, 0]]


def test_clip_with_one_bound_or_none():
    assert slopes(lambda x: F.clip(x, 0), X) == [[0, 0, 1, 1, 1]]
    assert slopes(lambda x: F.clip(x, None, 0), X) == [[1, 1, 1, 0, 0]]
    x = Variable(X)
    assert F.clip(x) is x


def test_clip_with_bounds_that_cross_gives_the_upper_as_numpy_does():
    np.testing.assert_array_equal(F.clip(Variable(X), 1, -1).data, np.clip(X, 1, -1))


def test_clip_hands_the_gradient_to_the_bound_that_was_taken():
    found = slopes(F.clip, X, np.array([-1.5] * 5), np.array(1.5))
    assert found == [[0, 1, 1, 1, 0], [1, 0, 0, 0, 0], 1.0]


def test_clip_keeps_float32():
    assert F.clip(Variable(X.astype(np.float32)), -0.1, 0.1).dtype == np.float32


@pytest.mark.parametrize(
    ("bounds", "message"),
    [({"lower": 0}, r"clip: lower= is none of its bounds"), ({"a_min": 0, "x_min": 1}, r"clip: x_min= gives a bound")],
)
def test_clip_refuses_other_names_and_bounds_given_twice(bounds, message):
    with pytest.raises(TypeError, match=message):
        F.clip(Variable(X), **bounds)


@given(st.floats(-10, 10), st.floats(-10, 10))
def test_the_greater_and_the_smaller_share_the_gradient(a, b):
    both = [slopes(f, np.array(a), np.array(b)) for f in (F.fmax, F.fmin)]
    assert np.sum(both) == 2
    if a != b:
        np.testing.assert_array_equal(np.sum(both, axis=0), [1, 1])


def test_copysign_follows_the_sign_of_minus_zero_too():
    x, sign = np.array([2.0, -2.0, 2.0, -2.0]), np.array([0.0, 0.0, -0.0, -3.0])
    np.testing.assert_array_equal(F.copysign(Variable(x), sign).data, np.copysign(x, sign))
    assert slopes(lambda x: F.copysign(x, sign), x) == [[1, -1, -1, 1]]


def test_positive_is_the_variable_itself():
    x = Variable(X)
    assert F.positive(x) is x


def test_nan_to_num_cuts_the_gradient_where_it_replaces():
    x = np.array([1.0, np.nan, np.inf, -np.inf])
    np.testing.assert_array_equal(F.nan_to_num(Variable(x)).data, np.nan_to_num(x))
    assert slopes(lambda x: F.nan_to_num(x, posinf=3.0), x) == [[1, 0, 0, 0]]
    with pytest.raises(ValueError, match=r"nan_to_num: copy=False"):
        F.nan_to_num(Variable(x), copy=False)
