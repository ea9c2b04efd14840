"""Operations with several outputs: one node holds the tuple, and a node for each output picks its part."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from dezero.core.call import apply
from dezero.core.declare import declare, publish
from dezero.core.dtypes import RawFunction
from dezero.core.op import GENERAL, LINEAR, Op, Rule
from dezero.core.reading import Reading, Value
from dezero.core.variable import ArrayLike, Variable


class Cotangents(dict[int, Any]):
    """Position of an output -> its cotangent, for the outputs that have one. A sum adds position by position."""

    def __add__(self, other: Cotangents) -> Cotangents:
        total = Cotangents(self)
        for i, g in other.items():
            total[i] = total[i] + g if i in total else g
        return total


def mapped(function: Callable[[int, Any], object], g: object) -> Any:
    """A function of position and cotangent applied to a cotangent, which has position 0, or to each of several."""
    return Cotangents({i: function(i, x) for i, x in g.items()}) if isinstance(g, Cotangents) else function(0, g)


def _of_each(S: Any, op: Op, ys: Any) -> Any:
    """ys: a Stack of the node that holds all outputs, or of a tuple of stacked outputs."""
    several, index = ys.value, op.parameters["index"]
    return several[index] if isinstance(several, tuple) else S.call(op, several)


OUTPUT = Op(
    "output",
    LINEAR,
    lambda ys, index: ys[index],
    [lambda F, g, ys, y, index: Cotangents({index: g})],
    uniform=True,
    series="output",
    independent=lambda below, node, index: below[0],  # where several outputs have them, these stand alike in each
    stacked=_of_each,
)
declare(OUTPUT)
publish("output", lambda node, index: apply(OUTPUT.bind(index=index), node), "One output of a node that has several.")


def general(name: str, value: RawFunction, *rules: Rule, outputs: int = 1, zeros: bool = True, **facts: Any) -> Op:
    """Declare an operation that is neither element-wise nor linear (a factorisation, a sort) by its value and rules.

    With several outputs the value returns a tuple, and a rule gets tuples: `rule(F, gs, *arguments, ys)`. The cotangent
    of an output that is not used is zeros, or None if zeros is False. The tangent is found by transposing the rule.
    """
    if outputs > 1:
        rules = tuple([_gathering(rule, outputs, zeros) for rule in rules])
    return declare(Op(name, GENERAL, value, rules, **facts))


def apply_all(op: Op, outputs: int, *args: ArrayLike) -> tuple[Variable, ...]:
    """Compute an operation of several outputs; one Variable for each."""
    node = apply(op, *args)
    return tuple([apply(picking(i), node) for i in range(outputs)])


@functools.cache
def picking(index: int) -> Op:
    """The operation that picks one output; one object for each index."""
    return OUTPUT.bind(index=index)


def _gathering(rule: Rule, outputs: int, zeros: bool) -> Rule:
    """The rule of one cotangent that calls a rule of tuples."""

    def gathered(F: Reading[Value], g: Cotangents, *arguments: Value, **parameters: object) -> Any:
        *xs, y = arguments
        ys = tuple([F.output(y, index=i) for i in range(outputs)])
        gs = tuple([g[i] if i in g else F.zeros_like(ys[i]) if zeros else None for i in range(outputs)])
        return rule(F, gs, *xs, ys, **parameters)

    return gathered
