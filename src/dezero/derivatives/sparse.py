"""Sparse Jacobians, Hessians and third derivatives: one sweep for each colour of their pattern, over one graph.

A. R. Curtis, M. J. D. Powell, J. K. Reid, On the estimation of sparse Jacobian matrices, J. Inst. Math. Appl. 13
(1974); T. F. Coleman, J. J. Moré, Estimation of sparse Hessian matrices and graph coloring problems, Math. Program. 28
(1984).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from dezero.autodiff.arguments import check_callable
from dezero.autodiff.gradients import gradients
from dezero.autodiff.sweep import sweep
from dezero.core.graph import collect, leading_to
from dezero.core.op import Op
from dezero.core.variable import Variable
from dezero.derivatives.colouring import colour_columns, star_colouring, stored
from dezero.derivatives.patterns import hessian_pattern, jacobian_pattern, one_array, structure
from dezero.derivatives.tracing import Run
from dezero.functions import _scipy
from dezero.rewriting.cache import CACHE
from dezero.series import Expansion

Product = Callable[[np.ndarray], np.ndarray]

_MOST_TRIPLES = 2**26  # of elements that are worth listing for a third derivative


def sparse_jacobian(f: Callable[[Any], Any], sparsity: Any = None) -> SparseDerivative:
    """The Jacobian of f as a function of x that returns a SciPy CSR array, (outputs, inputs), both flattened.

    f: takes an array of x's shape and returns one of any shape. sparsity: a matrix of its pattern (any SciPy sparse or
    plain array; what it stores counts), where it is known; it is checked along a random line. None: as found by
    dezero.sparsity. Columns that share no row are found by one forward sweep, or rows that share no column by one
    reverse sweep, whichever takes fewer. The result holds numbers: a derivative of it is not recorded. `plan(x)` tells
    pattern, colours and sweeps, and evaluates at other points. Raises as dezero.sparsity does, and ValueError for a
    sparsity of another shape or one that lacks a nonzero.

    >>> import numpy as np
    >>> jacobian = sparse_jacobian(lambda x: x[1:] * x[:-1])
    >>> jacobian(np.array([1.0, 2.0, 3.0])).toarray()
    array([[2., 1., 0.],
           [0., 3., 2.]])
    >>> jacobian.plan(np.ones(3)).sweeps
    2
    """
    return SparseDerivative("sparse_jacobian", _jacobian_plan, f, sparsity)


def sparse_hessian(f: Callable[[Any], Any], sparsity: Any = None) -> SparseDerivative:
    """The Hessian of f as a function of x that returns a symmetric SciPy CSR array, (inputs, inputs), flattened.

    f: takes an array of x's shape and returns a number. A star colouring of the pattern (of dezero.hessian_sparsity,
    where no sparsity is given) tells which columns are found by one product with the Hessian: a reverse sweep of the
    gradient's graph. Everything else as for sparse_jacobian.

    >>> import numpy as np
    >>> hessian = sparse_hessian(lambda x: (x[1:] * x[:-1]).sum())
    >>> hessian(np.ones(4)).toarray()
    array([[0., 1., 0., 0.],
           [1., 0., 1., 0.],
           [0., 1., 0., 1.],
           [0., 0., 1., 0.]])
    >>> hessian.plan(np.ones(1000)).sweeps
    3
    """
    return SparseDerivative("sparse_hessian", _hessian_plan, f, sparsity)


def sparse_third(f: Callable[[Any], Any], sparsity: Any = None) -> SparseDerivative:
    """The third derivative of f as a function of x that returns a symmetric SciPy COO array of three axes.

    f: takes an array of n elements and returns a number. sparsity: the pattern of the Hessian. An element (i, j, k) is
    stored where the Hessian's pattern has (i, j), (i, k) and (j, k), in all orders. With columns coloured so that they
    share no row, T[:, a, b] summed over the columns of two colours gives an element in each row: one reverse sweep for
    a pair of colours, over the graph of the Hessian's product with the first. Everything else as for sparse_jacobian.

    >>> import numpy as np
    >>> third = sparse_third(lambda x: x[0] ** 3 + x[0] * x[1] ** 2)(np.ones(2))
    >>> third.toarray().tolist()
    [[[6.0, 0.0], [0.0, 2.0]], [[0.0, 2.0], [2.0, 0.0]]]
    """
    return SparseDerivative("sparse_third", _third_plan, f, sparsity)


class _Source:
    """What is differentiated; apart from the derivative, so that this and the plan it keeps are no cycle."""

    def __init__(self, name: str, f: Callable[[Any], Any]) -> None:
        self.name, self.f = name, f

    def run(self, x: Any) -> Run:
        return one_array(self.name, self.f, x, scalar=self.name != "sparse_jacobian")


class SparseDerivative:
    """A sparse derivative of a function, to be called on x; it keeps its last plan for graphs of the same structure."""

    def __init__(self, name: str, make: Callable[..., Plan], f: Callable[[Any], Any], sparsity: Any) -> None:
        check_callable(name, f)
        self.name, self.f, self.sparsity, self._make = name, f, sparsity, make
        self._source = _Source(name, f)
        self._last: Plan | None = None

    def __call__(self, x: Any) -> Any:
        run = self._source.run(x)
        return self._plan(run)._evaluate(run)

    def plan(self, x: Any) -> Plan:
        """The pattern and its colours at x, ready to be evaluated at other points."""
        return self._plan(self._source.run(x))

    def _plan(self, run: Run) -> Plan:
        key = structure(run)
        if self._last is None or key is None or self._last._key != key:
            self._last = self._made(run, key)
        return self._last

    def _made(self, run: Run, key: Any) -> Plan:
        """A plan for a graph of this key: that of another function with such a graph, where it is cached."""
        place = None if key is None or self.sparsity is not None else ("sparse derivative", self.name, key)
        known: Plan | None = None if place is None else CACHE.find(place)
        if known is not None:
            return known._of(self._source)
        plan = self._make(self._source, run, self._given(run))
        plan._key = key
        if self.sparsity is not None:
            plan._check(run)
        if place is not None:
            CACHE.keep(place, plan._of(None), plan._bytes())
        return plan

    def _given(self, run: Run) -> Any:
        if self.sparsity is None:
            return None
        (x,), (y,) = run.leaves, run.outputs
        pattern, wanted = stored(self.sparsity), (y.size if self.name == "sparse_jacobian" else x.size, x.size)
        if pattern.shape != wanted:
            raise ValueError(f"{self.name}: sparsity has shape {pattern.shape}, the derivative has {wanted}")
        return pattern if self.name == "sparse_jacobian" else stored(pattern + pattern.T)


class Plan:
    """Which sweeps find a sparse derivative, and where in their results its elements stand.

    pattern: a CSR array of Booleans. colours: a number for each column (of a Jacobian whose rows are coloured, for each
    row). sweeps: how many an evaluation takes. `plan(x)` evaluates at another x, for which f must run the same
    operations on the same shapes, with the same indices and zeros in constant matrices: ValueError where that can be
    seen not to be so (it cannot where f uses a Function of the user's own, or index arrays or masks of over 4 MB).
    """

    _key: Any = None
    _transposed = False

    def __init__(self, source: _Source, pattern: Any, colours: np.ndarray, reads: dict[Any, Any]) -> None:
        self.pattern, self.colours, self.sweeps = pattern, colours, len(reads)
        self._source, self._reads = source, reads

    def __call__(self, x: Any) -> Any:
        run = self._source.run(x)
        key = structure(run)
        if run.leaves[0].size != self.pattern.shape[1] or (None not in (key, self._key) and key != self._key):
            raise ValueError(
                f"{self._source.name}: f ran other operations, or on other shapes, than where this plan was made; "
                "make a plan at the new x"
            )
        return self._evaluate(run)

    def _evaluate(self, run: Run) -> Any:
        values = np.zeros(self._count(), run.outputs[0].dtype)
        for (_, found), (entries, places) in zip(self._sweeps(run), self._reads.values(), strict=True):
            values[entries] = found[places]
        return self._array(values)

    def _of(self, source: Any) -> Any:
        """This plan for another function; None: for none, so that the cache keeps no function alive."""
        plan = copy.copy(self)
        plan.pattern, plan.colours, plan._source = self.pattern.copy(), self.colours.copy(), source  # the user's own
        return plan

    def _bytes(self) -> int:
        arrays = [self.pattern.data, self.pattern.indices, self.pattern.indptr, self.colours]
        return int(sum([a.nbytes for a in (*arrays, *[a for read in self._reads.values() for a in read])]))

    def _count(self) -> int:
        return int(self.pattern.nnz)

    def _array(self, values: np.ndarray) -> Any:
        pattern = self.pattern
        return _scipy.sparse.csr_array((values, pattern.indices.copy(), pattern.indptr.copy()), shape=pattern.shape)

    def _sweeps(self, run: Run) -> Iterator[tuple[Any, np.ndarray]]:
        """The result of each sweep, in the order of the reads."""
        product = self._product(run)
        for colour in self._reads:
            yield colour, product(self.colours == colour)

    def _product(self, run: Run) -> Product:
        raise NotImplementedError

    def _check(self, run: Run) -> None:
        """ValueError where a pattern that was given misses what a product along a random line shows."""
        weights = np.random.default_rng(0).uniform(0.5, 1.5, len(self.colours))
        matrix, found = self._evaluate(run), self._product(run)(weights)
        if self._transposed:
            matrix = matrix.T
        tolerance = np.sqrt(np.finfo(found.dtype).eps) * (abs(matrix) @ weights + np.abs(found))
        missed = np.flatnonzero(np.abs(matrix @ weights - found) > tolerance)
        if len(missed):
            kind = "column" if self._transposed else "row"
            raise ValueError(
                f"{self._source.name}: sparsity lacks nonzeros of the derivative, first in {kind} {missed[0]}; "
                "give every place that can be other than zero, or leave it to be found"
            )


# -- one sweep -------------------------------------------------------------------------------------------------


def _forward(y: Variable, x: Variable) -> Product:
    """The product of the Jacobian with a direction."""

    def product(direction: np.ndarray) -> np.ndarray:
        line = direction.astype(x.dtype).reshape(x.shape)
        return np.ravel(np.broadcast_to(Expansion(y, {x: [line[()]]})[1], y.shape))

    return product


def _reverse(y: Variable, x: Variable) -> Product:
    """The product of the transposed Jacobian with a cotangent."""
    nodes = leading_to(collect([y]), [x])

    def product(cotangent: np.ndarray) -> np.ndarray:
        seed = cotangent.astype(y.dtype).reshape(y.shape)[()]
        found = sweep(nodes, {y._seq: seed}, {x._seq}, False).get(x._seq) if y._seq in nodes else None
        return np.zeros(x.size, y.dtype) if found is None else np.ravel(np.broadcast_to(np.real(found), x.shape))

    return product


def _gradient(run: Run) -> Variable:
    return gradients(run.outputs[0], run.leaves[0], create_graph=True)[0]


def _read_by(colours: np.ndarray, places: np.ndarray) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """For each colour, the elements that are read from its sweep and their places in its result."""
    order = np.argsort(colours, kind="stable")
    kinds, starts = np.unique(colours[order], return_index=True)
    parts = np.split(order, starts[1:])
    return {int(colour): (part, places[part]) for colour, part in zip(kinds, parts, strict=True)} if len(order) else {}


def _rows_of(pattern: Any) -> np.ndarray:
    return np.repeat(np.arange(pattern.shape[0], dtype=pattern.indices.dtype), np.diff(pattern.indptr))


# -- Jacobians -------------------------------------------------------------------------------------------------


class _ByColumns(Plan):
    def _product(self, run: Run) -> Product:
        return _forward(run.outputs[0], run.leaves[0])


class _ByRows(Plan):
    _transposed = True

    def _product(self, run: Run) -> Product:
        return _reverse(run.outputs[0], run.leaves[0])


def _jacobian_plan(source: _Source, run: Run, pattern: Any) -> Plan:
    if pattern is None:
        pattern = jacobian_pattern(source.name, run.outputs[0], run.leaves[0])
    rows, columns = _rows_of(pattern), pattern.indices
    widest, tallest = (int(np.bincount(side).max(initial=0)) for side in (rows, columns))
    backward_only = any([node._args and not isinstance(node._op, Op) for node in collect(run.outputs).values()])
    # No fewer colours than elements in a row (or column): the second colouring only where it can win.
    reverse = backward_only or tallest <= widest  # a user's Function has a backward and no forward derivative
    colours = colour_columns(pattern.T if reverse else pattern)
    if not backward_only and colours.max(initial=-1) + 1 > (widest if reverse else tallest):
        others = colour_columns(pattern if reverse else pattern.T)
        if others.max(initial=-1) < colours.max(initial=-1):
            colours, reverse = others, not reverse
    if reverse:
        return _ByRows(source, pattern, colours, _read_by(colours[rows], columns))
    return _ByColumns(source, pattern, colours, _read_by(colours[columns], rows))


# -- Hessians --------------------------------------------------------------------------------------------------


class _OfHessian(Plan):
    def _product(self, run: Run) -> Product:
        return _reverse(_gradient(run), run.leaves[0])


def _hessian_plan(source: _Source, run: Run, pattern: Any) -> Plan:
    if pattern is None:
        pattern = hessian_pattern(source.name, run.outputs[0], run.leaves[0])
    colours = star_colouring(pattern)
    rows, columns = _rows_of(pattern), pattern.indices
    low, high = np.minimum(rows, columns), np.maximum(rows, columns)
    alone = _alone(pattern, rows, colours)
    # Both elements of a pair are read at one place, so that the result is exactly symmetric.
    swap = ~alone(low, high)
    place, other = np.where(swap, high, low), np.where(swap, low, high)
    return _OfHessian(source, pattern, colours, _read_by(colours[other], place))


def _alone(pattern: Any, rows: np.ndarray, colours: np.ndarray) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Whether in row i column j is the only one of its colour that has a nonzero."""
    count = int(colours.max(initial=0)) + 1
    keys = rows.astype(np.int64) * count + colours[pattern.indices]
    if pattern.shape[0] * count <= 8 * pattern.nnz:
        often = np.bincount(keys, minlength=pattern.shape[0] * count)
        return lambda i, j: often[i.astype(np.int64) * count + colours[j]] == 1
    kinds, counts = np.unique(keys, return_counts=True)
    return lambda i, j: counts[np.searchsorted(kinds, i.astype(np.int64) * count + colours[j])] == 1


# -- third derivatives -----------------------------------------------------------------------------------------


class _OfThird(Plan):
    triples: tuple[np.ndarray, np.ndarray, np.ndarray]  # i <= j <= k

    def _bytes(self) -> int:
        return super()._bytes() + sum([a.nbytes for a in self.triples])

    def _count(self) -> int:
        return len(self.triples[0])

    def _sweeps(self, run: Run) -> Iterator[tuple[Any, np.ndarray]]:
        (x,), gradient = run.leaves, _gradient(run)
        last, product = None, None
        for first, second in self._reads:  # sorted: all sweeps over one product's graph after another
            if product is None or first != last:
                seed = (self.colours == first).astype(gradient.dtype).reshape(x.shape)
                (along,) = gradients(gradient, x, seed, create_graph=True)
                last, product = first, _reverse(along, x)
            yield (first, second), product(self.colours == second)

    def _array(self, values: np.ndarray) -> Any:
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
        _hessian_plan(self._source, run, self.pattern)._check(run)


def _third_plan(source: _Source, run: Run, pattern: Any) -> Plan:
    if pattern is None:
        pattern = hessian_pattern(source.name, run.outputs[0], run.leaves[0])
    colours = colour_columns(pattern)
    i, j, k = triples = _triples(source.name, pattern)
    first, second = np.minimum(colours[j], colours[k]), np.maximum(colours[j], colours[k])
    count = int(colours.max(initial=0)) + 1
    reads = {divmod(key, count): read for key, read in _read_by(first * count + second, i).items()}
    plan = _OfThird(source, pattern, colours, reads)
    plan.triples = triples
    return plan


def _triples(name: str, pattern: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All i <= j <= k of which the symmetric pattern has every pair."""
    upper = stored(_scipy.sparse.triu(pattern))
    n, starts = pattern.shape[0], upper.indptr.astype(np.int64)
    rows, columns = _rows_of(upper).astype(np.int64), upper.indices.astype(np.int64)
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
