"""SqueezeNet 1.0."""

import numpy as np
import pytest

import dezero.functions as F
from dezero.models import SqueezeNet
from tests.models.networks import count, in_use


def test_it_has_the_papers_parameters_and_they_are_drawn_at_once():
    assert count(SqueezeNet()) == 1_248_424


def test_it_computes_what_pytorch_computes_with_the_same_weights():
    np.random.seed(0)
    model = SqueezeNet(classes=5)
    x = np.random.randn(1, 3, 40, 48).astype(np.float32)
    with in_use():
        y = model(x)
    # From PyTorch's conv2d and max_pool2d(ceil_mode=True), composed as torchvision's squeezenet1_0, in float64.
    expected = [[0.00089976, 0.01610598, 0.01335993, 0.02668576, 0.0]]
    assert y.dtype == np.float32
    np.testing.assert_allclose(y.data, expected, rtol=1e-4, atol=1e-8)


def test_every_parameter_gets_a_gradient_in_float32():
    np.random.seed(0)
    model = SqueezeNet(classes=3)
    F.softmax_cross_entropy(model(np.random.randn(2, 3, 32, 32).astype(np.float32)), np.array([0, 2])).backward()
    assert {param.grad.dtype for param in model.params()} == {np.dtype(np.float32)}


def test_dropout_works_in_training_alone():
    np.random.seed(0)
    model, x = SqueezeNet(classes=3), np.random.randn(1, 3, 32, 32).astype(np.float32)
    assert not np.array_equal(model(x).data, model(x).data)
    with in_use():
        assert np.array_equal(model(x).data, model(x).data)


@pytest.mark.parametrize("side", [21, 22, 23, 24])
def test_it_takes_images_from_21_pixels_on(side):
    with in_use():
        assert SqueezeNet(classes=2)(np.zeros((1, 3, side, 21), np.float32)).shape == (1, 2)


def test_smaller_images_are_refused():
    with pytest.raises(ValueError, match=r"SqueezeNet: x must be images .* of at least 21 pixels"):
        SqueezeNet(classes=2)(np.zeros((1, 3, 20, 40), np.float32))
