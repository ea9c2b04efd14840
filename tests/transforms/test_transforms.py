"""What the transforms do to arrays and to Pillow's images."""

import re
import sys
from inspect import signature

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from dezero import transforms as T

FLOATS = [np.float16, np.float32, np.float64]
BYTES = hnp.arrays(np.uint8, hnp.array_shapes(min_dims=3, max_dims=3, max_side=5))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Compose", "transforms=()"),
        ("Convert", "mode='RGB'"),
        ("Resize", "size, mode=2"),
        ("CenterCrop", "size"),
        ("ToArray", "dtype=<class 'numpy.float32'>"),
        ("ToPIL", ""),
        ("RandomHorizontalFlip", "p=0.5, rng=None"),
        ("Normalize", "mean=0, std=1"),
        ("Flatten", ""),
        ("AsType", "dtype=<class 'numpy.float32'>"),
        ("ToFloat", "dtype=<class 'numpy.float32'>"),
        ("ToInt", "dtype=<class 'numpy.int64'>"),
    ],
)
def test_the_arguments_and_defaults_are_dezero_s(name, expected):
    parameters = signature(getattr(T, name)).parameters.values()
    assert ", ".join(str(p.replace(annotation=p.empty)) for p in parameters) == expected


# -- Compose


@given(st.lists(st.sampled_from([lambda x: x + 1, lambda x: 2 * x, lambda x: -x])), st.integers(0, 3))
def test_compose_is_one_after_the_other(functions, cut):
    both = T.Compose([T.Compose(functions[:cut]), T.Compose(functions[cut:])])
    expected = 5
    for function in functions:
        expected = function(expected)
    assert T.Compose(functions)(5) == both(5) == expected


def test_compose_of_nothing_changes_nothing():
    x = object()
    assert T.Compose()(x) is x
    assert T.Compose([])(x) is x


def test_compose_takes_only_what_can_be_called():
    with pytest.raises(TypeError, match="Compose: 3 is no transform"):
        T.Compose([T.Flatten(), 3])


# -- arrays


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    ("mean", "std"), [(0, 1), (0.0, 255.0), (np.float64(0.5), np.float64(0.25)), ([1.0, 2.0, 3.0], 2), ((0.5,), [4])]
)
def test_normalize_keeps_the_dtype_of_floats(dtype, mean, std):
    x = np.arange(12, dtype=dtype).reshape(3, 2, 2)
    y = T.Normalize(mean, std)(x)
    assert y.dtype == dtype
    column = (np.size(mean), 1, 1) if np.ndim(mean) else ()
    np.testing.assert_array_equal(y, ((x - np.asarray(mean, dtype).reshape(column)) / dtype(np.ravel(std)[0])))


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64])
def test_normalize_of_whole_numbers_is_float32_whether_by_one_mean_or_one_for_each_channel(dtype):
    x = np.array([[10, 20], [30, 40]]).astype(dtype)
    for mean in (0.5, [0.5], [0.5, 0.5]):
        y = T.Normalize(mean, 0.25)(x)
        assert y.dtype == np.float32
        np.testing.assert_array_equal(y, (x - 0.5) / 0.25)


@pytest.mark.parametrize(("mean", "std"), [([1, 2], 1), (0, [1, 2])])
@pytest.mark.parametrize("x", [np.ones((3, 2, 2)), np.float64(1)], ids=["three channels", "a number"])
def test_normalize_names_channels_that_do_not_fit(mean, std, x):
    name = "mean" if np.ndim(mean) else "std"
    with pytest.raises(ValueError, match=f"Normalize: {name} has 2 channels, and the array's shape is"):
        T.Normalize(mean, std)(x)


@pytest.mark.parametrize("std", [0, 0.0, [1.0, 0.0]])
def test_normalize_does_not_divide_by_zero(std):
    with pytest.raises(ValueError, match="std divides, and cannot be 0"):
        T.Normalize(0, std)


@given(BYTES)
def test_flatten_copies_row_by_row(x):
    y = T.Flatten()(x)
    assert y.shape == (x.size,)
    np.testing.assert_array_equal(y.reshape(x.shape), x)
    assert not np.shares_memory(x, y)


def test_conversions():
    x = np.array([1.75, -1.75])
    assert T.ToFloat is T.AsType
    assert T.ToFloat()(x).dtype == np.float32
    assert T.AsType(np.float16)(x).dtype == np.float16
    np.testing.assert_array_equal(T.ToInt()(x), np.array([1, -1]), strict=True)
    np.testing.assert_array_equal(T.ToInt(np.int8)(x), np.array([1, -1], dtype=np.int8), strict=True)
    assert T.ToFloat()(np.uint8(3)) == np.float32(3)


@pytest.mark.parametrize("transform", [T.Normalize(), T.Flatten(), T.AsType(), T.ToInt()])
def test_array_transforms_name_what_is_no_array(transform):
    with pytest.raises(TypeError, match=rf"{type(transform).__name__}: needs an array, not list; ToArray\(\) makes"):
        transform([1.0, 2.0])


# -- a whole batch at once


class Half(T.Normalize):
    def __call__(self, array):
        return array / 2


BATCHED = st.recursive(
    st.sampled_from([T.Flatten(), T.ToFloat(), T.AsType(np.float64), T.ToInt(), T.Normalize(0.0, 255.0)]),
    lambda parts: st.lists(parts, max_size=3).map(T.Compose),
    max_leaves=5,
)


@given(BATCHED, hnp.arrays(np.uint8, hnp.array_shapes(min_dims=1, max_dims=4, max_side=4)))
def test_a_batch_at_once_has_the_same_bits_as_one_by_one(transform, arrays):
    whole = T.batched(transform)(arrays)
    parts = np.array([transform(array) for array in arrays])
    np.testing.assert_array_equal(whole, parts, strict=True)
    assert whole.flags.c_contiguous


@pytest.mark.parametrize(
    "transform",
    [
        lambda x: x,
        Half(),
        T.RandomHorizontalFlip(),
        T.ToArray(),
        T.Normalize([1, 2], 1),
        T.Compose([T.Flatten(), T.Compose([Half()])]),
    ],
)
def test_what_is_not_known_is_not_done_at_once(transform):
    assert T.batched(transform) is None


# -- Pillow's images


@pytest.fixture
def image():
    from PIL import Image as image

    pixels = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
    return image.fromarray(pixels)


def test_to_array_brings_the_channels_first(image):
    x = T.ToArray()(image)
    assert (x.shape, x.dtype, x.flags.c_contiguous) == ((3, 4, 6), np.float32, True)
    np.testing.assert_array_equal(x, np.asarray(image).transpose(2, 0, 1))
    assert T.ToArray(np.uint8)(image).dtype == np.uint8


def test_to_array_of_an_image_without_colour_has_one_channel(image):
    assert T.ToArray()(image.convert("L")).shape == (1, 4, 6)


def test_to_array_leaves_arrays_as_they_are():
    x = np.arange(3)
    assert T.ToArray()(x) is x


@given(hnp.arrays(np.uint8, st.tuples(st.sampled_from([1, 3, 4]), st.integers(1, 4), st.integers(1, 4))))
def test_an_array_made_an_image_and_an_array_again_is_the_same(x):
    np.testing.assert_array_equal(T.ToArray(np.uint8)(T.ToPIL()(x)), x, strict=True)


@pytest.mark.parametrize(
    "x", [np.zeros((3, 2, 2), np.float32), np.zeros((2, 2), np.uint8), np.zeros((2, 2, 2), np.uint8)]
)
def test_to_pil_names_what_is_no_image(x):
    with pytest.raises(ValueError, match=re.escape(f"not one of shape {x.shape} and dtype {x.dtype}")):
        T.ToPIL()(x)


def test_convert(image):
    assert T.Convert()(image.convert("L")).mode == "RGB"
    assert T.Convert("L")(image).mode == "L"
    red_first, blue_first = T.ToArray()(image), T.ToArray()(T.Convert("BGR")(image))
    np.testing.assert_array_equal(blue_first, red_first[::-1])
    np.testing.assert_array_equal(T.ToArray()(T.Convert("BGR")(image.convert("RGBA"))), red_first[::-1])


def test_resize_takes_width_and_height(image):
    assert T.Resize((5, 2))(image).size == (5, 2)
    assert T.Resize(3)(image).size == (3, 3)


def test_resize_is_bilinear_unless_told(image):
    from PIL.Image import Resampling

    assert Resampling.BILINEAR == T.BILINEAR
    assert T.Resize(3)(image).tobytes() == image.resize((3, 3), Resampling.BILINEAR).tobytes()
    assert T.Resize(3, Resampling.NEAREST)(image).tobytes() == image.resize((3, 3), Resampling.NEAREST).tobytes()


@given(st.integers(1, 12), st.integers(1, 12))
def test_center_crop_leaves_rims_that_differ_by_one_pixel_at_most(width, height):
    from PIL import Image as image

    pixels = np.arange(1, 43, dtype=np.uint8).reshape(6, 7)
    crop = T.CenterCrop((width, height))(image.fromarray(pixels))
    assert crop.size == (width, height)
    top, left = (6 - height) // 2, (7 - width) // 2
    padded = np.pad(pixels, 12)[12 + top :, 12 + left :][:height, :width]
    np.testing.assert_array_equal(np.asarray(crop), padded)


@pytest.mark.parametrize("size", ["big", (1, 2, 3), 2.5, None])
def test_sizes_are_integers(size):
    for transform in (T.Resize, T.CenterCrop):
        with pytest.raises(ValueError, match="an integer or two"):
            transform(size)


@pytest.mark.parametrize("transform", [T.Convert(), T.Convert("BGR"), T.Resize(2), T.CenterCrop(2)])
def test_image_transforms_name_what_is_no_image(transform):
    with pytest.raises(TypeError, match=rf"{type(transform).__name__}: needs Pillow's image, not ndarray; ToPIL\(\)"):
        transform(np.zeros((3, 4, 4)))
    with pytest.raises(TypeError, match="ToArray: needs Pillow's image, not str"):
        T.ToArray()("cat.jpg")


def test_pillow_is_named_where_it_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match=r'pip install "dezero-nth\[learn\]"'):
        T.ToPIL()(np.zeros((3, 4, 4), np.uint8))
    x = np.zeros((3, 4, 4))
    assert T.ToArray()(x) is x


# -- RandomHorizontalFlip


@given(hnp.arrays(np.float32, hnp.array_shapes(min_dims=2, max_dims=4), elements=st.floats(0, 1, width=32)))
def test_a_flip_is_undone_by_another(x):
    flip = T.RandomHorizontalFlip(p=1)
    np.testing.assert_array_equal(flip(x), x[..., ::-1], strict=True)
    np.testing.assert_array_equal(flip(flip(x)), x, strict=True)
    assert flip(x).flags.c_contiguous
    assert T.RandomHorizontalFlip(p=0)(x) is x


def test_an_image_is_flipped_like_its_array(image):
    flip = T.RandomHorizontalFlip(p=1)
    np.testing.assert_array_equal(T.ToArray()(flip(image)), flip(T.ToArray()(image)))


def test_flips_follow_numpy_s_seed_or_a_generator():
    x = np.arange(2.0).reshape(1, 1, 2)

    def flips(flip):
        return [flip(x)[0, 0, 0] == 1 for _ in range(200)]

    np.random.seed(3)
    expected = np.random.random(200) < 0.25
    np.random.seed(3)
    assert flips(T.RandomHorizontalFlip(0.25)) == expected.tolist()
    state = np.random.get_state()[1].copy()
    expected = np.random.default_rng(3).random(200) < 0.5
    assert flips(T.RandomHorizontalFlip(rng=np.random.default_rng(3))) == expected.tolist()
    np.testing.assert_array_equal(np.random.get_state()[1], state)


@pytest.mark.parametrize("p", [-0.1, 1.5, float("nan")])
def test_a_flip_s_probability_is_one(p):
    with pytest.raises(ValueError, match="p is a probability"):
        T.RandomHorizontalFlip(p)
