"""What a derivative remembers of how it was made."""

from __future__ import annotations

from collections.abc import Set
from typing import NamedTuple

from dezero.core.variable import Variable


class Past(NamedTuple):
    """What a derivative that followed a recipe keeps, so that the algebra can be made up for when the next order
    needs it: of which root it is the derivative, and in which leaf."""

    root: Variable
    leaf: Variable
    cuts: int
    kept: Set[int]
    shared: Set[int]
    born: int


class Rewritten:
    """What the nodes of one rewritten derivative remember of it, about the intermediates of the graph they rest on.

    kept: ages of the intermediates that it left as they were. shared: ages of those that also stand for an equal
    expression which the rules made, so that a derivative in them would count what the user's node has no part in. born:
    the age up to which all intermediates were left as they were, whether it met them or not.
    """

    __slots__ = ("born", "kept", "shared")

    def __init__(self, kept: Set[int], shared: Set[int], born: int = 0) -> None:
        self.kept, self.shared, self.born = kept, shared, born
