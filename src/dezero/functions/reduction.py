"""Sums and means over axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from dezero.core.op import apply, linear, operand, publish
from dezero.core.variable import Variable


def _rows(below: Any, node: Variable, axis: Any, keepdims: bool) -> Any:
    ndim = node._args[0].ndim
    gone = {a - ndim for a in range(ndim)} if axis is None else {a - ndim for a in axis}
    rows = below[0]
    if any(r in gone for r in rows):
        return None
    return rows if keepdims else tuple(r + len([a for a in gone if a > r]) for r in rows)


def _spread(F: Any, g: Any, x: Any, y: Any, axis: Any, keepdims: bool) -> Any:
    if axis is not None and not keepdims:
        g = F.reshape(g, shape=tuple(1 if a in axis else n for a, n in enumerate(x.shape)))
    return F.broadcast_to(g, shape=x.shape)


_sum = linear("sum", lambda x, axis, keepdims: x.sum(axis=axis, keepdims=keepdims), _spread, rows=_rows, uniform=True)


def axes_of(name: str, x: Variable, axis: Any) -> tuple[int, ...] | None:
    """An axis argument as a tuple of non-negative axes, or None for all; names the operation in its errors."""
    if axis is None:
        return None
    axes = tuple(axis) if isinstance(axis, tuple | list) else (axis,)
    for a in axes:
        if not isinstance(a, int | np.integer) or not -x.ndim <= a < x.ndim:
            raise ValueError(f"{name}: axis {a!r} is out of range for an array of shape {x.shape}")
    if len({a % x.ndim for a in axes}) < len(axes):
        raise ValueError(f"{name}: an axis is repeated in {axes}")
    return tuple(int(a) % x.ndim for a in axes)


def sum(x: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """Sum over all elements, or over an axis or a tuple of axes.

    >>> sum(Variable(np.ones((2, 3))), axis=0)
    variable([2. 2. 2.])
    """
    x = operand(x, "sum")
    return apply(_sum.bind(axis=axes_of("sum", x, axis), keepdims=bool(keepdims)), x)


def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """Mean over all elements, or over an axis or a tuple of axes; nan over none.

    >>> mean(Variable(np.array([1.0, 3.0])))
    variable(2.0)
    """
    x = operand(x, "mean")
    axes = axes_of("mean", x, axis)
    total = apply(_sum.bind(axis=axes, keepdims=bool(keepdims)), x)
    return total / (x.size if axes is None else int(np.prod([x.shape[a] for a in axes])))


publish("sum", sum)
publish("mean", mean)
