"""Enlarging images."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dezero import Variable, gradients
from dezero.functions.windows.pooling import average_pooling
from dezero.functions.windows.upsampling import upsample
from tests.functions import naive


@given(
    size=st.lists(st.integers(1, 4), min_size=1, max_size=3),
    scale=st.integers(1, 4),
    mode=st.sampled_from(["nearest", "linear", "bilinear"]),
)
def test_upsample_is_its_definition(size, scale, mode):
    x = np.random.default_rng(0).standard_normal((2, 3, *size))
    y = upsample(Variable(x), scale, mode)
    np.testing.assert_allclose(y.data, naive.upsample(x, scale, mode), rtol=1e-13, atol=1e-14)


def test_bilinear_interpolates_between_centres():
    y = upsample(Variable(np.array([[[[0.0, 4.0]]]])), (1, 2), "bilinear")
    np.testing.assert_array_equal(y.data, [[[[0.0, 1.0, 3.0, 4.0]]]])


def test_the_mean_of_what_was_enlarged_is_what_there_was():
    x = np.random.default_rng(0).standard_normal((1, 2, 3, 4))
    np.testing.assert_allclose(average_pooling(upsample(Variable(x), (2, 3)), (2, 3), (2, 3)).data, x, rtol=1e-14)


def test_the_gradient_of_nearest_counts_the_copies():
    X = Variable(np.zeros((1, 1, 2, 3), np.float32))
    (gx,) = gradients(upsample(X, (2, 3)), X)
    np.testing.assert_array_equal(gx.data, np.full((1, 1, 2, 3), 6.0))
    assert gx.dtype == upsample(X, 2, "bilinear").dtype == np.float32


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: upsample(np.ones((2, 2))), r"upsample: x must be .* got shape \(2, 2\)"),
        (lambda: upsample(np.ones((1, 1, 2)), 0), "upsample: scale must be an integer of at least 1"),
        (lambda: upsample(np.ones((1, 1, 2)), 1.5), "upsample: scale must be an integer"),
        (lambda: upsample(np.ones((1, 1, 2)), 2, "cubic"), "upsample: mode must be 'nearest', 'linear' or 'bilinear'"),
    ],
)
def test_what_does_not_fit_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
