"""What a search found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Result:
    """Where a search ended, in the field names of SciPy's OptimizeResult.

    x: the point, Variables in the structure of the start. fun: f there. nit: iterations. success: whether it
    converged; message says how it ended.
    """

    x: Any
    fun: Any
    nit: int
    success: bool
    message: str
