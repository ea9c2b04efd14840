"""NumPy's functions that share their name with another one: those of numpy.linalg and of numpy.emath.

Each has the arguments and defaults of the function that it stands for: numpy.linalg.trace goes over the last two axes,
numpy.trace over the first two; numpy.emath.sqrt goes on into the complex numbers, numpy.sqrt gives nan.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from dezero.core.arithmetic import div, mul
from dezero.core.call import operand
from dezero.core.dtypes import Array, Axes, is_complex, is_whole
from dezero.core.errors import describe
from dezero.core.power import pow
from dezero.core.variable import ArrayLike, Variable
from dezero.core.watch.watching import decided
from dezero.functions.arrays.dtype import astype
from dezero.functions.arrays.rearrange import moveaxis, swapaxes
from dezero.functions.arrays.shape import expand_dims, reshape
from dezero.functions.elementwise.complex_numbers import as_complex, conj
from dezero.functions.elementwise.exponential import log, log2, log10, sqrt
from dezero.functions.elementwise.hyperbolic import arctanh
from dezero.functions.elementwise.trigonometric import arccos, arcsin
from dezero.functions.linalg import products
from dezero.functions.linalg.diagonals import diagonal
from dezero.functions.linalg.matmul import matmul
from dezero.functions.linalg.norms import Order, norm
from dezero.functions.linalg.spectral import svd
from dezero.functions.reductions.sums_and_products import axes_of, sum

# -- numpy.linalg ----------------------------------------------------------------------------------------------


def _diagonal(x: ArrayLike, *, offset: int = 0) -> Variable:
    return diagonal(x, offset, -2, -1)


def _trace(x: ArrayLike, *, offset: int = 0) -> Variable:
    return products.trace(x, offset, -2, -1)


def _cross(x1: ArrayLike, x2: ArrayLike, *, axis: int = -1) -> Variable:
    return products.cross(x1, x2, axis=axis)


def _outer(x1: ArrayLike, x2: ArrayLike) -> Variable:
    for x in (x1, x2):
        if operand(x, "outer").ndim != 1:
            raise ValueError(f"linalg.outer: an argument is a {describe(x)}; give vectors, or use numpy.outer")
    return products.outer(x1, x2)


def _tensordot(x1: ArrayLike, x2: ArrayLike, *, axes: int | Sequence[Axes] = 2) -> Variable:
    return products.tensordot(x1, x2, axes)


def _vecdot(x1: ArrayLike, x2: ArrayLike, *, axis: int = -1) -> Variable:
    a, b = (moveaxis(operand(x, "vecdot"), axis, -1) for x in (x1, x2))
    if a.shape[-1] != b.shape[-1]:
        raise ValueError(f"vecdot: vectors of {a.shape[-1]} and of {b.shape[-1]} elements; give them the same length")
    return sum(mul(conj(a), b), -1)


def _matrix_transpose(x: ArrayLike) -> Variable:
    x = operand(x, "matrix_transpose")
    if x.ndim < 2:
        raise ValueError(f"matrix_transpose: x is a {describe(x)}; it needs two axes or more")
    return swapaxes(x, -2, -1)


def _svdvals(x: ArrayLike, /) -> Variable:
    return svd(x, compute_uv=False)  # type: ignore[return-value]


def _matrix_norm(x: ArrayLike, *, keepdims: bool = False, ord: Order = "fro") -> Variable:
    return norm(x, ord, (-2, -1), keepdims)


def _vector_norm(x: ArrayLike, *, axis: Axes = None, keepdims: bool = False, ord: Order = 2) -> Variable:
    x = operand(x, "vector_norm")
    axes = tuple(range(x.ndim)) if axis is None else axes_of("vector_norm", x, axis) or ()
    rest = x.shape if not axes else tuple([n for i, n in enumerate(x.shape) if i not in axes])
    moved = moveaxis(x, axes, tuple(range(-len(axes), 0)))
    y = norm(reshape(moved, (*rest, -1)), ord, -1)
    return expand_dims(y, tuple(sorted(axes))) if keepdims else y


# -- numpy.emath -----------------------------------------------------------------------------------------------


def _widened(x: ArrayLike, outside: Callable[[Array], Array]) -> Variable:
    """The array, as complex numbers where an element is outside of what the real function takes."""
    x = operand(x, "emath")
    return as_complex(x) if not is_complex(x) and decided(lambda x: np.any(outside(x)), x) else x


def _negative(x: Array) -> Array:
    return x < 0


def _beyond_one(x: Array) -> Array:
    return np.abs(x) > 1


def _emath(
    function: Callable[[Variable], Variable], outside: Callable[[Array], Array]
) -> Callable[[ArrayLike], Variable]:
    return lambda x: function(_widened(x, outside))


def _logn(n: ArrayLike, x: ArrayLike) -> Variable:
    return div(log(_widened(x, _negative)), log(_widened(n, _negative)))


def _power(x: ArrayLike, p: ArrayLike) -> Variable:
    p = operand(p, "emath.power")
    if is_whole(p) and decided(lambda p: np.any(p < 0), p):
        p = astype(p, np.float64)
    return pow(_widened(x, _negative), p)


counterparts: dict[Callable[..., object], Callable[..., Variable]] = {
    np.linalg.cross: _cross,
    np.linalg.diagonal: _diagonal,
    np.linalg.matmul: matmul,
    np.linalg.matrix_norm: _matrix_norm,
    np.linalg.matrix_transpose: _matrix_transpose,
    np.linalg.outer: _outer,
    np.linalg.svdvals: _svdvals,
    np.linalg.tensordot: _tensordot,
    np.linalg.trace: _trace,
    np.linalg.vecdot: _vecdot,
    np.linalg.vector_norm: _vector_norm,
    np.matrix_transpose: _matrix_transpose,
    np.vecdot: _vecdot,
    np.emath.arccos: _emath(arccos, _beyond_one),
    np.emath.arcsin: _emath(arcsin, _beyond_one),
    np.emath.arctanh: _emath(arctanh, _beyond_one),
    np.emath.log: _emath(log, _negative),
    np.emath.log10: _emath(log10, _negative),
    np.emath.log2: _emath(log2, _negative),
    np.emath.logn: _logn,
    np.emath.power: _power,
    np.emath.sqrt: _emath(sqrt, _negative),
}
