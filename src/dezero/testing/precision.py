"""Numbers of other kinds: single and half precision, and complex arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero.autodiff.gradients import gradients
from dezero.autodiff.sweep import sweep
from dezero.core import Variable
from dezero.core.dtypes import Array, is_complex, is_real
from dezero.core.graph import collect
from dezero.core.registry import operations
from dezero.testing.certificate import difference, words
from dezero.testing.problem import Problem, data, on_samples, outputs, shapes_of
from dezero.testing.readings import contracted, plain
from dezero.testing.routes import central
from dezero.testing.run import Run

FLOAT32 = 2e-4  # the relative error allowed of orders 0 to 2, against float64 from the same numbers
FLOAT16 = 2e-2  # of orders 0 and 1; rounding to half precision alone is an error of 1/2048
BY_DIFFERENCES = 1e-8  # of complex gradients by differences: rounding over the step
_STEP = 1e-3


def float32(run: Run) -> None:
    """Values and gradients of orders 1 and 2 in float32: no float64 anywhere on the way, and close to float64."""
    shapes = shapes_of(run.case)[:1] + [[()] * len(run.case.arguments)] * run.case.elementwise
    for problem in [on_samples(run.case, shape).cast(np.float32) for shape in shapes]:
        _stays_float32(run, problem, problem.cast(np.float64))


def _stays_float32(run: Run, problem: Problem, exact: Problem) -> None:
    for y, e in zip(problem.ys, exact.ys, strict=True):
        _close(run, 0, y, e)
    leaves = problem.leaves()
    asked, vs = [leaves[i] for i in problem.moving], [problem.vs[i] for i in problem.moving]
    y = problem.phi(*leaves)
    _no_leak(run, "forward", _made(y))
    nodes = collect([y])
    found = sweep(nodes, {y._age: np.float32(1)}, None, False)
    names = {age: n._op.name if n._args else "an argument" for age, n in nodes.items()}
    _no_leak(run, "raw", [(f"the gradient of {names[age]}", found[age]) for age in sorted(found, reverse=True)])
    others = exact.leaves()
    directions = [exact.vs[i] for i in exact.moving]
    right = contracted(exact.phi(*others), [others[i] for i in exact.moving], directions, 2)
    for order, (got, expected) in enumerate(zip(contracted(y, asked, vs, 2), right, strict=True), 1):
        _no_leak(run, f"order {order}", _made(got))
        _close(run, order, got.data, expected.data)


def _made(y: Variable) -> list[tuple[str, object]]:
    """The name and value of each operation of a graph, the oldest first."""
    return [(node._op.name, node._data) for _, node in sorted(collect([y]).items()) if node._args]


def _no_leak(run: Run, where: str, found: Sequence[tuple[str, object]]) -> None:
    for name, x in found:
        for part in x if isinstance(x, tuple) else (x,):
            if getattr(part, "dtype", np.dtype("f4")).kind == "f" and part.dtype != np.float32:
                run.certificate.fail("float32", f"{where}: {name} is {part.dtype}, expected float32")
                return


def _close(run: Run, order: int, got: Array, expected: Array) -> None:
    if is_real(got):
        error, message = difference(got, expected, np.abs(expected).max(initial=0.0))
        if error > FLOAT32:
            run.certificate.fail("float32", message, order)


def float16(run: Run) -> None:
    """Values and first gradients in half precision: float16 where float32 gives float32, and close to float64."""
    sample = on_samples(run.case, shapes_of(run.case)[0])
    try:
        problem = sample.cast(np.float16)
    except (TypeError, ValueError) as error:
        run.certificate.conditions["float16"] = f"it refuses: {words(error)}"
        return
    exact = problem.cast(np.float64)
    kinds = _kinds(run, problem)
    for order, (got, expected) in enumerate(zip(_first_two(problem), _first_two(exact), strict=True)):
        for i, (y, e) in enumerate(zip(got, expected, strict=True)):
            allowed = kinds[i] if order == 0 and i < len(kinds) else ()
            if is_real(y) and y.dtype not in (np.float16, *allowed):
                run.certificate.fail("float16", f"expected dtype float16, got {y.dtype}", order)
            elif is_real(y):
                _near(run, order, y, e)


def _kinds(run: Run, problem: Problem) -> list[Any]:
    """The dtypes above half precision that each output may have, because the reference's has them."""
    if run.case.like is None:
        return []
    try:
        given = [np.asarray(y).dtype for y in outputs(run.case.reference(*problem.xs))]
    except Exception:  # the reference has no half precision, so it does not say which dtype to expect
        return []
    return [() if dtype == np.float16 else (dtype, np.float32) for dtype in given]


def _first_two(problem: Problem) -> tuple[list[Array], list[Array]]:
    """The outputs, and the gradients of their weighted sum on raw arrays and recorded."""
    grads = []
    for create_graph in (False, True):
        leaves = problem.leaves()
        asked = [leaves[i] for i in problem.moving]
        grads += [g.data for g in gradients(problem.phi(*leaves), asked, create_graph=create_graph)]
    return problem.ys, grads


def _near(run: Run, order: int, got: Array, expected: Array) -> None:
    """Record a failure where an element in the range of half precision has too large an error."""
    with np.errstate(over="ignore"):
        fits = np.isfinite(expected.astype(np.float16)) & np.isfinite(expected)
    got, expected = got[fits], expected[fits]
    error, message = difference(got, expected, np.abs(expected).max(initial=1e-5))
    if error > FLOAT16:
        run.certificate.fail("float16", message, order)


def complex_cotangents(run: Run) -> None:
    """Gradients of Re(w exp(iy/3)) of the real results y, by complex arithmetic and by cosines and sines."""
    problem = on_samples(run.case, shapes_of(run.case)[0])
    rng = run.case.rng("complex cotangents")
    weights = [rng.normal(size=y.shape) + 1j * rng.normal(size=y.shape) for y in problem.ys]

    def found(turned: Callable[[Any, Array], Any], create_graph: bool) -> list[Array]:
        leaves = problem.leaves()
        asked = [leaves[i] for i in problem.moving]
        ys = [(y, w) for y, w in zip(outputs(run.case.f(*leaves)), weights, strict=True) if is_real(data(y))]
        if not ys:
            return []
        grads = gradients(sum([turned(y, w).sum() for y, w in ys]), asked, create_graph=create_graph)
        if create_graph:
            total: Any = sum([(g * g).sum() for g in grads])
            grads = (*grads, *gradients(total, asked))
        return [g.data for g in grads]

    def by_complex(y: Any, w: Array) -> Any:
        return operations.real(operations.exp(y * (1j / 3)) * w)

    def by_real(y: Any, w: Array) -> Any:
        return operations.cos(y / 3) * w.real - operations.sin(y / 3) * w.imag

    for create_graph in (False, True):
        for got, right in zip(found(by_complex, create_graph), found(by_real, create_graph), strict=True):
            size = max(float(np.abs(right).max(initial=0.0)), 1e-3)
            wrong, message = difference(got, right, size)
            if wrong > BY_DIFFERENCES:
                way = "recorded" if create_graph else "raw"
                run.certificate.fail("complex cotangents", f"{message}, {way}")


def complex_arguments(run: Run) -> None:
    """Complex arguments near the real ones: the reference's values, and gradients of the real part by differences.

    A gradient is dL/da + i dL/db of arguments a + ib (Variable.backward), so that L along d is Re(conj(gradient) d).
    """
    case = run.case
    if not case.holomorphic:
        run.certificate.conditions["complex arguments"] = case.without.get("complex", "no reference was given")
        return
    problem = on_samples(case, shapes_of(case)[0])
    rng = case.rng("complex arguments")
    turned = [None if v is None else v * np.exp(1j * rng.uniform(0.3, 1.2, v.shape)) for v in problem.vs]
    xs = [x if t is None else x + 0.2 * t for x, t in zip(problem.xs, turned, strict=True)]
    ds = [t if t is None else t * np.exp(1j * rng.uniform(-3, 3, t.shape)) for t in turned]
    try:
        outputs(case.f(*[Variable(x.copy()) if d is not None else x for x, d in zip(xs, ds, strict=True)]))
    except TypeError as error:
        run.certificate.conditions["complex arguments"] = f"it refuses: {words(error)}"
        return

    def weighted(ys: Sequence[Any]) -> Any:
        parts = [(y * w).sum() for y, w in zip(ys, problem.weights, strict=True) if w is not None]
        return sum(parts[1:], parts[0])

    points = []
    for j in range(-4, 5):
        moved = [x if d is None else x + j * _STEP * d for x, d in zip(xs, ds, strict=True)]
        points.append(complex(weighted([np.asarray(y) for y in outputs(case.reference(*moved))])).real)
    leaves: list[Any] = [Variable(x.copy()) if d is not None else x for x, d in zip(xs, ds, strict=True)]
    y = weighted(outputs(case.f(*leaves)))
    run.compare("complex arguments", None, complex(data(y)).real, points[4], max(abs(points[4]), 1e-3), " of the value")
    asked = [leaves[i] for i in problem.moving]
    real = operations.real(y) if is_complex(y) else y
    ways = {
        "raw": lambda: gradients(real, asked),
        "recorded": lambda: gradients(real, asked, create_graph=True),
        "plain": lambda: [plain(real, x) for x in asked],
    }
    for way, ask in ways.items():
        products = [(np.conj(g.data) * ds[i]).ravel() for g, i in zip(ask(), problem.moving, strict=True)]
        size = max([abs(points[4]), 1e-3, *[float(np.abs(p).sum()) for p in products]])
        slope = np.asarray(sum([p.real.sum() for p in products]))
        wrong, message = difference(slope, np.asarray(central(points, _STEP)), size)
        if wrong > BY_DIFFERENCES:
            run.certificate.fail("complex arguments", f"{message} along a direction, {way}", 1)
