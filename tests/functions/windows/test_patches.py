"""Windows as columns, and the textbook's convolution made of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dezero import Variable
from dezero.functions.windows.patches import col2im, col2im_array, conv2d_simple, im2col, im2col_array
from tests.functions import naive


@st.composite
def images(draw):
    kernel = tuple(draw(st.integers(1, 3)) for _ in range(2))
    stride = tuple(draw(st.integers(1, 3)) for _ in range(2))
    pad = tuple(draw(st.integers(0, 2)) for _ in range(2))
    size = tuple(draw(st.integers(max(1, k - 2 * p), 5)) for k, p in zip(kernel, pad, strict=True))
    shape = (draw(st.integers(0, 2)), draw(st.integers(1, 2)), *size)
    return np.random.default_rng(draw(st.integers(0, 99))).standard_normal(shape), kernel, stride, pad


@given(images(), st.booleans())
def test_columns_are_the_windows(case, to_matrix):
    x, *parameters = case
    expected = naive.im2col(x, *parameters, to_matrix)
    np.testing.assert_array_equal(im2col(Variable(x), *parameters, to_matrix).data, expected)
    np.testing.assert_array_equal(im2col_array(x, *parameters, to_matrix), expected)


@given(images(), st.booleans())
def test_col2im_is_the_adjoint(case, to_matrix):
    x, *parameters = case
    col = np.random.default_rng(0).standard_normal(im2col_array(x, *parameters, to_matrix).shape)
    back = col2im(Variable(col), x.shape, *parameters, to_matrix)
    np.testing.assert_allclose(back.data, naive.col2im(col, x.shape, *parameters, to_matrix), rtol=1e-14, atol=1e-14)
    np.testing.assert_array_equal(col2im_array(col, x.shape, *parameters, to_matrix), back.data)
    inner = np.vdot(im2col_array(x, *parameters, to_matrix), col)
    assert np.vdot(x, back.data) == pytest.approx(inner, rel=1e-12, abs=1e-12)


def test_dezero_s_shapes():
    x = Variable(np.ones((1, 3, 7, 7)))
    assert im2col(x, kernel_size=5, stride=1, pad=0, to_matrix=True).shape == (9, 75)
    assert im2col(Variable(np.ones((10, 3, 7, 7))), (5, 5)).shape == (90, 75)
    assert im2col(x, 5, to_matrix=False).shape == (1, 3, 5, 5, 3, 3)


def test_conv2d_simple_is_a_convolution():
    rng = np.random.default_rng(0)
    x, W, b = rng.standard_normal((2, 3, 6, 5)), rng.standard_normal((4, 3, 3, 2)), rng.standard_normal(4)
    y = conv2d_simple(Variable(x), Variable(W), Variable(b), stride=2, pad=1)
    np.testing.assert_allclose(y.data, naive.conv(x, W, b, stride=2, pad=1), rtol=1e-13, atol=1e-13)
    assert conv2d_simple(x.astype(np.float32), Variable(W.astype(np.float32)), b.astype(np.float32)).dtype == np.float32


X = np.ones((1, 2, 4, 4))


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: im2col(X[0], 2), ValueError, r"im2col: images are .* got shape \(2, 4, 4\); reshape them"),
        (lambda: im2col(X, 5), ValueError, r"im2col: a kernel of \(5, 5\) is larger than an input of \(4, 4\)"),
        (lambda: im2col(X, 0), ValueError, "im2col: kernel_size must be an integer of at least 1"),
        (lambda: im2col(X, 2, stride=0), ValueError, "im2col: stride must be an integer of at least 1"),
        (lambda: im2col(X, 2, pad=-1), ValueError, "im2col: pad must be an integer of at least 0"),
        (lambda: col2im(np.ones((9, 7)), X.shape, 2), ValueError, r"col2im: x has shape \(9, 7\), .* shape \(9, 8\)"),
        (lambda: col2im(np.ones((9, 8)), (2, 4, 4), 2), ValueError, "col2im: input_shape must be .* or 4 of them"),
        (
            lambda: conv2d_simple(X, np.ones((1, 3, 2, 2))),
            ValueError,
            r"conv2d_simple: x of shape \(1, 2, 4, 4\) and W",
        ),
    ],
)
def test_what_does_not_fit_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()
