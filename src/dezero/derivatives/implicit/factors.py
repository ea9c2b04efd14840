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
            sizes = np.max(np.abs(scaled), axis=axis, keepdims=True)
            scaled = scaled / np.where(sizes, sizes, 1)
        with np.errstate(all="ignore"):
            try:
                condition = np.linalg.cond(scaled, 1)
            except np.linalg.LinAlgError:
                raise self.singular() from None
        if not condition * len(scaled) * np.finfo(scaled.dtype).eps < 1:
            raise self.singular()

    def singular(self) -> np.linalg.LinAlgError:
        return np.linalg.LinAlgError(
            f"{self.name}: the Jacobian of the residual, {describe(self.matrix)}, is singular (or is to the precision "
            "at hand); the equations do not determine the unknown here, or a multiple root has no derivative"
        )
