"""How a derivative was made: what the slot `_origin` of a Variable holds."""

from __future__ import annotations

from collections.abc import Set
from typing import NamedTuple

from dezero.core.variable import Variable


class Origin:
    """What all nodes of one derivative know about the intermediates of the graph that was differentiated.

    kept: ages of the intermediates that were not rewritten. shared: ages of the intermediates that also stand for an
    equal expression that the rules made; a derivative in such a node would count both. born: the age up to which no
    intermediate was rewritten. resume: for the derivative itself, from where the next order continues: the Algebra that
    built it, or a Replayed where cached steps were replayed. None: the next order starts from the graph alone.
    """

    __slots__ = ("born", "kept", "resume", "shared")

    def __init__(self, kept: Set[int], shared: Set[int], born: int = 0, resume: object = None) -> None:
        self.kept, self.shared, self.born, self.resume = kept, shared, born, resume

    def resuming(self, resume: object) -> Origin:
        """The origin of the derivative itself."""
        return Origin(self.kept, self.shared, self.born, resume)


class Replayed(NamedTuple):
    """How to rebuild the algebra that a cached derivative skipped: it is the derivative of root in leaf.

    cuts: the value of `cuts()` at the replay; where it differs now, a graph has changed, and nothing is rebuilt.
    """

    root: Variable
    leaf: Variable
    cuts: int


def origin_of(node: object) -> Origin | None:
    """The origin of a node; None where no rewritten derivative made it."""
    return getattr(node, "_origin", None)


def resume_of(node: object) -> object:
    """From where the derivative of a derivative continues (see Origin); None where it starts from the graph alone."""
    origin: Origin | None = getattr(node, "_origin", None)
    return None if origin is None else origin.resume
