"""Declaring operations by name, for the readings of the rules and for users."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from dezero.core.call import binary, several, unary
from dezero.core.dtypes import RawFunction
from dezero.core.op import BILINEAR, ELEMENTWISE, LINEAR, AnyNumberOfRules, Op, Rule, declared
from dezero.core.registry import operations, redeclared, values
from dezero.core.variable import Variable, tick

Named = TypeVar("Named", bound=Callable[..., object])


def declare(op: Op) -> Op:
    """Make an operation known by its name."""
    if op.name in declared:  # a notebook cell ran again: with a new key, caches of the old operation miss
        op.key = f"{op.name} {tick()}"
        for forget in redeclared:
            forget()
    declared[op.name] = op
    setattr(values, op.name, op.value)
    return op


def publish(name: str, function: Named, doc: str | None = None) -> Named:
    """Name the function that users call, document it and put it among the operations."""
    function.__name__ = function.__qualname__ = name
    if function.__module__ == unary.__module__:  # made by elementwise: pickle looks it up in the module that it names
        function.__module__ = "dezero.functions"
    function.__doc__ = doc or function.__doc__
    setattr(operations, name, function)
    return function


def public(function: Named) -> Named:
    """Decorate a function that users call: it is an operation under its own name."""
    setattr(operations, function.__name__, function)
    return function


def elementwise(name: str, value: RawFunction, *rules: Rule, doc: str, **facts: Any) -> Callable[..., Variable]:
    """Declare an operation on each element, broadcasting its arguments as NumPy does; returns the public function.

    >>> cube = elementwise("cube", lambda x: x * x * x, lambda F, g, x, y: g * 3 * x * x, doc="Third power.")
    >>> x = Variable(np.array(2.0))
    >>> cube(x).backward()
    >>> x.grad
    variable(12.0)
    """
    op = declare(Op(name, ELEMENTWISE, value, rules, **facts))
    call = unary(op) if len(rules) == 1 else binary(op) if len(rules) == 2 else several(op)
    return publish(name, call, doc)


def linear(name: str, value: RawFunction, *rules: Any, **facts: Any) -> Op:
    """Declare an operation that is linear in all its arguments together (sum, reshape, indexing, joining)."""
    return declare(Op(name, LINEAR, value, rules[0] if isinstance(rules[0], AnyNumberOfRules) else rules, **facts))


def bilinear(name: str, value: RawFunction, *rules: Rule, **facts: Any) -> Op:
    """Declare an operation of two arguments that is linear in each (matmul, convolution)."""
    return declare(Op(name, BILINEAR, value, rules, **facts))
