"""Colourings of sparse matrices: columns of one colour are found together, in one sweep along their sum.

A. H. Gebremedhin, F. Manne, A. Pothen, What color is your Jacobian? Graph coloring for computing derivatives, SIAM
Review 47 (2005) 629-705.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from dezero.core.dtypes import Array
from dezero.derivatives.sparse.matrices import Sparse, stored
from dezero.functions import _scipy

_MOST_PAIRS = 2**27  # pairs of columns in conflict, up to which they are listed
_FEW_STEPS, _MOST_STEPS = 2**17, 2**21  # the greedy star colouring always runs below, and never above, so many steps
_MOST_SHIFTS = 64  # nonzeros in a row, up to which a colouring by remainders is tried


def colour_columns(pattern: object) -> Array:
    """Colours 0, 1, ... such that columns of one colour have no row in common; an array of one number a column.

    pattern: a SciPy sparse array of shape (rows, columns). Of the numbers of colours found by remainders (column j
    has colour j mod k: as few as can be for bands) and by the greedy algorithm, columns of most conflicts first, the
    smaller one. Rows are coloured by `colour_columns(pattern.T)`.

    >>> import scipy.sparse
    >>> colour_columns(scipy.sparse.csr_array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]]))
    array([0, 1, 0, 1])
    """
    rows = stored(pattern)
    n = rows.shape[1]
    counts = np.diff(rows.indptr).astype(np.int64)
    if (counts**2).sum() > _MOST_PAIRS:
        return np.arange(n)
    least = int(counts.max(initial=1))

    def greedy() -> Array:
        conflicts = _adjacency(rows.T @ rows)
        return _greedily(conflicts, _peeled(conflicts), _by_rounds)

    return _fewest([lambda: _by_remainders(rows, least), greedy], least)


def star_colouring(pattern: object) -> Array:
    """A star colouring of a symmetric pattern: with it each of a Hessian's elements can be read from its products.

    pattern: a symmetric SciPy sparse array of shape (n, n), whose diagonal counts as nonzero. No two columns that
    share an element have one colour, and every path over four columns has three colours or more: of H[i, j] and
    H[j, i], one is alone in its row among the columns of its colour (Coleman and Moré 1984). Columns with many
    nonzeros (the point of an arrow) get colours of their own; the others one by remainders, by Gebremedhin et al.'s
    algorithm 4.1, or beyond some millions of steps by the stricter colouring of colour_columns. Returns n numbers.

    >>> import numpy as np
    >>> arrow = np.eye(9)
    >>> arrow[0] = arrow[:, 0] = 1
    >>> star_colouring(arrow)
    array([1, 0, 0, 0, 0, 0, 0, 0, 0])
    """
    rows = stored(pattern)
    if np.diff(rows.indptr).max(initial=0) <= 3:
        found = _by_remainders(rows, 1, diagonal=True)
        if found is not None and found.max(initial=0) < 3:  # a path over four columns needs three colours
            return found
    adjacency = _adjacency(rows)
    return _greedily(adjacency, _peeled(adjacency), _star)


def _star(adjacency: Sparse) -> Array:
    n = adjacency.shape[0]
    degrees = np.diff(adjacency.indptr).astype(np.int64)
    least = int(degrees.max(initial=0)) + 1  # colours of a colouring whose columns share no row
    steps = int((adjacency @ degrees).sum())

    def greedy() -> Array:
        if steps <= _MOST_STEPS:
            return _star_greedy(adjacency)
        if ((degrees + 1) ** 2).sum() > _MOST_PAIRS:
            return np.arange(n)
        whole = adjacency + _scipy.sparse.eye_array(n, dtype=bool, format="csr")
        return _by_rounds(_adjacency(whole @ whole))

    # A star colouring may need fewer than `least` colours: where it is cheap, both algorithms run.
    return _fewest(
        [lambda: _by_remainders(adjacency, least, diagonal=True), greedy], least if steps > _FEW_STEPS else 1
    )


def _fewest(algorithms: Iterable[Callable[[], Array | None]], least: int) -> Array:
    """The colouring of the fewest colours; a later algorithm only runs where those before need more than `least`."""
    best = None
    for algorithm in algorithms:
        found = algorithm()
        if found is not None and (best is None or found.max(initial=0) < best.max(initial=0)):
            best = found
        if best is not None and best.max(initial=0) < least:
            break
    assert best is not None
    return best


def _adjacency(pattern: Sparse) -> Sparse:
    """The graph of a symmetric pattern: without its diagonal, every neighbour once and in order."""
    graph: Sparse = _scipy.sparse.csr_array(pattern)
    rows = np.repeat(np.arange(graph.shape[0]), np.diff(graph.indptr))
    keep = rows != graph.indices
    graph = _scipy.sparse.csr_array(
        (np.ones(int(keep.sum()), bool), (rows[keep], graph.indices[keep])), shape=graph.shape
    )
    graph.sort_indices()
    return graph


# -- hubs, columns with many conflicts -------------------------------------------------------------------------


def _peeled(adjacency: Sparse) -> Array:
    """The hubs, vertices that get a colour each: only if the bound of the number of colours falls to a quarter."""
    degrees = np.diff(adjacency.indptr)
    order = np.argsort(-degrees, kind="stable")
    worst = np.arange(len(order)) + degrees[order]
    count = int(np.argmin(worst)) if len(order) else 0
    return order[: count if len(order) and 4 * worst[count] <= worst[0] else 0]


def _greedily(adjacency: Sparse, hubs: Array, rest: Callable[[Sparse], Array]) -> Array:
    """Colours of the graph without its hubs, then one more for each of them."""
    if not len(hubs):
        return rest(adjacency)
    others = np.setdiff1d(np.arange(adjacency.shape[0]), hubs)
    colours = np.empty(adjacency.shape[0], np.int64)
    colours[others] = rest(_scipy.sparse.csr_array(adjacency[others][:, others]))
    colours[hubs] = colours[others].max(initial=-1) + 1 + np.arange(len(hubs))
    return colours


# -- remainders ------------------------------------------------------------------------------------------------


def _by_remainders(rows: Sparse, least: int, diagonal: bool = False) -> Array | None:
    """Column j has colour j mod k, for the smallest k that divides no distance between columns of one row.

    least: the first k to try; diagonal: as if row j held column j too.
    """
    n, starts, columns = rows.shape[1], rows.indptr, rows.indices
    widest = int(np.diff(starts).max(initial=0))
    if widest > _MOST_SHIFTS:
        return None
    apart = np.zeros(n, bool)
    row = np.repeat(np.arange(rows.shape[0], dtype=columns.dtype), np.diff(starts))
    for shift in range(1, widest):
        same = row[shift:] == row[:-shift]
        apart[(columns[shift:] - columns[:-shift])[same]] = True
    if diagonal:
        apart[np.abs(row - columns)] = True
    distances = np.flatnonzero(apart[1:]) + 1
    for k in range(least, 2 * widest + 8):
        if not (distances % k == 0).any():
            return np.arange(n) % k
    return None


# -- greedy ----------------------------------------------------------------------------------------------------


def _by_rounds(adjacency: Sparse) -> Array:
    """The greedy colouring, vertices of most neighbours first and equal ones in random order.

    Each round colours all vertices that come before all their uncoloured neighbours, which gives what one after
    another would (M. T. Jones, P. E. Plassmann, A parallel graph coloring heuristic, SIAM J. Sci. Comput. 14 (1993)).
    """
    n = adjacency.shape[0]
    degrees = np.diff(adjacency.indptr)
    rank = np.empty(n, np.int64)
    rank[np.lexsort((np.random.default_rng(0).random(n), degrees))] = np.arange(n)  # the highest rank is coloured first
    colours = np.full(n, -1)
    left = np.arange(n)
    graph = adjacency
    while len(left):
        starts, to = graph.indptr, graph.indices
        waiting = np.where(colours[to] < 0, rank[to], -1)
        now = rank[left] > _largest(waiting, starts)
        chosen = graph[np.flatnonzero(now)]
        colours[left[now]] = _lowest_free(colours[chosen.indices], chosen.indptr)
        left, graph = left[~now], graph[np.flatnonzero(~now)]
    return colours


def _largest(values: Array, starts: Array) -> Array:
    """The maximum of each run of values, -1 of an empty one."""
    found = np.full(len(starts) - 1, -1, values.dtype)
    full = np.flatnonzero(np.diff(starts))
    if len(full):
        found[full] = np.maximum.reduceat(values, starts[full])
    return found


def _lowest_free(colours: Array, starts: Array) -> Array:
    """The smallest colour that is not in each run of colours (-1 is no colour)."""
    found = np.zeros(len(starts) - 1, np.int64)
    run = np.repeat(np.arange(len(found)), np.diff(starts))
    order = np.lexsort((colours, run))
    run, colours = run[order], colours[order]
    new = np.ones(len(run), bool)
    new[1:] = (run[1:] != run[:-1]) | (colours[1:] != colours[:-1])
    run, colours = run[new & (colours >= 0)], colours[new & (colours >= 0)]
    place = np.arange(len(run)) - np.searchsorted(run, run)  # the place of each among the different colours of its run
    np.add.at(found, run[colours == place], 1)  # 0, 1, 2, ... up to the first gap
    return found


def _star_greedy(adjacency: Sparse) -> Array:
    """Gebremedhin, Manne, Pothen (2005), algorithm 4.1, vertices of most neighbours first."""
    n = adjacency.shape[0]
    near = [to.tolist() for to in np.split(adjacency.indices, adjacency.indptr[1:-1])]
    colours = [-1] * n
    for v in np.argsort(-np.diff(adjacency.indptr), kind="stable").tolist():
        forbidden = set()
        for w in near[v]:
            if colours[w] >= 0:
                forbidden.add(colours[w])
            for x in near[w]:
                colour = colours[x]
                if x == v or colour < 0 or colour in forbidden:
                    continue
                # With this colour, v would end a path v, w, x, y of two colours: now, or when w gets its colour.
                if colours[w] < 0 or any([y != w and colours[y] == colours[w] for y in near[x]]):
                    forbidden.add(colour)
        colour = 0
        while colour in forbidden:
            colour += 1
        colours[v] = colour
    return np.array(colours, np.int64)
