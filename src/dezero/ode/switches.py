"""Places where a right side goes over to another formula: where it jumps, tangents and cotangents lack a part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dezero.core.dtypes import Array
from dezero.core.errors import GraphError
from dezero.core.op import Op
from dezero.core.variable import Variable, argument
from dezero.ode.rates import Rates, Retraced, RightSide
from dezero.ode.taylor.branches import KINKED, side
from dezero.rewriting.program import on_variables

_EQUAL = 1e-6  # relative difference of f on both sides that is no jump
_HALVINGS = 50


def may_switch(rates: RightSide) -> bool:
    """Whether the right side has an operation with a kink whose place depends on more than the time."""
    return isinstance(rates, Retraced) or bool(isinstance(rates, Rates) and _kinks(rates))


def refuse_jumps(rates: RightSide, sol: Any, params: Sequence[Array], first: float, own: int) -> None:
    """GraphError where the rates jump along a solution, from one formula to another. sol: SciPy's interpolant of the
    state, of the time since the first one. own: how many of the rates f returned, the others being those of tangents,
    which jump where f has a kink.

    Two formulas that change between the same two steps and back are not seen.
    """
    if not may_switch(rates) or not hasattr(sol, "ts"):
        return
    n = rates.size
    before, earlier = None, 0.0
    for t in sol.ts:
        now = _formula(rates, sol(t)[:n], t, params)
        if before is not None and now != before:
            _refuse_jump(rates, sol, params, (earlier, before), t, first, own)
        before, earlier = now, t


def _refuse_jump(
    rates: RightSide, sol: Any, params: Sequence[Array], left: tuple[float, Any], right: float, first: float, own: int
) -> None:
    low, formula = left
    high = right
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _formula(rates, sol(middle)[: rates.size], middle, params) == formula:
            low = middle
        else:
            high = middle
    with np.errstate(all="ignore"):
        a, b = [rates.value(sol(t)[: rates.size], np.asarray(t), *params) for t in (low, high)]
    if not _equal(a, b):
        what = "kink" if _equal(a[:own], b[:own]) else "jump"
        which = "this derivative" if what == "jump" else "this derivative, which is of second order or higher,"
        raise GraphError(
            f"odeint: f {'has a kink' if what == 'kink' else 'jumps'} at t = {high + first:.6g}, at a place that may "
            f"move with the solution or a parameter, so that {which} would lack the shift of that place. Integrate up "
            f"to it by a terminal event and go on from there, or use a smooth function in place of the {what}"
        )


def _equal(a: Array, b: Array) -> bool:
    return bool(np.all(np.abs(a - b) <= _EQUAL * np.maximum(np.max(np.abs(a)), np.max(np.abs(b)))))


def _formula(rates: RightSide, y: Array, t: float, params: Sequence[Array]) -> Any:
    """What is equal for two places with one formula."""
    program = rates.at(y, np.asarray(t), *params)
    sides = b"".join([_bytes(x) for x in _sides(program, y, t, params)])
    return (program.program.key, sides) if isinstance(rates, Retraced) and rates.moves() else sides


def _sides(rates: Rates, y: Array, t: float, params: Sequence[Array]) -> list[Any]:
    wanted = _kinks(rates)
    if not wanted:
        return []
    leaves: list[Variable] = []
    at = 0
    for shape in rates.shapes:
        end = at + int(np.prod(shape))
        leaves.append(argument(y[at:end].reshape(shape)))
        at = end
    leaves += [argument(np.asarray(x)) for x in (t, *params)]
    with np.errstate(all="ignore"):
        found = rates.program.places(on_variables, leaves)
    return [side(found[i]) for i in wanted]


def _kinks(rates: Rates) -> list[int]:
    """The places in the program of results of operations with kinks, where these depend on more than the time."""
    program, first = rates.program, len(rates.program.inputs) + len(rates.program.constants)
    moving = {i for i in range(len(program.inputs)) if i != rates.count}
    found = []
    for place, (op, args) in enumerate(program.steps, first):
        if any([a in moving for a in args]):
            moving.add(place)
            if isinstance(op, Op) and op.name in KINKED:
                found.append(place)
    return found


def _bytes(x: Any) -> bytes:
    return b"" if x is None else np.ascontiguousarray(x).tobytes()
