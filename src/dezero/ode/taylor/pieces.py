"""The solution of a differential equation as polynomials, one for each step of a Taylor method."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.config import using_config
from dezero.core.dtypes import Array
from dezero.core.registry import operations
from dezero.core.variable import Variable, wrap
from dezero.derivatives.trees import Rebuild

Coefficients = list[list[Any]]  # of each order, of each state


class Pieces:
    """The solution at any time of the integration: `pieces(t)`.

    t: the ends of the steps (steps + 1,). coefficients: for each step the Taylor coefficients about its start, in the
    structure of y0, each of shape (order + 1, *shape), Variables where the steps are recorded. Called with a time or
    times (k,), it returns Variables in the structure of y0, with k rows. ValueError for times outside.
    """

    def __init__(self, rebuild: Rebuild, recorded: bool) -> None:
        self._rebuild, self.recorded = rebuild, recorded
        self._series: list[Coefficients] = []
        self._ends: list[float] = []

    def add(self, start: float, end: float, series: Coefficients) -> None:
        if not self._ends:
            self._ends.append(start)
        self._ends.append(end)
        self._series.append(series)

    @property
    def t(self) -> Array:
        return np.array(self._ends)

    @property
    def coefficients(self) -> list[Any]:
        return [self._rebuild([_joined(c, self.recorded) for c in zip(*s, strict=True)]) for s in self._series]

    def __call__(self, t: Any) -> Any:
        times = np.asarray(raw(t), np.float64)
        ends = self.t
        low, high = sorted((ends[0], ends[-1]))
        if times.ndim > 1 or not np.all((times >= low) & (times <= high)):
            raise ValueError(
                f"odeint_taylor: the solution was asked for times {times}; give times from {low} to {high}"
            )
        sign = 1 if ends[-1] >= ends[0] else -1
        steps = np.clip(np.searchsorted(sign * ends, sign * times, side="right") - 1, 0, len(ends) - 2)
        if not times.ndim:
            found = polynomials(self._series[int(steps)], float(times - ends[steps]), self.recorded)
            return self._rebuild(found)
        rows = [
            polynomials(self._series[i], float(d), self.recorded)
            for i, d in zip(steps.tolist(), times - ends[steps], strict=True)
        ]
        return self._rebuild([_joined(column, self.recorded) for column in zip(*rows, strict=True)])


def polynomials(series: Coefficients, h: float, recorded: bool) -> list[Variable]:
    """The polynomials at a distance, by Horner's rule."""
    with using_config("enable_backprop", recorded):
        totals = series[-1] if h else series[0]
        for coefficients in series[-2::-1] if h else ():
            totals = [total * h + c for total, c in zip(totals, coefficients, strict=True)]
    return [x if isinstance(x, Variable) else wrap(np.asarray(x)) for x in totals]


def _joined(column: Sequence[Any], recorded: bool) -> Variable:
    if recorded and any([isinstance(x, Variable) and x._args for x in column]):
        return operations.stack([x if isinstance(x, Variable) else wrap(np.asarray(x)) for x in column], axis=0)
    return wrap(np.stack([raw(x) for x in column]))
