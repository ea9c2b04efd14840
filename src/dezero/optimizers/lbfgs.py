"""L-BFGS: a quasi-Newton method that remembers the last few steps."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from dezero.core.dtypes import Array
from dezero.core.variable import Parameter
from dezero.functions import _scipy
from dezero.optimizers.closure_optimizer import ClosureOptimizer, ParameterObjective


class LBFGS(ClosureOptimizer):
    """Limited-memory BFGS with SciPy's line search, which finds steps under the strong Wolfe conditions.

    history: how many steps, with the changes of the gradient along them, it remembers, also from one update to the
    next. max_iter: iterations an update; each takes one evaluation of loss and gradient, rarely more. tol: an update
    ends where no element of the gradient is larger. Needs SciPy (the extra "optimize").

    J. Nocedal, S. Wright, Numerical Optimization (2nd ed., Springer 2006), algorithms 7.4 and 7.5.

    >>> layer = dezero.layers.Layer()
    >>> layer.w = dezero.Parameter(np.array([-1.2, 1.0]))
    >>> optimizer = LBFGS(max_iter=100).setup(layer)
    >>> optimizer.update(lambda: 100 * (layer.w[1] - layer.w[0] ** 2) ** 2 + (1 - layer.w[0]) ** 2)
    variable(24.2)
    >>> layer.w
    variable([1. 1.])
    """

    limits: ClassVar = {"history": math.inf, "tol": math.inf}
    whole: ClassVar = ("history", "max_iter")

    def __init__(self, history: int = 10, max_iter: int = 20, tol: float = 1e-7) -> None:
        super().__init__()
        self.history = history
        if history < 1 or max_iter < 1:
            raise ValueError(f"LBFGS: history is {history} and max_iter {max_iter}; give 1 or more of each")
        self.max_iter, self.tol = max_iter, float(tol)

    def step(self, objective: ParameterObjective) -> float:
        line = _Line(objective)
        first, x, slope = line.loss, line.x, line.slope
        steps, changes = self._remembered(objective)
        for _ in range(self.max_iter):
            if not np.max(np.abs(slope), initial=0.0) > self.tol:
                break
            found = line.searched(x, slope, direction(steps, changes, slope)) if steps else None
            if found is None:  # no pairs yet, or a search along their direction failed: start again from the gradient
                steps, changes = [], []
                found = line.searched(x, slope, -slope * min(1.0, 1 / float(np.sum(np.abs(slope)))))
            if found is None:
                break
            s, y = found[0] - x, found[1] - slope
            # Below that, rounding hides the curvature.
            if 0 < float(np.finfo(y.dtype).eps) * float(y @ y) < float(s @ y):
                steps, changes = [*steps, s][-self.history :], [*changes, y][-self.history :]
            x, slope = found
        if x is objective.x:
            objective.restore()
        else:
            objective.move(x)
        self._remember(objective, steps, changes)
        return first

    # Between updates each Parameter's part of the pairs is kept in its state, so that it is saved under its name.

    def _remembered(self, objective: ParameterObjective) -> tuple[list[Array], list[Array]]:
        """The pairs, the oldest first; none where the states of these Parameters do not come from the same steps."""
        pairs = [self.states.get(p, {}) for p in objective.params]
        count = len(pairs[0].get("steps", ()))
        wanted = [(count, *p.shape) for p in objective.params]
        if not count or [np.shape(pair.get("steps", ())) for pair in pairs] != wanted:
            return [], []
        steps, changes = (
            [objective.packing.packed([pair[key][i] for pair in pairs], key) for i in range(count)]
            for key in ("steps", "changes")
        )
        return steps, changes

    def _remember(self, objective: ParameterObjective, steps: list[Array], changes: list[Array]) -> None:
        self.states = {}
        if steps:
            for p, *rows in zip(objective.params, *map(objective.parts, steps + changes), strict=True):
                self.states[p] = {"steps": np.stack(rows[: len(steps)]), "changes": np.stack(rows[len(steps) :])}

    def check_state(self, name: str, param: Parameter, arrays: Mapping[str, Array]) -> None:
        shapes = {key: np.shape(value) for key, value in arrays.items()}
        wanted = None if param.data is None else param.shape
        if shapes.keys() != {"steps", "changes"} or len(set(shapes.values())) > 1 or not shapes["steps"]:
            raise ValueError(
                f"LBFGS.load_state_dict: the state of {name} has {shapes}; it needs steps and changes of one shape"
            )
        if wanted is not None and shapes["steps"][1:] != wanted:
            raise ValueError(f"LBFGS.load_state_dict: {name} has shape {wanted}, its state {shapes['steps']}")
        self._check_floats(name, arrays, arrays)


def direction(steps: list[Array], changes: list[Array], slope: Array) -> Array:
    """-H slope, where H is BFGS's estimate of the inverse Hessian from these pairs (the two-loop recursion)."""
    q, scaled = -slope, []
    for s, y in zip(reversed(steps), reversed(changes), strict=True):
        a = float(s @ q) / float(s @ y)
        q = q - a * y
        scaled.append(a)
    q = q * (float(steps[-1] @ changes[-1]) / float(changes[-1] @ changes[-1]))
    for s, y, a in zip(steps, changes, reversed(scaled), strict=True):
        q = q + (a - float(y @ q) / float(s @ y)) * s
    return q


class _Line:
    """The loss and its gradient as the two functions that SciPy calls; both use the graph of one evaluation."""

    def __init__(self, objective: ParameterObjective) -> None:
        self.objective, self.x = objective, objective.x
        self.loss = objective.number()
        self.slope: Any = self._slope()  # None until `gradient` is asked for it at a new x

    def searched(self, x: Array, slope: Array, d: Array) -> tuple[Array, Array] | None:
        """The point along d from x that the line search finds, with the gradient there; None where it finds none."""
        loss = self.value(x)
        if not float(d @ slope) < 0:
            return None
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The line search algorithm did not converge")
            found = _scipy.optimize.line_search(self.value, self.gradient, x, d, slope, loss, maxiter=25)
        length, new_slope = found[0], found[5]
        return None if length is None or new_slope is None else (self._at(x + length * d), new_slope)

    def value(self, x: Array) -> float:
        x = self._at(x)
        if not np.array_equal(x, self.x):
            self.x, self.slope = x, None
            loss = float(self.objective.at(x).data.sum())
            self.loss = loss if math.isfinite(loss) else math.inf  # the step was too long
        return self.loss

    def gradient(self, x: Array) -> Array:
        self.value(x)
        if self.slope is None:
            self.slope = self._slope()
        return self.slope

    def _at(self, x: Array) -> Array:
        return x.astype(self.objective.packing.dtype)  # SciPy's float64 lengths make float64 points

    def _slope(self) -> Array:
        return self.objective.packed(self.objective.slopes(), "the gradient of the loss")
