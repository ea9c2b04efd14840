"""Einstein summation: products of any number of arrays, summed over the indices that the result lacks.

A specification is brought to pairs of operands in which every index is in the other operand or in the result.
A pair is one bilinear operation, whose derivative in either operand is a pair again (the result's index list and
the operand's exchanged), and whose value is a matrix product for BLAS.
"""

from __future__ import annotations

import functools
import math
import string
from typing import Any

import numpy as np

from dezero.core.call import apply
from dezero.core.declare import bilinear, linear, publish
from dezero.core.dtypes import Array, Shape
from dezero.core.op import Op, declared
from dezero.core.variable import Variable, as_constant
from dezero.functions._stacking import Stack, Stacks
from dezero.functions.arrays._independent import Below, Independent
from dezero.functions.linalg._matrix import Operand, array
from dezero.functions.linalg.subscripts import Label, Labels, expand, read

# -- a pair of operands ----------------------------------------------------------------------------------------


@functools.lru_cache(4096)
def _split(spec: str) -> tuple[str, str, str]:
    first, second, output = spec.replace("->", ",").split(",")
    return first, second, output


@functools.lru_cache(4096)
def _plan(spec: str, a: Shape, b: Shape) -> tuple[Any, ...]:
    """How a pair becomes a matrix product: axes and shape of both operands, shape and axes of the result."""
    first, second, output = _split(spec)
    size = dict(zip(first + second, a + b, strict=True))
    batch = [i for i in output if i in first and i in second]
    left = [i for i in output if i not in second]
    right = [i for i in output if i not in first]
    summed = [i for i in first if i not in output]
    n = [size[i] for i in batch]
    rows, columns, inner = (math.prod([size[i] for i in part]) for part in (left, right, summed))
    order = [*batch, *left, *right]
    if summed:
        shapes = (*n, rows, inner), (*n, inner, columns)
    else:
        ones = [1] * len(right), [1] * len(left)
        shapes = (*n, *[size[i] for i in left], *ones[0]), (*n, *ones[1], *[size[i] for i in right])
    return (
        bool(summed),
        [first.index(i) for i in [*batch, *left, *summed]],
        shapes[0],
        [second.index(i) for i in [*batch, *summed, *right]],
        shapes[1],
        [size[i] for i in order],
        [order.index(i) for i in output],
    )


def _contract(a: Array, b: Array, spec: str) -> Array:
    a, b = np.asarray(a), np.asarray(b)  # a constant without axes may come as a number
    summed, a_axes, a_shape, b_axes, b_shape, shape, axes = _plan(spec, a.shape, b.shape)
    a, b = a.transpose(a_axes).reshape(a_shape), b.transpose(b_axes).reshape(b_shape)
    y = np.matmul(a, b) if summed else a * b
    return y.reshape(shape).transpose(axes)


def _first(F, g, a, b, y, spec):
    first, second, output = _split(spec)
    return F.einsum(g, b, spec=_canonical(output, second, first))


def _second(F, g, a, b, y, spec):
    first, second, output = _split(spec)
    return F.einsum(g, a, spec=_canonical(output, first, second))


def _pair_rows(below: Below, node: Variable, spec: str) -> Independent | None:
    *operands, output = _split(spec)
    moving = [[labels[r] for r in rows] for rows, labels in zip(below, operands, strict=True) if rows]
    if any([labels != moving[0] for labels in moving]) or any([i not in output for i in moving[0]]):
        return None
    return tuple([output.index(i) - len(output) for i in moving[0]])


def _contract_each(S: Stacks, op: Op, *args: Any) -> Any:
    """The axis of the examples gets an index of its own."""
    spec = op.parameters["spec"]
    *operands, output = spec.replace("->", ",").split(",")
    new = _new_letter(spec)
    marked = [new + labels if isinstance(a, Stack) else labels for a, labels in zip(args, operands, strict=True)]
    values = [a.value if isinstance(a, Stack) else a for a in args]
    return S.call(S.rebound(op, spec=f"{','.join(marked)}->{new}{output}"), *values)


def _new_letter(spec: str) -> str:
    return next(i for i in string.ascii_letters if i not in spec)


bilinear(
    "einsum",
    _contract,
    _first,
    _second,
    independent=_pair_rows,
    labels=lambda a, b, spec: spec,
    stacked=_contract_each,
)


@functools.lru_cache(4096)
def _canonical(*labels: Labels) -> str:
    """Index lists as a specification, letters given by first appearance, so that equal products look equal."""
    letter = dict(zip(dict.fromkeys([i for part in labels for i in part]), string.ascii_letters, strict=False))
    first, second, output = ("".join([letter[i] for i in part]) for part in labels)
    return f"{first},{second}->{output}"


def compute(name: str, *xs: Operand, **parameters: object) -> Operand:
    """The operation of this name, recorded where a Variable takes part; of arrays alone its plain value."""
    op = declared[name].bind(**parameters) if parameters else declared[name]
    found: Any = apply(op, *xs) if any([isinstance(x, Variable) for x in xs]) else op.value(*xs)
    return found


def product(a: Operand, a_labels: Labels, b: Operand, b_labels: Labels, output: Labels) -> Operand:
    """The product of two arrays with these indices; each must be in the other one or in the output."""
    if not a_labels or not b_labels or a_labels == b_labels == output:
        return _arranged(compute("mul", a, b), a_labels or b_labels, output)
    return compute("einsum", a, b, spec=_canonical(a_labels, b_labels, output))


# -- a single operand ------------------------------------------------------------------------------------------


def _put(g: Array, spec: str, shape: Shape) -> Array:
    total = np.zeros(shape, g.dtype)
    np.einsum(spec, total)[...] = g  # a view of the diagonal
    return total


def _diagonal_rows(below: Below, node: Variable, spec: str) -> Independent | None:
    labels, output = spec.split("->")
    found = [labels[r] for r in below[0]]
    if any([labels.count(i) > 1 for i in found]):
        return None
    return tuple([output.index(i) - len(output) for i in found])


linear(
    "take_diagonal",
    lambda x, spec: np.einsum(spec, x),
    lambda F, g, x, y, spec: F.put_diagonal(g, spec=spec, shape=x.shape),
    independent=_diagonal_rows,
    stacked=_contract_each,
)


def _put_each(S: Stacks, op: Op, g: Stack) -> Any:
    spec, shape = op.parameters["spec"], op.parameters["shape"]
    labels, output = spec.split("->")
    new = _new_letter(spec)
    return S.call(S.rebound(op, spec=f"{new}{labels}->{new}{output}", shape=(S.count, *shape)), g.value)


linear("put_diagonal", _put, lambda F, g, x, y, spec, shape: F.take_diagonal(g, spec=spec), stacked=_put_each)


def diagonal_of(x: Operand, labels: Labels) -> tuple[Operand, Labels]:
    """The elements of an array at which repeated indices agree, each index once."""
    once = tuple(dict.fromkeys(labels))
    if len(once) == len(labels):
        return x, labels
    letter = dict(zip(once, string.ascii_letters, strict=False))
    spec = "".join([letter[i] for i in labels]) + "->" + "".join(letter.values())
    return compute("take_diagonal", x, spec=spec), once


def _squeezed(x: Operand, labels: Labels, sizes: dict[Label, int]) -> tuple[Operand, Labels]:
    """Without the axes of length one that broadcast along another operand's."""
    kept = [axis for axis, i in enumerate(labels) if x.shape[axis] == sizes[i]]
    if len(kept) == len(labels):
        return x, labels
    shape = tuple([x.shape[axis] for axis in kept])
    return compute("reshape", x, shape=shape), tuple([labels[axis] for axis in kept])


def _summed(x: Operand, labels: Labels, wanted: set[Label]) -> tuple[Operand, Labels]:
    """The sum over the indices that are not wanted."""
    axes = tuple([axis for axis, i in enumerate(labels) if i not in wanted])
    if not axes:
        return x, labels
    return compute("sum", x, axis=axes, keepdims=False), tuple([i for i in labels if i in wanted])


def _arranged(x: Operand, labels: Labels, output: Labels) -> Operand:
    return x if labels == output else compute("transpose", x, axes=tuple([labels.index(i) for i in output]))


# -- the whole -------------------------------------------------------------------------------------------------


@functools.lru_cache(1024)
def _direct(text: str, shapes: tuple[tuple[int, ...], ...]) -> str | None:
    """The specification of a pair that is one operation as it stands; None for any other."""
    (a, b), out, sizes = expand(text, shapes)
    whole = all([tuple([sizes[i] for i in own]) == shape for own, shape in zip((a, b), shapes, strict=True)])
    once = len({*a}) == len(a) and len({*b}) == len(b)
    paired = {*a} <= {*b, *out} and {*b} <= {*a, *out}
    return _canonical(a, b, out) if a and b and not a == b == out and whole and once and paired else None


@functools.lru_cache(1024)
def _order(labels: tuple[Labels, ...], output: Labels, shapes: tuple[tuple[int, ...], ...]) -> list[tuple[int, ...]]:
    """Which operands to multiply next, as numpy.einsum_path finds it; results go to the end of the list."""
    letter = dict(zip(dict.fromkeys([i for part in labels for i in part]), string.ascii_letters, strict=False))
    parts = ["".join([letter[i] for i in part]) for part in (*labels, output)]
    dummies = [np.broadcast_to(0.0, shape) for shape in shapes]  # the path depends on shapes alone
    kind = "optimal" if len(labels) <= 6 else "greedy"
    path, _ = np.einsum_path(",".join(parts[:-1]) + "->" + parts[-1], *dummies, optimize=kind)
    return path[1:]


def einsum(*operands: object, optimize: object = True) -> Variable:
    """NumPy's einsum, of any number of arrays: `einsum("ij,jk->ik", a, b)` or `einsum(a, [0, 1], b, [1, 2], [0, 2])`.

    Repeated indices take diagonals, "..." broadcasts, and without "->" the result has the indices that appear once,
    in alphabetical order. The order of the products is chosen for the least work, whatever `optimize` says.
    Raises ValueError where the specification and the operands' shapes do not agree.

    >>> a = Variable(np.arange(4.0).reshape(2, 2))
    >>> einsum("ij,kj->ik", a, a), einsum("ii", a)
    (variable([[ 1.  3.]
              [ 3. 13.]]), variable(3.0))
    """
    text, xs = read(operands)
    xs = [array(x, "einsum") for x in xs]
    shapes = tuple([x.shape for x in xs])
    spec = _direct(text, shapes) if len(xs) == 2 else None
    if spec is not None:
        return apply(declared["einsum"].bind(spec=spec), *xs)
    labels, out, sizes = expand(text, shapes)
    parts = [_squeezed(*diagonal_of(x, own), sizes) for x, own in zip(xs, labels, strict=True)]
    every = [own for _, own in parts]
    for place, (x, own) in enumerate(parts):
        parts[place] = _summed(x, own, {i for other in (*every[:place], *every[place + 1 :], out) for i in other})
    kinds = tuple([own for _, own in parts])
    for together in _order(kinds, out, tuple([x.shape for x, _ in parts])) if len(parts) > 2 else [(0, 1)]:
        chosen = [parts.pop(place) for place in sorted(together, reverse=True) if place < len(parts)]
        while len(chosen) > 1:
            (x, own), (y, other) = chosen.pop(), chosen.pop()
            needed = {i for _, part in (*parts, *chosen) for i in part} | set(out)
            last = not parts and not chosen
            kept = out if last else tuple([i for i in dict.fromkeys(own + other) if i in needed])
            chosen.append((product(x, own, y, other, kept), kept))
        parts += chosen
    ((x, own),) = parts
    return as_constant(_arranged(x, own, out))


publish("einsum", einsum)
