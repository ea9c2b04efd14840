"""The first-order reverse sweep over a graph, on raw arrays."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import Any

import numpy as np

from dezero.autodiff.broadcasting import fit
from dezero.core.arraylike import raw
from dezero.core.dtypes import Array, DType, is_half, single, wraps
from dezero.core.graph import Nodes
from dezero.core.op import ELEMENTWISE
from dezero.core.registry import values
from dezero.core.variable import Variable

_MANY = 256  # nodes: in a larger graph cotangents in half precision are added in single precision
_dtype_of = attrgetter("_data.dtype")


def sweep(nodes: Nodes, grads: dict[int, Any], keep: set[int] | None, use_grad: bool) -> dict[int, Any]:
    """Cotangents of the leaves, by age, from those of the roots, as raw arrays.

    grads: cotangents of the roots by age; Cotangents for a node of several outputs. keep: ages of other nodes whose
    cotangent is wanted (None: all). use_grad: the `.grad` of an intermediate is part of its cotangent.
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
            g = g + from_user(raw(node._grad))
        if (not isinstance(node._data, tuple)) if keep is None else age in keep:
            found[age] = g
            if keep and not any([isinstance(a, Variable) and a._age in nodes for a in args]):
                continue  # nothing below it is asked for
        op, count = node._op, len(args)
        rules = op.rules
        if rules is None or count > written_out:
            _vjp(node, g, nodes, grads, summed)
        elif count == 1:  # one and two arguments, which most operations have, are written out: half the time
            x = args[0]
            old = get(x._age)
            gx = rules[0](F, g, x._data, node._data)
            grads[x._age] = gx if old is None else old + gx
        else:
            a, b = args
            y, first, second = node._data, isinstance(a, Variable), isinstance(b, Variable)
            x, z = a._data if first else a, b._data if second else b
            broadcasts = op.kind is ELEMENTWISE and isinstance(y, np.ndarray)
            if first and a._age in nodes:
                ga = rules[0](F, g, x, z, y)
                if broadcasts and ga.shape != x.shape:
                    ga = fit(ga, y.shape, x.shape)
                old = get(a._age)
                grads[a._age] = ga if old is None else old + ga
            if second and b._age in nodes:
                gb = rules[1](F, g, x, z, y)
                if broadcasts and gb.shape != z.shape:
                    gb = fit(gb, y.shape, z.shape)
                old = get(b._age)
                grads[b._age] = gb if old is None else old + gb
    return found


def _vjp(node: Variable, g: Any, nodes: Nodes, grads: dict[int, Any], summed: set[int]) -> None:
    """Add the cotangents of the arguments of an operation or of a user's Function to grads.

    summed: ages of cotangents that are sums computed here, so that no other node has their arrays.
    """
    op, args, y = node._op, node._args, node._data
    rules = op.rules
    if rules is None:
        if is_half(y) and not is_half(g):
            g = g.astype(y.dtype)
        for a, ga in op.vjp_raw(node, g):
            if ga is not None and a._age in nodes:
                _add(grads, a._age, ga, summed)
        return
    data = [a._data if isinstance(a, Variable) else a for a in args]
    broadcasts = op.kind is ELEMENTWISE and isinstance(y, np.ndarray)
    for i, a in enumerate(args):
        if isinstance(a, Variable) and a._age in nodes:
            ga = rules[i](values, g, *data, y)
            if ga is None:
                continue
            if broadcasts and ga.shape != a._data.shape:
                ga = fit(ga, y.shape, a._data.shape)
            _add(grads, a._age, ga, summed)


def _add(grads: dict[int, Any], age: int, g: Array, summed: set[int]) -> None:
    old = grads.get(age)
    if old is None:
        grads[age] = g
    elif age in summed and type(old) is type(g) is np.ndarray and (old.dtype, old.shape) == (g.dtype, g.shape):
        np.add(old, g, out=old)  # in place: half the time of a new array, as for weights that every time step uses
    else:
        grads[age] = single(old) + g  # a sum of halves stays in single precision until unshare() rounds it
        summed.add(age)


def _any_half(nodes: Nodes) -> bool:
    try:
        return np.dtype(np.float16) in set(map(_dtype_of, nodes.values()))
    except AttributeError:  # a node of several outputs
        return any([is_half(n._data) for n in nodes.values()])


def unshare(found: dict[int, Any], nodes: Nodes, others: Iterable[Variable | Array] = ()) -> bool:
    """Copy found gradients that share memory, so that each may be changed in place, and convert them to their dtypes.

    A rule may return one array for two arguments (add), or a view of the seed (reshape). others: Variables and arrays
    with which no gradient may share memory either. A gradient in integers keeps the dtype that the rules gave. Returns
    whether there is one in narrow integers, which may have wrapped around.
    """
    seen = {id(owner(raw(x))) for x in others}
    seen.update([id(owner(nodes[age]._data)) for age in found])
    integers = False
    for age, g in found.items():
        kind = nodes[age]._data.dtype
        if not hasattr(g, "dtype"):
            g = found[age] = np.asarray(g)
        if g.dtype.kind == "c":
            g = found[age] = for_user(g, kind)
        if g.dtype != kind:
            if kind.kind in "fc":
                g = found[age] = g.astype(kind)
            elif wraps(kind):
                integers = True
        if isinstance(g, np.generic):
            continue
        memory = id(owner(g))
        if memory in seen or not g.flags.writeable:
            g = found[age] = g.copy()
            memory = id(g)
        seen.add(memory)
    return integers


def ones(y: Variable) -> Array:
    """The cotangent of a result where none is given: ones, or the number 1 for a NumPy scalar."""
    data = y._data
    kind = data.dtype if data.dtype.kind in "fc" else np.dtype(np.int64)  # narrow integers would wrap around
    return np.ones(data.shape, kind) if isinstance(data, np.ndarray) else kind.type(1)  # type: ignore[return-value]


def from_user(g: Array) -> Array:
    """A raw cotangent that a user gave, in the convention of the sweeps (see for_user)."""
    return np.conj(g) if g.dtype.kind == "c" else g


def for_user(g: Array, kind: DType) -> Array:
    """A raw cotangent in the convention of users, for a Variable of dtype kind.

    Users see the gradient of a real L in z = a + ib as dL/da + i dL/db, so that z - lr * grad descends. Inside the
    sweeps a cotangent is the conjugate of that: then every analytic operation has the same rule as for real numbers.
    The cotangent of a real Variable is the real part.
    """
    return np.conj(g) if kind.kind == "c" else g.real


def owner(x: object) -> object:
    """The array that owns the memory of a view; another array or number itself."""
    while isinstance(x, np.ndarray) and x.base is not None:
        x = x.base
    return x
