"""Rows: peak memory of eight calls beside that of one, and what keeping memory gains a step with large arrays."""

from __future__ import annotations

import functools
import gc
import math
from collections.abc import Callable
from typing import Any

import numpy as np

import dezero
import dezero.functions as F
from benchmarks.laplacian import applied, laplacian_by_hand, network
from benchmarks.rows import Case, Finding, Profile, Row, Section
from dezero import Variable, gradients

CALLS, STEPS = 8, 4
ORDER = {"derivative": 10, "taylor": 8}
WIDTHS = (3, 16, 16, 1)
PLATE = (2, 50, 50, 50, 1)


def _points(kind: str, count: int) -> np.ndarray:
    shape = (count, WIDTHS[0]) if kind == "laplacian" else (count,)
    return np.random.default_rng(1).uniform(-1, 1, shape)


def _call(kind: str, count: int) -> Callable[[], np.ndarray]:
    """Return a call that gives derivatives, one row for each order that it computes."""
    x = _points(kind, count)
    if kind == "derivative":
        derivative = dezero.derivative(F.tanh, ORDER[kind])
        return lambda: derivative(x).data[np.newaxis]
    if kind == "taylor":
        return lambda: np.stack([c.data for c in dezero.taylor(F.tanh, x, ORDER[kind])])
    weights, biases = network(WIDTHS)
    laplacian = dezero.laplacian(lambda x: applied(F.tanh, x, weights, biases))
    return lambda: laplacian(x).data[np.newaxis]


def _calls(kind: str, count: int, number: int) -> Callable[[], object]:
    call = _call(kind, count)

    def run() -> object:
        gc.disable()
        try:
            for _ in range(number):
                found = call()
        finally:
            gc.enable()
        return found

    return run


def reference(kind: str, count: int) -> np.ndarray:
    """Return the derivatives by formulas, at the points that are compared."""
    x = _points(kind, count)[:5]
    if kind == "laplacian":
        return laplacian_by_hand(x, *network(WIDTHS))[np.newaxis]
    tanh = [np.polynomial.Polynomial([0, 1])]  # as polynomials in tanh, whose derivative is 1 - tanh^2
    for _ in range(ORDER[kind]):
        tanh.append(tanh[-1].deriv() * np.polynomial.Polynomial([1, 0, -1]))
    if kind == "derivative":
        return tanh[-1](np.tanh(x))[np.newaxis]
    return np.array([p(np.tanh(x)) / math.factorial(k) for k, p in enumerate(tanh)])


def _see(found: Any) -> Finding:
    return Finding(found[:, :5])


def _memory_row(kind: str, name: str, count: int) -> Row:
    cases = {"DeZero": CALLS, "one call": 1}
    return Row(
        key=f"memory/{kind}",
        name=name.format(count),
        cases={
            case: Case(functools.partial(_calls, kind, count, calls), _see, isolated=True)
            for case, calls in cases.items()
        },
        reference=lambda: reference(kind, count),
        fresh=tuple(cases),
    )


# -- steps that get and free the same large arrays -------------------------------------------------------------


def _plate(count: int, keep: bool) -> Callable[[], object]:
    """Return steps of the loss of a plate's equation and its gradient, after some that are not timed."""
    arrays, biases = network(PLATE)
    weights = [Variable(a) for a in (*arrays, *biases)]
    x = Variable(np.random.default_rng(0).uniform(size=(count, 2)))
    biharmonic = dezero.biharmonic(lambda x: applied(F.tanh, x, weights[:4], weights[4:]))
    dezero.keep_memory(keep)

    def run() -> object:
        for _ in range(STEPS):
            loss = F.mean(biharmonic(x) ** 2)
            found = gradients(loss, weights)
        return loss, found

    run()
    return run


def _see_plate(found: Any) -> Finding:
    dezero.keep_memory(False)
    loss, slopes = found
    return Finding(np.array([[loss.item()], [sum(float(np.sum(g.data)) for g in slopes)]]))


@functools.cache
def plate_reference(count: int) -> np.ndarray:
    """Return the loss by nested gradients, and its derivative along a vector of ones by differences of fourth order."""
    x = np.random.default_rng(0).uniform(size=(count, 2))

    def loss(shift: float) -> float:
        weights, biases = ([a + shift for a in arrays] for arrays in network(PLATE))
        nested = dezero.biharmonic(lambda x: applied(F.tanh, x, weights, biases), method="reverse")
        return float(np.mean(nested(x).data ** 2))

    h = 1e-3
    slope = (loss(-2 * h) - 8 * loss(-h) + 8 * loss(h) - loss(2 * h)) / (12 * h)
    return np.array([[loss(0.0)], [slope]])


def _plate_row(count: int) -> Row:
    cases = {"DeZero": False, "keep_memory": True}
    return Row(
        key="memory/plate",
        name=f"plate, {'-'.join(map(str, PLATE))}, {count} points: a step",
        cases={
            name: Case(functools.partial(_plate, count, keep), _see_plate, isolated=True)
            for name, keep in cases.items()
        },
        reference=lambda: plate_reference(count),
        tolerance=1e-5,
        operations=STEPS,
        rounds=3,
    )


def section(profile: Profile) -> Section:
    """Return the rows of memory."""
    many, few, plate = (1_000_000, 20_000, 2000) if profile.large else (10, 6, 3)
    return Section(
        "Memory",
        f"{CALLS} calls beside *one call*, each in a process of its own and with Python's garbage collector off: *MB* "
        "is what they add to the peak. The last row is a step of a plate's equation, biharmonic, loss and gradient in "
        "all weights: *DeZero* as it is, *keep_memory* after `dezero.keep_memory()`, with which glibc does not give "
        "the memory of freed arrays back.",
        (
            _memory_row("derivative", "derivative(tanh, 10), {:,} points", many),
            _memory_row("taylor", "taylor(tanh), order 8, {:,} points", many),
            _memory_row("laplacian", "Laplacian, 3-16-16-1, {:,} points", few),
            _plate_row(plate),
        ),
    )
