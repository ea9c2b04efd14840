"""Trigonometric functions and their inverses, triangles, and angles in degrees."""

from __future__ import annotations

import math

import numpy as np

from dezero.core.arithmetic import mul
from dezero.core.declare import declare, elementwise, publish
from dezero.core.op import ELEMENTWISE, Op
from dezero.core.variable import ArrayLike, Variable

sin = elementwise(
    "sin",
    np.sin,
    lambda F, g, x, y: g * F.cos(x),
    doc="""Sine of an angle in radians.

    >>> sin(Variable(np.array(0.0)))
    variable(0.0)
    """,
)

cos = elementwise(
    "cos",
    np.cos,
    lambda F, g, x, y: -(g * F.sin(x)),
    doc="""Cosine of an angle in radians.

    >>> cos(Variable(np.array(0.0)))
    variable(1.0)
    """,
)

tan = elementwise(
    "tan",
    np.tan,
    lambda F, g, x, y: g * (1 + y * y),
    doc="""Tangent of an angle in radians.

    >>> tan(Variable(np.array(0.0)))
    variable(0.0)
    """,
)

# 1 - x*x, computed as a product, which is exact near 1. By the product rule its derivative would cancel near 0.
declare(
    Op(
        "one_minus_square",
        ELEMENTWISE,
        lambda x: (1 - x) * (1 + x),
        (lambda F, g, x, y: -(g * (2 * x)),),
    )
)

arcsin = elementwise(
    "arcsin",
    np.arcsin,
    lambda F, g, x, y: g / F.sqrt(F.one_minus_square(x)),
    doc="""Angle in radians, from -pi/2 to pi/2, whose sine is x; nan outside [-1, 1].

    Its derivative at -1 and 1 is inf.

    >>> arcsin(Variable(np.array(0.0)))
    variable(0.0)
    """,
)

arccos = elementwise(
    "arccos",
    np.arccos,
    lambda F, g, x, y: -(g / F.sqrt(F.one_minus_square(x))),
    doc="""Angle in radians, from 0 to pi, whose cosine is x; nan outside [-1, 1].

    Its derivative at -1 and 1 is -inf.

    >>> arccos(Variable(np.array(1.0)))
    variable(0.0)
    """,
)

arctan = elementwise(
    "arctan",
    np.arctan,
    lambda F, g, x, y: g / (1 + x * x),
    doc="""Angle in radians, from -pi/2 to pi/2, whose tangent is x.

    >>> x = Variable(np.array(1.0))
    >>> arctan(x).backward()
    >>> x.grad
    variable(0.5)
    """,
)

# a / hypot(a, b), the cosine of the triangle's angle: with it no derivative of hypot is a difference of equal
# numbers, however long the triangle.
declare(
    Op(
        "hypot_cosine",
        ELEMENTWISE,
        lambda a, b: a / np.where((r := np.hypot(a, b)) == 0, 1, r),
        (
            lambda F, g, a, b, y: g * (F.hypot_cosine(b, a) * F.hypot_cosine(b, a)) / F.hypot(a, b),
            lambda F, g, a, b, y: -(g * (y * F.hypot_cosine(b, a))) / F.hypot(a, b),
        ),
    )
)

hypot = elementwise(
    "hypot",
    np.hypot,
    lambda F, g, a, b, y: g * F.hypot_cosine(a, b),
    lambda F, g, a, b, y: g * F.hypot_cosine(b, a),
    commutative=True,
    doc="""Hypotenuse sqrt(a*a + b*b) of the triangle with legs a and b, without overflow.

    At (0, 0), where the function has a kink, both first derivatives are 0 and the second are nan.

    >>> a = Variable(np.array(3.0))
    >>> hypot(a, 4).backward()
    >>> a.grad
    variable(0.6)
    """,
)

arctan2 = elementwise(
    "arctan2",
    np.arctan2,
    lambda F, g, a, b, y: g * F.hypot_cosine(b, a) / F.hypot(a, b),
    lambda F, g, a, b, y: -(g * F.hypot_cosine(a, b)) / F.hypot(a, b),
    doc="""Angle in radians, from -pi to pi, of the point with ordinate a and abscissa b: arctan(a / b) in its quadrant.

    The derivatives pass smoothly over the jump at the negative half-axis; at (0, 0) they are nan.

    >>> a = Variable(np.array(0.0))
    >>> arctan2(a, -2.0).backward()
    >>> a.grad
    variable(-0.5)
    """,
)


def radians(x: ArrayLike) -> Variable:
    """Degrees to radians.

    >>> radians(Variable(np.array(0.0)))
    variable(0.0)
    """
    return mul(x, math.pi / 180)


def degrees(x: ArrayLike) -> Variable:
    """Radians to degrees.

    >>> degrees(Variable(np.array(np.pi)))
    variable(180.0)
    """
    return mul(x, 180 / math.pi)


publish("radians", radians)
publish("degrees", degrees)
