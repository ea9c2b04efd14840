"""Rows of a table at places that are Variables themselves: what a function that is being mapped looks up."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dezero.core.declare import bilinear
from dezero.core.dtypes import Array, rounded_once, zeros_of
from dezero.core.op import Op
from dezero.functions._stacking import Stack, Stacks


@rounded_once
def _added(g: Array, at: Array, size: int) -> Array:
    rest = g.shape[np.ndim(at) :]
    total = zeros_of(g, (size, math.prod(rest)))
    np.add.at(total, np.ravel(at), g.reshape(np.size(at), -1))
    return total.reshape(size, *rest)


def _each_taken(S: Stacks, op: Op, x: Any, at: Any) -> Any:
    """Where each example has a table of its own, their rows are those of one long table."""
    if not isinstance(x, Stack):
        return S.call(op, x, at.value)
    table = S.reshape(x.value, shape=(S.count * x.shape[0], *x.shape[1:]))
    return S.call(op, table, _in_long_table(S, S.whole(at), x.shape[0]))


def _each_added(S: Stacks, op: Op, g: Any, at: Any) -> Any:
    g, at, size = S.whole(g), S.whole(at), op.parameters["size"]
    total = S.call(S.rebound(op, size=S.count * size), g, _in_long_table(S, at, size))
    return S.reshape(total, shape=(S.count, size, *total.shape[1:]))


def _in_long_table(S: Stacks, at: Any, size: int) -> Any:
    first = size * np.arange(S.count).reshape(-1, *[1] * (at.ndim - 1))
    return S.add(S.remainder(at, size), first)  # places may be counted from the end


# Linear in the rows; the places have no derivative.
bilinear(
    "take_rows",
    lambda x, at: x[at],
    lambda F, g, x, at, y: F.add_rows(g, at, size=x.shape[0]),
    lambda F, g, x, at, y: F.zeros_like(at),
    indices=True,
    stacked=_each_taken,
)
bilinear(
    "add_rows",
    _added,
    lambda F, g, x, at, y, size: F.take_rows(g, at),
    lambda F, g, x, at, y, size: F.zeros_like(at),
    indices=True,
    stacked=_each_added,
)
