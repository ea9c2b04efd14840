"""What a derivation keeps for the derivation of the next order."""

from __future__ import annotations

from typing import NamedTuple

from dezero.core.op import Independent
from dezero.core.variable import Variable, cuts
from dezero.rewriting.numbers import Number
from dezero.rewriting.term import Factor

Pair = tuple[Number, Factor | None]  # the number and node of a term, without its algebra
# Row axes and tangent of a node: a list for several outputs, None where it is constant. None alone: rows may mix.
Found = tuple[Independent, Pair | list[Pair] | None] | None


class Tangent(NamedTuple):
    """What a node is the tangent of: d of / d leaf = number * node."""

    leaf: Variable
    of: Variable
    number: Number


class Session:
    """What tangent sweeps found, from where the sweep of the next order continues.

    tangents: age of a leaf -> age of a node -> its tangent in this leaf. sources: id of a node -> what it is the
    tangent of. One thread at a time may continue a session, after the derivation before has ended.
    """

    def __init__(self) -> None:
        self.tangents: dict[int, dict[int, Found]] = {}
        self.sources: dict[int, Tangent] = {}
        self._cuts = cuts()
        self._free: list[bool] = []  # holds True after the end of one derivation, until the next one starts

    def end(self) -> None:
        """Note that the derivation has ended."""
        self._free.append(True)

    def resume(self) -> bool:
        """Start the next derivation; False after a change of a graph, an error, or where another thread was first."""
        try:
            return self._cuts == cuts() and self._free.pop()
        except IndexError:
            return False
