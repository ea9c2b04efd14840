"""Convolutions as layers: shapes, the original's weights and results, bad input. Their values: tests/functions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero.functions as F
import dezero.layers as L
from dezero import Variable

IMAGES = (np.arange(2 * 3 * 4 * 4).reshape(2, 3, 4, 4) % 7).astype(np.float32)
KINDS = [L.Conv1d, L.Conv2d, L.Conv3d, L.Deconv1d, L.Deconv2d, L.Deconv3d]


def test_seeded_convolution_is_the_originals():
    np.random.seed(0)
    layer = L.Conv2d(2, 3, stride=1, pad=1)
    y = layer(Variable(IMAGES))
    np.testing.assert_allclose(layer.W.data.ravel()[:3], [0.33949205, 0.07701029, 0.18835822], rtol=1e-7)
    np.testing.assert_allclose(y.data.ravel()[:3], [1.3134112, 1.8819044, 4.190317], rtol=1e-6)
    assert y.data.sum() == pytest.approx(50.88478, rel=1e-6)


def test_seeded_transposed_convolution_is_the_originals():
    np.random.seed(1)
    layer = L.Deconv2d(2, (2, 3), stride=2, pad=0, in_channels=3)
    y = layer(Variable(IMAGES))
    assert (layer.W.shape, y.shape) == ((3, 2, 2, 3), (2, 2, 8, 9))
    np.testing.assert_allclose(layer.W.data.ravel()[:3], [0.38286188, -0.14419237, -0.12449128], rtol=1e-7)
    np.testing.assert_allclose(y.data.ravel()[:3], [0.6973462, -0.82566977, 1.6351494], rtol=1e-6)


@given(
    kind=st.sampled_from(KINDS),
    groups=st.sampled_from([1, 2]),
    stride=st.integers(1, 2),
    pad=st.integers(0, 1),
    dilation=st.integers(1, 2),
    nobias=st.booleans(),
)
def test_a_layer_is_its_function_with_weights_of_its_own(kind, groups, stride, pad, dilation, nobias):
    layer = kind(4, 2, stride, pad, nobias, np.float64, dilation=dilation, groups=groups)
    x = np.random.default_rng(0).standard_normal((2, 6, *[4] * kind.axes))
    y = layer(x)
    if not nobias:
        layer.b.data += np.arange(4.0)
        y = layer(x)
    function = getattr(F, kind.__name__.lower())
    options = {"stride": stride, "pad": pad, "dilation": dilation, "groups": groups}
    np.testing.assert_array_equal(y.data, function(x, layer.W, layer.b, **options).data)
    assert y.shape[:2] == (2, 4)


@pytest.mark.parametrize("kind", KINDS)
def test_weights_drawn_early_and_late_are_the_same(kind):
    np.random.seed(0)
    early = kind(2, 3, in_channels=5)
    np.random.seed(0)
    late = kind(2, 3)
    late(np.zeros((1, 5, *[4] * kind.axes), np.float32))
    np.testing.assert_array_equal(early.W.data, late.W.data)
    assert late.in_channels == 5


@pytest.mark.parametrize("kind", KINDS)
def test_starting_weights_have_variance_one_over_what_a_kernel_takes_in(kind):
    layer = kind(64, 3, in_channels=32, groups=2, dtype=np.float64, rng=np.random.default_rng(0))
    inputs = 16 * 3**kind.axes
    assert layer.W.data.var() * inputs == pytest.approx(1, abs=5 * (2 / layer.W.size) ** 0.5)


def test_a_transposed_convolution_undoes_the_shape_of_a_convolution():
    x = np.zeros((1, 3, 8, 7), np.float32)
    small = L.Conv2d(5, 3, stride=2, pad=1)(x)
    assert L.Deconv2d(3, 3, stride=2, pad=1, outsize=(8, 7))(small).shape == x.shape


def test_sizes_may_differ_along_the_axes():
    y = L.Conv2d(2, (1, 3), stride=(1, 2), pad=(0, 1))(np.zeros((1, 1, 4, 6), np.float32))
    assert y.shape == (1, 2, 4, 3)


def test_an_empty_batch_gives_an_empty_batch():
    assert L.Conv2d(2, 3)(np.zeros((0, 1, 4, 4), np.float32)).shape == (0, 2, 2, 2)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: L.Conv2d(0, 3), "Conv2d: out_channels must be .* got 0"),
        (lambda: L.Conv2d(2.5, 3), "Conv2d: out_channels must be .* got 2.5"),
        (lambda: L.Conv2d(2, 0), "Conv2d: kernel_size must be .* got 0"),
        (lambda: L.Conv2d(2, (3, 3, 3)), "Conv2d: kernel_size must be"),
        (lambda: L.Conv1d(2, (3, 3)), "Conv1d: kernel_size must be"),
        (lambda: L.Conv2d(3, 3, groups=2), "Conv2d: out_channels 3 cannot be split into 2 groups"),
        (lambda: L.Conv2d(4, 3, in_channels=3, groups=2), "Conv2d: 3 channels cannot be split into 2 groups"),
        (lambda: L.Deconv2d(4, 3, in_channels=3, groups=2), "Deconv2d: 3 channels cannot be split into 2 groups"),
        (lambda: L.Conv2d(2, 3, in_channels=0), "Conv2d: in_channels must be"),
    ],
)
def test_sizes_that_make_no_layer_are_refused_at_once(make, says):
    with pytest.raises(ValueError, match=says):
        make()


@pytest.mark.parametrize(
    ("layer", "shape", "says"),
    [
        (L.Conv2d(2, 3), (3, 4, 4), r"Conv2d: x must have 4 axes .* got shape \(3, 4, 4\)"),
        (L.Deconv1d(2, 3), (3, 4), r"Deconv1d: x must have 3 axes"),
        (L.Conv2d(2, 3), (2, 28, 28, 1), r"conv2d: a kernel of \(3, 3\) is larger than an input of \(28, 1\)"),
        (L.Conv2d(2, 3), (2, 0, 4, 4), "Conv2d: in_channels must be .* got 0"),
        (L.Conv2d(4, 3, groups=2), (2, 3, 4, 4), "Conv2d: 3 channels cannot be split into 2 groups"),
        (L.Deconv2d(2, 1, pad=2), (2, 3, 4, 4), "deconv2d: x of shape .* leave no output"),
        (L.Conv2d(2, 3, stride=0), (2, 3, 4, 4), "conv2d: stride must be"),
    ],
)
def test_an_input_that_does_not_fit_leaves_weights_and_random_state_as_they_were(layer, shape, says):
    np.random.seed(0)
    expected = np.random.get_state()[1].copy()
    with pytest.raises(ValueError, match=says):
        layer(np.zeros(shape, np.float32))
    assert layer.W.data is None
    assert layer.in_channels is None
    np.testing.assert_array_equal(np.random.get_state()[1], expected)


def test_other_channels_than_before_are_refused():
    layer = L.Conv2d(2, 3, in_channels=3)
    with pytest.raises(ValueError, match=r"conv2d: x of shape \(2, 1, 4, 4\) has 1 channels, but W of shape"):
        layer(np.zeros((2, 1, 4, 4), np.float32))


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int64, bool])
def test_images_of_whole_numbers_are_cast_to_the_layers_dtype(dtype):
    layer, x = L.Conv2d(2, 3, pad=1), np.arange(16).astype(dtype).reshape(1, 1, 4, 4)
    y = layer(x)
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y.data, layer(x.astype(np.float32)).data)


def test_what_is_no_array_is_refused_and_draws_nothing():
    layer = L.Conv2d(2, 3)
    with pytest.raises(TypeError, match=r"Conv2d: list is not a Variable, array or number"):
        layer([[1.0]])
    assert layer.W.data is None


def test_a_plain_image_gets_no_gradient():
    x, layer = np.ones((1, 1, 4, 4), np.float32), L.Conv2d(2, 3)
    y = layer(x)
    leaves = {id(v) for v in layer.params()}
    waiting = [y]
    while waiting:
        creator = waiting.pop().creator
        for v in creator.inputs if creator else ():
            assert v.creator or id(v) in leaves
            waiting.append(v)
