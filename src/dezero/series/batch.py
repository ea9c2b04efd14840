"""Coefficients along many directions: a Batch holds one for each, a Collapsed their weighted sum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dezero.autodiff.broadcasting import total
from dezero.core.dtypes import Array, Shape
from dezero.core.op import declared
from dezero.core.variable import Variable

_WAITING = 50  # batches, each computed lazily from the one before: more of them would need a deep stack

Held = Array | Variable  # the numbers of a batch or of a collapsed coefficient


class Batch:
    """One coefficient for each of R directions: an array or Variable of shape (R, *shape), or broadcast to that.

    Arrays and Variables that it is combined with are the same for all directions. Its sum with a Collapsed is one too.
    """

    __array_ufunc__ = None  # arrays and Variables on the left of an operator defer
    __slots__ = ("F", "_array", "_make", "depth", "shape")

    shape: Shape

    def __init__(self, F: Any, array: Held | None, shape: Shape) -> None:
        self.F, self._array, self.shape = F, array, shape
        self.depth = 0
        self._make: Callable[[], Held] | None = None

    @classmethod
    def later(cls, F: Any, shape: Shape, make: Callable[[], Held], *of: object) -> Batch:
        """A lazily computed batch (many of the last layer's are never used); of: what `make` computes it from."""
        batch = cls(F, None, shape)
        batch._make = make
        batch.depth = 1 + max([a.depth for a in of if isinstance(a, Batch)], default=0)
        if batch.depth > _WAITING:
            batch.array  # noqa: B018
        return batch

    @property
    def array(self) -> Held:
        if self._make is not None:
            self._array, self._make, self.depth = self._make(), None, 0
        return self._array  # type: ignore[return-value]

    @property
    def dtype(self) -> np.dtype:
        return self.array.dtype

    def aligned(self, axes: int) -> Held:
        """The array with axes of length 1 behind its first, so that it broadcasts with arrays of so many axes."""
        missing = axes + 1 - len(self.array.shape)
        return self.array if missing <= 0 else self.array.reshape(self._open(missing))

    def matrices(self, axes: int = 0) -> Held:
        """The array aligned, its last two axes broadcast to their full lengths, for a product of matrices."""
        array = self.aligned(max(axes, len(self.shape)))
        if array.shape[-2:] == self.shape[-2:]:
            return array
        shape = (*array.shape[:-2], *self.shape[-2:])
        return self.F.on_arrays(declared["broadcast_to"].bind(shape=shape), array)

    def _open(self, missing: int) -> Shape:
        return (self.array.shape[0], *[1] * missing, *self.array.shape[1:])

    def whole(self) -> Held:
        """The array broadcast to its full shape, (R, *shape)."""
        shape = (self.F.count, *self.shape)
        array = self.aligned(len(self.shape))
        return array if array.shape == shape else self.F.on_arrays(declared["broadcast_to"].bind(shape=shape), array)

    def summed(self) -> Collapsed:
        """The sum over directions, each with its weight."""
        array, weights = self.aligned(len(self.shape)), self.F.weights
        if array.shape[0] != self.F.count:
            array = self.whole()
        if weights is not None:
            array = array * weights.astype(array.dtype).reshape(-1, *[1] * (len(array.shape) - 1))
        return self.F.fitted(
            Collapsed(self.F, array.sum(axis=0) if isinstance(array, Variable) else total(array, 0, False)), self.shape
        )

    def _combined(self, other: object, combine: Callable[[Any, Any], Held]) -> Batch:
        shape = np.broadcast_shapes(self.shape, getattr(other, "shape", ()))

        def make() -> Held:
            array = other.aligned(len(shape)) if isinstance(other, Batch) else other
            return combine(self.aligned(len(shape)), array)

        return Batch.later(self.F, shape, make, self, other)

    def __mul__(self, other: object) -> Batch:
        return self._combined(other, lambda a, b: a * b)

    __rmul__ = __mul__

    def __truediv__(self, other: object) -> Batch:
        return self._combined(other, lambda a, b: a / b)

    def __neg__(self) -> Batch:
        return Batch(self.F, -self.array, self.shape)

    def __add__(self, other: object) -> Batch | Collapsed:
        return self.summed() + other if isinstance(other, Collapsed) else self._combined(other, lambda a, b: a + b)

    __radd__ = __add__

    def __sub__(self, other: object) -> Batch | Collapsed:
        return self.summed() - other if isinstance(other, Collapsed) else self._combined(other, lambda a, b: a - b)

    def __rsub__(self, other: object) -> Batch | Collapsed:
        return -self + other


class Collapsed:
    """A coefficient of the highest order, summed over all directions, each with its weight."""

    __array_ufunc__ = None
    __slots__ = ("F", "array")

    def __init__(self, F: Any, array: Held) -> None:
        self.F, self.array = F, array

    @property
    def shape(self) -> Shape:
        return self.array.shape

    @property
    def dtype(self) -> np.dtype:
        return self.array.dtype

    def __mul__(self, other: Any) -> Collapsed:
        return Collapsed(self.F, self.array * other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Collapsed:
        return Collapsed(self.F, self.array / other)

    def __neg__(self) -> Collapsed:
        return Collapsed(self.F, -self.array)

    def __add__(self, other: object) -> Collapsed:
        return Collapsed(self.F, self.array + _summand(other))

    __radd__ = __add__

    def __sub__(self, other: object) -> Collapsed:
        return Collapsed(self.F, self.array - _summand(other))

    def __rsub__(self, other: object) -> Collapsed:
        return -self + other


def _summand(other: object) -> Any:
    """The array or number to add to the array of a Collapsed.

    An array that is the same for all directions is added once: only at order 0 is it other than zero, where nothing is
    collapsed.
    """
    other = summed(other)
    return other.array if isinstance(other, Collapsed) else other


def summed(c: Any) -> Any:
    return c.summed() if isinstance(c, Batch) else c
