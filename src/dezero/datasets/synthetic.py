"""Data sets that are computed: the spiral and the sine curve."""

from __future__ import annotations

import numpy as np

from dezero.core.dtypes import Array
from dezero.datasets.dataset import Dataset

Pair = tuple[Array, Array]


def get_spiral(train: bool = True) -> Pair:
    """Return three arms of a spiral, 100 points each, in mixed order: points (300, 2), float32, and arms (300,), int64.

    Seeds NumPy's global random numbers, with 1984 or, for the test, 2020, so whatever is drawn after it is the same in
    every run, too: the weights of a network made next, and so its losses, as DeZero's scripts print them.

    >>> x, t = get_spiral()
    >>> x.shape, t.shape, np.bincount(t)
    ((300, 2), (300,), array([100, 100, 100]))
    """
    arms, points = 3, 100
    np.random.seed(1984 if train else 2020)
    radius = np.arange(points) / points
    arm = np.arange(arms)[:, np.newaxis]
    angle = arm * 4.0 + 4.0 * radius + np.random.randn(arms, points) * 0.2
    x = np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=-1).reshape(-1, 2).astype(np.float32)
    t = np.repeat(np.arange(arms, dtype=np.int64), points)
    order = np.random.permutation(arms * points)
    return x[order], t[order]


class Spiral(Dataset):
    """Points of three arms of a spiral to classify: `data` (300, 2), float32, `label` (300,), int64, from 0 to 2.

    Seeds NumPy's global random numbers, as `get_spiral` says.
    """

    def prepare(self) -> None:
        self.data, self.label = get_spiral(self.train)


class SinCurve(Dataset):
    """A noisy sine curve, each value with the next as its label: `data` and `label` (999, 1), float64, in order.

    1000 values on [0, 2 pi] with uniform noise in [-0.05, 0.05) from NumPy's global random numbers; for the test, the
    cosine without noise.
    """

    def prepare(self) -> None:
        x = np.linspace(0, 2 * np.pi, 1000)
        noise = np.random.uniform(-0.05, 0.05, size=x.shape)  # drawn for the test too, as in DeZero
        y = np.sin(x) + noise if self.train else np.cos(x)
        self.data, self.label = y[:-1, np.newaxis], y[1:, np.newaxis]
