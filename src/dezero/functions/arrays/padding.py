"""Arrays with a border."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.call import apply, operand
from dezero.core.declare import linear, publish
from dezero.core.dtypes import Array, Shape, rounded_once
from dezero.core.op import declared
from dezero.core.variable import ArrayLike, Variable
from dezero.core.watch.watching import noted
from dezero.functions._axes import along, axis_of
from dezero.functions._stacking import shifted
from dezero.functions.arrays._independent import beside

PadWidth = int | Sequence[int] | Sequence[Sequence[int]] | dict[int, int | tuple[int, int]]
_MODES = ("constant", "edge", "reflect", "symmetric", "wrap")


def _beside(x: Array, axis: int, before: tuple[int, ...], after: tuple[int, ...]) -> Array:
    return np.take(x, [*before, *range(x.shape[axis]), *after], axis)


@rounded_once
def _folded(g: Array, axis: int, before: tuple[int, ...], after: tuple[int, ...]) -> Array:
    start, stop = len(before), g.shape[axis] - len(after)
    total = g[along(axis, slice(start, stop))].copy()
    for place, to in [*enumerate(before), *enumerate(after, stop)]:
        total[along(axis, to)] += g[along(axis, place)]
    return total


# pad_axis puts copies of an array's elements around it: `before` and `after` say which along the axis. fold_axis, its
# adjoint, adds each copy to the element that it was made of.
_pad_axis = linear(
    "pad_axis",
    _beside,
    lambda F, g, x, y, **border: F.fold_axis(g, **border),
    independent=beside,
    stacked=shifted("axis"),
    keeps_constant=True,
)
linear(
    "fold_axis",
    _folded,
    lambda F, g, x, y, **border: F.pad_axis(g, **border),
    independent=beside,
    stacked=shifted("axis"),
)


def pad(
    x: ArrayLike, pad_width: PadWidth, mode: str = "constant", *, constant_values: ArrayLike | Sequence[object] = 0
) -> Variable:
    """A border around the array: a constant, or its own elements repeated in one of NumPy's ways.

    pad_width: one width, (before, after), a pair for each axis, or a dict from axes to widths. mode: "constant"
    (constant_values, in the forms of pad_width), "edge" (the last element), "reflect" (mirrored at the edge's
    element), "symmetric" (mirrored behind it), "wrap" (from the other end). As in NumPy a border wider than the
    array repeats what mirrors or wraps. ValueError for negative widths, another mode, an axis without elements.

    >>> pad(Variable(np.array([1.0, 2.0, 3.0])), (2, 1), "reflect")
    variable([3. 2. 1. 2. 3. 2.])
    """
    x = operand(x, "pad")
    widths = _widths(pad_width, x.shape)
    if mode not in _MODES:
        raise ValueError(f"pad: mode must be one of {', '.join(_MODES)}; got {mode!r}")
    if mode == "constant":
        return _with_constants(x, widths, constant_values)
    for axis, width in enumerate(widths):
        if any(width):
            n = x.shape[axis]
            if not n:
                raise ValueError(f"pad: axis {axis} of shape {x.shape} has no elements to repeat; use mode 'constant'")
            places = np.pad(np.arange(n), width, mode=mode)  # type: ignore[call-overload]
            before, after = tuple(places[: width[0]].tolist()), tuple(places[width[0] + n :].tolist())
            x = apply(_pad_axis.bind(axis=axis, before=before, after=after), x)
    return x


def _with_constants(x: Variable, widths: list[tuple[int, int]], constants: ArrayLike | Sequence[object]) -> Variable:
    inside = tuple([slice(before, before + n) for (before, _), n in zip(widths, x.shape, strict=True)])
    shape = tuple([n + sum(w) for n, w in zip(x.shape, widths, strict=True)])
    padded = apply(declared["scatter"].bind(index=inside, shape=shape), x)
    constants = np.asarray(raw(noted(constants)))
    if not constants.any():
        return padded
    try:
        return padded + np.pad(np.zeros(x.shape, x.dtype), widths, constant_values=constants)
    except ValueError:
        raise ValueError(
            f"pad: constant_values of shape {constants.shape} for an array of shape {x.shape}; give a number, "
            "(before, after), or a pair for each axis"
        ) from None


def _widths(pad_width: PadWidth, shape: Shape) -> list[tuple[int, int]]:
    pairs: Any = pad_width
    try:
        if isinstance(pad_width, dict):
            pairs = [(0, 0)] * len(shape)
            for axis, width in pad_width.items():
                pairs[axis_of("pad", axis, shape, "pad_width's axis")] = np.broadcast_to(width, 2)
        pairs = np.broadcast_to(np.asarray(raw(pairs)), (len(shape), 2))
        widths = [(operator.index(a), operator.index(b)) for a, b in pairs]
    except (TypeError, ValueError) as error:
        if str(error).startswith("pad:"):
            raise
        raise type(error)(
            f"pad: pad_width {pad_width!r} for an array of shape {shape}; give one whole number, (before, after), or a "
            "pair for each axis"
        ) from None
    if any([n < 0 for pair in widths for n in pair]):
        raise ValueError(f"pad: pad_width {pad_width!r} must not be negative; slice the array to shorten it")
    return widths


publish("pad", pad)
