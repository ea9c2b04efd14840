"""Arrays in another dtype."""

from __future__ import annotations

from typing import Any

import numpy as np

from dezero.core.call import apply, operand
from dezero.core.declare import linear, public
from dezero.core.op import ELEMENTWISE, Op
from dezero.core.variable import Variable


def _astype_rule(F: Any, g: Any, x: Any, y: Any, dtype: Any) -> Any:
    kind = np.dtype(x.dtype).kind
    if kind != "c" and np.dtype(getattr(g, "dtype", float)).kind == "c":
        g = F.real(g)  # the imaginary part of a real number's cotangent means nothing
    return F.astype(g, dtype=x.dtype) if kind in "fc" else g


def _cast(x: Any, dtype: Any) -> Any:
    return np.asarray(x).astype(dtype)


_astype = linear(
    "astype",
    _cast,
    _astype_rule,
    rows=lambda below, node, dtype: below[0],
    uniform=True,
    keeps_constant=True,
    each=True,
)

# The same operation where it is a step function. Rules, which look it up by its name, cast to floats alone.
_to_steps = Op("astype", ELEMENTWISE, _cast, [lambda F, g, x, y, dtype: F.zeros_like(x)])
_to_steps.key = "astype, a step function"


@public
def astype(x: Any, dtype: Any) -> Variable:
    """The array in another dtype of numbers; its gradient comes back in the array's own.

    What becomes bools, or whole numbers from floats, is a step function: its derivative is 0 everywhere. TypeError for
    a dtype of anything but numbers and bools.

    >>> astype(Variable(np.ones(2)), np.float32).dtype
    dtype('float32')
    """
    x, dtype = operand(x, "astype"), np.dtype(dtype)
    if dtype.kind not in "fiubc":
        raise TypeError(f"astype: an array of dtype {dtype} would hold no numbers; give a dtype of numbers, or bool")
    moves = dtype.kind in "fc" or (dtype.kind in "iu" and x.dtype.kind in "iub")
    return apply((_astype if moves else _to_steps).bind(dtype=dtype), x)
