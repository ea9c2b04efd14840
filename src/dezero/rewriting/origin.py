"""How a derivative was made: what the slot `_origin` of a Variable holds."""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import NamedTuple

from dezero.core.variable import Variable


class Origin:
    """What all nodes of one derivative know about the intermediates of the graph that was differentiated.

    kept: ages of the intermediates that were not rewritten. shared: ages of the intermediates that also stand for an
    equal expression that the rules made; a derivative in such a node would count both. born: the age up to which no
    intermediate was rewritten. below: ages of all intermediates of that graph, and of the graphs that were
    differentiated before it; rewriting may have removed them from the derivative. resume: for the derivative itself,
    from where the next order continues: the Algebra that built it, or a Replayed where cached steps were replayed.
    None: the next order starts from the graph alone.
    """

    __slots__ = ("below", "born", "kept", "resume", "shared")

    def __init__(
        self,
        kept: Set[int],
        shared: Set[int],
        born: int = 0,
        below: frozenset[int] = frozenset(),
        resume: object = None,
    ) -> None:
        self.kept, self.shared, self.born, self.below, self.resume = kept, shared, born, below, resume

    def resuming(self, resume: object) -> Origin:
        """The origin of the derivative itself."""
        return Origin(self.kept, self.shared, self.born, self.below, resume)


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


def below(nodes: Iterable[Variable]) -> frozenset[int]:
    """Ages of the intermediates among the nodes of a graph, and of those that earlier derivatives in it rest on."""
    ages = {node._age for node in nodes if node._args}
    origins = {id(origin): origin for node in nodes if (origin := getattr(node, "_origin", None)) is not None}
    return frozenset(ages.union(*[origin.below for origin in origins.values()]))


def resume_of(node: object) -> object:
    """From where the derivative of a derivative continues (see Origin); None where it starts from the graph alone."""
    origin: Origin | None = getattr(node, "_origin", None)
    return None if origin is None else origin.resume
