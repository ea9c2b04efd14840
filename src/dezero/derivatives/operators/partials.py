"""Several partial derivatives of a computed Variable at once, by the fewest series along rays that give them all."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from dezero.autodiff.checks import check_root
from dezero.core.call import operand
from dezero.core.config import using_config
from dezero.core.errors import GraphError, describe
from dezero.core.graph import collect
from dezero.core.registry import operations
from dezero.core.variable import Variable, wrap
from dezero.derivatives.operators.lines import Line, Plan, planned
from dezero.derivatives.operators.rays import MultiIndex
from dezero.series.batch import Batch
from dezero.series.collapsed import CollapsedReading
from dezero.series.expansion import Expansion
from dezero.series.independence import check_batch, check_elements
from dezero.series.orders import is_whole_number

Columns = Variable | Mapping[Any, Variable]


def partials(u: Variable, x: Columns, indices: Sequence[Any], create_graph: bool = True) -> list[Variable]:
    """Partial derivatives of a computed u, several at once, each of u's shape.

    x: what u was computed from, points of shape (N, d), or one point (d,); or a dict of columns by name, Variables of
    shape (N, 1) or (N,). u: of shape (N,), (N, 1) or (N, m), whose row i depends on row i of x alone; this is proved,
    or ValueError. indices: for an array the order in each of the d components, as (1, 0) or (2, 0) for two; for a dict
    a name or a tuple of names, as ("x", "x", "t"). A dict of such indices and coefficients asks for the sum of these
    partials, each times its coefficient: a number, or what broadcasts to u, such as a value for each row. create_graph:
    record them, for losses and further derivatives. TypeError or ValueError for other indices, KeyError for a name that
    x has not, GraphError where u was computed from other Variables.

    Series in one parameter along a few rays give all of them (rays.py has the formula and its source): the fewest
    that do, each to the highest order in which it is needed. Rays are shared, as are lower orders.

    >>> X = Variable(np.array([[1.0, 2.0], [3.0, 4.0]]))
    >>> u = X[:, 0:1] ** 2 * X[:, 1:2]
    >>> u_x, u_xy = partials(u, X, [(1, 0), (1, 1)])
    >>> u_x.data.ravel(), u_xy.data.ravel()
    (array([ 4., 24.]), array([2., 6.]))
    """
    moved = _moved(u, x)
    _check_path(u, moved)
    _check_list(moved, indices)
    asked = [_terms(u, moved, index) for index in indices]
    every = tuple(dict.fromkeys([index for terms in asked for index, _ in terms]))
    highest = max(map(sum, every), default=0)
    for leaf in moved.leaves:
        if leaf.ndim > 1:
            check_batch("partials", u, leaf, highest)
        elif moved.names is not None:
            check_elements("partials", [u], leaf, highest, "give columns of which each row of u uses its own")
    found: dict[Line, Variable] = {}
    plan = planned(every)
    with using_config("enable_backprop", create_graph):
        for order, directions in plan.bundles():
            for group in _moving_alike(moved, directions):
                found |= _series(u, moved, order, group, create_graph)
        partial = {index: _combined(u, found, plan, index, create_graph) for index in every}
        return [_weighted([(partial[index], c) for index, c in terms]) for terms in asked]


class _Moved(NamedTuple):
    """The Variables that move, and the names of the columns; None where they are the components of one array."""

    leaves: list[Variable]
    names: list[Hashable] | None

    @property
    def components(self) -> int:
        return self.leaves[0].shape[-1] if self.names is None else len(self.names)


def _moved(u: object, x: object) -> _Moved:
    if not isinstance(u, Variable):
        raise TypeError(f"partials: u is {describe(u)}; give the Variable that was computed from x")
    check_root(u, "partials")
    if isinstance(x, Variable) and x.ndim == 2 and (not u.ndim or u.shape[0] != x.shape[0]):
        raise ValueError(
            f"partials: u has shape {u.shape}, and x holds {x.shape[0]} points; give u of shape (N,), (N, 1) or "
            "(N, m), a row for each point (of a sum or mean take `gradients`)"
        )
    if isinstance(x, Mapping):
        for name, column in x.items():
            if not isinstance(column, Variable) or column.size != column.shape[0] * (column.ndim > 0):
                raise TypeError(
                    f"partials: column {name!r} is {describe(column)}; give Variables of shape (N, 1) or (N,)"
                )
        if not x:
            raise ValueError("partials: x has no columns; give at least one")
        return _Moved(list(x.values()), list(x))
    if not isinstance(x, Variable) or x.ndim not in (1, 2):
        raise TypeError(f"partials: x is {describe(x)}; give a Variable of shape (N, d) or (d,), or a dict of columns")
    return _Moved([x], None)


def _check_path(u: Variable, moved: _Moved) -> None:
    """GraphError where u was computed from other Variables."""
    graph = collect([u], "partials")
    for i, leaf in enumerate(moved.leaves):
        above = collect([leaf])
        for j, other in enumerate(moved.leaves):
            if j != i and other._age in above and moved.names is not None:
                how = "is the same Variable as" if other is leaf else "was computed from"
                raise ValueError(
                    f"partials: column {moved.names[i]!r} {how} column {moved.names[j]!r}, so it cannot move alone; "
                    "give columns of which none depends on another"
                )
        if leaf._age not in graph:
            what = "x" if moved.names is None else f"column {moved.names[i]!r}"
            raise GraphError(
                f"partials: u was not computed from {what}, {describe(leaf)}; a slice, a copy or a new Variable made "
                "beside it is another Variable: compute u from the one that is given here"
            )


def _check_list(moved: _Moved, indices: object) -> None:
    """TypeError for one index, or one sum, in place of a list of them."""
    alone = isinstance(indices, tuple) and not any([isinstance(index, tuple | Mapping) for index in indices])
    if isinstance(indices, str | Mapping) or (alone and indices) or not isinstance(indices, Sequence):
        example = "[(1, 0), (0, 2)]" if moved.names is None else f"[({moved.names[0]!r}, {moved.names[0]!r})]"
        raise TypeError(f"partials: indices is {indices!r}; give a list of what is asked for, such as {example}")


_Terms = list[tuple[MultiIndex, Any]]


def _terms(u: Variable, moved: _Moved, index: Any) -> _Terms:
    """The partials of a sum, each with its coefficient; None for 1."""
    if not isinstance(index, Mapping):
        return [(_index(moved, index), None)]
    if not index:
        raise ValueError("partials: a sum of no partials is asked for; give a dict of indices and coefficients")
    found: _Terms = []
    for one, c in index.items():
        coefficient = c if isinstance(c, int | float) else operand(c, "partials")
        shape = getattr(coefficient, "shape", ())
        if len(shape) > u.ndim or any([n not in (1, m) for n, m in zip(shape[::-1], u.shape[::-1], strict=False)]):
            raise ValueError(
                f"partials: the coefficient of {one!r} has shape {shape}, which does not broadcast to u's {u.shape}"
            )
        found.append((_index(moved, one), coefficient))
    return found


def _weighted(terms: list[tuple[Variable, Any]]) -> Variable:
    total: Variable | None = None
    for partial, c in terms:
        part = partial * 1 if c is None else partial * c
        total = part if total is None else total + part
    return total  # type: ignore[return-value]


def _index(moved: _Moved, index: Any) -> MultiIndex:
    """An index as the order in each component."""
    d = moved.components
    if moved.names is not None:
        names = list(index) if isinstance(index, tuple | list) else [index]
        for name in names:
            if name not in moved.names:
                raise KeyError(f"partials: {name!r} is no column of x, which has {moved.names}")
        return tuple([names.count(name) for name in moved.names])
    if not isinstance(index, tuple | list) or not all([is_whole_number(k) for k in index]):
        raise TypeError(
            f"partials: index {index!r} is no tuple of {d} orders, one for each component, as (1, 0) for the first "
            "derivative in the first of two"
        )
    if len(index) != d or min(index) < 0:
        raise ValueError(
            f"partials: index {index!r}; give {d} orders from 0 up, one for each component of x, which has shape "
            f"{moved.leaves[0].shape} (points of one number each have shape (N, 1))"
        )
    return tuple(map(int, index))


def _moving_alike(moved: _Moved, directions: list[MultiIndex]) -> list[list[MultiIndex]]:
    """The rays in groups that move the same columns: one that does not move has no series, for 0 times inf is nan."""
    if moved.names is None:
        return [directions]
    groups: dict[tuple[bool, ...], list[MultiIndex]] = {}
    for v in directions:
        groups.setdefault(tuple([step != 0 for step in v]), []).append(v)
    return list(groups.values())


def _series(
    u: Variable, moved: _Moved, order: int, directions: list[MultiIndex], recorded: bool
) -> dict[Line, Variable]:
    """The Taylor coefficients 1 to `order` of u along each ray."""
    F = CollapsedReading(recorded, len(directions), None, order + 1)
    rays = np.array(directions, float)
    curves = {}
    for i, leaf in enumerate(moved.leaves):
        steps = rays if moved.names is None else rays[:, i : i + 1]
        if steps.any():
            array = steps.astype(leaf.dtype).reshape(len(rays), *[1] * (leaf.ndim - 1), steps.shape[-1])
            curves[leaf] = [Batch(F, wrap(array) if recorded else array, leaf.shape)]
    expansion, found = Expansion(u, curves, recorded, F), {}
    for k in range(1, order + 1):
        whole = _whole(expansion[k], (len(rays), *u.shape), recorded)
        for r, v in enumerate(directions):
            found[Line(v, k)] = whole[r]
    return found


def _whole(c: Any, shape: tuple[int, ...], recorded: bool) -> Variable:
    array = c.whole() if isinstance(c, Batch) else c
    if recorded:
        return operations.broadcast_to(array, shape)
    return wrap(np.broadcast_to(array, shape))


def _combined(u: Variable, found: dict[Line, Variable], plan: Plan, index: MultiIndex, recorded: bool) -> Variable:
    if not any(index):
        return u if recorded else wrap(u.data)
    total: Variable | int = 0
    for line, weight in plan.weights[index]:
        part = found[line] * weight
        total = part if isinstance(total, int) else total + part
    return total  # type: ignore[return-value]
