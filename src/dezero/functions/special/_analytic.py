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
from dezero.core.op import ELEMENTWISE, Op
from dezero.functions._scipy import in_precision_of


def cauchy(f: Callable[[Any], Any], x: Any, order: int, radius: Any, points: int) -> Any:
    """The derivative at x of a function that is real on the real axis, from `points` points on half a circle.

    radius: an array of x's shape. Order n loses what n! max|f| / radius^n exceeds the derivative by. For complex x the
    circle is whole.
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


def mirrored(nth: Callable[[Any, int], Any], odd: bool) -> Callable[[Any, int], Any]:
    """The derivatives of an odd or even function from those for x >= 0; those that are odd in x are 0 at 0."""
    return lambda x, order: (np.sign(x) if (order + odd) % 2 else 1.0) * nth(np.abs(x), order)


def family(name: str, value: Callable[[Any], Any], nth: Callable[[Any, int], Any], doc: str) -> Any:
    """Declare an element-wise function of which `nth(x, order)` is the derivative of any order from 1 on.

    nth gets a float64 array, or a complex128 one; the n-th derivative is one node of the graph. Returns the public
    function.
    """
    derivative = f"{name}_derivative"

    def computed(x: Any, order: int) -> Any:
        with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
            return in_precision_of(nth(np.asarray(x, np.result_type(x, np.float64)), order), x)

    def next_order(F: Any, g: Any, x: Any, y: Any, order: int) -> Any:
        return g * getattr(F, derivative)(x, order=order + 1)

    declare(Op(derivative, ELEMENTWISE, computed, (next_order,)))
    return elementwise(name, value, lambda F, g, x, y: g * getattr(F, derivative)(x, order=1), doc=doc)
