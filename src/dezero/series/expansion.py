"""The power series of a graph that has run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dezero.autodiff.checks import check_kept
from dezero.autodiff.integers import computed_in_narrow
from dezero.core.errors import GraphError, describe
from dezero.core.graph import collect, leading_to
from dezero.core.marks import Cut
from dezero.core.variable import Variable
from dezero.core.watch.watching import gives_plain_numbers
from dezero.series.orders import check_order
from dezero.series.power import Coefficient, Operand, Series, coefficient, is_zero
from dezero.series.reading import SeriesReading

Known = dict[int, Operand]  # age of a node -> its series, or its constant value
Term = Coefficient | float  # a Taylor coefficient of a curve: an array, a Variable, or a number


class Expansion:
    """The power series of a computed Variable as its leaves (or intermediates) move along curves.

    curves: for each Variable that moves its Taylor coefficients x_1, x_2, ..., arrays (Variables, with create_graph) of
    its shape or the number 0; those beyond are 0. `expansion[k]` is coefficient k, of the shape of `y`: an array, or a
    Variable that can be differentiated. It is computed when first asked for, from lower ones that are kept.

    Raises TypeError for curves of anything but Variables and an order k that is no whole number, ValueError for
    coefficients that do not broadcast to their Variable's shape and a negative k, GraphError for a `y` that no_grad
    computed and for data that was rebound after its use.

    >>> import numpy as np
    >>> x = Variable(np.array(0.5))
    >>> series = Expansion(1 / (1 - x), {x: [1.0]})
    >>> [float(series[k]) for k in range(4)]
    [2.0, 4.0, 8.0, 16.0]
    """

    def __init__(
        self,
        y: Variable,
        curves: Mapping[Variable, Sequence[Term]],
        create_graph: bool = False,
        reading: SeriesReading | None = None,
    ) -> None:
        if isinstance(y._op, Cut) and y not in curves:
            raise GraphError(f"Expansion: {describe(y)} {y._op.why}")
        for x, coefficients in curves.items():
            _check_curve(x, coefficients)
        graph = collect([y])
        check_kept(graph, list(curves), "Expansion")
        if computed_in_narrow(graph, curves):
            raise GraphError(
                "Expansion: the result was computed in narrow integers, which wrap around; convert them to float64 "
                "first, as in Variable(x.astype(float))"
            )
        if not create_graph:
            gives_plain_numbers("a series without create_graph=True", graph.keys())
        self.y, self.create_graph = y, create_graph
        self._F = F = SeriesReading(create_graph) if reading is None else reading
        known: Known = {x._age: curve(F, x, coefficients) for x, coefficients in curves.items()}
        moving = [s for s in known.values() if isinstance(s, Series)]
        self._all = [*moving, *expand(F, leading_to(graph, curves).values(), known)]
        self._root = known.get(y._age, y if create_graph else y._data)
        self._done = 0

    def __del__(self) -> None:
        if hasattr(self, "_F"):  # else __init__ has raised
            self._F.close()

    def __getitem__(self, k: int) -> Any:
        check_order("Expansion", k, what="the order")
        for n in range(self._done + 1, k + 1):
            advance(self._F, self._all, n)
            self._done = n
        c = coefficient(self._root, k)
        return self._F.full(0, self.y) if k and is_zero(c) else self._F.outcome(c)


def _check_curve(x: object, coefficients: Sequence[Term]) -> None:
    if not isinstance(x, Variable):
        raise TypeError(f"Expansion: the curve of {describe(x)}; give curves for Variables")
    for k, c in enumerate(coefficients, 1):
        shape = getattr(c, "shape", ())
        if len(shape) > x.ndim or any(n not in (1, m) for n, m in zip(shape[::-1], x.shape[::-1], strict=False)):
            raise ValueError(
                f"Expansion: coefficient {k} has shape {shape}, which does not broadcast to its Variable's {x.shape}"
            )


def curve(F: SeriesReading, x: Variable, coefficients: Sequence[Term]) -> Series:
    """The series of a Variable that moves, from its coefficients 1, 2, ...; those beyond are 0."""

    def produce(k: int) -> Term:
        return coefficients[k - 1] if k <= len(coefficients) else 0

    return Series(F, x.shape, x.dtype, produce, x if F.recorded else x._data[()])


def expand(F: SeriesReading, nodes: Iterable[Variable], known: Known) -> list[Series]:
    """Add the values of the nodes of a graph, given oldest first, to the known ones; returns their series in order."""
    found = []
    for node in nodes:
        if node._age not in known:
            args = [_argument(F, a, known) for a in node._args]
            value = known[node._age] = F.call(node._op, *args, first=node if F.recorded else node._data)
            if isinstance(value, Series):
                found.append(value)
    return found


def advance(F: SeriesReading, series: Iterable[Series], k: int) -> None:
    """Compute coefficient k of each, the oldest first, so that none asks for a long chain of others."""
    for s in series:
        s[k]
        F.settle(s, k)


def _argument(F: SeriesReading, a: Operand, known: Known) -> Operand:
    if not isinstance(a, Variable):
        return a
    found = known.get(a._age)
    return found if found is not None else a if F.recorded else a._data
