"""Jets: the value and the first derivatives along a curve, of a graph that has run or of a function."""

from __future__ import annotations

from typing import Any

from dezero.core.sweep import collect, leading_to
from dezero.core.variable import Variable
from dezero.series.power import Series, coefficient, is_zero
from dezero.series.reading import Reading


class Expansion:
    """The power series of a computed Variable, its leaves (or intermediates) moving along curves.

    curves: for each Variable that moves its Taylor coefficients x_1, x_2, ... (arrays or Variables of its shape, or
    0); it stands still beyond them. create_graph: the coefficients are Variables with a graph. `expansion[k]` is
    coefficient k, an array or a Variable of the shape of `y`; what lower orders computed is kept.
    """

    def __init__(self, y: Variable, curves: dict[Variable, list[Any]], create_graph: bool = False) -> None:
        F = Reading(create_graph)
        known: dict[int, Any] = {x._seq: _curve(F, x, coefficients) for x, coefficients in curves.items()}
        path = leading_to(collect([y]), curves)
        for age in path:
            if age not in known:
                known[age] = _node(F, path[age], known)
        self._all = list(known.values())
        self._root = known.get(y._seq, y if create_graph else y._data)
        self._zero = F.full(0, y)
        self._done = 0

    def __getitem__(self, k: int) -> Any:
        for n in range(self._done + 1, k + 1):
            for series in self._all:  # the oldest first, so that no coefficient asks for a long chain of others
                if isinstance(series, Series):
                    series[n]
            self._done = n
        c = coefficient(self._root, k)
        return self._zero if is_zero(c) else c


def _curve(F: Reading, x: Variable, coefficients: list[Any]) -> Series:
    def produce(k: int) -> Any:
        return coefficients[k - 1] if k <= len(coefficients) else 0

    return Series(F, x.shape, x.dtype, produce, x if F.recorded else x._data[()])


def _node(F: Reading, node: Variable, known: dict[int, Any]) -> Any:
    args = [_argument(F, a, known) for a in node._args]
    return F.call(node._op, *args, first=node if F.recorded else node._data)


def _argument(F: Reading, a: Any, known: dict[int, Any]) -> Any:
    if not isinstance(a, Variable):
        return a
    found = known.get(a._seq)
    return found if found is not None else a if F.recorded else a._data
