"""A Jacobian factored once, for all systems of linear equations with it."""

from __future__ import annotations

import numpy as np

from dezero.core.dtypes import Array
from dezero.core.errors import describe


class Factors:
    """A square matrix factored once; LinAlgError where it is singular."""

    def __init__(self, name: str, matrix: Array) -> None:
        self.name, self.matrix = name, matrix
        try:
            from scipy.linalg import lapack
        except ImportError:
            self._lu = None
            return
        self._solver = lapack.sgetrs if matrix.dtype == np.float32 else lapack.dgetrs
        factor = lapack.sgetrf if matrix.dtype == np.float32 else lapack.dgetrf
        *self._lu, info = factor(matrix) if matrix.size else (matrix, None, 0)
        if info > 0:
            raise self.singular()

    def solve(self, b: Array, transposed: bool = False) -> Array:
        """The solution for a right side, or for each of its columns."""
        if not self.matrix.size:
            return b
        if self._lu is not None:
            x, _ = self._solver(*self._lu, b, trans=int(transposed))
        else:  # without SciPy nothing keeps a factorisation
            try:
                x = np.linalg.solve(self.matrix.T if transposed else self.matrix, b)
            except np.linalg.LinAlgError:
                raise self.singular() from None
        return x.astype(b.dtype, copy=False)

    def check(self) -> None:
        """LinAlgError where rounding can make the matrix singular, after its rows and columns are scaled to size 1."""
        if not self.matrix.size:
            return
        scaled = self.matrix
        for axis in (1, 0):
            sizes = np.abs(scaled).max(axis=axis, keepdims=True)
            sizes[sizes == 0] = 1
            scaled = scaled / sizes
        with np.errstate(all="ignore"):
            try:
                inverse = np.linalg.inv(scaled)
            except np.linalg.LinAlgError:
                raise self.singular() from None
            condition = _norm(scaled) * _norm(inverse)
        if not condition * len(scaled) * np.finfo(scaled.dtype).eps < 1:
            raise self.singular()

    def singular(self) -> np.linalg.LinAlgError:
        return singular(self.name, self.matrix)


def singular(name: str, matrix: Array) -> np.linalg.LinAlgError:
    return np.linalg.LinAlgError(
        f"{name}: the Jacobian of the residual, {describe(matrix)}, is singular (or is to the precision "
        "at hand); the equations do not determine the unknown here, or a multiple root has no derivative"
    )


def _norm(matrix: Array) -> float:
    """The largest sum of a column."""
    return float(np.abs(matrix).sum(axis=0).max())
