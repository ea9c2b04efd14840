"""partial and derivative_tensor against closed forms, mpmath, nested transforms and jets."""

import itertools
import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dezero.functions as F
from dezero import Parameter, Variable
from dezero.derivatives.jacobians import hessian, jacfwd
from dezero.derivatives.operators import tensors
from dezero.derivatives.operators.tensors import derivative_tensor, partial
from dezero.derivatives.transforms import derivative, grad

seeds = st.integers(0, 2**32 - 1)


def plane(x):
    return F.exp(x[0] * x[1]) * F.sin(x[0] + 2 * x[2]) / (1 + x[1] ** 2)


def plane_in_mpmath(x, y, z):
    return mpmath.exp(x * y) * mpmath.sin(x + 2 * z) / (1 + y**2)


# -- partial ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "indices", [(), (0,), (1, 1), (0, 1), (0, 0, 1), (2, 1, 0), (1, 0, 2, 1), (2, 2, 2, 1, 1), (0, 1, 2, 0, 1, 2)]
)
def test_partials_against_mpmath(indices):
    point = (0.3, -0.4, 0.7)
    with mpmath.workdps(50):
        orders = tuple(indices.count(i) for i in range(3))
        right = float(mpmath.diff(plane_in_mpmath, tuple(map(mpmath.mpf, point)), orders))
    x = np.array(point)
    for given_x in (x, Variable(x)):
        assert float(partial(plane, indices)(given_x)) == pytest.approx(right, rel=1e-11)


@given(st.lists(st.integers(-4, 3), min_size=1, max_size=5), seeds)
def test_partials_of_monomials(indices, seed):
    """The partial of x^k is that of each factor."""
    rng = np.random.default_rng(seed)
    powers, x = rng.integers(0, 5, size=4), rng.uniform(0.5, 2, size=4)
    right = 1.0
    for i in range(4):
        s = sum(j % 4 == i for j in indices)
        right *= math.perm(int(powers[i]), s) * x[i] ** (powers[i] - s) if s <= powers[i] else 0.0
    found = float(partial(lambda x: F.prod(x**powers), indices)(x))
    assert found == pytest.approx(right, rel=1e-11, abs=1e-9)


def test_partials_in_structures_and_of_structures():
    def f(p, scale):
        return {"product": p["a"] * p["b"][0] ** 2 * scale, "b": p["b"][0]}

    p = {"a": np.array([1.0, 2.0]), "b": [3.0]}  # components a_0, a_1, b
    found = partial(f, (1, 2))(p, scale=10.0)
    np.testing.assert_allclose(found["product"].data, [0.0, 60.0], atol=1e-13)
    assert float(found["b"]) == 0.0
    assert partial(f, 2)(p, 1.0)["b"].item() == 1.0


def test_few_rays():
    """One for a pure derivative, half of (s_1 + 1) (s_2 + 1) ... else."""
    for powers, most in (((5,), 1), ((1, 1), 2), ((2, 1), 3), ((2, 2), 4), ((1, 1, 1), 4), ((3, 2), 6)):
        assert len(list(tensors._rays(powers))) == most


def test_partials_nest():
    x = np.array([0.3, -0.4, 0.7])
    whole = float(partial(plane, (0, 0, 1, 2))(x))
    for given_x in (x, Variable(x)):
        assert float(partial(partial(plane, (0, 1)), (2, 0))(given_x)) == pytest.approx(whole, rel=1e-12)
        assert float(grad(partial(plane, (0, 0, 1)))(given_x)[2]) == pytest.approx(whole, rel=1e-12)
        assert float(partial(lambda x: grad(plane)(x)[2], (0, 0, 1))(given_x)) == pytest.approx(whole, rel=1e-12)


def test_pure_partials_are_derivatives():
    for order in range(8):
        found = partial(lambda x: F.tanh(x[1]) * x[0], (1,) * order)(np.array([2.0, 0.3]))
        assert float(found) == pytest.approx(2 * float(derivative(F.tanh, order)(0.3)), rel=1e-13)


# -- all partials ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", range(6))
@pytest.mark.parametrize("variable", [False, True])
@pytest.mark.parametrize("by_gradient", [False, True])
def test_tensors_hold_every_partial(order, variable, by_gradient, monkeypatch):
    monkeypatch.setattr(tensors, "_GRADIENT", 0 if by_gradient else np.inf)
    x = np.array([0.3, -0.4, 0.7])
    tensor = derivative_tensor(plane, order)(Variable(x) if variable else x)
    assert tensor.shape == (3,) * order
    assert tensor.packed.shape == (math.comb(2 + order, order),)
    assert tensor.indices.shape == (math.comb(2 + order, order), order)
    dense = tensor.dense()
    assert dense.shape == (3,) * order
    for row, element in zip(tensor.indices, tensor.packed.data, strict=True):
        assert element == pytest.approx(float(partial(plane, tuple(row))(x)), rel=1e-9, abs=1e-10)
        for places in set(itertools.permutations(row.tolist())):
            assert dense.data[places] == element
            assert float(tensor[places]) == element


def test_tensor_of_a_polynomial_is_exact():
    """All third partials of a cubic with whole coefficients, whatever the point."""
    a = np.arange(27.0).reshape(3, 3, 3)
    symmetric = sum(np.transpose(a, p) for p in itertools.permutations(range(3)))
    x = np.array([1.0, -2.0, 0.5])
    found = derivative_tensor(lambda x: F.einsum("ijk,i,j,k->", a, x, x, x), 3)(x).dense()
    np.testing.assert_allclose(found.data, symmetric, rtol=1e-13, atol=1e-11)


@pytest.mark.parametrize("n", [2, 5, 12])  # along rays of the function, of its gradient
def test_tensors_against_nested_transforms(n):
    w = np.random.default_rng(n).normal(size=(3, n)) / np.sqrt(n)

    def f(x):
        return F.sum(F.tanh(F.matmul(w, x)) ** 2)

    x = np.linspace(-1, 1, n)
    np.testing.assert_allclose(derivative_tensor(f, 0)(x).dense().data, f(Variable(x)).data, rtol=1e-15)
    np.testing.assert_allclose(derivative_tensor(f, 1)(x).dense().data, grad(f)(x).data, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(derivative_tensor(f, 2)(x).dense().data, hessian(f)(x).data, rtol=1e-11, atol=1e-12)
    third = jacfwd(hessian(f))(x).data
    np.testing.assert_allclose(derivative_tensor(f, 3)(x).dense().data, third, rtol=1e-10, atol=1e-11)


@settings(max_examples=25)
@given(seeds, st.integers(1, 4), st.integers(0, 4))
def test_contracted_along_a_direction_it_is_the_jet(seed, n, order):
    w = np.random.default_rng(seed).normal(size=(2, n))
    x, v = np.random.default_rng(seed + 1).normal(size=(2, n))

    def f(x):
        return F.sum(F.sin(F.matmul(w, x))) * F.exp(-F.sum(x * x) / 4)

    dense = derivative_tensor(f, order)(x).dense().data
    scale = 1 + np.abs(dense).max() * np.abs(v).sum() ** order
    for _ in range(order):
        dense = dense @ v
    leaf = Variable(x)
    assert float(dense) == pytest.approx(float(f(leaf).jet(leaf, order, v)[order]), abs=1e-11 * scale)


def test_tensors_of_structures_and_numbers():
    tensor = derivative_tensor(lambda p: p["a"] ** 2 * F.sum(p["b"]), 3)({"a": 5.0, "b": np.ones((1, 2))})
    assert tensor.n == 3
    assert [float(tensor[i]) for i in ((0, 0, 1), (2, 0, 0), (0, 0, 0), (0, 1, 2))] == pytest.approx([2, 2, 0, 0])
    tensor = derivative_tensor(lambda x: x**5, 4)(2.0)
    assert float(tensor[0, 0, 0, 0]) == pytest.approx(240.0, rel=1e-14)
    assert float(tensor[-1, 0, 0, 0]) == pytest.approx(240.0, rel=1e-14)


def test_tensors_can_be_differentiated():
    x = np.array([0.3, -0.4, 0.7])
    fourth = derivative_tensor(plane, 4)(x).dense().data
    found = jacfwd(lambda x: derivative_tensor(plane, 3)(x).dense())(x)
    np.testing.assert_allclose(found.data, fourth, rtol=1e-9, atol=1e-10)
    w = Parameter(np.array(2.0))
    F.sum(derivative_tensor(lambda x: w**2 * F.sum(x**3), 3)(x).packed).backward()
    assert float(w.grad) == pytest.approx(3 * 6 * 2 * 2.0, rel=1e-12)


def test_float32_stays_float32():
    x = np.ones(3, np.float32)
    for order in range(4):
        assert derivative_tensor(plane, order)(x).packed.dtype == np.float32
        assert partial(plane, (0, 1, 1)[:order])(x).dtype == np.float32


# -- weights and places ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "order"), [(1, 3), (3, 2), (2, 4), (4, 3)])
def test_places_number_the_ascending_rows(n, order):
    rows = tensors._multi_indices(n, order)
    ascending = {tuple(sorted(row)) for row in itertools.product(range(n), repeat=order)}
    assert list(map(tuple, rows.tolist())) == sorted(ascending)
    np.testing.assert_array_equal(tensors._places(rows, n), np.arange(len(rows)))


@pytest.mark.parametrize(("m", "order"), [(1, 4), (2, 2), (2, 5), (3, 4), (4, 4)])
def test_weights_interpolate_monomials_exactly(m, order):
    """Along ray r the monomial x^k has the coefficient r^k, and the partial k! where the powers are k."""
    for powers in tensors._compositions(order, m, 1):
        for k in tensors._compositions(order, m, 0):
            total = sum(
                tensors._weight(powers, ray) * math.prod(r**e for r, e in zip(ray, k, strict=True))
                for ray in tensors._compositions(order, m, 0)
            )
            assert total == (math.prod(map(math.factorial, k)) if k == powers else 0)


# -- errors ----------------------------------------------------------------------------------------------------


def test_errors():
    tensor = derivative_tensor(plane, 2)(np.ones(3))
    for call, error, message in [
        (lambda: derivative_tensor(plane, -1), ValueError, "derivative_tensor: order is -1"),
        (lambda: derivative_tensor(plane, 2.0), TypeError, "derivative_tensor: order is number 2.0"),
        (lambda: derivative_tensor(F.sin, 2)(np.ones(3)), ValueError, r"derivative_tensor: .*\(3,\).*one number"),
        (lambda: derivative_tensor(F.sum, 2)(np.ones(0)), ValueError, "derivative_tensor: .*no components"),
        (lambda: derivative_tensor(F.abs, 2)(1.0j), TypeError, "derivative_tensor: an argument is complex"),
        (lambda: tensor[0], IndexError, r"\(0,\) is no element of a tensor of shape \(3, 3\)"),
        (lambda: tensor[0, 3], IndexError, r"\(0, 3\) is no element"),
        (lambda: partial(plane, (0, 3))(np.ones(3)), IndexError, "partial: component 3 is asked for.*has 3"),
        (lambda: partial(plane, (0, 1.0)), TypeError, "partial: indices hold number 1.0"),
        (lambda: partial(plane, True), TypeError, "partial: indices hold"),
        (lambda: partial(4, 0), TypeError, "partial: f is number 4"),
    ]:
        with pytest.raises(error, match=message):
            call()
