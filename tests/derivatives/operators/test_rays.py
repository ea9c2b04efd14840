"""Partial derivatives as sums of derivatives along rays, exactly."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dezero.derivatives.operators.rays import rays_of

INDICES = st.lists(st.integers(0, 3), min_size=1, max_size=4).map(tuple).filter(lambda a: 0 < sum(a) <= 6)


def monomials(d, order):
    return [a for a in itertools.product(range(order + 1), repeat=d) if sum(a) == order]


def along(direction, power):
    """The derivative of the monomial x**power along a ray, of the order of the monomial."""
    return math.factorial(sum(power)) * math.prod(int(v) ** p for v, p in zip(direction, power, strict=True))


@given(index=INDICES)
def test_a_partial_takes_its_own_monomial_and_no_other(index):
    (group,) = rays_of({index: 1})
    order = sum(index)
    assert group.order == order
    for power in monomials(len(index), order):
        total = sum(Fraction(w) * along(v, power) for v, w in zip(group.directions, group.weights, strict=True))
        expected = math.prod(math.factorial(p) for p in power) if power == index else 0
        assert float(total) == pytest.approx(expected, abs=1e-9)


def test_directions_are_primitive_and_stand_once():
    (group,) = rays_of({(2, 2): 2, (4, 0): 1, (0, 4): 1})
    found = [tuple(v) for v in group.directions]
    assert len(set(found)) == len(found) == 4
    assert all(math.gcd(*map(int, v)) == 1 and next(x for x in v if x) > 0 for v in found)


def test_orders_are_apart_and_terms_that_cancel_are_gone():
    groups = rays_of({(2, 0): 1.0, (0, 1): 3.0, (0, 0): -2.0, (1, 1): 0})
    assert [g.order for g in groups] == [0, 1, 2]
    assert groups[1].directions.tolist() == [[0, 1]]
    assert groups[1].weights.tolist() == [3]
    assert [len(g.directions) for g in groups] == [1, 1, 1]
    assert rays_of({(1, 1): 0}) == []


@pytest.mark.parametrize("d", [1, 2, 5])
def test_the_vectors_of_laplacian_and_biharmonic(d):
    unit = np.eye(d, dtype=int)
    (laplacian,) = rays_of({tuple(2 * e): 1 for e in unit.tolist() for e in [np.array(e)]})
    assert laplacian.vectors == 2 + d
    terms = {tuple(4 * e): 1 for e in unit} | {tuple(2 * a + 2 * b): 2 for a, b in itertools.combinations(unit, 2)}
    (biharmonic,) = rays_of(terms)
    assert biharmonic.vectors == 2 + 3 * d * d
    assert rays_of({(0,) * d: 2})[0].vectors == 1
