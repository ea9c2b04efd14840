"""Sparse matrices of SciPy's that hold Booleans: patterns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, overload

import numpy as np

from dezero.core.dtypes import Array
from dezero.functions import _scipy


class Sparse(Protocol):
    """A CSR array, as far as patterns and plans use it."""

    data: Array
    indices: Array
    indptr: Array

    @property
    def shape(self) -> tuple[int, int]: ...
    @property
    def nnz(self) -> int: ...
    @property
    def T(self) -> Sparse: ...
    def __add__(self, other: Sparse, /) -> Sparse: ...
    @overload
    def __matmul__(self, other: Array, /) -> Array: ...
    @overload
    def __matmul__(self, other: Sparse, /) -> Sparse: ...
    def __abs__(self) -> Sparse: ...
    def __getitem__(self, rows: Any, /) -> Sparse: ...
    def copy(self) -> Sparse: ...
    def diagonal(self) -> Array: ...
    def sort_indices(self) -> None: ...


def matrix(rows: Array | Sequence[int], columns: Array | Sequence[int], shape: tuple[int, int]) -> Sparse:
    """The pattern that is true at these places."""
    places = np.asarray(rows, np.int64), np.asarray(columns, np.int64)
    found: Sparse = _scipy.sparse.csr_array((np.ones(len(places[0]), bool), places), shape=shape)
    return found


def stored(pattern: object) -> Sparse:
    """A CSR array of Booleans that is true wherever a matrix stores an element, be it 0; columns in order."""
    found = _scipy.sparse.csr_array(pattern, copy=True)
    found.sum_duplicates()
    shape, data = found.shape, np.ones(found.nnz, bool)
    result: Sparse = _scipy.sparse.csr_array((data, found.indices, found.indptr), shape=shape)
    return result


def union(patterns: Sequence[Sparse]) -> Sparse:
    """The pattern that is true wherever one of these is."""
    total = patterns[0]
    for pattern in patterns[1:]:
        if pattern is not total:
            total = total + pattern
    return total


def rows_of(pattern: Sparse) -> Array:
    """The row number of each stored element."""
    return np.repeat(np.arange(pattern.shape[0], dtype=pattern.indices.dtype), np.diff(pattern.indptr))
