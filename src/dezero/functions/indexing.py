"""Reading elements by index, and its adjoint, adding them into place."""

from __future__ import annotations

from typing import Any

import numpy as np

from dezero.core.op import apply, linear, publish
from dezero.core.operators import raw
from dezero.core.variable import Variable, as_variable


def _scatter(g: Any, index: Any, shape: tuple[int, ...]) -> Any:
    total = np.zeros(shape, np.asarray(g).dtype)
    if _basic(index):
        total[index] = g  # no element is read twice
    else:
        np.add.at(total, index, g)
    return total


def _basic(index: Any) -> bool:
    parts = index if isinstance(index, tuple) else (index,)
    return all(
        p is None or p is Ellipsis or (isinstance(p, int | slice | np.integer) and not isinstance(p, bool))
        for p in parts
    )


def _rows(below: Any, node: Variable, index: Any) -> Any:
    """Row axes pass where they are read whole; array indices are taken to mix rows."""
    x = node._args[0]
    parts = index if isinstance(index, tuple) else (index,)
    if not _basic(index):
        return None
    used = sum(p is not None and p is not Ellipsis for p in parts)
    if not any(p is Ellipsis for p in parts):
        parts = (*parts, Ellipsis)
    axis, place, moved = 0, 0, {}
    for p in parts:
        if p is None:
            place += 1
            continue
        for _ in range(x.ndim - used if p is Ellipsis else 1):
            if p is Ellipsis or (isinstance(p, slice) and range(*p.indices(x.shape[axis])) == range(x.shape[axis])):
                moved[axis - x.ndim] = place - node.ndim
            place += not isinstance(p, int | np.integer)
            axis += 1
    rows = below[0]
    return tuple(moved[r] for r in rows) if all(r in moved for r in rows) else None


_get_item = linear(
    "get_item",
    lambda x, index: x[index],
    lambda F, g, x, y, index: F.scatter(g, index=index, shape=x.shape),
    rows=_rows,
    keeps_constant=True,
)

_put = linear(
    "scatter",
    _scatter,
    lambda F, g, x, y, index, shape: F.get_item(g, index=index),
    uniform=True,
)


def get_item(x: Any, index: Any) -> Variable:
    """Elements by any NumPy index: integers, slices, None, Ellipsis, index arrays, boolean masks.

    An element that is read twice gets the sum of both gradients. IndexError where the index is out of range.

    >>> get_item(Variable(np.arange(6.0).reshape(2, 3)), (slice(None), [0, 0]))
    variable([[0. 0.]
              [3. 3.]])
    """
    return apply(_get_item.bind(index=_plain_index(index)), as_variable(x))


def _plain_index(index: Any) -> Any:
    if isinstance(index, tuple):
        return tuple(_plain_index(i) for i in index)
    if isinstance(index, Variable):
        index = raw(index)
        return index.copy() if isinstance(index, np.ndarray) else index
    if isinstance(index, np.ndarray):
        return index.copy()  # what the user does to the array later must not change the graph
    return np.asarray(index) if isinstance(index, list) else index


publish("get_item", get_item)
