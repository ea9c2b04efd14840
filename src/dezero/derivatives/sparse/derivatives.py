"""Sparse Jacobians, Hessians and third derivatives: one sweep for each colour of their pattern, over one graph.

A. R. Curtis, M. J. D. Powell, J. K. Reid, On the estimation of sparse Jacobian matrices, J. Inst. Math. Appl. 13
(1974); T. F. Coleman, J. J. Moré, Estimation of sparse Hessian matrices and graph coloring problems, Math. Program. 28
(1984).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from dezero.autodiff.arguments import check_callable
from dezero.core.variable import ArrayLike, Variable
from dezero.derivatives.sparse.keys import pattern_key
from dezero.derivatives.sparse.matrices import Sparse, stored
from dezero.derivatives.sparse.plan import Plan, Source
from dezero.derivatives.sparse.planning import hessian_plan, jacobian_plan, third_plan
from dezero.derivatives.tracing import Run
from dezero.rewriting.cache import CACHE

Make = Callable[[Source, Run, Sparse | None], Plan]


def sparse_jacobian(f: Callable[[Variable], object], sparsity: object = None) -> SparseDerivative:
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
    return SparseDerivative("sparse_jacobian", jacobian_plan, f, sparsity)


def sparse_hessian(f: Callable[[Variable], object], sparsity: object = None) -> SparseDerivative:
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
    return SparseDerivative("sparse_hessian", hessian_plan, f, sparsity)


def sparse_third(f: Callable[[Variable], object], sparsity: object = None) -> SparseDerivative:
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
    return SparseDerivative("sparse_third", third_plan, f, sparsity)


class SparseDerivative:
    """A sparse derivative of a function, to be called on x; it keeps its last plan for graphs of the same structure."""

    def __init__(self, name: str, make: Make, f: Callable[[Variable], object], sparsity: object) -> None:
        check_callable(name, f)
        self.name, self.f, self.sparsity, self._make = name, f, sparsity, make
        self._source = Source(name, f)
        self._last: Plan | None = None

    def __call__(self, x: ArrayLike) -> Any:
        run = self._source.run(x)
        return self._plan(run)._evaluate(run)

    def plan(self, x: ArrayLike) -> Plan:
        """The pattern and its colours at x, ready to be evaluated at other points."""
        return self._plan(self._source.run(x))

    def _plan(self, run: Run) -> Plan:
        key = pattern_key(run)
        if self._last is None or key is None or self._last._key != key:
            self._last = self._made(run, key)
        return self._last

    def _made(self, run: Run, key: Hashable) -> Plan:
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

    def _given(self, run: Run) -> Sparse | None:
        if self.sparsity is None:
            return None
        (x,), (y,) = run.leaves, run.outputs
        pattern, wanted = stored(self.sparsity), (y.size if self.name == "sparse_jacobian" else x.size, x.size)
        if pattern.shape != wanted:
            raise ValueError(f"{self.name}: sparsity has shape {pattern.shape}, the derivative has {wanted}")
        return pattern if self.name == "sparse_jacobian" else stored(pattern + pattern.T)
