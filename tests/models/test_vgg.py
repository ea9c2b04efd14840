"""VGG16."""

import numpy as np
import pytest

from dezero.models import VGG16
from tests.models.networks import count, in_use, shapes

WIDTHS = {"1": (3, 64), "2": (64, 128), "3": (128, 256), "4": (256, 512), "5": (512, 512)}


def expected_shapes(features, classes=1000):
    found = {}
    for stage, convolutions in (("1", 2), ("2", 2), ("3", 3), ("4", 3), ("5", 3)):
        before, after = WIDTHS[stage]
        for i in range(1, convolutions + 1):
            found[f"conv{stage}_{i}/W"] = (after, before if i == 1 else after, 3, 3)
            found[f"conv{stage}_{i}/b"] = (after,)
    for name, inputs, outputs in (("fc6", features, 4096), ("fc7", 4096, 4096), ("fc8", 4096, classes)):
        found |= {f"{name}/W": (inputs, outputs), f"{name}/b": (outputs,)}
    return found


def test_names_and_shapes_are_those_of_the_originals_files(undrawn):
    model = VGG16()
    with in_use():
        y = model(np.zeros((1, 3, 32, 32), np.float32))
    assert (y.shape, y.dtype) == ((1, 1000), np.float32)
    assert shapes(model) == expected_shapes(512)
    # At 224 x 224, fc6 sees 7 x 7 places in place of one.
    assert count(model) + (7 * 7 - 1) * 512 * 4096 == 138_357_544


def test_seeded_it_gives_the_originals_numbers_in_training_and_in_use():
    np.random.seed(0)
    x = np.random.randn(1, 3, 32, 32).astype(np.float32)
    model = VGG16()
    trained = model(x).data[0, :5]
    with in_use():
        used = model(x).data[0, :5]
    # From DeZero 0.0.13 with the same seed; its dropout draws from the same stream, between the weights.
    np.testing.assert_allclose(trained, [-0.00929751, 0.01073484, -0.0035703, -0.00804329, 0.00678305], rtol=1e-4)
    np.testing.assert_allclose(used, [-5.5070585e-3, 3.4421595e-5, 3.7569064e-3, -1.789375e-3, 3.6467882e-3], rtol=1e-3)


def test_channels_and_classes_may_be_others(undrawn):
    model = VGG16(classes=7)
    with in_use():
        assert model(np.zeros((2, 1, 32, 64), np.float32)).shape == (2, 7)
    assert model.conv1_1.W.shape == (64, 1, 3, 3)


def test_images_of_another_size_than_before_are_refused_before_the_work(undrawn):
    model = VGG16()
    with in_use():
        model(np.zeros((1, 3, 32, 32), np.float32))
        with pytest.raises(ValueError, match=r"VGG16: images of 64 x 32 come to fc6 as 1024 .*for 512.*resize"):
            model(np.zeros((1, 3, 64, 32), np.float32))


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 32, 32, 3), (1, 3, 31, 32), (0, 3, 32, 32)])
def test_what_is_no_batch_of_images_is_refused_and_draws_nothing(shape):
    model = VGG16()
    with pytest.raises(ValueError, match=r"VGG16: x must be images \(batch, channels, height, width\) of at least 32"):
        model(np.zeros(shape, np.float32))
    assert model.conv1_1.W.data is None
