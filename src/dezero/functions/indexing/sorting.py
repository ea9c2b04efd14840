"""Sorted values and the order that sorts them: the derivative of sorting puts each element back in its place.

Elements that are equal stay in their order (the sort is stable), so that at a tie each gradient goes where its
element came from. NaN comes last, as in NumPy.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.call import apply
from dezero.core.declare import public
from dezero.core.dtypes import Array, is_real
from dezero.core.op import Op, declared
from dezero.core.outputs import general
from dezero.core.variable import ArrayLike, Variable
from dezero.core.watch.watching import noted
from dezero.functions._axes import WholeNumbers, whole
from dezero.functions._stacking import whole_in_front
from dezero.functions.indexing.picking import rows_beside_last
from dezero.functions.indexing.taking import last, on_axis

_LONG = 10_000


def _order(x: Array) -> Array:
    """The stable order along the last axis."""
    if x.shape[-1] < _LONG or x.dtype.kind not in "fiu" or x.dtype.itemsize not in (4, 8):
        return np.argsort(x, -1, stable=True)
    # NumPy sorts integers of 16 bits in linear time. Long lines are sorted by 16 bits at a time, the lowest first,
    # which takes half as long as its stable sort of floats.
    bits = _ascending_bits(x)
    lowest, *higher = [(bits >> shift).astype(np.uint16) for shift in range(0, 8 * bits.itemsize, 16)]
    order = np.argsort(lowest, -1, stable=True)
    for digit in higher:
        digit = np.take_along_axis(digit, order, -1)
        order = np.take_along_axis(order, np.argsort(digit, -1, stable=True), -1)
    return order


def _ascending_bits(x: Array) -> Array:
    """Unsigned integers in the order of the numbers: -0 as 0, every NaN last."""
    if x.dtype.kind == "u":
        return x
    if is_real(x):
        x = np.where(np.isnan(x), x.dtype.type(np.nan), x + x.dtype.type(0)).view(f"i{x.itemsize}")
        x = x ^ (x >> (8 * x.itemsize - 1) & np.iinfo(x.dtype).max)  # negative numbers descend with their bits
    return (x ^ np.iinfo(x.dtype).min).view(f"u{x.itemsize}")


def _top_order(x: Array, k: int, largest: bool) -> Array:
    """Places of the k largest (smallest) elements, in order, the first among equals first."""
    n = x.shape[-1]
    x = x[..., ::-1] if largest else x  # read from the end, the last of equals is the first
    kept = slice(n - k, None) if largest else slice(k)
    order = None
    if 0 < k < n:
        order = np.sort(np.argpartition(x, n - k if largest else k - 1, -1)[..., kept], -1)
        top = np.take_along_axis(x, order, -1)
        reach = x >= top.min(-1, keepdims=True) if largest else x <= top.max(-1, keepdims=True)
        # Equals (or NaN) at the edge may be the wrong ones.
        order = np.take_along_axis(order, _order(top), -1) if (reach.sum(-1) == k).all() else None
    if order is None:
        order = _order(x)[..., kept]
    return n - 1 - order[..., ::-1] if largest else order


def _places(name: str, value: Callable[..., Array]) -> Op:
    """An operation that gives places of elements on the last axis: integers, without derivative."""
    return general(
        name,
        value,
        lambda F, g, x, y, **parameters: F.zeros_like(x),
        independent=rows_beside_last,
        stacked=whole_in_front,
    )


sorting_places = _places("sorting_places", _order)
_partition_places = _places("partition_places", lambda x, kth: np.argpartition(x, kth, -1))
_top_places = _places("top_places", _top_order)


def _picked(places: Op, x: Variable, axis: int) -> tuple[Variable, Variable]:
    """The elements at the places that an operation finds along an axis, and these places."""
    x = last(x, axis)
    at = apply(places, x)
    return last(apply(declared["pick"], x, at), axis), at


@public
def sort(
    x: ArrayLike, axis: int | None = -1, kind: str | None = None, order: None = None, *, stable: bool | None = None
) -> Variable:
    """The elements along an axis in ascending order (of the ravelled array, axis None); equal ones stay in order.

    kind, stable: taken for NumPy's sake, the sort is always stable. ValueError for an axis out of range, or for
    fields to order by.

    >>> sort(Variable(np.array([3.0, 1.0, 2.0])))
    variable([1. 2. 3.])
    """
    if order is not None:
        raise ValueError("sort: a Variable has no fields to order by; leave order out")
    x, axis = on_axis("sort", x, axis)
    return _picked(sorting_places, x, axis)[0]


@public
def argsort(
    x: ArrayLike, axis: int | None = -1, kind: str | None = None, order: None = None, *, stable: bool | None = None
) -> Array:
    """Where the elements that sort gives stood: a plain array of whole numbers.

    >>> argsort(Variable(np.array([3.0, 1.0, 2.0])))
    array([1, 2, 0])
    """
    if order is not None:
        raise ValueError("argsort: a Variable has no fields to order by; leave order out")
    x, axis = on_axis("argsort", x, axis)
    return last(_order(last(x.data, axis)), axis)


@public
def partition(x: ArrayLike, kth: WholeNumbers, axis: int | None = -1) -> Variable:
    """Reordered so that the kth elements (a number or several) are where sort puts them, smaller ones before.

    The rest is in NumPy's undefined order. ValueError for an axis or a kth out of range.

    >>> partition(Variable(np.array([3.0, 1.0, 2.0])), 1).data[1]
    np.float64(2.0)
    """
    x, axis = on_axis("partition", x, axis)
    return _picked(_partition_places.bind(kth=_kth("partition", kth, x, axis)), x, axis)[0]


@public
def argpartition(x: ArrayLike, kth: WholeNumbers, axis: int | None = -1) -> Array:
    """Where the elements that partition gives stood: a plain array of whole numbers.

    >>> argpartition(Variable(np.array([3.0, 1.0, 2.0])), 1)[1]
    np.int64(2)
    """
    x, axis = on_axis("argpartition", x, axis)
    return np.argpartition(x.data, _kth("argpartition", kth, x, axis), axis)


def _kth(name: str, kth: WholeNumbers, x: Variable, axis: int) -> tuple[int, ...]:
    n = x.shape[axis]
    numbers = [whole(name, k, "kth") for k in np.ravel(raw(noted(kth)))]
    for k in numbers:
        if not -n <= k < n:
            raise ValueError(f"{name}: kth {k} is out of range for axis {axis} of shape {x.shape}")
    return tuple([k % n for k in numbers])


@public
def top_k(x: ArrayLike, k: int, axis: int = -1, largest: bool = True) -> tuple[Variable, Array]:
    """The k largest (or smallest) elements along an axis, the topmost first, and a plain array of their places.

    Among equals the first comes first; NaN counts as larger than all. ValueError for an axis out of range, or a k
    that is negative or more than the axis has.

    >>> top_k(Variable(np.array([3.0, 1.0, 2.0])), 2)
    (variable([3. 2.]), array([0, 2]))
    """
    x, axis = on_axis("top_k", x, axis)
    k = whole("top_k", k, "k")
    if not 0 <= k <= x.shape[axis]:
        raise ValueError(f"top_k: k = {k} is out of range for axis {axis} of shape {x.shape}")
    top, places = _picked(_top_places.bind(k=k, largest=bool(largest)), x, axis)
    return top, last(places.data, axis).copy()
