"""What holds for every optimizer that is given the loss function itself."""

import itertools

import numpy as np
import pytest

import dezero.functions as F
from dezero import Config, Parameter, Variable, gradients, no_grad
from dezero.layers import Layer, Linear
from dezero.optimizers.gauss_newton import GaussNewton, LevenbergMarquardt
from dezero.optimizers.lbfgs import LBFGS
from dezero.optimizers.newton_cg import NewtonCG

LEAST_SQUARES = {
    "gauss-newton": GaussNewton,
    "levenberg-marquardt": LevenbergMarquardt,
    "levenberg-marquardt by products": lambda: LevenbergMarquardt(method="products"),
}
SCALAR = {"newton-cg": NewtonCG, "l-bfgs": lambda: LBFGS(max_iter=3)}
ALL = SCALAR | LEAST_SQUARES

every = pytest.mark.parametrize("name", ALL)


class Curve(Layer):
    """a exp(b x)"""

    def __init__(self, dtype=np.float64):
        self.a = Parameter(np.array([1.0], dtype))
        self.b = Parameter(np.array([0.5], dtype))

    def forward(self, x):
        return self.a * F.exp(self.b * x)


def made(name, target):
    return ALL[name]().setup(target)


def objective(name, residuals):
    """The function that this optimizer is to be given, from a function that computes residuals."""
    return residuals if name in LEAST_SQUARES else lambda: F.sum(residuals() ** 2) / 2


def curve_fit(name, dtype=np.float64):
    model = Curve(dtype)
    x = np.linspace(0, 1, 7, dtype=dtype)
    t = (3 * np.exp(-2 * x)).astype(dtype)
    return model, objective(name, lambda: model(x) - t)


def held(layer):
    return [(p.data, p.data.copy()) for p in layer.params()]


def assert_untouched(layer, before):
    for p, (array, values) in zip(layer.params(), before, strict=True):
        assert p.data is array
        np.testing.assert_array_equal(array, values)


@every
def test_a_curve_is_fitted_to_rounding(name):
    model, loss = curve_fit(name)
    optimizer = made(name, model)
    for _ in range(30):
        optimizer.update(loss)
    np.testing.assert_allclose([model.a.data[0], model.b.data[0]], [3, -2], rtol=1e-7)


@every
def test_update_returns_the_loss_before_the_step_without_a_graph(name):
    model, loss = curve_fit(name)
    residuals = loss().data
    before = np.sum(residuals**2) / 2 if name in LEAST_SQUARES else residuals
    returned = made(name, model).update(loss)
    assert isinstance(returned, Variable)
    assert returned.shape == ()
    assert returned.creator is None
    np.testing.assert_allclose(returned.data, before, rtol=1e-14)


@every
def test_the_loss_never_rises(name):
    model, loss = curve_fit(name)
    optimizer = made(name, model)
    losses = [float(optimizer.update(loss)) for _ in range(12)]
    assert all(b <= a * (1 + 1e-9) + 1e-25 for a, b in itertools.pairwise(losses)), losses


@every
def test_float32_stays_float32(name):
    model, loss = curve_fit(name, np.float32)
    optimizer = made(name, model)
    for _ in range(15):
        returned = optimizer.update(loss)
    assert {p.dtype for p in model.params()} == {np.dtype(np.float32)}
    assert returned.dtype == np.float32
    saved = optimizer.state_dict()["state"]
    assert {a.dtype for arrays in saved.values() for a in arrays.values()} <= {np.dtype(np.float32)}
    np.testing.assert_allclose([model.a.data[0], model.b.data[0]], [3, -2], rtol=1e-4)


@every
def test_two_runs_give_the_same_bits(name):
    def run():
        model, loss = curve_fit(name)
        optimizer = made(name, model)
        for _ in range(4):
            optimizer.update(loss)
        return [p.data for p in model.params()]

    np.testing.assert_array_equal(run(), run())


@every
def test_a_saved_state_goes_on_bit_for_bit(name):
    straight, loss = curve_fit(name)
    optimizer = made(name, straight)
    optimizer.update(loss)
    optimizer.update(loss)
    saved, weights = optimizer.state_dict(), straight.state_dict()
    resumed, loss_again = curve_fit(name)
    resumed.load_state_dict(weights)
    other = made(name, resumed)
    other.load_state_dict(saved)
    for _ in range(2):
        optimizer.update(loss)
        other.update(loss_again)
    for p, q in zip(straight.params(), resumed.params(), strict=True):
        np.testing.assert_array_equal(p.data, q.data)
    assert other.step_count == 4


@every
def test_gradients_of_parameters_are_neither_read_nor_written(name):
    model, loss = curve_fit(name)
    model.a.grad = grad = Variable(np.array([np.nan]))
    made(name, model).update(loss)
    assert model.a.grad is grad
    assert model.b.grad is None


@every
def test_arrays_that_the_caller_holds_are_not_written(name):
    model, loss = curve_fit(name)
    before = held(model)
    made(name, model).update(loss)
    for p, (array, values) in zip(model.params(), before, strict=True):
        assert p.data is not array
        np.testing.assert_array_equal(array, values)


@every
def test_layers_of_open_size_and_shared_layers_learn(name):
    layer = Linear(2)
    model = Layer()
    model.first, model.again = layer, layer
    rng = np.random.default_rng(0)
    x = rng.standard_normal((6, 2))
    loss = objective(name, lambda: 0.1 * model.again(F.tanh(model.first(x))) - x)
    optimizer = made(name, model)
    start = float(optimizer.update(loss))
    for _ in range(5):
        optimizer.update(loss)
    assert layer.W.shape == (2, 2)
    residuals = loss().data
    assert (np.sum(residuals**2) / 2 if name in LEAST_SQUARES else residuals) < 0.9 * start


@every
def test_a_parameter_that_the_loss_does_not_use_stays(name):
    model, loss = curve_fit(name)
    model.spare = Parameter(np.array([7.0, 8.0]))
    model.empty = Linear(3)
    optimizer = made(name, model)
    for _ in range(3):
        optimizer.update(loss)
    np.testing.assert_array_equal(model.spare.data, [7, 8])
    assert model.empty.W.data is None


@every
def test_a_loss_with_derivatives_in_it_works_also_inside_no_grad(name):
    model = Linear(1, in_size=1)
    x = Variable(np.linspace(0, 1, 5).reshape(-1, 1))

    def slope_is_two():
        (u_x,) = gradients(F.sum(model(x) ** 2), x, create_graph=True)
        return u_x - 2

    optimizer = made(name, model)
    loss = objective(name, slope_is_two)
    with no_grad():
        first = float(optimizer.update(loss))
        last = [float(optimizer.update(loss)) for _ in range(20)][-1]
        assert not Config.enable_backprop
    assert last < 1e-2 * first


@every
@pytest.mark.parametrize("call", [1, 2, 3])
def test_a_function_that_fails_leaves_the_parameters_and_the_state_alone(name, call):
    model, loss = curve_fit(name)
    optimizer = made(name, model)
    optimizer.update(loss)
    before, saved = held(model), optimizer.state_dict()
    calls = 0

    def failing():
        nonlocal calls
        calls += 1
        if calls == call:
            raise KeyError("the data ran out")
        y = loss()
        return y + 1e3 * calls if call == 3 else y  # the first trial is worse, so that there is a second

    with pytest.raises(KeyError, match="the data ran out"):
        optimizer.update(failing)
    assert calls == call
    assert_untouched(model, before)
    np.testing.assert_equal(optimizer.state_dict(), saved)


@every
def test_a_loss_that_is_not_finite_is_refused(name):
    model, loss = curve_fit(name)
    model.b.data = np.array([np.inf])
    before = held(model)
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError, match="the loss is not finite"):
        made(name, model).update(loss)
    assert_untouched(model, before)


@every
def test_a_gradient_that_is_not_finite_is_refused(name):
    model = Layer()
    model.w = Parameter(np.array([0.0]))
    before = held(model)
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError, match="the gradient of the loss is not finite"):
        made(name, model).update(objective(name, lambda: F.sqrt(model.w) + 1))
    assert_untouched(model, before)


@every
def test_a_step_to_where_the_loss_is_not_finite_is_not_taken(name):
    model = Layer()
    model.w = Parameter(np.array([100.0]))  # from here the first Newton step goes below 0
    loss = objective(name, lambda: F.log(model.w) - 3)
    optimizer = made(name, model)
    with np.errstate(all="ignore"):
        for _ in range(40):
            optimizer.update(loss)
    np.testing.assert_allclose(model.w.data, np.exp(3), rtol=1e-6)


@every
def test_a_loss_that_rests_on_no_parameter_is_refused(name):
    model, _ = curve_fit(name)
    with pytest.raises(ValueError, match="depends on no Parameter"):
        made(name, model).update(lambda: Variable(np.array([2.0])) * 3)


@every
def test_a_target_without_parameters_is_refused(name):
    with pytest.raises(ValueError, match="no Parameter that holds data"):
        made(name, Layer()).update(lambda: Variable(np.array(2.0)))


@every
@pytest.mark.parametrize("returned", [3.0, None, np.array(1.0)])
def test_a_function_that_returns_no_variable_is_refused(name, returned):
    model, _ = curve_fit(name)
    with pytest.raises(TypeError, match=r"returned .* return the Variable"):
        made(name, model).update(lambda: returned)


@every
def test_a_complex_loss_is_refused(name):
    model, _ = curve_fit(name)
    with pytest.raises(TypeError, match="return real numbers"):
        made(name, model).update(lambda: F.sum(model.a * 1j))


@every
def test_parameters_on_another_device_are_refused(name, cupy):
    model, _ = curve_fit(name)
    model.a.data = cupy.ndarray(np.ones(1))
    with pytest.raises(TypeError, match=r"to_cpu\(\)"):
        made(name, model).update(lambda: Variable(np.array(2.0)))


@every
def test_no_function_no_target_and_no_hooks(name):
    model, loss = curve_fit(name)
    with pytest.raises(TypeError, match="give a function that computes the loss"):
        made(name, model).update()
    with pytest.raises(RuntimeError, match=r"setup\(model\)"):
        ALL[name]().update(loss)
    with pytest.raises(TypeError, match="add penalties to the loss"):
        made(name, model).add_hook(lambda params: None)


@pytest.mark.parametrize("name", SCALAR)
def test_a_loss_of_several_numbers_is_refused(name):
    model, _ = curve_fit(name)
    with pytest.raises(ValueError, match="return one number"):
        made(name, model).update(lambda: model(np.array([1.0, 2.0])))
