"""The order in which a kernel walks its axes: neighbours that run on as one are merged, the innermost is chosen."""

from __future__ import annotations

from typing import NamedTuple

from dezero.compiler.kernel import Extent, Kernel

_ROWS = 64  # an ordinary number of rows, by which orders are compared
_SCATTERED = 8.0  # what a vector that lies scattered in memory costs beside one that lies in a row


class Nest(NamedTuple):
    """Loops, outermost first: their lengths, and for each array its stride along each."""

    extents: tuple[Extent, ...]
    strides: tuple[tuple[Extent, ...], ...]


ONE, NONE = Extent(1), Extent(0)


def size(extent: Extent) -> int:
    """The length with an ordinary number of rows."""
    return extent.count * (_ROWS if extent.by_rows else 1)


def nest(kernel: Kernel, width: int) -> Nest:
    """The loops of a kernel whose innermost is computed `width` elements at a time."""
    operands = [*kernel.loads, *[o for _, o in kernel.stores], *[o for *_, o in kernel.reductions]]
    # A length of one row a row is not 1 until the call says so: only a fixed 1 is left out.
    axes = [k for k, extent in enumerate(kernel.extents) if extent != ONE]
    strides = [tuple([_still(o.strides[k]) for k in axes]) for o in operands]
    extents = [kernel.extents[k] for k in axes]
    order = sorted(range(len(axes)), key=lambda k: -sum([abs(size(s[k])) for s in strides]))
    best: Nest | None = None
    for permutation in (range(len(axes)), order):
        merged = _merged([extents[k] for k in permutation], [[s[k] for k in permutation] for s in strides])
        if best is None or len(merged.extents) < len(best.extents):
            best = merged
    assert best is not None
    return _innermost(best, len(kernel.loads), width)


def _still(stride: Extent) -> Extent:
    return stride if stride.count else NONE


def _product(a: Extent, b: Extent) -> Extent | None:
    return None if a.by_rows and b.by_rows else Extent(a.count * b.count, a.by_rows or b.by_rows)


def _merged(extents: list[Extent], strides: list[list[Extent]]) -> Nest:
    """Axes of which the outer one goes on where the inner one ends, in every array, as one."""
    for k in range(len(extents) - 2, -1, -1):
        length = _product(extents[k], extents[k + 1])
        runs_on = [s[k] == (_product(s[k + 1], extents[k + 1]) if s[k + 1].count else NONE) for s in strides]
        if length is not None and all(runs_on):
            extents = [*extents[:k], length, *extents[k + 2 :]]
            strides = [[*s[:k], *s[k + 1 :]] for s in strides]
    return Nest(tuple(extents), tuple([tuple(s) for s in strides]))


def _innermost(loops: Nest, loads: int, width: int) -> Nest:
    """The axis moved to the end along which vectors cost least: full, and in a row in memory."""

    def cost(axis: int) -> float:
        steps = -(-size(loops.extents[axis]) // width)
        moved = 1.0  # what is computed costs about one access
        for k, s in enumerate(loops.strides):
            stride = s[axis]
            moved += (0.1 if stride == NONE else 1.0 if stride == ONE else _SCATTERED) * (1 if k < loads else 1.5)
        return (steps * moved + 2) / max(size(loops.extents[axis]), 1)  # 2: what a loop's start costs

    if len(loops.extents) < 2:
        return loops
    axes = range(len(loops.extents))
    inner = min(reversed(axes), key=cost)
    order = [k for k in axes if k != inner] + [inner]
    return Nest(tuple([loops.extents[k] for k in order]), tuple([tuple([s[k] for k in order]) for s in loops.strides]))
