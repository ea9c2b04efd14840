"""Norms of vectors and matrices, with the arguments of numpy.linalg.norm."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from dezero.core.call import apply, operand
from dezero.core.declare import declare, publish
from dezero.core.dtypes import Axes, is_complex
from dezero.core.errors import describe
from dezero.core.op import ELEMENTWISE, Op, declared
from dezero.core.registry import operations
from dezero.core.variable import ArrayLike, Variable
from dezero.functions._axes import flag, plainly
from dezero.functions.arrays.dtype import floating
from dezero.functions.elementwise.complex_numbers import imag, modulus, real
from dezero.functions.linalg.spectral import svd
from dezero.functions.reductions._half import in_single
from dezero.functions.reductions.extrema import max, min
from dezero.functions.reductions.sums_and_products import axes_of, kept_shape

Order = float | str | None
_modulus_power = declared["modulus_power"]


def _root_rule(F, g, x, y, p):
    return g * F.over_size(y, x) / p


# x ** (1 / p), with derivative 0 at 0, where the root has none.
_root = declare(Op("root", ELEMENTWISE, lambda x, p: np.sqrt(x) if p == 2 else x ** (1 / p), (_root_rule,)))


@in_single
def norm(x: ArrayLike, ord: Order = None, axis: Axes = None, keepdims: bool = False) -> Variable:
    """Norm of a vector or matrix, or of those that one or two axes of an array hold.

    ord: for vectors any number other than 0, inf and -inf included; for matrices "fro", "nuc", 1, -1, 2, -2, inf or
    -inf; None: the square root of the sum of squares. axis: a number for vectors, two for matrices.
    At its kinks a norm has the first derivative of max, min and abs: equal shares for equal elements, 0 for the norm of
    zeros; at a kink of abs or of the root those of higher order are nan. An element or singular value that is 0 adds
    0 to the first derivative, for an ord below 1 too. "nuc", 2 and -2 of matrices are made of singular values, and have
    their limits (see svd); one that is 0 but for rounding counts as 0. ValueError for another ord or axis.

    >>> norm(Variable(np.array([3.0, 4.0]))), norm(Variable(np.eye(2)), "nuc")
    (variable(5.0), variable(2.0))
    """
    x, ord, keepdims = operand(x, "norm"), plainly("norm", ord, "ord"), flag("norm", keepdims)
    x = floating(x)
    if not x.size and ord in ("nuc", 1, 2, np.inf):
        ord = None  # each of these norms is 0 then
    axes = tuple(range(x.ndim)) if axis is None else axes_of("norm", x, axis) or ()
    if axis is None and ord is None:
        return _euclidean(x, axes, keepdims)
    if len(axes) == 1:
        return _vector(x, 2 if ord is None else ord, axes, keepdims)
    if len(axes) == 2:
        return _matrix(x, "fro" if ord is None else ord, axes, keepdims)
    raise ValueError(f"norm: {len(axes)} axes of a {describe(x)}; give axis, one for vectors or two for matrices")


def _euclidean(x: Variable, axes: tuple[int, ...], keepdims: bool) -> Variable:
    squares = x * x if not is_complex(x) else real(x) ** 2 + imag(x) ** 2
    return apply(_root.bind(p=2), operations.sum(squares, axes, keepdims))


def _vector(x: Variable, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Variable:
    if isinstance(ord, str) or ord == 0:
        reason = "counts elements and has no derivative" if ord == 0 else "is none of vectors"
        raise ValueError(f"norm: ord={ord!r} {reason}; give a number that is not 0, inf or -inf")
    if ord == 2:
        return _euclidean(x, axes, keepdims)
    if np.isinf(ord):
        return (max if ord > 0 else min)(modulus(x), axes, keepdims)
    if ord == 1:
        return operations.sum(modulus(x), axes, keepdims)
    p = int(ord) if ord == int(ord) else float(ord)
    return apply(_root.bind(p=p), operations.sum(_powers(x, p), axes, keepdims))


def _powers(x: Variable, p: float) -> Variable:
    """|x| ** p, with derivative 0 in elements that are 0."""
    if p > 0 and p % 2 == 0 and not is_complex(x):
        return x**p
    return apply(_modulus_power.bind(p=p, k=0), modulus(x) if is_complex(x) else x)


def _exact_zeros(s: Variable) -> Variable:
    """Singular values, with those that are 0 but for rounding as 0, so that they have abs's derivative there."""
    if not s.size:
        return s
    greatest = operations.get_item(s, (..., slice(1)))
    rounding = s.shape[-1] * float(np.finfo(s.dtype).eps)
    return operations.abs(s * operations.greater(s, greatest * rounding))


def _matrix(x: Variable, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Variable:
    kind = ord if isinstance(ord, str) else float(ord)
    if kind == "fro":
        return _euclidean(x, axes, keepdims)
    if kind in (1.0, -1.0, np.inf, -np.inf):
        summed, rest = axes if abs(kind) == 1 else axes[::-1]
        sums = operations.sum(modulus(x), summed, keepdims=True)
        y = (max if kind > 0 else min)(sums, rest, keepdims=True)
    elif kind in ("nuc", 2.0, -2.0):
        others = tuple([i for i in range(x.ndim) if i not in axes])
        s = _exact_zeros(cast(Variable, svd(operations.transpose(x, (*others, *axes)), compute_uv=False)))
        y = operations.sum(s, -1) if kind == "nuc" else operations.get_item(s, (..., 0 if kind == 2 else -1))
    else:
        raise ValueError(f"norm: ord={ord!r} is none of matrices; give 'fro', 'nuc', 1, -1, 2, -2, inf or -inf")
    shape = kept_shape(x.shape, axes) if keepdims else tuple([n for i, n in enumerate(x.shape) if i not in axes])
    return operations.reshape(y, shape)


publish("norm", norm)
