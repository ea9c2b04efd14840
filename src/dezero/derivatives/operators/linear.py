"""Linear differential operators of functions of a point: Laplacian, biharmonic and any other.

An operator is a sum of derivatives along rays (rays.py); all rays of one order are pushed through the graph of the
function together, their highest coefficients summed on the way (series/collapsed.py). methods.py has the other methods.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from dezero.autodiff.arguments import calling_on, check_callable
from dezero.core.call import operand
from dezero.core.config import using_config
from dezero.core.dtypes import Array, is_complex
from dezero.core.errors import describe
from dezero.core.graph import collect
from dezero.core.variable import Argument, ArrayLike, Variable, wrap
from dezero.derivatives.operators import methods
from dezero.derivatives.operators.rays import Coefficient, MultiIndex, Rays, rays_of
from dezero.derivatives.tracing import Run, one_point, point_of
from dezero.series.independence import check_batch
from dezero.series.orders import check_order, is_whole_number

# Numbers of the widest node in a chunk of a batch. Arrays of more than 1 MiB come from the operating system each time,
# which clears their pages: chunks of 2**18 take twice as long.
_CHUNK = 2**17
_FEWEST = 4  # chunks: for fewer of them f is not called again
_PER_CALL = 1000  # numbers that an operation handles in the time that its call takes
Points = ArrayLike | Sequence[Any]  # a point (d,) or a batch (N, d), or nested lists of numbers or Variables
Terms = Mapping[MultiIndex, Coefficient]
_METHODS = {"collapsed": "collapsed Taylor mode", "taylor": "Taylor mode", "reverse": "nested gradients"}


class Operator:
    """A linear differential operator applied to a function: calling it at x gives the value there.

    f maps a point (d,) to a number, or a batch (N, d) to (N,) row by row. terms: the coefficient of each multi-index
    (a_1, ..., a_d), which stands for d^(a_1 + ... + a_d) / dx_1^a_1 ... dx_d^a_d; or a function of d that gives them.
    method: "collapsed" (Taylor mode, highest coefficients summed on the way), "taylor" (ray by ray), "reverse"
    (nested gradients), or "auto", the cheapest by what an operation on so many numbers costs.
    The result has the shape of f(x) and is recorded where x, or anything f uses, is a Variable. A batch that is not
    recorded is taken in chunks where it is large, for which f is called again.
    """

    def __init__(
        self, name: str, f: Callable[[Variable], Any], terms: Terms | Callable[[int], Terms], method: str = "auto"
    ) -> None:
        if method not in ("auto", *_METHODS):
            raise ValueError(f"{name}: method is {method!r}; give one of {', '.join(['auto', *_METHODS])}")
        check_callable(name, f)
        self.name, self.f, self.terms, self.method = name, f, terms, method
        self._rays: dict[int, list[Rays]] = {}
        self._weighed: dict[int, dict[str, tuple[float, float]]] = {}

    def __call__(self, x: Points) -> Variable:
        with Run(self.name, self.f, (point_of(x),)) as run:
            point = self._point(run)
            rows = len(point)
            if not run.recorded and point.ndim == 2:
                rows = self._rows(run)
            if run.recorded or point.ndim == 1 or rows >= len(point):
                return self._apply(run.outputs[0], point, run.recorded)
            parts = []
            for start in range(0, len(point), rows):
                chunk = Argument(point.data[start : start + rows])
                y = self._on_chunk(chunk, run.outputs[0].data[start : start + rows])
                if y is None:
                    return self._apply(run.outputs[0], point, False)
                parts.append(self._apply(y, chunk, False).data)
            return wrap(np.concatenate(parts))

    def _on_chunk(self, chunk: Variable, expected: Array) -> Variable | None:
        """f of a part of a batch; None where its values differ from those in the whole batch, as for a mean."""
        try:
            with calling_on([chunk]):
                y: Variable = self.f(chunk)
        except (ValueError, IndexError):  # f may use an array with a row for each point of the batch
            return None
        close = 1e3 * np.finfo(expected.dtype).eps  # matrix products of another size may round differently
        scale = np.max(np.abs(expected), where=np.isfinite(expected), initial=0)
        same = y.shape == expected.shape and np.allclose(y.data, expected, close, close * scale, equal_nan=True)
        return y if same else None

    def estimate(
        self, x: Points, samples: int, rng: np.random.Generator | int | None = None
    ) -> tuple[Variable, Variable]:
        """An unbiased estimate from some of the rays of each order, and the variance of that estimate.

        samples: rays of each order above the first, 2 or more, drawn without replacement, the same for every point of
        a batch; as many as there are give the exact value. rng: a NumPy Generator or its seed. Both results have the
        shape of f(x). Raises TypeError and ValueError for samples that are no whole number from 2 up.

        Z. Shi et al., Stochastic Taylor Derivative Estimator (NeurIPS 2024).

        >>> value, variance = laplacian(lambda x: (x**2).sum()).estimate(np.ones(100), 5, rng=0)
        >>> value, variance
        (variable(200.0), variable(0.0))
        """
        check_order(f"{self.name}.estimate", samples, what="samples")
        if samples < 2:
            raise ValueError(f"{self.name}.estimate: samples is {samples}; a variance needs 2 or more")
        draw = np.random.default_rng(rng)
        with Run(self.name, self.f, (point_of(x),)) as run:
            point, (y,) = self._point(run), run.outputs
            groups = self.lines(point.shape[-1])
            drawn = [group for group in groups if group.order > 1]
            with using_config("enable_backprop", run.recorded):
                value = methods.collapsed(y, point, [group for group in groups if group.order < 2], run.recorded)
                variance = wrap(np.zeros_like(y._data))
                for group in drawn:
                    n = len(group.directions)
                    chosen = np.sort(draw.choice(n, min(samples, n), replace=False))
                    rays = Rays(group.order, group.directions[chosen], group.weights[chosen])
                    rows = methods.weighted(methods.ray_derivatives(y, point, rays, run.recorded), rays.weights) * n
                    mean, m = rows.mean(axis=0), len(chosen)
                    value = value + mean
                    if m < n:
                        variance = variance + ((rows - mean) ** 2).sum(axis=0) * ((1 - m / n) / (m * (m - 1)))
            return value, variance

    def vectors(self, d: int) -> int:
        """How many vectors the method pushes through the graph of f, for points of d components."""
        return self._counts(d)[self._chosen(d, d)]

    def explain(self, x: Points) -> str:
        """The vectors that each method pushes through the graph of f at x, and the method that is taken, in words."""
        point = operand(point_of(x), self.name)
        shape, d = point.shape, point.shape[-1] if point.shape else 0
        counted = ", ".join([f"{n} by {_METHODS[method]}" for method, n in self._counts(d).items()])
        chosen = self._chosen(d, point.size)
        return f"{self.name} at x of shape {shape}: vectors through the graph {counted}; takes {chosen}"

    def lines(self, d: int) -> list[Rays]:
        """The rays of each order that the operator is made of, for points of d components."""
        if d not in self._rays:
            self._rays[d] = rays_of(self._terms(d))
        return self._rays[d]

    def _terms(self, d: int) -> Terms:
        terms = self.terms(d) if callable(self.terms) else self.terms
        for index in terms:
            if len(index) != d:
                raise ValueError(
                    f"{self.name}: the multi-index {index} has {len(index)} entries, and x has {d} components; give "
                    "the order in each component"
                )
        return terms

    def _counts(self, d: int) -> dict[str, int]:
        groups = self.lines(d)
        taylor = 1 + sum([group.order * len(group.directions) for group in groups])
        collapsed = 1 + sum([group.vectors - 1 for group in groups])  # the value once for all of them
        return {"collapsed": collapsed, "taylor": taylor, "reverse": methods.count_nested(self._terms(d))}

    def _costs(self, d: int, size: int) -> dict[str, float]:
        """The cost of each method at x of `size` numbers, in calls of operations for each node of the graph of f.

        A call costs 1, plus the numbers that it handles over _PER_CALL. Series to order K take K (2 K - 1) / 2 calls.
        K (K - 1) / 2 of them handle the numbers of all R rays, or K (K + 1) / 2 if the highest coefficients are not
        collapsed. A gradient takes twice as many calls as the gradient that it is taken of.
        """
        if d not in self._weighed:
            groups = [(group.order, len(group.directions)) for group in self.lines(d)]
            calls = sum([K * (2 * K - 1) / 2 for K, _ in groups])
            lower = sum([K * (K - 1) / 2 * lines for K, lines in groups])
            highest = sum([K * lines for K, lines in groups])
            swept = methods.count_nested(self._terms(d)) - 1
            self._weighed[d] = {
                "collapsed": (calls, lower),
                "taylor": (calls, lower + highest),
                "reverse": (swept, swept),
            }
        return {name: calls + numbers * size / _PER_CALL for name, (calls, numbers) in self._weighed[d].items()}

    def _chosen(self, d: int, size: int) -> str:
        if self.method != "auto":
            return self.method
        costs = self._costs(d, size)
        return min(costs, key=lambda method: costs[method])

    def _apply(self, y: Variable, x: Variable, recorded: bool) -> Variable:
        d = x.shape[-1]
        chosen = self._chosen(d, x.size)
        if chosen == "reverse" and is_complex(x):
            if self.method == "reverse":
                raise TypeError(f"{self.name}: x is {describe(x)}, and gradients are of real numbers; leave method out")
            chosen = "collapsed"
        if chosen == "reverse":
            return methods.nested_gradients(y, x, self._terms(d), recorded)
        return (methods.taylor if chosen == "taylor" else methods.collapsed)(y, x, self.lines(d), recorded)

    def _point(self, run: Run) -> Variable:
        point = one_point(run)
        expected = point.shape[:-1]
        if len(run.outputs) != 1 or run.outputs[0].shape != expected:
            shapes = ", ".join(str(y.shape) for y in run.outputs)
            raise ValueError(
                f"{self.name}: the function maps x of shape {point.shape} to shape {shapes}; it has to give "
                f"{expected}, a number for each point"
            )
        if point.ndim == 2 and run.outputs[0]._args:
            check_batch(self.name, run.outputs[0], point, self._order(point.shape[-1]))
        return point

    def _order(self, d: int) -> int:
        return max([group.order for group in self.lines(d)], default=0)

    def _rows(self, run: Run) -> int:
        n = len(run.leaves[0])
        widest = max([_size(node._data) / max(n, 1) for node in collect(run.outputs).values()], default=1)
        count = max([len(group.directions) for group in self.lines(run.leaves[0].shape[-1])], default=1)
        rows = max(int(_CHUNK / max(widest * count, 1)), 1)
        return rows if n > (_FEWEST - 1) * rows else n


def operator(f: Callable[[Variable], Any], terms: Terms, method: str = "auto") -> Operator:
    """The linear operator with these coefficients, applied to f.

    f: maps a point (d,) to a number, or a batch (N, d) to (N,). terms: a number for each multi-index, the orders of
    the derivative in each of the d components; (0, ..., 0) is f itself. method: see Operator. Returns a function of x.
    Raises TypeError and ValueError for what is no multi-index, for a length other than d, and for an f that gives
    other shapes.

    >>> wave = operator(lambda x: np.sin(x[..., 0] - 3 * x[..., 1]), {(0, 2): 1.0, (2, 0): -9.0})
    >>> print(abs(round(wave(np.array([0.3, 0.5])).item(), 12)))
    0.0
    """
    if not isinstance(terms, Mapping) or not terms:
        given = "an empty dict" if isinstance(terms, Mapping) else describe(terms)
        raise TypeError(f"operator: terms are {given}; give a dict of multi-indices and coefficients")
    for index, c in terms.items():
        whole = isinstance(index, tuple) and all(is_whole_number(a) for a in index)
        if not whole or any(a < 0 for a in index):
            raise TypeError(f"operator: {index!r} is no multi-index; give a tuple of orders, one for each component")
        if not isinstance(c, int | float | np.number):
            raise TypeError(f"operator: the coefficient of {index} is {describe(c)}; give a number")
    return Operator("operator", f, dict(terms), method)


def laplacian(f: Callable[[Variable], Any], method: str = "auto") -> Operator:
    """The Laplacian of f, the sum of its second derivatives in each component, as a function of x.

    Shapes and errors as for operator; by the collapsed Taylor mode, which for second order is the forward Laplacian.

    >>> laplacian(lambda x: (x**4).sum())(np.array([1.0, 2.0]))
    variable(60.0)
    """
    return Operator("laplacian", f, lambda d: {_index(d, i, i): 1 for i in range(d)}, method)


def biharmonic(f: Callable[[Variable], Any], method: str = "auto") -> Operator:
    """The Laplacian of the Laplacian of f, as a function of x; shapes and errors as for operator.

    >>> biharmonic(lambda x: (x**4).sum())(np.array([1.0, 2.0]))
    variable(48.0)
    """

    def terms(d: int) -> Terms:
        pure = {_index(d, i, i, i, i): 1 for i in range(d)}
        return pure | {_index(d, i, i, j, j): 2 for i, j in itertools.combinations(range(d), 2)}

    return Operator("biharmonic", f, terms, method)


def _size(data: Array | tuple[Array, ...]) -> int:
    """The number of elements of a node, which holds a tuple where its operation has several outputs."""
    return sum(map(_size, data)) if isinstance(data, tuple) else data.size


def _index(d: int, *components: int) -> MultiIndex:
    return tuple([components.count(i) for i in range(d)])
