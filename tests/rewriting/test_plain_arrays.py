"""Cached derivations of graphs with plain arrays: used again for other arrays, and only where that gives the same."""

import numpy as np
import pytest

import dezero
import dezero.functions as F
from dezero import Variable, gradients, using_config
from dezero.rewriting.cache import CACHE

NORMAL = np.random.default_rng(0).normal(size=(6, 2, 2))
ONES, ZEROS, SEVENS = np.ones((2, 2)), np.zeros((2, 2)), np.full((2, 2), 7.0)
PAIRS = [
    (NORMAL[0], NORMAL[1]),
    (NORMAL[2], NORMAL[3]),
    (NORMAL[4], NORMAL[4]),  # one array
    (NORMAL[5], NORMAL[5].copy()),  # two that are equal
    (ONES, NORMAL[0]),
    (NORMAL[1], ONES),
    (ONES, ONES),
    (ZEROS, NORMAL[0]),
    (NORMAL[0], ZEROS),
    (ZEROS, ZEROS),
    (NORMAL[0], NORMAL[0] * [[1, 1], [1, 2]]),  # they begin alike
    (-NORMAL[0], NORMAL[0]),
    (SEVENS, 2 * SEVENS),
    (NORMAL[3], NORMAL[0]),
]
FORMULAS = {
    "products": lambda x, a, b: F.sin(x) * a * b,
    "a sum that may cancel": lambda x, a, b: F.exp(x) * a - F.exp(x) * b,
    "factors of one sum": lambda x, a, b: (x * x) * a + (x * x) * b + x,
    "quotients": lambda x, a, b: F.sin(x) / (a + 3) + F.cos(x) / (b + 3) + x * a / (b * b + 1),
    "quotients by arrays that may be equal": lambda x, a, b: x * x / (a * a + 1) + F.exp(x) / (b * b + 1),
    "powers of arrays": lambda x, a, b: (a * a + 1) ** x * (b * b + 2),
    "arrays as exponents": lambda x, a, b: (x * x + 1) ** a + (x * x + 1) ** b,
    "whole exponents": lambda x, a, b: (x * x + 1) ** np.rint(a) * b,
    "a network": lambda x, a, b: F.tanh(F.tanh(x @ a) @ b),
    "a loss": lambda x, a, b: F.mean_squared_error(F.tanh(x @ a), b),
    "linear": lambda x, a, b: F.sum(x * a) + F.sum(x * b),
    "linear in one row": lambda x, a, b: F.sum(x[0] * a) * F.sum(b * x[1]),
    "a choice": lambda x, a, b: F.where(a > b, x**3 * a, x**2 * b),
    "the larger": lambda x, a, b: F.maximum(x * a, x * b) * x,
    "sums of arrays": lambda x, a, b: F.sum(F.sin(x) * F.sum(x) * a) * F.sum(x * b),
    "broadcast": lambda x, a, b: F.sum(F.exp(x[0, 0] * a) * b * x[0]),
    "a product of numbers": lambda x, a, b: F.prod(F.sin(x) * a + b),
    "a solution": lambda x, a, b: F.solve(a @ a.T + 2 * np.eye(2) + x.T @ x, b),
    "contracted": lambda x, a, b: F.einsum("ij,jk,kl->il", F.sin(x), a, b),
    "in another order": lambda x, a, b: F.transpose(x * a) * b + (x * b).T * a,
    "labels": lambda x, a, b: F.softmax_cross_entropy(x * b, (a[:, 0] > 0).astype(int)),
    "picked": lambda x, a, b: (F.sin(x) * b)[np.arange(2), (a[:, 0] > 0).astype(int)] * a[0],
    "added to a multiple": lambda x, a, b: F.sin(x * 1.0 + a) * 2 + F.sin(x + a) * b,
}


@pytest.fixture(autouse=True)
def an_empty_cache():
    dezero.clear_cache()


def derivatives(f, a, b, simplify=True):
    x = Variable(np.array([[0.3, -0.4], [0.7, 0.2]]))
    y, found = f(x, a, b), []
    with using_config("simplify", simplify):
        for _ in range(3):
            (g,) = gradients(F.sum(y), x, create_graph=True)
            found.append(g.data.copy())
            y = g * x
    return found


@pytest.mark.parametrize("formula", FORMULAS)
def test_other_arrays_give_their_own_derivatives(formula):
    for a, b in [*PAIRS, *reversed(PAIRS)]:
        expected = derivatives(FORMULAS[formula], a, b, simplify=False)
        for found in (derivatives(FORMULAS[formula], a.copy() if a is not b else a, b) for _ in range(2)):
            np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("formula", ["a network", "a loss", "labels", "products", "quotients"])
def test_a_gradient_of_new_arrays_is_replayed(formula):
    random = np.random.default_rng(1)
    w = Variable(np.array([[0.3, -0.4], [0.7, 0.2]]))
    for _ in range(20):
        a, b = random.normal(size=(2, 2, 2))
        gradients(F.sum(FORMULAS[formula](w, a, b)), w, create_graph=True)
    assert dezero.cache_info().misses == 1
    assert len(CACHE) == 1


def test_arrays_that_the_caller_changes_afterwards_change_nothing():
    a, b = NORMAL[0].copy(), NORMAL[1].copy()
    expected = derivatives(FORMULAS["a network"], NORMAL[0], NORMAL[1])
    derivatives(FORMULAS["a network"], a, b)
    a[:], b[:] = 0, 0
    np.testing.assert_array_equal(derivatives(FORMULAS["a network"], NORMAL[0], NORMAL[1]), expected)


def test_a_graph_as_a_derivative_would_have_it_with_an_array_in_the_place_of_ones():
    """What the algebra knows of its own arrays is not taken for granted of the user's."""
    x = Variable(np.array([[0.3, -0.4], [0.7, 0.2]]))
    (g,) = gradients(F.sum(F.sin(x) @ NORMAL[0]), x, create_graph=True)
    gradients(F.sum(g), x, create_graph=True)
    for array in (ONES, NORMAL[1], ZEROS, SEVENS):
        y = F.cos(x) * (array @ NORMAL[0].T)
        for simplify in (True, False):
            with using_config("simplify", simplify):
                (second,) = gradients(F.sum(y), x, create_graph=True)
            np.testing.assert_allclose(second.data, -np.sin(x.data) * (array @ NORMAL[0].T), rtol=1e-12)


def test_a_sum_of_plain_arrays_is_a_number_of_each_graph_anew():
    x = Variable(np.array(0.4))
    for a in NORMAL:
        y = F.sum(F.exp(x) * a) * x
        (first,) = gradients(y, x, create_graph=True)
        (second,) = gradients(first, x, create_graph=True)
        total = a.sum() * np.exp(0.4)
        assert first.item() == pytest.approx(total * 1.4, rel=1e-12)
        assert second.item() == pytest.approx(total * 2.4, rel=1e-12)


def test_large_arrays_are_not_read():
    w = Variable(np.ones((1, 2**20)))
    for _ in range(3):
        a = np.random.default_rng(2).normal(size=(1, 2**20))
        (g,) = gradients(F.sum(F.sin(w) * a), w, create_graph=True)
        np.testing.assert_allclose(g.data, np.cos(1) * a)
    assert dezero.cache_info().misses == 1
