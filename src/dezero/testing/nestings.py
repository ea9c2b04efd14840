"""Transforms of transforms: the transpose of the transpose, pairs and triples, operators behind an inner map.

The expected values are contractions of derivative tensors. They are computed once a case by reverse sweeps without
simplification, which the checks of the orders have compared with other routes.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np

from dezero.autodiff.gradients import gradients
from dezero.core import GraphError, Variable, using_config
from dezero.core.dtypes import Array, is_real
from dezero.core.registry import operations as F
from dezero.derivatives import grad, hessian, hvp, jacfwd, jacrev, jvp, laplacian, operator, vjp
from dezero.series import jet
from dezero.testing.problem import Problem, data, on_samples, outputs
from dezero.testing.run import Run

Function = Callable[..., Any]
Vectors = Sequence[Array]
ELEMENTS = 12  # of all arguments together; with more no Jacobian is computed, since each element takes a sweep
LEAST = 1e-3  # of the function's size: a smaller number may be rounding, in any order


def _dot(xs: Sequence[Any], us: Vectors) -> Any:
    parts = [(x * u).sum() for x, u in zip(xs, us, strict=True)]
    return sum(parts[1:], parts[0])


def _columns(jacobian: Any) -> Function:
    """The derivative along u, from a Jacobian of a function with one number as its result."""
    return lambda f, xs, u: _dot(jacobian(f, argnums=tuple(range(len(xs))))(*xs), u)


# Each maps a function with one number as its result to its derivative along u at xs.
TRANSFORMS: dict[str, Function] = {
    "grad": _columns(grad),
    "vjp": lambda f, xs, u: _dot(vjp(f, *xs)[1](np.array(1.0)), u),
    "jvp": lambda f, xs, u: jvp(f, tuple(xs), tuple(u))[1],
    "jet": lambda f, xs, u: jet(f, tuple(xs), tuple([[part] for part in u]))[1][0],
    "jacfwd": _columns(jacfwd),
    "jacrev": _columns(jacrev),
    "hvp": lambda f, xs, u: _dot(found if isinstance(found := hvp(f, tuple(xs), tuple(u)), tuple) else (found,), u),
}
_ORDER = {name: 2 if name == "hvp" else 1 for name in TRANSFORMS}


def compositions(length: int) -> list[tuple[str, ...]]:
    """Every ordered choice of `length` transforms, with hvp, which is of order 2, at most twice.

    >>> len(compositions(2)), len(compositions(3))
    (49, 342)
    """
    return [names for names in itertools.product(TRANSFORMS, repeat=length) if names.count("hvp") < 3]


class Nested:
    """A smooth number made of a case's moving arguments; its derivatives of all orders are of about one size."""

    def __init__(self, problem: Problem) -> None:
        self.problem, self.moving = problem, problem.moving
        self.xs = [problem.xs[i] for i in self.moving]
        rng = problem.case.rng("nested")
        signs = [[rng.choice([-1.0, 1.0], x.shape) for x in self.xs] for _ in range(3)]
        self.us = [[s * np.abs(problem.vs[i]) for s, i in zip(some, self.moving, strict=True)] for some in signs]
        self.cotangents = [rng.uniform(0.5, 1.5, y.shape) for y in self.real(problem.ys)]
        largest = max([np.abs(data(y)).max(initial=0.0) for y in self.real(problem.ys)], default=1.0)
        self.size = float(largest) or 1.0
        self._found: dict[tuple[int, ...], tuple[float, float]] = {}

    @property
    def finite(self) -> bool:
        return bool(np.isfinite(self.size)) and all(x.size for x in self.xs)

    @property
    def elements(self) -> int:
        return sum([x.size for x in self.xs])

    @staticmethod
    def real(ys: object) -> list[Any]:
        return [y for y in outputs(ys) if is_real(data(y))]

    def f(self, *leaves: Any) -> tuple[Any, ...]:
        """The real outputs as a function of the moving arguments."""
        xs = list(self.problem.xs)
        for i, x in zip(self.moving, leaves, strict=True):
            xs[i] = x
        return tuple(self.real(self.problem.case.f(*xs)))

    def number(self, *leaves: Any) -> Any:
        """The sum of exp of the outputs: linear operations have higher derivatives too."""
        ys = [F.exp(y * (0.5 / self.size)) for y in self.f(*leaves)]
        return _dot(ys, self.cotangents)

    def along(self, counts: tuple[int, ...]) -> tuple[float, float]:
        """The derivative counts[k] times along direction k, by plain sweeps, and the size of its terms."""
        if counts not in self._found:
            directions = [self.us[k] for k, n in enumerate(counts) for _ in range(n)]
            with using_config("simplify", False):
                leaves = [Variable(np.array(x)) for x in self.xs]
                y, scale = self.number(*leaves), 0.0
                for u in directions:
                    grads = gradients(y, leaves, create_graph=True)
                    y = _dot(grads, u)
                    scale = max(scale, sum([float(np.abs(g.data * v).sum()) for g, v in zip(grads, u, strict=True)]))
            self._found[counts] = float(y.data), scale
        return self._found[counts]


def nested(run: Run, problem: Problem, pairs: int, triples: int) -> None:
    """Check `pairs` pairs and `triples` triples of transforms, drawn anew for each case."""
    n = Nested(problem)
    if not n.finite:
        return
    for length, wanted in ((2, pairs), (3, triples)):
        every = [names for names in compositions(length) if _affordable(names, n.elements)]
        for k in run.case.rng(f"compositions of {length}").permutation(len(every))[:wanted]:
            _composed(run, n, every[k])


def _affordable(names: tuple[str, ...], elements: int) -> bool:
    """Whether few sweeps suffice: k Jacobians inside one another take elements**k of them."""
    jacobians = sum([name.startswith("jac") for name in names])
    return elements**jacobians <= ELEMENTS**2 and sum([_ORDER[name] for name in names]) <= 4


def _along(transform: Function, f: Function, u: Vectors, *xs: Any) -> Any:
    return transform(f, xs, u)


def _composed(run: Run, n: Nested, names: tuple[str, ...]) -> None:
    """Check the transforms `names`, the first innermost, each along a direction of its own."""
    f: Function = n.number
    for name, u in zip(names, n.us, strict=False):
        f = partial(_along, TRANSFORMS[name], f, u)
    counts = tuple([_ORDER[name] for name in names])
    with run.attempt("nested"):
        expected, scale = n.along(counts)
        place = f" by {' of '.join(names[::-1])}"
        given = (_as_they_are, _as_variables)[len(names[0]) % 2]
        run.compare("nested", sum(counts), data(f(*given(n.xs))), expected, max(scale, LEAST), place, under="nested")


def transposed(run: Run, problem: Problem, thorough: bool) -> None:
    """J u by the transpose of J^T, compared with jvp and both Jacobians, and J^T v again by the transpose of that.

    The arguments are arrays, and Variables, whose derivatives are recorded as inside other transforms.
    """
    n = Nested(problem)
    if not n.finite:
        return
    u, v = n.us[0], n.cotangents
    expected = {"J u": _double_vjp(n, u, simplify=False), "J^T v": _plain_vjp(n)}
    for given in (_as_they_are, _as_variables) if thorough else (_as_variables,):
        xs, us, vs = given(n.xs), given(u), given(v)
        for name, (what, ask) in _methods(n, xs, us, vs, thorough).items():
            with run.attempt("transposed"):
                for got, e in zip(ask(), expected[what], strict=True):
                    size = max(float(np.abs(e).max(initial=0.0)), LEAST * n.size)
                    place = f" of {what} by {name}, {given.__name__.strip('_').replace('_', ' ')}"
                    run.compare("transposed", None, data(got), e, size, place, under="transposed")


def _as_they_are(xs: Vectors) -> tuple[Any, ...]:
    return tuple([np.array(x) for x in xs])


def _as_variables(xs: Vectors) -> tuple[Any, ...]:
    return tuple([Variable(np.array(x)) for x in xs])


def _methods(
    n: Nested, xs: Sequence[Any], us: Sequence[Any], vs: Sequence[Any], thorough: bool
) -> dict[str, tuple[str, Callable[[], Sequence[Any]]]]:
    """Name of a method -> what it computes ("J u" or "J^T v"), and a function that does."""

    def pullback(*cotangents: Any) -> Any:
        return vjp(n.f, *xs)[1](cotangents)

    def pushed() -> Any:
        return vjp(pullback, *vs)[1]

    def again() -> Sequence[Any]:
        push = pushed()
        return vjp(lambda *tangents: push(tangents), *us)[1](vs)

    ways: dict[str, tuple[str, Callable[[], Sequence[Any]]]] = {
        "vjp of the pullback": ("J u", lambda: pushed()(us)),
        "vjp of its pullback": ("J^T v", again),
        "gradients in grad_outputs": ("J u", lambda: _double_vjp(n, n.us[0], simplify=True)),
    }
    if thorough:
        ways["jvp"] = "J u", lambda: jvp(n.f, xs, us)[1]
        ways["jvp of the pullback of the pullback"] = "J u", lambda: _jvp_of_linear(pushed(), us)
        if n.elements <= ELEMENTS:
            places = tuple(range(len(xs)))
            ways["jacfwd"] = "J u", lambda: [_times(row, n.us[0]) for row in jacfwd(n.f, argnums=places)(*xs)]
            ways["jacrev"] = "J u", lambda: [_times(row, n.us[0]) for row in jacrev(n.f, argnums=places)(*xs)]
    return ways


def _jvp_of_linear(push: Function, us: Any) -> Sequence[Any]:
    """push is linear: its derivative along u is push(u)."""
    return jvp(lambda *tangents: push(tangents), us, us)[1]


def _plain_vjp(n: Nested) -> list[Array]:
    with using_config("simplify", False):
        leaves = [Variable(np.array(x)) for x in n.xs]
        return [g.data for g in gradients(n.f(*leaves), leaves, grad_outputs=n.cotangents)]


def _double_vjp(n: Nested, u: Vectors, simplify: bool) -> list[Array]:
    """J u, as the gradient of u · J^T v in the cotangents v; v itself is computed from other Variables."""
    with using_config("simplify", simplify):
        leaves, halves = [Variable(np.array(x)) for x in n.xs], [Variable(np.asarray(v / 2)) for v in n.cotangents]
        seeds = [half * 2.0 for half in halves]
        y = _dot(gradients(n.f(*leaves), leaves, grad_outputs=seeds, create_graph=True), u)
        if simplify:
            with suppress(GraphError):  # a rewritten graph may no longer hold the computed cotangents
                return [g.data for g in gradients(y, seeds)]
        return [g.data / 2 for g in gradients(y, halves)]


def _times(row: Sequence[Any], u: Vectors) -> Array:
    """Blocks of a Jacobian times the direction in each argument."""
    parts = [np.tensordot(block.data, v, v.ndim) for block, v in zip(row, u, strict=True)]
    return np.asarray(sum(parts[1:], parts[0]))


# -- behind an inner map ---------------------------------------------------------------------------------------

_POINT = np.array([0.4, -0.7])
_TERMS: dict[tuple[int, ...], float] = {(2, 1): 1.0, (0, 3): -0.5, (1, 0): 0.25}


def behind(run: Run, problem: Problem, thorough: bool) -> None:
    """Operators of the number as a function of two variables that move all arguments along a quadratic map."""
    n = Nested(problem)
    if not n.finite:
        return

    def f(p: Any) -> Any:
        first, second = 0.3 * (p[0] ** 2 + p[1] ** 2), 0.2 * p[0] * p[1]
        return n.number(*[x + a * first + b * second for x, a, b in zip(n.xs, *n.us[:2], strict=True)])

    ways = ("collapsed", "taylor", "reverse") if thorough else ("collapsed",)
    leaf = Variable(_POINT.copy())
    with using_config("simplify", False):
        seconds = {places: [*_partials(f(leaf), leaf, places)] for places in ((0, 0), (1, 1))}
    trace = sum([ys[-1] for ys in seconds.values()])
    size = max([abs(y) for ys in seconds.values() for y in ys] + [LEAST])
    with run.attempt("inner map"):
        for way in ways:
            run.compare("inner map", 2, laplacian(f, way)(_POINT).data, trace, size, f" by {way}", under="inner map")
    if not thorough:
        return
    with run.attempt("inner map"):
        got = np.trace(hessian(f)(_POINT).data)
        run.compare("inner map", 2, got, trace, size, " by hessian", under="inner map")
        with using_config("simplify", False):
            thirds = {index: [*_partials(f(leaf), leaf, places)] for index, places in _PLACES.items()}
        expected = sum([c * thirds[index][-1] for index, c in _TERMS.items()])
        size = max([size, *[abs(y) for ys in thirds.values() for y in ys]])
        for way in ways:
            got = operator(f, _TERMS, way)(_POINT).data
            run.compare("inner map", 3, got, expected, size, f" of order 3 by {way}", under="inner map")


_PLACES = {index: [i for i, count in enumerate(index) for _ in range(count)] for index in _TERMS}


def _partials(y: Variable, leaf: Variable, places: Sequence[int]) -> Iterator[float]:
    for i in places:
        y = gradients(y, leaf, create_graph=True)[0][i]
        yield float(y.data)


def check(run: Run) -> None:
    """The three conditions, on samples of few elements."""
    case, effort = run.case, run.effort
    shapes = [(2,)] * len(case.arguments) if case.elementwise else None
    checks: dict[str, Callable[[Problem], None]] = {
        "transposed": lambda problem: transposed(run, problem, effort.thorough),
        "nested": lambda problem: nested(run, problem, effort.pairs, effort.triples),
        "inner map": lambda problem: behind(run, problem, effort.thorough),
    }
    for name, condition in checks.items():
        if name not in case.without:
            with run.attempt(name):
                condition(on_samples(case, shapes))
                run.holds(name)
