"""How far a Taylor step is good for derivatives, where the solution itself does not show it.

At an equilibrium, or where a coefficient is 0, the solution stays still, and its derivatives move all the same. They
are sums of what the adjoint equation l' = l df/dy gives, and of l df/dp for what f depends on besides.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dezero.autodiff.gradients import gradients
from dezero.core.arraylike import raw
from dezero.core.config import using_config
from dezero.core.errors import GraphError
from dezero.core.variable import Variable
from dezero.ode.taylor.branches import Evaluation
from dezero.series.equation import Solution

_EQUAL = 1e-6  # relative difference of derivatives at two times some roundings apart that is no jump
_STEEP = 1e3  # derivatives this many times larger near a place grow beyond all bounds there
_NOTHING = 1e-290  # below this, doubles lose their digits one by one: what is so small counts as 0
_LOOSE = 32.0  # how many times the terms left out, and rounding, a defect may be


class Adjoint:
    """The polynomials that solve the adjoint equation along a step, from a random cotangent on.

    run: f where the step begins, for states that are leaves; tol: the error, relative. length: of the step for which
    they solve it by their last coefficients; infinite where nothing depends on anything, or where f cuts its graph.
    """

    def __init__(self, run: Evaluation, order: int, tol: float) -> None:
        rng = np.random.default_rng(0)
        cotangents = [
            Variable(np.asarray(rng.choice([-1, 1], y.shape) * rng.uniform(0.5, 1.5, y.shape), y.dtype))
            for y in run.states
        ]
        self.t, self.tol, self.outside = float(run.time._data), tol, _outside(run)
        self.length, self.groups = math.inf, []
        self.orders = np.arange(1.0, order + 1)
        try:
            with using_config("enable_backprop", True):
                pulled = _pulled(run, self.outside, cotangents, create_graph=True)
                zeros = [Variable(np.zeros_like(x.data)) for x in self.outside]
                solution = Solution([*run.rates, *pulled], [*run.states, *cotangents, *zeros], run.time)
                with np.errstate(all="ignore"):
                    terms = [solution[k][len(run.states) :] for k in range(order + 1)]
        except GraphError:  # f cuts its graph, or asks for what a derivative was rewritten without
            return
        n = len(cotangents)
        self.eps = max([float(np.finfo(y.dtype).eps) for y in run.states])
        # row k: coefficient k of the cotangents together, and of each of the sums for itself
        sums = [_rows([[c] for c in column]) for column in list(zip(*terms, strict=True))[n:]]
        self.groups = [_rows([term[:n] for term in terms]), *sums]
        self.length = min([_length(np.max(np.abs(rows), axis=1, initial=0.0).tolist(), tol) for rows in self.groups])

    def solved(self, run: Evaluation, d: float) -> bool:
        """Whether the polynomials' slopes are those of the adjoint equation at a distance, where f has this run.

        The derivatives of f tell more than f: a step that leaps over a place where f is not smooth, or over a spike of
        its derivatives, may solve the equation itself to the tolerance.
        """
        outside = _outside(run)
        if not self.groups or [id(x) for x in outside] != [id(x) for x in self.outside]:
            return True
        flat, cotangents, n = self.groups[0], [], len(run.states)
        with np.errstate(all="ignore"):
            flat = d ** np.arange(float(len(flat))) @ flat
            for y in run.states:
                cotangents.append(Variable(flat[: y.size].reshape(y.shape).astype(y.dtype)))
                flat = flat[y.size :]
            try:
                pulled = [g._data for g in _pulled(run, outside, cotangents)]
            except GraphError:
                return True
            slopes = [_flat(pulled[:n]), *[np.ravel(g) for g in pulled[n:]]]
            return all([self._follows(rows, slope, d) for rows, slope in zip(self.groups, slopes, strict=True)])

    def _follows(self, rows: Any, slope: Any, d: float) -> bool:
        """Whether polynomials have these slopes: to what each slope's size, its last terms and rounding leave open."""
        rates = self.orders[:, None] * rows[1:]
        powers = d ** (self.orders - 1)
        terms = np.abs(rates * powers[:, None])
        sizes = np.maximum(np.max(terms, axis=0), np.abs(slope))
        times = max(abs(self.t), abs(self.t + d)) / abs(d)
        rounding = self.eps * np.max(sizes + times * terms[1] + np.abs(rows[0] / d), initial=0.0)
        allowed = _NOTHING + math.sqrt(self.tol) * sizes + _LOOSE * (terms[-2] + terms[-1] + rounding)
        return bool(np.all(np.abs(slope - powers @ rates) <= allowed))  # nan is no solution either


def differ(left: Evaluation, right: Evaluation) -> bool:
    """Whether the derivatives of f in what it depends on jump from one place to the next."""
    with np.errstate(invalid="ignore"):
        return any(
            [
                np.any(np.abs(a - b) > _NOTHING + _EQUAL * np.maximum(np.abs(a), np.abs(b)))
                for a, b in _pairs(left, right)
            ]
        )


def grow(far: Evaluation, between: Evaluation, near: Evaluation) -> bool:
    """Whether a derivative of f in what it depends on grows beyond all bounds towards a place.

    between: where the distance is the geometric mean of the others. A power of the distance grows as much on both ways;
    what is steep and smooth, such as the foot of a narrow peak, no longer grows on the second one.
    """
    first = [(_size(a), _size(c)) for a, c in _pairs(far, near)]
    second = [(_size(b), _size(c)) for b, c in _pairs(between, near)]
    return any(
        [
            not (c <= _STEEP * a or c <= math.sqrt(_STEEP) * b)
            for (a, c), (b, _) in zip(first, second, strict=True)
            if c > _NOTHING or math.isnan(c)
        ]
    )


def _pairs(a: Evaluation, b: Evaluation) -> list[tuple[Any, Any]]:
    """The derivatives of f in what it depends on, for two runs; none where f cuts its graph."""
    try:
        both = [_pulled(run, _outside(run), [Variable(np.ones(y.shape, y.dtype)) for y in run.rates]) for run in (a, b)]
    except GraphError:
        return []
    return [(x._data, y._data) for x, y in zip(*both, strict=False)]


def _pulled(
    run: Evaluation, outside: list[Variable], cotangents: list[Variable], create_graph: bool = False
) -> tuple[Variable, ...]:
    """The derivatives of f, weighted by the cotangents, in the states and in what f depends on besides."""
    return gradients(run.rates, [*run.states, *outside], grad_outputs=cotangents, create_graph=create_graph)


def _rows(terms: list[list[Any]]) -> Any:
    return np.stack([_flat([raw(c) for c in term]) for term in terms])


def _flat(arrays: list[Any]) -> Any:
    return np.concatenate([np.ravel(x) for x in arrays]).astype(np.float64)


def _length(sizes: list[float], tol: float) -> float:
    """Where the last two terms are the tolerance times the largest of the others."""
    p, lengths = len(sizes) - 1, []
    for j in (p - 1, p):
        below = [(tol * sizes[k] / sizes[j]) ** (1 / (j - k)) for k in range(j - 1) if sizes[k]] if sizes[j] else []
        lengths += [max(below)] if below and all(map(math.isfinite, below)) else []
    return min(lengths, default=math.inf)


def _outside(run: Evaluation) -> list[Variable]:
    """The Variables of floats that f used besides the states and the time."""
    found: dict[int, Variable] = {}
    for node in run.graph:
        for a in node._args:
            if isinstance(a, Variable) and a._age < run.time._age and not run.given(a) and a.dtype.kind == "f":
                found[id(a)] = a
    return list(found.values())


def _size(c: Any) -> float:
    return float(np.max(np.abs(raw(c)), initial=0.0))
