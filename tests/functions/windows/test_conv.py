"""Convolutions and transposed convolutions beside the loops that define them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dezero import Variable, gradients, no_grad, using_config
from dezero.functions.windows import conv_tiles
from dezero.functions.windows.conv import conv1d, conv2d, conv3d, deconv1d, deconv2d, deconv3d
from tests.functions import naive

CONV = {1: conv1d, 2: conv2d, 3: conv3d}
DECONV = {1: deconv1d, 2: deconv2d, 3: deconv3d}


@st.composite
def convolutions(draw):
    """Input, weights and parameters that fit together."""
    ndim = draw(st.integers(1, 3))
    sizes = {1: 9, 2: 6, 3: 4}
    kernel = tuple(draw(st.integers(1, 3)) for _ in range(ndim))
    parameters = {
        "stride": tuple(draw(st.integers(1, 3)) for _ in range(ndim)),
        "pad": tuple(draw(st.integers(0, 3)) for _ in range(ndim)),
        "dilation": tuple(draw(st.integers(1, 2)) for _ in range(ndim)),
        "groups": draw(st.integers(1, 2)),
    }
    spans = [d * (k - 1) + 1 for k, d in zip(kernel, parameters["dilation"], strict=True)]
    least = [max(1, span - 2 * p) for span, p in zip(spans, parameters["pad"], strict=True)]
    size = tuple(draw(st.integers(n, max(n, sizes[ndim]))) for n in least)
    samples, taken, outputs = draw(st.integers(0, 3)), draw(st.integers(1, 2)), draw(st.integers(1, 2))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    x = rng.standard_normal((samples, taken * parameters["groups"], *size))
    W = rng.standard_normal((outputs * parameters["groups"], taken, *kernel))
    return x, W, parameters


def out_shape(x, W, parameters):
    out, _ = naive.places(
        x.shape[2:], W.shape[2:], *[naive.each(parameters[k], x.ndim - 2) for k in ("stride", "pad", "dilation")]
    )
    return len(x), len(W), *out


@given(convolutions())
def test_conv_is_its_definition(case):
    x, W, parameters = case
    b = np.arange(1.0, len(W) + 1)
    y = CONV[x.ndim - 2](Variable(x), Variable(W), Variable(b), **parameters)
    np.testing.assert_allclose(y.data, naive.conv(x, W, b, **parameters), rtol=1e-12, atol=1e-13)


@given(convolutions())
def test_deconv_is_the_adjoint_of_conv(case):
    x, W, parameters = case
    g = np.random.default_rng(0).standard_normal(out_shape(x, W, parameters))
    back = DECONV[x.ndim - 2](g, Variable(W), outsize=x.shape[2:], **parameters)
    np.testing.assert_allclose(back.data, naive.deconv(g, W, outsize=x.shape[2:], **parameters), rtol=1e-12, atol=1e-13)
    forth = CONV[x.ndim - 2](x, Variable(W), **parameters)
    assert np.vdot(forth.data, g) == pytest.approx(np.vdot(x, back.data), rel=1e-10, abs=1e-10)


@given(convolutions())
def test_gradients_are_the_adjoints_in_every_tile_size(case):
    x, W, parameters = case
    g = np.random.default_rng(0).standard_normal(out_shape(x, W, parameters))
    # <y, g> is linear in W, so its derivative along dW is the value at dW.
    dW = np.random.default_rng(1).standard_normal(W.shape)
    usual = conv_tiles._TILE
    try:
        for tile in (1, 500, usual):
            conv_tiles._TILE = tile
            X, K = Variable(x), Variable(W)
            gx, gW = gradients(CONV[x.ndim - 2](X, K, **parameters), (X, K), [g])
            np.testing.assert_allclose(
                gx.data, naive.deconv(g, W, outsize=x.shape[2:], **parameters), rtol=1e-11, atol=1e-12
            )
            expected = np.vdot(naive.conv(x, dW, **parameters), g)
            assert np.vdot(gW.data, dW) == pytest.approx(expected, rel=1e-10, abs=1e-10)
    finally:
        conv_tiles._TILE = usual


@pytest.mark.parametrize("tile", [1, 2000, 2**30])
def test_a_batch_larger_than_a_tile(tile, monkeypatch):
    monkeypatch.setattr(conv_tiles, "_TILE", tile)
    rng = np.random.default_rng(0)
    x, W = rng.standard_normal((5, 4, 9, 8)), rng.standard_normal((6, 2, 3, 3))
    for parameters in ({"pad": 1, "groups": 2}, {"stride": 2, "pad": 1, "groups": 2}, {"groups": 2, "dilation": 2}):
        y = conv2d(Variable(x), Variable(W), **parameters)
        np.testing.assert_allclose(y.data, naive.conv(x, W, **parameters), rtol=1e-12, atol=1e-13)
        back = deconv2d(y, Variable(W), outsize=(9, 8), **parameters)
        expected = naive.deconv(y.data, W, outsize=(9, 8), **parameters)
        np.testing.assert_allclose(back.data, expected, rtol=1e-11, atol=1e-12)


def test_dezero_s_example_of_shapes():
    x, W, b = Variable(np.ones((1, 5, 15, 15))), np.ones((8, 5, 3, 3)), np.ones(8)
    assert conv2d(x, W, b, stride=1, pad=1).shape == (1, 8, 15, 15)
    assert deconv2d(np.ones((1, 8, 7, 7)), Variable(W), None, 2, 1).shape == (1, 5, 13, 13)
    assert deconv2d(np.ones((1, 8, 7, 7)), Variable(W), None, 2, 1, (14, 13)).shape == (1, 5, 14, 13)


def test_float32_stays_float32():
    rng = np.random.default_rng(0)
    x, W, b = (Variable(rng.standard_normal(s).astype(np.float32)) for s in [(2, 4, 6, 6), (6, 2, 3, 3), (6,)])
    for y in (conv2d(x, W, b, 2, 1, groups=2), deconv2d(conv2d(x, W, b, groups=2), W, groups=2)):
        assert y.dtype == np.float32
        assert {g.dtype for g in gradients(y, (x, W, b))} == {np.dtype(np.float32)}


def test_plain_arrays_get_no_gradient():
    W = Variable(np.ones((1, 1, 2, 2)))
    y = conv2d(np.ones((1, 1, 3, 3)), W)
    y.backward()
    assert y.creator.inputs == [W]
    np.testing.assert_array_equal(W.grad.data, np.full((1, 1, 2, 2), 4.0))


def test_no_sample_gives_no_result_and_no_gradient():
    x, W = Variable(np.ones((0, 2, 4, 4))), Variable(np.ones((3, 2, 3, 3)))
    gx, gW = gradients(conv2d(x, W), (x, W))
    assert gx.shape == (0, 2, 4, 4)
    np.testing.assert_array_equal(gW.data, np.zeros((3, 2, 3, 3)))


def test_what_is_not_finite_stays_where_it_is_seen():
    x = np.ones((1, 1, 4, 4))
    x[0, 0, 0, 0] = np.inf
    with no_grad():
        y = conv2d(Variable(x), np.ones((1, 1, 2, 2)), pad=1).data
    assert np.isinf(y[0, 0, :2, :2]).all()
    assert np.isfinite(y).sum() == y.size - 4


def test_second_order_mixes_input_and_weights():
    rng = np.random.default_rng(0)
    x, W = Variable(rng.standard_normal((2, 3, 5, 5))), Variable(rng.standard_normal((4, 3, 3, 3)))
    g, v = rng.standard_normal((2, 4, 3, 3)), rng.standard_normal(x.shape)
    for simplify in (True, False):
        with using_config("simplify", simplify):
            y = conv2d(x, W, stride=2, pad=1)
            (gx,) = gradients((y * g).sum(), x, create_graph=True)
            (mixed,) = gradients((gx * v).sum(), W, create_graph=True)
            (again,) = gradients((mixed * W).sum(), W)
        # <y(x, W), g> is linear in each: d/dW of its derivative along v is that of <y(v, W), g>.
        (expected,) = gradients((conv2d(v, W, stride=2, pad=1) * g).sum(), W)
        np.testing.assert_allclose(mixed.data, expected.data, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(again.data, expected.data, rtol=1e-12, atol=1e-12)


X, K = np.ones((1, 4, 5, 5)), np.ones((6, 4, 3, 3))


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: conv2d(X[0], K), ValueError, r"conv2d: x must have 4 axes .* got shape \(4, 5, 5\); reshape it"),
        (lambda: conv1d(X, K), ValueError, r"conv1d: x must have 3 axes"),
        (lambda: conv2d(X, K[0]), ValueError, r"conv2d: W must have 4 axes .* got shape \(4, 3, 3\)"),
        (lambda: conv2d([[1.0]], K), TypeError, "conv2d: x must be a Variable or an array, got list"),
        (lambda: conv2d(Variable(None), K), TypeError, "conv2d: x must be a Variable or an array, got NoneType"),
        (
            lambda: conv2d(X, np.ones((6, 3, 3, 3))),
            ValueError,
            r"conv2d: x of shape .* has 4 channels, but W .* takes 3",
        ),
        (lambda: conv2d(X, K, groups=2), ValueError, "in 2 groups takes 8"),
        (
            lambda: conv2d(X, K, groups=4),
            ValueError,
            r"the 6 kernels of W \(6, 4, 3, 3\) cannot be split into 4 groups",
        ),
        (lambda: conv2d(X, K, groups=0), ValueError, "groups must be an integer of at least 1"),
        (lambda: conv2d(X, K, stride=0), ValueError, "conv2d: stride must be an integer of at least 1 .* got 0"),
        (lambda: conv2d(X, K, stride=1.5), ValueError, "conv2d: stride must be an integer .* got 1.5"),
        (lambda: conv2d(X, K, pad=-1), ValueError, "conv2d: pad must be an integer of at least 0 .* got -1"),
        (lambda: conv2d(X, K, pad=(1, 2, 3)), ValueError, r"pad must be an integer .* or 2 of them, got \(1, 2, 3\)"),
        (lambda: conv2d(X, K, dilation=0), ValueError, "dilation must be an integer of at least 1"),
        (
            lambda: conv2d(X, np.ones((6, 4, 6, 6))),
            ValueError,
            r"a kernel of \(6, 6\) is larger than an input of \(5, 5\)",
        ),
        (lambda: conv2d(X, K, dilation=3), ValueError, r"a kernel of \(3, 3\) \(spread over \(7, 7\)\) is larger"),
        (lambda: conv2d(X, np.ones((6, 4, 0, 3))), ValueError, "a kernel without elements"),
        (lambda: conv2d(X, K, np.ones(5)), ValueError, r"conv2d: b must be of shape \(6,\), .* got \(5,\)"),
        (lambda: conv2d(X, K, 1.0), ValueError, r"conv2d: b must be of shape \(6,\)"),
        (lambda: deconv2d(X, K), ValueError, "deconv2d: x of shape .* has 4 channels, but W .* takes 6"),
        (lambda: deconv2d(X, np.ones((4, 2, 3, 3)), np.ones(3)), ValueError, r"deconv2d: b must be of shape \(2,\)"),
        (lambda: deconv2d(X, np.ones((4, 2, 3, 3)), pad=4), ValueError, "leave no output; pad less, or give outsize"),
        (
            lambda: deconv2d(X, np.ones((4, 2, 3, 3)), stride=2, outsize=13),
            ValueError,
            r"\(13, 13\) would convolve to \(6, 6\)",
        ),
        (lambda: deconv2d(X, np.ones((4, 2, 3, 3)), outsize=0), ValueError, "outsize must be an integer of at least 1"),
    ],
)
def test_what_does_not_fit_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_rows_are_samples_and_channels():
    """What the operations say of rows: a leaf that scales samples, or kernels, moves only its own rows."""
    rng = np.random.default_rng(0)
    x, W = rng.standard_normal((3, 2, 4, 4)), rng.standard_normal((5, 2, 3, 3))
    for shape, which in (((3, 1, 1, 1), "x"), ((5, 1, 1, 1), "W"), ((1, 2, 1, 1), "x")):
        t = Variable(np.ones(shape))
        y = conv2d(x * t if which == "x" else x, W * t if which == "W" else Variable(W)) ** 2
        (once,) = gradients(y, t, create_graph=True)
        assert np.all(once.data != 0)
        (twice,) = gradients(once, t)
        np.testing.assert_allclose(twice.data, once.data, rtol=1e-12)  # y is t squared times what t = 1 gives
