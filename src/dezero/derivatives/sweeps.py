"""Sweeps over the graph of a function that ran: forward along curves of its arguments, backward from its outputs."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from dezero.autodiff.arguments import check_callable
from dezero.autodiff.gradients import gradients
from dezero.core.arithmetic import ALIAS
from dezero.core.arraylike import raw
from dezero.core.call import operand
from dezero.core.config import recording, using_config
from dezero.core.dtypes import Array, is_complex, is_inexact
from dezero.core.errors import GraphError, GraphWarning, describe, to_the_user
from dezero.core.graph import collect, leading_to
from dezero.core.marks import Cut
from dezero.core.registry import operations
from dezero.core.variable import Variable, wrap
from dezero.core.watch.tracing import tracing
from dezero.derivatives.costs import work
from dezero.derivatives.tracing import Args, Kwargs, P, Run
from dezero.derivatives.trees import matching
from dezero.series.batch import Batch
from dezero.series.collapsed import CollapsedReading
from dezero.series.expansion import Known, Term, advance, curve, expand
from dezero.series.power import Series, coefficient, is_zero
from dezero.series.reading import SeriesReading

T = TypeVar("T")
Curves = Mapping[Variable, Sequence[Term]]  # Taylor coefficients 1, 2, ... of each Variable that moves


def transform(name: str, f: Callable[P, object], compute: Callable[[Args, Kwargs], T]) -> Callable[P, T]:
    """The function with f's parameters that returns compute(args, kwargs); TypeError where f cannot be called."""
    check_callable(name, f)

    @functools.wraps(f, updated=())
    def transformed(*args: P.args, **kwargs: P.kwargs) -> T:
        return compute(args, kwargs)

    return transformed


def result(run: Run) -> Any:
    """What the function returned; without a graph where nobody can differentiate it further."""
    return run.value if run.recorded else run.output_tree([wrap(np.array(y._data)) for y in run.outputs])


def with_aux(found: object, run: Run, has_aux: bool) -> Any:
    """What a transform returns: what it found, and the function's aux where it has one."""
    return (found, run.aux) if has_aux else found


def further(run: Run, given: Sequence[object] = ()) -> bool:
    """Whether derivatives along these tangents or cotangents are recorded: also where one of them is a Variable."""
    return run.recorded or tracing() or (recording() and any(isinstance(v, Variable) for v in given))


# -- forward ---------------------------------------------------------------------------------------------------


class Forward:
    """The outputs of one graph as its leaves move along curves, for as many curves as are asked for."""

    def __init__(self, name: str, outputs: Sequence[Variable], leaves: Sequence[Variable]) -> None:
        ours = {x._age for x in leaves}
        for y in outputs:
            if isinstance(y._op, Cut) and y._age not in ours:
                raise GraphError(f"{name}: the function computed {describe(y)} under no_grad, which cuts its graph")
        self.outputs, self.path = outputs, leading_to(collect(outputs), leaves)
        self.work = work(self.path.values())

    def __call__(self, curves: Curves, order: int, recorded: bool) -> list[Variable]:
        """Taylor coefficient `order` of each output.

        curves: coefficients 1, 2, ... of the leaves that move, arrays or Variables of the leaves' shapes and dtypes.
        """
        F = SeriesReading(recorded)
        try:
            series = {x: curve(F, x, [_term(c, recorded) for c in cs]) for x, cs in curves.items()}
            coefficients = self._coefficients(F, series, order)
        finally:
            F.close()
        found: list[Variable] = []
        for c in coefficients:
            c = c if isinstance(c, Variable) else wrap(np.array(c))  # (a copy)
            found.append(c * 1 if any([c is other for other in found]) else c)  # no Variable stands twice
        return found

    def along(self, directions: Mapping[Variable, Array], order: int, recorded: bool) -> list[Variable]:
        """Taylor coefficient `order` of each output along several rays: shape (R, *y.shape).

        directions: of each leaf that moves, of shape (R, *x.shape). An operation runs once for many rays.
        """
        count = len(next(iter(directions.values())))
        at_once = min(count, self.work.at_once(order))
        if at_once < 2:
            rows = [self({x: [rays[r]] for x, rays in directions.items()}, order, recorded) for r in range(count)]
            with using_config("enable_backprop", recorded):
                return [operations.stack(ys) for ys in zip(*rows, strict=True)]
        parts = []
        for start in range(0, count, at_once):
            part = {x: rays[start : start + at_once] for x, rays in directions.items()}
            parts.append(self._bundle(part, order, recorded))
        if len(parts) == 1:
            return parts[0]
        with using_config("enable_backprop", recorded):
            return [operations.concatenate(ys) for ys in zip(*parts, strict=True)]

    def _bundle(self, directions: Mapping[Variable, Array], order: int, recorded: bool) -> list[Variable]:
        count = len(next(iter(directions.values())))
        F = CollapsedReading(recorded, count, None, order + 1)
        curves = {x: [Batch(F, wrap(rays) if recorded else rays, x.shape)] for x, rays in directions.items()}
        try:
            found = self._coefficients(F, {x: curve(F, x, cs) for x, cs in curves.items()}, order)
            shapes = [(count, *y.shape) for y in self.outputs]
            wholes = [c.whole() if isinstance(c, Batch) else c for c in found]
        finally:
            F.close()
        if recorded:
            return [operations.broadcast_to(c, shape) for c, shape in zip(wholes, shapes, strict=True)]
        return [wrap(np.array(np.broadcast_to(raw(c), shape))) for c, shape in zip(wholes, shapes, strict=True)]

    def _coefficients(self, F: SeriesReading, curves: Mapping[Variable, Series], order: int) -> list[Any]:
        """Coefficient `order` of each output, of any kind of the reading."""
        known: Known = {x._age: series for x, series in curves.items()}
        moving = expand(F, self.path.values(), known)
        for k in range(1, order + 1):
            advance(F, moving, k)
        found = []
        for y in self.outputs:
            c = coefficient(known.get(y._age, y if F.recorded else y._data), order)
            found.append(F.full(0, y) if order and is_zero(c) else c)
        return found


def _term(c: Any, recorded: bool) -> Term:
    """A coefficient of a curve as a new Variable or array, so that no result shares it."""
    if recorded:
        return c * 1 if isinstance(c, Variable) else wrap(c)
    return raw(c)[()]


def output_tangents(name: str, run: Run, directions: Sequence[object]) -> list[Variable]:
    """The tangents of the outputs, from those of the leaves."""
    pairs = zip(run.leaves, directions, strict=True)
    curves: Curves = {x: [fitting(name, v, x, "a tangent", "primal")] for x, v in pairs}
    return Forward(name, run.outputs, run.leaves)(curves, 1, further(run, directions))


# -- backward --------------------------------------------------------------------------------------------------


class Backward:
    """The cotangents of a run's leaves, for as many cotangents of its outputs as are asked for."""

    def __init__(self, run: Run) -> None:
        graph = collect(run.outputs)
        self.leaves = run.leaves
        self.inner = [x for x in run.leaves if x._age in graph]  # the gradients in all other leaves are 0
        past = [x for x in run.leaves if x._age not in graph and x._op is ALIAS and x._args[0]._age in graph]
        if past:
            _warn_used_itself(run.name, past[0]._args[0])

    def __call__(self, outputs: Variable | Sequence[Variable], weights: Any, recorded: bool) -> list[Variable]:
        found = iter(gradients(outputs, self.inner, weights, create_graph=recorded))
        reached = {x._age for x in self.inner}
        return [next(found) if x._age in reached else wrap(np.zeros_like(x._data)) for x in self.leaves]


def _warn_used_itself(name: str, x: Variable) -> None:
    warnings.warn(
        f"{name}: the function uses a Variable that was given as an argument, {describe(x)}, itself, and not the "
        "parameter that stands for it, so that the derivative in the argument is 0; compute from the parameter",
        GraphWarning,
        stacklevel=to_the_user(),
    )


def argument_cotangents(name: str, run: Run, weights: Sequence[object]) -> Any:
    """The cotangents of the leaves, in the arguments' structure, from those of the outputs."""
    seeds = [fitting(name, w, y, "a cotangent", "output") for w, y in zip(weights, run.outputs, strict=True)]
    return run.tree(Backward(run)(run.outputs, seeds, further(run, weights)))


def gradient(run: Run, recorded: bool) -> list[Variable]:
    """The gradient in each leaf of a function whose result is one real number."""
    return Backward(run)(single(run), None, recorded)


def single(run: Run) -> Variable:
    """The result of a function that is to return one real number; TypeError or ValueError where it is another."""
    if len(run.outputs) != 1 or run.outputs[0].shape != ():
        what = describe(run.outputs[0]) if len(run.outputs) == 1 else f"{len(run.outputs)} arrays"
        raise ValueError(
            f"{run.name}: the function returned {what}; it is to return one number, of shape (): take the sum or mean "
            "of its result, or use jacobian"
        )
    (y,) = run.outputs
    if is_complex(y):
        raise TypeError(
            f"{run.name}: the function returned {describe(y)}; only a real number has a gradient: take the real part, "
            "the imaginary part or abs of the result, or use jvp"
        )
    return y


# -- tangents and cotangents -----------------------------------------------------------------------------------


def fitting(name: str, given: object, like: Variable, what: str, of: str) -> Variable:
    """A tangent or cotangent as a Variable of the shape and dtype of what it belongs to."""
    v = operand(given, name)  # type: ignore[arg-type]  # TypeError for what is no array
    if v.shape != like.shape:
        raise ValueError(f"{name}: {what} has shape {v.shape}, its {of} has shape {like.shape}; give it the same")
    if v.dtype.kind not in "fciub" or (is_complex(v) and not is_complex(like)):
        raise TypeError(f"{name}: {what} is {describe(given)}, its {of} has dtype {like.dtype}; give it the same")
    return v if v.dtype == like.dtype or not is_inexact(like) else operations.astype(v, like.dtype)


def paired(name: str, primals: Sequence[object], tangents: Sequence[object]) -> list[Any]:
    """The leaves of the tangents, in the structure of the primals, a tuple of the arguments of a function."""
    for what, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, tuple | list):
            raise TypeError(
                f"{name}: {what} is {describe(given)}; give a tuple with one entry for each argument of the function"
            )
    return matching(name, tuple(tangents), tuple(primals), "tangents", "primals")
