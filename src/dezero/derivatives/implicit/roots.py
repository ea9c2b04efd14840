"""The derivatives of a root: two operations, whose rules run programs and so work in every reading.

Where residual(z, p) = 0 with Jacobian J in z, dz/dp = -J^-1 d(residual)/dp. The root is one node; its rule solves a
linear equation with the transposed Jacobian. That solution is a node too, whose rule solves with J, and so on. At every
order, these equations have the Jacobian at the same point, so J is factored once. The rules also need derivatives of
the residual. These are recorded once, as a program, so a derivative finds the nodes of the order below it again.
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero.autodiff.gradients import gradients
from dezero.core.config import using_config
from dezero.core.dtypes import Array, is_complex
from dezero.core.fingerprint import Unlike
from dezero.core.function import Function
from dezero.core.op import GENERAL, AnyNumberOfRules, Op
from dezero.core.reading import Reading, RecordedReading
from dezero.core.registry import operations, values
from dezero.core.variable import Variable, as_constant, wrap
from dezero.derivatives.implicit.factors import Factors
from dezero.functions._stacking import RunEach
from dezero.rewriting.algebra import Algebra
from dezero.rewriting.program import Call, Program, on_arrays, on_variables
from dezero.rewriting.term import Term
from dezero.series.power import Coefficient, Combining, Operand, Series, coefficient, is_zero, minus, plus
from dezero.series.reading import SeriesReading

_STEPS = 20  # of Newton's method, from a root to one nearby

Joint = Callable[..., list[Any]]  # (call, cotangent, *arguments) -> the cotangent of each argument, or None


class Linearisation:
    """An equation about its solution.

    residual: the program of the residual, of the unknown and of all that the equation depends on; point: their arrays.
    """

    def __init__(self, name: str, residual: Program, point: Sequence[Array]) -> None:
        self.name, self.residual, self.point = name, residual, point
        self.mark = Unlike()  # makes the keys of its operations differ from those of every other equation
        # the last cotangent (a weak reference), operation and reading, and the cotangents of all arguments
        self.last: tuple[weakref.ref[Any], object, Reading, list[Any]] | None = None

    @functools.cached_property
    def factors(self) -> Factors:
        r, factors = self.linearised()
        factors.check()
        self._check_simple(factors, r)
        return factors

    def linearised(self) -> tuple[Array, Factors]:
        """The residual at the point, and its Jacobian factored."""
        with using_config("enable_backprop", True):
            leaves = [wrap(a) for a in self.point]
            (y,) = self.residual.run(on_variables, leaves)
        return y._data, Factors(self.name, jacobian_array(y, leaves[0]))

    def at(self, point: Sequence[Array]) -> Linearisation:
        """The equation about another point, or this one where it is the same."""
        same = all([a is b or np.array_equal(a, b) for a, b in zip(point, self.point, strict=True)])
        return self if same else Linearisation(self.name, self.residual, point)

    def root_of(self, inputs: Sequence[Array]) -> Array:
        """The root for other inputs, by Newton's method from this one: for a graph that runs again on other numbers."""
        z = self.point[0]
        if self.at([z, *inputs]) is self:
            return z.copy()
        for _ in range(_STEPS):
            r, factors = Linearisation(self.name, self.residual, [z, *inputs]).linearised()
            step = factors.solve(-r)
            z = z + step
            if not np.max(np.abs(step), initial=0.0) > 8 * np.finfo(z.dtype).eps * np.max(np.abs(z), initial=0.0):
                break
        return z

    def _check_simple(self, factors: Factors, r: Array) -> None:
        """LinAlgError where the Jacobian changes by its own size within the uncertainty of the root.

        The uncertainty is that of one more Newton step, with the rounding error of the residual; by the theorem of
        Kantorovich: L. Kantorovich, G. Akilov, Functional Analysis (2nd ed., Pergamon 1982), chapter XVIII.
        """
        z, matrix = self.point[0], factors.matrix
        rounding = np.finfo(matrix.dtype).eps * (np.abs(matrix) @ np.abs(z))
        step = factors.solve(-r - np.where(r < 0, -1, 1) * 64 * rounding)
        if np.any(step):
            with np.errstate(all="ignore"):
                beyond = self.residual.run(caller(values), [z + step, *self.point[1:]])[0]
                bend = factors.solve(np.asarray(beyond - r)) - step
            if not float(np.max(np.abs(bend))) <= 0.2 * float(np.max(np.abs(step))):
                raise factors.singular()

    @functools.cached_property
    def first(self) -> tuple[Program, Program]:
        """Two programs of the point and a vector w: the derivatives of <w, residual> in the inputs; J^T w."""
        with using_config("enable_backprop", True):
            leaves = [wrap(a) for a in self.point]
            (y,) = self.residual.run(on_variables, leaves)
            w = wrap(np.ones(y.shape, y.dtype))
            in_z, *others = _cotangents(operations.sum(y * w), leaves)
        return Program.traced(self.name, [*leaves, w], others), Program.traced(self.name, [*leaves, w], [in_z])

    @functools.cached_property
    def second(self) -> tuple[Program, Program]:
        """A program of the point, v and x: the derivatives of <v, J x> in the point; one of the point and x: J x."""
        with using_config("enable_backprop", True):
            leaves = [wrap(a) for a in self.point]
            v, x = wrap(np.ones_like(self.point[0])), wrap(np.ones_like(self.point[0]))
            (row,) = self.first[1].run(on_variables, [*leaves, v])
            *found, product = _cotangents(operations.sum(row * x), [*leaves, v])
        return Program.traced(self.name, [*leaves, v, x], found), Program.traced(self.name, [*leaves, x], [product])

    def root(self) -> Op:
        op = _ROOT.bind(equation=self)
        op.name, op.key = self.name, ("root", self.mark)
        return op

    def solution(self, transposed: bool) -> Op:
        op = _SOLUTION.bind(equation=self, transposed=transposed)
        op.key = ("linear_solution", self.mark, transposed)
        return op


def jacobian_array(y: Variable, x: Variable) -> Array:
    rows = [gradients(y, x, grad_outputs=row)[0]._data for row in np.eye(y.size, dtype=y.dtype)]
    return np.stack(rows) if rows else np.zeros((0, x.size), x.dtype)


def _cotangents(y: Variable, xs: list[Variable]) -> list[Variable | None]:
    """The cotangents of the xs, in the convention of rules (conjugate to users'); None where y does not depend on x."""
    found = gradients(y, xs, create_graph=True, unused="none")
    return [operations.conj(g) if g is not None and is_complex(x) else g for g, x in zip(found, xs, strict=True)]


# -- the rules ---------------------------------------------------------------------------------------------------


def _root(*inputs: Array, equation: Linearisation) -> Array:
    return equation.root_of(inputs)


def _root_rule(i: int, F: Reading, g: object, *args: object, equation: Linearisation) -> Any:
    *inputs, z = args

    def compute(call: Call, g: object, *point: object) -> list[Any]:
        return equation.first[0].run(call, [*point, call(equation.solution(transposed=True), g, *point)])

    found = _joint(F, equation, "root", compute, g, [z, *inputs])[i]
    return F.zeros_like(inputs[i]) if found is None else -found


def _solution(b: Array, *point: Array, equation: Linearisation, transposed: bool) -> Array:
    return equation.at(point).factors.solve(b, transposed)


def _solution_rule(
    i: int, F: Reading, g: object, b: object, *args: object, equation: Linearisation, transposed: bool
) -> Any:
    """The cotangents of y = J^-1 b: with v = J^-T g, b has v, and the point has minus the derivative of <v, J y>."""

    def compute(call: Call, g: object, y: object, *point: object) -> list[Any]:
        v = call(equation.solution(not transposed), g, *point)
        return [v, *equation.second[0].run(call, [*point, *((y, v) if transposed else (v, y))])]

    *point, y = args
    found = _joint(F, equation, ("solution", transposed), compute, g, [y, *point])[i]
    if not i:
        return found
    return F.zeros_like(point[i - 1]) if found is None else -found


def _joint(F: Reading, equation: Linearisation, kind: object, compute: Joint, g: Any, args: Sequence[Any]) -> list[Any]:
    """The cotangents of all arguments from that of the result, computed together and only once for each."""
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
    if last is None or last[0]() is not g or last[1:3] != (kind, F):
        last = equation.last = (_reference(g, equation), kind, F, compute(caller(F), g, *args))
    return last[3]


def _reference(g: Any, equation: Linearisation) -> weakref.ref[Any]:
    """A weak reference to a cotangent; when the cotangent is deleted, so is what was computed from it."""
    holder = weakref.ref(equation)

    def forget(_: object) -> None:
        found = holder()
        if found is not None:
            found.last = None

    return weakref.ref(g, forget)


def _series(F: Combining, op: Op, args: tuple[Operand, ...], first: Coefficient | None) -> Series:
    """The series of x with J(t) x(t) = b(t): J_0 x_k = b_k - sum of (coefficient k - j of J) x_j over j < k."""
    b, *point = args
    equation, transposed = op.parameters["equation"], op.parameters["transposed"]
    start = [F.full(coefficient(a, 0), a) for a in point]
    products: list[Operand] = []  # the series J(t) x_0, J(t) x_1, ...

    def product(x: Coefficient) -> Operand:
        program = equation.first[1] if transposed else equation.second[1]
        return program.run(F.call, [*point, x])[0]

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


def _solved_for_each(S: object, op: Op, *args: object) -> Any:
    raise RunEach(f"{op.name} solves an equation by the user's solver, for each example")


_ROOT = Op("root", GENERAL, _root, AnyNumberOfRules(_root_rule), stacked=_solved_for_each)
_SOLUTION = Op("linear_solution", GENERAL, _solution, AnyNumberOfRules(_solution_rule), over=0, series=_series)


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
