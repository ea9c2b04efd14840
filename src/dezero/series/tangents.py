"""The series of operations that are neither element-wise nor linear, and of users' Functions, from their vjps.

The vjp is linear in its cotangent; the transpose of its graph is the graph of the jvp y' = J(x) x'. That graph is read
with series. Its leaves are the arguments, their derivatives and y itself, so coefficient k of y is computed from
coefficients up to k - 1.
"""

from __future__ import annotations

import copy
import weakref

import numpy as np

from dezero.autodiff.tangent import transposed
from dezero.core.call import make
from dezero.core.dtypes import Array
from dezero.core.function import Function
from dezero.core.graph import collect
from dezero.core.op import Op
from dezero.core.outputs import OUTPUT
from dezero.core.variable import Variable, argument
from dezero.rewriting.algebra import Algebra
from dezero.rewriting.term import Term
from dezero.series.power import Coefficients, Combining, Operand, Series, coefficient, derivative, is_zero, over

Known = dict[int, Operand]  # id of a node -> its series, or its constant value


def series_from_vjp(F: Combining, op: Op | Function, args: tuple[Operand, ...], first: Coefficients | None) -> Series:
    """The series of an operation (or Function) on series and constants; its coefficients may be tuples."""
    if first is None:
        first = F.compute(op, *[F.full(coefficient(a, 0), a) for a in args])
    data = tuple(map(F.raw, first)) if isinstance(first, tuple) else F.raw(first)
    slopes: list[Operand] = []

    def produce(k: int) -> Coefficients:
        if not slopes:
            slopes.extend(_slopes(F, op, args, y, data))
        parts = [over(coefficient(s, k - 1), k) for s in slopes]
        if not isinstance(data, tuple):
            return parts[0]
        return 0 if all(is_zero(c) for c in parts) else tuple(parts)

    shape, dtype = (None, None) if isinstance(data, tuple) else (data.shape, data.dtype)
    y = Series(F, shape, dtype, produce, first)
    return y


def _slopes(
    F: Combining, op: Op | Function, args: tuple[Operand, ...], y: Series, data: Array | tuple[Array, ...]
) -> list[Operand]:
    """The series of y', one for each output."""
    known: Known = {}  # of the leaves of the jvp's graph, at first
    held: list[Variable] = []

    def leaf(array: Array, meaning: Operand) -> Variable:
        held.append(argument(np.asarray(array)))
        known[id(held[-1])] = meaning
        return held[-1]

    places = []
    for a in args:
        start = coefficient(a, 0)
        start = np.zeros(a.shape, a.dtype) if is_zero(start) and isinstance(a, Series) else start
        function = not isinstance(op, Op)  # of a Function every argument is a Variable
        places.append(leaf(F.raw(start), a) if function or isinstance(a, Series | Variable) else start)
    node = Variable(None)
    node._data, node._op, node._args = data, op, tuple(places)
    known[id(node)] = y
    if not isinstance(op, Op):
        node._op = _moved_to(node, op, held)
    algebra = Algebra({}, dtype=np.result_type(*(data if isinstance(data, tuple) else (data,))))
    moving = [
        (i, Term(algebra, 1, leaf(np.zeros(a.shape, a.dtype), derivative(a))))
        for i, a in enumerate(args)
        if isinstance(a, Series)
    ]
    found = transposed(algebra, node, moving)
    roots = [algebra.node(t) for t in (found if isinstance(found, tuple) else (found,))]
    graph = collect([r for r in roots if isinstance(r, Variable)])
    for age in sorted(graph):
        n = graph[age]
        if id(n) not in known:
            known[id(n)] = _read(F, n, known)
    return [known[id(r)] if isinstance(r, Variable) else 0 if is_zero(r) else r for r in roots]


def _moved_to(node: Variable, function: Function, held: list[Variable]) -> Function:
    """A copy of a Function with this node as its output and the node's arguments as its inputs, for its backward.

    held: gets the Variables of several outputs, to which the copy has weak references alone.
    """
    copied = copy.copy(function)
    copied.inputs = list(node._args)
    outputs = [node]
    if isinstance(node._data, tuple):
        outputs = [make(OUTPUT.bind(index=i), (node,)) for i in range(len(node._data))]
        held += outputs
    copied.outputs = [weakref.ref(y) for y in outputs]
    return copied


def _read(F: Combining, node: Variable, known: Known) -> Operand:
    if not node._args:
        return node if F.recorded else node._data
    return F.call(node._op, *[known[id(a)] if isinstance(a, Variable) else a for a in node._args])
