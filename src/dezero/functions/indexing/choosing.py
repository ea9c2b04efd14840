"""Elements chosen among several arrays, or computed in pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.call import operand
from dezero.core.declare import public
from dezero.core.dtypes import Array, Shape
from dezero.core.variable import ArrayLike, Variable
from dezero.core.watch.watching import noted
from dezero.functions._axes import WholeNumbers
from dezero.functions.arrays.dtype import astype
from dezero.functions.arrays.joining import parts_of, stack
from dezero.functions.arrays.repeating import broadcast_arrays
from dezero.functions.elementwise.comparison import where
from dezero.functions.indexing.get_item import get_item
from dezero.functions.indexing.taking import in_range, take_along_axis, whole_numbers
from dezero.functions.indexing.updating import index_update


@public
def choose(x: WholeNumbers, choices: Iterable[ArrayLike], mode: str = "raise") -> Variable:
    """At each place the element there of the choice whose number x holds; x and the choices are broadcast.

    mode: what becomes of a number out of range, "raise" (IndexError), "wrap" or "clip", as in take. The derivative
    goes to the choices.

    >>> choose([0, 1], [Variable(np.array([1.0, 2.0])), Variable(np.array([3.0, 4.0]))])
    variable([1. 4.])
    """
    numbers = whole_numbers("choose", x)
    if mode == "raise" and numbers.size and numbers.min() < 0:
        raise IndexError(f"choose: index {numbers.min()} is negative; choices are counted from 0")
    parts = parts_of("choose", choices)
    numbers = in_range("choose", numbers, len(parts), mode, "the choices")
    shapes = [numbers.shape, *[part.shape for part in parts]]
    try:
        shape = np.broadcast_shapes(*shapes)
    except ValueError:
        listed = ", ".join([str(s) for s in shapes])
        raise ValueError(f"choose: the shapes {listed} of x and the choices do not broadcast") from None
    same = broadcast_arrays(*parts, np.broadcast_to(np.False_, shape))[:-1]
    return get_item(take_along_axis(stack(same), np.broadcast_to(numbers, shape)[None], 0), 0)


@public
def select(condlist: Sequence[ArrayLike], choicelist: Sequence[ArrayLike], default: ArrayLike = 0) -> Variable:
    """At each place the element of the first choice whose condition is true there, else of the default.

    conditions: boolean arrays; all are broadcast. ValueError for lists of different lengths, TypeError for
    conditions of another dtype.

    >>> x = Variable(np.array([-1.0, 0.5, 2.0]))
    >>> select([x < 0, x < 1], [-x, x * x], 1.0)
    variable([1.   0.25 1.  ])
    """
    if len(condlist) != len(choicelist) or not condlist:
        raise ValueError(
            f"select: {len(condlist)} conditions and {len(choicelist)} choices; give as many of each, at least one"
        )
    result = default
    for i in reversed(range(len(condlist))):
        mask = condlist[i] if isinstance(condlist[i], Variable) else np.asarray(condlist[i])
        dtype = raw(mask).dtype
        if dtype.kind != "b":
            raise TypeError(f"select: condition {i} is of dtype {dtype}, not bool; compare, or use astype(bool)")
        result = where(mask, choicelist[i], result)
    return operand(result, "select")


@public
def piecewise(
    x: ArrayLike,
    condlist: Sequence[object] | Array,
    funclist: Sequence[Callable[..., ArrayLike] | float],
    *args: object,
    **kw: object,
) -> Variable:
    """A function in pieces: where a condition is true, its function of the elements there (or its number).

    condlist: masks of the shape of x; where several are true the last counts. One function more than masks is for
    where none is true. args and kw go to the functions. Each function sees its own elements alone, so that what it is
    elsewhere (log below 0) touches no derivative. ValueError for a number of functions that does not fit.

    >>> x = Variable(np.array([-1.0, 4.0]))
    >>> piecewise(x, [x > 0], [np.sqrt, 0.0])
    variable([0. 2.])
    """
    x = operand(x, "piecewise")
    masks = _masks(raw(noted(condlist)), x.shape)
    if len(funclist) == len(masks) + 1:
        masks.append(~np.logical_or.reduce(masks))
    if len(funclist) != len(masks):
        raise ValueError(f"piecewise: {len(funclist)} functions for {len(masks)} conditions; give as many, or one more")
    y = Variable(np.zeros_like(x._data))
    for mask, function in zip(masks, funclist, strict=True):
        if mask.any():
            piece = function(get_item(x, mask), *args, **kw) if callable(function) else function
            y = index_update(y, mask, piece)
    return y if y.dtype == x.dtype else astype(y, x.dtype)


def _masks(condlist: Iterable[object], shape: Shape) -> list[Array]:
    """The conditions as boolean arrays; one alone need not be in a list."""
    masks = [np.asarray(raw(noted(c))) != 0 for c in condlist]
    if not masks:
        raise ValueError("piecewise: needs at least one condition")
    if shape and all([mask.ndim == len(shape) - 1 for mask in masks]):
        masks = [np.array(masks)]
    for i, mask in enumerate(masks):
        if mask.shape != shape:
            raise ValueError(f"piecewise: condition {i} has shape {mask.shape}, the array has {shape}")
    return masks
