"""Which rays give a set of partial derivatives: the fewest that were found, with the weight of each in each partial.

Coefficient K of the Taylor series of u along a ray v is the sum over |a| = K of v^a / a! times the partial a. A partial
is a weighted sum of coefficients where these equations have a solution, which is sought in fractions. Rays that may
serve: those of each partial by itself (rays.py), with or without the axes and sums of axes. Of either set rays are left
out, the longest first, as long as every partial can still be had.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from dezero.derivatives.operators.rays import MultiIndex, derivatives

_MOST_RAYS, _MOST_PARTIALS = 40, 130  # in larger systems no ray is left out: to solve them would take seconds


class Line(NamedTuple):
    """A Taylor coefficient along a ray."""

    direction: MultiIndex
    order: int


class Plan(NamedTuple):
    """weights: of each partial, the Taylor coefficients of which it is the sum, each with its weight."""

    weights: dict[MultiIndex, list[tuple[Line, float]]]

    def bundles(self) -> list[tuple[int, list[MultiIndex]]]:
        """The rays by the highest order in which they are needed."""
        highest: dict[MultiIndex, int] = {}
        for line, _ in itertools.chain(*self.weights.values()):
            highest[line.direction] = max(line.order, highest.get(line.direction, 0))
        return [(k, [v for v, n in highest.items() if n == k]) for k in sorted(set(highest.values()))]


@functools.cache
def planned(indices: tuple[MultiIndex, ...]) -> Plan:
    """The plan for these partials."""
    apart = {index: _by_itself(index) for index in indices if any(index)}
    own = _by_length([v for of_one in apart.values() for v in of_one])
    every = _by_length([*own, *_shared(list(apart))])
    largest = max([math.comb(len(index) + sum(index) - 1, sum(index)) for index in apart], default=0)
    if len(every) > _MOST_RAYS or largest > _MOST_PARTIALS:
        return Plan({index: _weighed(index, of_one) for index, of_one in apart.items()})
    rays = min(_fewest(every, apart), _fewest(own, apart), key=len)
    solved = {index: dict(zip(rays, _solution(index, rays) or (), strict=True)) for index in apart}
    return Plan({index: _weighed(index, weights) for index, weights in solved.items()})


def _weighed(index: MultiIndex, weights: Mapping[MultiIndex, Fraction]) -> list[tuple[Line, float]]:
    return [(Line(v, sum(index)), float(w)) for v, w in weights.items() if w]


def _by_itself(index: MultiIndex) -> dict[MultiIndex, Fraction]:
    """The weights of coefficients along the rays of one partial alone."""
    factorial = math.factorial(sum(index))
    return {v: w * factorial for v, w in derivatives(index).items()}


def _shared(indices: Sequence[MultiIndex]) -> list[MultiIndex]:
    """The axes that the indices move along, and the sums of two or more of them that occur together."""
    found = []
    for index in indices:
        places = [i for i, k in enumerate(index) if k]
        for m in range(1, min(len(places), 4) + 1):
            for chosen in itertools.combinations(places, m):
                found.append(tuple([int(i in chosen) for i in range(len(index))]))
    return found


def _by_length(rays: Sequence[MultiIndex]) -> list[MultiIndex]:
    """Each ray once, the shortest first."""
    return sorted(dict.fromkeys(rays), key=lambda v: (sum([step * step for step in v]), [-step for step in v]))


def _fewest(rays: list[MultiIndex], indices: Iterable[MultiIndex]) -> list[MultiIndex]:
    """The rays without those that no partial needs."""
    for v in reversed(rays):
        fewer = [other for other in rays if other != v]
        if all([_solution(index, fewer) is not None for index in indices]):
            rays = fewer
    return rays


def _solution(index: MultiIndex, rays: Sequence[MultiIndex]) -> list[Fraction] | None:
    """The weights of coefficient |index| along the rays in a partial; None where the rays do not give it."""
    components = range(len(index))
    partials = [
        tuple(map(places.count, components))
        for places in itertools.combinations_with_replacement(components, sum(index))
    ]
    rows = [[*[_factor(v, a) for v in rays], Fraction(int(a == index))] for a in partials]
    pivots: list[int] = []
    for column in range(len(rays)):  # Gauss and Jordan's elimination
        rank = len(pivots)
        lead = next((row for row in rows[rank:] if row[column]), None)
        if lead is None:
            continue
        rows.remove(lead)
        lead = [x / lead[column] for x in lead]
        rows = [[x - row[column] * y for x, y in zip(row, lead, strict=True)] if row[column] else row for row in rows]
        rows.insert(rank, lead)
        pivots.append(column)
    if any([row[-1] for row in rows[len(pivots) :]]):
        return None
    weights = [Fraction(0)] * len(rays)
    for row, column in zip(rows, pivots, strict=False):
        weights[column] = row[-1]
    return weights


def _factor(v: MultiIndex, a: MultiIndex) -> Fraction:
    """v^a / a!: what the partial a contributes to the Taylor coefficient along v."""
    return Fraction(math.prod([s**k for s, k in zip(v, a, strict=True)]), math.prod(map(math.factorial, a)))
