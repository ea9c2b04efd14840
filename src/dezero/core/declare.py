"""Declaring operations: by name, for the readings of the rules and for users."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from dezero.core.call import binary, several, unary
from dezero.core.op import BILINEAR, ELEMENTWISE, LINEAR, AnyNumberOfRules, Op, Rule, declared
from dezero.core.registry import operations, redeclared, values
from dezero.core.variable import tick

Named = TypeVar("Named", bound=Callable[..., Any])


def declare(op: Op) -> Op:
    if op.name in declared:  # a cell of a notebook run again: what was derived by the former rules must not be reused
        op.key = f"{op.name} {tick()}"
        for forget in redeclared:
            forget()
    declared[op.name] = op
    setattr(values, op.name, op.value)
    return op


def publish(name: str, function: Any, doc: str | None = None) -> Any:
    """Give the function that users call its name and its place among the operations."""
    function.__name__ = function.__qualname__ = name
    if function.__module__ == unary.__module__:  # made by elementwise and its like: pickle finds it where users do
        function.__module__ = "dezero.functions"
    function.__doc__ = doc or function.__doc__
    setattr(operations, name, function)
    return function


def public(function: Named) -> Named:
    """Decorate a function that users call: it is an operation under its own name."""
    setattr(operations, function.__name__, function)
    return function


def elementwise(
    name: str,
    value: Callable[..., Any],
    *rules: Rule,
    doc: str,
    **facts: Any,
) -> Any:
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


def linear(name: str, value: Callable[..., Any], *rules: Any, **facts: Any) -> Op:
    """Declare an operation that is linear in all its arguments together (sum, reshape, indexing, joining)."""
    any_number = isinstance(rules[0], AnyNumberOfRules)
    return declare(Op(name, LINEAR, value, rules[0] if any_number else rules, **facts))


def bilinear(name: str, value: Callable[..., Any], *rules: Rule, **facts: Any) -> Op:
    """Declare an operation of two arguments that is linear in each (matmul, convolution)."""
    return declare(Op(name, BILINEAR, value, rules, **facts))
