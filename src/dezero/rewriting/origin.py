"""How a derivative was made: what the slots `_origin` and `_resume` of a Variable hold.

`_origin` of each node of a derivative is an Origin. `_resume` of the derivative itself tells from where the next order
continues: the Algebra that built it, or a DerivativeOf where cached steps were replayed and for gradients in columns.
None: from the graph alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Set
from typing import NamedTuple

from dezero.core.variable import Variable


class Origin:
    """What all nodes of one derivative know about the graph over which it was taken.

    kept: ages of the intermediates that were not rewritten. shared: ages of the intermediates that also stand for an
    equal expression that the rules made; a derivative in such a node would count both. born: the age up to which no
    intermediate was rewritten. below: the ages of that graph's nodes, of which rewriting may have removed some from the
    derivative. earlier: the origins of the derivatives in that graph; linked and not copied, so that each order costs
    the same.
    """

    __slots__ = ("below", "born", "earlier", "kept", "shared")

    def __init__(
        self, kept: Set[int], shared: Set[int], born: int, below: Collection[int], earlier: Set[Origin]
    ) -> None:
        self.kept, self.shared, self.born, self.below, self.earlier = kept, shared, born, below, earlier

    def saw(self, age: int) -> bool:
        """Whether a node of this age is in the graph of the derivative, or of an earlier one in that graph."""
        stack: list[Origin] = [self]
        seen = {self}
        while stack:
            origin = stack.pop()
            if age in origin.below:
                return True
            stack += origin.earlier - seen
            seen |= origin.earlier
        return False


class DerivativeOf(NamedTuple):
    """Of what a Variable is the derivative, from which the next order is derived: of root in leaf.

    cuts: the value of `cuts()` when it was taken; where it differs now, a graph has changed, and nothing is derived
    from here. order: of a gradient in a leaf of a few columns (see autodiff/columns.py), how many derivatives are taken
    on the way to it; 0 for any other derivative. algebra: where tangents gave the gradient in columns. Other
    derivatives of its session find it while the gradient is held.
    """

    root: Variable
    leaf: Variable
    cuts: int
    order: int = 0
    algebra: object = None


def origins_of(nodes: Iterable[Variable]) -> set[Origin]:
    """The origins of all derivatives among the nodes."""
    return {x._origin for x in nodes if x._origin is not None}
