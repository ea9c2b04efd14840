"""Products of arrays that are contractions over chosen axes, and the cross product."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from dezero.core.call import apply, operand
from dezero.core.declare import bilinear, public
from dezero.core.dtypes import Axes
from dezero.core.errors import describe
from dezero.core.registry import operations
from dezero.core.variable import ArrayLike, Variable, as_constant
from dezero.functions._stacking import whole_in_front
from dezero.functions.elementwise.complex_numbers import conj
from dezero.functions.indexing.get_item import get_item
from dezero.functions.indexing.picking import rows_beside_last
from dezero.functions.linalg._matrix import Operand, array
from dezero.functions.linalg.contraction import compute, diagonal_of, product
from dezero.functions.reductions.sums_and_products import axes_of


def _flat(x: Operand) -> Operand:
    return compute("reshape", x, shape=(x.size,))


@public
def inner(a: ArrayLike, b: ArrayLike) -> Variable:
    """Sums of products over the last axes of both arrays; the product where one is a number.

    ValueError where the last axes differ in length.

    >>> inner(Variable(np.array([1.0, 2.0])), np.array([3.0, 4.0]))
    variable(11.0)
    """
    a, b = array(a, "inner"), array(b, "inner")
    if not a.ndim or not b.ndim:
        return operations.mul(a, b)
    return _contracted("inner", a, b, (a.ndim - 1,), (b.ndim - 1,))


@public
def outer(a: ArrayLike, b: ArrayLike) -> Variable:
    """All products of an element of the first array with one of the second, both flattened; shape (a.size, b.size).

    >>> outer(Variable(np.array([1.0, 2.0])), np.array([3.0, 4.0]))
    variable([[3. 4.]
              [6. 8.]])
    """
    return _contracted("outer", _flat(array(a, "outer")), _flat(array(b, "outer")), (), ())


@public
def vdot(a: ArrayLike, b: ArrayLike) -> Variable:
    """Scalar product of two arrays of one size, flattened; the first is conjugated.

    >>> vdot(Variable(np.array([1.0, 2.0])), np.array([3.0, 4.0]))
    variable(11.0)
    """
    a, b = array(a, "vdot"), array(b, "vdot")
    if a.size != b.size:
        raise ValueError(f"vdot: arrays of shapes {a.shape} and {b.shape} have different sizes")
    a = conj(a) if isinstance(a, Variable) else np.conjugate(a)
    return _contracted("vdot", _flat(a), _flat(b), (0,), (0,))


@public
def tensordot(a: ArrayLike, b: ArrayLike, axes: int | Sequence[Axes] = 2) -> Variable:
    """Sums of products over axes of the first array and of the second.

    axes: how many of the last axes of a to sum with the first ones of b, or a pair (axes of a, axes of b).
    ValueError where these do not have the same lengths.

    >>> tensordot(Variable(np.ones((2, 3))), np.ones((3, 4)), axes=1).shape
    (2, 4)
    """
    a, b = array(a, "tensordot"), array(b, "tensordot")
    if isinstance(axes, int | np.integer):
        if not 0 <= axes <= min(a.ndim, b.ndim):
            raise ValueError(f"tensordot: axes={axes} for arrays of shapes {a.shape} and {b.shape}, which lack so many")
        ours, theirs = tuple(range(a.ndim - axes, a.ndim)), tuple(range(axes))
    else:
        pair: Sequence[Any] = axes
        try:
            ours, theirs = (tuple(x) if hasattr(x, "__len__") else (x,) for x in pair)
        except (TypeError, ValueError):
            raise ValueError(f"tensordot: axes is {axes!r}; give a number, or a pair (axes of a, axes of b)") from None
        ours, theirs = axes_of("tensordot", a, ours) or (), axes_of("tensordot", b, theirs) or ()
    return _contracted("tensordot", a, b, ours, theirs)


def _contracted(name: str, a: Operand, b: Operand, ours: tuple[int, ...], theirs: tuple[int, ...]) -> Variable:
    """The product of two arrays summed over pairs of axes, the other axes of a before those of b."""
    if [a.shape[i] for i in ours] != [b.shape[i] for i in theirs]:
        raise ValueError(
            f"{name}: axes {ours} of shape {a.shape} and {theirs} of shape {b.shape} differ in length; "
            "transpose or reshape one of the arrays"
        )
    labels = tuple(range(a.ndim))
    others = [a.ndim + i for i in range(b.ndim)]
    for i, j in zip(ours, theirs, strict=True):
        others[j] = i
    output = tuple([i for i in labels if i not in ours] + [i for i in others if i >= a.ndim])
    return as_constant(product(a, labels, b, tuple(others), output))


@public
def kron(a: ArrayLike, b: ArrayLike) -> Variable:
    """Kronecker product: the array of blocks a[i, j, ...] * b, over all axes.

    >>> kron(Variable(np.eye(2)), np.array([[1.0, 2.0]]))
    variable([[1. 2. 0. 0.]
              [0. 0. 1. 2.]])
    """
    a, b = array(a, "kron"), array(b, "kron")
    if not a.ndim or not b.ndim:
        return operations.mul(a, b)
    n = max(a.ndim, b.ndim)
    a, b = (compute("reshape", x, shape=(1,) * (n - x.ndim) + x.shape) for x in (a, b))
    ours, theirs = tuple(range(0, 2 * n, 2)), tuple(range(1, 2 * n, 2))
    y = product(a, ours, b, theirs, tuple(range(2 * n)))
    return operations.reshape(y, tuple([m * k for m, k in zip(a.shape, b.shape, strict=True)]))


@public
def trace(x: ArrayLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Variable:
    """Sum along the diagonal of the matrices in two axes (numpy.trace: the first two), or one beside it.

    offset: 0 for the main diagonal, positive above it, negative below.

    >>> trace(Variable(np.arange(4.0).reshape(2, 2)))
    variable(3.0)
    """
    x = operand(x, "trace")
    if x.ndim < 2:
        raise ValueError(f"trace: x is a {describe(x)}; it needs two axes or more")
    first, second = axes_of("trace", x, (axis1, axis2)) or (0, 1)
    rows, columns = x.shape[first], x.shape[second]
    start = (max(-offset, 0), max(offset, 0))
    n = max(min(rows - start[0], columns - start[1]), 0)
    if (rows, columns) != (n, n):
        index = [slice(None)] * x.ndim
        index[first], index[second] = slice(start[0], start[0] + n), slice(start[1], start[1] + n)
        x = get_item(x, tuple(index))
    y, labels = diagonal_of(x, tuple([first if axis == second else axis for axis in range(x.ndim)]))
    return operations.sum(y, labels.index(first))


# -- cross product ---------------------------------------------------------------------------------------------


# (a x b) . g is the same for a cyclic exchange of the three.
_cross = bilinear(
    "cross",
    np.cross,
    lambda F, g, a, b, y: F.sum_to(F.cross(b, g), shape=a.shape),
    lambda F, g, a, b, y: F.sum_to(F.cross(g, a), shape=b.shape),
    independent=rows_beside_last,
    stacked=whole_in_front,
)


@public
def cross(
    a: ArrayLike, b: ArrayLike, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Variable:
    """Cross product of vectors of three elements, which lie along axisa of a, axisb of b and axisc of the result.

    axis: all three of them. The other axes broadcast. ValueError for vectors of another length.

    >>> cross(Variable(np.array([1.0, 0.0, 0.0])), np.array([0.0, 1.0, 0.0]))
    variable([0. 0. 1.])
    """
    a, b = array(a, "cross"), array(b, "cross")
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = _last("a", a, axisa), _last("b", b, axisb)
    y = apply(_cross, a, b)
    (place,) = axes_of("cross", y, axisc) or ()
    if place == y.ndim - 1:
        return y
    rest = list(range(y.ndim - 1))
    return operations.transpose(y, (*rest[:place], y.ndim - 1, *rest[place:]))


def _last(argument: str, x: Operand, axis: int) -> Operand:
    """The array with the axis of its vectors moved to the end."""
    (place,) = axes_of("cross", x, axis) or (0,)
    if not x.ndim or x.shape[place] != 3:
        raise ValueError(
            f"cross: {argument} is a {describe(x)}, which has no vectors of three elements along axis {axis}; "
            "give vectors in the plane a third element of zero"
        )
    if place == x.ndim - 1:
        return x
    return compute("transpose", x, axes=(*[i for i in range(x.ndim) if i != place], place))


# -- several matrices ------------------------------------------------------------------------------------------


@public
def multi_dot(arrays: Iterable[ArrayLike]) -> Variable:
    """Matrix product of two or more matrices, in the order that takes the fewest multiplications.

    The first and the last may be vectors. ValueError for fewer than two, or for shapes that do not fit.

    >>> multi_dot([Variable(np.ones((2, 9))), np.ones((9, 3)), np.ones(3)])
    variable([27. 27.])
    """
    xs = [array(x, "multi_dot") for x in arrays]
    if len(xs) < 2:
        raise ValueError(f"multi_dot: needs two arrays or more, got {len(xs)}")
    for place, x in enumerate(xs):
        if x.ndim != 2 and not (x.ndim == 1 and place in (0, len(xs) - 1)):
            raise np.linalg.LinAlgError(
                f"multi_dot: array {place} is a {describe(x)}; all are matrices, the first and last may be vectors"
            )
    for place, (x, y) in enumerate(pairwise(xs)):
        if x.shape[-1] != y.shape[0]:
            raise ValueError(
                f"multi_dot: the inner sizes of arrays {place} and {place + 1}, of shapes {x.shape} and {y.shape}, "
                "differ; transpose or reshape one of them"
            )
    rows = [1 if x.ndim == 1 and not place else x.shape[0] for place, x in enumerate(xs)]
    sizes = [*rows, xs[-1].shape[1] if xs[-1].ndim == 2 else 1]
    return as_constant(_chained(xs, _cheapest(tuple(sizes)), 0, len(xs) - 1))


def _chained(xs: list[Operand], cuts: dict[tuple[int, int], int], first: int, last: int) -> Operand:
    if first == last:
        return xs[first]
    cut = cuts[first, last]
    return compute("matmul", _chained(xs, cuts, first, cut), _chained(xs, cuts, cut + 1, last))


def _cheapest(sizes: tuple[int, ...]) -> dict[tuple[int, int], int]:
    """For each run of matrices, matrix i being sizes[i] by sizes[i + 1], after which one to cut it.

    T. H. Cormen et al., Introduction to Algorithms, section "Matrix-chain multiplication".
    """
    n = len(sizes) - 1
    work = {(i, i): 0 for i in range(n)}
    cuts: dict[tuple[int, int], int] = {}
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            work[i, j], cuts[i, j] = min(
                (work[i, k] + work[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)
            )
    return cuts
