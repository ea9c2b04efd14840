"""A user's right side f(y, t, *args) as a program, or as one program for each place where its formula differs."""

from __future__ import annotations

import contextlib
import inspect
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from dezero.autodiff.arguments import calling_on, computed, refuse_nothing
from dezero.core.dtypes import Array, is_real
from dezero.core.errors import GraphError, describe
from dezero.core.marks import UNRECORDED, Computed, Cut
from dezero.core.variable import Variable, argument, tick
from dezero.core.watch.watching import watching
from dezero.derivatives.packing import Packing
from dezero.derivatives.trees import flatten, note_lists, tree_shape
from dezero.ode.rates import Rates, Retraced, RightSide
from dezero.rewriting.program import Program, computed_and_used


class Traced:
    """A right side, called at a state and a time.

    shift: the first time where it is a Variable; f's time is then this plus the time since the start, so that the first
    time is a parameter. parameters: the Variables of floats that f depends on.
    """

    def __init__(
        self, f: Callable[..., Any], packing: Packing, args: Sequence[Any], y0: Array, t0: float, shift: Variable | None
    ) -> None:
        self.name = packing.name
        self.f, self.packing, self.args, self.shift = f, packing, args, shift
        self.moves = False  # whether f was seen to compare what depends on more than the time
        given = [x for x in flatten(tuple(args))[0] if isinstance(x, Variable)]
        self.given = [x for x in ([] if shift is None else [shift]) + given if _differentiable(x)]
        leaves, rates, found, changes = self._call(y0, t0)
        self.parameters = list({id(x): x for x in [*self.given, *found]}.values())
        first = self._rates(leaves, rates)
        self._everywhere = None if changes else first

    def right_side(self) -> RightSide:
        """The program, or what calls f anew at each place, where f compares values, reads numbers from Variables or
        computes inside no_grad."""
        if self._everywhere is not None:
            return self._everywhere
        return Retraced(self._at, self.packing.shapes, lambda: self.moves)

    def _rates(self, leaves: Sequence[Variable], rates: Sequence[Variable]) -> Rates:
        inputs = [*leaves, *self.parameters]
        program = Program.traced(self.name, inputs, rates)
        return Rates.shared(program, len(rates), [_double(x._data) for x in inputs])

    def _at(self, y: Array, t: Any, *params: Array) -> Rates:
        for x, p in zip(self.parameters, params, strict=True):
            if not np.array_equal(_double(x._data), p):
                raise GraphError(
                    f"{self.name}: f compares values or reads numbers, so that it is called anew, and {describe(x)} "
                    "that it uses was changed since; differentiate before its data changes"
                )
        leaves, rates, found, _ = self._call(y, float(t))
        known = {id(x) for x in self.parameters}
        for x in found:
            if id(x) not in known:
                raise GraphError(
                    f"{self.name}: f uses {describe(x)} at t = {float(t):.6g} and not at the start; give it in args"
                )
        return self._rates(leaves, rates)

    def _call(self, y: Array, t: float) -> tuple[list[Variable], list[Variable], list[Variable], bool]:
        """The leaves and rates of a call, the Variables that it used, and whether it differs from place to place."""
        born = tick()
        ends = np.cumsum([math.prod(shape) for shape in self.packing.shapes])
        parts = [part.reshape(shape) for part, shape in zip(np.split(y, ends[:-1]), self.packing.shapes, strict=True)]
        states: list[Variable] = [argument(part) for part in parts]
        leaves = [*states, argument(np.asarray(t))]
        with calling_on(leaves), watching() as watch, np.errstate(all="ignore"):  # integrate() checks the rates
            time = leaves[-1] if self.shift is None else leaves[-1] + self.shift
            with noting_order(self.name, self.f, self.packing.tree):
                rates = self._checked(self.f(self.packing.rebuild(states), time, *self.args))
        nodes, used = computed_and_used(rates, born)
        ours = {id(x) for x in leaves}
        seen = [*watch.read, *[x for operands, _ in watch.compared for x in operands]]
        young = [x for x in seen if isinstance(x, Variable) and x._age > born]
        older = [x for x in seen if isinstance(x, Variable) and x._age <= born]
        changes = bool(young)
        if young or older:
            inside, outside = computed_and_used([*young, *older], born)
            used += [x for x in outside if id(x) not in {id(y) for y in used}]  # where f jumps may move with them
            still = {id(leaves[-1]), *[id(x) for x in inside if x._args]}
            still -= set() if self.shift is None else {id(leaves[-1])}
            rest = [x for x in [*inside, *outside] if id(x) not in still]
            self.moves = self.moves or any([_differentiable(x) or isinstance(x._op, Cut) for x in rest])
        self.cut = next((x._op for x in nodes if isinstance(x._op, Cut)), None)  # of the last call
        changes = changes or self.cut is not None
        return leaves, rates, [x for x in used if id(x) not in ours and _differentiable(x)], changes

    def _checked(self, found: Any) -> list[Variable]:
        """The rates of the state's parts; errors for those that do not fit."""
        leaves = flatten(found)[0]
        if not leaves:
            refuse_nothing(self.name, found)
        refuse_list(self.name, found, self.packing.tree)
        shape, wanted = tree_shape(found), tree_shape(self.packing.tree)
        if shape != wanted or type(shape) is not type(wanted):
            raise ValueError(f"{self.name}: f's result has the structure {shape}, y0 has {wanted}; give it the same")
        for rate, like in zip(leaves, self.packing.shapes, strict=True):
            if computed(self.name, rate).shape != like:
                raise ValueError(f"{self.name}: f returned a {describe(rate)} for a state of shape {like}")
            if rate.dtype.kind == "c":
                raise TypeError(f"{self.name}: f returned a {describe(rate)}; give the real and imaginary parts apart")
        return leaves

    def check_recorded(self) -> None:
        """GraphError where f computes something that the solution's derivatives would lack."""
        if self.cut is not None:
            why = "takes a derivative without create_graph=True" if self.cut is UNRECORDED else "computes under no_grad"
            raise GraphError(
                f"odeint: f {why}, which would be a constant for the solution's derivatives; detach() it to have it "
                "so, or integrate inside no_grad for the values alone"
            )


@contextlib.contextmanager
def noting_order(name: str, f: Callable[..., Any], y0: Any) -> Iterator[None]:
    """Note on an error that f seems to take the time first, as SciPy's right sides do, or that y0 is a list."""
    try:
        yield
    except Exception as error:
        if isinstance(error, TypeError):
            note_lists(name, error, [y0])
        if _first_parameter(f) == "t":
            error.add_note(
                f"{name}: f is called as f(y, t, *args), and its first parameter is named t; scipy.integrate.solve_ivp "
                "calls f(t, y). Exchange the two, or give lambda y, t: f(t, y)"
            )
        raise


def _first_parameter(f: Callable[..., Any]) -> str | None:
    try:
        return next(iter(inspect.signature(f).parameters), None)
    except (TypeError, ValueError):  # of a builtin
        return None


def refuse_list(name: str, found: Any, like: Any) -> None:
    """ValueError for a list of numbers in place of an array."""
    if isinstance(found, list | tuple) and not isinstance(like, list | tuple | dict):
        raise ValueError(
            f"{name}: f returned a {type(found).__name__} of {len(found)} for y0, which is one array; join them by "
            "dezero.functions.stack (F.stack([...])), or give y0 in that structure"
        )


def _differentiable(x: Variable) -> bool:
    return is_real(x._data) and not isinstance(x._op, Computed)


def _double(x: Any) -> Array:
    return np.asarray(x, np.float64)
