"""Built-in operations: each is declared once, with its value and a derivative rule for each argument.

`rule(F, g, *arguments, y, **parameters)` is the cotangent of one argument, given the cotangent `g` of the result `y`.
A rule computes with the operations of `F`, the reading: with raw arrays, with Variables, or with terms of a graph that
is being rewritten (see reading.py). The Jacobian of an element-wise operation is diagonal, so its rules also give
tangents: with the tangent of the argument for `g`.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from dezero.core.arraylike import VARIABLES
from dezero.core.dtypes import RawFunction
from dezero.core.errors import describe
from dezero.core.fingerprint import fingerprint
from dezero.core.registry import loaded, operations
from dezero.core.variable import Variable

Rule = Callable[..., Any]
Stacked = Callable[..., Any]  # (stacks, operation, *arguments) -> stacked results, see functions/_stacking.py
Independent = tuple[int, ...]  # axes of an array, counted from the right, along which no element mixes with another
_new = object.__new__

ELEMENTWISE, LINEAR, BILINEAR, GENERAL = "elementwise", "linear", "bilinear", "general"


class Op:
    """What the sweeps know about one operation.

    name. value: the function on raw arrays. rules: one for each argument. kind: element-wise, linear in all its
    arguments together, bilinear, or general. independent: where the independent axes of its arguments stand in its
    result (see autodiff/tangent.py), or None: elements along them may mix. uniform: its rules take a number for `g` and
    mean an array full of it (by default element-wise ones do). keeps_constant: of arrays full of one number it makes an
    array full of that number. commutative. over: the position of the numerator in a quotient, or of the right side in
    an equation's solution: for given other arguments the result is linear in it.

    What later rooms do in a way of their own is named here, too, so that no table of theirs speaks of operations:
    series: its recurrence for power series, by its name in series/written.py, or itself; batched: how it takes arrays
    with a leading axis of directions (series/collapsed.py); stacked: how it acts on many examples at once, which
    element-wise ones need not say (functions/_stacking.py); labels: of a bilinear operation the axes of its arguments
    and its result by letters, as einsum writes them, a string or a function of the parameters and the arguments'
    numbers of axes; each: linear, it acts on each element of its first argument; indices: its second argument holds
    indices, and is no factor; moves: linear, each element of its result is an element of an argument.
    """

    __slots__ = (
        "batched", "commutative", "each", "independent", "indices", "keeps_constant", "key", "kind", "labels", "moves",
        "name", "over", "parameters", "rules", "series", "stacked", "uniform", "value",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        kind: str,
        value: RawFunction,
        rules: Sequence[Rule] | AnyNumberOfRules,
        *,
        independent: Callable[..., Independent | None] | None = None,
        uniform: bool | None = None,
        keeps_constant: bool = False,
        commutative: bool = False,
        over: int | None = None,
        series: str | Callable[..., Any] | None = None,
        batched: str | None = None,
        stacked: Stacked | None = None,
        labels: str | Callable[..., str] | None = None,
        each: bool = False,
        indices: bool = False,
        moves: bool = False,
    ) -> None:
        self.name, self.kind, self.value, self.rules = name, kind, value, rules
        self.independent, self.keeps_constant, self.commutative = independent, keeps_constant, commutative
        self.uniform = kind is ELEMENTWISE if uniform is None else uniform
        self.over, self.series, self.batched, self.stacked = over, series, batched, stacked
        self.labels, self.each, self.indices, self.moves = labels, each, indices, moves
        self.parameters: dict[str, Any] = {}
        self.key: Hashable = name

    def bind(self, **parameters: Any) -> Op:
        """This operation with its non-differentiable parameters (axis, shape, index) filled in."""
        for value in parameters.values():
            if type(value) in VARIABLES:
                (name,) = [name for name, other in parameters.items() if other is value][:1]
                raise TypeError(
                    f"{self.name}: {name} is a Variable ({describe(value)}), and the operation has no derivative in "
                    f"{name}; give a plain value (v.item() or v.data for a constant)"
                )
        op = _new(_Bound)
        op.base, op.parameters = self, parameters
        op.name, op.kind = self.name, self.kind
        return op

    def with_rules(self, rules: Sequence[Rule] | AnyNumberOfRules) -> Op:
        """This operation, not yet bound, with all that is known of it but its rules."""
        op = copy.copy(self)
        op.rules = rules
        return op

    def view(self, node: Variable) -> object:
        """What `.creator` of a node shows."""
        first = node._args[0]
        if isinstance(first, Variable) and isinstance(first._data, tuple):
            return first._op.view(first)  # one output of several: show what computed all
        return operations.creator(node)

    def __repr__(self) -> str:
        return f"<operation {self.name}{self.parameters or ''}>"


class _Bound(Op):
    """An operation with parameters. Rules, value and key are computed when first asked for: most are never used."""

    __slots__ = ("__dict__", "base")
    base: Op

    def __getattr__(self, name: str) -> Any:
        base, parameters = self.base, self.parameters
        if name == "rules":
            self.rules = _BoundRules(base.rules, parameters)  # type: ignore[assignment]
        elif name == "value":
            self.value = functools.partial(base.value, **parameters)
        elif name == "key":
            self.key = (base.key, *[fingerprint(p) for p in parameters.values()])
        else:
            setattr(self, name, getattr(base, name))
        return getattr(self, name)


class _BoundRules:
    """The rules of an operation with its parameters filled in."""

    def __init__(self, rules: Sequence[Rule] | AnyNumberOfRules, parameters: dict[str, Any]) -> None:
        self.rules, self.parameters = rules, parameters

    def __getitem__(self, i: int) -> Rule:
        return functools.partial(self.rules[i], **self.parameters)


class AnyNumberOfRules:
    """The rules of an operation with any number of arguments: one function, whose first argument is the position."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule

    def __getitem__(self, i: int) -> Rule:
        return functools.partial(self.rule, i)


class _Declared(dict[str, Op]):
    """Operations by name; a missing one is declared by importing its home."""

    def __missing__(self, name: str) -> Op:
        if loaded(name) and name in self:
            return self[name]
        raise KeyError(name)


declared: dict[str, Op] = _Declared()
