"""GaussNewton and LevenbergMarquardt: their steps, and where these lead."""

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import dezero.functions as F
from dezero import Parameter
from dezero.layers import Layer, Linear
from dezero.optimizers import gauss_newton
from dezero.optimizers.gauss_newton import GaussNewton, LevenbergMarquardt

METHODS = ["dense", "products"]
numbers = st.floats(-2, 2)


def at(*w, dtype=np.float64):
    layer = Layer()
    layer.w = Parameter(np.array(w, dtype))
    return layer


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("shape", [(6, 3), (3, 6), (4, 4)])
def test_linear_least_squares_takes_one_step_to_the_shortest_solution(method, shape):
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal(shape), rng.standard_normal(shape[0])
    layer = at(*np.zeros(shape[1]))
    GaussNewton(method=method).setup(layer).update(lambda: a @ layer.w - b)
    np.testing.assert_allclose(layer.w.data, np.linalg.lstsq(a, b)[0], atol=1e-5 if method == "products" else 1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_residuals_of_lower_rank_still_give_the_shortest_step(method):
    a = np.outer([1.0, 2.0, 3.0], [1.0, 1.0])
    layer = at(0, 0)
    GaussNewton(method=method).setup(layer).update(lambda: a @ layer.w - np.array([2.0, 4.0, 6.0]))
    np.testing.assert_allclose(layer.w.data, [1, 1], rtol=1e-6)


@given(
    hnp.arrays(np.float64, (5, 3), elements=numbers), hnp.arrays(np.float64, 5, elements=numbers), st.floats(0.1, 10)
)
def test_a_damped_step_solves_the_damped_normal_equations(a, b, damping):
    expected = np.linalg.solve(a.T @ a + damping * np.eye(3), a.T @ b)
    for method in METHODS:
        layer = at(0, 0, 0)
        GaussNewton(damping, method).setup(layer).update(lambda: a @ layer.w - b)  # noqa: B023
        np.testing.assert_allclose(layer.w.data, expected, atol=1e-5)


@pytest.mark.parametrize("optimizer", [GaussNewton, LevenbergMarquardt])
@pytest.mark.parametrize("method", METHODS)
def test_a_curve_fit_ends_where_scipys_ends(optimizer, method):
    rng = np.random.default_rng(1)
    x = np.linspace(0, 3, 40)
    t = 2.5 * np.exp(-1.3 * x) * np.cos(2 * x) + 0.5 + 0.05 * rng.standard_normal(40)

    def residuals(w):
        return w[0] * np.exp(w[1] * x) * np.cos(w[2] * x) + w[3] - t

    start = [1.0, -1.0, 1.7, 0.0]
    expected = scipy.optimize.least_squares(residuals, start, xtol=1e-15, ftol=1e-15, gtol=1e-15)
    layer = at(*start)
    fit = optimizer(method=method).setup(layer)
    for _ in range(30):
        loss = fit.update(lambda: residuals(layer.w))
    np.testing.assert_allclose(float(loss), expected.cost, rtol=1e-9)
    np.testing.assert_allclose(layer.w.data, expected.x, rtol=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_several_parameters_and_residuals_of_any_shape(method):
    rng = np.random.default_rng(2)
    x, t = rng.standard_normal((5, 3)), rng.standard_normal((5, 2))
    layer = Layer()
    layer.W, layer.b = Parameter(np.zeros((3, 2))), Parameter(np.zeros(2))
    GaussNewton(method=method).setup(layer).update(lambda: F.linear(x, layer.W, layer.b) - t)
    expected = np.linalg.lstsq(np.hstack([x, np.ones((5, 1))]), t)[0]
    np.testing.assert_allclose(layer.W.data, expected[:3], atol=1e-5)
    np.testing.assert_allclose(layer.b.data, expected[3], atol=1e-5)


def test_the_jacobian_is_taken_by_rows_or_columns_whichever_are_fewer(monkeypatch):
    rng = np.random.default_rng(3)
    sweeps = []
    for name in ("_rows", "_columns"):
        taken = getattr(gauss_newton, name)
        monkeypatch.setattr(gauss_newton, name, lambda o, n=name, f=taken: (sweeps.append(n), f(o))[1])
    for shape in ((2, 5), (5, 2)):
        a = rng.standard_normal(shape)
        layer = at(*np.ones(shape[1]))
        GaussNewton().setup(layer).update(lambda: a @ layer.w)  # noqa: B023
    assert sweeps == ["_rows", "_columns"]


def test_a_large_jacobian_is_not_formed(monkeypatch):
    monkeypatch.setattr(gauss_newton, "_ELEMENTS", 10)
    monkeypatch.setattr(gauss_newton, "_Dense", None)
    layer = at(*np.ones(4))
    LevenbergMarquardt().setup(layer).update(lambda: layer.w * np.arange(1.0, 5))
    assert np.linalg.norm(layer.w.data) < 0.1


def test_the_damping_falls_by_three_where_the_model_is_exact():
    layer = at(1.0, 1.0)
    optimizer = LevenbergMarquardt(damping=0.3).setup(layer)
    optimizer.update(lambda: layer.w * np.array([1.0, 2.0]))
    assert optimizer.damping == pytest.approx(0.1)


def test_the_damping_grows_by_2_4_8_until_the_loss_falls():
    layer = at(2.0)  # undamped steps on arctan diverge from here
    optimizer = LevenbergMarquardt(damping=1e-3).setup(layer)
    j, r = 1 / (1 + 2.0**2), np.arctan(2.0)
    damping, growth = 1e-3, 2.0
    while True:
        step = -j * r / (j * j + damping)
        if np.arctan(2 + step) ** 2 < r * r:
            break
        damping, growth = damping * growth, growth * 2
    assert growth > 4
    fall, promised = (r * r - np.arctan(2 + step) ** 2) / 2, step * (damping * step - j * r) / 2
    for method in METHODS:
        layer.w.data = np.array([2.0])
        optimizer = LevenbergMarquardt(damping=1e-3, method=method).setup(layer)
        optimizer.update(lambda: F.arctan(layer.w))
        np.testing.assert_allclose(layer.w.data, 2 + step, rtol=1e-8)
        assert optimizer.damping == pytest.approx(damping * max(1 / 3, 1 - (2 * fall / promised - 1) ** 3), rel=1e-6)


def test_a_gauss_newton_step_that_overshoots_is_halved():
    layer = at(2.0)
    optimizer = GaussNewton().setup(layer)
    j, r = 1 / (1 + 2.0**2), np.arctan(2.0)
    optimizer.update(lambda: F.arctan(layer.w))
    lengths = (layer.w.data[0] - 2) / (-r / j) * 2.0 ** np.arange(1, 6)
    assert 1 in np.round(lengths, 12)
    for _ in range(10):
        optimizer.update(lambda: F.arctan(layer.w))
    np.testing.assert_allclose(layer.w.data, 0, atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("optimizer", [GaussNewton, LevenbergMarquardt])
def test_a_solution_is_left_as_it_is(optimizer, method):
    layer = at(1.0, 2.0)
    data = layer.w.data
    fit = optimizer(method=method).setup(layer)
    before = fit.state_dict()["hyperparameters"]
    assert float(fit.update(lambda: layer.w - np.array([1.0, 2.0]))) == 0
    assert layer.w.data is data
    assert fit.state_dict()["hyperparameters"] == before


def test_a_fall_too_small_for_single_precision_ends_the_search():
    layer = at(1.0, dtype=np.float32)
    LevenbergMarquardt(damping=1e-38).setup(layer).update(lambda: layer.w * 1e-21)
    np.testing.assert_array_equal(layer.w.data, 1)


def test_no_residuals_are_refused():
    layer = at(1.0)
    with pytest.raises(ValueError, match="there are no residuals"):
        GaussNewton().setup(layer).update(lambda: layer.w[:0])


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"damping": -1.0}, "damping is -1.0"),
        ({"damping": np.nan}, "damping is nan"),
        ({"method": "qr"}, "method is 'qr'"),
        ({"max_products": 0}, "max_products is 0"),
    ],
)
def test_arguments_out_of_range_are_refused(wrong, told):
    for optimizer in (GaussNewton, LevenbergMarquardt):
        with pytest.raises(ValueError, match=f"{optimizer.__name__}: {told}"):
            optimizer(**wrong)


def test_no_damping_can_be_adapted_from_zero():
    with pytest.raises(ValueError, match="or GaussNewton"):
        LevenbergMarquardt(damping=0)


@pytest.mark.parametrize("kind", [GaussNewton, LevenbergMarquardt])
def test_a_loss_in_place_of_the_residuals_is_refused(kind):
    layer = Linear(1, in_size=2)
    before = layer.state_dict()
    with pytest.raises(ValueError, match=r"least squares need the residuals; return model\(x\) - t"):
        kind().setup(layer).update(lambda: F.mean_squared_error(layer(np.ones((3, 2))), np.zeros((3, 1))))
    assert all(np.array_equal(array, before[name]) for name, array in layer.state_dict().items())
