"""The first-order backward sweep over a graph, on raw arrays."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import Any

import numpy as np

from dezero.autodiff.broadcasting import fit
from dezero.core.arraylike import raw
from dezero.core.dtypes import is_half, single, wraps
from dezero.core.graph import Nodes
from dezero.core.op import ELEMENTWISE
from dezero.core.registry import values
from dezero.core.variable import Variable

_MANY = 256  # nodes of a graph in which so many cotangents may meet that their sum in half precision is too coarse
_dtype_of = attrgetter("_data.dtype")


def sweep(nodes: Nodes, grads: dict[int, Any], keep: set[int] | None, use_grad: bool) -> dict[int, Any]:
    """Reverse sweep over raw arrays: from the roots' cotangents to those of the leaves.

    grads: cotangents of the roots by age. keep: ages whose cotangent is wanted besides the leaves' (None: all).
    use_grad: the `.grad` that an intermediate already carries is part of its cotangent.
    """
    found: dict[int, Any] = {}
    summed: set[int] = set()
    roots = set(grads)
    get, pop, F = grads.get, grads.pop, values
    written_out = 0 if len(nodes) > _MANY and _any_half(nodes) else 2
    for age in sorted(nodes, reverse=True):
        g = pop(age, None)
        if g is None:
            continue
        node = nodes[age]
        args = node._args
        if not args:
            found[age] = g
            continue
        if node._grad is not None and use_grad and age not in roots:
            g = g + inside(raw(node._grad))
        if (not isinstance(node._data, tuple)) if keep is None else age in keep:
            found[age] = g
            if keep and not any([isinstance(a, Variable) and a._seq in nodes for a in args]):
                continue  # asked for, and nothing below it is
        op, count = node._op, len(args)
        rules = op.rules
        if rules is None or count > written_out:
            _pull(node, g, nodes, grads, summed)
        elif count == 1:  # one argument and two are written out, since most operations have so many: half the time
            x = args[0]
            old = get(x._seq)
            gx = rules[0](F, g, x._data, node._data)
            grads[x._seq] = gx if old is None else old + gx
        else:
            a, b = args
            y, first, second = node._data, isinstance(a, Variable), isinstance(b, Variable)
            x, z = a._data if first else a, b._data if second else b
            broadcasts = op.kind is ELEMENTWISE and isinstance(y, np.ndarray)
            if first and a._seq in nodes:
                ga = rules[0](F, g, x, z, y)
                if broadcasts and ga.shape != x.shape:
                    ga = fit(ga, y.shape, x.shape)
                old = get(a._seq)
                grads[a._seq] = ga if old is None else old + ga
            if second and b._seq in nodes:
                gb = rules[1](F, g, x, z, y)
                if broadcasts and gb.shape != z.shape:
                    gb = fit(gb, y.shape, z.shape)
                old = get(b._seq)
                grads[b._seq] = gb if old is None else old + gb
    return found


def _pull(node: Variable, g: Any, nodes: Nodes, grads: dict[int, Any], summed: set[int]) -> None:
    """Through an operation of any number of arguments, or a user's Function. summed: ages of what was added up here."""
    op, args, y = node._op, node._args, node._data
    rules = op.rules
    if rules is None:
        if is_half(y) and not is_half(g):
            g = g.astype(y.dtype)
        for a, ga in op.vjp_raw(node, g):
            if ga is not None and a._seq in nodes:
                _add(grads, a._seq, ga, summed)
        return
    data = [a._data if isinstance(a, Variable) else a for a in args]
    broadcasts = op.kind is ELEMENTWISE and isinstance(y, np.ndarray)
    for i, a in enumerate(args):
        if isinstance(a, Variable) and a._seq in nodes:
            ga = rules[i](values, g, *data, y)
            if broadcasts and ga.shape != a._data.shape:
                ga = fit(ga, y.shape, a._data.shape)
            _add(grads, a._seq, ga, summed)


def _add(grads: dict[int, Any], age: int, g: Any, summed: set[int]) -> None:
    old = grads.get(age)
    if old is None:
        grads[age] = g
    elif age in summed and type(old) is type(g) is np.ndarray and (old.dtype, old.shape) == (g.dtype, g.shape):
        np.add(old, g, out=old)  # nobody else has it: half the time of a new array, for weights used at every step
    else:
        grads[age] = single(old) + g  # the sum of halves stays in single precision; own() rounds it
        summed.add(age)


def _any_half(nodes: Nodes) -> bool:
    try:
        return np.dtype(np.float16) in set(map(_dtype_of, nodes.values()))
    except AttributeError:  # a node of several outputs
        return any([is_half(n._data) for n in nodes.values()])


def own(found: dict[int, Any], nodes: Nodes, others: Iterable[Any] = ()) -> bool:
    """Give each found gradient an array of its own, of its Variable's dtype, that may be changed in place.

    A rule may hand the same array on to two arguments (add), or a view of the seed (reshape). The gradient in integers
    keeps its own dtype. Returns whether there is one in integers that may have wrapped around.
    """
    seen = {id(_owner(raw(x))) for x in others}
    seen.update([id(_owner(nodes[age]._data)) for age in found])
    integers = False
    for age, g in found.items():
        kind = nodes[age]._data.dtype
        if not hasattr(g, "dtype"):
            g = found[age] = np.asarray(g)
        if g.dtype.kind == "c":
            g = found[age] = outside(g, kind)
        if g.dtype != kind:
            if kind.kind in "fc":
                g = found[age] = g.astype(kind)
            elif wraps(kind):
                integers = True
        if isinstance(g, np.generic):
            continue
        owner = id(_owner(g))
        if owner in seen or not g.flags.writeable:
            g = found[age] = g.copy()
            owner = id(g)
        seen.add(owner)
    return integers


def ones(y: Variable) -> Any:
    """The cotangent of a result that is differentiated as it is: ones, as numbers where it is one."""
    data = y._data
    kind = data.dtype if data.dtype.kind in "fc" else np.dtype(np.int64)  # narrow integers would wrap around
    return np.ones(data.shape, kind) if isinstance(data, np.ndarray) else kind.type(1)


def inside(g: Any) -> Any:
    """A raw cotangent given by users as the sweeps take it (see outside)."""
    return np.conj(g) if g.dtype.kind == "c" else g


def outside(g: Any, kind: np.dtype[Any]) -> Any:
    """A raw cotangent as users see it.

    The gradient of a real L in z = a + ib is dL/da + i dL/db, so that z - lr * grad descends. Inside the sweeps a
    cotangent is its conjugate, with which every analytic operation has the rule that it has for real numbers. Of a
    real argument's cotangent the imaginary part means nothing.
    """
    return np.conj(g) if kind.kind == "c" else g.real


def _owner(x: Any) -> Any:
    """The array whose memory a view shows."""
    while isinstance(x, np.ndarray) and x.base is not None:
        x = x.base
    return x
