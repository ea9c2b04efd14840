"""Looking at a data set of images."""

from __future__ import annotations

import numpy as np

from dezero.core.dtypes import Array


def mosaic(images: Array, row: int, col: int) -> Array:
    """Lay row * col images, an array (row * col, C, H, W), side by side: (row * H, col * W, C).

    >>> mosaic(np.arange(4).reshape(4, 1, 1, 1), 2, 2)[..., 0]
    array([[0, 1],
           [2, 3]])
    """
    _, channels, height, width = images.shape
    rows = images.reshape(row, col, channels, height, width).transpose(0, 3, 1, 4, 2)
    return rows.reshape(row * height, col * width, channels)


def show_some(images: Array, row: int, col: int) -> None:
    """Show row * col of the images (N, C, H, W), uint8, drawn at random from NumPy's global random numbers.

    Raises ValueError where row or col is not positive, ImportError, naming the extra, without matplotlib.
    """
    if row < 1 or col < 1:
        raise ValueError(f"show: there must be at least one row and column, not {row} by {col}")
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise ImportError('pictures need matplotlib: run pip install "dezero-nth[viz]"') from None
    picture = mosaic(images[np.random.randint(len(images), size=row * col)], row, col)
    # Matplotlib uses the map for one channel only.
    plt.imshow(picture, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    plt.axis("off")
    plt.show()
