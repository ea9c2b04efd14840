"""Into how many rows at a time a graph is cut."""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np

from dezero.compiler.graph import BROADCAST, CONSTANT, INPUT, VIEWS, Graph, Node, Number
from dezero.compiler.kernel import Extent
from dezero.compiler.planning.blas import FEW, small_rows
from dezero.compiler.planning.memory import SUMS, TILE, placed
from dezero.compiler.planning.regions import Plan, Planner, Product
from dezero.compiler.planning.rows import ROWS, chosen_rows, uncut

CACHE = 1 << 20  # bytes: what a tile may take of a core's own cache
SMALL = 1 << 18  # bytes of all arrays together, below which they stay in the cache without tiles
_PROBE = 64  # rows, for which the bytes of a row are measured
_MULTIPLE = 8  # rows of a tile come in such numbers


def spread(graph: Graph) -> Graph:
    """The graph with each number that fills an array as a constant, of which the array is a view."""
    found = Graph()
    places: dict[int, int] = {}
    for place, node in enumerate(graph.nodes):
        args = node.args
        if node.primitive == BROADCAST and isinstance(args[0], Number):
            value = np.asarray(args[0].value, node.dtype)
            args = (found.add(Node(CONSTANT, (), (), node.dtype, {"value": value})),)
        args = tuple([a if isinstance(a, Number) or args is not node.args else places[a] for a in args])
        places[place] = found.add(Node(node.primitive, args, node.shape, node.dtype, node.parameters))
    found.inputs = [places[x] for x in graph.inputs]
    found.outputs = [places[y] for y in graph.outputs]
    found.updates = {places[x]: places[y] for x, y in graph.updates.items()}
    return found


def planned(graph: Graph, called: Collection[int], tile: int | None, threads: int) -> tuple[Plan, int]:
    """The plan of a graph and the rows of a tile; tile: the rows that are asked for, None for what fits the cache."""
    given = [graph.nodes[i] for i in graph.live()]
    total = sum([math.prod(n.shape) * n.dtype.itemsize for n in given if n.primitive not in (INPUT, CONSTANT, *VIEWS)])
    whole = Planner(graph, uncut(graph), called)
    if tile is None and total < SMALL:
        return whole.plan(), 1
    rows = chosen_rows(graph, called)
    if not rows.count:
        return whole.plan(), 1
    plan = Planner(graph, rows, called).plan()
    wanted = tile or chosen_tile(plan, called)
    if tile is None and threads == 1 and wanted >= rows.count:
        return whole.plan(), 1
    return plan, min(wanted, -(-rows.count // threads))


def chosen_tile(plan: Plan, called: Collection[int]) -> int:
    """As many rows as leave a tile's arrays in the cache; more where the sums over the rows are large."""
    sizes = placed(plan, _PROBE, called).sizes
    count = plan.rows.count
    row = sizes[TILE] / _PROBE
    if not row:
        return count
    most = max(int(CACHE / row) // _MULTIPLE * _MULTIPLE, _MULTIPLE)
    nodes = enumerate(plan.graph.nodes)
    moved = sum([math.prod(n.shape) * n.dtype.itemsize for i, n in nodes if plan.rows.mode[i] == ROWS]) / count
    steps = [step for section in plan.sections if section.rows for step in section.steps if isinstance(step, Product)]
    small = [small_rows(s.a.shape[-1], s.target.shape[-1]) for s in steps if s.target.shape[:-1] == (Extent(1, True),)]
    most = min([most, *[rows // _MULTIPLE * _MULTIPLE for rows in small if rows >= FEW]])
    return min(max(most, int(2 * sizes[SUMS] / moved)), count)
