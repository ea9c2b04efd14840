"""jacfwd, jacrev, jacobian, hessian: values, shapes, structures, the number of sweeps, laws, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero.functions as F
from dezero import Parameter, Variable, as_variable
from dezero.derivatives import jacobians
from dezero.derivatives.jacobians import hessian, jacfwd, jacobian, jacrev
from dezero.derivatives.transforms import grad, hvp, jvp, linearize, vjp

ALL = pytest.mark.parametrize("transform", [jacfwd, jacrev, jacobian])
seeds = st.integers(0, 2**32 - 1)


def coupled(x):
    """R^(2, 2) -> R^3."""
    flat = F.reshape(x, -1)
    return F.concatenate([F.sin(flat[:2] * flat[2:]), F.sum(flat**3, keepdims=True)])


def coupled_jacobian(x):
    a, b, c, d = x.ravel()
    first, second = np.cos(a * c), np.cos(b * d)
    rows = [[c * first, 0, a * first, 0], [0, d * second, 0, b * second], [3 * a**2, 3 * b**2, 3 * c**2, 3 * d**2]]
    return np.array(rows).reshape(3, 2, 2)


@ALL
def test_values_and_shapes(transform):
    x = np.array([[0.3, -0.7], [1.1, 0.4]])
    for given_x in (x, Variable(x)):
        found = transform(coupled)(given_x)
        assert isinstance(found, Variable)
        np.testing.assert_allclose(found.data, coupled_jacobian(x), rtol=1e-14, atol=1e-15)


@ALL
@pytest.mark.parametrize("shape", [(), (1,), (0,), (2, 0), (2, 3)])
def test_shapes_of_every_kind(transform, shape):
    x = np.arange(1.0, 1 + np.prod(shape)).reshape(shape)
    for given_x in (x, Variable(x)):
        found = transform(lambda x: x * x)(given_x)
        assert found.shape == shape + shape
        np.testing.assert_array_equal(found.data.reshape(x.size, x.size), np.diag(2 * x.ravel()))
        assert transform(F.sum)(given_x).shape == shape
    assert transform(lambda t: t * x)(2.0).shape == shape


@ALL
def test_structures(transform):
    args = (np.array([1.0, 2.0]), {"s": 3.0, "m": [np.ones((2, 2))]})

    def f(x, p):
        return {"scaled": x * p["s"], "total": (F.sum(p["m"][0]) * p["s"],)}

    found = transform(f, argnums=(0, 1))(*args)
    in_x, in_p = found["scaled"]
    np.testing.assert_array_equal(in_x.data, 3 * np.eye(2))
    np.testing.assert_array_equal(in_p["s"].data, [1.0, 2.0])
    np.testing.assert_array_equal(in_p["m"][0].data, np.zeros((2, 2, 2)))
    in_x, in_p = found["total"][0]
    np.testing.assert_array_equal(in_x.data, [0.0, 0.0])
    assert float(in_p["s"]) == 4.0
    np.testing.assert_array_equal(in_p["m"][0].data, np.full((2, 2), 3.0))
    alone = transform(f, argnums=1)(*args)
    np.testing.assert_array_equal(alone["scaled"]["s"].data, [1.0, 2.0])


@ALL
def test_aux_and_keywords(transform):
    found, aux = transform(lambda x, power: (x**power, "aux"), has_aux=True)(np.array([1.0, 2.0]), power=3)
    assert aux == "aux"
    np.testing.assert_array_equal(found.data, np.diag([3.0, 12.0]))


@ALL
def test_float32_stays_float32(transform):
    x = np.ones((2, 2), np.float32)
    assert transform(lambda x: coupled(x) * 0.5)(x).dtype == np.float32
    assert hessian(lambda x: F.sum(x**3) * 0.5)(x).dtype == np.float32


@ALL
def test_the_function_runs_once(transform):
    runs = []

    def f(x):
        runs.append(x)
        return x * 2

    transform(f)(np.ones(3))
    assert len(runs) == 1


def test_jacobian_takes_the_fewer_sweeps(monkeypatch):
    taken = []
    for name in ("_columns", "_rows"):
        made = getattr(jacobians, name)
        monkeypatch.setattr(jacobians, name, lambda *args, name=name, made=made: taken.append(name) or made(*args))
    jacobian(lambda x: F.sum(x))(np.ones(3))
    jacobian(lambda x: F.concatenate([x, x]))(np.ones(3))
    jacobian(lambda x: x)(np.ones(3))
    jacobian(lambda x, y: F.concatenate([x, y, x]), argnums=(0, 1))(np.ones(3), np.ones(4))
    jacobian(lambda x: F.sum(x) + 1j * x[0])(np.ones(3))
    assert taken == ["_rows", "_columns", "_rows", "_columns", "_columns"]


def test_jacobian_blocks_are_differentiable_in_closures():
    w = Parameter(np.array([1.0, 2.0]))
    for transform in (jacfwd, jacrev):
        w.cleargrad()
        F.sum(transform(lambda x: F.sin(w * x))(np.array([0.5, 0.1])) ** 2).backward()
        x = np.array([0.5, 0.1])
        s, c = np.sin(w.data * x), np.cos(w.data * x)
        np.testing.assert_allclose(w.grad.data, 2 * w.data * c * (c - w.data * s * x), rtol=1e-14)


# -- Hessians --------------------------------------------------------------------------------------------------


def test_hessian_values():
    x = np.array([0.3, -0.7, 1.1])
    right = np.diag(6 * x) + np.ones((3, 3))
    for given_x in (x, Variable(x)):
        np.testing.assert_allclose(hessian(lambda x: F.sum(x**3) + F.sum(x) ** 2 / 2)(given_x).data, right, rtol=1e-14)


def test_hessian_of_structures():
    def f(p, q):
        return F.sum(p["a"] ** 2) * p["b"] * q

    p = {"a": np.array([1.0, 2.0]), "b": 3.0}
    found = hessian(f)(p, 2.0)
    np.testing.assert_array_equal(found["a"]["a"].data, 12 * np.eye(2))
    np.testing.assert_array_equal(found["a"]["b"].data, [4.0, 8.0])
    np.testing.assert_array_equal(found["b"]["a"].data, [4.0, 8.0])
    assert float(found["b"]["b"]) == 0.0
    in_p, in_q = hessian(f, argnums=(0, 1))(p, 2.0)
    np.testing.assert_array_equal(in_p["a"][0]["b"].data, [4.0, 8.0])
    np.testing.assert_array_equal(in_p["a"][1].data, [6.0, 12.0])
    np.testing.assert_array_equal(in_q[0]["a"].data, [6.0, 12.0])
    assert float(in_q[1]) == 0.0
    found, aux = hessian(lambda x: (x**3, "aux"), has_aux=True)(2.0)
    assert (float(found), aux) == (12.0, "aux")


def test_hessian_of_several_results():
    x = np.array([1.0, 2.0])
    found = hessian(lambda x: F.concatenate([x**3, x[:1] * x[1:]]))(x)
    assert found.shape == (3, 2, 2)
    np.testing.assert_array_equal(found.data[0], [[6, 0], [0, 0]])
    np.testing.assert_array_equal(found.data[1], [[0, 0], [0, 12]])
    np.testing.assert_array_equal(found.data[2], [[0, 1], [1, 0]])


def test_hessian_of_a_hessian():
    x = np.array([0.4, -0.9])
    a = np.array([1.0, 2.0])
    fourth = np.sin(a @ x) * np.einsum("i,j,k,l", a, a, a, a)
    for given_x in (x, Variable(x)):
        found = hessian(hessian(lambda x: F.sin(F.sum(a * x))))(given_x)
        np.testing.assert_allclose(found.data, fourth, rtol=1e-13)


@pytest.mark.parametrize("outer", [jacfwd, jacrev, jacobian])
@pytest.mark.parametrize("inner", [grad, jacfwd, jacrev, jacobian])
def test_every_pair_of_modes_gives_the_hessian(outer, inner):
    def f(x):
        return F.sum(F.tanh(x[1:] * x[:-1])) + F.exp(x[0] - x[2])

    x = np.array([0.3, -0.7, 1.1])
    for given_x in (x, Variable(x)):
        np.testing.assert_allclose(outer(inner(f))(given_x).data, hessian(f)(x).data, rtol=1e-13, atol=1e-15)


def test_derivatives_of_functions_of_a_hessian():
    def f(x):
        return F.sum(hessian(lambda y: F.sum(y**3) * x[0])(x))  # 6 x_0 (x_0 + x_1)

    x = np.array([2.0, 5.0])
    np.testing.assert_allclose(grad(f)(x).data, [6 * (2 * 2 + 5), 6 * 2], rtol=1e-14)
    np.testing.assert_allclose(hessian(f)(x).data, [[12, 6], [6, 0]], rtol=1e-14)
    along = jvp(grad(f), (x,), (np.array([1.0, 1.0]),))[1]
    np.testing.assert_allclose(along.data, [18, 6], rtol=1e-14)


# -- laws ------------------------------------------------------------------------------------------------------


def random_function(seed, n, m):
    a, b, c = np.random.default_rng(seed).normal(size=(3, m, n))
    return lambda x: F.sin(F.matmul(a, x)) * F.exp(-(F.matmul(b, x) ** 2)) + F.matmul(c, x) ** 3


@given(seeds, st.integers(1, 4), st.integers(1, 4))
def test_columns_and_rows_agree_with_products(seed, n, m):
    f = random_function(seed, n, m)
    x, v = np.random.default_rng(seed + 1).normal(size=(2, n))
    w = np.random.default_rng(seed + 2).normal(size=m)
    columns, rows = jacfwd(f)(x).data, jacrev(f)(x).data
    np.testing.assert_allclose(columns, rows, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(columns @ v, linearize(f, x)[1](v).data, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(w @ rows, vjp(f, x)[1](w)[0].data, rtol=1e-12, atol=1e-12)


@given(seeds, st.integers(1, 4), st.integers(1, 4), st.integers(1, 4))
def test_the_jacobian_of_a_composition_is_the_product(seed, n, m, k):
    f, g = random_function(seed, n, m), random_function(seed + 1, m, k)
    x = np.random.default_rng(seed + 2).normal(size=n) * 0.3
    product = jacobian(g)(f(as_variable(x)).data).data @ jacobian(f)(x).data
    scale = 1e-12 * (1 + np.abs(product).max())
    np.testing.assert_allclose(jacobian(lambda x: g(f(x)))(x).data, product, rtol=1e-11, atol=scale)


@given(seeds, st.integers(1, 4))
def test_hessians_are_symmetric(seed, n):
    def f(x):
        return F.sum(random_function(seed, n, 3)(x) ** 2)

    x, v = np.random.default_rng(seed + 1).normal(size=(2, n))
    found = hessian(f)(x).data
    scale = 1e-12 * (1 + np.abs(found).max())
    np.testing.assert_allclose(found, found.T, rtol=0, atol=scale)
    np.testing.assert_allclose(found @ v, hvp(f, (x,), (v,)).data, rtol=1e-11, atol=scale)


# -- complex numbers, errors -----------------------------------------------------------------------------------


def test_complex_results_go_forward():
    def f(x):
        return F.exp(x + 1j * x[::-1])

    x = np.array([0.3, 0.5])
    e = np.exp(x + 1j * x[::-1])
    right = np.array([[e[0], 1j * e[0]], [1j * e[1], e[1]]])
    np.testing.assert_allclose(jacfwd(f)(x).data, right, rtol=1e-14)
    np.testing.assert_allclose(jacobian(f)(x).data, right, rtol=1e-14)
    with pytest.raises(TypeError, match=r"jacrev: the function returned complex128.*jacfwd"):
        jacrev(f)(x)


@ALL
def test_complex_arguments_raise(transform):
    with pytest.raises(TypeError, match=f"{transform.__name__}: an argument is complex128.*real and imaginary"):
        transform(lambda z: z * z)(np.ones(2) * 1j)


@ALL
def test_errors_name_the_transform(transform):
    name = transform.__name__
    with pytest.raises(TypeError, match=f"{name}: the function returned number 1.0"):
        transform(lambda x: 1.0)(2.0)
    with pytest.raises(TypeError, match=f"{name}: f is list; give a function"):
        transform([1])
    with pytest.raises(ValueError, match=f"{name}: argnums asks for argument 2"):
        transform(F.sin, argnums=2)(1.0)
