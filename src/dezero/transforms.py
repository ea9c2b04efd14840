"""Transforms of single examples of a data set: of Pillow's images first, then of NumPy's arrays.

A transform is anything that is called with one example and returns another. The array transforms take (C, H, W).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from dezero.core.dtypes import Array, is_inexact
from dezero.functions.windows.sizes import pair

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = [
    "AsType",
    "CenterCrop",
    "Compose",
    "Convert",
    "Flatten",
    "Normalize",
    "RandomHorizontalFlip",
    "Resize",
    "ToArray",
    "ToFloat",
    "ToInt",
    "ToPIL",
]

BILINEAR = 2  # PIL.Image.Resampling.BILINEAR, known here without Pillow


class Compose:
    """Do several transforms, one after the other.

    transforms: callables; without any the example stays as it is.

    >>> Compose([Flatten(), ToFloat(), Normalize(0.0, 255.0)])(np.full((1, 2, 2), 51, dtype=np.uint8))
    array([0.2, 0.2, 0.2, 0.2], dtype=float32)
    """

    def __init__(self, transforms: Sequence[Callable[[Any], Any]] = ()) -> None:
        for transform in transforms:
            if not callable(transform):
                raise TypeError(f"Compose: {transform!r} is no transform: it cannot be called")
        self.transforms = list(transforms)

    def __call__(self, x: Any) -> Any:
        for transform in self.transforms:
            x = transform(x)
        return x


# -- Pillow's images


class Convert:
    """Convert an image to a mode of Pillow, such as "RGB" or "L", or to "BGR": blue first, as VGG16 was trained."""

    def __init__(self, mode: str = "RGB") -> None:
        self.mode = mode

    def __call__(self, image: Image) -> Image:
        if self.mode != "BGR":
            return _image(self, image).convert(self.mode)
        red, green, blue = _image(self, image).convert("RGB").split()
        return _pillow().merge("RGB", (blue, green, red))


class Resize:
    """Resize an image to `size` pixels, a pair (width, height) or one number for both.

    mode: how Pillow interpolates, one of PIL.Image.Resampling. Raises ValueError for another kind of size.
    """

    def __init__(self, size: int | tuple[int, int], mode: int = BILINEAR) -> None:
        self.size = pair(size)
        self.mode = mode

    def __call__(self, image: Image) -> Image:
        return _image(self, image).resize(self.size, self.mode)


class CenterCrop:
    """Cut `size` pixels, a pair (width, height) or one number for both, out of an image's middle.

    An image that is smaller gets a black rim. Raises ValueError for another kind of size.
    """

    def __init__(self, size: int | tuple[int, int]) -> None:
        self.size = pair(size)

    def __call__(self, image: Image) -> Image:
        width, height = self.size
        left, top = (_image(self, image).width - width) // 2, (image.height - height) // 2
        return image.crop((left, top, left + width, top + height))


class ToArray:
    """Turn an image into an array (C, H, W), of one channel where it has no colour; an array stays as it is."""

    def __init__(self, dtype: np.typing.DTypeLike = np.float32) -> None:
        self.dtype = np.dtype(dtype)

    def __call__(self, image: Image | Array) -> Array:
        if isinstance(image, np.ndarray):
            return image
        pixels = np.asarray(_image(self, image))
        pixels = pixels[np.newaxis] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
        return pixels.astype(self.dtype, order="C")


class ToPIL:
    """Turn an array (C, H, W) of dtype uint8 with 1, 3 or 4 channels into an image."""

    def __call__(self, array: Array) -> Image:
        array = np.asarray(array)
        if array.ndim != 3 or array.shape[0] not in (1, 3, 4) or array.dtype != np.uint8:
            raise ValueError(
                f"ToPIL: an image needs an array (C, H, W) of dtype uint8 with C one of 1, 3 and 4, not one of shape "
                f"{array.shape} and dtype {array.dtype}; AsType(np.uint8) makes one of values from 0 to 255"
            )
        pixels = array[0] if len(array) == 1 else array.transpose(1, 2, 0)
        return _pillow().fromarray(np.ascontiguousarray(pixels))


class RandomHorizontalFlip:
    """Mirror an image, or an array (..., H, W), left to right with probability `p`.

    rng: the numpy.random.Generator to draw from; by default NumPy's global one, which numpy.random.seed seeds. Raises
    ValueError for a p outside [0, 1].
    """

    def __init__(self, p: float = 0.5, rng: np.random.Generator | None = None) -> None:
        if not 0 <= p <= 1:
            raise ValueError(f"RandomHorizontalFlip: p is a probability, from 0 to 1, not {p!r}")
        self.p = p
        self.rng = rng

    def __call__(self, image: Image | Array) -> Image | Array:
        if (self.rng or np.random).random() >= self.p:
            return image
        if isinstance(image, np.ndarray):
            return np.ascontiguousarray(image[..., ::-1])
        return _image(self, image).transpose(_pillow().Transpose.FLIP_LEFT_RIGHT)


# -- NumPy's arrays


class Normalize:
    """Return (array - mean) / std, in the array's dtype where that is a float, else in float32.

    mean, std: numbers, or one for each channel, the first axis. Raises ValueError where std is 0 or there are neither
    one nor as many of them as channels.

    >>> Normalize(mean=[1, 2], std=[1, 2])(np.array([[2.0, 3.0], [4.0, 6.0]]))
    array([[1., 2.],
           [1., 2.]])
    """

    def __init__(self, mean: float | Sequence[float] = 0, std: float | Sequence[float] = 1) -> None:
        if not np.all(np.asarray(std)):
            raise ValueError(f"Normalize: std divides, and cannot be 0: {std!r}")
        self.mean = mean
        self.std = std

    def __call__(self, array: Array) -> Array:
        array = _array(self, array)
        if not is_inexact(array):
            array = array.astype(np.float32)
        return (array - self._each("mean", array)) / self._each("std", array)

    def _each(self, name: str, array: Array) -> Array:
        values = np.asarray(getattr(self, name), dtype=array.dtype)
        if values.ndim == 0:
            return values[()]
        if array.ndim == 0 or len(values) not in (1, len(array)):
            raise ValueError(f"Normalize: {name} has {len(values)} channels, and the array's shape is {array.shape}")
        return values.reshape(-1, *[1] * (array.ndim - 1))


class Flatten:
    """Make an array one-dimensional: (C, H, W) to (C H W,)."""

    def __call__(self, array: Array) -> Array:
        return _array(self, array).flatten()


class AsType:
    """Convert an array, or a number of NumPy, to a dtype."""

    def __init__(self, dtype: np.typing.DTypeLike = np.float32) -> None:
        self.dtype = np.dtype(dtype)

    def __call__(self, array: Array) -> Array:
        return _array(self, array).astype(self.dtype)


ToFloat = AsType


class ToInt(AsType):
    """Convert an array to integers, towards zero."""

    def __init__(self, dtype: np.typing.DTypeLike = np.int64) -> None:
        super().__init__(dtype)


# -- a whole batch at once


def batched(transform: Callable[[Any], Any]) -> Callable[[Array], Array] | None:
    """Return a function that transforms a whole array (N, ...) as `transform` does each of its N parts, bit for bit.

    None where `transform` is neither one of the array transforms here nor a Compose of them.

    >>> batched(Flatten())(np.zeros((10, 1, 2, 2))).shape
    (10, 4)
    """
    if type(transform) is Compose:
        parts = [batched(part) for part in transform.transforms]
        return None if None in parts else Compose(parts)  # type: ignore[arg-type]
    if type(transform) is Flatten:
        return lambda arrays: arrays.reshape(len(arrays), -1)
    if type(transform) is Normalize and np.ndim(transform.mean) == np.ndim(transform.std) == 0:
        return transform
    return transform if type(transform) in (AsType, ToInt) else None


# -- helpers


def _array(transform: object, x: object) -> Any:
    if not isinstance(x, (np.ndarray, np.generic)):
        raise TypeError(f"{type(transform).__name__}: needs an array, not {type(x).__name__}; ToArray() makes one")
    return x


def _image(transform: object, x: object) -> Image:
    if not isinstance(x, _pillow().Image):
        raise TypeError(f"{type(transform).__name__}: needs Pillow's image, not {type(x).__name__}; ToPIL() makes one")
    return x


def _pillow() -> ModuleType:
    try:
        from PIL import Image
    except ImportError:
        raise ImportError('transforms of images need Pillow: run pip install "dezero-nth[learn]"') from None
    return Image
