"""Pooling beside the loops that define it, and its conventions: ties, nan, padding."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dezero import Variable, gradients, using_config
from dezero.functions.windows.pooling import (
    adaptive_average_pooling,
    adaptive_max_pooling,
    average_pooling,
    global_average_pooling,
    global_max_pooling,
    pooling,
    pooling_simple,
)
from tests.functions import naive


@st.composite
def pools(draw):
    ndim = draw(st.integers(1, 3))
    kernel = tuple(draw(st.integers(1, 3)) for _ in range(ndim))
    stride = tuple(draw(st.integers(1, 4)) for _ in range(ndim))
    pad = tuple(draw(st.integers(0, k - 1)) for k in kernel)
    size = tuple(draw(st.integers(max(1, k - 2 * p), 6)) for k, p in zip(kernel, pad, strict=True))
    x = np.random.default_rng(draw(st.integers(0, 99))).standard_normal((draw(st.integers(0, 2)), 2, *size))
    return x, kernel, stride, pad


@given(pools())
def test_pooling_is_the_maximum_of_each_window(case):
    x, *parameters = case
    np.testing.assert_array_equal(pooling(Variable(x), *parameters).data, naive.pool(x, *parameters))


@given(pools())
def test_average_pooling_is_the_mean_of_each_window(case):
    x, *parameters = case
    y = average_pooling(Variable(x), *parameters)
    np.testing.assert_allclose(y.data, naive.average_pool(x, *parameters), rtol=1e-13, atol=1e-14)


def maxima_of(x, kernel, stride, pad):
    """1 for each window at its maximum, the first one, by loops."""
    ndim = x.ndim - 2
    kernel, stride, pad = naive.each(kernel, ndim), naive.each(stride, ndim), naive.each(pad, ndim)
    _, windows = naive.places(x.shape[2:], kernel, stride, pad, (1,) * ndim)
    wide = naive.padded(x, pad, -np.inf)
    count = np.zeros_like(wide)
    for n, c in np.ndindex(*x.shape[:2]):
        for window in windows.values():
            seen = wide[(n, c, *window)]
            at = np.unravel_index(np.argmax(seen), seen.shape)
            count[(n, c, *[w.start + i for w, i in zip(window, at, strict=True)])] += 1
    return count[(..., *[slice(p, p + m) for p, m in zip(pad, x.shape[2:], strict=True)])]


@given(pools(), st.booleans())
def test_the_gradient_goes_to_the_first_maximum(case, ties):
    x, *parameters = case
    x = np.round(x) if ties else x
    for create_graph in (False, True):
        X = Variable(x)
        (gx,) = gradients(pooling(X, *parameters), X, create_graph=create_graph)
        np.testing.assert_array_equal(gx.data, maxima_of(x, *parameters))


@given(pools())
def test_the_second_derivative_stays_at_the_maxima(case):
    x, *parameters = case
    expected = 2 * maxima_of(x, *parameters)
    for simplify in (True, False):
        with using_config("simplify", simplify):
            X = Variable(x)
            (gx,) = gradients(pooling(X, *parameters) ** 2, X, create_graph=True)
            (twice,) = gradients((gx * np.ones(x.shape)).sum(), X)
        if parameters[0] == (1,) * (x.ndim - 2):  # windows of one element: the sum over a row is the diagonal
            np.testing.assert_array_equal(twice.data, expected)
        # along ones, sum_j d2 y / dx_i dx_j for a sum of squares of picked elements
        np.testing.assert_allclose(twice.data, expected, rtol=1e-13)


def test_one_large_window_is_pooled_like_many_small_ones():
    rng = np.random.default_rng(0)
    x = np.round(rng.standard_normal((2, 3, 20, 21)))
    for kernel, stride in (((20, 21), 1), ((10, 10), 10), ((9, 17), 3)):
        X = Variable(x)
        y = pooling(X, kernel, stride)
        np.testing.assert_array_equal(y.data, naive.pool(x, kernel, stride))
        np.testing.assert_array_equal(gradients(y, X)[0].data, maxima_of(x, kernel, stride, 0))


def test_nan_is_the_maximum_and_gets_the_gradient():
    x = np.array([[[1.0, np.nan, 3.0, np.nan, 0.0, 2.0]]])
    X = Variable(x)
    y = pooling(X, 3)
    np.testing.assert_array_equal(y.data, [[[np.nan, np.nan, np.nan, np.nan]]])
    np.testing.assert_array_equal(gradients(y, X)[0].data, [[[0.0, 2.0, 0.0, 2.0, 0.0, 0.0]]])


def test_padding_never_is_the_maximum():
    X = Variable(np.full((1, 1, 3), -np.inf))
    y = pooling(X, 2, stride=2, pad=1)
    np.testing.assert_array_equal(y.data, np.full((1, 1, 2), -np.inf))
    np.testing.assert_array_equal(gradients(y, X)[0].data, [[[1.0, 1.0, 0.0]]])
    negative = pooling(Variable(np.full((1, 1, 2, 2), -1.0)), 3, pad=1)
    np.testing.assert_array_equal(negative.data, np.full((1, 1, 2, 2), -1.0))
    whole = pooling(Variable(np.array([[[-5, -3]]])), 2, pad=1)
    np.testing.assert_array_equal(whole.data, [[[-5, -3, -3]]])


@pytest.mark.parametrize("out", [1, 2, 3, (5, 4), (2, 7)])
def test_adaptive_pooling(out):
    x = np.random.default_rng(0).standard_normal((2, 3, 5, 7))
    for X in (x, np.round(x)):
        y = adaptive_max_pooling(Variable(X), out)
        np.testing.assert_array_equal(y.data, naive.adaptive_pool(X, out))
    y = adaptive_average_pooling(Variable(x), out)
    np.testing.assert_allclose(y.data, naive.adaptive_pool(x, out, np.mean), rtol=1e-13, atol=1e-14)


def test_a_tie_in_an_adaptive_window_goes_to_its_first_element():
    X = Variable(np.zeros((1, 1, 5)))
    (gx,) = gradients(adaptive_max_pooling(X, 2), X)
    np.testing.assert_array_equal(gx.data, [[[1.0, 0.0, 1.0, 0.0, 0.0]]])


def test_global_pooling():
    x = np.random.default_rng(0).standard_normal((2, 3, 4, 5))
    np.testing.assert_array_equal(global_max_pooling(Variable(x)).data, x.max((2, 3), keepdims=True))
    np.testing.assert_allclose(global_average_pooling(Variable(x)).data, x.mean((2, 3), keepdims=True), rtol=1e-13)


def test_pooling_simple_is_pooling():
    x = np.random.default_rng(0).standard_normal((2, 3, 6, 5))
    for parameters in ((2, 2, 0), (3, 2, 1), ((2, 3), 1, 1)):
        X = Variable(x)
        y, simple = pooling(X, *parameters), pooling_simple(X, *parameters)
        np.testing.assert_array_equal(simple.data, y.data)
        np.testing.assert_allclose(gradients(simple, X)[0].data, gradients(y, X)[0].data)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: pooling(x, 2, 2),
        lambda x: pooling(x, 3, 2, 1),
        lambda x: pooling_simple(x, 3, 2, 1),
        lambda x: average_pooling(x, 3, 2, 1),
        global_max_pooling,
        global_average_pooling,
        lambda x: adaptive_max_pooling(x, (3, 2)),
        lambda x: adaptive_average_pooling(x, (3, 2)),
    ],
)
def test_float32_stays_float32(call):
    x = Variable(np.random.default_rng(0).standard_normal((2, 2, 5, 6)).astype(np.float32))
    y = call(x)
    (gx,) = gradients(y * y, x, create_graph=True)
    (again,) = gradients(gx, x)
    assert {y.dtype, gx.dtype, again.dtype} == {np.dtype(np.float32)}


X = np.ones((1, 2, 4, 4))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: pooling(X[0, 0], 2), r"pooling: x must be \(samples, channels, size, ...\) .* got shape \(4, 4\)"),
        (lambda: pooling(X, 5), r"pooling: a kernel of \(5, 5\) is larger than an input of \(4, 4\)"),
        (lambda: pooling(X, 0), "pooling: kernel_size must be an integer of at least 1"),
        (lambda: pooling(X, 2, 0), "pooling: stride must be an integer of at least 1"),
        (lambda: pooling(X, 2, 1, -1), "pooling: pad must be an integer of at least 0"),
        (
            lambda: pooling(X, 2, 1, 2),
            r"pooling: with pad \(2, 2\) and kernel_size \(2, 2\) a window could lie in the padding",
        ),
        (lambda: average_pooling(X, (1, 2, 3)), r"average_pooling: kernel_size must be an integer .* or 2 of them"),
        (lambda: average_pooling(X, 5), "average_pooling: a kernel"),
        (lambda: adaptive_max_pooling(X, 0), "adaptive_max_pooling: output_size must be an integer of at least 1"),
        (
            lambda: adaptive_average_pooling(np.ones((1, 1, 0)), 2),
            r"adaptive_average_pooling: x must be .* \(1, 1, 0\)",
        ),
        (lambda: global_max_pooling(np.ones((1, 2))), r"global_max_pooling: x must be .* got shape \(1, 2\)"),
    ],
)
def test_what_does_not_fit_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
