"""What a run of machine code works in: one workspace for each call in flight, and arrays for the results."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Sequence

import numpy as np

from dezero.compiler.planning.memory import ALIGNMENT, ALL, PARTS, Address
from dezero.compiler.planning.views import View
from dezero.core.dtypes import Array, DType, Shape

_HELD = 4  # sets of results that are remembered, to be written again
Buffer = tuple[list[Array], list[int]]  # arrays and their addresses


def readable(array: Array) -> Array:
    """The array, or a copy where it does not lie in one piece, in C order."""
    if isinstance(array, np.ndarray) and array.flags.c_contiguous and array.flags.aligned:
        return array
    return np.require(array, requirements=["C", "A"])


def _addresses(arrays: Sequence[Array]) -> list[int]:
    return [a.__array_interface__["data"][0] for a in arrays]


def _addresses_in_objects(arrays: Sequence[Array]) -> list[int]:
    """The same in a fifth of the time: the first field of NumPy's array, after the head that all objects have."""
    return [_integer_at(id(a) + _HEAD).value for a in arrays]


def reusable() -> bool:
    """Whether counts of references say that nobody holds an array: not where threads run without a common lock."""
    return sys.implementation.name == "cpython" and bool(getattr(sys, "_is_gil_enabled", lambda: True)())


_HEAD, _integer_at = object.__basicsize__, ctypes.c_ssize_t.from_address
_PROBE = [np.arange(3)[1:], np.zeros((2, 2))]
addresses = _addresses_in_objects if reusable() and _addresses_in_objects(_PROBE) == _addresses(_PROBE) else _addresses


class Workspace:
    """Memory of one call. bases: for each thread the addresses of the workspace's parts and of NumPy's arrays."""

    def __init__(self, sizes: Sequence[int], arrays: int, threads: int, operands: int) -> None:
        self.parts: list[list[Array]] = []
        self.bases = [(ctypes.c_int64 * (PARTS + arrays))() for _ in range(threads)]
        self.scratch = [(ctypes.c_int64 * operands)() for _ in range(threads)]
        self.arrays: list[Array | None] = [None] * (PARTS + arrays)
        for thread, bases in enumerate(self.bases):
            own = [
                _aligned(size) if part != ALL or not thread else self.parts[0][ALL] for part, size in enumerate(sizes)
            ]
            self.parts.append(own)
            bases[:PARTS] = addresses(own)  # type: ignore[assignment]

    def set(self, base: int, arrays: Sequence[Array], places: list[int]) -> None:
        """Let this base and those after it be arrays of NumPy's, in C order, which lie at these addresses."""
        stop = base + len(arrays)
        self.arrays[base:stop] = arrays
        for bases in self.bases:
            bases[base:stop] = places  # type: ignore[assignment]

    def read(self, at: Address, view: View, thread: int = 0) -> Array:
        """A view of all rows as an array, which shows the workspace's memory."""
        shape = tuple([extent.count for extent in view.shape])
        if 0 in shape:
            return np.empty(shape, view.dtype)
        size = view.dtype.itemsize
        memory = self.parts[thread][at.base] if at.base < PARTS else self.arrays[at.base]
        strides = tuple([stride.count * size for stride in view.strides])
        return np.ndarray(shape, view.dtype, memory, at.offset + view.offset * size, strides)

    def shares(self, array: object) -> bool:
        """Whether an array may lie in the workspace."""
        parts = [part for own in self.parts for part in own]
        return isinstance(array, np.ndarray) and any([np.may_share_memory(array, part) for part in parts])


def _aligned(size: int) -> Array:
    memory = np.empty(size + ALIGNMENT, np.uint8)
    start = -addresses([memory])[0] % ALIGNMENT
    return memory[start : start + max(size, 1)]


class Buffers:
    """Arrays for the results of a call, and their addresses.

    Those that nobody holds any more are handed out again: fresh memory costs time to map.
    """

    def __init__(self, types: Sequence[tuple[Shape, DType]]) -> None:
        self.types, self.reuse = types, reusable()
        self.pool: list[Buffer] = []

    def take(self) -> Buffer:
        """Arrays that nobody else holds."""
        for _ in range(len(self.pool)):
            try:
                buffer = self.pool.pop(0)  # so that no other thread takes it
            except IndexError:
                break
            if _holders(buffer) <= _ALONE:
                return buffer
            self.pool.append(buffer)
        arrays = [np.empty(shape, dtype) for shape, dtype in self.types]
        return arrays, addresses(arrays)

    def give(self, buffer: Buffer) -> None:
        """Remember arrays, of which others may hold views."""
        if self.reuse and len(self.pool) < _HELD:
            self.pool.append(buffer)


def _holders(buffer: Buffer) -> int:
    """The most references that one of the arrays has."""
    return max([*map(sys.getrefcount, buffer[0])], default=0)


_ALONE = _holders(([np.empty(0)], [0]))
