"""Trees of real arrays as one vector, which solvers and optimizers work on."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.call import operand
from dezero.core.dtypes import Array, is_real
from dezero.core.errors import describe
from dezero.core.registry import operations
from dezero.core.variable import Variable, wrap
from dezero.derivatives.trees import flatten, matching


class Packing:
    """The order in which the leaves of a tree lie one after the other in a vector.

    name: the operation, and what: the tree's name, for errors. vector: the tree's values, of the widest float
    dtype among them (float64 for whole numbers). TypeError for leaves that are no real numbers.
    """

    def __init__(self, name: str, tree: object, what: str) -> None:
        self.name, self.tree, self.what = name, tree, what
        leaves, self.rebuild = flatten(tree)
        arrays = [operand(leaf, name)._data for leaf in leaves]
        for a in arrays:
            if a.dtype.kind not in "fiub":
                raise TypeError(
                    f"{name}: {what} holds a {describe(a)}; give real numbers (a complex unknown as its real and "
                    "imaginary parts)"
                )
        self.shapes = [a.shape for a in arrays]
        kinds = [a.dtype if is_real(a) else np.dtype(np.float64) for a in arrays]
        self.dtype = np.result_type(np.float32, *kinds)  # LAPACK has no float16
        self.vector = _joined(arrays).astype(self.dtype)

    def unpacked(self, vector: Variable) -> Any:
        """The tree of Variables that a vector stands for."""
        found, at = [], 0
        for shape in self.shapes:
            size = math.prod(shape)
            part = vector if size == vector.size else vector[at : at + size]
            found.append(part if part.shape == shape else operations.reshape(part, shape))
            at += size
        return self.rebuild(found)

    def values(self, vector: Array) -> Any:
        """The tree for a vector of plain numbers, its leaves Variables without a graph."""
        return self.rebuild([wrap(np.array(x._data)) for x in flatten(self.unpacked(wrap(vector)))[0]])

    def packed(self, tree: object, what: str) -> Array:
        """The plain vector for a tree; ValueError for another structure or shapes, TypeError for complex numbers."""
        leaves = [np.asarray(raw(x)) for x in matching(self.name, tree, self.tree, what, self.what)]
        for x in leaves:
            if x.dtype.kind not in "fiub":
                raise TypeError(
                    f"{self.name}: {what} holds a {describe(x)}, and {self.what} is real; give real numbers"
                )
        shapes = [x.shape for x in leaves]
        if shapes != self.shapes:
            raise ValueError(f"{self.name}: {what} has shapes {shapes}, {self.what} has {self.shapes}")
        return _joined(leaves).astype(self.dtype)


def _joined(arrays: list[Array]) -> Array:
    return np.concatenate([np.ravel(a) for a in arrays] or [np.zeros(0)])
