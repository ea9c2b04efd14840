"""What a derivation remembers from one order to the next."""

from __future__ import annotations

from typing import Any, NamedTuple

from dezero.core.variable import Variable, cuts
from dezero.rewriting.numbers import Number


class Tangent(NamedTuple):
    """Of a node that is a tangent: the derivative of another node in a leaf is number times it."""

    leaf: Variable
    of: Variable
    number: Number


class Session:
    """What tangent sweeps found, for the sweep of the next order to go on with; and who may go on.

    tangents: by the age of a leaf, what its sweeps found for each node. sources: by the id of a node, of what it is
    the tangent. One thread at a time goes on with a session, after the derivation before it came to its end.
    """

    def __init__(self) -> None:
        self.tangents: dict[int, dict[int, Any]] = {}
        self.sources: dict[int, Tangent] = {}
        self._cuts = cuts()
        self._free: list[bool] = []  # holds True between the end of one derivation and the start of the next

    def end(self) -> None:
        """Say that the derivation came to its end."""
        self._free.append(True)

    def resume(self) -> bool:
        """Go on; False where a graph changed since, another thread goes on, or an error left it half done."""
        try:
            return self._cuts == cuts() and self._free.pop()
        except IndexError:
            return False
