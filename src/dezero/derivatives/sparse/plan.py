"""A plan: which sweeps find a sparse derivative, and where in their results its elements stand."""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any

import numpy as np

from dezero.autodiff.gradients import gradients
from dezero.autodiff.sweep import sweep
from dezero.core.conversion import warn_of_numbers
from dezero.core.dtypes import Array
from dezero.core.graph import collect, leading_to
from dezero.core.variable import ArrayLike, Variable
from dezero.derivatives.sparse.keys import pattern_key
from dezero.derivatives.sparse.matrices import Sparse
from dezero.derivatives.sparse.patterns import one_array
from dezero.derivatives.tracing import Run
from dezero.functions import _scipy
from dezero.series import Expansion

Product = Callable[[Array], Array]  # with a direction, or a cotangent
Reads = Mapping[Any, tuple[Array, Array]]  # of each sweep: elements of the derivative, and their places in its result


class Source:
    """The function to differentiate. A plan refers to it and not to its SparseDerivative, which refers to the plan."""

    def __init__(self, name: str, f: Callable[[Variable], object]) -> None:
        self.name, self.f = name, f

    def run(self, x: ArrayLike) -> Run:
        if isinstance(x, Variable):
            warn_of_numbers(self.name, x)
        return one_array(self.name, self.f, x, scalar=self.name != "sparse_jacobian")


class Plan:
    """Which sweeps find a sparse derivative, and where in their results its elements stand.

    pattern: a CSR array of Booleans. colours: a number for each column (of a Jacobian whose rows are coloured, for each
    row). sweeps: how many an evaluation takes. `plan(x)` evaluates at another x, for which f must run the same
    operations on the same shapes, with the same indices and zeros in constant matrices: ValueError where that can be
    seen not to be so (it cannot where f uses a Function of the user's own, or index arrays or masks of over 4 MB).
    """

    _key: Hashable = None  # the pattern_key of the graph that it was made for
    _transposed = False

    def __init__(self, source: Source, pattern: Sparse, colours: Array, reads: Reads) -> None:
        self.pattern, self.colours, self.sweeps = pattern, colours, len(reads)
        self._source, self._reads = source, reads

    def __call__(self, x: ArrayLike) -> Any:
        run = self._source.run(x)
        key = pattern_key(run)
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

    def _of(self, source: Source | None) -> Plan:
        """This plan for another function; None: for no function, since the cache is to keep none alive."""
        plan = copy.copy(self)
        plan.pattern, plan.colours = self.pattern.copy(), self.colours.copy()  # users may change theirs
        plan._source = source  # type: ignore[assignment]
        return plan

    def _bytes(self) -> int:
        arrays = [self.pattern.data, self.pattern.indices, self.pattern.indptr, self.colours]
        return int(sum([a.nbytes for a in (*arrays, *[a for read in self._reads.values() for a in read])]))

    def _count(self) -> int:
        return int(self.pattern.nnz)

    def _array(self, values: Array) -> Any:
        pattern = self.pattern
        return _scipy.sparse.csr_array((values, pattern.indices.copy(), pattern.indptr.copy()), shape=pattern.shape)

    def _sweeps(self, run: Run) -> Iterator[tuple[Hashable, Array]]:
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


def forward_product(y: Variable, x: Variable) -> Product:
    """The product of the Jacobian with a direction."""

    def product(direction: Array) -> Array:
        line = direction.astype(x.dtype).reshape(x.shape)
        return np.ravel(np.broadcast_to(Expansion(y, {x: [line[()]]})[1], y.shape))

    return product


def reverse_product(y: Variable, x: Variable) -> Product:
    """The product of the transposed Jacobian with a cotangent."""
    nodes = leading_to(collect([y]), [x])

    def product(cotangent: Array) -> Array:
        seed = cotangent.astype(y.dtype).reshape(y.shape)[()]
        found = sweep(nodes, {y._age: seed}, {x._age}, False).get(x._age) if y._age in nodes else None
        return np.zeros(x.size, y.dtype) if found is None else np.ravel(np.broadcast_to(np.real(found), x.shape))

    return product


def gradient_of(run: Run) -> Variable:
    return gradients(run.outputs[0], run.leaves[0], create_graph=True)[0]


def read_by(colours: Array, places: Array) -> dict[int, tuple[Array, Array]]:
    """For each colour, the elements that are read from its sweep and their places in its result."""
    order = np.argsort(colours, kind="stable")
    kinds, starts = np.unique(colours[order], return_index=True)
    parts = np.split(order, starts[1:])
    return {int(colour): (part, places[part]) for colour, part in zip(kinds, parts, strict=True)} if len(order) else {}
