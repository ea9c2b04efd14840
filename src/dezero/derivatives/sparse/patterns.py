"""Where Jacobians and Hessians can have nonzeros, found from a graph that ran.

A node's pattern is a Boolean matrix: it says on which elements of x each element of the node depends. It is computed
from the patterns of the node's arguments by sparse products. Where an operation couples its arguments a and b, the
Hessian has a nonzero at each pair of elements of x that a coupled pair of their elements depends on: P_a' P_b.

A. Griewank, A. Walther, Evaluating Derivatives (2nd ed., SIAM 2008), sections 7.1 and 7.3; A. Walther, Computing sparse
Hessians with automatic differentiation, ACM Trans. Math. Softw. 34 (2008).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, cast
from weakref import WeakValueDictionary

import numpy as np

from dezero.core.dtypes import Array, Shape, is_complex
from dezero.core.errors import describe
from dezero.core.graph import collect, leading_to
from dezero.core.op import BILINEAR, ELEMENTWISE, LINEAR, Op
from dezero.core.variable import ArrayLike, Variable
from dezero.derivatives.sparse import selections
from dezero.derivatives.sparse.dependence import Dependence
from dezero.derivatives.sparse.matrices import Sparse, matrix, union
from dezero.derivatives.tracing import Run
from dezero.functions import _scipy

_MOST = 2**28  # nonzeros of one pattern, 1.3 GB

Couples = list[tuple[int, int]]  # pairs of places of an operation's arguments


def sparsity(f: Callable[[Variable], object], x: ArrayLike) -> Any:
    """Where the Jacobian of f can have nonzeros: a SciPy CSR array of Booleans, (outputs, inputs), both flattened.

    f: takes an array of x's shape and returns one of any shape. Every nonzero at x is in it; where an operation's own
    pattern is not known (a matrix inverse, a user's Function) its whole result depends on its whole arguments. It holds
    wherever f runs the same operations, with the same indices and zeros in constant matrices. ValueError where it is
    too dense to be of use, TypeError for other than one real array, ImportError without SciPy.

    >>> import numpy as np
    >>> sparsity(lambda x: x[1:] * x[:-1], np.ones(3)).toarray().astype(int)
    array([[1, 1, 0],
           [0, 1, 1]])
    """
    run = one_array("sparsity", f, x)
    return jacobian_pattern("sparsity", run.outputs[0], run.leaves[0])


def hessian_sparsity(f: Callable[[Variable], object], x: ArrayLike) -> Any:
    """Where the Hessian of f can have nonzeros: a symmetric SciPy CSR array of Booleans, (inputs, inputs), flattened.

    f: takes an array of x's shape and returns a number. What is linear in x leaves no trace. As for sparsity.

    >>> import numpy as np
    >>> hessian_sparsity(lambda x: x[0] * x[1] + x[2] ** 3, np.ones(3)).toarray().astype(int)
    array([[0, 1, 0],
           [1, 0, 0],
           [0, 0, 1]])
    """
    run = one_array("hessian_sparsity", f, x, scalar=True)
    return hessian_pattern("hessian_sparsity", run.outputs[0], run.leaves[0])


def one_array(name: str, f: Callable[[Variable], object], x: ArrayLike, scalar: bool = False) -> Run:
    """f run on one real array, of one real array (or number) as its result."""
    run = Run(name, f, (x,))
    for what, found in (("x", run.leaves), ("the function's result", run.outputs)):
        if len(found) != 1:
            raise TypeError(f"{name}: {what} holds {len(found)} arrays; join them into one with concatenate")
        if is_complex(found[0]):
            raise TypeError(
                f"{name}: {what} is {describe(found[0])}; give its real and imaginary parts as two real arrays"
            )
    if scalar and run.outputs[0].shape != ():
        raise ValueError(
            f"{name}: the function returned {describe(run.outputs[0])}, not a number; sum it, or take sparse_jacobian"
        )
    return run


def jacobian_pattern(name: str, y: Variable, x: Variable) -> Sparse:
    """The pattern of dy/dx, of Variables of a graph that ran."""
    found = _Propagation(name, x, None).to(y)
    found.sort_indices()
    return found


def hessian_pattern(name: str, y: Variable, x: Variable) -> Sparse:
    """The pattern of the second derivative of y in x."""
    couplings = _Couplings(name, x.size)
    _Propagation(name, x, couplings).to(y)
    return couplings.symmetric()


class _Propagation:
    """Patterns from x up to a node."""

    def __init__(self, name: str, x: Variable, couplings: _Couplings | None) -> None:
        self.name, self.x, self.couplings = name, x, couplings
        self.known: dict[int, Any] = {}  # age of a node -> its pattern; of a node with several outputs a list of them

    def to(self, y: Variable) -> Sparse:
        path = leading_to(collect([y]), [self.x])
        found = {age: Dependence(node) for age, node in path.items() if age != self.x._age}
        needed = {y._age} if self.couplings is None else set()
        for age in reversed(path):  # for a Hessian: coupled arguments, and what these depend on
            if age in found:
                args = path[age]._args
                coupled = {i for pair in found[age].couples for i in pair}
                places = [i for i, a in enumerate(args) if isinstance(a, Variable)] if age in needed else coupled
                needed.update([args[i]._age for i in places])
        last = {a._age: age for age, node in path.items() for a in node._args if isinstance(a, Variable)}
        known = self.known
        for age, node in path.items():
            if age == self.x._age:
                known[age] = _scipy.sparse.eye_array(self.x.size, dtype=bool, format="csr")
                continue
            if age in needed or found[age].couples:
                known[age] = self.node_pattern(node, found[age])
            for a in node._args:
                if isinstance(a, Variable) and last[a._age] == age:
                    known.pop(a._age, None)
        return known[y._age] if y._age in known else self.empty(y.size)

    def node_pattern(self, node: Variable, found: Dependence) -> Sparse | list[Sparse]:
        op, args = node._op, node._args
        if isinstance(op, Op) and op.name == "output":
            return self.known[args[0]._age][op.parameters["index"]]
        moving = [i for i in found.slopes if (p := self.known.get(args[i]._age)) is not None and p.nnz]
        couples = [(i, j) for i, j in found.couples if i in moving and j in moving]
        if not isinstance(op, Op) or isinstance(node._data, tuple):
            return self.mixed_pattern(node, moving, couples)
        if not moving:
            return self.empty(node.size)
        if op.kind is ELEMENTWISE or op.each:
            return self.elementwise_pattern(node, moving, couples)
        if op.kind is LINEAR:
            return self.linear_pattern(node, moving)
        if op.kind is BILINEAR:
            return self.bilinear_pattern(node, moving, couples)
        return self.mixed_pattern(node, moving, couples)

    # -- each kind of operation --------------------------------------------------------------------------------

    def elementwise_pattern(self, node: Variable, moving: list[int], couples: Couples) -> Sparse:
        parts = {}
        for i in moving:
            pattern, shape = self.known[node._args[i]._age], node._args[i].shape
            if shape != node.shape:
                numbers = np.arange(math.prod(shape)).reshape(shape)
                pattern = self.take(pattern, np.broadcast_to(numbers, node.shape).ravel(), node)
            parts[i] = pattern
        self.couple(parts, parts, couples, node)
        return union(list(parts.values()))

    def linear_pattern(self, node: Variable, moving: list[int]) -> Sparse:
        patterns = [self.known[node._args[i]._age] for i in moving]
        numbers = selections.by_value(node, moving)
        if numbers is not None:
            pattern = patterns[0] if len(patterns) == 1 else _scipy.sparse.vstack(patterns, format="csr")
            return self.selected(pattern, numbers, node)
        return union([self.gathered(node, i, p) for i, p in zip(moving, patterns, strict=True)])

    def gathered(self, node: Variable, i: int, pattern: Sparse) -> Sparse:
        """The part of a linear operation's pattern that comes from one argument."""
        target = selections.by_rule(node, i)
        if target is None:
            groups, whose = self.grouped(node, i)
            return self.take(groups, whose, node)
        source = np.flatnonzero(target)
        return matrix(target[source] - 1, source, (node.size, pattern.shape[0])) @ pattern

    def bilinear_pattern(self, node: Variable, moving: list[int], couples: Couples) -> Sparse:
        args = node._args
        if len(moving) == 1 and not isinstance(args[1 - moving[0]], Variable):  # at constant places: pick, lookup
            (i,), constant = moving, args[1 - moving[0]]
            value = (lambda x: node._op.value(constant, x)) if i else (lambda x: node._op.value(x, constant))
            numbers = selections.selection(value, [args[i].shape], node.shape)
            if numbers is not None:
                return self.selected(self.known[args[i]._age], numbers, node)
        found = selections.products(node)
        if found is None:
            return self.mixed_pattern(node, moving, couples)
        out, *which = found
        parts = []
        for i in moving:
            pattern = self.known[args[i]._age]
            parts.append(matrix(out, which[i], (node.size, pattern.shape[0])) @ pattern)
        if couples and self.couplings is not None:
            first, second = (self.known[a._age] for a in args)
            pairs = matrix(which[0], which[1], (first.shape[0], second.shape[0]))
            self.couplings.add(first, pairs @ second, node)
        return union(parts)

    def mixed_pattern(self, node: Variable, moving: list[int], couples: Couples) -> Any:
        """The pattern of an operation of which nothing is known, or only that it keeps rows apart."""
        several = isinstance(node._data, tuple)
        sizes = [y.size for y in node._data] if several else [node.size]
        if not moving:
            return [self.empty(size) for size in sizes] if several else self.empty(sizes[0])
        found = {i: self.grouped(node, i) for i in moving}
        groups = {i: g for i, (g, _) in found.items()}
        parts: dict[int, Sparse] = {}
        if several:
            results = [self.take(union(list(groups.values())), np.zeros(size, np.int64), node) for size in sizes]
        else:
            parts = {i: self.take(g, whose, node) for i, (g, whose) in found.items()}
        self.couple(groups, parts or groups, couples, node)
        return results if several else union(list(parts.values()))

    def grouped(self, node: Variable, i: int) -> tuple[Sparse, Array]:
        """The pattern of an argument, united within each row, and the row of each element of the result.

        Without rows that stay apart, all elements are one row.
        """
        a, op = node._args[i], node._op
        pattern: Sparse = self.known[a._age]
        axes: Shape = ()
        kept: Shape = ()
        if isinstance(op, Op) and op.independent is not None and not isinstance(node._data, tuple):
            for axis in range(-a.ndim, 0):
                below = [(*axes, axis) if k == i else () for k in range(len(node._args))]
                try:
                    rows = op.independent(below, node, **op.parameters)
                except Exception:  # the operation does not expect these axes
                    rows = None
                if rows is not None and len(rows) == len(axes) + 1 and a.shape[axis] > 1:
                    axes, kept = below[i], tuple(rows)
        if any([a.shape[r] != node.shape[s] for r, s in zip(axes, kept, strict=True)]):
            axes = kept = ()
        numbers = _numbered(a.shape, axes)
        count = math.prod([a.shape[r] for r in axes])
        joined = matrix(numbers, np.arange(a.size), (count, a.size)) @ pattern
        return joined, _numbered((), ()) if isinstance(node._data, tuple) else _numbered(node.shape, kept)

    # -- matrices ----------------------------------------------------------------------------------------------

    def empty(self, rows: int) -> Sparse:
        return matrix([], [], (rows, self.x.size))

    def selected(self, pattern: Sparse, numbers: Array, node: Variable) -> Sparse:
        """The rows with these numbers, counted from 1; 0 stands for an empty row."""
        if numbers.size and not numbers.min():
            pattern = _scipy.sparse.vstack([pattern, self.empty(1)], format="csr")
        return self.take(pattern, numbers - 1, node)

    def take(self, pattern: Sparse, rows: Array, node: Variable) -> Sparse:
        _check(self.name, node, int(np.diff(pattern.indptr)[rows].sum(dtype=np.int64)))
        return pattern[rows]

    def couple(self, same: dict[int, Sparse], parts: dict[int, Sparse], couples: Couples, node: Variable) -> None:
        """Add the coupled pairs of a node: of an argument with itself by `same`, of two arguments by `parts`."""
        if self.couplings is not None:
            for i, j in couples:
                self.couplings.add(*((same[i], same[i]) if i == j else (parts[i], parts[j])), node)


class _Couplings:
    """The pattern of a Hessian: the union of P_a' P_b over all pairs of arguments (a, b) that an operation couples."""

    def __init__(self, name: str, n: int) -> None:
        self.name = name
        self.alone = np.zeros(n, bool)  # elements that are coupled to themselves, which `pairs` need not hold
        self.pairs = matrix([], [], (n, n))
        self.waiting: list[Sparse] = []  # products not yet added to the pairs
        self.squares: WeakValueDictionary[int, Sparse] = WeakValueDictionary()  # patterns coupled to themselves
        self.one_sided = False  # whether (b, a) has to be added for some (a, b)

    def add(self, a: Sparse, b: Sparse, node: Variable) -> None:
        if a is b:
            if self.squares.get(id(a)) is a:
                return  # as in a chain of functions of the same elements
            self.squares[id(a)] = a
            if np.diff(a.indptr).max(initial=0) <= 1:
                self.alone[a.indices] = True
                return
        else:
            self.one_sided = True
        _check(self.name, node, int((np.diff(a.indptr).astype(np.int64) * np.diff(b.indptr)).sum()))
        self.waiting.append(a.T @ b)
        if sum([part.nnz for part in self.waiting]) > self.pairs.nnz:
            self.join()

    def join(self) -> None:
        parts = [part for part in (self.pairs, *self.waiting) if part.nnz]
        self.pairs, self.waiting = union(parts) if parts else self.pairs, []

    def symmetric(self) -> Sparse:
        """The whole, as a CSR array with its columns in order."""
        self.join()
        total = self.pairs + self.pairs.T if self.one_sided else self.pairs
        if (self.alone > total.diagonal()).any():
            places = np.flatnonzero(self.alone)
            total = total + matrix(places, places, total.shape)
        total = cast(Sparse, _scipy.sparse.csr_array(total))
        total.sort_indices()
        return total


def _check(name: str, node: Variable, nonzeros: int) -> None:
    if nonzeros > _MOST:
        raise ValueError(
            f"{name}: {node._op.name} relates its elements to those of x in {nonzeros:.1e} ways, so the derivative is "
            "no sparse one; take a dense derivative or products with it, or give its pattern as sparsity"
        )


def _numbered(shape: Shape, axes: Shape) -> Array:
    """For each element of an array the number of its row: its index along these axes, the first of them slowest."""
    number: Any = np.zeros(shape, np.int64)
    for axis in axes:
        n = shape[axis]
        number = number * n + np.arange(n).reshape((n,) + (1,) * (-axis - 1))
    return number.ravel()
