"""The right side of a differential equation as a program, and the right sides of its sensitivities.

With a state Y of n numbers and parameters p, y' = f(Y, t, p). The tangents S of Y along m directions solve
S' = df/dY S + df/dp P, where P is the parameters' part of the directions; the cotangents of Y solve the adjoint
equation l' = -l df/dY. L. Pontryagin et al., The Mathematical Theory of Optimal Processes (1962); A. Hindmarsh et al.,
SUNDIALS (ACM TOMS 31 (2005) 363).
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero.autodiff.gradients import gradients
from dezero.core.config import using_config
from dezero.core.dtypes import Array, Shape
from dezero.core.op import Op
from dezero.core.variable import Variable, argument, wrap
from dezero.ode.compiled import compiled
from dezero.rewriting.cache import CACHE
from dezero.rewriting.program import Program, on_variables
from dezero.series.batch import Batch
from dezero.series.collapsed import CollapsedReading
from dezero.series.power import Series

Moving = tuple[bool, ...]  # for each parameter, whether derivatives are taken in it
_BYTES = 500  # of a step of a program, about


class RightSide:
    """What a right side tells of itself: how its state, one vector, is made of parts.

    The parts of an augmented state are those of the state, and their tangents, each of shape (m, *shape).
    """

    def __init__(self, shapes: Sequence[Shape]) -> None:
        self.shapes = list(shapes)
        self.size = sum(map(math.prod, self.shapes))

    def value(self, y: Array, t: Array, *params: Array) -> Array:
        raise NotImplementedError

    def augmented(self, m: int, moving: Moving) -> RightSide:
        """The right side of the state and its tangents along m directions, for one P (m, *shape) for each moving
        parameter, behind the others."""
        raise NotImplementedError

    def cotangents(self, moving: Moving, both: Array, t: Array, *params: Array) -> Array:
        """The cotangents of the state and the moving parameters, joined. both: the state, and the cotangent of f."""
        raise NotImplementedError

    def at(self, y: Array, t: Array, *params: Array) -> Rates:
        """The right side as a program that holds at this place."""
        raise NotImplementedError

    def places(self, m: int) -> Array:
        """Where the tangents (m, n) of the state's numbers stand in the vector of all tangents."""
        ends = m * np.cumsum([0, *map(math.prod, self.shapes)])
        parts = [np.arange(a, b).reshape(m, -1) for a, b in itertools.pairwise(ends)]
        return np.concatenate(parts, axis=1)

    def jacobian(self, y: Array, t: Array, *params: Array) -> Array:
        """df/dY, (n, n): the tangents along all axes."""
        n = self.size
        places = self.places(n)
        state = np.concatenate([y, np.zeros(n * n)])
        state[n + places] = np.eye(n)
        return self.augmented(n, (False,) * len(params)).value(state, t, *params)[n + places].T


class Rates(RightSide):
    """A right side that is the same program everywhere.

    program: of the parts of the state, the time and the parameters, to the rates of the parts; count: of the parts;
    point: values of the inputs at some place, on which the programs of derivatives are traced.
    """

    def __init__(self, program: Program, count: int, point: Sequence[Array]) -> None:
        self.program, self.count, self.point = program, count, point
        super().__init__([np.shape(x) for x in point[:count]])
        self._derived: dict[Any, Any] = {}

    @classmethod
    def shared(cls, program: Program, count: int, point: Sequence[Array]) -> Rates:
        """As Rates, with the programs of derivatives that an equal program has already."""
        key = None if program.key is None else ("ode", count, program.key)
        found = None if key is None else CACHE.find(key)
        if found is None:
            found = cls(program, count, point)
            if key is not None:
                size = _BYTES * len(program.steps) + sum([np.asarray(c).nbytes for c in program.constants])
                CACHE.keep(key, found, size)
        return found

    @functools.cached_property
    def value(self) -> Callable[..., Array]:
        return compiled(self.program, self.shapes)

    def at(self, y: Array, t: Array, *params: Array) -> Rates:
        return self

    def augmented(self, m: int, moving: Moving) -> Rates:
        key = (m, moving)
        if key not in self._derived:
            self._derived[key] = self._augmented(m, moving)
        return self._derived[key]

    def cotangents(self, moving: Moving, both: Array, t: Array, *params: Array) -> Array:
        if moving not in self._derived:
            self._derived[moving] = compiled(self._pulled(moving), [*self.shapes, *self.shapes])
        return self._derived[moving](both, t, *params)

    def _leaves(self) -> list[Variable]:
        return [argument(np.array(x, np.float64)) for x in self.point]

    def _augmented(self, m: int, moving: Moving) -> Rates:
        leaves, n = self._leaves(), self.count
        rng = np.random.default_rng(0)
        moves = [True] * n + [False] + [*moving]
        lines = [
            argument(rng.uniform(0.5, 1.5, (m, *x.shape))) if moved else None
            for x, moved in zip(leaves, moves, strict=True)
        ]
        F = CollapsedReading(recorded=True, count=m, weights=None, top=9)  # nothing above order 1 is asked for
        with using_config("enable_backprop", True), np.errstate(all="ignore"):
            curves = [x if line is None else _curve(F, x, line) for x, line in zip(leaves, lines, strict=True)]
            found = self.program.run(functools.partial(_call, F), curves)
            ends = [_ends(F, y, m, x.shape) for y, x in zip(found, leaves[:n], strict=True)]
        F.close()
        directions = [line for line in lines if line is not None]
        inputs = [*leaves[:n], *directions[:n], *leaves[n:], *directions[n:]]
        rates = [y for y, _ in ends] + [t for _, t in ends]
        return Rates(Program.traced("odeint", inputs, rates), 2 * n, [x._data for x in inputs])

    def _pulled(self, moving: Moving) -> Program:
        leaves, n = self._leaves(), self.count
        weights = [argument(np.random.default_rng(0).uniform(0.5, 1.5, shape)) for shape in self.shapes]
        asked = [*leaves[:n], *[p for p, moves in zip(leaves[n + 1 :], moving, strict=True) if moves]]
        with using_config("enable_backprop", True), np.errstate(all="ignore"):
            rates = self.program.run(on_variables, leaves)
            pairs = [(y, w) for y, w in zip(rates, weights, strict=True) if isinstance(y, Variable)]
            found: Sequence[Any] = [None] * len(asked)
            if pairs:
                ys, ws = zip(*pairs, strict=True)
                found = gradients(ys, asked, grad_outputs=ws, create_graph=True, unused="none")
        known = [wrap(np.zeros(x.shape)) if y is None else y for x, y in zip(asked, found, strict=True)]
        return Program.traced("odeint", [*leaves[:n], *weights, *leaves[n:]], known)


def _call(F: CollapsedReading, op: Any, *args: Any) -> Any:
    """Run a step. A stack is written as concatenate, which takes all directions at once."""
    if not (isinstance(op, Op) and op.name == "stack"):
        return F.call(op, *args)
    shape = list(args[0].shape)
    axis = op.parameters["axis"] % (len(shape) + 1)
    parts = [F.reshape(x, shape=(*shape[:axis], 1, *shape[axis:])) for x in args]
    return F.concatenate(*parts, axis=axis)


def _curve(F: CollapsedReading, x: Variable, direction: Variable) -> Series:
    """A Variable that moves along m directions at once."""
    step = Batch(F, direction, x.shape)
    return Series(F, x.shape, x.dtype, lambda k: step if k == 1 else 0, x)


def _ends(F: CollapsedReading, found: Any, m: int, shape: Shape) -> tuple[Any, Any]:
    """The value of a rate, and its tangents (m, *shape)."""
    slope = found[1] if isinstance(found, Series) else 0
    value = found[0] if isinstance(found, Series) else found
    tangents = slope.whole() if isinstance(slope, Batch) else wrap(np.zeros((m, *shape)))
    return value if isinstance(value, Variable) else wrap(np.asarray(value)), tangents


class Retraced(RightSide):
    """A right side whose formula depends on the state or the time: it is called anew at each place.

    at: gives the program that holds at a place. The programs of derivatives are kept by what each computes. moves:
    tells whether the places where the formula changes depend on more than the time.
    """

    def __init__(self, at: Callable[..., Rates], shapes: Sequence[Shape], moves: Callable[[], bool]) -> None:
        super().__init__(shapes)
        self._at, self.moves = at, moves

    def at(self, y: Array, t: Array, *params: Array) -> Rates:
        return self._at(y, t, *params)

    def value(self, y: Array, t: Array, *params: Array) -> Array:
        return self.at(y, t, *params).value(y, t, *params)

    def augmented(self, m: int, moving: Moving) -> Retraced:
        n, count, at = self.size, len(moving), self._at
        shapes = [*self.shapes, *[(m, *shape) for shape in self.shapes]]
        return Retraced(lambda y, t, *params: at(y[:n], t, *params[:count]).augmented(m, moving), shapes, self.moves)

    def cotangents(self, moving: Moving, both: Array, t: Array, *params: Array) -> Array:
        return self.at(both[: self.size], t, *params).cotangents(moving, both, t, *params)
