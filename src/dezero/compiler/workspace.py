"""What a run of machine code works in: one workspace for each call in flight, and arrays for the results."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Sequence

import numpy as np

from dezero.compiler.memory import ALIGNMENT, ALL, PARTS, Address
from dezero.compiler.views import View
from dezero.core.dtypes import Array, DType, Shape

_HELD = 4  # arrays of one result that are remembered, to be written again
Buffer = tuple[Array, int]  # and its address


def readable(array: Array) -> Array:
    """The array, or a copy where it does not lie in one piece, in C order."""
    if isinstance(array, np.ndarray) and array.flags.c_contiguous and array.flags.aligned:
        return array
    return np.require(array, requirements=["C", "A"])


def _address(array: Array) -> int:
    found: int = array.__array_interface__["data"][0]
    return found


def _address_in_object(array: Array) -> int:
    """The same in a fifth of the time: the first field of NumPy's array, after the head that all objects have."""
    found: int = _integer_at(id(array) + _HEAD).value
    return found


def reusable() -> bool:
    """Whether counts of references say that nobody holds an array: not where threads run without a common lock."""
    return sys.implementation.name == "cpython" and bool(getattr(sys, "_is_gil_enabled", lambda: True)())


_HEAD, _integer_at = object.__basicsize__, ctypes.c_ssize_t.from_address
_PROBE = np.arange(3)[1:]
address = _address_in_object if reusable() and _address_in_object(_PROBE) == _address(_PROBE) else _address


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
            bases[:PARTS] = [address(part) for part in own]

    def set(self, base: int, array: Array, place: int) -> None:
        """Let a base be an array of NumPy's, in C order, which lies at an address."""
        self.arrays[base] = array
        for bases in self.bases:
            bases[base] = place

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
    start = -address(memory) % ALIGNMENT
    return memory[start : start + max(size, 1)]


class Buffers:
    """Arrays for results. One that nobody holds any more is handed out again: fresh memory costs time to map."""

    def __init__(self, reuse: bool) -> None:
        self.reuse = reuse
        self.pools: dict[int, list[Buffer]] = {}

    def take(self, place: int, shape: Shape, dtype: DType) -> Buffer:
        """An array that nobody else holds, and its address."""
        pool = self.pools.setdefault(place, [])
        for _ in range(len(pool)):
            try:
                buffer = pool.pop(0)  # so that no other thread takes it
            except IndexError:
                break
            if _holders(buffer) == _ALONE:
                return buffer
            pool.append(buffer)
        array = np.empty(shape, dtype)
        return array, address(array)

    def give(self, place: int, array: Array | None, where: int) -> None:
        """Remember an array at an address, of which others may hold views."""
        pool = self.pools[place]
        if self.reuse and array is not None and len(pool) < _HELD:
            pool.append((array, where))


def _holders(buffer: Buffer) -> int:
    return sys.getrefcount(buffer[0])


_ALONE = _holders((np.empty(0), 0))
