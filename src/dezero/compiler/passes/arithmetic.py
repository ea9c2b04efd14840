"""Rules for element-wise nodes of machine code: numbers in place of arrays, powers, factors, signs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dezero.compiler.graph import (
    BROADCAST,
    CAST,
    CONSTANT,
    ELEMENTWISE,
    MAP,
    TRANSPOSE,
    WHERE,
    Node,
    Number,
    ufunc_node,
)
from dezero.compiler.lowering.builder import Builder, uniform
from dezero.core.dtypes import Shape

_LARGEST_POWER = 32
_PLAIN = "fdFD?bhilqBHILQ"  # characters of the dtypes whose numbers Python has


def mapped(builder: Builder, ufunc: np.ufunc, *args: int | Number) -> int:
    """The place of a ufunc of places and numbers."""
    described: list[tuple[int | Number, Shape, Any]] = []
    for a in args:
        if isinstance(a, Number):
            described.append((a, (), _kind(a)))
        else:
            described.append((a, builder.node(a).shape, builder.node(a).dtype))
    return builder.add(ufunc_node(ufunc, described))


def is_map(node: Node, *names: str) -> bool:
    return node.primitive == MAP and node.parameters["ufunc"].__name__ in names


def alike(builder: Builder, node: Node, arg: int | Number) -> int | None:
    """An argument as the value of the node, where it has its shape and dtype."""
    if isinstance(arg, Number):
        return None
    below = builder.node(arg)
    return arg if (below.shape, below.dtype) == (node.shape, node.dtype) else None


def full_constants(builder: Builder, node: Node) -> int | None:
    """An array full of one number in place of a constant that is one."""
    if node.primitive != CONSTANT or not node.shape or node.dtype.char not in _PLAIN:
        return None
    value = np.ascontiguousarray(node.parameters["value"])
    elements = value.reshape(-1, 1).view(np.uint8)
    if not len(elements) or not (elements == elements[0]).all():
        return None
    return builder.new(BROADCAST, (Number(value.flat[0].item()),), node.shape, node.dtype)


def not_broadcast(builder: Builder, node: Node) -> int | None:
    """Numbers and smaller arrays in place of those that they are broadcast to; one broadcast result where all are."""
    if node.primitive not in ELEMENTWISE or not node.shape:
        return None
    args = tuple([_source(builder, a) for a in node.args])
    if args == node.args or all([isinstance(a, Number) for a in args]) or not _same_types(builder, node, args):
        return None
    shape = np.broadcast_shapes(*[builder.node(a).shape for a in args if not isinstance(a, Number)])
    place = builder.add(Node(node.primitive, args, shape, node.dtype, node.parameters))
    return place if shape == node.shape else builder.new(BROADCAST, (place,), node.shape, node.dtype)


def _source(builder: Builder, arg: int | Number) -> int | Number:
    if isinstance(arg, Number):
        return arg
    node = builder.node(arg)
    if node.primitive == CONSTANT and not node.shape and node.dtype.char in _PLAIN:
        return Number(node.parameters["value"].item())
    return node.args[0] if node.primitive == BROADCAST else arg


def _same_types(builder: Builder, node: Node, args: tuple[int | Number, ...]) -> bool:
    """Whether NumPy computes in the same dtypes with these arguments, some of which became numbers."""
    if node.primitive == CAST:
        return True
    if node.primitive == WHERE:
        values = [np.ones((), builder.node(a).dtype) if not isinstance(a, Number) else a.value for a in args[1:]]
        return not isinstance(args[0], Number) and bool(np.where(np.ones(1, bool), *values).dtype == node.dtype)
    kinds = [builder.node(a).dtype if not isinstance(a, Number) else _kind(a) for a in args]
    ufunc = node.parameters["ufunc"]
    try:
        return bool(ufunc.resolve_dtypes((*kinds, *[None] * ufunc.nout)) == node.parameters["loop"])
    except (TypeError, OverflowError):
        return False


def _kind(number: Number) -> Any:
    return np.dtype(bool) if isinstance(number.value, bool) else type(number.value)


def plain_maps(builder: Builder, node: Node) -> int | None:
    """Functions that are others in disguise: squares, reciprocals, copies; factors 1 and -1; negated terms."""
    if node.primitive == CAST:
        return alike(builder, node, node.args[0])
    if node.primitive != MAP or node.dtype.kind not in "fc":
        return None
    name, args = node.parameters["ufunc"].__name__, node.args
    if name == "square":
        return mapped(builder, np.multiply, args[0], args[0])
    if name == "reciprocal":
        return mapped(builder, np.true_divide, Number(1), args[0])
    if name == "positive":
        return alike(builder, node, args[0])
    if name == "multiply":
        return _product(builder, node)
    if name == "divide" and isinstance(args[1], Number):
        return _quotient(builder, node, args[1].value)
    if name == "negative":
        return _negated(builder, node)
    return _signs(builder, node) if name in ("add", "subtract") else None


def _product(builder: Builder, node: Node) -> int | None:
    for a, b in (node.args, node.args[::-1]):
        if isinstance(b, Number) and b.value == 1:
            return alike(builder, node, a)
        if isinstance(b, Number) and b.value == -1 and alike(builder, node, a) is not None:
            return mapped(builder, np.negative, a)
        below = None if isinstance(a, Number) else builder.node(a)
        if isinstance(b, Number) and below is not None and is_map(below, "negative") and below.dtype == node.dtype:
            return mapped(builder, np.multiply, below.args[0], Number(-b.value))
    return None


def _quotient(builder: Builder, node: Node, number: Any) -> int | None:
    if number == 1:
        return alike(builder, node, node.args[0])
    exact = (
        isinstance(number, int | float)
        and number
        and math.frexp(abs(number))[0] == 0.5
        and 2**-20 < abs(number) < 2**20
    )
    return mapped(builder, np.multiply, node.args[0], Number(1 / number)) if exact and node.dtype.kind == "f" else None


def _negated(builder: Builder, node: Node) -> int | None:
    below = builder.node(node.places[0])
    if is_map(below, "negative"):
        return alike(builder, node, below.args[0])
    if is_map(below, "multiply"):
        for a, b in (below.args, below.args[::-1]):
            if isinstance(b, Number):
                return mapped(builder, np.multiply, a, Number(-b.value))
    return None


def _signs(builder: Builder, node: Node) -> int | None:
    """a + (-b) as a - b, and a - (-b) as a + b."""
    other = np.subtract if is_map(node, "add") else np.add
    a, b = node.args
    for first, second in ((a, b), (b, a)) if other is np.subtract else ((a, b),):
        if not isinstance(second, Number) and is_map(builder.node(second), "negative"):
            return mapped(builder, other, first, builder.node(second).args[0])
    return None


def powers(builder: Builder, node: Node) -> int | None:
    """Powers by whole numbers as products, by 0.5 as a root."""
    if not is_map(node, "power") or node.dtype.kind != "f" or not isinstance(node.args[1], Number):
        return None
    exponent, base = node.args[1].value, node.args[0]
    if isinstance(exponent, complex) or isinstance(base, Number) or builder.node(base).dtype != node.dtype:
        return None
    if exponent == 1:
        return base
    if exponent == 0.5:
        return mapped(builder, np.sqrt, base)
    if float(exponent).is_integer() and 0 < abs(exponent) <= _LARGEST_POWER:
        found = _whole_power(builder, base, int(abs(exponent)))
        return found if exponent > 0 else mapped(builder, np.true_divide, Number(1), found)
    return None


def _whole_power(builder: Builder, base: int, exponent: int) -> int:
    found: int | None = None
    while exponent:
        if exponent & 1:
            found = base if found is None else mapped(builder, np.multiply, found, base)
        exponent >>= 1
        if exponent:
            base = mapped(builder, np.multiply, base, base)
    assert found is not None
    return found


def reciprocals(builder: Builder, node: Node) -> int | None:
    """Division by a number as multiplication by its reciprocal, whose rounding is another."""
    if not is_map(node, "divide") or node.dtype.kind != "f" or not isinstance(node.args[1], Number):
        return None
    number = node.args[1].value
    if not number or not 1e-30 < abs(number) < 1e30:
        return None
    return mapped(builder, np.multiply, node.args[0], Number(1 / number))


def factors(builder: Builder, node: Node) -> int | None:
    """Two numbers by which one array is multiplied as one number."""
    if not is_map(node, "multiply") or node.dtype.kind != "f":
        return None
    for a, b in (node.args, node.args[::-1]):
        below = None if isinstance(a, Number) else builder.node(a)
        if not isinstance(b, Number) or below is None or not is_map(below, "multiply") or below.dtype != node.dtype:
            continue
        for c, d in (below.args, below.args[::-1]):
            if isinstance(d, Number) and 1e-30 < abs(b.value * d.value) < 1e30 and not isinstance(c, Number):
                return mapped(builder, np.multiply, c, Number(b.value * d.value))
    return None


def transposed_together(builder: Builder, node: Node) -> int | None:
    """One transposition of a result in place of the same one of each argument."""
    if node.primitive not in ELEMENTWISE:
        return None
    axes: Any = None
    args: list[int | Number] = []
    for a in node.args:
        below = None if isinstance(a, Number) else builder.node(a)
        if below is None or not below.shape:
            args.append(a)
        elif below.primitive == TRANSPOSE and below.shape == node.shape and axes in (None, below.parameters["axes"]):
            axes = below.parameters["axes"]
            args.append(below.args[0])
        else:
            return None
    if axes is None:
        return None
    shape = tuple([node.shape[axes.index(i)] for i in range(len(axes))])
    place = builder.add(Node(node.primitive, tuple(args), shape, node.dtype, node.parameters))
    return builder.new(TRANSPOSE, (place,), node.shape, node.dtype, axes=axes)


def number_of(builder: Builder, arg: int | Number) -> Any:
    """The number of which an argument is full, or None."""
    found = uniform(builder, arg)
    return None if found is None else found.value
