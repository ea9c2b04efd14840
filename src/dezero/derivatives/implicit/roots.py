"""The derivatives of a root: operations whose rules are programs, so that every reading of the rules has them.

Where residual(z, p) = 0 with Jacobian J in z, dz/dp = -J^-1 d(residual)/dp. The root is one node, whose rule solves
with the transposed Jacobian; that solution is a node too, whose rule solves with J, and so on. All of them, at any
order, are at one point, so one factorisation of J serves all. What the rules compute besides is the residual's own
derivative, recorded once as a program: an order finds the nodes of the one before it again.
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero.autodiff.gradients import gradients
from dezero.core.config import using_config
from dezero.core.fingerprint import Unlike
from dezero.core.op import GENERAL, AnyNumberOfRules, Op
from dezero.core.reading import RecordedReading
from dezero.core.registry import operations, values
from dezero.core.variable import Variable, as_constant, wrap
from dezero.derivatives.implicit.factors import Factors
from dezero.rewriting.algebra import Algebra
from dezero.rewriting.program import Call, Program, on_arrays, on_variables
from dezero.rewriting.term import Term
from dezero.series.power import Series, coefficient, is_zero, minus, plus
from dezero.series.reading import SeriesReading

_STEPS = 20  # of Newton's method, from a root to one close by


class Linearisation:
    """An equation about its solution.

    residual: the program of the residual, of the unknown and of all that the equation depends on; point: their arrays.
    """

    def __init__(self, name: str, residual: Program, point: Sequence[Any]) -> None:
        self.name, self.residual, self.point = name, residual, point
        self.mark = Unlike()  # in the keys of its operations, which no other equation's are equal to
        self.last: Any = None  # a weak reference to a cotangent, and what all arguments get from it

    @functools.cached_property
    def factors(self) -> Factors:
        r, factors = self.linearised()
        factors.check()
        self._check_simple(factors, r)
        return factors

    def linearised(self) -> tuple[Any, Factors]:
        """The residual at the point, and its Jacobian factored."""
        with using_config("enable_backprop", True):
            leaves = [wrap(a) for a in self.point]
            (y,) = self.residual.run(on_variables, leaves)
        return y._data, Factors(self.name, jacobian(y, leaves[0]))

    def at(self, point: Sequence[Any]) -> Linearisation:
        """The equation about another point, or this one where it is the same."""
        same = all([a is b or np.array_equal(a, b) for a, b in zip(point, self.point, strict=True)])
        return self if same else Linearisation(self.name, self.residual, point)

    def root_of(self, inputs: Sequence[Any]) -> Any:
        """The root for other inputs, near to this one, by Newton's method: where somebody asks what a step would do."""
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

    def _check_simple(self, factors: Factors, r: Any) -> None:
        """LinAlgError where the Jacobian changes by its own size within what is known of the root.

        Newton's step to the root, and the rounding of the residual, tell how well the root is known; theorem of
        Kantorovich: L. Kantorovich, G. Akilov, Functional Analysis (2nd ed., Pergamon 1982), chapter XVIII.
        """
        z, matrix = self.point[0], factors.matrix
        rounding = np.finfo(matrix.dtype).eps * (np.abs(matrix) @ np.abs(z))
        step = factors.solve(-r - np.where(r < 0, -1, 1) * 64 * rounding)
        if np.any(step):
            with np.errstate(all="ignore"):
                moved = self.residual.run(caller(values), [z + step, *self.point[1:]])[0]
                bend = factors.solve(np.asarray(moved - r)) - step
            if not float(np.max(np.abs(bend))) <= 0.2 * float(np.max(np.abs(step))):
                raise factors.singular()

    @functools.cached_property
    def first(self) -> tuple[Program, Program]:
        """Of the point and w: the derivatives of <w, residual> in what the equation depends on, and J^T w."""
        with using_config("enable_backprop", True):
            leaves = [wrap(a) for a in self.point]
            (y,) = self.residual.run(on_variables, leaves)
            w = wrap(np.ones(y.shape, y.dtype))
            in_z, *others = _derivatives(operations.sum(y * w), leaves)
        return Program.traced(self.name, [*leaves, w], others), Program.traced(self.name, [*leaves, w], [in_z])

    @functools.cached_property
    def second(self) -> tuple[Program, Program]:
        """Of the point, v and x: the derivatives of <v, J x> in each part of the point; of the point and x: J x."""
        with using_config("enable_backprop", True):
            leaves = [wrap(a) for a in self.point]
            v, x = wrap(np.ones_like(self.point[0])), wrap(np.ones_like(self.point[0]))
            (row,) = self.first[1].run(on_variables, [*leaves, v])
            *found, product = _derivatives(operations.sum(row * x), [*leaves, v])
        return Program.traced(self.name, [*leaves, v, x], found), Program.traced(self.name, [*leaves, x], [product])

    def root(self) -> Op:
        op = _ROOT.bind(linear=self)
        op.name, op.key = self.name, ("root", self.mark)
        return op

    def solution(self, transposed: bool) -> Op:
        op = _SOLUTION.bind(linear=self, transposed=transposed)
        op.key = ("linear_solution", self.mark, transposed)
        return op


def jacobian(y: Variable, x: Variable) -> Any:
    rows = [gradients(y, x, grad_outputs=row)[0]._data for row in np.eye(y.size, dtype=y.dtype)]
    return np.stack(rows) if rows else np.zeros((0, x.size), x.dtype)


def _derivatives(y: Variable, xs: list[Variable]) -> list[Variable | None]:
    """The cotangents of the xs as rules give them, None for those that y was not computed from."""
    found = gradients(y, xs, create_graph=True, unused="none")
    return [operations.conj(g) if g is not None and x.dtype.kind == "c" else g for g, x in zip(found, xs, strict=True)]


# -- the rules ---------------------------------------------------------------------------------------------------


def _root(*inputs: Any, linear: Linearisation) -> Any:
    return linear.root_of(inputs)


def _root_rule(i: int, F: Any, g: Any, *args: Any, linear: Linearisation) -> Any:
    *inputs, z = args

    def compute(call: Any, g: Any, *point: Any) -> list[Any]:
        return linear.first[0].run(call, [*point, call(linear.solution(transposed=True), g, *point)])

    found = _joint(F, linear, "root", compute, g, [z, *inputs])[i]
    return F.zeros_like(inputs[i]) if found is None else -found


def _solution(b: Any, *point: Any, linear: Linearisation, transposed: bool) -> Any:
    return linear.at(point).factors.solve(b, transposed)


def _solution_rule(i: int, F: Any, g: Any, b: Any, *args: Any, linear: Linearisation, transposed: bool) -> Any:
    """With v = J^-T g: v in b, and minus the derivative of <v, J y> at fixed v and y in the point."""

    def compute(call: Any, g: Any, y: Any, *point: Any) -> list[Any]:
        v = call(linear.solution(not transposed), g, *point)
        return [v, *linear.second[0].run(call, [*point, *((y, v) if transposed else (v, y))])]

    *point, y = args
    found = _joint(F, linear, ("solution", transposed), compute, g, [y, *point])[i]
    if not i:
        return found
    return F.zeros_like(point[i - 1]) if found is None else -found


def _joint(F: Any, linear: Linearisation, kind: Any, compute: Callable[..., Any], g: Any, args: Any) -> list[Any]:
    """What all arguments get from a cotangent: computed together, when the first of them is asked for."""
    if isinstance(F, Algebra):
        g = F.term(g)
        nodes = [F.node(F.filled(Term(F, 1, g.node) if g.node is not None else g, args[0]))]
        c = g.c if g.node is not None else 1
        nodes += [F.node(F.filled(F.term(a), a)) for a in args]
        key = ("joint", linear.mark, kind, *[id(a) if isinstance(a, Variable) else F.content(a) for a in nodes])
        if key not in F.table:
            F.alive.append(nodes)
            F.table[key] = compute(caller(F), *nodes)
        return [None if y is None else F.term(y) * c for y in F.table[key]]
    last = linear.last
    if last is None or last[0]() is not g or last[1:3] != (kind, F):
        last = linear.last = (_reference(g, linear), kind, F, compute(caller(F), g, *args))
    return last[3]


def _reference(g: Any, linear: Linearisation) -> Any:
    """A weak reference to a cotangent, with whose end what was computed from it goes."""
    holder = weakref.ref(linear)

    def forget(_: Any) -> None:
        found = holder()
        if found is not None:
            found.last = None

    return weakref.ref(g, forget)


def _series(F: Any, op: Op, args: tuple[Any, ...], first: Any) -> Any:
    """x with J(t) x(t) = b(t): coefficient k of J x is that of J times each lower coefficient of x, and J_0 x_k."""
    b, *point = args
    linear, transposed = op.parameters["linear"], op.parameters["transposed"]
    start = [F.full(coefficient(a, 0), a) for a in point]
    products: list[Any] = []  # the series of J times coefficient 0, 1, ... of x

    def product(x: Any) -> Any:
        program = linear.first[1] if transposed else linear.second[1]
        return program.run(F.call, [*point, x])[0]

    def produce(k: int) -> Any:
        total: Any = 0
        for j in range(k):
            if len(products) == j:
                products.append(0 if is_zero(x[j]) else product(x[j]))
            total = plus(total, coefficient(products[j], k - j))
        above = minus(coefficient(b, k), total)
        return above if is_zero(above) else F.compute(op, above, *start)

    x: Series = F.new(F.compute(op, F.full(coefficient(b, 0), b), *start) if first is None else first, produce)
    return x


_ROOT = Op("root", GENERAL, _root, AnyNumberOfRules(_root_rule))
_SOLUTION = Op("linear_solution", GENERAL, _solution, AnyNumberOfRules(_solution_rule), over=0, series=_series)


def caller(F: Any) -> Call:
    """How the reading F takes a step of a program; TypeError for one that knows the rules of operations alone."""
    if F is values:
        return on_arrays
    if isinstance(F, Algebra):
        return lambda op, *args: F.cons(op, *args) if isinstance(op, Op) else _function_in(F, op, args)
    if isinstance(F, RecordedReading):
        return on_variables
    if isinstance(F, SeriesReading):
        return F.call
    raise TypeError(f"{type(F).__name__} reads no programs")


def _function_in(F: Algebra, function: Any, args: tuple[Any, ...]) -> Any:
    """A user's Function on nodes, the same node for the same arguments."""
    key = ("call", id(function), *[id(a) for a in args])
    if key not in F.table:
        F.alive.append((function, args))
        F.table[key] = on_variables(function, *[as_constant(a) for a in args])
    return F.table[key]
