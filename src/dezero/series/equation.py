"""The power series of the solution of a differential equation, whose right side is a graph that has run."""

from __future__ import annotations

from collections.abc import Sequence

from dezero.core.variable import Variable
from dezero.series.expansion import Known, advance, curve, expand
from dezero.series.power import Coefficient, Operand, Series, coefficient, is_zero, over
from dezero.series.reading import SeriesReading


class Solution:
    """The Taylor coefficients of y(t) with y' = f(y, t), at the point where the graph of f ran.

    states: the Variables y (one or several); rates: the values of f for them, each of its state's shape; time: the
    Variable t, where f depends on it. `solution[k]` is the list of the states' coefficients k, arrays (Variables, with
    create_graph). Since y' = f, y_k is coefficient k - 1 of f over k, which mentions no y above k - 1.

    >>> y = Variable(np.array(1.0))
    >>> solution = Solution([y * y], [y])  # 1 / (1 - t)
    >>> [float(solution[k][0]) for k in range(4)]
    [1.0, 1.0, 1.0, 1.0]
    """

    def __init__(
        self,
        rates: Sequence[Variable],
        states: Sequence[Variable],
        time: Variable | None = None,
        create_graph: bool = False,
    ) -> None:
        self._F = F = SeriesReading(create_graph)
        self._rates: list[Operand] = []
        self._states = [_state(F, i, y, self._rates) for i, y in enumerate(states)]
        known: Known = {y._age: series for y, series in zip(states, self._states, strict=True)}
        if time is not None:
            known[time._age] = curve(F, time, [1.0])
        self._between = expand(F, _computed_from(rates, known), known)
        self._rates += [known.get(r._age, r if create_graph else r._data) for r in rates]
        self._done = 0

    def __del__(self) -> None:
        self._F.close()

    def __getitem__(self, k: int) -> list[Coefficient]:
        for n in range(self._done + 1, k + 1):
            advance(self._F, self._between, n - 1)
            advance(self._F, self._states, n)
            self._done = n
        return [self._full(series[k], series) for series in self._states]

    def _full(self, c: Coefficient, series: Series) -> Coefficient:
        """A coefficient as an array; of a rate that is constant it may be a number."""
        if is_zero(c):
            return self._F.full(0, series)
        return c if hasattr(c, "dtype") else self._F.full(0, series) + c


def _state(F: SeriesReading, i: int, y: Variable, rates: list[Operand]) -> Series:
    """The series of state i. The list of rates is filled later, before a coefficient above 0 is asked for."""

    def produce(k: int) -> Coefficient:
        return over(coefficient(rates[i], k - 1), k)

    return Series(F, y.shape, y.dtype, produce, y if F.recorded else y._data[()])


def _computed_from(rates: Sequence[Variable], known: Known) -> list[Variable]:
    """The nodes that the rates are computed by from the known ones, oldest first.

    Nodes older than all known ones cannot depend on them, and are not looked at.
    """
    oldest = min(known)
    nodes: dict[int, Variable] = {}
    stack = list(rates)
    while stack:
        node = stack.pop()
        if node._age > oldest and node._age not in nodes:
            nodes[node._age] = node
            if node._age not in known:
                stack += [a for a in node._args if isinstance(a, Variable)]
    found: list[Variable] = []
    moving = set(known)
    for age in sorted(nodes):
        if age not in moving and any([isinstance(a, Variable) and a._age in moving for a in nodes[age]._args]):
            moving.add(age)
            found.append(nodes[age])
    return found
