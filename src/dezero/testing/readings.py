"""Derivatives of a recorded result, order by order, in each of the library's readings of the rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from dezero.autodiff.gradients import gradients
from dezero.core import Variable, using_config
from dezero.core.dtypes import Array
from dezero.core.graph import collect
from dezero.series import Expansion


def tangent(y: Variable, leaf: Variable) -> Variable:
    """The recorded derivative, simplified; by a tangent sweep where the leaf's elements do not mix."""
    return gradients(y, leaf, create_graph=True)[0]


def reverse(y: Variable, leaf: Variable) -> Variable:
    """The recorded derivative, simplified, by a reverse sweep: a tangent sweep never takes two results."""
    return gradients((y * 0.5, y * 0.5), leaf, create_graph=True)[0]


def plain(y: Variable, leaf: Variable) -> Variable:
    """The recorded derivative, not simplified."""
    with using_config("simplify", False):
        return gradients(y, leaf, create_graph=True)[0]


def raw(y: Variable, leaf: Variable) -> Array:
    """The derivative on raw arrays."""
    return gradients(y, leaf)[0].data


def series(y: Variable, leaf: Variable) -> Array:
    """The sum of the derivative's elements, the first coefficient of the graph's power series along ones."""
    return np.asarray(Expansion(y, {leaf: [np.ones_like(leaf.data)]})[1])


Step = Callable[[Variable, Variable], Variable]
STEPS: dict[str, Step] = {"tangent": tangent, "reverse": reverse, "plain": plain}
READ: dict[str, Callable[[Variable, Variable], Variable | Array]] = {**STEPS, "raw": raw, "series": series}


class TooLarge(Exception):
    """The next order's graph would outgrow the budget."""


def repeated(
    y: Variable, leaf: Variable, step: Callable[[Variable, Variable], Variable], budget: int
) -> Iterator[Variable]:
    """Orders 1, 2, ... of y in the leaf. Raises TooLarge in place of a graph of more nodes than the budget."""
    before = len(collect([y]))
    while True:
        y = step(y, leaf)
        yield y
        nodes = len(collect([y]))
        expected = nodes * nodes // max(before, 1)
        if expected > budget and nodes > before:
            raise TooLarge(f"its graph would have about {expected} nodes")
        before = nodes


def contracted(y: Variable, leaves: Sequence[Variable], directions: Sequence[Any], orders: int) -> Iterator[Variable]:
    """Orders 1, 2, ... of a number along directions: gradients in whole arrays, contracted, differentiated again."""
    for _ in range(orders):
        grads = gradients(y, leaves, create_graph=True)
        y = sum([(g * v).sum() for g, v in zip(grads, directions, strict=True)])
        yield y
