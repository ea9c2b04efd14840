"""Activation functions, changes of shape and pooling as layers: each is its function with its options."""

import numpy as np
import pytest

import dezero.functions as F
import dezero.layers as L

X = np.random.default_rng(0).standard_normal((2, 4, 5, 6))


@pytest.mark.parametrize(
    ("layer", "function"),
    [
        (L.ReLU(), F.relu),
        (L.LeakyReLU(), F.leaky_relu),
        (L.LeakyReLU(0.3), lambda x: F.leaky_relu(x, 0.3)),
        (L.ELU(0.5), lambda x: F.elu(x, 0.5)),
        (L.SELU(), F.selu),
        (L.GELU(), F.gelu),
        (L.GELU("tanh"), lambda x: F.gelu(x, "tanh")),
        (L.SiLU(), F.silu),
        (L.Softplus(3.0), lambda x: F.softplus(x, 3.0)),
        (L.Sigmoid(), F.sigmoid),
        (L.Tanh(), F.tanh),
        (L.Softmax(), F.softmax),
        (L.Softmax((-1, 0)), lambda x: F.softmax(x, (-1, 0))),
        (L.LogSoftmax(2), lambda x: F.log_softmax(x, 2)),
        (L.Flatten(), F.flatten),
        (L.Reshape((-1, 10)), lambda x: F.reshape(x, (-1, 10))),
        (L.MaxPooling(2), lambda x: F.pooling(x, 2)),
        (L.MaxPooling((2, 3), (1, 2), (0, 1)), lambda x: F.pooling(x, (2, 3), (1, 2), (0, 1))),
        (L.AveragePooling(3, 2, 1), lambda x: F.average_pooling(x, 3, 2, 1)),
        (L.GlobalMaxPooling(), F.global_max_pooling),
        (L.GlobalAveragePooling(), F.global_average_pooling),
        (L.AdaptiveMaxPooling((2, 3)), lambda x: F.adaptive_max_pooling(x, (2, 3))),
        (L.AdaptiveAveragePooling(2), lambda x: F.adaptive_average_pooling(x, 2)),
    ],
    ids=lambda value: repr(value) if isinstance(value, L.Layer) else "",
)
def test_a_layer_is_its_function(layer, function):
    np.testing.assert_array_equal(layer(X).data, function(X).data)
    assert list(layer.params()) == []


@pytest.mark.parametrize("layer", [L.MaxPooling(2), L.AveragePooling(2), L.GlobalMaxPooling(), L.AdaptiveMaxPooling(1)])
@pytest.mark.parametrize("axes", [1, 2, 3])
def test_pooling_goes_over_any_number_of_axes(layer, axes):
    assert layer(np.ones((2, 3, *[4] * axes))).ndim == 2 + axes


@pytest.mark.parametrize("shape", [(3,), (2, 3), (2, 3, 4)])
def test_prelu_has_one_slope_or_one_a_channel(shape):
    x = np.random.default_rng(0).standard_normal(shape)
    np.testing.assert_array_equal(L.PReLU(dtype=np.float64)(x).data, np.where(x > 0, x, 0.25 * x))
    if len(shape) > 1:
        layer = L.PReLU(3, 0.1, np.float64)
        layer.W.data[1] = 2.0
        slopes = np.array([0.1, 2.0, 0.1]).reshape(3, *[1] * (len(shape) - 2))
        np.testing.assert_array_equal(layer(x).data, np.where(x > 0, x, slopes * x))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: L.GELU("sigmoid"), "GELU: approximate must be 'none' or 'tanh', got 'sigmoid'"),
        (lambda: L.Reshape((-1, 7))(X), "reshape: the 240 elements of shape"),
        (lambda: L.MaxPooling(7)(X), r"pooling: a kernel of \(7, 7\) is larger than an input of \(5, 6\)"),
        (lambda: L.AveragePooling(0)(X), "average_pooling: kernel_size must be"),
        (lambda: L.GlobalAveragePooling()(X[0, 0]), "global_average_pooling: x must be"),
        (lambda: L.AdaptiveMaxPooling(0)(X), "adaptive_max_pooling: output_size must be"),
        (
            lambda: L.PReLU(3)(X),
            r"PReLU: x must be \(samples, channels, ...\) with 3 channels, .* got shape \(2, 4, 5, 6\)",
        ),
        (lambda: L.PReLU(3)(X[0, 0, 0]), "PReLU: x must be"),
        (lambda: L.PReLU(0), "PReLU: channels must be a whole number of 1 or more, got 0"),
    ],
)
def test_bad_input_names_the_operation(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def test_functions_have_dezeros_classes_of_these_names():
    assert F.ReLU is L.ReLU
    assert F.LeakyReLU(0.1)(np.array([-1.0])).item() == -0.1
    for name in ("Any", "Layer", "Linear", "Nonsense"):
        with pytest.raises(AttributeError, match=f"dezero.functions' has no attribute '{name}'"):
            getattr(F, name)


@pytest.mark.parametrize("layer", [L.LeakyReLU(np.float64(0.1)), L.ELU(np.float64(0.5)), L.Softplus(np.float64(2))])
def test_options_that_are_numbers_of_numpy_do_not_change_the_dtype(layer):
    assert layer(X.astype(np.float32)).dtype == np.float32
