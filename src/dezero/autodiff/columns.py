"""Gradients in a leaf of a few columns whose rows stay apart, as networks on differential equations have them.

The leaf X has shape (N, d), and row i of the result depends on row i of X alone. The first gradient g in X is one
reverse sweep, which costs less than d tangents, unless d or more outputs of a network share the tangents. Its columns
are then differentiated again, `gradients(g[:, 0:1], X, create_graph=True)`, and by repeated reverse sweeps the graph
would grow exponentially with the order. So from some order on (see most_columns) the gradient of such a derivative is
made of d tangents, one for each column, joined into (N, d); and where a graph reads a column of a gradient, the algebra
takes its tangent in place of it, without the join or the reverse sweep.

A gradient in columns knows of what it is the gradient (DerivativeOf). So a result that reads columns of gradients leads
down to its base, which is no derivative in columns, and all derivatives of one base share one session.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple
from weakref import WeakValueDictionary

from dezero.autodiff.join import column_read, joined
from dezero.autodiff.rows import independent_axes, proved_rows
from dezero.autodiff.sharing import whole
from dezero.autodiff.sweep import ones
from dezero.autodiff.tangent import Circle, tangent_sweep
from dezero.core.dtypes import Shape
from dezero.core.errors import GraphError
from dezero.core.graph import Nodes, collect, leading_to
from dezero.core.op import BILINEAR, Independent, Op
from dezero.core.variable import Variable, cuts
from dezero.rewriting.algebra import Algebra
from dezero.rewriting.origin import DerivativeOf
from dezero.rewriting.session import Direction, is_coordinate
from dezero.rewriting.term import Term

# The most columns of a leaf that is differentiated column by column: for more, repeated reverse sweeps cost less up to
# the fourth order.
MOST_COLUMNS = 4

_algebras: WeakValueDictionary[int, Algebra] = WeakValueDictionary()  # by the age of the base, or what it reads


class Step(NamedTuple):
    """One derivative on the way from a base up to a result: in a direction, and the result's shape."""

    direction: Direction
    shape: Shape


def columns_of(leaf: Variable) -> int:
    """The number of columns of a leaf that may be differentiated column by column; 0 for any other."""
    shape = leaf._data.shape
    if not is_coordinate(leaf) or leaf._data.dtype.kind != "f" or len(shape) < 2 or not 2 <= shape[-1] <= MOST_COLUMNS:
        return 0
    return shape[-1] if math.prod(shape) else 0


def in_columns(root: Variable, leaf: Variable) -> bool:
    """Whether the leaf has a few columns, and is not one whose elements all stay apart on the way to the root."""
    return bool(columns_of(leaf)) and not _apart(root, leaf, independent_axes(leaf.shape))


def _apart(root: Variable, leaf: Variable, rows: Independent) -> bool:
    """Whether each operation between says that elements along these axes stay apart.

    A root that is smaller than the rows is no reason against it: sums on top of the graph may mix them.
    """
    path = leading_to(collect([root]), (leaf,))
    known, _ = proved_rows(path, leaf, rows)
    count = math.prod([leaf.shape[axis] for axis in rows])
    while root._age in path and root._age not in known:
        below = [a for a in root._args if isinstance(a, Variable) and a._age in path]
        if len(below) != 1 or not isinstance(root._op, Op) or root._op.kind is BILINEAR:
            return False
        if isinstance(root._data, tuple) or root.size >= count:
            return False
        (root,) = below
    return root._age in path


def _sweeps_reach(root: Variable, leaf: Variable) -> bool:
    """Whether tangent sweeps give the derivative in a leaf."""
    axes = independent_axes(leaf.shape)
    return _apart(root, leaf, axes[:-1] if in_columns(root, leaf) else axes)


# -- from a result down to its base ---------------------------------------------------------------------------------


def _step_below(node: Variable) -> tuple[Step, Variable] | None:
    """The last derivative that was taken on the way to a node, and of what; None where the node is no derivative."""
    found = column_read(node)
    derivative = node._resume if found is None else found[0]._resume
    if not isinstance(derivative, DerivativeOf) or derivative.cuts != cuts():
        return None
    if (found is not None) != bool(derivative.order):
        return None  # a whole gradient, or a column of a derivative in one direction
    return Step(Direction(derivative.leaf, None if found is None else found[1]), node.shape), derivative.root


def steps_below(root: Variable) -> tuple[Variable, list[Step]]:
    """The base of a result, and the derivatives from there up to the result."""
    steps: list[Step] = []
    while (found := _step_below(root)) is not None:
        steps.append(found[0])
        root = found[1]
    return root, steps[::-1]


def goes_on(root: Variable) -> bool:
    """Whether the session of a root is open, in which its derivative may be known; cached steps would repeat it."""
    if not _algebras:
        return False
    base, steps = steps_below(root)
    return bool(steps) and whole(base)._age in _algebras


def resumed(graph: Nodes, root: Variable, asked: Sequence[Variable]) -> tuple[Algebra, Variable] | None:
    """An algebra that knows the lower derivatives of a root, and the root in it; None where there are none.

    graph: below the root. asked: coordinates (see session.py) in which it is to be differentiated. With what lower
    orders found the graph of the next order stays small; cached steps do not keep it, nor does a column that is read.
    """
    base, steps = steps_below(root)
    if not steps:
        return None
    try:
        above = collect([base])
        by_columns = any([step.direction.column is not None for step in steps])
        if by_columns and not all([_sweeps_reach(base, x) for x in asked]):
            return None
        coordinates = [*asked, *[step.direction.leaf for step in steps]]
        F = _algebras.get(whole(base)._age)
        if F is None or not all([F.left(x) for x in coordinates]) or not F.session.resume():
            F = Algebra.for_graph(graph | above if by_columns else above, base, coordinates)
            if by_columns:
                _algebras[whole(base)._age] = F
                _read_from_tangents(F, above)
    except GraphError:  # the user changed a Variable on which only the lower orders depend
        return None
    F.reads_arrays = True  # as in _stand_for
    node = _derived(F, base, steps)
    return None if node is None else (F, node)


def _derived_in(F: Algebra, root: Variable, step: Step) -> Variable | None:
    """The derivative of a root, as a node of the algebra; None where it is a constant or rows may mix."""
    leaf, column = step.direction
    if column is not None:
        F.session.outermost.setdefault(leaf._age, column)
    path = leading_to(collect([root]), (leaf,))
    seed = Term(F, 1, None) if root.dtype.kind in "fc" else F.full(1, ones(root))
    term = tangent_sweep(F, path, root, seed, leaf, column)
    if term is None or term.node is None:
        return None
    node = F.node(term if term.shape == step.shape else F.reshape(term, shape=step.shape))
    return node if isinstance(node, Variable) and (column is None or node.dtype == leaf.dtype) else None


# -- the gradient of a derivative -------------------------------------------------------------------------------------


def _order(node: Variable) -> int:
    """The order of a gradient in columns; 0 for any other node."""
    return node._resume.order if isinstance(node._resume, DerivativeOf) else 0


def next_order(graph: Nodes) -> int:
    """The order of a gradient of what was computed from the gradients in columns of a graph."""
    return 1 + max(map(_order, graph.values()), default=0)


def most_columns(root: Variable, order: int) -> int:
    """The most columns of a leaf in which the gradient of a root is taken by tangents. order: of the gradient.

    Measured on networks of four layers, with the gradient of a loss in their weights: for one output the tangents in
    two columns cost less than a reverse sweep from the second order on, those in d columns from order d + 1 on. Several
    outputs share the tangents of the layers, which then pay from the second order on, and at the first order where
    there are as many outputs as columns. The gradients of higher orders do not go through a reverse sweep of a lower
    one.
    """
    outputs = _outputs(steps_below(root)[0])
    if order > 1 < outputs:
        return MOST_COLUMNS
    return max(min(order, 2), order - 1, outputs)


def column_sweep(F: Algebra, nodes: Nodes, root: Variable, seed: Term, leaf: Variable, most: int) -> Term | None:
    """The gradient of a derivative in a leaf of a few columns, by tangents; None where a reverse sweep is better.

    nodes: on which the derivative depends. seed: the cotangent of the root. most: see most_columns.
    """
    count, path = columns_of(leaf), leading_to(nodes, (leaf,))
    if count > most or not _sweeps_reach(root, leaf):
        return None
    if any([n._origin is not None for n in path.values()]):  # else there is no mixed derivative yet
        F.session.outermost.setdefault(leaf._age, count - 1)
    _read_from_tangents(F, path)
    try:
        found = [tangent_sweep(F, path, root, seed, leaf, column) for column in range(count)]
    except Circle:
        return None
    if any([t is None for t in found]):
        return None
    return joined(F, [t for t in found if t is not None], leaf._data[..., :1])


def _outputs(root: Variable) -> int:
    """How many results share the tangents of a root: the columns of the array of which it reads one."""
    return whole(root).shape[-1] if column_read(root) is not None else 1


def _read_from_tangents(F: Algebra, graph: Nodes) -> None:
    """Let tangents stand for the gradients in columns of a graph, and for the columns that it reads from them."""
    for node in list(graph.values()):
        read = column_read(node)
        if read is not None and _order(read[0]):
            _stand_for(F, node, _derived(F, *steps_below(node)))
        for x in () if read is not None else node._args:
            if isinstance(x, Variable) and id(x) not in F.same:
                _stand_for(F, x, _joined(F, x))


def _stand_for(F: Algebra, node: Variable, equal: Variable | None) -> None:
    if equal is None or equal is node or F.opaque(node):
        return
    if node._age not in collect([equal]):  # what is computed from the node cannot stand for it
        F.same[id(node)] = equal
        F.alive.append(node)
        F.reads_arrays = True  # the steps follow from the base, of which the graph's arrays do not tell


def _derived(F: Algebra, base: Variable, steps: list[Step]) -> Variable | None:
    """The derivative that steps lead to from a base; None where it is a constant or rows may mix."""
    found: Variable | None = F.same.get(id(base), base) if steps else None
    try:
        for step in steps:
            found = None if found is None else _derived_in(F, found, step)
    except GraphError:  # the user changed a Variable on which only the lower orders depend
        return None
    return found


def _joined(F: Algebra, x: Variable) -> Variable | None:
    """A gradient in columns as its tangents, joined; None where x is none."""
    of = x._resume
    if not isinstance(of, DerivativeOf) or not of.order or of.cuts != cuts():
        return None
    base, steps = steps_below(of.root)
    shape = (*x.shape[:-1], 1)
    found = [_derived(F, base, [*steps, Step(Direction(of.leaf, j), shape)]) for j in range(x.shape[-1])]
    columns = [F.term(c) for c in found if c is not None]
    return F.node(joined(F, columns, x._data[..., :1])) if len(columns) == len(found) else None


def note_columns(F: object, result: Variable, root: Variable, leaf: Variable, order: int) -> None:
    """Note on a gradient in columns of what it is the gradient. F: the algebra, where tangents gave it."""
    if in_columns(root, leaf):
        result._resume = DerivativeOf(root, leaf, cuts(), order, F)
        if isinstance(F, Algebra):
            _algebras.setdefault(whole(root)._age, F)
