"""Products of matrices by BLAS, whose matrices lie in columns: a product of rows is that of the transposed in turn."""

from __future__ import annotations

import ctypes
import functools
import math
import struct
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dezero.compiler.graph import MATMUL, Graph
from dezero.compiler.kernel import Extent
from dezero.compiler.planning.views import ONE, ZERO, Extents, View, merged, stretched, times

MOST = 2**31 - 1  # BLAS counts in integers of 32 bits
SMALL_PRODUCT = 1_000_000  # m n k up to which OpenBLAS multiplies without packing, on x86 with AVX-512: a third faster
FEW = 32  # rows below which a product is slow in either way
_NAMES = {"d": "dgemm", "f": "sgemm"}


@functools.cache
def address(char: str) -> int:
    """The address of BLAS's product of matrices for a dtype. Raises ImportError without SciPy."""
    from scipy.linalg import cython_blas

    capsule = cython_blas.__pyx_capi__[_NAMES[char]]
    name = ctypes.pythonapi.PyCapsule_GetName
    name.restype, name.argtypes = ctypes.c_char_p, [ctypes.py_object]
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return int(pointer(capsule, name(capsule)))


@functools.cache
def available() -> bool:
    """Whether there is a BLAS whose addresses are known."""
    try:
        return bool(address("d") and address("f"))
    except (ImportError, KeyError):
        return False


def multiplies(graph: Graph, place: int) -> bool:
    """Whether a product can be computed by BLAS: floats of one precision, at most two axes of stacks, not too large."""
    node = graph.nodes[place]
    nodes = [node, *[graph.nodes[a] for a in node.places]]
    same = len({n.dtype for n in nodes}) == 1 and node.dtype.char in _NAMES and len(nodes) == 3
    counted = all([math.prod(n.shape) <= MOST for n in nodes])
    return node.primitive == MATMUL and same and counted and len(node.shape) <= 4 and available()


class Layout(NamedTuple):
    """How BLAS reads a matrix: transposed or not, and the distance between its columns, or rows."""

    flag: str
    distance: Extent


def _layout(shape: Sequence[Extent], strides: Sequence[Extent]) -> Layout | None:
    (rows, columns), (down, along) = shape, strides
    if not rows.count or not columns.count:
        return Layout("N", columns)
    if rows == ONE:
        if columns == ONE or along == ONE:
            return Layout("N", columns)
        return Layout("T", along) if along.count > 0 else None
    if columns == ONE:
        return Layout("N", down) if down.count > 0 else None
    if along == ONE and _covers(down, columns):
        return Layout("N", down)
    if down == ONE and _covers(along, rows):
        return Layout("T", along)
    return None


def _covers(distance: Extent, length: Extent) -> bool:
    return distance.count > 0 and (distance.by_rows != length.by_rows or distance.count >= length.count)


def _matrix(view: View, position: int) -> View:
    """A vector as a matrix of one row, if it comes first, or of one column."""
    if len(view.shape) > 1:
        return view
    shape, strides = (ONE, *view.shape), (ZERO, *view.strides)
    if position == 1:
        shape, strides = shape[::-1], strides[::-1]
    return view._replace(shape=shape, strides=strides)


def readable(view: View, position: int) -> bool:
    """Whether BLAS can read an argument of a product where it lies."""
    matrix = _matrix(view, position)
    return _layout(matrix.shape[-2:], matrix.strides[-2:]) is not None


def turned(view: View) -> bool:
    """Whether a matrix lies transposed, so that BLAS turns it at each product."""
    layout = _layout(view.shape, view.strides) if len(view.shape) == 2 else None
    return layout is not None and layout.flag == "T"


class Work(NamedTuple):
    """The numbers of a product, each with a part that does not depend on the number of rows and one that does."""

    char: str
    flags: tuple[str, str]
    sizes: tuple[Extent, ...]  # m, n, k, and the distances in a, b and the target
    loops: tuple[Extent, Extent]  # of the stack of products, the outer one first
    steps: tuple[tuple[Extent, Extent], ...]  # in a, b and the target, in elements
    add: bool

    def words(self) -> list[int]:
        """For the table of steps."""
        m, n, k, in_a, in_b, in_target = self.sizes
        itemsize = np.dtype(self.char).itemsize
        one = struct.unpack("<q", struct.pack("<d", 1.0))[0] if self.char == "d" else 0x3F800000
        bytes_ = [Extent(s.count * itemsize, s.by_rows) for pair in self.steps for s in pair]
        numbers = [n, m, k, in_b, in_a, in_target, *self.loops, *bytes_]
        pairs = [part for number in numbers for part in _parts(number)]
        return [address(self.char), ord(self.flags[1]), ord(self.flags[0]), one if self.add else 0, *pairs]


def _parts(number: Extent) -> tuple[int, int]:
    return (0, number.count) if number.by_rows else (number.count, 0)


class _Problem(NamedTuple):
    """A stack of products: the matrices, the shape of the stack, and the strides of each along it."""

    a: View
    b: View
    target: View
    stack: Extents
    steps: tuple[Extents, Extents, Extents]


def work(a: View, b: View, target: View, add: bool, tile: int = 1) -> Work:
    """target = a @ b, or target += a @ b, for views that BLAS can read; tile: the most rows that are worked on."""
    shape, strides = target.shape, target.strides
    if len(b.shape) == 1:
        shape, strides = (*shape, ONE), (*strides, ZERO)
    if len(a.shape) == 1:
        shape, strides = (*shape[:-1], ONE, shape[-1]), (*strides[:-1], ZERO, strides[-1])
    target, a, b = target._replace(shape=shape, strides=strides), _matrix(a, 0), _matrix(b, 1)
    stack = shape[:-2]
    problem = _Problem(a, b, target, stack, (_stack(a, stack), _stack(b, stack), strides[:-2]))
    if not add:
        problem = _in_small_parts(_as_one(problem), tile)
    a, b, target = problem[:3]
    loops, steps = merged(problem.stack, problem.steps)
    first, second, third = [_layout(v.shape[-2:], v.strides[-2:]) for v in (a, b, target)]
    assert first is not None
    assert second is not None
    assert third is not None
    missing = 2 - len(loops)
    return Work(
        target.dtype.char,
        (first.flag, second.flag),
        (target.shape[-2], target.shape[-1], a.shape[-1], *[_least(x.distance) for x in (first, second, third)]),
        (*[ONE] * missing, *loops),  # type: ignore[arg-type]
        tuple([(*[ZERO] * missing, *s) for s in steps]),  # type: ignore[misc]
        add,
    )


def _as_one(problem: _Problem) -> _Problem:
    """A stack times one matrix as a product of one matrix, with the rows of all, where they lie so."""
    a, _, target, stack, (in_a, in_b, in_target) = problem
    if not all([s == ZERO for s in in_b]):
        return problem
    rows, (down, out) = merged((*stack, target.shape[-2]), [(*in_a, a.strides[-2]), (*in_target, target.strides[-2])])
    if len(rows) > 1 or _layout((*rows, ONE)[:1] + a.shape[-1:], ((*down, ZERO)[0], a.strides[-1])) is None:
        return problem
    m = rows[0] if rows else ONE
    a = a._replace(shape=(m, a.shape[-1]), strides=((*down, ZERO)[0], a.strides[-1]))
    target = target._replace(shape=(m, target.shape[-1]), strides=((*out, ZERO)[0], target.strides[-1]))
    return problem._replace(a=a, target=target, stack=(), steps=((), (), ()))


def _in_small_parts(problem: _Problem, tile: int) -> _Problem:
    """Many rows in several products, each of which is small enough for what OpenBLAS has for small ones."""
    a, _, target, stack, _ = problem
    (m, k), n = a.shape[-2:], target.shape[-1]
    each = tile if m.by_rows else 1
    most = small_rows(k, n) // each
    if stack or m.count <= most or most * each < FEW:
        return problem
    rows = next(d for d in range(most, 0, -1) if m.count % d == 0)
    if rows * each < FEW:
        return problem
    part = Extent(rows, m.by_rows)
    steps = [times(view.strides[-2], part) for view in (a, target)]
    a, target = [v._replace(shape=(part, v.shape[-1])) for v in (a, target)]
    return problem._replace(
        a=a, target=target, stack=(Extent(m.count // rows),), steps=((steps[0],), (ZERO,), (steps[1],))
    )


def small_rows(k: Extent, n: Extent) -> int:
    """Rows of a matrix whose product with a k x n matrix is a small one; 0 where this depends on the tile."""
    return 0 if k.by_rows or n.by_rows else SMALL_PRODUCT // max(k.count * n.count, 1)


def _stack(view: View, stack: Extents) -> Extents:
    """The strides along the axes of the stack."""
    return stretched(view._replace(shape=view.shape[:-2], strides=view.strides[:-2]), stack).strides


def _least(distance: Extent) -> Extent:
    """BLAS wants distances of at least 1, for empty matrices too."""
    return distance if distance.count else ONE
