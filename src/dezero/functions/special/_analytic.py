"""Derivatives of analytic functions from their values on circles in the complex plane.

Where a function's derivatives have no formula that keeps its digits (erfcx far out, sin(x)/x near 0), Cauchy's
integral does: the trapezoidal rule converges geometrically, and with the radius that makes max|f| / r^n smallest
no digits are lost. F. Bornemann, "Accuracy and stability of computing high-order derivatives of analytic
functions by Cauchy integrals", Found. Comput. Math. 11 (2011).
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from dezero.core.declare import declare, elementwise
from dezero.core.dtypes import Array
from dezero.core.op import ELEMENTWISE, Op
from dezero.core.variable import ArrayLike, Variable
from dezero.functions._scipy import in_precision_of

Nth = Callable[[Array, int], Array]  # the derivative at x of a given order


def cauchy(f: Callable[[Array], Array], x: Array, order: int, radius: Array, points: int) -> Array:
    """The derivative at x of a function that is real on the real axis, from `points` points on half a circle.

    radius: an array of x's shape. The rounding error is as large as that of n! max|f| / radius^n, which must not be far
    greater than the derivative. For complex x the circle is whole.
    """
    total: Any = 0.0
    for k in range(points):  # midpoints: none lies on the real axis, where branch cuts and removable points are
        turn = cmath.exp(1j * math.pi * (k + 0.5) / points)
        if np.iscomplexobj(x):
            back = turn.conjugate()
            total = total + (f(x + radius * turn) * back**order + f(x + radius * back) * turn**order) / 2
        else:
            total = total + (f(x + radius * turn) * turn**-order).real
    return math.factorial(order) * (1 / radius) ** order * (total / points)


def mirrored(nth: Nth, odd: bool) -> Nth:
    """The derivatives of an odd or even function from those for x >= 0; those that are odd in x are 0 at 0."""
    return lambda x, order: (np.sign(x) if (order + odd) % 2 else 1.0) * nth(np.abs(x), order)


def family(name: str, value: Callable[[Array], Array], nth: Nth, doc: str) -> Callable[[ArrayLike], Variable]:
    """Declare an element-wise function of which `nth(x, order)` is the derivative of any order from 1 on.

    nth gets a float64 array, or a complex128 one; the n-th derivative is one node of the graph. Returns the public
    function.
    """
    derivative = f"{name}_derivative"

    def computed(x: Array, order: int) -> Array:
        with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
            return in_precision_of(nth(np.asarray(x, np.result_type(x, np.float64)), order), x)

    def next_order(F, g, x, y, order):
        return g * getattr(F, derivative)(x, order=order + 1)

    declare(Op(derivative, ELEMENTWISE, computed, (next_order,)))
    return elementwise(name, value, lambda F, g, x, y: g * getattr(F, derivative)(x, order=1), doc=doc)
