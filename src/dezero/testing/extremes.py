"""Arguments of every size, from 1e-300 to 1e300: right, infinite, or nan, and never a wrong number that is finite."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from dezero.core import Variable
from dezero.testing.cases import Reals
from dezero.testing.problem import data
from dezero.testing.readings import READ, STEPS
from dezero.testing.routes import stencil
from dezero.testing.run import Run

SIZES = (1e-300, 1e-160, 1e-20, 1e-8, 1e-3, 30.0, 700.0, 1e5, 1e20, 1e160, 1e300)
ORDERS = 3
RELATIVE = 1e-9
_LEAST, _LARGEST = 1e-290, 1.7e308  # a smaller result may be the rounding of numbers in range
_HALF, _APART = 4, 1e-15  # differences of nine points, spaced by this part of min(|x|, 1/|x|): sin(x^2) has such waves


def check(run: Run) -> None:
    """A function of one number at arguments of both signs, where mpmath's form is real."""
    case = run.case
    if not (case.elementwise and case.mp and len(case.arguments) == 1 and isinstance(case.arguments[0], Reals)):
        run.certificate.conditions["extremes"] = "it is no function of one real number with a form in mpmath"
        return
    for x in [sign * size for size in SIZES for sign in (1.0, -1.0)]:
        for order, (right, noise) in enumerate(_expected(case.mp, x)):
            for name, got in _found(case.f, x, order).items():
                if not _agrees(got, right, noise):
                    message = f"expected {float(right):.12g}, got {got:.12g} at {x:g}, {name}"
                    run.certificate.fail("extremes", message, order)


def _expected(form: str | Callable[..., Any], x: float) -> list[tuple[Any, Any]]:
    """Orders 0 to 3 of the form by differences, each with a bound of its error; empty where the form is not real.

    The error is what rounding leaves, and what seven points give otherwise than nine.
    """
    import mpmath

    mp = mpmath.mp
    size = abs(math.log10(abs(x)))
    with mp.workdps(60 + int(5.2 * (size + 15))):  # h**3 takes 3, the phase of sin(x^2) takes 2
        h = mp.mpf(min(abs(x), 1 / abs(x))) * _APART
        f = getattr(mp, form) if isinstance(form, str) else lambda t: form(mp, t)
        try:
            values = [mp.mpmathify(f(mp.mpf(x) + j * h)) for j in range(-_HALF, _HALF + 1)]
        except (ValueError, ZeroDivisionError, OverflowError, NotImplementedError, mp.NoConvergence):
            return []
        if any([mp.im(y) != 0 or mp.isnan(y) or mp.isinf(y) for y in values]):
            return []
        values = [mp.re(y) for y in values]
        largest, found = max(map(abs, values)), []
        for n in range(ORDERS + 1):
            weights, fewer = [
                [mp.mpf(w.numerator) / w.denominator for w in stencil(half, n)] for half in (_HALF, _HALF - 1)
            ]
            y = mp.fdot(weights, values) / h**n
            noise = 1000 * mp.eps * largest * sum(map(abs, weights)) / h**n
            found.append((y, noise + abs(y - mp.fdot(fewer, values[1:-1]) / h**n)))
        return found


def _found(f: Callable[..., Any], x: float, order: int) -> dict[str, float]:
    """One order in every reading; raw arrays and series take the last step over the recorded derivative before."""
    found = {}
    for name, read in READ.items():
        leaf = Variable(np.array(x))
        y = f(leaf)
        for k in range(order):
            step = read if k == order - 1 else STEPS["plain" if name == "plain" else "tangent"]
            y = step(y, leaf)
        found[name] = float(data(y))
    return found


def _agrees(got: float, right: Any, noise: Any) -> bool:
    if math.isnan(got):
        return True
    if math.isinf(got):
        return abs(right) + noise > _LARGEST / 10
    if abs(right) - noise > _LARGEST:
        return abs(got) > _LARGEST / 10
    return abs(got - right) <= RELATIVE * abs(right) + noise + _LEAST
