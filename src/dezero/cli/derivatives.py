"""Successive derivatives of an expression and their names."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from dezero.autodiff.gradients import gradients
from dezero.cli.errors import UsageError
from dezero.cli.expression import Expression
from dezero.core import Variable

HIGHEST_ORDER = 50


def directions(expression: Expression, wrt: str | None, order: int | None) -> tuple[str, ...]:
    """Return the variable of each differentiation in turn, from the options --wrt and --order.

    Raises UsageError where they do not say it.
    """
    variables = expression.variables or ("x",)
    names = tuple(name.strip() for name in wrt.split(",")) if wrt is not None else variables
    unknown = [name for name in names if name not in variables]
    if unknown:
        raise UsageError(f"--wrt {wrt}: {unknown[0]!r} is no variable of the expression ({', '.join(variables)})")
    if wrt is None and len(variables) > 1 and order != 0:
        raise UsageError(f"the expression has several variables: say --wrt {','.join(variables)} or --wrt {names[0]}")
    if wrt is not None and len(names) > 1:
        if order is not None:
            raise UsageError(f"--order repeats one variable, and --wrt {wrt} names {len(names)}: use one or the other")
    else:
        names = names[:1] * (1 if order is None else order)
    if len(names) > HIGHEST_ORDER:
        raise UsageError(f"order {len(names)} is too high: the highest is {HIGHEST_ORDER}")
    return names


def names_of(expression: Expression, along: Sequence[str], argument: bool = False) -> list[str]:
    """Return the names of f and its derivatives along the way: f', f'' in one variable, f_x, f_xy in more."""
    arguments = f"({', '.join(expression.variables or ('x',))})" if argument else ""
    return [_name(expression, along[:n]) + arguments for n in range(len(along) + 1)]


def _name(expression: Expression, along: Sequence[str]) -> str:
    if not along:
        return "f"
    if len(expression.variables) <= 1:
        return "f" + "'" * len(along) if len(along) <= 3 else f"f^({len(along)})"
    return "f_" + ("" if all(len(name) == 1 for name in along) else ",").join(along)


def differentiate(
    expression: Expression, at: Mapping[str, NDArray[np.float64]], along: Sequence[str]
) -> tuple[dict[str, Variable], list[Variable]]:
    """Return the named input Variables, and the value with its successive derivatives, each a graph, at each point."""
    inputs, value = _evaluate(expression, at)
    results = [value]
    for name in along:
        (derivative,) = gradients(results[-1], inputs[name], create_graph=True)
        results.append(derivative)
    return inputs, results


def _evaluate(expression: Expression, at: Mapping[str, NDArray[np.float64]]) -> tuple[dict[str, Variable], Variable]:
    inputs = {name: Variable(np.array(values), name=name) for name, values in at.items()}
    value = expression(**{name: inputs[name] for name in expression.variables})
    shape = next(iter(inputs.values())).shape
    return inputs, value if value.shape == shape else Variable(np.full(shape, value.data))  # it may have no variables


def tabulate(
    expression: Expression, at: Mapping[str, NDArray[np.float64]], along: Sequence[str]
) -> list[NDArray[np.float64]]:
    """Return the value and its successive derivatives at each point, as `numbers` does.

    In one variable they are Taylor coefficients, at a cost that grows with the square of the order; in several,
    gradients of gradients.
    """
    from dezero.derivatives.operators.rays import ray_scale  # here, since other commands start without them
    from dezero.series import Expansion

    if len(set(along)) != 1:
        return numbers(differentiate(expression, at, along)[1])
    inputs, value = _evaluate(expression, at)
    x, order = inputs[along[0]], len(along)
    speed = int(ray_scale(order)[0])  # along x + speed t no coefficient leaves the range of numbers early
    series = Expansion(value, {x: [np.full(x.shape, float(speed))]})
    factors = [float(Fraction(math.factorial(n), speed**n)) for n in range(order + 1)]
    return numbers([Variable(np.full(x.shape, series[n] * factor)) for n, factor in enumerate(factors)])


def numbers(results: Sequence[Variable]) -> list[NDArray[np.float64]]:
    """Return the arrays of the value and its derivatives, nan from where one of lower order is nan.

    The formula of a derivative may have numbers where the function has none: 1/x is no derivative of log at -1.
    """
    arrays: list[NDArray[np.float64]] = []
    defined: NDArray[np.bool_] = np.array(True)
    for result in results:
        arrays.append(np.where(defined, result.data, np.nan))
        defined = ~np.isnan(arrays[-1])
    return arrays
