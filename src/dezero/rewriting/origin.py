"""How a derivative was made: what the slot `_origin` of a Variable holds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Set
from typing import NamedTuple

from dezero.core.variable import Variable


class Below:
    """The graph over which a derivative was taken, by the ages of its nodes.

    earlier: of the derivatives in that graph, theirs; linked and not copied, so that each order costs the same.
    """

    __slots__ = ("ages", "earlier")

    def __init__(self, ages: Collection[int] = (), nodes: Iterable[Variable] = ()) -> None:
        self.ages = ages
        origins = {origin for x in nodes if (origin := getattr(x, "_origin", None)) is not None}
        self.earlier = {id(origin.below): origin.below for origin in origins}

    def __contains__(self, age: int) -> bool:
        stack, seen = [self], {id(self)}
        while stack:
            graph = stack.pop()
            if age in graph.ages:
                return True
            stack += [below for key, below in graph.earlier.items() if key not in seen]
            seen.update(graph.earlier)
        return False


class Origin:
    """What all nodes of one derivative know about the intermediates of the graph that was differentiated.

    kept: ages of the intermediates that were not rewritten. shared: ages of the intermediates that also stand for an
    equal expression that the rules made; a derivative in such a node would count both. born: the age up to which no
    intermediate was rewritten. below: the nodes of that graph, of which rewriting may have removed some from the
    derivative. resume: for the derivative itself, from where the next order continues: the Algebra that built it, or a
    Replayed where cached steps were replayed. None: the next order starts from the graph alone.
    """

    __slots__ = ("below", "born", "kept", "resume", "shared")

    def __init__(
        self,
        kept: Set[int],
        shared: Set[int],
        born: int = 0,
        below: Below | None = None,
        resume: object = None,
    ) -> None:
        self.kept, self.shared, self.born, self.resume = kept, shared, born, resume
        self.below = below or Below()

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


def resume_of(node: object) -> object:
    """From where the derivative of a derivative continues (see Origin); None where it starts from the graph alone."""
    origin = origin_of(node)
    return None if origin is None else origin.resume
