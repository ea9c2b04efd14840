"""Integrations of one right side by Taylor series in machine code."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dezero.compiler.graph import Graph, Unsupported
from dezero.compiler.integration import coefficients, steps
from dezero.compiler.integration.layout import layout, rounded
from dezero.compiler.integration.recurrences import recurrences
from dezero.compiler.machine import llvm
from dezero.compiler.machine.kernels import ATTRIBUTES
from dezero.compiler.passes.simplify import simplified
from dezero.core.dtypes import Array

_ROOM = 2**21  # bytes of memory for polynomials, which Python empties when it is full
_AT = [i + 0.5 + 0.25 * math.sin(7 * i + 1) for i in range(steps.PLACES + 2)]  # no period can hit all of them


class Integration(NamedTuple):
    """What was asked for. longest: of the steps; dense: whether the polynomials are kept."""

    times: Array
    tol: float
    most: int
    longest: float
    dense: bool


class Integrated(NamedTuple):
    """values: the states at the times that were reached, (times, n). t, state: where the steps ended.

    why: FINISHED, TOO_MANY (steps) or FAILED: no step is short enough there, or numbers are not finite.
    ends, polynomials: of each step the time of its end, and its coefficients (order + 1, n).
    """

    why: int
    values: Array
    t: float
    state: Array
    steps: int
    rejected: int
    ends: list[float]
    polynomials: list[Array]


class Integrator:
    """The steps of a right side, whose graph takes states, the time and what else it depends on, and gives the rates.

    states: how many inputs are states, the time being the next one. Raises Unsupported for what has no recurrence.

    >>> import dezero
    >>> f = dezero.compile(lambda y, t: -2 * t * y)
    >>> one = np.ones(1)
    >>> integrator = Integrator(f.specialisation(one, np.array(0.0)).graph, 1, 15)
    >>> asked = Integration(np.array([0.0, 1.0]), 1e-12, 1000, math.inf, False)
    >>> integrator.run([one, None], asked).values[-1]
    array([0.36787944])
    """

    def __init__(self, graph: Graph, states: int, order: int) -> None:
        found = recurrences(simplified(graph, strict=True), states, states)
        self.n = len(found.rates)
        if not self.n:
            raise Unsupported("there is no number to integrate")
        self.states, self.order, places = states, order, layout(found)
        self.inputs = 1 + max([graph.nodes[place].parameters["position"] for place in graph.inputs], default=-1)
        self.slots, self.time, self.fixed = places.slots, places.time, len(places.fixed)
        texts = [f"attributes {ATTRIBUTES}", *coefficients.text(places, found.program, order, self.inputs)]
        texts += steps.text(self.slots, self.n, order, self.time)
        self.module = llvm.compile_module(llvm.link(texts))
        address = self.module.address
        self._prepare = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 2)(address("prepare"))
        self._advance = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_void_p] * 10)(address("advance"))

    def run(self, given: Sequence[Array | None], asked: Integration) -> Integrated:
        """Integrate. given: the graph's inputs in C order; what stands for the time is not read."""
        times, tol, wide = np.ascontiguousarray(asked.times, np.float64), asked.tol, rounded(self.n)
        u, e = np.zeros((self.order + 1, self.slots)), np.zeros((2, self.slots))
        c, w, out = np.zeros(self.fixed + 8), np.zeros(2 * wide), np.empty((len(times), wide))
        kept = [np.ascontiguousarray(x) if x is not None else None for x in given[: self.inputs]]
        pointers = (ctypes.c_void_p * self.inputs)(*[None if x is None else x.ctypes.data for x in kept])
        self._prepare(pointers, c.ctypes.data)
        u[0, : self.n] = np.concatenate([np.ravel(np.asarray(x)) for x in given[: self.states]])
        start, end, p = float(times[0]), float(times[-1]), self.order
        factor = tol ** (1 / (p - 1)) * math.exp(-0.7 / (p - 1))
        floats = np.array([start, start, end, factor, asked.longest, tol, abs(end - start), asked.longest, 0.0])
        size = steps.record(self.n, p) // 8
        room = max(1, _ROOM // (8 * size)) if asked.dense else 1
        counts = np.array([0, len(times), 0, asked.most, 0, 0, room, asked.dense], np.int64)
        buffer, places = np.empty((room if asked.dense else 0, size)), np.array(_AT)
        if self.time is not None:
            u[0, self.time], u[1, self.time] = start, 1.0
        arrays = [u, c, e, w, floats, counts, times, out, places, buffer]
        addresses = [a.ctypes.data for a in arrays]
        ends: list[float] = []
        polynomials: list[Array] = []
        why = steps.FULL
        while why == steps.FULL:
            counts[steps.COUNTS.index("kept")] = 0
            why = self._advance(*addresses)
            held = buffer[: counts[steps.COUNTS.index("kept")]]
            ends += held[:, 0].tolist()
            polynomials += list(held[:, 1:].reshape(len(held), p + 1, wide)[:, :, : self.n].copy())
        done, made, rejected = int(counts[0]), int(counts[2]), int(counts[4])
        state = u[0, : self.n].copy()
        return Integrated(why, out[:done, : self.n], float(floats[0]), state, made, rejected, ends, polynomials)
