"""Products of matrices by BLAS, whose matrices lie in columns: a product of rows is that of the transposed in turn."""

from __future__ import annotations

import ctypes
import functools
import struct
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dezero.compiler.graph import MATMUL, Graph
from dezero.compiler.kernel import Extent
from dezero.compiler.views import ONE, ZERO, Extents, View, merged, stretched

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
    """Whether a product can be computed by BLAS: all floats of one precision, and at most two axes of stacks."""
    node = graph.nodes[place]
    dtypes = {node.dtype, *[graph.nodes[a].dtype for a in node.places]}
    same = len(dtypes) == 1 and node.dtype.char in _NAMES and len(node.places) == 2
    return node.primitive == MATMUL and same and len(node.shape) <= 4 and available()


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


def work(a: View, b: View, target: View, add: bool) -> Work:
    """target = a @ b, or target += a @ b, for views that BLAS can read."""
    shape, strides = target.shape, target.strides
    if len(b.shape) == 1:
        shape, strides = (*shape, ONE), (*strides, ZERO)
    if len(a.shape) == 1:
        shape, strides = (*shape[:-1], ONE, shape[-1]), (*strides[:-1], ZERO, strides[-1])
    target = target._replace(shape=shape, strides=strides)
    a, b = _matrix(a, 0), _matrix(b, 1)
    stack = shape[:-2]
    inner = a.shape[-1]
    in_a, in_b = [_stack(view, stack) for view in (a, b)]
    if not add and all([s == ZERO for s in in_b]):  # one second matrix: the rows of all the first ones are one matrix
        rows, ours = merged((*stack, shape[-2]), [(*in_a, a.strides[-2]), strides[:-1]])
        if len(rows) <= 1:
            m, down, out = (rows[0], ours[0][0], ours[1][0]) if rows else (ONE, ZERO, ZERO)
            if _layout((m, inner), (down, a.strides[-1])) is not None:
                a = a._replace(shape=(m, inner), strides=(down, a.strides[-1]))
                target = target._replace(shape=(m, shape[-1]), strides=(out, strides[-1]))
                stack, in_a, in_b = (), (), ()
    loops, steps = merged(stack, [in_a, in_b, target.strides[:-2]])
    first, second, third = [_layout(v.shape[-2:], v.strides[-2:]) for v in (a, b, target)]
    assert first is not None
    assert second is not None
    assert third is not None
    assert third.flag == "N"
    assert len(loops) <= 2
    missing = 2 - len(loops)
    return Work(
        target.dtype.char,
        (first.flag, second.flag),
        (target.shape[-2], target.shape[-1], inner, *[_least(x.distance) for x in (first, second, third)]),
        (*[ONE] * missing, *loops),  # type: ignore[arg-type]
        tuple([(*[ZERO] * missing, *s) for s in steps]),  # type: ignore[misc]
        add,
    )


def _stack(view: View, stack: Extents) -> Extents:
    """The strides along the axes of the stack."""
    return stretched(view._replace(shape=view.shape[:-2], strides=view.strides[:-2]), stack).strides


def _least(distance: Extent) -> Extent:
    """BLAS wants distances of at least 1, for empty matrices too."""
    return distance if distance.count else ONE
