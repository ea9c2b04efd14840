"""Arrays in another dtype."""

from __future__ import annotations

import numpy as np

from dezero.core.call import apply, operand
from dezero.core.declare import linear, public
from dezero.core.dtypes import Array, DType, Shaped, is_complex, is_inexact
from dezero.core.op import ELEMENTWISE, Op
from dezero.core.variable import ArrayLike, Variable
from dezero.functions.arrays._independent import unmoved


def _astype_rule(F, g, x, y, dtype):
    if not is_complex(x) and hasattr(g, "dtype") and is_complex(g):
        g = F.real(g)  # the imaginary part of a real number's cotangent means nothing
    return F.astype(g, dtype=x.dtype) if is_inexact(x) else g


def _cast(x: Array, dtype: DType) -> Array:
    return np.asarray(x).astype(dtype)


_astype = linear(
    "astype",
    _cast,
    _astype_rule,
    independent=unmoved,
    uniform=True,
    keeps_constant=True,
    each=True,
)

# The same cast where it is a step function. It is not declared: rules find astype by its name, and cast to floats only.
_to_steps = Op("astype", ELEMENTWISE, _cast, [lambda F, g, x, y, dtype: F.zeros_like(x)])
_to_steps.key = "astype, a step function"


@public
def astype(x: ArrayLike, dtype: np.typing.DTypeLike) -> Variable:
    """The array in another dtype of numbers; its gradient comes back in the array's own.

    What becomes bools, or whole numbers from floats, is a step function: its derivative is 0 everywhere. TypeError for
    a dtype of anything but numbers and bools.

    >>> astype(Variable(np.ones(2)), np.float32).dtype
    dtype('float32')
    """
    x, dtype = operand(x, "astype"), np.dtype(dtype)
    if dtype.kind not in "fiubc":
        raise TypeError(f"astype: an array of dtype {dtype} would hold no numbers; give a dtype of numbers, or bool")
    smooth = dtype.kind in "fc" or (dtype.kind in "iu" and not is_inexact(x))
    return apply((_astype if smooth else _to_steps).bind(dtype=dtype), x)


def float_dtype(x: Shaped) -> DType:
    """The dtype of an array that holds floats or complex numbers; float64 for whole numbers and bools."""
    return x.dtype if is_inexact(x) else np.dtype(np.float64)


def floating(x: Variable) -> Variable:
    """The array itself where it holds floats or complex numbers; whole numbers and bools in float64."""
    return x if is_inexact(x) else astype(x, np.float64)
