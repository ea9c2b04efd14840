"""The right side of a differential equation as a program, and the right sides of its sensitivities.

With a state Y of n numbers and parameters p, y' = f(Y, t, p). The tangents S of Y along m directions solve
S' = df/dY S + df/dp P, where P is the parameters' part of the directions; the cotangents of Y solve the adjoint
equation l' = -l df/dY. L. Pontryagin et al., The Mathematical Theory of Optimal Processes (1962); A. Hindmarsh et al.,
SUNDIALS (ACM TOMS 31 (2005) 363).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from dezero.autodiff.gradients import gradients
from dezero.core.config import using_config
from dezero.core.dtypes import Array
from dezero.core.op import Op
from dezero.core.registry import operations
from dezero.core.variable import Variable, argument
from dezero.ode.compiled import compiled
from dezero.rewriting.cache import CACHE
from dezero.rewriting.program import Program, on_variables
from dezero.series.collapsed import Batch, CollapsedReading
from dezero.series.power import Series

Moving = tuple[bool, ...]  # for each parameter, whether derivatives are taken in it
_BYTES = 500  # of a step of a program, about


class RightSide(Protocol):
    """What is asked of a right side: its value, and its derivatives in the state and the parameters."""

    size: int

    def value(self, y: Array, t: Array, *params: Array) -> Array: ...
    def augmented(self, m: int, moving: Moving) -> RightSide: ...
    def cotangents(self, moving: Moving, y: Array, t: Array, *rest: Array) -> tuple[Array | None, ...]: ...
    def jacobian(self, y: Array, t: Array, *params: Array) -> Array: ...
    def at(self, y: Array, t: Array, *params: Array) -> Rates: ...


class Rates:
    """A right side that is the same program everywhere.

    program: of the state (n,), the time and the parameters; point: their values at some place, on which the programs
    of derivatives are traced.
    """

    def __init__(self, program: Program, point: Sequence[Array]) -> None:
        self.program, self.point, self.size = program, point, point[0].size
        self._derived: dict[Any, Any] = {}

    @classmethod
    def shared(cls, program: Program, point: Sequence[Array]) -> Rates:
        """As Rates, with the programs of derivatives that an equal program has already."""
        key = ("ode", program.key)
        found = None if program.key is None else CACHE.find(key)
        if found is None:
            found = cls(program, point)
            if program.key is not None:
                size = _BYTES * len(program.steps) * 10 + sum([np.asarray(c).nbytes for c in program.constants])
                CACHE.keep(key, found, size)
        return found  # type: ignore[no-any-return]

    @functools.cached_property
    def _run(self) -> Callable[..., tuple[Array, ...]]:
        return compiled(self.program)

    def at(self, y: Array, t: Array, *params: Array) -> Rates:
        """The right side as a program that holds at this place."""
        return self

    def value(self, y: Array, t: Array, *params: Array) -> Array:
        return self._run(y, t, *params)[0]

    def augmented(self, m: int, moving: Moving) -> Rates:
        """The right side for the state (Y, S), S of shape (m, n), and one P (m, *shape) for each moving parameter."""
        key = (m, moving)
        if key not in self._derived:
            self._derived[key] = self._augmented(m, moving)
        return self._derived[key]  # type: ignore[no-any-return]

    def cotangents(self, moving: Moving, y: Array, t: Array, *rest: Array) -> tuple[Array | None, ...]:
        """The cotangents of the state and of the moving parameters. rest: the parameters, and the cotangent of f."""
        if moving not in self._derived:
            self._derived[moving] = compiled(self._pulled(moving))
        return self._derived[moving](y, t, *rest)  # type: ignore[no-any-return]

    def jacobian(self, y: Array, t: Array, *params: Array) -> Array:
        """df/dY, (n, n): the tangents along all axes."""
        n = self.size
        rates = self.augmented(n, (False,) * len(params)).value(np.concatenate([y, _identity(n)]), t, *params)
        return rates[n:].reshape(n, n).T

    def _leaves(self) -> list[Variable]:
        return [argument(np.array(x, np.float64)) for x in self.point]

    def _augmented(self, m: int, moving: Moving) -> Rates:
        n, leaves = self.size, self._leaves()
        rng = np.random.default_rng(0)
        directions = [argument(rng.uniform(0.5, 1.5, (m, *p.shape))) for p, moves in self._parameters(moving) if moves]
        state = argument(np.concatenate([leaves[0]._data, rng.uniform(0.5, 1.5, m * n)]))
        F = CollapsedReading(recorded=True, count=m, weights=None, top=9)  # nothing above order 1 is asked for
        with using_config("enable_backprop", True), np.errstate(all="ignore"):
            curves = [_line(F, state[:n], operations.reshape(state[n:], (m, n))), leaves[1]]
            along = iter(directions)
            for p, moves in zip(leaves[2:], moving, strict=True):
                curves.append(_line(F, p, next(along)) if moves else p)
            (found,) = self.program.run(F.call, curves)
            value, tangents = _ends(F, found, m, n)
            rates = operations.concatenate([value, operations.reshape(tangents, (m * n,))], axis=0)
        F.close()
        inputs = [state, *leaves[1:], *directions]
        return Rates(Program.traced("odeint", inputs, [rates]), [x._data for x in inputs])

    def _parameters(self, moving: Moving) -> list[tuple[Array, bool]]:
        return list(zip(self.point[2:], moving, strict=True))

    def _pulled(self, moving: Moving) -> Program:
        leaves = self._leaves()
        with using_config("enable_backprop", True), np.errstate(all="ignore"):
            (y,) = self.program.run(on_variables, leaves)
            weight = argument(np.random.default_rng(0).uniform(0.5, 1.5, self.size))
            asked = [leaves[0], *[p for p, moves in zip(leaves[2:], moving, strict=True) if moves]]
            found: Any = [None] * len(asked)
            if isinstance(y, Variable):
                found = gradients(y, asked, grad_outputs=weight, create_graph=True, unused="none")
        return Program.traced("odeint", [*leaves, weight], found)


def _line(F: CollapsedReading, x: Variable, direction: Variable) -> Series:
    """A Variable that moves along m directions at once."""
    step = Batch(F, direction, x.shape)
    return Series(F, x.shape, x.dtype, lambda k: step if k == 1 else 0, x)


def _ends(F: CollapsedReading, found: Any, m: int, n: int) -> tuple[Any, Any]:
    """The value of f, and its tangents (m, n)."""
    zeros = np.zeros((m, n))
    if not isinstance(found, Series):
        return found, zeros
    slope = found[1]
    return found[0], slope.whole() if isinstance(slope, Batch) else zeros


def _identity(n: int) -> Array:
    return np.eye(n).ravel()


class Retraced:
    """A right side whose formula depends on the state or the time: it is called anew at each place.

    at: gives the program that holds at a place. The programs of derivatives are kept by what each computes.
    """

    def __init__(self, at: Callable[..., Rates], size: int) -> None:
        self.at, self.size = at, size

    def value(self, y: Array, t: Array, *params: Array) -> Array:
        return self.at(y, t, *params).value(y, t, *params)

    def augmented(self, m: int, moving: Moving) -> Retraced:
        n, count, at = self.size, len(moving), self.at
        return Retraced(lambda y, t, *params: at(y[:n], t, *params[:count]).augmented(m, moving), n * (1 + m))

    def cotangents(self, moving: Moving, y: Array, t: Array, *rest: Array) -> tuple[Array | None, ...]:
        return self.at(y, t, *rest[:-1]).cotangents(moving, y, t, *rest)

    def jacobian(self, y: Array, t: Array, *params: Array) -> Array:
        return self.at(y, t, *params).jacobian(y, t, *params)


def op_names(rates: Rates) -> set[str]:
    """The names of the operations of a right side."""
    return {op.name if isinstance(op, Op) else type(op).__name__ for op, _ in rates.program.steps}
