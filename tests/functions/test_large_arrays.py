"""Operations that go another way on large arrays, and what they must have in common with the small ones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dezero.functions as F
from dezero import Variable, gradients
from dezero.core.registry import values
from dezero.functions.linalg import factorization  # noqa: F401 - declares inverse_of_lower
from dezero.functions.reductions.scans import _LONG
from tests.functions import naive


def normal(*shape, dtype=np.float64):
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(dtype)


# -- running sums of long lines ----------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 40), st.sampled_from([np.float32, np.float64]), st.booleans())
def test_a_long_running_sum_is_that_of_whole_numbers(extra, dtype, reverse):
    x = np.random.default_rng(extra).integers(-9, 10, (2, _LONG + extra)).astype(dtype)  # their sums are exact
    expected = np.cumsum(x[:, ::-1], 1)[:, ::-1] if reverse else np.cumsum(x, 1)
    found = values.cumsum(x, axis=1, reverse=reverse)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, expected)


def test_a_long_running_sum_and_its_derivative():
    x, g = normal(_LONG + 3), normal(3 + _LONG)[::-1]
    y = F.cumsum(Variable(x))
    scale = np.abs(x).sum()
    np.testing.assert_allclose(y.data, np.cumsum(x), rtol=0, atol=1e-15 * scale)
    v = Variable(x)
    (gx,) = gradients(F.cumsum(v), v, g)
    np.testing.assert_allclose(gx.data, np.cumsum(g[::-1])[::-1], rtol=0, atol=1e-15 * scale)


@pytest.mark.parametrize("reverse", [False, True])
def test_a_long_running_sum_of_positive_numbers_never_descends(reverse):
    x = normal(_LONG + 5) ** 2
    step = np.diff(values.cumsum(x, axis=0, reverse=reverse))
    assert (step <= 0 if reverse else step >= 0).all()


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan, 1e308])
def test_a_long_running_sum_beyond_the_finite_numbers_is_numpys(bad, reverse):
    x = normal(_LONG)
    x[[700, 701]] = bad
    with np.errstate(over="ignore"):
        found = values.cumsum(x, axis=0, reverse=reverse)
        expected = np.cumsum(x[::-1])[::-1] if reverse else np.cumsum(x)
    np.testing.assert_array_equal(found, expected)


def test_numbers_that_cancel_before_they_overflow():
    x = np.zeros(_LONG)
    x[0], x[8:10] = -1.5e308, 1e308  # the second block's own sum overflows, the running one does not
    np.testing.assert_array_equal(F.cumsum(Variable(x)).data, np.cumsum(x))


# -- inverses of triangles by halves -----------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(33, 33), (2, 70, 70)])
def test_the_inverse_of_a_large_triangle(shape):
    lower = np.tril(normal(*shape)) / shape[-1] + 2 * np.eye(shape[-1])
    found = values.inverse_of_lower(lower, of="cholesky")
    np.testing.assert_allclose(found, np.linalg.inv(lower), rtol=1e-12, atol=1e-14)
    assert not np.triu(found[..., :10, -10:]).any()


@pytest.mark.parametrize(
    "function",
    [
        lambda a: F.cholesky(F.matmul(a, a.T) + 3 * np.eye(len(a))),
        lambda a: F.qr(a).R,
        lambda a: F.lu(a + 9 * np.eye(len(a))).l,
    ],
    ids=["cholesky", "qr", "lu"],
)
def test_factors_of_a_large_matrix_and_their_directional_derivative(function):
    a, direction, h = normal(50, 50) / 7, normal(50, 50, dtype=np.float64)[::-1] / 7, 1e-5
    v = Variable(a)
    y = function(v)
    g = normal(50, 50).T
    (ga,) = gradients(y, v, g)
    ahead, behind = (function(Variable(a + s * h * direction)).data for s in (1, -1))
    assert np.vdot(ga.data, direction) == pytest.approx(np.vdot(g, ahead - behind) / (2 * h), rel=1e-6)


def test_a_large_singular_triangle_is_refused():
    lower = np.tril(np.ones((40, 40)))
    lower[30, 30] = 0
    with pytest.raises(np.linalg.LinAlgError, match="cholesky"):
        values.inverse_of_lower(lower, of="cholesky")


# -- long lines of a normalisation -------------------------------------------------------------------------------


def test_batch_norm_of_large_images():
    x, gamma, beta, g = normal(3, 2, 16, 17), normal(2), normal(2)[::-1], normal(3, 2, 17, 16).reshape(3, 2, 16, 17)
    leaves = [Variable(a) for a in (x, gamma, beta)]
    y = F.batch_norm(*leaves, np.zeros(2), np.ones(2))
    np.testing.assert_allclose(y.data, naive.batch_norm(x, gamma, beta), rtol=1e-12)
    spread = np.sqrt(x.var((0, 2, 3), keepdims=True) + 2e-5)
    z = (x - x.mean((0, 2, 3), keepdims=True)) / spread
    pulled = g - g.mean((0, 2, 3), keepdims=True) - z * (g * z).mean((0, 2, 3), keepdims=True)
    expected = [pulled * gamma.reshape(2, 1, 1) / spread, (g * z).sum((0, 2, 3)), g.sum((0, 2, 3))]
    for found, wanted in zip(gradients(y, leaves, g), expected, strict=True):
        np.testing.assert_allclose(found.data, wanted, rtol=1e-10, atol=1e-13)


# -- transposed convolutions -------------------------------------------------------------------------------------


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("outputs", [2, 4, 12])  # few or many: read as a convolution, or added up
@pytest.mark.parametrize(("pad", "dilation"), [(0, 1), (1, 1), ((2, 1), 1), (3, 1), (1, 2), ((4, 0), 2)])
def test_a_transposed_convolution_is_the_adjoint(groups, outputs, pad, dilation):
    x, W = normal(2, 4, 7, 6), normal(outputs, 4 // groups, 3, 3)
    how = {"stride": (1, 1), "pad": np.broadcast_to(pad, 2).tolist(), "dilation": (dilation, dilation)}
    y = F.conv2d(x, W, groups=groups, **how)
    g = normal(*y.shape)
    back = F.deconv2d(g, W, outsize=(7, 6), groups=groups, **how)
    assert back.shape == x.shape
    assert np.vdot(back.data, x) == pytest.approx(np.vdot(g, y.data), rel=1e-12)
