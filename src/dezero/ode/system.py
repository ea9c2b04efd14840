"""A system of differential equations: its solution at given times, and the cotangents of all it starts from."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero.core.dtypes import Array
from dezero.core.fingerprint import Unlike
from dezero.functions import _scipy
from dezero.ode.rates import Moving, RightSide
from dezero.ode.solver import Settings, integrate
from dezero.ode.switches import may_switch, refuse_jumps
from dezero.ode.taylor.smooth import Smooth

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(5)
_SMALL = 200  # numbers in a state, for which a dense matrix is as quick as a sparse one


@dataclasses.dataclass
class Solved:
    """A solution: its inputs, the values (times, n), what SciPy returned and the interpolant (None where not kept)."""

    inputs: list[Array]
    values: Array
    found: Any
    sol: Any


class System:
    """The initial value problem of a right side.

    jacobian: df/dy of the equation at the bottom, of the first `size` numbers of the state and its first `count`
    parameters: the tangents' Newton iterations use it in each block (T. Maly, L. Petzold, Applied Numerical
    Mathematics 20 (1996) 57). adjoint: whether derivatives go backward in time.
    """

    def __init__(
        self, rates: RightSide, settings: Settings, adjoint: bool, jacobian: Callable[..., Any], count: int
    ) -> None:
        self.rates, self.settings, self.adjoint = rates, settings, adjoint
        self.jacobian, self.size, self.count = jacobian, rates.size, count
        self.order = np.arange(rates.size)  # of the state: the first equation's, then each tangent of it
        self.mark = Unlike()  # makes the keys of its operations differ from those of every other system
        self.below: RightSide | None = None  # of which this is the augmented one
        self._below_count = 0  # of its parameters
        self.derived: dict[Any, System] = {}
        self.last: Solved | None = None
        self._pulled: tuple[list[Array], Array] | None = None

    def augmented(self, m: int, moving: Moving) -> System:
        """The system of the state and its tangents along m directions; moving: the parameters that these move."""
        key = (m, moving)
        if key not in self.derived:
            rates, n = self.rates.augmented(m, moving), self.rates.size
            derived = System(rates, self.settings, self.adjoint, self.jacobian, self.count)
            derived.order = np.concatenate([self.order, n + self.rates.places(m)[:, self.order].ravel()])
            derived.size, derived.below = self.size, self.rates
            derived._below_count = len(moving)
            self.derived[key] = derived
        return self.derived[key]

    def solve(self, states: Sequence[Array], times: Array, params: Sequence[Array]) -> Solved:
        """The solution; the last one is kept, since the rule of each argument asks for it."""
        inputs = [*states, times, *params]
        if self.last is None or not _same(self.last.inputs, inputs):
            switching = self.below is not None and may_switch(self.below)
            solved = self.integrated(states, times, params, dense=self.adjoint or switching)
            if self.below is not None and switching:
                refuse_jumps(self.below, solved.sol, params[: self._below_count], self.settings.first, self.size)
            self.last = solved
        return self.last

    def keep(self, solved: Solved) -> None:
        self.last = solved

    def integrated(
        self, states: Sequence[Array], times: Array, params: Sequence[Array], dense: bool, events: Any = None
    ) -> Solved:
        inputs = [np.array(x) for x in (*states, times, *params)]  # copies, which nobody changes
        y0 = np.concatenate(states)
        if self.settings.method == "Taylor":
            return self._by_taylor(inputs, y0, times, params)
        places, where = np.unique(times, return_inverse=True)
        if len(places) == 1 or not y0.size:
            return Solved(inputs, np.tile(y0, (len(times), 1)), None, lambda t: np.multiply.outer(y0, np.ones_like(t)))
        if times[0] > times[-1]:
            places, where = places[::-1], len(places) - 1 - where
        found = integrate(
            self.settings,
            lambda y, t: self.rates.value(y, t, *params),
            lambda y, t: self._blocks(y, t, params, y.size),
            y0,
            places,
            atol=self._atol(y0.size),
            dense_output=dense,
            events=events,
            t_eval=places if len(places) > 2 else None,
        )
        values = found.y.T if len(places) > 2 else found.y.T[[0, -1] if found.status == 0 else [0]]
        reached = where < len(values)  # a terminal event ends earlier
        return Solved(inputs, values[where[reached]], found, found.sol)

    def _by_taylor(self, inputs: list[Array], y0: Array, times: Array, params: Sequence[Array]) -> Solved:
        labels = np.empty(y0.size, int)
        labels[self.order] = np.repeat(np.arange(y0.size // max(self.size, 1)), self.size)
        order, longest = [self.settings.options[name] for name in ("order", "max_step")]
        rates = self.rates.at(y0, times[0], *params)
        steps = Smooth(rates, params, order, self.settings.rtol, longest, self.settings.most, labels)
        return Solved(inputs, steps.values(y0, times), steps, None)

    def _blocks(self, y: Array, t: Any, params: Sequence[Array], size: int) -> Any:
        """The Jacobian of the state and of each tangent."""
        block = self.jacobian(y[: self.size], t, *params[: self.count])
        times = size // self.size
        sparse = _scipy.sparse.issparse(block)
        if times == 1:
            return block
        back = np.argsort(self.order)
        if self.settings.method == "LSODA" or (size <= _SMALL and not sparse):  # LSODA takes dense matrices only
            return np.kron(np.eye(times), block.toarray() if sparse else block)[np.ix_(back, back)]
        return _scipy.sparse.kron(_scipy.sparse.eye_array(times), block, format="csr")[back][:, back].tocsc()

    def _atol(self, size: int) -> Any:
        atol = np.asarray(self.settings.atol, np.float64)
        if not atol.ndim:
            return float(atol)
        found = np.empty(size)
        found[self.order] = np.tile(atol, size // self.size)
        return found

    # -- backward ----------------------------------------------------------------------------------------------

    def cotangents(
        self, g: Array, states: Sequence[Array], times: Array, params: Sequence[Array], moving: Moving
    ) -> Array:
        """The cotangents of the moving states and parameters, one after the other, from those of the values g.

        moving: of the states and the parameters. The adjoint equation goes back from one time to the next, along the
        interpolant of the solution.
        """
        inputs = [np.array(x) for x in (g, *states, times, *params)]
        if self._pulled is not None and _same(self._pulled[0], inputs):
            return self._pulled[1]
        sol = self.solve(states, times, params).sol
        refuse_jumps(self.rates, sol, params, self.settings.first, self.size)
        backward = _Backward(self, sol, params, moving[len(states) :])
        for i in range(len(times) - 1, 0, -1):
            backward.jump(g[i])
            if times[i] != times[i - 1]:
                backward.step(times[i], times[i - 1])
        backward.jump(g[0])
        parts = np.split(backward.weights, np.cumsum([s.size for s in states])[:-1])
        found = [part for part, moves in zip(parts, moving, strict=False) if moves]
        flat = np.concatenate([*found, backward.sums])
        self._pulled = inputs, flat
        return flat


class _Backward:
    """The adjoint equation: the weights, cotangents of the state, and the sums, those of the moving parameters."""

    def __init__(self, system: System, sol: Any, params: Sequence[Array], moving: Moving) -> None:
        self.system, self.sol, self.params, self.moving = system, sol, params, moving
        self.weights = np.zeros(system.rates.size)
        self.sums = np.zeros(sum([p.size for p, moves in zip(params, moving, strict=True) if moves]))
        options = {name: value for name, value in system.settings.options.items() if name != "first_step"}
        atol = float(np.min(system.settings.atol))
        self.settings = dataclasses.replace(system.settings, options=options, atol=atol)

    def jump(self, g: Array) -> None:
        self.weights = self.weights + g

    def step(self, start: float, end: float) -> None:
        """From one time back to an earlier one. The integrator is given the time since the start, which may be as small
        as the first steps of a stiff equation at a late time."""
        if not np.any(self.weights):
            return
        settings = dataclasses.replace(self.settings, first=self.settings.first + start)
        since, n = np.array([0.0, end - start]), self.weights.size
        if not settings.implicit:
            z = np.concatenate([self.weights, self.sums])
            found = integrate(settings, lambda z, s: self._rate(self.moving, z, start + s), None, z, since)
            self.weights, self.sums = np.split(found.y[:, -1], [n])
            return
        # For implicit methods the sums would be rows of the matrices that they factor: quadrature finds them instead.
        still = (False,) * len(self.moving)
        found = integrate(
            settings,
            lambda z, s: self._rate(still, z, start + s),
            lambda z, s: -self.system._blocks(self.sol(start + s), start + s, self.params, z.size).T,
            self.weights,
            since,
            dense_output=True,
        )
        if self.sums.size:
            for a, b in zip(found.t[:-1], found.t[1:], strict=True):
                for node, weight in zip(_NODES, _WEIGHTS, strict=True):
                    s = (a + b) / 2 + node * (b - a) / 2
                    self.sums = self.sums + weight * (b - a) / 2 * self._rate(self.moving, found.sol(s), start + s)[n:]
        self.weights = found.y[:, -1]

    def _rate(self, moving: Moving, z: Array, t: Any) -> Array:
        """The rates of the weights, and of the sums of the parameters that move."""
        t = np.float64(t)
        both = np.concatenate([self.sol(t), z[: self.weights.size]])
        return -self.system.rates.cotangents(moving, both, t, *self.params)


def _same(a: Sequence[Array], b: Sequence[Array]) -> bool:
    return all([np.array_equal(x, y) for x, y in zip(a, b, strict=True)])
