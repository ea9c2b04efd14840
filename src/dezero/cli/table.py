"""Numbers in aligned columns, to the last digit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import SupportsFloat

import numpy as np


def number(value: SupportsFloat) -> str:
    """Return the shortest text that reads back as the same float; zero has no sign."""
    return repr(float(value) + 0.0)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return the rows under their header, columns flush right and two blanks apart.

    >>> print(table(["x", "f"], [["-2.0", "8.0"], ["10.0", "9800.0"]]))
       x       f
    -2.0     8.0
    10.0  9800.0
    """
    lines = [list(header), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)


def json_number(value: float) -> float | str:
    """Return the float, or its name where JSON has none for it: "inf", "-inf", "nan"."""
    return float(value) + 0.0 if np.isfinite(value) else number(value)
