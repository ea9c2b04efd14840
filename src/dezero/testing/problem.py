"""A case on given arrays, and the number that is differentiated: the weighted sum of its outputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dezero.core import Variable
from dezero.core.dtypes import Array, Shape, is_real
from dezero.core.variable import ArrayLike
from dezero.testing.cases import Bools, Case, Reals

Shapes = list[Shape]


def outputs(y: Any) -> list[Any]:
    """The arrays that a function returned: one, or several."""
    return list(y) if isinstance(y, tuple | list) else [y]


def data(y: ArrayLike) -> Any:
    return y.data if isinstance(y, Variable) else np.asarray(y)


class Problem:
    """A case on given arrays.

    xs: the arguments. moving: the places of those of float dtype; the others are passed as they are. vs: a direction
    for each argument, short enough that elements stay in their domain; None where it does not move. phi: the weighted
    sum of all float outputs, of Variables. phi_reference: the same of arrays.
    """

    def __init__(self, case: Case, xs: Sequence[Array], vs: Sequence[Any]) -> None:
        self.case, self.xs, self.vs = case, list(xs), list(vs)
        self.moving = [i for i, x in enumerate(xs) if is_real(x)]
        self.ys = [data(y) for y in outputs(case.f(*self.leaves()))]
        if not any(is_real(y) for y in self.ys):
            given = ", ".join(str(y.dtype) for y in self.ys)
            raise ValueError(f"no output is real ({given}): take real parts or absolute values in form= or call=")
        rng = case.rng("weights")
        self.weights = [rng.uniform(0.5, 1.5, y.shape).astype(y.dtype) if is_real(y) else None for y in self.ys]

    def phi(self, *xs: Any) -> Variable:
        parts = zip(outputs(self.case.f(*xs)), self.weights, strict=True)
        return sum([(y * w).sum() for y, w in parts if w is not None])

    def phi_reference(self, *xs: Array) -> Any:
        if self.case.like is None:
            return self.phi(*[Variable(x) if is_real(x) else x for x in map(np.asarray, xs)]).data
        parts = zip(outputs(self.case.reference(*xs)), self.weights, strict=True)
        return sum([(np.asarray(y) * w).sum() for y, w in parts if w is not None])

    def leaves(self, only: Sequence[int] | None = None) -> list[Any]:
        """The arguments, those that move (or only some of them) as fresh Variables."""
        chosen = self.moving if only is None else only
        return [Variable(x.copy(order="K")) if i in chosen else x for i, x in enumerate(self.xs)]

    def cast(self, kind: type[np.floating]) -> Problem:
        """The same problem with its float arrays in another dtype."""
        return Problem(self.case, [_cast(x, kind) for x in self.xs], [_cast(v, kind) for v in self.vs])


def sampled(
    case: Case, shapes: Sequence[Shape] | None, purpose: str, also: bool = False
) -> tuple[list[Array], list[Any]]:
    """Samples of a case's arguments (of these shapes, where it is element-wise), and a direction for each.

    also: whether the points that a domain names in `also` are among them.
    """
    rng = case.rng(purpose)
    xs: list[Array] = []
    vs: list[Any] = []
    for i, argument in enumerate(case.arguments):
        if isinstance(argument, Reals | Bools):
            shape = argument.shape if argument.shape is not None else shapes[i] if shapes else (2, 3)
            x = argument.sample(rng, shape, argument.also if also else ())
        else:
            x = np.array(argument(rng) if callable(argument) else argument)
        room = (
            argument.room(x)
            if isinstance(argument, Reals)
            else rng.uniform(0.1, 0.25, x.shape) * _size(x, callable(argument))
        )
        sign = rng.permutation(np.arange(x.size) % 2 * 2.0 - 1).reshape(x.shape)
        xs.append(x)
        vs.append(sign * room if is_real(x) else None)
    return xs, vs


def on_samples(case: Case, shapes: Sequence[Shape] | None = None) -> Problem:
    """The case on samples of its arguments."""
    return Problem(case, *sampled(case, shapes, f"arrays {shapes}"))


def _size(x: Array, random: bool) -> Array:
    """The size of each element, at most 1: the elements of a given array keep their sign in a step of a part of it."""
    size = np.clip(np.abs(x), 0.5 if random else 0.0, 1.0)
    return np.where(size > 0, size, 1.0)


def _cast(x: Any, kind: type[np.floating]) -> Any:
    return x.astype(kind) if x is not None and is_real(x) else x


def shapes_of(case: Case) -> list[Shapes | None]:
    """Shapes for the arguments of an element-wise case that broadcast in every way; None for given shapes."""
    if not case.elementwise:
        return [None]
    n = len(case.arguments)
    if n == 1 or "broadcasting" in case.without:
        return [[(2, 3)] * n]
    patterns = [[(2, 1), (3,)], [(2, 3), ()], [(), (2, 3)]]
    return [[pattern[i % 2] for i in range(n)] for pattern in patterns]
