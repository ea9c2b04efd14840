"""The steps of a trace on all examples at once: each operation by its fact `stacked`, or on one after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dezero.core.arraylike import raw
from dezero.core.call import make
from dezero.core.op import ELEMENTWISE, Op
from dezero.core.variable import Variable
from dezero.functions._stacking import Stack, Stacks, in_front
from dezero.rewriting.program import Step, on_arrays, on_variables


def _recorded(op: Step, *args: Any) -> Variable:
    return make(op, args) if isinstance(op, Op) else on_variables(op, *args)


class StackedReading(Stacks):
    """Computes steps on stacked values.

    recorded: whether on Variables, or on arrays. refuse(what): called where an operation has to take one example after
    the other.
    """

    def __init__(self, count: int, recorded: bool, refuse: Callable[[str], None]) -> None:
        super().__init__(count, _recorded if recorded else lambda op, *args: on_arrays(op, *map(raw, args)), recorded)
        self.refuse = refuse

    def step(self, op: Step, *args: Any) -> Stack:
        rule = op.stacked if isinstance(op, Op) else getattr(type(op), "_stacked", None)
        if rule is None and isinstance(op, Op) and (op.kind is ELEMENTWISE or op.each):
            rule = in_front
        y = NotImplemented if rule is None else rule(self, op, *args)
        if y is not NotImplemented:
            return Stack(y)
        self.refuse(getattr(op, "name", type(op).__name__))
        return Stack(self._one_by_one(op, args))

    def _one_by_one(self, op: Step, args: tuple[Any, ...]) -> Any:
        call = on_variables if self.recorded else on_arrays
        rows = []
        for i in range(self.count):
            y = call(op, *[self._example(a, i) for a in args])
            several = raw(y)
            outputs = range(len(several)) if isinstance(several, tuple) else None
            rows.append([y] if outputs is None else [self.output(y, index=k) for k in outputs])
        found = tuple([self.stack(*parts, axis=0) for parts in zip(*rows, strict=True)])
        return found if outputs is not None else found[0]

    def _example(self, a: Any, i: int) -> Any:
        if isinstance(a, Stack):
            return self.get_item(a.value, index=i)
        return a if self.recorded else raw(a)
