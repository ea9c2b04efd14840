"""Images as ImageNet's models take them."""

from __future__ import annotations

from typing import Any

import numpy as np

from dezero.core.dtypes import Array, Shape

BGR_MEANS = (103.939, 116.779, 123.68)  # of ImageNet's training images, as subtracted by the authors of VGG


def preprocess(image: Any, size: tuple[int, int] | None = (224, 224), dtype: np.typing.DTypeLike = np.float32) -> Array:
    """One image as VGG16 and ResNet were trained on: (3, height, width), blue first, less the mean of each colour.

    image: a Pillow image, or an array (height, width, 3) or (height, width), RGB or grey, of numbers from 0 to 255.
    size: (width, height) to bring it to, None for as it is; that takes Pillow, and an array of uint8. Add the axis of
    the batch with x[np.newaxis]. TypeError and ValueError for anything else.

    >>> preprocess(np.zeros((1, 1, 3), np.uint8), size=None).ravel()
    array([-103.939, -116.779, -123.68 ], dtype=float32)
    """
    if not hasattr(image, "convert"):
        image = _checked(image)
        if size is not None and image.shape[1::-1] != tuple(size):
            image = _pillow(image)
    if hasattr(image, "convert"):
        image = image.convert("RGB")
        image = image if size is None else image.resize(size)
    bgr = np.asarray(image).astype(dtype)[:, :, ::-1] - np.array(BGR_MEANS, dtype)
    return np.ascontiguousarray(bgr.transpose(2, 0, 1))


def _checked(image: object) -> Array:
    array: Array = np.asarray(image)
    if array.dtype.kind not in "uif":
        raise TypeError(f"preprocess: image must be a Pillow image or an array of numbers, got {type(image).__name__}")
    if array.ndim == 2:
        array = np.repeat(array[:, :, np.newaxis], 3, axis=2)
    if array.ndim != 3 or array.shape[2] != 3 or not array.size:
        raise ValueError(
            f"preprocess: an array must be (height, width, 3) or (height, width), got shape {array.shape}; "
            "take one image at a time, and move the colours to the last axis"
        )
    return array


def _pillow(array: Array) -> Any:
    if array.dtype != np.uint8:
        raise TypeError(
            f"preprocess: only arrays of uint8 are resized, got {array.dtype}; pass size=None or image.astype(np.uint8)"
        )
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError('preprocess resizes with Pillow: run pip install "dezero-nth[learn]"') from error
    return Image.fromarray(array)


def check_images(model: object, x: object, smallest: int) -> None:
    """Raise ValueError where x is not (batch, channels, height, width) of at least so many pixels a side.

    model: what to name in the message.
    """
    shape: Shape = getattr(x, "shape", ())
    if len(shape) != 4 or min(shape[2:]) < smallest or not shape[0]:
        raise ValueError(
            f"{type(model).__name__}: x must be images (batch, channels, height, width) of at least {smallest} pixels "
            f"a side, got shape {shape}; resize them, x.transpose(0, 3, 1, 2) moves the colours to the front, and "
            "x[np.newaxis] adds the batch"
        )
