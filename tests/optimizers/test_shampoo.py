"""Shampoo: preconditioned gradients, axis by axis."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Parameter, Variable
from dezero.layers import Layer
from dezero.optimizers.shampoo import Shampoo


def at(data):
    layer = Layer()
    layer.w = Parameter(data)
    return layer


def step(optimizer, layer, grad):
    layer.w.grad = Variable(grad)
    optimizer.update()


def power(h, p, eps):
    values, vectors = np.linalg.eigh(h)
    return (vectors * (values + eps * values.max()) ** p) @ vectors.T


def test_a_matrix_is_preconditioned_from_both_sides():
    """Algorithm 1 of Gupta, Koren and Singer, with the length of AdaGrad's step."""
    rng = np.random.default_rng(0)
    w, eps = rng.standard_normal((4, 3)), 1e-6
    layer = at(w.copy())
    optimizer = Shampoo(lr=0.1, momentum=0.5, eps=eps).setup(layer)
    left, right, squares, velocity = np.zeros((4, 4)), np.zeros((3, 3)), np.zeros((4, 3)), np.zeros((4, 3))
    for _ in range(5):
        g = rng.standard_normal((4, 3))
        left, right, squares = left + g @ g.T, right + g.T @ g, squares + g * g
        direction = power(left, -1 / 4, eps) @ g @ power(right, -1 / 4, eps)
        direction *= np.linalg.norm(g / np.sqrt(squares)) / np.linalg.norm(direction)
        velocity = direction + 0.5 * velocity
        w = w - 0.1 * velocity
        step(optimizer, layer, g)
        np.testing.assert_allclose(layer.w.data, w, rtol=1e-10)


def test_a_tensor_with_three_axes_takes_the_sixth_root_of_each():
    """Algorithm 2; axes of length 1 do not count."""
    rng = np.random.default_rng(1)
    g = rng.standard_normal((2, 3, 4))
    layer = at(np.zeros((2, 1, 3, 4)))
    step(Shampoo(lr=1, momentum=0, eps=1e-9).setup(layer), layer, g.reshape(2, 1, 3, 4))
    direction = g
    for axis, letters in enumerate(("xi,ijk->xjk", "xj,ijk->ixk", "xk,ijk->ijx")):
        rows = np.moveaxis(g, axis, 0).reshape(g.shape[axis], -1)
        direction = np.einsum(letters, power(rows @ rows.T, -1 / 6, 1e-9), direction)
    direction *= np.sqrt(g.size) / np.linalg.norm(direction)  # AdaGrad's first step is +-1 everywhere
    np.testing.assert_allclose(layer.w.data[:, 0], -direction, rtol=1e-8)


def test_a_long_axis_keeps_the_diagonal_alone():
    rng = np.random.default_rng(2)
    g = rng.standard_normal((5, 3))
    layer = at(np.zeros((5, 3)))
    optimizer = Shampoo(lr=1, momentum=0, max_size=4).setup(layer)
    step(optimizer, layer, g)
    rows = np.sum(g * g, axis=1)
    direction = (rows + 1e-6 * rows.max())[:, None] ** (-1 / 4) * g @ power(g.T @ g, -1 / 4, 1e-6)
    np.testing.assert_allclose(layer.w.data, -direction * np.sqrt(15) / np.linalg.norm(direction), rtol=1e-9)
    assert optimizer.state_dict()["state"]["w"]["statistic0"].shape == (5,)


def test_with_the_diagonal_alone_a_vector_takes_adagrads_steps():
    rng = np.random.default_rng(3)
    layer, w, squares = at(np.zeros(6)), np.zeros(6), np.zeros(6)
    optimizer = Shampoo(lr=0.1, momentum=0, eps=1e-15, max_size=1).setup(layer)
    for _ in range(4):
        g = rng.standard_normal(6)
        squares += g * g
        w -= 0.1 * g / np.sqrt(squares)
        step(optimizer, layer, g)
    np.testing.assert_allclose(layer.w.data, w, rtol=1e-9)


@pytest.mark.parametrize("scale", [1e-12, 1e12])
def test_the_scale_of_the_loss_does_not_count(scale):
    rng = np.random.default_rng(4)
    one, other = at(np.zeros((3, 4))), at(np.zeros((3, 4)))
    optimizers = Shampoo().setup(one), Shampoo().setup(other)
    for _ in range(3):
        g = rng.standard_normal((3, 4))
        step(optimizers[0], one, g)
        step(optimizers[1], other, scale * g)
    np.testing.assert_allclose(one.w.data, other.w.data, rtol=1e-8)


def test_old_gradients_are_forgotten_at_the_rate_of_the_decay():
    layer = at(np.zeros(2))
    optimizer = Shampoo(decay=0.5).setup(layer)
    for g in ([1.0, 0.0], [0.0, 2.0], [0.0, 2.0]):
        step(optimizer, layer, np.array(g))
    np.testing.assert_allclose(optimizer.states[layer.w]["statistic0"], [[0.25, 0], [0, 6]])
    np.testing.assert_allclose(optimizer.states[layer.w]["squares"], [0.25, 6])


def test_roots_are_computed_at_first_and_then_once_an_interval():
    rng = np.random.default_rng(5)
    layer = at(np.zeros((3, 3)))
    optimizer = Shampoo(interval=4).setup(layer)
    changed, last = [], None
    for count in range(1, 13):
        step(optimizer, layer, rng.standard_normal((3, 3)))
        root = optimizer.states[layer.w]["root0"].copy()
        if last is None or not np.array_equal(root, last):
            changed.append(count)
        last = root
    assert changed == [1, 2, 3, 4, 8, 12]


def test_a_parameter_whose_gradients_begin_late_is_stepped_as_one_that_begins():
    rng = np.random.default_rng(5)
    late, fresh = at(np.zeros((3, 3))), at(np.zeros((3, 3)))
    first, second = Shampoo(interval=4).setup(late), Shampoo(interval=4).setup(fresh)
    for _ in range(10):
        first.update()
    for _ in range(9):
        g = rng.standard_normal((3, 3))
        step(first, late, g)
        step(second, fresh, g)
    np.testing.assert_array_equal(late.w.data, fresh.w.data)


def test_a_count_that_is_none_is_refused():
    layer = at(np.zeros((3, 2)))
    optimizer = Shampoo().setup(layer)
    step(optimizer, layer, np.ones((3, 2)))
    saved = optimizer.state_dict()
    saved["state"]["w"]["t"] = np.array(-1)
    with pytest.raises(ValueError, match="t of w must be 0, 1, 2"):
        optimizer.load_state_dict(saved)


@pytest.mark.parametrize("interval", [1, 5])
def test_an_ill_conditioned_least_squares_fit_falls_further_than_by_adagrads_steps(interval):
    rng = np.random.default_rng(6)
    q = np.linalg.qr(rng.standard_normal((8, 8)))[0]
    x = rng.standard_normal((64, 8)) @ (q * np.logspace(0, -2, 8)) @ q.T
    t = x @ rng.standard_normal((8, 4))

    def fitted(**options):
        layer = at(np.zeros((8, 4)))
        optimizer = Shampoo(lr=0.1, **options).setup(layer)
        for _ in range(150):
            loss = optimizer.update(lambda: F.mean((x @ layer.w - t) ** 2))
        return float(loss)

    assert fitted(interval=interval) < 0.2 * fitted(max_size=0)


def test_float32_stays_float32():
    layer = at(np.ones((3, 2), np.float32))
    optimizer = Shampoo(max_size=2).setup(layer)
    for _ in range(3):
        step(optimizer, layer, np.ones((3, 2)))
    assert layer.w.dtype == np.float32
    kept = {key: a.dtype for key, a in optimizer.states[layer.w].items() if key != "t"}  # a count
    assert set(kept.values()) == {np.dtype(np.float32)}


@pytest.mark.parametrize("shape", [(), (1,), (1, 1), (0, 3), (2, 1, 2)])
def test_parameters_of_any_shape(shape):
    layer = at(np.ones(shape))
    step(Shampoo(lr=0.1).setup(layer), layer, np.full(shape, 3.0))
    np.testing.assert_allclose(layer.w.data, np.full(shape, 0.9), rtol=1e-9)


def test_no_gradient_no_step():
    layer = at(np.ones((2, 2)))
    optimizer = Shampoo().setup(layer)
    step(optimizer, layer, np.zeros((2, 2)))
    np.testing.assert_array_equal(layer.w.data, 1)
    layer.w.cleargrad()
    optimizer.update()
    np.testing.assert_array_equal(layer.w.data, 1)


def test_a_complex_parameter_goes_down():
    target = np.array([[1 + 1j, 2 - 1j], [-1j, 0.5]])
    layer = at(np.zeros((2, 2), complex))
    optimizer = Shampoo(lr=0.1).setup(layer)
    losses = [float(optimizer.update(lambda: F.sum(abs(layer.w - target) ** 2))) for _ in range(60)]
    assert losses[-1] < 1e-2 * losses[0]


def test_a_saved_state_goes_on_bit_for_bit():
    rng = np.random.default_rng(7)
    gradients = rng.standard_normal((8, 3, 5))
    straight, resumed = at(np.zeros((3, 5))), at(np.zeros((3, 5)))
    optimizer, other = Shampoo(interval=3, max_size=4).setup(straight), Shampoo(interval=3, max_size=4).setup(resumed)
    for i, g in enumerate(gradients):
        if i == 4:
            resumed.w.data = straight.w.data.copy()
            other.load_state_dict(optimizer.state_dict())
        step(optimizer, straight, g)
        if i >= 4:
            step(other, resumed, g)
    np.testing.assert_array_equal(straight.w.data, resumed.w.data)


def test_a_state_of_other_shapes_is_refused():
    layer, other = at(np.zeros((3, 2))), at(np.zeros((2, 2)))
    optimizer, unfit = Shampoo().setup(layer), Shampoo().setup(other)
    step(unfit, other, np.ones((2, 2)))
    with pytest.raises(ValueError, match="the state of w has shapes"):
        optimizer.load_state_dict(unfit.state_dict())


def test_a_gradient_that_is_not_finite_changes_nothing():
    layer = Layer()
    layer.a, layer.b = Parameter(np.ones(2)), Parameter(np.ones(2))
    layer.a.grad, layer.b.grad = Variable(np.ones(2)), Variable(np.array([1.0, np.nan]))
    optimizer = Shampoo().setup(layer)
    with pytest.raises(FloatingPointError, match=r"Shampoo: b .* not finite"):
        optimizer.update()
    np.testing.assert_array_equal(layer.a.data, 1)
    assert optimizer.state_dict()["state"] == {}


@pytest.mark.parametrize("wrong", [{"momentum": 1.0}, {"decay": 0.0}, {"decay": 1.5}, {"eps": 0.0}, {"interval": 0}])
def test_arguments_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match=f"Shampoo: {next(iter(wrong))} is"):
        Shampoo(**wrong)
