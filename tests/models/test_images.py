"""Images as ImageNet's models take them."""

import numpy as np
import pytest

from dezero.models import VGG16, ResNet
from dezero.models.images import preprocess

RNG = np.random.default_rng(0)
MEANS = np.array([103.939, 116.779, 123.68], np.float32)


def by_the_formula(rgb):
    return (rgb[:, :, ::-1].astype(np.float32) - MEANS).transpose(2, 0, 1)


def test_an_array_becomes_blue_green_red_less_the_means():
    rgb = RNG.integers(0, 256, (4, 6, 3), np.uint8)
    x = preprocess(rgb, size=None)
    assert x.dtype == np.float32
    assert np.array_equal(x, by_the_formula(rgb))
    assert x.flags.c_contiguous


def test_a_picture_is_made_rgb_and_resized_to_width_by_height():
    from PIL import Image

    rgba = RNG.integers(0, 256, (8, 6, 4), np.uint8)
    image = Image.fromarray(rgba)
    assert np.array_equal(preprocess(image, size=None), by_the_formula(rgba[:, :, :3]))
    smaller = np.asarray(image.convert("RGB").resize((3, 5)))
    assert smaller.shape == (5, 3, 3)
    assert np.array_equal(preprocess(image, size=(3, 5)), by_the_formula(smaller))
    assert preprocess(image).shape == (3, 224, 224)


def test_an_array_is_resized_as_the_picture_is():
    from PIL import Image

    rgb = RNG.integers(0, 256, (8, 6, 3), np.uint8)
    assert np.array_equal(preprocess(rgb, size=(3, 5)), preprocess(Image.fromarray(rgb), size=(3, 5)))


def test_an_array_of_the_right_size_needs_no_pillow(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "PIL", None)
    assert preprocess(np.zeros((5, 3, 3), np.uint8), size=(3, 5)).shape == (3, 5, 3)
    with pytest.raises(ImportError, match=r"pip install \"dezero-nth\[learn\]\""):
        preprocess(np.zeros((4, 4, 3), np.uint8), size=(3, 5))


def test_a_grey_image_is_grey_in_each_colour():
    grey = RNG.integers(0, 256, (4, 6), np.uint8)
    assert np.array_equal(preprocess(grey, None), preprocess(np.stack([grey] * 3, axis=2), None))


def test_the_image_stays_as_it_is_and_the_dtype_is_as_asked():
    rgb = RNG.uniform(0, 255, (4, 6, 3))
    before = rgb.copy()
    assert preprocess(rgb, None, np.float64).dtype == np.float64
    assert np.array_equal(rgb, before)


def test_the_models_have_it_as_a_static_method():
    assert VGG16.preprocess is preprocess
    assert ResNet.preprocess is preprocess


@pytest.mark.parametrize("shape", [(3, 8, 8), (1, 8, 8, 3), (8,), (8, 8, 4), (0, 8, 3)])
def test_arrays_of_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"preprocess: an array must be \(height, width, 3\).*got shape"):
        preprocess(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("image", ["zebra.jpg", None, np.array([["a"]])])
def test_what_is_no_image_is_refused(image):
    with pytest.raises(TypeError, match="preprocess: image must be a Pillow image or an array of numbers"):
        preprocess(image)


def test_an_array_of_floats_is_not_resized_behind_ones_back():
    with pytest.raises(TypeError, match=r"only arrays of uint8 are resized, got float64.*image\.astype\(np\.uint8\)"):
        preprocess(np.zeros((4, 4, 3)))
