"""Operations behind a non-linear map, through every method of every operator; everywhere.py does it for all of them."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, laplacian
from dezero.derivatives.operators.linear import operator
from dezero.series.written import WRITTEN
from tests.derivatives.operators.everywhere import CASES, METHODS, check_higher_orders, check_second_order

BY_HAND = [next(case for case in CASES if case.name == name) for name in sorted({c.name for c in CASES} & set(WRITTEN))]
SAMPLE = [CASES[i] for i in np.random.default_rng(7).choice(len(CASES), 20, replace=False)]
A = np.array([[0.1, 0.7], [-0.3, 0.2]])


@pytest.mark.parametrize("case", BY_HAND, ids=lambda case: case.title)
def test_series_written_by_hand(case):
    check_second_order(case)
    if case.name != "logm":  # seconds, since SciPy's takes milliseconds
        check_higher_orders(case)


@pytest.mark.parametrize("case", SAMPLE, ids=lambda case: case.title)
def test_a_sample_of_the_cases(case):
    check_second_order(case)


def exponential(r):
    """f(r), f'(r), f''(r) of the sum of the elements of exp(r A), by its power series."""
    terms, power, factorial = [0.0, 0.0, 0.0], np.eye(2), 1.0
    for n in range(40):
        value = power.sum() / factorial
        terms = [terms[0] + value * r**n, terms[1] + n * value * r ** max(n - 1, 0), terms[2]]
        terms[2] += n * (n - 1) * value * r ** max(n - 2, 0)
        power, factorial = power @ A, factorial * (n + 1)
    return terms


@pytest.mark.parametrize("method", METHODS)
def test_the_laplacian_of_a_function_of_matrices_of_a_square(method):
    x = np.array([0.4, -0.7])
    r = x @ x
    _, first, second = exponential(r)

    def radial(function, matrix):
        return lambda x: F.sum(function(matrix * F.sum(x**2)))

    found = laplacian(radial(F.expm, A), method)(x)
    assert found.item() == pytest.approx(4 * first + 4 * r * second, rel=1e-12)  # of f(x1**2 + x2**2)
    root = laplacian(lambda x: F.sum(F.sqrtm(np.diag([2.0, 3.0]) * F.sum(x**2) ** 2)), method)(x)
    assert root.item() == pytest.approx(4 * (np.sqrt(2) + np.sqrt(3)), rel=1e-10)
    log = laplacian(lambda x: F.sum(F.logm(np.eye(2) * F.exp(F.sum(x**2) ** 2))), method)(x)
    assert log.item() == pytest.approx(2 * 16 * r, rel=1e-10)


@pytest.mark.parametrize("method", METHODS)
def test_a_complex_result_keeps_its_imaginary_part(method):
    k, x = np.array([2.0, 1.0]), np.array([0.3, -0.2])
    found = operator(lambda x: F.exp(1j * F.sum(k * x)), {(2, 0): 1.0, (0, 1): 1.0}, method)(x)
    assert found.item() == pytest.approx((-4 + 1j) * np.exp(1j * (k @ x)))


def test_at_a_complex_point_nested_gradients_are_refused():
    z = np.array([0.3 + 0.2j, 1.0])
    found = laplacian(lambda x: F.sum(F.sin(x)))(z)
    assert found.item() == pytest.approx(-np.sin(z).sum())
    assert operator(lambda x: F.prod(F.sin(x)), {(1, 2): 1.0})(z).item() == pytest.approx(-np.cos(z[0]) * np.sin(z[1]))
    with pytest.raises(TypeError, match=r"laplacian: x is complex128 array.*gradients are of real numbers"):
        laplacian(lambda x: F.sum(F.sin(x)), "reverse")(z)


@pytest.mark.parametrize("x", [np.zeros((0, 2)), np.ones((3, 1)), np.ones((3, 0)), np.ones((3, 2), np.float32)])
@pytest.mark.parametrize("method", METHODS)
def test_edges_of_shape_and_dtype(method, x):
    for given in (x, Variable(x)):
        found = laplacian(lambda x: F.sum(x**3, axis=-1), method)(given)
        assert found.dtype == x.dtype
        np.testing.assert_allclose(found.data, 6 * x.sum(axis=-1), rtol=1e-6)
