"""Whether all readings of a program agree, with each other, with differences and with a peer."""

from __future__ import annotations

import dataclasses
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from dezero import Variable, gradients
from dezero.testing.routes import central
from tests.programs import readings
from tests.programs.generate import Program
from tests.programs.readings import HESSIANS, READINGS, Problem

AGREE = 1e-8  # relative to the largest of the terms that a derivative is the sum of
SLOPE = 1e-6  # what central differences of eight points can tell
_LEAST = 1e-3  # the size of terms at least: what cancels exactly in one reading is rounding in another
_STEP = 1e-5  # far under the distance to a kink, also where a step of the program stretches it


@dataclass(frozen=True)
class Disagreement:
    seed: int
    reading: str
    order: int
    message: str

    def __str__(self) -> str:
        return f"{self.seed} [{self.reading}, order {self.order}]: {self.message}"


Peer = Callable[[Program, int], dict[str, list[float]]]


def judge(program: Program, peer: Peer | None = None, share: int = 1) -> list[Disagreement]:
    """What disagrees with the plain reading, at most one line a reading; a peer may know fewer orders.

    share: take one in so many readings, others for each seed.
    """
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return list(_judged(program, peer, share))


def _judged(program: Program, peer: Peer | None, share: int) -> Iterator[Disagreement]:
    p = Problem(program)
    try:
        trusted = list(readings.plain(p))
    except Exception as error:
        yield Disagreement(program.seed, "plain", 0, _words(error))
        return
    expected, scales = [y for y, _, _ in trusted], [scale for _, scale, _ in trusted]
    if not np.all(np.isfinite(expected)):
        yield Disagreement(program.seed, "plain", len(expected), f"it gives {expected}")
        return
    turn = program.seed % share
    for name, reading in list(READINGS.items())[turn::share]:
        yield from _compared(program, name, lambda r=reading: r(p, len(expected)), expected, scales)
    yield from _slopes(p, trusted)
    if len(expected) > 1 and turn == 0:
        yield from _hessians(p, expected[1], scales[1])
    if len(expected) > 1 and turn == share - 1:
        yield from _along_sparse(p, 2 + program.seed % (len(expected) - 1))
    if peer is not None:
        for name, found in peer(program, len(expected)).items():
            yield from _compared(program, name, lambda found=found: iter(found), expected, scales)


def _compared(
    program: Program, name: str, found: Callable[[], Iterator[Any]], expected: list[Any], scales: list[float]
) -> Iterator[Disagreement]:
    order = 0
    try:
        for order, (got, right, scale) in enumerate(zip(found(), expected, scales, strict=False), 1):
            yield from (wrong := _unequal(program.seed, name, order, getattr(got, "data", got), right, scale))
            if wrong:
                return
    except Exception as error:
        yield Disagreement(program.seed, name, order + 1, _words(error))


def _unequal(seed: int, name: str, order: int, got: Any, right: Any, scale: float, allowed: float = AGREE) -> list[Any]:
    error = np.max(np.abs(np.asarray(got, dtype=float) - right), initial=0.0)
    if error <= allowed * max(scale, _LEAST):
        return []
    return [Disagreement(seed, name, order, f"expected {right!r}, got {got!r} (terms of size {scale:.3g})")]


def _slopes(p: Problem, trusted: list[Any]) -> Iterator[Disagreement]:
    """Order 1 against differences of the value, order 2 against differences of the raw gradient."""
    if "stop_gradient" in p.program.source:
        return
    try:
        values, slopes = [], []
        for j in range(-4, 5):
            leaves = [Variable(np.asarray(x + j * _STEP * v)) for x, v in zip(p.xs, p.vs, strict=True)]
            y = p.f(*leaves)
            values.append(float(y.data))
            slopes.append(float(sum([(g.data * v).sum() for g, v in zip(gradients(y, leaves), p.vs, strict=True)])))
        for order, points in enumerate((values, slopes)[: len(trusted)], 1):
            right, scale, _ = trusted[order - 1]
            size = max(scale, max(map(abs, points)))
            yield from _unequal(p.program.seed, "differences", order, central(points, _STEP), right, size, SLOPE)
    except Exception as error:
        yield Disagreement(p.program.seed, "differences", 0, _words(error))


def _hessians(p: Problem, expected: float, scale: float) -> Iterator[Disagreement]:
    """All second derivatives of the program of one vector, where these are few."""
    f, z, v = readings.packed(p)
    seed = p.program.seed
    names = list(HESSIANS) if z.size <= 3 else ["hessian", list(HESSIANS)[1 + seed % 5]] if z.size <= 6 else []
    found: dict[str, Any] = {}
    for name in names:
        try:
            found[name] = h = HESSIANS[name](f, z).data
        except Exception as error:
            yield Disagreement(seed, name, 2, _words(error))
            return
        size = max(scale, np.abs(h).max(initial=0.0))
        yield from _unequal(seed, name, 2, v @ h @ v, expected, size) or _unequal(
            seed, name, 2, h, found["hessian"], size
        )


def _along_sparse(p: Problem, order: int) -> Iterator[Disagreement]:
    """An operator along a direction of two components, of the program of one vector."""
    try:
        yield from _operators(p, order)
    except Exception as error:
        yield Disagreement(p.program.seed, "operators", order, _words(error))


def _operators(p: Problem, order: int) -> Iterator[Disagreement]:
    rng = np.random.default_rng([p.program.seed, 11])
    u = np.concatenate([v.ravel() for v in p.vs])
    u[rng.permutation(u.size)[2:]] = 0.0
    parts = np.split(u, np.cumsum([v.size for v in p.vs])[:-1])
    names = p.program.directions
    sparse = {name: part.reshape(names[name].shape) for name, part in zip(names, parts, strict=True)}
    along = Problem(dataclasses.replace(p.program, directions=sparse, order=order))
    trusted = list(readings.plain(along))
    if len(trusted) == order:
        right, scale, _ = trusted[-1]
        for way, got in readings.operators(p, u, order):
            yield from _unequal(p.program.seed, f"operator, {way}", order, got, right, max(scale, abs(right)))


def _words(error: BaseException) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"raised {type(error).__name__}: {' '.join(str(error).split())[:300]} ({frame.name}, line {frame.lineno})"
