"""The solution of a differential equation as one node, whose rules are solutions of other differential equations.

Its rule integrates either the tangents of all directions, forward in time, or the adjoint equation, backward. Both are
operations of the same two kinds again, so that they have rules too: the second derivative integrates tangents of
tangents, or the adjoint of the equation and its tangent (forward over adjoint), and so on for every order.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero.core.dtypes import Array
from dezero.core.op import GENERAL, AnyNumberOfRules, Op
from dezero.derivatives.implicit.roots import caller
from dezero.ode.rates import Moving
from dezero.ode.system import System
from dezero.rewriting.algebra import Algebra
from dezero.series.power import Coefficients, Combining, Operand, Series, coefficient, derivative, over

# The arguments of both operations: states (vectors that together are the state where the solution starts), times,
# parameters. `moving` tells for each state and parameter whether derivatives are taken in it; `count`: of the states.


def solution(system: System, count: int, moving: Moving) -> Op:
    """The values at the times, of shape (times, n)."""
    return _bound(_SOLUTION, "ode_solution", system, count, moving)


def adjoint(system: System, count: int, moving: Moving) -> Op:
    """Of the cotangents of the values, and the arguments: the cotangents of what moves, one after the other."""
    return _bound(_ADJOINT, "ode_adjoint", system, count, moving)


def _bound(base: Op, name: str, system: System, count: int, moving: Moving) -> Op:
    op = base.bind(system=system, count=count, moving=moving)
    op.key = (name, system.mark, count, moving)
    return op


def _solution(*args: Array, system: System, count: int, moving: Moving) -> Array:
    return system.solve(args[:count], args[count], args[count + 1 :]).values


def _adjoint(g: Array, *args: Array, system: System, count: int, moving: Moving) -> Array:
    return system.cotangents(g, args[:count], args[count], args[count + 1 :], moving)


def _solution_rule(i: int, F: Any, g: Any, *args: Any, system: System, count: int, moving: Moving) -> Any:
    *inputs, y = args
    if i == count:
        return _in_times(F, g, system, y, inputs[count], inputs[count + 1 :])
    if system.adjoint:
        flat = _call(F, adjoint(system, count, moving), g, *inputs)
    else:
        flat = F.sum(
            F.reshape(g, shape=(g.shape[0], 1, g.shape[1])) * tangents(F, system, count, moving, inputs),
            axis=(0, 2),
            keepdims=False,
        )
    return _part(F, flat, i, inputs, count, moving)


def tangents(F: Any, system: System, count: int, moving: Moving, inputs: Sequence[Any]) -> Any:
    """The derivatives of the values in everything that moves, (times, m, n): forward sensitivities."""
    n, m = system.rates.size, sum(_sizes(inputs, count, moving))
    rows, params = _directions(F, system, np.eye(m), inputs, count, moving)
    tangent = system.augmented(m, moving[count:])
    op = solution(tangent, count + 1, (*moving[:count], False, *moving[count:], *[False] * len(params)))
    found = _call(F, op, *inputs[:count], rows, *inputs[count:], *params)
    return F.get_item(found, index=(slice(None), n + system.rates.places(m)))


def _adjoint_rule(i: int, F: Any, w: Any, *args: Any, system: System, count: int, moving: Moving) -> Any:
    """Of <w, cotangents> = the sum of g s, where s are the tangents of the values along w: forward over adjoint."""
    g, *inputs, _ = args
    n = system.rates.size
    row, params = _directions(F, system, F.reshape(w, shape=(1, w.shape[0])), inputs, count, moving)
    tangent = system.augmented(1, moving[count:])
    both = (*moving[:count], True, *moving[count:], *[True] * len(params))
    given = [*inputs[:count], row, *inputs[count:], *params]
    if i in (0, count + 1):
        found = _call(F, solution(tangent, count + 1, both), *given)
        s = F.get_item(found, index=(slice(None), slice(n, None)))
        if i == 0:
            return s
        weights = F.concatenate(np.zeros(g.shape), g, axis=1)
        return _in_times(F, weights, tangent, found, inputs[count], given[count + 2 :])
    weights = F.concatenate(np.zeros(g.shape), g, axis=1)
    flat = _call(F, adjoint(tangent, count + 1, both), weights, *given)
    i -= 1
    place = i if i < count else i + 1  # the row stands behind the states
    return _part(F, flat, place, given, count + 1, both)


def _in_times(F: Any, g: Any, system: System, y: Any, times: Any, params: Sequence[Any]) -> Any:
    """The cotangents of the times: of the first, where the solution starts, it is 0 (see problem.py)."""
    rows: list[Any] = []
    for k in range(1, y.shape[0]):
        rate = _rate(F, system, F.get_item(y, index=k), F.get_item(times, index=k), params)
        rows.append(F.reshape(F.sum(F.get_item(g, index=k) * rate, axis=None, keepdims=False), shape=(1,)))
    return F.concatenate(np.zeros(1), *rows, axis=0)


def _rate(F: Any, system: System, state: Any, t: Any, params: Sequence[Any]) -> Any:
    """The right side in a reading, as a vector."""
    rates = system.rates.at(*[_raw(x) for x in (state, t, *params)])
    parts, at = [], 0
    for shape in rates.shapes:
        end = at + math.prod(shape)
        parts.append(F.reshape(F.get_item(state, index=slice(at, end)), shape=shape))
        at = end
    found = rates.program.run(lambda op, *args: _call(F, op, *args), [*parts, t, *params])
    return F.concatenate(*[F.reshape(x, shape=(math.prod(x.shape),)) for x in found], axis=0)


# -- directions ----------------------------------------------------------------------------------------------------


def _sizes(inputs: Sequence[Any], count: int, moving: Moving) -> list[int]:
    """How many numbers each moving argument has."""
    given = [*inputs[:count], *inputs[count + 1 :]]
    return [int(np.prod(x.shape)) for x, moves in zip(given, moving, strict=True) if moves]


def _directions(
    F: Any, system: System, rows: Any, inputs: Sequence[Any], count: int, moving: Moving
) -> tuple[Any, list[Any]]:
    """Directions (m, numbers that move) as tangents of the state, in one vector, and of the moving parameters."""
    m, at = rows.shape[0], 0
    states, params = [], []
    plain = isinstance(rows, np.ndarray)
    given = [*inputs[:count], *inputs[count + 1 :]]
    for j, (x, moves) in enumerate(zip(given, moving, strict=True)):
        size = int(np.prod(x.shape))
        if not moves:
            states += [np.zeros((m, size))] if j < count else []
            continue
        index = (slice(None), slice(at, at + size))
        part = rows[index] if plain else F.get_item(rows, index=index)
        at += size
        if j < count:
            states.append(part)
        else:
            params.append(part.reshape((m, *x.shape)) if plain else F.reshape(part, shape=(m, *x.shape)))
    order = np.argsort(system.rates.places(m), axis=None)
    if plain:
        return np.concatenate(states, axis=1).ravel()[order], params
    flat = F.reshape(F.concatenate(*states, axis=1), shape=(order.size,))
    return (flat if m == 1 else F.get_item(flat, index=order)), params


def _part(F: Any, flat: Any, i: int, inputs: Sequence[Any], count: int, moving: Moving) -> Any:
    """The cotangent of argument i, from those of all that moves."""
    place = i if i < count else i - 1
    if not moving[place]:
        return F.zeros_like(inputs[i])
    sizes = _sizes(inputs, count, moving)
    ends = list(itertools.accumulate([0, *sizes]))
    j = sum(moving[:place])
    return F.reshape(F.get_item(flat, index=slice(ends[j], ends[j + 1])), shape=tuple(inputs[i].shape))


def _call(F: Any, op: Any, *args: Any) -> Any:
    """Run an operation (or a user's Function) in a reading."""
    if not isinstance(F, Algebra):
        return caller(F)(op, *args)
    return F.call(op, *args) if isinstance(op, Op) else F.term(caller(F)(op, *[F.node(F.term(a)) for a in args]))


def _raw(x: Any) -> Any:
    x = x[0] if isinstance(x, Series) else x
    node = getattr(x, "node", x)  # a term of the algebra stands for its node
    return getattr(node, "_data", node)


# -- Taylor mode, where derivatives go backward in time: the tangent along the curve alone, in place of all ---------


def _solution_series(F: Combining, op: Op, args: tuple[Operand, ...], first: Coefficients | None) -> Series | None:
    system, count, moving = [op.parameters[name] for name in ("system", "count", "moving")]
    if not system.adjoint:
        return None  # by the rules, since the tangents in all directions serve for all curves

    def slope() -> Operand:
        tangent, both, given = _along(F, system, count, moving, args)
        found = _call(F, solution(tangent, count + 1, both), *given)
        s = F.get_item(found, index=(slice(None), slice(system.rates.size, None)))
        return s + _time_slopes(F, system, found, args[count], args[count + 1 :])

    return _integral(F, op, args, first, slope)


def _adjoint_series(F: Combining, op: Op, args: tuple[Operand, ...], first: Coefficients | None) -> Series | None:
    system, count, moving = [op.parameters[name] for name in ("system", "count", "moving")]
    g: Any = args[0]
    inputs = args[1:]
    if isinstance(inputs[count], Series):
        return None

    def slope() -> Operand:
        tangent, both, given = _along(F, system, count, moving, inputs)
        change = derivative(g) if isinstance(g, Series) else np.zeros(g.shape)
        flat = _call(F, adjoint(tangent, count + 1, both), F.concatenate(change, g, axis=1), *given)
        places = [i if i < count else i + 1 for i, moves in enumerate(moving) if moves]
        places = [i if i < count + 1 else i + 1 for i in places]
        parts = [F.reshape(_part(F, flat, i, given, count + 1, both), shape=(-1,)) for i in places]
        return F.concatenate(*parts, axis=0)

    return _integral(F, op, args, first, slope)


def _integral(
    F: Combining, op: Op, args: tuple[Operand, ...], first: Coefficients | None, slope: Callable[[], Operand]
) -> Series:
    """The series of a result from that of its derivative, which is made when first needed."""
    if first is None:
        first = F.compute(op, *[F.full(coefficient(a, 0), a) for a in args])
    found: list[Operand] = []

    def produce(k: int) -> Coefficients:
        if not found:
            found.append(slope())
        return over(coefficient(found[0], k - 1), k)

    return Series(F, F.raw(first).shape, F.raw(first).dtype, produce, first)


def _along(
    F: Any, system: System, count: int, moving: Moving, inputs: Sequence[Any]
) -> tuple[System, Moving, list[Any]]:
    """The system of the state and its tangent along a curve, and its arguments."""
    slopes = [derivative(x) if isinstance(x, Series) else np.zeros(x.shape) for x in inputs]
    row = F.concatenate(*slopes[:count], axis=0)
    params = [
        F.reshape(s, shape=(1, *s.shape)) for s, moves in zip(slopes[count + 1 :], moving[count:], strict=True) if moves
    ]
    both = (*moving[:count], True, *moving[count:], *[True] * len(params))
    return system.augmented(1, moving[count:]), both, [*inputs[:count], row, *inputs[count:], *params]


def _time_slopes(F: Any, system: System, y: Any, times: Any, params: Sequence[Any]) -> Any:
    """The part of the values' derivative that comes from the times."""
    if not isinstance(times, Series):
        return 0
    change, rows = derivative(times), [np.zeros((1, system.rates.size))]
    for k in range(1, y.shape[0]):
        rate = _rate(
            F, system, F.get_item(y, index=(k, slice(0, system.rates.size))), F.get_item(times, index=k), params
        )
        rows.append(F.reshape(rate * F.get_item(change, index=k), shape=(1, system.rates.size)))
    return F.concatenate(*rows, axis=0)


_SOLUTION = Op("ode_solution", GENERAL, _solution, AnyNumberOfRules(_solution_rule), series=_solution_series)
_ADJOINT = Op("ode_adjoint", GENERAL, _adjoint, AnyNumberOfRules(_adjoint_rule), over=0, series=_adjoint_series)
