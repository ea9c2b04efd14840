"""`dezero newton`: where the derivative is zero, by x <- x - f'(x)/f''(x)."""

from __future__ import annotations

import argparse
import math
from typing import Any

from dezero.cli.derivatives import differentiate, numbers
from dezero.cli.errors import CommandFailed, UsageError
from dezero.cli.expression import parse
from dezero.cli.points import points
from dezero.cli.table import number


def newton(arguments: argparse.Namespace) -> None:
    """Print x before each step; with a tolerance, stop at the first x that the step before hardly changed."""
    expression = parse(arguments.expression)
    if len(expression.variables) > 1:
        raise UsageError(f"newton takes one variable, the expression has {', '.join(expression.variables)}")
    at = points(arguments.start, expression, "--from")
    ((name, x),) = at.items()
    if x.ndim:
        raise UsageError(f"--from {arguments.start}: newton starts from one number")
    step: Any = math.inf
    for i in range(arguments.iters):
        inputs, results = differentiate(expression, {name: x}, (name, name))
        print(i, inputs[name])
        if i == arguments.iters - 1 or (arguments.tol is not None and abs(step) <= arguments.tol):
            return
        _, first, second = numbers(results)
        where = f"at step {i}, where {name} = {number(x)}: "
        for label, value in ((f"f'({name})", first), (f"f''({name})", second)):
            if not math.isfinite(value):
                raise CommandFailed(f"{where}{label} is {number(value)}, so there is no next step")
        if second == 0:
            raise CommandFailed(f"{where}f''({name}) is zero, so there is no next step")
        step = first / second
        x = x - step
