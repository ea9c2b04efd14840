"""`dezero bench`: how long derivatives of an expression take, eager, compiled, and by JAX where it is installed."""

from __future__ import annotations

import argparse
import functools
import importlib
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from dezero.autodiff.gradients import gradients
from dezero.cli.errors import UsageError
from dezero.cli.expression import Expression, Operation, parse
from dezero.cli.table import table
from dezero.core import Variable

ROUNDS = 7
Way = Callable[[], object]


def bench(arguments: argparse.Namespace) -> None:
    """Print the time of the first call and of later ones, for the value and the derivatives up to an order."""
    expression = parse(arguments.expression)
    if len(expression.variables) != 1:
        raise UsageError(f"bench takes an expression of one variable, and this has {len(expression.variables)}")
    x = np.random.default_rng(0).uniform(0.1, 1, arguments.points)
    ways = {"eager": _eager, "compiled": _compiled, "JAX": _jax}
    made = {name: way for name, make in ways.items() if (way := make(expression, arguments.order, x))}
    first = {name: _seconds(way) for name, way in made.items()}
    later: dict[str, list[float]] = {name: [] for name in made}
    for _ in range(ROUNDS):  # in turn: what disturbs the machine disturbs all
        for name, way in made.items():
            later[name].append(_seconds(way))
    lines = []
    for name, seconds in later.items():
        ratio = statistics.median([a / b for a, b in zip(seconds, later["eager"], strict=True)])
        lines.append([name, _time(first[name]), _time(statistics.median(seconds)), f"{ratio:.3g}"])
    print(f"f({expression.variables[0]}) = {expression.text}, derivatives 0 to {arguments.order}, {len(x):,} points\n")
    print(table(["", "first call", "later calls", "of eager"], lines))


def _derivatives(expression: Expression, order: int) -> Callable[[Variable], list[Variable]]:
    (name,) = expression.variables

    def derivatives(x: Variable) -> list[Variable]:
        found = [expression(**{name: x})]
        for _ in range(order):
            found += gradients(found[-1], x, create_graph=True)
        return found

    return derivatives


def _eager(expression: Expression, order: int, x: np.ndarray) -> Way:
    return functools.partial(_derivatives(expression, order), Variable(x))


def _compiled(expression: Expression, order: int, x: np.ndarray) -> Way:
    from dezero.compiler.api import compile

    return functools.partial(compile(_derivatives(expression, order)), Variable(x))


def _jax(expression: Expression, order: int, x: np.ndarray) -> Way | None:
    """By `jet`, compiled; None where JAX is not installed or has no rule for a function of the expression."""
    try:
        jax, jet = importlib.import_module("jax"), importlib.import_module("jax.experimental.jet").jet
    except ImportError:
        return None
    jax.config.update("jax_enable_x64", True)
    modules = (jax.numpy, jax.nn, jax.scipy.special)

    def translated(operation: Operation) -> Operation:
        name = operation.__name__
        return next((getattr(m, name) for m in modules if hasattr(m, name)), operation)

    def f(at: Any) -> Any:
        return expression.evaluate({expression.variables[0]: at}, translated)

    one = jax.numpy.ones_like(x)
    rest = [jax.numpy.zeros_like(x)] * (order - 1)
    whole = jax.jit(lambda at: jet(f, (at,), ([one, *rest],)) if order else f(at))
    points = jax.numpy.asarray(x)
    try:
        whole.lower(points)
    except (NotImplementedError, TypeError):  # jet has no rule, or the function stayed DeZero's
        return None
    return lambda: jax.block_until_ready(whole(points))


def _seconds(way: Way) -> float:
    start = time.perf_counter()
    way()
    return time.perf_counter() - start


def _time(seconds: float) -> str:
    return f"{seconds * 1e3:,.3g} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.3g} µs"
