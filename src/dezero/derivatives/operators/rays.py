"""Partial derivatives of any order as weighted sums of derivatives along lines.

A mixed partial of order K is a weighted sum of K-th derivatives along lines, by central differences of the
polynomial of degree K, which are exact:

    d^a = 1 / (2^K K!) * sum over 0 <= b <= a of (-1)^|b| binom(a, b) D_(a - 2b)^K,      K = |a|

(A. Griewank, J. Utke, A. Walther, Math. Comp. 69 (2000) 1117, has the one-sided form.) Lines that several partials
share are taken once.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

MultiIndex = tuple[int, ...]


@dataclass(frozen=True)
class Lines:
    """Derivatives of one order along lines: directions (R, d), and the weight of each in the sum."""

    order: int
    directions: np.ndarray[Any, Any]
    weights: np.ndarray[Any, Any]

    @property
    def vectors(self) -> int:
        """The Taylor coefficients that the sum needs: the value, order - 1 a line, and the sum of the highest."""
        return 1 if not self.order else 2 + (self.order - 1) * len(self.directions)


def lines_of(terms: Mapping[MultiIndex, Any]) -> list[Lines]:
    """The lines of each order whose derivatives add up to a sum of partials."""
    groups: dict[int, dict[MultiIndex, Any]] = {}
    for index, c in terms.items():
        group = groups.setdefault(sum(index), {})
        for direction, weight in _lines(index):
            group[direction] = group.get(direction, 0) + (weight * c if isinstance(c, int) else float(weight) * c)
    found = []
    for order, group in sorted(groups.items()):
        kept = {direction: float(weight) for direction, weight in group.items() if weight}
        if kept:
            found.append(Lines(order, np.array(list(kept), float), np.array(list(kept.values()))))
    return found


def _lines(index: MultiIndex) -> list[tuple[MultiIndex, Fraction]]:
    order = sum(index)
    if not order:
        return [(index, Fraction(1))]
    found = []
    for b in itertools.product(*[range(a + 1) for a in index]):
        line = tuple([a - 2 * k for a, k in zip(index, b, strict=True)])
        length = math.gcd(*line) if any(line) else 0
        if length:
            sign = 1 if next(v for v in line if v) > 0 else -1
            weight = Fraction((-1) ** sum(b) * math.prod(map(math.comb, index, b)), 2**order * math.factorial(order))
            unit = tuple([sign * v // length for v in line])
            found.append((unit, weight * (sign * length) ** order))
    return found
