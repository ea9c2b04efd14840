"""The plan of a Jacobian, a Hessian or a third derivative, from its pattern and a colouring of that."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Any

import numpy as np

from dezero.autodiff.gradients import gradients
from dezero.core.dtypes import Array
from dezero.core.graph import collect
from dezero.core.op import Op
from dezero.derivatives.sparse.colouring import colour_columns, star_colouring
from dezero.derivatives.sparse.matrices import Sparse, rows_of, stored
from dezero.derivatives.sparse.patterns import hessian_pattern, jacobian_pattern
from dezero.derivatives.sparse.plan import (
    Plan,
    Product,
    Source,
    forward_product,
    gradient_of,
    read_by,
    reverse_product,
)
from dezero.derivatives.tracing import Run
from dezero.functions import _scipy

_MOST_TRIPLES = 2**26  # of elements that are worth listing for a third derivative


# -- Jacobians -------------------------------------------------------------------------------------------------


class _ByColumns(Plan):
    def _product(self, run: Run) -> Product:
        return forward_product(run.outputs[0], run.leaves[0])


class _ByRows(Plan):
    _transposed = True

    def _product(self, run: Run) -> Product:
        return reverse_product(run.outputs[0], run.leaves[0])


def jacobian_plan(source: Source, run: Run, pattern: Sparse | None) -> Plan:
    if pattern is None:
        pattern = jacobian_pattern(source.name, run.outputs[0], run.leaves[0])
    rows, columns = rows_of(pattern), pattern.indices
    widest, tallest = (int(np.bincount(side).max(initial=0)) for side in (rows, columns))
    backward_only = any([node._args and not isinstance(node._op, Op) for node in collect(run.outputs).values()])
    # A colouring needs at least as many colours as a row (or column) has elements: the other is tried if it can win.
    reverse = backward_only or tallest <= widest  # a user's Function has a backward and no forward derivative
    colours = colour_columns(pattern.T if reverse else pattern)
    if not backward_only and colours.max(initial=-1) + 1 > (widest if reverse else tallest):
        others = colour_columns(pattern if reverse else pattern.T)
        if others.max(initial=-1) < colours.max(initial=-1):
            colours, reverse = others, not reverse
    if reverse:
        return _ByRows(source, pattern, colours, read_by(colours[rows], columns))
    return _ByColumns(source, pattern, colours, read_by(colours[columns], rows))


# -- Hessians --------------------------------------------------------------------------------------------------


class _OfHessian(Plan):
    def _product(self, run: Run) -> Product:
        return reverse_product(gradient_of(run), run.leaves[0])


def hessian_plan(source: Source, run: Run, pattern: Sparse | None) -> Plan:
    if pattern is None:
        pattern = hessian_pattern(source.name, run.outputs[0], run.leaves[0])
    colours = star_colouring(pattern)
    rows, columns = rows_of(pattern), pattern.indices
    low, high = np.minimum(rows, columns), np.maximum(rows, columns)
    alone = _alone(pattern, rows, colours)
    # Both elements of a pair are read at one place, so that the result is exactly symmetric.
    swap = ~alone(low, high)
    place, other = np.where(swap, high, low), np.where(swap, low, high)
    return _OfHessian(source, pattern, colours, read_by(colours[other], place))


def _alone(pattern: Sparse, rows: Array, colours: Array) -> Callable[[Array, Array], Array]:
    """The function of (i, j) that tells whether column j is the only one of its colour with a nonzero in row i."""
    count = int(colours.max(initial=0)) + 1
    keys = rows.astype(np.int64) * count + colours[pattern.indices]
    if pattern.shape[0] * count <= 8 * pattern.nnz:
        often = np.bincount(keys, minlength=pattern.shape[0] * count)
        return lambda i, j: often[i.astype(np.int64) * count + colours[j]] == 1
    kinds, counts = np.unique(keys, return_counts=True)
    return lambda i, j: counts[np.searchsorted(kinds, i.astype(np.int64) * count + colours[j])] == 1


# -- third derivatives -----------------------------------------------------------------------------------------


class _OfThird(Plan):
    triples: tuple[Array, Array, Array]  # i <= j <= k

    def _bytes(self) -> int:
        return super()._bytes() + sum([a.nbytes for a in self.triples])

    def _count(self) -> int:
        return len(self.triples[0])

    def _sweeps(self, run: Run) -> Iterator[tuple[Hashable, Array]]:
        (x,), gradient = run.leaves, gradient_of(run)
        last, product = None, None
        for first, second in self._reads:  # in order: the sweeps over the graph of one product come together
            if product is None or first != last:
                seed = (self.colours == first).astype(gradient.dtype).reshape(x.shape)
                (column,) = gradients(gradient, x, seed, create_graph=True)
                last, product = first, reverse_product(column, x)
            yield (first, second), product(self.colours == second)

    def _array(self, values: Array) -> Any:
        i, j, k = self.triples
        lower, upper, every = i != j, j != k, np.ones(len(i), bool)
        orders = [
            (i, j, k, every),
            (i, k, j, upper),
            (j, i, k, lower),
            (j, k, i, lower),
            (k, i, j, upper),
            (k, j, i, lower & upper),
        ]
        parts = [(a[keep], b[keep], c[keep], values[keep]) for a, b, c, keep in orders]
        a, b, c, data = (np.concatenate(part) for part in zip(*parts, strict=True))
        n = self.pattern.shape[0]
        return _scipy.sparse.coo_array((data, (a, b, c)), shape=(n, n, n))

    def _check(self, run: Run) -> None:
        hessian_plan(self._source, run, self.pattern)._check(run)


def third_plan(source: Source, run: Run, pattern: Sparse | None) -> Plan:
    if pattern is None:
        pattern = hessian_pattern(source.name, run.outputs[0], run.leaves[0])
    colours = colour_columns(pattern)
    i, j, k = triples = _triples(source.name, pattern)
    first, second = np.minimum(colours[j], colours[k]), np.maximum(colours[j], colours[k])
    count = int(colours.max(initial=0)) + 1
    reads = {divmod(key, count): read for key, read in read_by(first * count + second, i).items()}
    plan = _OfThird(source, pattern, colours, reads)
    plan.triples = triples
    return plan


def _triples(name: str, pattern: Sparse) -> tuple[Array, Array, Array]:
    """All i <= j <= k of which the symmetric pattern has every pair."""
    upper = stored(_scipy.sparse.triu(pattern))
    n, starts = pattern.shape[0], upper.indptr.astype(np.int64)
    rows, columns = rows_of(upper).astype(np.int64), upper.indices.astype(np.int64)
    lengths = np.diff(starts)[columns]
    if lengths.sum() > _MOST_TRIPLES:
        raise ValueError(
            f"{name}: the Hessian's pattern is too dense, {lengths.sum():.1e} triples of elements to look at; take "
            "products with the third derivative (jets) in its place"
        )
    pair = np.repeat(np.arange(len(rows)), lengths)
    within = np.arange(len(pair)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    i, j, k = rows[pair], columns[pair], columns[starts[columns[pair]] + within]
    keys, wanted = rows * n + columns, i * n + k
    found = np.searchsorted(keys, wanted)
    keep = found < len(keys)
    keep[keep] = keys[found[keep]] == wanted[keep]
    return i[keep], j[keep], k[keep]
