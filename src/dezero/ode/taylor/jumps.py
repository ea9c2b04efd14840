"""Knots of the right side of a differential equation that move with what derivatives are taken in.

Steps end at fixed times. Where f goes over to another formula at a place that moves with a Variable, derivatives of the
solution have a part that such steps lack: the first derivatives, where f jumps; the second ones, where it has a kink.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dezero.core.call import apply
from dezero.core.declare import declare
from dezero.core.errors import GraphError
from dezero.core.op import ELEMENTWISE, Op
from dezero.core.registry import operations
from dezero.core.variable import Variable
from dezero.ode.taylor import adjoint
from dezero.ode.taylor.branches import Branch, Evaluation, changed, depends, opaque, rests_on, unknown
from dezero.series.equation import Solution

_ORDERS = 6  # up to which the series on both sides of a knot are compared
_EQUAL = 1e-9  # relative difference of their coefficients that is no jump
_BESIDE = 1e-2  # of a step
_ALIKE = 0.05  # the same, where the place is known to a few digits only
CLEAR = 100  # widths of a gap, which are free of the rounding that widened it
_NEAR = 1e-6  # of the way to a place: so near, both sides of a bend still differ, and rounding no longer counts


@dataclass
class Knot:
    """A place where a derivative of the solution jumps: its order, and the states whose derivative it is.

    at: the distance from the step's start; numbers: which of f's branches change there, None where nobody knows; moves:
    whether the place depends on more than the time.
    """

    at: float
    order: int
    jumping: list[bool]
    numbers: list[int] | None
    moves: bool
    name: str


class Sides:
    """The solution's series on both sides of a place in a step.

    run: f for the step's polynomials at a distance; looks: distances in this step with f there, by which the size of
    each rate is told; t, h: where the step starts, and its length.
    """

    def __init__(
        self, run: Callable[[float], Evaluation], looks: Sequence[tuple[float, Evaluation]], t: float, h: float
    ) -> None:
        self.run, self.looks, self.t, self.h = run, looks, abs(t), abs(h)
        self.eps = max([float(np.finfo(r.dtype).eps) for r in looks[0][1].rates])

    def first_difference(self, left: float, right: float, orders: int, loose: float) -> tuple[int, list[bool]] | None:
        """The lowest order whose coefficients differ, and for which states they do; None up to `orders`."""
        pair = [self._coefficients(self.run(d), orders + 1) for d in (left, right)]
        width = 4 * (abs(right - left) + self.eps * (self.t + self.h))
        beside = math.copysign(_BESIDE * self.h, right - left)
        runs = [*[run for _, run in self.looks], self.run(left - beside), self.run(right + beside)]
        with np.errstate(all="ignore"):
            sizes = [
                np.max([np.abs(r._data) for r in column], axis=0)
                for column in zip(*[x.rates for x in runs], strict=True)
            ]
            found = [self._order(size, a, b, width, loose) for size, a, b in zip(sizes, *pair, strict=True)]
        lowest = min([k for k in found if k], default=0)
        return (lowest, [k > 0 for k in found]) if lowest else None

    @staticmethod
    def _coefficients(run: Evaluation, orders: int) -> list[Any]:
        """Of each state its coefficients from 1 on."""
        solution = Solution(run.rates, run.states, run.time)
        with np.errstate(all="ignore"):
            return [np.stack(c) for c in zip(*[solution[k] for k in range(1, orders + 1)], strict=True)]

    def _order(self, size: Any, a: Any, b: Any, width: float, loose: float) -> int:
        """The lowest order at which an element differs by more than its rounding and the width of the gap explain.

        size: what each element takes in the step and beside the gap. 0 where none differs. Where a coefficient grows
        beyond all measure, as for a root at its end, no derivative is right: the order is 1.
        """
        largest = np.fmax(np.abs(a), np.abs(b))
        size = np.fmax(size, largest[0])
        for k in range(1, len(a)):
            now, floor = largest[k - 1], 1000 * self.eps * size / self.h ** (k - 1)
            drift = width * (k + 1) * largest[k]
            apart = np.abs(a[k - 1] - b[k - 1])
            differ = ~(apart <= max(loose, 100 * self.eps) * now + floor + drift) | ~np.isfinite(apart)
            steep = (loose < _ALIKE) & (drift > now) & (now > size / (_BESIDE * self.h) ** (k - 1))
            known = ~(np.isnan(a[0]) & np.isnan(b[0]))
            if np.any((differ | steep) & known):
                return 1 if np.any(steep & known) else k
        return 0


def first_knot(sides: Sides, least: float, recorded: bool) -> Knot | None:
    """The first knot of a branch that is known within the step.

    least: the width to which it is found; recorded: whether derivatives in the states may be asked for.
    """
    start = sides.looks[0][1]
    inside = [recorded] * len(start.states)
    for (left, before), (right, after) in zip(sides.looks[:-1], sides.looks[1:], strict=True):
        while changed(before.branches, after.branches):
            if not recorded and not _place_moves(before, after, inside):
                break
            lower, upper, run = left, right, after
            while abs(upper - lower) > least:
                middle = (lower + upper) / 2
                between = sides.run(middle)
                if changed(before.branches, between.branches):
                    upper, run = middle, between
                else:
                    lower = middle
            behind = upper + math.copysign(least, right)  # at the knot itself a root may have no series
            differ = sides.first_difference(lower, behind, _ORDERS, _EQUAL)
            found = changed(before.branches, run.branches)
            if lower == 0:  # the start stands at a fixed time; a state that is a plain number does not move there
                moves = _place_moves(start, start, [recorded and bool(y._args) for y in start.states], found)
            else:
                moves = _place_moves(before, run, inside, found)
            if differ is None and recorded:
                differ = _hidden(found, run, moves, sides, lower, behind)
            if differ is not None:
                return Knot(behind, *differ, [i for i, _ in found], moves, _names(found))
            if upper == right:
                break
            left, before = upper, run
    return None


def _hidden(
    found: list[tuple[int, Branch]], run: Evaluation, moves: bool, sides: Sides, lower: float, upper: float
) -> tuple[int, list[bool]] | None:
    """As first_difference, of a knot that the solution does not show: its derivatives may jump where it does not.

    Where branches of different origin change at one place, their jumps may cancel there and only there.
    """
    nothing = [False] * len(run.states)
    if not moves:
        return _ORDERS, nothing
    known = [branch for _, branch in found if any([isinstance(x, Variable) for x in branch.operands])]
    if len({rests_on(branch, run) for branch in known}) > 1:
        return 1, nothing
    return (2, nothing) if adjoint.differ(sides.run(lower), sides.run(upper)) else None


def unknown_knot(sides: Sides, good: float, bad: float, recorded: bool) -> Knot | None:
    """The knot between these places, where no branch is known that changes there.

    It may depend on what f read of Variables, and gave to operations that may have a kink anywhere.
    """
    run = sides.run(good)
    may_be = unknown(run)
    if not (depends(may_be, run, [recorded] * len(run.states)) if may_be else recorded):
        return None
    gap = bad - good
    differ = sides.first_difference(good - CLEAR * gap, bad + CLEAR * gap, 1, _ALIKE)
    if differ is None:
        gap = math.copysign(max(abs(gap), _NEAR * min(abs(good) or sides.h, sides.h)), gap)
        differ = sides.first_difference(good - gap, bad + gap, 2, _ALIKE)
        if differ is not None and any([isinstance(node._op, Op) for node in opaque(run)]):
            differ = 1, differ[1]  # the root of a square, say: what begins so close to it has no derivatives
    if recorded and (differ is None or differ[0] > 1) and _singular(sides, good, bad):
        differ = 1, [False] * len(run.states)
    return None if differ is None else Knot(bad, *differ, None, True, "what f computes in a way of its own")


def _singular(sides: Sides, good: float, bad: float) -> bool:
    """Whether derivatives of f grow beyond all bounds on a side of this gap, as those of log and sqrt do at 0."""
    gap = bad - good
    beside = math.copysign(max(CLEAR * abs(gap), _BESIDE * sides.h), gap)
    between = math.copysign(math.sqrt(abs(beside * gap)), gap)
    return any(
        [
            adjoint.grow(*[sides.run(place + sign * d) for d in (beside, between, gap)])
            for place, sign in ((good, -1), (bad, 1))
        ]
    )


def refuse_jump(knot: Knot, t: float) -> None:
    """GraphError where f itself jumps at a place that moves."""
    if knot.order == 1 and knot.moves:
        raise GraphError(
            f"odeint_taylor: f jumps at t = {t:.6g}, in {knot.name}, at a place that depends on more than the time (or "
            "its slope is infinite there); derivatives would lack the shift of that place. Integrate inside no_grad, "
            "or use a smooth function in place of the jump"
        )


def behind(states: list[Variable], kink: Knot, run: Evaluation) -> list[Variable]:
    """The states behind a kink: those of their derivatives that lack a part raise.

    run: f at the kink, for states with their graph. What the place depends on has a part in them, which is 0.
    """
    operands = unknown(run) if kink.numbers is None else [*_operands(run, kink.numbers), *run.watch.read]
    moving = [
        x
        for x in operands
        if isinstance(x, Variable) and depends([x], run, [True] * len(run.states)) and x.dtype.kind == "f"
    ]
    rng, total = np.random.default_rng(0), 0.0  # weights, so that what moves against another does not cancel
    for x in moving or run.rates:
        total = total + operations.sum(x * rng.uniform(0.5, 1.5, x.shape))
    place = f"t = {float(run.time._data):.6g}, in {kink.name}"
    zero = apply(_ACROSS.bind(right=kink.order - 1, order=kink.order, place=place), total)
    return [y + operations.astype(zero, y.dtype) if jumps else y for y, jumps in zip(states, kink.jumping, strict=True)]


def _place_moves(
    before: Evaluation, run: Evaluation, recorded: Sequence[bool], found: list[tuple[int, Branch]] | None = None
) -> bool:
    """Whether the place of a change depends on more than the time, by the operands that it has in this run.

    A condition or a change of the control flow that no comparison explains comes of what f read; where it read
    nothing, nobody knows.
    """
    found = changed(before.branches, run.branches) if found is None else found
    operands = _operands(run, [i for i, _ in found])
    if not any([isinstance(a, Variable) for a in operands]) and not run.watch.read:
        return True
    return depends([*operands, *run.watch.read], run, recorded)


def _operands(run: Evaluation, numbers: Sequence[int]) -> list[Any]:
    """What the sides of these branches depend on."""
    told = [run.branches[i] for i in numbers if i < len(run.branches)]
    return [a for b in told for a in b.operands]


def _names(found: list[tuple[int, Branch]]) -> str:
    names = [branch.name for _, branch in found]
    return "where" if "where" in names else names[0]


# -- what marks a kink in the graph --------------------------------------------------------------------------------


def _next(F: Any, g: Any, x: Any, y: Any, right: int, order: int, place: str) -> Any:
    if right == 0:
        raise GraphError(
            f"odeint_taylor: f has a kink at {place}, at a place that moves with what this derivative of order {order} "
            f"is taken in; it would lack a part. Take derivatives up to order {order - 1}, or use a smooth function in "
            "place of the kink"
        )
    return g * F.across_knot(x, right=right - 1, order=order, place=place)


# 0, and so are its derivatives up to the order `right`; those of a higher order raise.
_ACROSS = declare(
    Op("across_knot", ELEMENTWISE, lambda x, right, order, place: np.zeros_like(x), (_next,), uniform=False)
)
