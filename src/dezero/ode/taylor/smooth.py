"""A Taylor method for right sides that are smooth programs: for the tangents of a solution, in one pass.

The state falls into groups, the solution and its tangent along each direction. Each has an error of its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.config import using_config
from dezero.core.dtypes import Array
from dezero.core.variable import Variable, argument, wrap
from dezero.ode.rates import Rates
from dezero.rewriting.program import on_variables
from dezero.series.equation import Solution

_PLACES = 200  # over the whole interval, at which the steps are compared with f
_ALLOWED = 32.0  # a step is halved where its defect is this many times the error it was chosen for


@dataclass
class Smooth:
    """How to step. labels: of each number of the state, its group."""

    rates: Rates
    params: Sequence[Array]
    order: int
    tol: float
    longest: float
    most: int
    labels: Array

    def values(self, y0: Array, times: Array) -> Array:
        """The solution at the times, (times, n).

        FloatingPointError where no step is short enough, RuntimeError where there are too many.
        """
        y, t, end = y0, float(times[0]), float(times[-1])
        self.span, self.steps, self.rejected = abs(end - t), 0, 0
        found = [y for x in times if x == t]
        for _ in range(self.most):
            if len(found) == len(times):
                return np.stack(found)
            rows = self._coefficients(y, t)
            h = self._step(rows, t, end)
            near = end if abs(h) >= abs(end - t) else t + h
            while len(found) < len(times) and abs(times[len(found)] - times[0]) <= abs(near - times[0]):
                found.append(_at(rows, float(times[len(found)]) - t))
            y, t = _at(rows, near - t), near
            self.steps += 1
        raise RuntimeError(f"odeint_taylor: {self.most} steps reach t = {t} of {end}")

    def _coefficients(self, y: Array, t: float) -> Array:
        """The Taylor coefficients, row k of order k."""
        states, at = [], 0
        for shape in self.rates.shapes:
            end = at + math.prod(shape)
            states.append(argument(y[at:end].reshape(shape)))
            at = end
        time = argument(np.asarray(t))
        with using_config("enable_backprop", True), np.errstate(all="ignore"):
            found = self.rates.program.run(on_variables, [*states, time, *self.params])
            rates = [r if isinstance(r, Variable) else wrap(np.asarray(r)) for r in found]
            solution = Solution(rates, states, time)
            return np.stack([np.concatenate([np.ravel(raw(c)) for c in solution[k]]) for k in range(self.order + 1)])

    def _step(self, rows: Array, t: float, end: float) -> float:
        """The length of a step whose polynomials solve the equation."""
        if not np.all(np.isfinite(rows)):
            raise FloatingPointError(f"odeint_taylor: the derivatives of the solution are not finite at t = {t}")
        scales, reaches = zip(*[self._reach(column) for column in self._tops(rows).T.tolist()], strict=True)
        p = self.order
        h = min(self.longest, min(reaches) * self.tol ** (1 / (p - 1)) * math.exp(-0.7 / (p - 1)), abs(end - t))
        h = math.copysign(h, end - t)
        scale = np.array(scales)[self.labels]
        least = 1e-15 * max(abs(t), 1e-3 * self.span)  # times that are closer cannot be told apart
        while abs(h) <= least < abs(end - t) or not self._solved(rows, t, h, scale):
            if abs(h) <= least:
                raise FloatingPointError(f"odeint_taylor: no step is short enough for the derivatives at t = {t}")
            h /= 2
            self.rejected += 1
        return h

    def _reach(self, sizes: list[float]) -> tuple[float, float]:
        """Of a group: its size in the step, and how far its series would be good for an error as large as that."""
        p = self.order
        low = next((k for k in range(1, p) if sizes[k]), p)
        last = [j for j in (p - 1, p) if sizes[j]]
        radius = min([(sizes[low] / sizes[j]) ** (1 / (j - low)) for j in last if j > low], default=0.0)
        scale = max(sizes[0], sizes[low] * radius**low)
        return scale, min([(scale / sizes[j]) ** (1 / j) for j in last], default=math.inf)

    def _solved(self, rows: Array, t: float, h: float, scale: Array) -> bool:
        """Whether the polynomials' slopes are f at places in the step: to the tolerance of each group, and rounding."""
        count = max(2, math.ceil(abs(h) * _PLACES / self.span))
        orders, eps = np.arange(1.0, len(rows)), float(np.finfo(np.float64).eps)
        curved = 2 * self._tops(rows[2:3])[0][self.labels]
        for d in [h, *[h * (i + 0.5 + 0.25 * math.sin(7 * i + 1)) / count for i in range(count)]]:
            with np.errstate(all="ignore"):
                found = self.rates.value(_at(rows, d), np.asarray(t + d), *self.params)
                slopes = (orders * d ** (orders - 1)) @ rows[1:]
                size = self._tops(found[None])[0][self.labels]
                rounding = eps * abs(d) * (size + max(abs(t), abs(t + d)) * curved)
                allowed = _ALLOWED * (self.tol * np.maximum(scale, abs(h) * size) + rounding)
                if not np.all(abs(d) * np.abs(found - slopes) <= allowed):  # nan is no solution either
                    return False
        return True

    def _tops(self, rows: Array) -> Array:
        """The largest number of each group, for each row."""
        found = np.zeros((int(self.labels.max(initial=-1)) + 1, len(rows)))
        np.maximum.at(found, self.labels, np.abs(rows).T)
        return found.T


def _at(rows: Array, d: float) -> Array:
    return d ** np.arange(float(len(rows))) @ rows if d else rows[0]
