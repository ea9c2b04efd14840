"""A step of a Taylor method: polynomials, and how far they solve the differential equation."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.variable import Variable, wrap
from dezero.ode.taylor.adjoint import Adjoint
from dezero.ode.taylor.branches import Evaluation, affine, changed
from dezero.ode.taylor.jumps import CLEAR, Knot, Sides, first_knot, refuse_jump, unknown_knot

_ALLOWED = 32.0  # a step is shortened where its defect is this many times the error it was chosen for


class Step:
    """The polynomials from a time on, and f along them.

    f: gives the run of f for states and a time; series: the coefficients of the states; t, h: where the step begins,
    and its length; start: f there; tol, scale: of the error, relative and the size that it is relative to; adjoint: the
    polynomials of the derivatives, where they may be asked for.
    """

    def __init__(
        self,
        f: Callable[[list[Variable], float], Evaluation],
        series: list[list[Any]],
        t: float,
        h: float,
        start: Evaluation,
        tol: float,
        scale: float,
        adjoint: Adjoint | None = None,
    ) -> None:
        self.series, self.adjoint = series, adjoint
        self.derivable = adjoint.length if adjoint else math.inf  # how far the derivatives' series are good for
        self.f, self.t, self.h, self.start, self.tol, self.scale = f, t, h, start, tol, scale
        self.states = [raw(c) for c in series[0]]
        # row k: coefficient k of all states, times h**k, so that a place in the step is a number from 0 to 1
        self.terms = np.stack([np.concatenate([np.ravel(raw(c)) for c in coefficients]) for coefficients in series])
        with np.errstate(all="ignore"):
            for k in range(1, len(series)):
                self.terms[k:] *= h
        self.orders = np.arange(float(len(series)))
        self.eps = float(np.finfo(self.states[0].dtype).eps)
        self.looks: list[tuple[float, Evaluation]] = [(0.0, start)]  # at which places f was looked at, in order
        self.underivable = False  # whether the step was cut where the solution's polynomials were right
        self.bounds: tuple[float, float] | None = None  # the last good and the first bad place

    def through(self, start: float, end: float, places: int) -> tuple[float, bool]:
        """The step up to where the equation is no longer solved, and whether it is one across a knot.

        places: how many of them are tried between the times start and end. Of the last good and the first bad place the
        middle is tried, until they are as close as times can be told.
        """
        h = self.h
        self.least = 2 * self.eps * max(abs(self.t), abs(self.t + h), 1e-3 * abs(end - start))
        if not h:
            return h, False
        at = self._places(places / abs(end - start))
        tried = [self._defect(d) for d in at]
        means = [size for _, size, _ in tried if math.isfinite(size)]
        # of |y| too, where it changes more in this step than its series tells
        self.scale = max(self.scale, abs(h) * sum(means) / max(len(means), 1))
        runs = [run for *_, run in tried]
        solved = [self._small(d, *found[:2]) for d, found in zip(at, tried, strict=True)]
        if not all(solved) or not self._derivatives_solved(h, runs[-1]):
            solved = [ok and self._derivatives_solved(d, run) for ok, d, run in zip(solved, at, runs, strict=True)]
        last = solved.index(False) if not all(solved) else len(solved)
        self.looks += zip(at[:last], runs, strict=False)
        if last == len(solved):
            return h, False
        good, bad = self.looks[-1][0], at[last]
        while abs(bad - good) > self.least:
            middle = (good + bad) / 2
            defect, size, run = self._defect(middle)
            small = self._small(middle, defect, size, allowed=_ALLOWED / 1000)  # a jump is to be met closely
            self.underivable = small and not self._derivatives_solved(middle, run)
            if small and not self.underivable:
                good = middle
                self.looks.append((middle, run))
            else:
                bad = middle
        self.bounds = good, bad
        return (good, False) if abs(good) > self.least else (bad, True)

    def knot(self, length: float, after: Evaluation, recorded: bool) -> Knot | None:
        """The first knot up to this length; GraphError for a jump of f at a place that moves.

        after: f there; recorded: whether derivatives in the states may be asked for.
        """
        looks = [*[look for look in self.looks if abs(look[0]) < abs(length)], (length, after)]
        if self.bounds is None and not any([run.branches for _, run in looks]):
            return None
        sides = Sides(self.run, looks, self.t, self.h)
        found = first_knot(sides, self.least, recorded)
        if found is None and self.bounds is not None and not self._told():
            found = unknown_knot(sides, *self.bounds, recorded)
        if found is not None:
            refuse_jump(found, self.t + found.at)
        return found

    def finite(self, d: float) -> bool:
        return bool(np.all(np.isfinite(self._values(d))))

    def run(self, d: float) -> Evaluation:
        """f for the polynomials at a distance."""
        flat, states, at = self._values(d), [], 0
        for y in self.states:
            states.append(wrap(flat[at : at + y.size].reshape(y.shape).astype(y.dtype)))
            at += y.size
        return self.f(states, self.t + d)

    def _told(self) -> bool:
        """Whether a branch that is known changes up to the first place where the equation is not solved."""
        good, bad = self.bounds or (0.0, 0.0)
        return bool(changed(self.start.branches, self.run(bad + CLEAR * (bad - good)).branches))

    def _values(self, d: float) -> Any:
        with np.errstate(all="ignore"):
            return (d / self.h) ** self.orders @ self.terms if d else self.terms[0]

    def _places(self, density: float) -> list[float]:
        """Places in the step, none of which a period can hit throughout, and its end.

        What the polynomials miss of an f of the first degree grows throughout the step: its end tells all.
        """
        n = 0 if affine(self.start) else max(2, math.ceil(abs(self.h) * density))
        return [self.h * (i + 0.5 + 0.25 * math.sin(7 * i + 1)) / n for i in range(n)] + [self.h]

    def _defect(self, d: float) -> tuple[float, float, Evaluation]:
        """The largest difference between the polynomials' slopes and f, and the largest |f|, at a distance."""
        with np.errstate(all="ignore"):
            run = self.run(d)
            found = np.concatenate([np.ravel(rate._data) for rate in run.rates])
            slopes = (self.orders[1:] * (d / self.h) ** self.orders[:-1]) @ self.terms[1:] / self.h
            return float(np.max(np.abs(found - slopes), initial=0.0)), float(np.max(np.abs(found), initial=0.0)), run

    def _derivatives_solved(self, d: float, run: Evaluation) -> bool:
        """Whether the derivatives' polynomials solve their equation too; a branch that is known may end them."""
        if self.adjoint is None or changed(self.start.branches, run.branches):
            return True
        return self.adjoint.solved(run, d)

    def _small(self, d: float, defect: float, size: float, allowed: float = _ALLOWED) -> bool:
        """Whether a defect is no more than the tolerance and rounding, that of the time too, make of it."""
        curved = 2 * float(np.max(np.abs(self.terms[2]), initial=0.0)) / self.h**2
        rounding = self.eps * abs(d) * (size + max(abs(self.t), abs(self.t + d)) * curved)
        return abs(d) * defect <= allowed * self.tol * self.scale + _ALLOWED * rounding  # nan is no solution either
