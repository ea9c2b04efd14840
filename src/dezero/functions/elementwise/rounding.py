"""Rounding to whole numbers, whose derivative is 0, and what is left over by a division."""

from __future__ import annotations

import numpy as np

from dezero.core.call import apply, operand
from dezero.core.declare import declare, elementwise, publish
from dezero.core.errors import describe
from dezero.core.op import ELEMENTWISE, Op
from dezero.core.variable import ArrayLike, Variable


def _flat(F, g, x, y, **parameters):
    return F.zeros_like(x)


floor = elementwise(
    "floor",
    np.floor,
    _flat,
    doc="""The greatest whole number that is not above x. Its derivative is 0 everywhere, at the jumps too.

    >>> floor(Variable(np.array(-1.5)))
    variable(-2.0)
    """,
)

ceil = elementwise(
    "ceil",
    np.ceil,
    _flat,
    doc="""The smallest whole number that is not below x. Its derivative is 0 everywhere, at the jumps too.

    >>> ceil(Variable(np.array(-1.5)))
    variable(-1.0)
    """,
)

trunc = elementwise(
    "trunc",
    np.trunc,
    _flat,
    doc="""The nearest whole number towards 0. Its derivative is 0 everywhere, at the jumps too.

    >>> trunc(Variable(np.array(-1.5)))
    variable(-1.0)
    """,
)

rint = elementwise(
    "rint",
    np.rint,
    _flat,
    doc="""The nearest whole number, the even one in the middle. Its derivative is 0 everywhere, at the jumps too.

    >>> rint(Variable(np.array(2.5)))
    variable(2.0)
    """,
)

_round = declare(Op("round", ELEMENTWISE, lambda x, decimals: np.round(x, decimals), (_flat,)))


def round(x: ArrayLike, decimals: int = 0) -> Variable:
    """Rounded to `decimals` decimal places, negative ones left of the point; its derivative is 0 everywhere.

    TypeError where decimals is no integer.

    >>> round(Variable(np.array(12.36)), 1)
    variable(12.4)
    """
    if not isinstance(decimals, int | np.integer):
        raise TypeError(f"round: decimals must be an integer, got {describe(decimals)}")
    return apply(_round.bind(decimals=int(decimals)), operand(x, "round"))


floor_divide = elementwise(
    "floor_divide",
    np.floor_divide,
    lambda F, g, a, b, y: F.zeros_like(a),
    lambda F, g, a, b, y: F.zeros_like(b),
    doc="""The greatest whole number that is not above a / b. Its derivatives are 0 everywhere, at the jumps too.

    >>> floor_divide(Variable(np.array(7.0)), 2)
    variable(3.0)
    """,
)

# The quotient is computed from the remainder, since a / b may be rounded to the other side of a whole number.
_QUOTIENT_RULES = (
    lambda F, g, a, b, y: g,
    lambda F, g, a, b, y: -(g * F.rint((a - y) / b)),
)

remainder = elementwise(
    "remainder",
    np.remainder,
    *_QUOTIENT_RULES,
    doc="""a - b * floor(a / b), of the sign of b, as Python's %.

    Derivatives at the jumps are those of the branch taken.

    >>> remainder(Variable(np.array(-7.0)), 3)
    variable(2.0)
    """,
)

fmod = elementwise(
    "fmod",
    np.fmod,
    *_QUOTIENT_RULES,
    doc="""a - b * trunc(a / b), of the sign of a, as C's fmod.

    Derivatives at the jumps are those of the branch taken.

    >>> fmod(Variable(np.array(-7.0)), 3)
    variable(-1.0)
    """,
)

_fraction = elementwise(
    "fractional_part",
    lambda x: np.modf(x)[0],
    lambda F, g, x, y: g,
    doc="""x - trunc(x), of the sign of x; its derivative is 1 everywhere, at the jumps too.

    >>> fractional_part(Variable(np.array(-2.5)))
    variable(-0.5)
    """,
)


def modf(x: ArrayLike) -> tuple[Variable, Variable]:
    """The fractional part, with derivative 1, and the whole part, with derivative 0; both of the sign of x.

    >>> modf(Variable(np.array(-2.5)))
    (variable(-0.5), variable(-2.0))
    """
    return _fraction(x), trunc(x)


def divmod(a: ArrayLike, b: ArrayLike) -> tuple[Variable, Variable]:
    """floor_divide(a, b) and remainder(a, b).

    >>> divmod(Variable(np.array(-7.0)), 3)
    (variable(-3.0), variable(2.0))
    """
    return floor_divide(a, b), remainder(a, b)


publish("round", round)
publish("modf", modf)
publish("divmod", divmod)
