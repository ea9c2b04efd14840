"""NewtonCG: truncated Newton steps in a trust region."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import dezero
import dezero.functions as F
from dezero import Parameter
from dezero.layers import Layer
from dezero.optimizers import newton_cg
from dezero.optimizers.newton_cg import NewtonCG

eighths = st.integers(-16, 16).map(lambda n: n / 8)
matrices = hnp.arrays(np.float64, (4, 4), elements=eighths)
vectors = hnp.arrays(np.float64, 4, elements=eighths).filter(np.any)


def at(*w):
    layer = Layer()
    layer.w = Parameter(np.array(w, float))
    return layer


def rosenbrock(w):
    return F.sum(100 * (w[1:] - w[:-1] ** 2) ** 2 + (1 - w[:-1]) ** 2)


@given(matrices, vectors)
def test_a_quadratic_of_n_unknowns_takes_n_products(a, b):
    a = a @ a.T + np.eye(4)
    layer = at(0, 0, 0, 0)
    optimizer = NewtonCG(radius=1e6, forcing=0, max_products=4).setup(layer)
    optimizer.update(lambda: layer.w @ a @ layer.w / 2 - b @ layer.w)
    np.testing.assert_allclose(a @ layer.w.data, b, atol=1e-8 * np.linalg.norm(b))


def test_fewer_products_do_not_solve_it():
    a, b = np.diag([1.0, 10.0, 100.0]), np.ones(3)
    layer = at(0, 0, 0)
    NewtonCG(radius=1e6, forcing=0, max_products=2).setup(layer).update(lambda: layer.w @ a @ layer.w / 2 - b @ layer.w)
    assert np.linalg.norm(a @ layer.w.data - b) > 1e-2


def test_a_step_is_newtons_where_the_hessian_is_positive_definite():
    def f(w):
        return F.sum(F.exp(w) + F.cos(w[::-1] * w) / 10)

    layer = at(0.1, -0.2, 0.3)
    start = layer.w.data.copy()
    expected = start - np.linalg.solve(dezero.hessian(f)(start).data, dezero.grad(f)(start).data)
    NewtonCG(radius=100, forcing=0).setup(layer).update(lambda: f(layer.w))
    np.testing.assert_allclose(layer.w.data, expected, rtol=1e-10)


@pytest.mark.parametrize("n", [2, 10])
def test_rosenbrocks_valley_from_where_the_hessian_is_indefinite(n):
    layer = at(*np.linspace(0, 1, n))
    assert np.linalg.eigvalsh(dezero.hessian(rosenbrock)(layer.w.data).data)[0] < 0
    optimizer = NewtonCG().setup(layer)
    for _ in range(60):
        optimizer.update(lambda: rosenbrock(layer.w))
    np.testing.assert_allclose(layer.w.data, 1, rtol=1e-8)


def test_it_leaves_a_saddle_along_negative_curvature():
    layer = at(0.5, 1e-6)
    optimizer = NewtonCG().setup(layer)
    for _ in range(15):
        optimizer.update(lambda: layer.w[0] ** 2 - 2 * layer.w[1] ** 2 + layer.w[1] ** 4)
    np.testing.assert_allclose(layer.w.data, [0, 1], atol=1e-8)


@pytest.mark.parametrize("radius", [1e-3, 0.1])
def test_a_step_is_no_longer_than_the_radius(radius):
    layer = at(-1.2, 1.0)
    NewtonCG(radius=radius).setup(layer).update(lambda: rosenbrock(layer.w))
    assert np.linalg.norm(layer.w.data - [-1.2, 1.0]) == pytest.approx(radius)


def test_the_radius_grows_where_the_model_holds_and_shrinks_where_it_fails():
    layer = at(3.0)
    linear = NewtonCG(radius=0.5).setup(layer)
    linear.update(lambda: 2 * layer.w[0])
    assert (linear.radius, float(layer.w.data[0])) == (1.0, 2.5)
    layer = at(1.0)
    steep = NewtonCG(radius=4.0).setup(layer)
    steep.update(lambda: F.exp(-layer.w[0]) + F.exp(20 * (layer.w[0] - 2)))
    assert steep.radius < 4


def test_convergence_is_superlinear():
    a = np.diag([1.0, 3.0, 10.0, 30.0])
    layer = at(1.0, -1.0, 0.5, 2.0)
    optimizer = NewtonCG(radius=10).setup(layer)
    sizes = []
    for _ in range(12):
        optimizer.update(lambda: F.sum(F.log(F.cosh(layer.w))) + layer.w @ a @ layer.w / 2)
        sizes.append(optimizer.slope_norm)
    sizes = [s for s in sizes if s > 1e-12]
    ratios = [b / a for a, b in itertools.pairwise(sizes)]
    assert ratios[-1] < 1e-2 < ratios[0]


def test_a_refused_step_takes_no_further_products(monkeypatch):
    products, calls = [], []
    gradients = newton_cg.gradients
    monkeypatch.setattr(newton_cg, "gradients", lambda *args: (products.append(1), gradients(*args))[1])
    layer = at(100.0)

    def loss():
        calls.append(1)
        return F.sqrt(1 + layer.w[0] ** 2)  # a Newton step from x goes to -x^3

    NewtonCG(radius=1e9).setup(layer).update(loss)
    assert len(products) == 1
    assert 5 < len(calls) < 12  # each step a quarter of the one before, not of the radius
    assert abs(float(layer.w.data[0])) < 100


@given(matrices, vectors, st.floats(0.01, 20), st.floats(0.01, 1))
def test_the_path_within_a_smaller_radius_is_a_shorter_path(a, g, radius, part):
    a = (a + a.T) / 2

    def product(v):
        return a @ v

    whole = newton_cg._path(product, g, radius, 1e-6, 4)
    step, fall = newton_cg._along(whole, part * radius)
    again, fall_again = newton_cg._along(newton_cg._path(product, g, part * radius, 1e-6, 4), part * radius)
    np.testing.assert_allclose(step, again, rtol=1e-6, atol=1e-9)
    assert fall == pytest.approx(fall_again, rel=1e-6)
    assert np.linalg.norm(step) <= part * radius * (1 + 1e-9)


@given(matrices, vectors, st.floats(0.01, 20))
def test_the_promised_fall_is_that_of_the_quadratic_model(a, g, radius):
    a = (a + a.T) / 2
    step, fall = newton_cg._along(newton_cg._path(lambda v: a @ v, g, radius, 1e-9, 2), radius)
    model = g @ step + step @ a @ step / 2
    assert fall == pytest.approx(-model, rel=1e-6)
    size = np.linalg.norm(g)
    cauchy = min(radius, size / np.linalg.norm(a, 2) if np.any(a) else radius)
    assert fall >= size * cauchy / 2 * (1 - 1e-9)  # at least the decrease that the Cauchy point guarantees


def test_a_step_that_promises_less_than_the_losss_rounding_is_trusted():
    layer = at(1 + 1e-6)
    NewtonCG().setup(layer).update(lambda: 1e6 + F.sum((layer.w - 1) ** 2))
    np.testing.assert_allclose(layer.w.data, 1, rtol=1e-12)


def test_a_minimum_is_left_as_it_is():
    layer = at(0.0, 0.0)
    data = layer.w.data
    optimizer = NewtonCG().setup(layer)
    assert float(optimizer.update(lambda: F.sum(layer.w**2))) == 0
    assert layer.w.data is data


@pytest.mark.parametrize(
    "wrong",
    [{"radius": 0}, {"radius": np.inf}, {"radius": np.nan}, {"forcing": 1.0}, {"forcing": -0.1}, {"max_products": 0}],
)
def test_arguments_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match=f"NewtonCG: {next(iter(wrong))} is"):
        NewtonCG(**wrong)
