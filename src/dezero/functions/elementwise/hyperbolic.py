"""Hyperbolic functions and their inverses."""

from __future__ import annotations

import numpy as np

from dezero.core.declare import declare, elementwise
from dezero.core.dtypes import Array, is_complex
from dezero.core.op import ELEMENTWISE, Op
from dezero.functions.elementwise import trigonometric  # noqa: F401 - declares one_minus_square
from dezero.functions.elementwise.exponential import tails

sinh = elementwise(
    "sinh",
    np.sinh,
    lambda F, g, x, y: g * F.cosh(x),
    doc="""Hyperbolic sine.

    >>> sinh(Variable(np.array(0.0)))
    variable(0.0)
    """,
)

cosh = elementwise(
    "cosh",
    np.cosh,
    lambda F, g, x, y: g * F.sinh(x),
    doc="""Hyperbolic cosine.

    >>> cosh(Variable(np.array(0.0)))
    variable(1.0)
    """,
)


def _tanh_tail(x: Array) -> Array:
    x = x * 2.0
    e = np.exp(np.where(x.real < 0, x, -x) if np.iscomplexobj(x) else -np.abs(x))
    return 4 * e / ((1 + e) * (1 + e))


# For y = tanh(x) this is 1 - y*y, a function of y. x is an argument only to compute it exactly in the tails: it has no
# derivative in x.
declare(
    Op(
        "tanh_slope",
        ELEMENTWISE,
        lambda x, y: tails(1 - y * y, _tanh_tail, x),
        (lambda F, g, x, y, s: F.zeros_like(x), lambda F, g, x, y, s: g * (-2 * y)),
    )
)

tanh = elementwise(
    "tanh",
    np.tanh,
    lambda F, g, x, y: g * F.tanh_slope(x, y),
    doc="""Hyperbolic tangent.

    >>> tanh(Variable(np.array(0.0)))
    variable(0.0)
    """,
)

arcsinh = elementwise(
    "arcsinh",
    np.arcsinh,
    lambda F, g, x, y: g / (F.sqrt(1 + x * x) if is_complex(x) else F.hypot(x, 1)),
    doc="""Number whose hyperbolic sine is x.

    >>> arcsinh(Variable(np.array(0.0)))
    variable(0.0)
    """,
)

arccosh = elementwise(
    "arccosh",
    np.arccosh,
    # sqrt(x*x - 1) would overflow, and have the wrong sign for complex x with a negative real part.
    lambda F, g, x, y: g / (F.sqrt(x - 1) * F.sqrt(x + 1)),
    doc="""Number from 0 on whose hyperbolic cosine is x; nan below 1. Its derivative at 1 is inf.

    >>> arccosh(Variable(np.array(1.0)))
    variable(0.0)
    """,
)

arctanh = elementwise(
    "arctanh",
    np.arctanh,
    lambda F, g, x, y: g / F.one_minus_square(x),
    doc="""Number whose hyperbolic tangent is x; -inf and inf at -1 and 1, nan beyond.

    >>> arctanh(Variable(np.array(0.0)))
    variable(0.0)
    """,
)
