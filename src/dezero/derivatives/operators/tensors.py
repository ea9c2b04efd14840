"""Mixed partial derivatives, and all of one order, from univariate power series along rays."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import cache
from itertools import combinations, combinations_with_replacement, product
from typing import Any

import numpy as np

from dezero.core.dtypes import Array, is_complex
from dezero.core.errors import describe
from dezero.core.registry import operations
from dezero.core.variable import Variable
from dezero.derivatives.costs import told_of_rays
from dezero.derivatives.operators.methods import weighted
from dezero.derivatives.operators.rays import coefficients, ray_scale
from dezero.derivatives.sweeps import Forward, gradient, single, transform
from dezero.derivatives.tracing import Args, Kwargs, P, Run
from dezero.series.orders import check_order, is_whole_number

Powers = tuple[int, ...]
_GRADIENT = 1.5  # the cost of a series over a gradient's graph, in series over the function's (1.1 to 2, measured)


def partial(f: Callable[P, object], indices: int | Sequence[int]) -> Callable[P, Any]:
    """The function that returns one mixed partial derivative of f in components of its first argument.

    indices: which components, one for each order: (i, i, j) for d^3 f / dx_i dx_i dx_j, () for f itself. Components are
    numbered row by row through the arrays of the argument, in the order in which its structure holds them. f returns
    arrays of any shapes, and the partial has these. Raises TypeError for what are no whole numbers, and the new
    function IndexError for components that the argument has not.

    By series along (s_1 + 1) ... (s_m + 1) / 2 rays for m different components, each s_i times, or one ray for m = 1
    (rays.py has the formula and its source). Series nested one for each component
    take from half to three times as long (half where few operations on arrays meet high orders in several components)
    and hold the graphs of all but the last; rays hold none. `explain`, with the arguments of f, tells their number.

    >>> partial(lambda x: x[0] ** 2 * x[1] ** 3, (0, 0, 1))(np.array([1.0, 2.0]))
    variable(24.0)
    """
    asked = (indices,) if isinstance(indices, int | np.integer) else tuple(indices)
    for i in asked:
        if not is_whole_number(i):
            raise TypeError(f"partial: indices hold {describe(i)}; give the numbers of components")

    def compute(args: Args, kwargs: Kwargs) -> Any:
        with Run("partial", f, args, kwargs) as run:
            weights, directions = _weighted_rays(asked, sum(x.size for x in run.leaves))
            sweep = Forward("partial", run.outputs, run.leaves)
            totals: list[Variable | int] = [0] * len(run.outputs)
            at_once = max(1, sweep.work.at_once(len(asked)))
            for chunk in [slice(i, i + at_once) for i in range(0, len(weights), at_once)]:
                found = _along(sweep, run, directions[chunk], len(asked))
                parts = [operations.sum(weighted(y, weights[chunk]), axis=0) for y in found]
                totals = [total + part for total, part in zip(totals, parts, strict=True)]
            return run.output_tree(totals)

    def explain(*args: P.args, **kwargs: P.kwargs) -> str:
        """How many series give the partial at these arguments, and how many of them at once, in words."""
        with Run("partial", f, args, kwargs) as run:
            weights, _ = _weighted_rays(asked, sum(x.size for x in run.leaves))
            of = Forward("partial", run.outputs, run.leaves).work
            return told_of_rays(f"partial {asked}", of, len(weights), len(asked))

    transformed = transform("partial", f, compute)
    transformed.explain = explain  # type: ignore[attr-defined]
    return transformed


def _weighted_rays(asked: Sequence[int], n: int) -> tuple[Array, Array]:
    """The rays (R, n) of a partial in n components, and the weight of the highest coefficient along each."""
    for i in asked:
        if not -n <= i < n:
            raise IndexError(f"partial: component {i} is asked for, and the argument has {n}")
    places = sorted(int(i) % n for i in asked)
    components = sorted(set(places))
    rays = list(_rays(tuple(places.count(i) for i in components)))
    directions = np.zeros((len(rays), n))
    directions[:, components] = [ray for _, ray in rays]
    return np.array([weight for weight, _ in rays], float), directions


def _rays(powers: Powers) -> Iterator[tuple[float, Sequence[float]]]:
    """(weight, direction) such that weights times highest coefficients add up to the partial with these powers."""
    if len(powers) <= 1:
        step, weight = ray_scale(sum(powers))
        yield weight, [step] * len(powers)
        return
    for whole, direction in coefficients(powers):
        yield whole, [v / 2 for v in direction]


def _along(sweep: Forward, run: Run, directions: Array, order: int) -> list[Variable]:
    """Taylor coefficient `order` of each output along rays: (R, *y.shape) for directions (R, n) in all components."""
    if not order:
        return [operations.broadcast_to(y, (len(directions), *y.shape)) for y in sweep({}, 0, run.recorded)]
    splits = np.cumsum([x.size for x in run.leaves])[:-1]
    moves = np.stack([part.any(axis=1) for part in np.split(directions, splits, axis=1)], axis=1)
    parts, places = [], []
    for moving in np.unique(moves, axis=0):  # a leaf that does not move has no series: 0 times inf would be nan
        (rows,) = np.nonzero((moves == moving).all(axis=1))
        rays = {
            x: np.ascontiguousarray(part).reshape(-1, *x.shape).astype(x.dtype)
            for x, part, moves_here in zip(run.leaves, np.split(directions[rows], splits, axis=1), moving, strict=True)
            if moves_here
        }
        parts.append(sweep.along(rays, order, run.recorded))
        places.append(rows)
    if len(parts) == 1:
        return parts[0]
    back = np.argsort(np.concatenate(places))
    return [operations.get_item(operations.concatenate(ys), back) for ys in zip(*parts, strict=True)]


# -- all partials of an order ----------------------------------------------------------------------------------


class SymmetricTensor:
    """A symmetric tensor of a given order in n components, each of its different elements stored once.

    packed: Variable of C(n + order - 1, order) elements, in the order of `indices`, the rows of ascending component
    numbers in lexicographic order. `tensor[i, j, ...]` is the element at these components in any order.

    >>> tensor = derivative_tensor(lambda x: x[0] ** 2 * x[1], 2)(np.array([3.0, 5.0]))
    >>> tensor.packed, tensor[1, 0]
    (variable([10.  6.  0.]), variable(6.0))
    """

    def __init__(self, packed: Variable, n: int, order: int) -> None:
        self.packed, self.n, self.order = packed, n, order

    def __repr__(self) -> str:
        return f"SymmetricTensor(n={self.n}, order={self.order}, packed={self.packed!r})"

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.n,) * self.order

    @property
    def indices(self) -> Array:
        """Component numbers of the packed elements, of shape (C(n + order - 1, order), order)."""
        return _multi_indices(self.n, self.order)

    def dense(self) -> Variable:
        """The tensor with all its elements, a Variable of shape (n, ..., n)."""
        every = np.indices(self.shape).reshape(self.order, self.n**self.order).T
        places = _places(np.sort(every, axis=1), self.n)
        return operations.get_item(self.packed, places.reshape(self.shape))

    def __getitem__(self, components: int | tuple[int, ...]) -> Variable:
        asked = components if isinstance(components, tuple) else (components,)
        if len(asked) != self.order or any(not -self.n <= i < self.n for i in asked):
            raise IndexError(
                f"SymmetricTensor: {asked} is no element of a tensor of shape {self.shape}; give one component for "
                "each order"
            )
        row = np.sort(np.array([[i % self.n for i in asked]], dtype=np.int64).reshape(1, self.order), axis=1)
        return operations.get_item(self.packed, int(_places(row, self.n)[0]))


def derivative_tensor(f: Callable[P, object], order: int) -> Callable[P, SymmetricTensor]:
    """The function that returns all partial derivatives of an order of f: R^n -> R, as a SymmetricTensor.

    f takes an array of any shape, or a nested structure of them, to one real number; components are numbered as for
    partial. Raises TypeError or ValueError for what is no order; the new function as grad does.

    Univariate series of this order along C(n + order - 1, order) rays, whose highest coefficients are combined with
    exact rational weights: A. Griewank, J. Utke, A. Walther, Math. Comp. 69 (2000) 1117. Where a ray fewer for each of
    many components pays for the gradient's larger graph, the rays are those of one order less, of the gradient;
    `explain` tells which.

    >>> derivative_tensor(lambda x: x[0] ** 2 * x[1], 3)(np.array([3.0, 5.0])).dense()[0]
    variable([[0. 2.]
              [2. 0.]])
    """
    check_order("derivative_tensor", order)

    def compute(args: Args, kwargs: Kwargs) -> SymmetricTensor:
        with Run("derivative_tensor", f, args, kwargs) as run:
            n = _components(run)
            if not _by_gradient(n, order):
                return SymmetricTensor(_packed(run, run.outputs, n, order), n, order)
            lower = _packed(run, gradient(run, True), n, order - 1)  # (partials of the order below, components)
            rows = _multi_indices(n, order)
            return SymmetricTensor(operations.get_item(lower, (_places(rows[:, :-1], n), rows[:, -1])), n, order)

    def explain(*args: P.args, **kwargs: P.kwargs) -> str:
        """How many series of what give the tensor at these arguments, and how many of them at once, in words."""
        with Run("derivative_tensor", f, args, kwargs) as run:
            n, name = _components(run), f"derivative_tensor of order {order}"
            if not _by_gradient(n, order):
                of = Forward(run.name, run.outputs, run.leaves).work
                return told_of_rays(name, of, len(_multi_indices(n, order)), order)
            of = Forward(run.name, gradient(run, True), run.leaves).work
            return told_of_rays(name, of, len(_multi_indices(n, order - 1)), order - 1, "the gradient")

    transformed = transform("derivative_tensor", f, compute)
    transformed.explain = explain  # type: ignore[attr-defined]
    return transformed


def _components(run: Run) -> int:
    """The number of components of the argument; errors for a function that has no tensor of derivatives."""
    single(run)
    n = sum(x.size for x in run.leaves)
    if not n:
        raise ValueError("derivative_tensor: the argument has no components; give at least one number")
    if any(is_complex(x) for x in run.leaves):
        raise TypeError("derivative_tensor: an argument is complex; give f its real and imaginary parts")
    return n


def _by_gradient(n: int, order: int) -> bool:
    """Whether the series are those of the gradient: f has (n + order - 1) / order times as many rays, and the graph of
    its gradient is larger."""
    return order > 0 and n + order - 1 > _GRADIENT * order


def _packed(run: Run, outputs: Sequence[Variable], n: int, order: int) -> Variable:
    """The partials of an order of the outputs, packed along axis 0; along axis 1 the elements, if these are arrays."""
    sweep = Forward(run.name, outputs, run.leaves)
    directions = np.array([np.bincount(row, minlength=n) for row in _multi_indices(n, order)], float)
    found = _along(sweep, run, directions, order)
    if outputs is run.outputs:
        (along_rays,) = found
    else:
        flat = [operations.reshape(y, (len(directions), -1)) for y in found]
        along_rays = operations.concatenate(flat, axis=1)
    return along_rays if order < 2 else _interpolated(along_rays, n, order)


def _interpolated(along_rays: Variable, n: int, order: int) -> Variable:
    """The packed partials from the coefficients along the rays, all partials with the same powers together."""
    parts, places = [], []
    for m in range(1, min(n, order) + 1):
        supports = np.array(list(combinations(range(n), m)))
        for powers in _compositions(order, m, 1):
            total: Variable | int = 0
            for ray in _compositions(order, m, 0):
                weight = _weight(powers, ray)
                if weight:
                    rows = _places(np.repeat(supports, ray, axis=1), n)
                    total = total + operations.get_item(along_rays, rows) * float(weight)
            parts.append(total)
            places.append(_places(np.repeat(supports, powers, axis=1), n))
    return operations.get_item(operations.concatenate(parts), np.argsort(np.concatenate(places)))


@cache
def _weight(powers: Powers, ray: Powers) -> Fraction:
    """The weight of the coefficient along a ray in the partial with these powers; ray and powers each add up to d.

    The paper's sum over 0 < k <= powers of (-1)^|powers - k| C(powers, k) C(d k / |k|, ray) (|k| / d)^d.
    """
    d = sum(powers)
    total = Fraction(0)
    for k in product(*[range(p + 1) for p in powers]):
        size = sum(k)
        if size:
            choices = math.prod(map(math.comb, powers, k))
            binomials = math.prod([_binomial(Fraction(d * ki, size), r) for ki, r in zip(k, ray, strict=True)])
            total += (-1) ** (d - size) * choices * binomials * Fraction(size, d) ** d
    return total


def _binomial(z: Fraction, k: int) -> Fraction:
    return math.prod([(z - j) / (j + 1) for j in range(k)], start=Fraction(1))


def _compositions(total: int, parts: int, least: int) -> Iterator[Powers]:
    """All tuples of so many whole numbers, none below the least, with this sum."""
    if parts == 1:
        yield (total,)
        return
    for first in range(least, total - least * (parts - 1) + 1):
        for rest in _compositions(total - first, parts - 1, least):
            yield (first, *rest)


def _multi_indices(n: int, order: int) -> Array:
    """The ascending component numbers of each different element, lexicographically."""
    return np.array(list(combinations_with_replacement(range(n), order)), dtype=np.int64).reshape(
        math.comb(n + order - 1, order), order
    )


def _places(rows: Array, n: int) -> Array:
    """Where rows of ascending component numbers stand among all of them, in lexicographic order."""
    order = rows.shape[1]
    found = np.full(len(rows), math.comb(n + order - 1, order) - 1)
    for k in range(order):  # the combinatorial number system, counted from the last row back
        before = np.array([math.comb(i + k, k + 1) for i in range(n)], dtype=np.int64)
        found -= before[n - 1 - rows[:, order - 1 - k]]
    return found
