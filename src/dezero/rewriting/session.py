"""What a derivation keeps for the derivation of the next order."""

from __future__ import annotations

from typing import NamedTuple

from dezero.core.op import Independent, Op
from dezero.core.variable import Variable, cuts
from dezero.rewriting.numbers import Number
from dezero.rewriting.term import Factor

Pair = tuple[Number, Factor | None]  # the number and node of a term, without its algebra
# Row axes and tangent of a node: a list for several outputs, None where it is constant. None alone: rows may mix.
Found = tuple[Independent, Pair | list[Pair] | None] | None


def is_coordinate(x: Variable, depth: int = 8) -> bool:
    """Whether derivatives in x commute with those in other coordinates: a leaf, or elements of leaves, only moved.

    depth: in at most so many steps.
    """
    if not x._args:
        return True
    moves = isinstance(x._op, Op) and x._op.moves
    return moves and depth > 0 and all([is_coordinate(a, depth - 1) for a in x._args if isinstance(a, Variable)])


class Direction(NamedTuple):
    """A direction in which a leaf moves: every element of it (column None), or the elements of one column."""

    leaf: Variable
    column: int | None

    @property
    def key(self) -> tuple[int, int | None]:
        return self.leaf._age, self.column


class Tangent(NamedTuple):
    """What a node is the tangent of: the derivative of `of` in the direction is number * node."""

    direction: Direction
    of: Variable
    number: Number


class Session:
    """What tangent sweeps found, from where the sweep of the next order continues.

    tangents: key of a direction -> age of a node -> its tangent. sources: id of a node -> what it is the tangent of.
    outermost: age of a leaf -> the column in which derivatives are taken last. One thread at a time may continue a
    session, after the derivation before has ended.
    """

    def __init__(self) -> None:
        self.tangents: dict[tuple[int, int | None], dict[int, Found]] = {}
        self.sources: dict[int, Tangent] = {}
        self.outermost: dict[int, int] = {}
        self._cuts = cuts()
        self._free: list[bool] = []  # holds True after the end of one derivation, until the next one starts

    def place(self, direction: Direction) -> tuple[int, int]:
        """Where a direction stands in the order in which mixed derivatives are taken: oldest leaf first.

        Of the columns of a leaf, the one that is differentiated again and again comes last. The tangents of tanh's
        slope in it are shared by the derivatives in all other columns, so the mixed ones cost one product each.
        """
        age, column = direction.key
        if column is None:
            return age, -1
        return age, direction.leaf.shape[-1] if self.outermost.get(age) == column else column

    def end(self) -> None:
        """Note that the derivation has ended."""
        self._free.append(True)

    def resume(self) -> bool:
        """Start the next derivation; False after a change of a graph, an error, or where another thread was first."""
        try:
            return self._cuts == cuts() and self._free.pop()
        except IndexError:
            return False
