"""Conditions besides the orders: dtypes, shapes, strides, special points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero.autodiff.gradients import gradients
from dezero.core import Variable
from dezero.core.dtypes import Array, is_inexact, is_real
from dezero.core.graph import collect
from dezero.testing import arrays, extremes, precision
from dezero.testing.cases import NOT_ASKED, REFUSES, Case, Reals
from dezero.testing.certificate import words
from dezero.testing.problem import Problem, data, on_samples, outputs, sampled, shapes_of
from dezero.testing.readings import READ, contracted, plain
from dezero.testing.run import Run
from dezero.testing.trials import along_curve


def check(run: Run) -> None:
    """Check every condition that the case does not waive."""
    checks: dict[str, Callable[[Run], None]] = {
        "float32": precision.float32,
        "float16": precision.float16,
        "complex arguments": precision.complex_arguments,
        "0-d": zero_d,
        "empty": empty,
        "views": views,
        "integers": integers,
        "special": special,
    }
    if run.effort.thorough:
        checks |= {"extremes": extremes.check, "complex cotangents": precision.complex_cotangents}
    for name, condition in checks.items():
        if name not in run.case.without:
            with run.attempt(name):
                condition(run)
                run.holds(name)
    with run.attempt("covers"):
        covers(run)


def same_value(run: Run, xs: Sequence[Array], check: str) -> bool:
    """Whether the operation gives what the reference gives: values, shapes, dtypes."""
    if run.case.like is None:
        return True
    expected = outputs(run.case.reference(*xs))
    leaves = [Variable(x.copy()) if x.dtype.kind in "fiu" else x.copy() for x in xs]
    got = outputs(run.case.f(*leaves))
    arrays.unchanged(run, leaves, xs)
    if len(got) != len(expected):
        run.certificate.fail(check, f"expected {len(expected)} outputs, got {len(got)}")
        return False
    good = True
    for y, e in zip(map(data, outputs(run.case.f(*[x.copy() for x in xs]))), map(data, got), strict=True):
        size = np.abs(e[np.isfinite(e)]).max(initial=0.0)
        good &= run.compare(check, None, y, e, size, " on plain arrays, against Variables")
    for y, e in zip(got, expected, strict=True):
        y, e = data(y), np.asarray(e)
        if y.dtype != e.dtype:
            given = ", ".join(f"{x.dtype} {x.shape}" for x in xs)
            run.certificate.fail(check, f"expected dtype {e.dtype}, got {y.dtype} for {given}")
            good = False
        elif is_inexact(e):
            size = np.abs(e[np.isfinite(e)]).max(initial=0.0)
            good &= run.compare(check, None, y, e, np.maximum(np.abs(e), 1e-3 * size))
        else:
            good &= run.compare(check, None, y.astype(np.int64), e.astype(np.int64))
    return good


def zero_d(run: Run) -> None:
    case = run.case
    if case.elementwise:
        _as_reference(run, "0-d", [sampled(case, [()] * len(case.arguments), "0-d")])
    else:
        xs, vs = sampled(case, None, "0-d")
        _as_reference(run, "0-d", [([x.ravel()[:1].reshape(()) for x in xs], [_first(v) for v in vs])])


def empty(run: Run) -> None:
    case = run.case
    if case.elementwise:
        lots = [sampled(case, [shape] * len(case.arguments), "empty") for shape in ((0,), (2, 0))]
    else:
        xs, vs = sampled(case, None, "empty")
        sizes = sorted({n for x in xs for n in x.shape})
        lots = [([_without(x, n) for x in xs], [_without(v, n) for v in vs]) for n in sizes]
    _as_reference(run, "empty", lots)


def _first(v: Array | None) -> Array | None:
    return None if v is None else v.ravel()[:1].reshape(())


def _without(x: Any, n: int) -> Any:
    """The array with no elements along its axes of length n."""
    return None if x is None else x[(..., *[slice(0 if m == n else None) for m in x.shape])]


def _as_reference(run: Run, condition: str, lots: Sequence[tuple[list[Array], list[Any]]]) -> None:
    """The operation gives what the reference gives, with gradients; where the reference raises, nothing is checked."""
    case, refusals = run.case, []
    for xs, vs in lots:
        if any(x.size == 0 and x.ndim == 0 for x in xs):
            continue
        try:
            finite = case.like is None or all(np.all(np.isfinite(y)) for y in outputs(case.reference(*xs)))
        except Exception as error:
            refusals.append(words(error))
            continue
        if same_value(run, xs, condition):
            problem = Problem(case, xs, vs)
            trial = along_curve(problem, 2, run.effort.nodes)[0] if finite else None
            arrays.check(run, problem, 2, trial, under=condition)
    if len(refusals) == len(lots):
        run.certificate.conditions[condition] = f"{REFUSES}: {refusals[0] if refusals else 'no axis'}"


def views(run: Run) -> None:
    """Reversed, strided, transposed and read-only memory gives the values and first gradients of contiguous memory;
    so do swapped bytes where the operation takes them."""
    problem = on_samples(run.case, shapes_of(run.case)[0])
    expected = _values_and_gradients(problem)
    for name, view in _VIEWS.items():
        try:
            seen = Problem(run.case, [view(x) for x in problem.xs], problem.vs)
        except (TypeError, ValueError):
            if view is _swapped:  # SciPy's sparse matrices
                continue
            raise
        for got, e in zip(_values_and_gradients(seen), expected, strict=True):
            run.compare("views", None, got, e, np.abs(e).max(initial=0.0), f" for {name}")


def _strided(x: Array) -> Array:
    if not x.ndim:
        return x
    room = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), x.dtype)
    view = room[..., ::2][::-1]
    view[...] = x
    return view


def _transposed(x: Array) -> Array:
    return np.array(x, order="F")


def _read_only(x: Array) -> Array:
    x = x.copy()
    x.flags.writeable = False
    return x


def _swapped(x: Array) -> Array:
    return x.astype(x.dtype.newbyteorder()) if is_real(x) else x


_VIEWS: dict[str, Callable[[Array], Array]] = {
    "a reversed and strided view": _strided,
    "Fortran order": _transposed,
    "read-only memory": _read_only,
    "swapped bytes": _swapped,
}


def _values_and_gradients(problem: Problem) -> list[Array]:
    found = [data(y) for y in outputs(problem.case.f(*problem.leaves())) if is_real(data(y))]
    for create_graph in (False, True):
        leaves: list[Any] = [Variable(x) if i in problem.moving else x for i, x in enumerate(problem.xs)]
        y = problem.phi(*leaves)
        found += [g.data for g in gradients(y, [leaves[i] for i in problem.moving], create_graph=create_graph)]
    return found


def integers(run: Run) -> None:
    case = run.case
    xs, _ = sampled(case, None, "integers")
    whole = []
    for x, argument in zip(xs, case.arguments, strict=True):
        if not is_real(x):
            whole.append(x)
        elif isinstance(argument, Reals):
            inside = argument.integers()
            if not inside.size:
                run.certificate.conditions["integers"] = f"none lie between {argument.low:g} and {argument.high:g}"
                return
            whole.append(np.resize(inside, x.shape))
        else:
            whole.append(np.asarray(np.round(3 * x)).astype(np.int64))
    try:
        case.like is None or case.reference(*whole)
    except Exception as error:
        run.certificate.conditions["integers"] = f"{REFUSES}: {words(error)}"
        return
    same_value(run, whole, "integers")


def special(run: Run) -> None:
    """The documented derivatives at special points, of numbers and of arrays, in five readings."""
    if not run.case.special:
        run.certificate.conditions["special"] = NOT_ASKED
    for point, slopes in run.case.special:
        xs = [np.asarray(x) for x in (point if isinstance(point, tuple) else (point,))]
        expected = slopes if isinstance(slopes, tuple) else (slopes,)
        for lift in (np.asarray, np.atleast_1d):
            lifted = [lift(x) for x in xs]
            same_value(run, lifted, "special")
            moving = [i for i, x in enumerate(lifted) if is_real(x)]
            for i, slope in zip(moving, expected, strict=True):
                for reading in ("raw", "tangent", "reverse", "plain", "series"):
                    leaves: list[Any] = [Variable(x) if k in moving else x for k, x in enumerate(lifted)]
                    got = READ[reading](outputs(run.case.f(*leaves))[0].sum(), leaves[i])
                    right = np.broadcast_to(np.asarray(slope, float), lifted[i].shape)
                    right = right.sum() if reading == "series" else right
                    run.compare(reading, 1, got, right, place=f" in argument {i} at {point}", under="special")


def covers(run: Run) -> None:
    """The operations that the case names in `covers` are in its graph, or in its derivatives'."""
    case = run.case
    if case.covers:
        problem = on_samples(case, shapes_of(case)[0])
        leaves = problem.leaves()
        asked, vs = [leaves[i] for i in problem.moving], [problem.vs[i] for i in problem.moving]
        # Squared, so that linear operations have second derivatives too.
        y = sum([(part * part).sum() for part in outputs(case.f(*leaves))])
        once = plain(y, asked[0])
        seen = _names([y, *contracted(y, asked, vs, 3), once, plain(once.sum(), asked[0])])
        for name in case.covers:
            if name not in seen:
                run.certificate.fail("covers", f"the operation {name} is neither in its graph nor its derivatives'")


def operations_of(case: Case) -> set[str]:
    """The names of the declared operations in the graph of a case's result, and those it covers besides."""
    return {*_names(outputs(case.f(*on_samples(case, shapes_of(case)[0]).leaves()))), *case.covers}


def _names(results: Sequence[object]) -> set[str]:
    return {n._op.name for n in collect([y for y in results if isinstance(y, Variable)]).values() if n._args}
