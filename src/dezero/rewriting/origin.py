"""What a derivative remembers of how it was made: the one slot `_origin` of a Variable."""

from __future__ import annotations

from collections.abc import Set
from typing import Any, NamedTuple

from dezero.core.variable import Variable


class Origin:
    """What the nodes of one derivative remember of it, about the intermediates of the graph they rest on.

    kept: ages of the intermediates that it left as they were. shared: ages of those that also stand for an equal
    expression which the rules made, so that a derivative in them would count what the user's node has no part in. born:
    the age up to which all intermediates were left as they were, whether it met them or not. resume: of the derivative
    itself, with what the next order goes on: the Algebra that built it, or, where cached steps were replayed, a
    Replayed; None: the next order starts anew.
    """

    __slots__ = ("born", "kept", "resume", "shared")

    def __init__(self, kept: Set[int], shared: Set[int], born: int = 0, resume: Any = None) -> None:
        self.kept, self.shared, self.born, self.resume = kept, shared, born, resume

    def resuming(self, resume: Any) -> Origin:
        """The origin of the derivative itself."""
        return Origin(self.kept, self.shared, self.born, resume)


class Replayed(NamedTuple):
    """How to rebuild the algebra that a cached derivative skipped: of which root it is the derivative, in which leaf.

    cuts: what `cuts()` was then; a graph that was changed since is not rebuilt.
    """

    root: Variable
    leaf: Variable
    cuts: int


def origin_of(node: Any) -> Origin | None:
    """None: no rewritten derivative made this node."""
    return getattr(node, "_origin", None)


def resume_of(node: Any) -> Any:
    """With what the next order goes on; None where it starts anew."""
    origin = getattr(node, "_origin", None)
    return None if origin is None else origin.resume
