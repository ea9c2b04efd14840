"""Partial derivatives of any order as weighted sums of derivatives along rays, and how long a ray is best taken.

A partial of order K is a weighted sum of Taylor coefficients K along rays, by central differences, which are exact for
a polynomial of degree K:

    d^a = sum over 0 <= b <= a of (-1)^|b| C(a, b) (h_b D)^K / K!,      K = |a|,  h_b = a / 2 - b

R. Kan, J. Multivariate Analysis 99 (2008) 542, on the symbol of the partial. The rays of b and of a - b are opposite
and give the same, so half of them are taken, twice. A ray that several partials share is taken once.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

MultiIndex = tuple[int, ...]
Coefficient = int | float  # of a partial in an operator (and NumPy's numbers)


@dataclass(frozen=True)
class Rays:
    """Derivatives of one order along rays: directions (R, d), and the weight of each in the sum."""

    order: int
    directions: np.ndarray
    weights: np.ndarray

    @property
    def vectors(self) -> int:
        """The Taylor coefficients that the sum needs: the value, order - 1 a ray, and the sum of the highest."""
        return 1 if not self.order else 2 + (self.order - 1) * len(self.directions)


def rays_of(terms: Mapping[MultiIndex, Coefficient]) -> list[Rays]:
    """The rays of each order whose derivatives add up to a sum of partials."""
    groups: dict[int, dict[MultiIndex, Fraction | float]] = {}
    for index, c in terms.items():
        group = groups.setdefault(sum(index), {})
        for direction, weight in derivatives(index).items():
            group[direction] = group.get(direction, 0) + (weight * c if isinstance(c, int) else float(weight) * c)
    found = []
    for order, group in sorted(groups.items()):
        kept = {direction: float(weight) for direction, weight in group.items() if weight}
        if kept:
            found.append(Rays(order, np.array(list(kept), float), np.array(list(kept.values()))))
    return found


def coefficients(index: MultiIndex) -> Iterator[tuple[int, MultiIndex]]:
    """(weight, direction) of each ray: the partial is the sum of weight times the Taylor coefficient of its order along
    direction / 2."""
    if not any(index):
        yield 1, index
    for b in itertools.product(*[range(a + 1) for a in index]):
        if b < tuple([a - k for a, k in zip(index, b, strict=True)]):  # one of two opposite rays
            weight = 2 * (-1) ** sum(b) * math.prod(map(math.comb, index, b))
            yield weight, tuple([a - 2 * k for a, k in zip(index, b, strict=True)])


def derivatives(index: MultiIndex) -> dict[MultiIndex, Fraction]:
    """The partial as a weighted sum of derivatives of its order along directions without a common factor."""
    order, found = sum(index), dict[MultiIndex, Fraction]()
    for weight, direction in coefficients(index):
        length = math.gcd(*direction) or 1
        unit = tuple([v // length for v in direction])
        found[unit] = found.get(unit, Fraction(0)) + Fraction(weight * length**order, 2**order * math.factorial(order))
    return found


def ray_scale(order: int) -> tuple[float, float]:
    """(h, w) such that w times coefficient n along a ray of length h is the n-th derivative: w = n! / h^n.

    h is a power of two near n / e and below it: no coefficient overflows where the derivative does not, and few vanish.
    """
    power = max(0, math.floor(math.log2(order / math.e))) if order else 0
    return 2.0**power, float(Fraction(math.factorial(order), 2 ** (power * order)))
