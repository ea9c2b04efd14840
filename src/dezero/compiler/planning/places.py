"""Which places of a graph have memory of their own, and where in it the elements of the others lie."""

from __future__ import annotations

from collections.abc import Collection

from dezero.compiler.graph import BROADCAST, RESHAPE, SLICE, TRANSPOSE, VIEWS, Graph, Node
from dezero.compiler.kernel import Extent
from dezero.compiler.planning.rows import ROWS, WHOLE, Rows, kept, source
from dezero.compiler.planning.views import Extents, View, contiguous, reshaped, sliced, some_rows, stretched, transposed


class Places:
    """The roots of a graph, which have memory of their own, and views of it. called: places that NumPy computes."""

    def __init__(self, graph: Graph, rows: Rows, called: Collection[int]) -> None:
        self.graph, self.rows, self.called = graph, rows, called
        self.live = sorted(graph.live())
        self.roots = {i for i in self.live if graph.nodes[i].primitive not in VIEWS or i in called}
        self.kept: set[int] = set()
        self._views: dict[tuple[int, bool], View] = {}
        self._settle()

    def is_whole(self, place: int) -> bool:
        """Whether all rows of a root are stored."""
        return self.rows.mode[place] != ROWS or place in self.kept

    def extents(self, place: int, by_rows: bool) -> Extents:
        axis = self.rows.axes[place] if by_rows else None
        return tuple([Extent(1, True) if k == axis else Extent(n) for k, n in enumerate(self.graph.nodes[place].shape)])

    def _settle(self) -> None:
        """Find the reshapes that must copy: they become roots, and other arrays may have to be stored whole."""
        while True:
            self._views.clear()
            self.kept = kept(self.graph, self.rows, self.roots)
            copies = [i for i in self.live if i not in self.roots and self._fails(i)]
            if not copies:
                return
            self.roots.add(copies[0])

    def _fails(self, place: int) -> bool:
        if self.graph.nodes[place].primitive != RESHAPE:
            return False
        root, _ = source(self.graph, self.rows, self.roots, place, False)
        both = [True] if not self.is_whole(root) else [True, False]
        return any([self._find(place, by_rows) is None for by_rows in both])

    def view(self, place: int, by_rows: bool) -> View:
        """All elements of a place, or those of the rows that are worked on."""
        found = self._find(place, by_rows)
        assert found is not None
        return found

    def _find(self, place: int, by_rows: bool) -> View | None:
        key = (place, by_rows and self.rows.axes[place] is not None)
        if key not in self._views:
            found = self._made(*key)
            if found is None:
                return None
            self._views[key] = found
        return self._views[key]

    def _made(self, place: int, by_rows: bool) -> View | None:
        node, rows = self.graph.nodes[place], self.rows
        if place in self.roots:
            if by_rows and not self.is_whole(place):
                shape = self.extents(place, True)
                return View(place, node.dtype, shape, contiguous(shape))
            shape = self.extents(place, False)
            return some_rows(View(place, node.dtype, shape, contiguous(shape)), rows.axes[place] if by_rows else None)
        if by_rows and rows.mode[place] == WHOLE:
            found = self._find(place, False)
            return None if found is None else some_rows(found, rows.axes[place])
        (arg,) = node.places
        base = self._find(arg, by_rows)
        return None if base is None else _seen(node, base, self.extents(place, by_rows))

    def register(self, place: int) -> int:
        """The node whose elements, in their order, are those of a place: axes of length 1 apart."""
        while place not in self.roots:
            node = self.graph.nodes[place]
            (arg,) = node.places
            same = [n for n in node.shape if n != 1] == [n for n in self.graph.nodes[arg].shape if n != 1]
            if node.primitive not in (RESHAPE, BROADCAST) or not same or self.rows.mode[place] != self.rows.mode[arg]:
                break
            place = arg
        return place


def _seen(node: Node, base: View, shape: Extents) -> View | None:
    if node.primitive == RESHAPE:
        return reshaped(base, shape)
    if node.primitive == TRANSPOSE:
        return transposed(base, node.parameters["axes"])
    if node.primitive == SLICE:
        return sliced(base, node.parameters["index"])
    return stretched(base, shape)
