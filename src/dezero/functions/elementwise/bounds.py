"""The greater and the smaller of two, past nan too; bounds, and numbers for nan and the infinities."""

from __future__ import annotations

import numpy as np

from dezero.core.call import apply, operand
from dezero.core.declare import declare, elementwise, publish
from dezero.core.op import ELEMENTWISE, Op
from dezero.core.variable import ArrayLike, Variable
from dezero.functions.elementwise import comparison  # noqa: F401 - declares the shares, less and greater

maximum = elementwise(
    "maximum",
    np.maximum,
    lambda F, g, a, b, y: g * F.greater_share(a, b),
    lambda F, g, a, b, y: g * F.greater_share(b, a),
    doc="""The greater of two, element by element. At a tie each has half of the derivative.

    >>> maximum(Variable(np.array([1.0, 5.0])), 3)
    variable([3. 5.])
    """,
)

minimum = elementwise(
    "minimum",
    np.minimum,
    lambda F, g, a, b, y: g * F.greater_share(b, a),
    lambda F, g, a, b, y: g * F.greater_share(a, b),
    doc="""The smaller of two, element by element. At a tie each has half of the derivative.

    >>> minimum(Variable(np.array([1.0, 5.0])), 3)
    variable([1. 3.])
    """,
)

fmax = elementwise(
    "fmax",
    np.fmax,
    lambda F, g, a, b, y: g * F.fmax_share(a, b),
    lambda F, g, a, b, y: g * F.fmax_share(b, a),
    doc="""The greater of two, and the other where one is nan. At a tie each has half of the derivative.

    >>> fmax(Variable(np.array([1.0, np.nan])), 3)
    variable([3. 3.])
    """,
)

fmin = elementwise(
    "fmin",
    np.fmin,
    lambda F, g, a, b, y: g * F.fmin_share(a, b),
    lambda F, g, a, b, y: g * F.fmin_share(b, a),
    doc="""The smaller of two, and the other where one is nan. At a tie each has half of the derivative.

    >>> fmin(Variable(np.array([1.0, np.nan])), 3)
    variable([1. 3.])
    """,
)


# The halves of clip. At a bound x has the whole derivative, of which maximum and minimum give half to the bound.
at_least = elementwise(
    "at_least",
    np.maximum,
    lambda F, g, x, low, y: g * F.greater_equal(x, low),
    lambda F, g, x, low, y: g * F.less(x, low),
    doc="x, or the bound where it is below that.",
)
at_most = elementwise(
    "at_most",
    np.minimum,
    lambda F, g, x, high, y: g * F.less_equal(x, high),
    lambda F, g, x, high, y: g * F.greater(x, high),
    doc="x, or the bound where it is above that.",
)


def clip(
    x: ArrayLike, a_min: ArrayLike | None = None, a_max: ArrayLike | None = None, **bounds: ArrayLike | None
) -> Variable:
    """Values below a_min become a_min, values above a_max become a_max; None is no bound.

    The bounds are numbers, arrays or Variables, and may be named min and max (NumPy) or x_min and x_max (DeZero).
    The derivative in x is 1 between the bounds and at them, and 0 beyond; beyond a bound, the bound's own is 1.
    TypeError for other names or a bound given twice.

    >>> clip(Variable(np.array([-1.0, 0.5, 2.0])), 0.0, 1.0)
    variable([0.  0.5 1. ])
    """
    found = {"min": a_min, "max": a_max}
    for name, bound in bounds.items():
        which = name.removeprefix("x_")
        if which not in found:
            raise TypeError(f"clip: {name}= is none of its bounds; they are a_min and a_max, or min and max")
        if found[which] is not None:
            raise TypeError(f"clip: {name}= gives a bound that is there already as a_{which} or {which}")
        found[which] = bound
    y = operand(x, "clip")
    for bend, bound in ((at_least, found["min"]), (at_most, found["max"])):
        if bound is None:
            continue
        try:
            y = bend(y, bound)
        except (TypeError, ValueError) as error:
            raise type(error)(f"clip: bounds that do not fit x of shape {y.shape}: {error}") from None
    return y


declare(
    Op(
        "is_finite",
        ELEMENTWISE,
        lambda x: np.isfinite(x).astype(np.result_type(x)),
        (lambda F, g, x, y: F.zeros_like(x),),
    )
)

_nan_to_num = declare(
    Op(
        "nan_to_num",
        ELEMENTWISE,
        lambda x, nan, posinf, neginf: np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf),
        (lambda F, g, x, y, nan, posinf, neginf: g * F.is_finite(x),),
    )
)


def nan_to_num(
    x: ArrayLike, copy: bool = True, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
) -> Variable:
    """Numbers for nan (0) and the infinities (the greatest and least of the dtype), where derivatives are 0.

    copy: taken for NumPy's sake; a Variable's data is never changed in place (ValueError where it is False).

    >>> nan_to_num(Variable(np.array([1.0, np.nan, np.inf])), posinf=9.0)
    variable([1. 0. 9.])
    """
    if not copy:
        raise ValueError("nan_to_num: copy=False would change the Variable's data in place; leave it out")
    return apply(_nan_to_num.bind(nan=nan, posinf=posinf, neginf=neginf), operand(x, "nan_to_num"))


publish("clip", clip)
publish("nan_to_num", nan_to_num)
