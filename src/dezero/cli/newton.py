"""`dezero newton`: where the derivative is zero, by x <- x - f'(x)/f''(x)."""

from __future__ import annotations

import argparse
import math
from typing import Any

import numpy as np

from dezero.cli.derivatives import differentiate, numbers
from dezero.cli.errors import CommandFailed, UsageError
from dezero.cli.expression import Expression, parse
from dezero.cli.points import points
from dezero.cli.table import number

ALWAYS = 10  # lines that are printed even where nothing changes any more
# Both are parts of the largest |x| on the way: x is a solution where the next step would be shorter than CLOSE; f' is
# compared at the distance BESIDE on both sides of it.
CLOSE, BESIDE = 1e-8, 1e-6


def newton(arguments: argparse.Namespace) -> None:
    """Print x before each step, and at the end whether it is a minimum or a maximum.

    With a tolerance, stop at the first x that the last step moved by no more than it; otherwise, from the tenth line
    on, where the next step would not change x.
    """
    expression = parse(arguments.expression)
    if len(expression.variables) > 1:
        raise UsageError(f"newton takes one variable, the expression has {', '.join(expression.variables)}")
    at = points(arguments.start, expression, "--from")
    ((name, x),) = at.items()
    if x.ndim:
        raise UsageError(f"--from {arguments.start}: newton starts from one number")
    step: Any = math.inf
    farthest = 0.0
    for i in range(arguments.iters):
        inputs, results = differentiate(expression, {name: x}, (name, name))
        print(i, inputs[name])
        farthest = max(farthest, abs(float(x)))
        value, first, second = numbers(results)
        if i == arguments.iters - 1 or (arguments.tol is not None and abs(step) <= arguments.tol):
            break
        where = f"at step {i}, where {name} = {number(x)}: "
        for label, derivative in ((f"f'({name})", first), (f"f''({name})", second)):
            if not math.isfinite(derivative):
                raise CommandFailed(f"{where}{label} is {number(derivative)}, so there is no next step")
        if second == 0:
            raise CommandFailed(f"{where}f''({name}) is zero, so there is no next step")
        step = first / second
        if i >= ALWAYS - 1 and x - step == x:
            break
        x = x - step
    if arguments.iters:
        found = kind(expression, name, float(x), float(first), float(second), farthest)
        print(f"{found}: f({number(x)}) = {number(value)}, f'({number(x)}) = {number(first)}")


def kind(expression: Expression, name: str, x: float, first: float, second: float, farthest: float) -> str:
    """Return what x is, by the signs of f'' there and of f' on both sides (the first derivative test).

    `farthest`: the largest |x| on the way, of which all lengths are taken.
    """
    if not (math.isfinite(first) and math.isfinite(second)):
        return "neither a minimum nor a maximum was found"
    if not abs(first) <= CLOSE * farthest * abs(second):
        return "neither a minimum nor a maximum was found yet"
    reach = BESIDE * (farthest or 1.0)
    _, results = differentiate(expression, {name: np.array([x - reach, x + reach])}, (name,))
    before, after = numbers(results)[1]
    if second >= 0 and before < 0 < after:
        return "a minimum was found"
    if second <= 0 and before > 0 > after:
        return "a maximum was found"
    return "neither a minimum nor a maximum was found"
