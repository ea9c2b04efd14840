"""The derivatives of a root: two operations, whose rules run programs and so work in every reading.

Where residual(z, p) = 0 with Jacobian J in z, dz/dp = -J^-1 d(residual)/dp. The root is one node; its rule solves a
linear equation with the transposed Jacobian. That solution is a node too, whose rule solves with J, and so on. At every
order, these equations have the Jacobian at the same point, so J is factored once, or known by its products. The rules
also need derivatives of the residual. These are recorded once, as programs (programs.py), so a derivative finds the
nodes of the order below it again.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any

from dezero.core.dtypes import Array
from dezero.core.function import Function
from dezero.core.op import GENERAL, AnyNumberOfRules, Op, declared
from dezero.core.reading import Reading, RecordedReading
from dezero.core.registry import values
from dezero.core.variable import Variable, as_constant
from dezero.derivatives.implicit.linearisation import Joined, Linearisation
from dezero.functions._stacking import RunEach
from dezero.rewriting.algebra import Algebra
from dezero.rewriting.program import Call, on_arrays, on_variables
from dezero.rewriting.term import Term
from dezero.series.power import (
    Coefficient,
    Combining,
    Operand,
    Series,
    coefficient,
    derivative,
    is_zero,
    minus,
    over,
    plus,
)
from dezero.series.reading import SeriesReading

Joint = Callable[..., Sequence[Any]]  # (call, cotangent, *arguments) -> the cotangent of each argument, or None


def root(equation: Linearisation) -> Op:
    """The operation that takes what the equation depends on to its root."""
    op = _ROOT.bind(equation=equation)
    op.name, op.key = equation.name, ("root", equation.mark)
    return op


def solution(equation: Linearisation, transposed: bool) -> Op:
    """The operation that takes b, the root and what the equation depends on to J^-1 b, or to J^-T b."""
    transposed = transposed and not equation.symmetric
    op = _SOLUTION.bind(equation=equation, transposed=transposed)
    op.key = ("linear_solution", equation.mark, transposed)
    return op


# -- the rules ---------------------------------------------------------------------------------------------------


def _root(*inputs: Array, equation: Linearisation) -> Array:
    return equation.root_of(inputs)


def _root_rule(i: int, F: Reading, g: object, *args: object, equation: Linearisation) -> Any:
    *inputs, z = args

    def compute(call: Call, g: object, *point: object) -> Sequence[Any]:
        return equation.pulled(call, point, call(solution(equation, True), g, *point))

    found = _joint(F, equation, "root", compute, g, [z, *inputs])[i]
    return F.zeros_like(inputs[i]) if found is None else -found


def _solution(b: Array, *point: Array, equation: Linearisation, transposed: bool) -> Array:
    there = equation.at(point)
    there.check()
    return there.solve(b, transposed)


def _solution_rule(
    i: int, F: Reading, g: object, b: object, *args: object, equation: Linearisation, transposed: bool
) -> Any:
    """The cotangents of y = J^-1 b: with v = J^-T g, b has v, and the point has minus the derivative of <v, J y>."""

    def compute(call: Call, g: object, y: object, *point: object) -> list[Any]:
        v = call(solution(equation, not transposed), g, *point)
        return [v, *(equation.curved(call, point, y, v) if transposed else equation.curved(call, point, v, y))]

    *point, y = args
    found = _joint(F, equation, ("solution", transposed), compute, g, [y, *point])[i]
    if not i:
        return found
    return F.zeros_like(point[i - 1]) if found is None else -found


def _joint(
    F: Reading, equation: Linearisation, kind: object, compute: Joint, g: Any, args: Sequence[Any]
) -> Sequence[Any]:
    """The cotangents of all arguments from that of the result, computed together, once for each of these."""
    if isinstance(F, Algebra):
        g = F.term(g)
        nodes = [F.node(F.filled(Term(F, 1, g.node) if g.node is not None else g, args[0]))]
        c = g.c if g.node is not None else 1
        nodes += [F.node(F.filled(F.term(a), a)) for a in args]
        key = ("joint", equation.mark, kind, *[id(a) if isinstance(a, Variable) else F.content(a) for a in nodes])
        if key not in F.table:
            F.alive.append(nodes)
            F.table[key] = compute(caller(F), *nodes)  # type: ignore[assignment]
        return [None if y is None else F.term(y) * c for y in F.table[key]]
    last = equation.last
    if last is None or not last.serves(g, kind, F, args):
        last = equation.last = Joined(_reference(g, equation), kind, F, args, compute(caller(F), g, *args))
    return last.found


def _reference(g: Any, equation: Linearisation) -> weakref.ref[Any]:
    """A weak reference to a cotangent; when the cotangent is deleted, so is what was computed from it."""
    holder = weakref.ref(equation)

    def forget(_: object) -> None:
        found = holder()
        if found is not None:
            found.last = None

    return weakref.ref(g, forget)


def _solution_series(F: Combining, op: Op, args: tuple[Operand, ...], first: Coefficient | None) -> Series:
    """The series of x with J(t) x(t) = b(t): J_0 x_k = b_k - sum of (coefficient k - j of J) x_j over j < k."""
    b, *point = args
    equation, transposed = op.parameters["equation"], op.parameters["transposed"]
    start = [F.full(coefficient(a, 0), a) for a in point]
    products: list[Operand] = []  # the series J(t) x_0, J(t) x_1, ...

    def product(x: Coefficient) -> Operand:
        return equation.product(F.call, point, x, transposed)

    def produce(k: int) -> Coefficient:
        total: Coefficient = 0
        for j in range(k):
            if len(products) == j:
                products.append(0 if is_zero(x[j]) else product(x[j]))
            total = plus(total, coefficient(products[j], k - j))
        above = minus(coefficient(b, k), total)
        return above if is_zero(above) else F.compute(op, above, *start)

    x: Series = F.new(F.compute(op, F.full(coefficient(b, 0), b), *start) if first is None else first, produce)
    return x


def _root_series(F: Combining, op: Op, args: tuple[Operand, ...], first: Coefficient | None) -> Series:
    """The series of the root: J(t) z'(t) is minus the tangent of the residual along the arguments' own motion."""
    equation = op.parameters["equation"]
    moving = {i + 1: a for i, a in enumerate(args) if isinstance(a, Series)}
    slopes: list[Operand] = []

    def produce(k: int) -> Coefficient:
        if not slopes:
            tangent = equation.pushed(F.call, [z, *args], {i: derivative(a) for i, a in moving.items()})
            slopes.append(F.call(solution(equation, False), F.call(declared["neg"], tangent), z, *args))
        return over(coefficient(slopes[0], k - 1), k)

    start = F.compute(op, *[F.full(coefficient(a, 0), a) for a in args]) if first is None else first
    z: Series = F.new(start, produce)
    return z


def _solved_for_each(S: object, op: Op, *args: object) -> Any:
    raise RunEach(f"{op.name} solves an equation by the user's solver, for each example")


_ROOT = Op("root", GENERAL, _root, AnyNumberOfRules(_root_rule), series=_root_series, stacked=_solved_for_each)
_SOLUTION = Op("linear_solution", GENERAL, _solution, AnyNumberOfRules(_solution_rule), over=0, series=_solution_series)


def caller(F: object) -> Call:
    """The function by which the reading F runs a step of a program; TypeError for a reading that cannot run one."""
    if F is values:
        return on_arrays
    if isinstance(F, Algebra):
        return lambda op, *args: F.cons(op, *args) if isinstance(op, Op) else _function_in(F, op, args)
    if isinstance(F, RecordedReading):
        return on_variables
    if isinstance(F, SeriesReading):
        return F.call
    raise TypeError(f"{type(F).__name__} reads no programs")


def _function_in(F: Algebra, function: Function, args: tuple[Any, ...]) -> Variable:
    """A user's Function on nodes, the same node for the same arguments."""
    key = ("call", id(function), *[id(a) for a in args])
    if key not in F.table:
        F.alive.append((function, args))
        F.table[key] = on_variables(function, *[as_constant(a) for a in args])
    return F.table[key]  # type: ignore[return-value]
