"""Each optimizer against its formula, as its paper has it, in float64."""

import math

import numpy as np
import pytest

import dezero.functions as F
from dezero import optimizers


def sgd(x, g, s, t, lr=0.01):
    return x - lr * g


def momentum(x, g, s, t, lr=0.01, momentum=0.9):
    s["v"] = momentum * s.get("v", 0) - lr * g
    return x + s["v"]


def nesterov(x, g, s, t, lr=0.01, momentum=0.9):  # PyTorch's form of it: the buffer without the rate
    s["b"] = momentum * s.get("b", 0) + g
    return x - lr * (g + momentum * s["b"])


def adagrad(x, g, s, t, lr=0.001, eps=1e-8):
    s["h"] = s.get("h", 0) + g**2
    return x - lr * g / (np.sqrt(s["h"]) + eps)


def adadelta(x, g, s, t, rho=0.95, eps=1e-6):
    s["g"] = rho * s.get("g", 0) + (1 - rho) * g**2
    dx = np.sqrt(s.get("dx", 0) + eps) / np.sqrt(s["g"] + eps) * g
    s["dx"] = rho * s.get("dx", 0) + (1 - rho) * dx**2
    return x - dx


def rmsprop(x, g, s, t, lr=0.01, rho=0.99, eps=1e-8):
    s["v"] = rho * s.get("v", 0) + (1 - rho) * g**2
    return x - lr * g / (np.sqrt(s["v"]) + eps)


def adam(x, g, s, t, alpha=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    s["m"] = beta1 * s.get("m", 0) + (1 - beta1) * g
    s["v"] = beta2 * s.get("v", 0) + (1 - beta2) * g**2
    return x - alpha * math.sqrt(1 - beta2**t) / (1 - beta1**t) * s["m"] / (np.sqrt(s["v"]) + eps)


def adamw(x, g, s, t, alpha=0.001, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.01):
    s["m"] = beta1 * s.get("m", 0) + (1 - beta1) * g
    s["v"] = beta2 * s.get("v", 0) + (1 - beta2) * g**2
    step = s["m"] / (1 - beta1**t) / (np.sqrt(s["v"] / (1 - beta2**t)) + eps)
    return x - alpha * (step + weight_decay * x)


def lion(x, g, s, t, lr=1e-4, beta1=0.9, beta2=0.99, weight_decay=0.0):
    m = s.get("m", np.zeros_like(x))
    s["m"] = beta2 * m + (1 - beta2) * g
    return x - lr * (np.sign(beta1 * m + (1 - beta1) * g) + weight_decay * x)


CASES = {
    "SGD": (sgd, {}),
    "SGD, lr": (sgd, {"lr": 0.3}),
    "MomentumSGD": (momentum, {}),
    "MomentumSGD, both": (momentum, {"lr": 0.1, "momentum": 0.5}),
    "AdaGrad": (adagrad, {}),
    "AdaGrad, both": (adagrad, {"lr": 0.1, "eps": 0.01}),
    "AdaDelta": (adadelta, {}),
    "AdaDelta, both": (adadelta, {"rho": 0.8, "eps": 0.01}),
    "RMSprop": (rmsprop, {}),
    "RMSprop, all": (rmsprop, {"lr": 0.1, "rho": 0.8, "eps": 0.01}),
    "Adam": (adam, {}),
    "Adam, all": (adam, {"alpha": 0.1, "beta1": 0.8, "beta2": 0.9, "eps": 0.01}),
    "AdamW": (adamw, {}),
    "AdamW, all": (adamw, {"alpha": 0.1, "beta1": 0.8, "beta2": 0.9, "eps": 0.01, "weight_decay": 0.2}),
    "Lion": (lion, {}),
    "Lion, all": (lion, {"lr": 0.1, "beta1": 0.8, "beta2": 0.9, "weight_decay": 0.2}),
}


def run(make, layer, steps, seed=0):
    rng = np.random.default_rng(seed)
    optimizer = make().setup(layer)
    for _ in range(steps):
        layer.give(*[rng.standard_normal(p.shape).astype(p.dtype) for p in layer.params()])
        optimizer.update()
    return optimizer


@pytest.mark.parametrize("case", CASES)
def test_twenty_steps_follow_the_formula(holder, case):
    formula, numbers = CASES[case]
    rng = np.random.default_rng(0)
    x = np.linspace(-2.0, 2.0, 12).reshape(3, 4)
    layer = holder(x.copy())
    run(lambda: getattr(optimizers, case.split(",")[0])(**numbers), layer, 20)
    state = {}
    for t in range(1, 21):
        x = formula(x, rng.standard_normal(x.shape), state, t, **numbers)
    np.testing.assert_allclose(layer.p0.data, x, rtol=1e-12)


def test_nesterov_momentum_is_pytorchs_at_a_constant_rate(holder):
    x, state, rng = np.linspace(-2.0, 2.0, 5), {}, np.random.default_rng(0)
    layer = holder(x.copy())
    run(lambda: optimizers.MomentumSGD(lr=0.1, momentum=0.8, nesterov=True), layer, 20)
    for t in range(1, 21):
        x = nesterov(x, rng.standard_normal(5), state, t, lr=0.1, momentum=0.8)
    np.testing.assert_allclose(layer.p0.data, x, rtol=1e-12)


def test_lion_stays_where_gradient_and_momentum_are_zero(holder):
    layer = holder(np.array([1.0, 2.0])).give([0.0, 1e-300])
    optimizers.Lion(lr=0.5).setup(layer).update()
    np.testing.assert_array_equal(layer.p0.data, [1.0, 1.5])


def test_adams_rate_is_corrected_for_the_step():
    optimizer = optimizers.Adam(alpha=0.1)
    assert optimizer.t == 0
    assert optimizer.lr == pytest.approx(0.1 * math.sqrt(0.001) / 0.1)
    optimizer.t = 5
    assert optimizer.lr == pytest.approx(0.1 * math.sqrt(1 - 0.999**5) / (1 - 0.9**5))


def test_adams_rate_may_be_called_lr():
    for kind in (optimizers.Adam, optimizers.AdamW):
        optimizer = kind(lr=0.1)
        assert optimizer.alpha == 0.1
        optimizer.lr = 0.2
        assert optimizer.alpha == 0.2
        assert optimizer.lr == pytest.approx(0.2 * math.sqrt(0.001) / 0.1)


@pytest.mark.parametrize(("kind", "formula"), [(optimizers.Adam, adam), (optimizers.AdamW, adamw)])
@pytest.mark.parametrize("size", [3, 40_000], ids=["packed", "in pieces"])
def test_each_parameters_means_are_corrected_by_its_own_steps(holder, kind, formula, size):
    rng = np.random.default_rng(0)
    data = [rng.standard_normal(size) for _ in range(3)]
    layer, states, counts = holder(*[x.copy() for x in data]), [{}, {}, {}], [0, 0, 0]
    optimizer = kind(alpha=0.1).setup(layer)
    for step in range(12):
        if step == 8:  # what was counted is saved
            saved, optimizer = optimizer.state_dict(), kind(alpha=0.1).setup(layer)
            optimizer.load_state_dict(saved)
        if step == 10:
            grads = [np.ones(size), None, None]
            counts[0] += 1
            optimizer.update_one(layer.give(*grads).p0)
            data[0] = formula(data[0], grads[0], states[0], counts[0], alpha=0.1)
        learns = [True, step >= 5, step % 3 != 1]
        grads = [rng.standard_normal(size) if yes else None for yes in learns]
        layer.give(*grads)
        optimizer.update()
        for i, g in enumerate(grads):
            if g is not None:
                counts[i] += 1
                data[i] = formula(data[i], g, states[i], counts[i], alpha=0.1)
    assert [int(arrays["t"]) for arrays in optimizer.state_dict()["state"].values()] == counts == [13, 7, 8]
    assert optimizer.t == 12
    for p, x in zip(layer.params(), data, strict=True):
        np.testing.assert_allclose(p.data, x, rtol=1e-11)


EVERY = ["SGD", "MomentumSGD", "AdaGrad", "AdaDelta", "RMSprop", "Adam", "AdamW", "Lion"]
BRISK = {
    "SGD": {"lr": 0.1},
    "MomentumSGD": {"lr": 0.02},
    "AdaGrad": {"lr": 0.5},
    "AdaDelta": {"rho": 0.9, "eps": 1e-2},
    "RMSprop": {"lr": 0.005, "rho": 0.9},
    "Adam": {"alpha": 0.05},
    "AdamW": {"alpha": 0.05, "weight_decay": 0.0},
    "Lion": {"lr": 0.005},
}


@pytest.mark.parametrize("name", EVERY)
def test_a_quadratic_is_minimized(holder, name):
    layer, scales = holder(np.array([1.0, -2.0, 0.5])), np.array([1.0, 2.0, 4.0])
    optimizer = getattr(optimizers, name)(**BRISK[name]).setup(layer)
    for _ in range(1000):
        optimizer.update(lambda: F.sum(scales * (layer.p0 - 1.0) ** 2))
    np.testing.assert_allclose(layer.p0.data, 1.0, atol=0.01)


@pytest.mark.parametrize("name", EVERY)
def test_float32_stays_float32_and_the_array_the_same(holder, name):
    arrays = [np.ones(n, np.float32) for n in (3, 40_000)]
    layer = holder(*arrays)
    optimizer = run(lambda: getattr(optimizers, name)(**BRISK[name]), layer, 3)
    for param, array in zip(layer.params(), arrays, strict=True):
        assert param.data is array
        assert array.dtype == np.float32
        assert not np.array_equal(array, np.ones_like(array))
        kept = {key: array.dtype for key, array in optimizer.state_of(param).items() if key != "t"}  # a count
        assert set(kept.values()) <= {np.dtype(np.float32)}


@pytest.mark.parametrize("name", EVERY)
def test_complex_numbers_are_stepped_as_pairs_of_real_ones(holder, name):
    pairs = [np.linspace(-1.0, 1.0, 6).reshape(3, 2), np.linspace(0.0, 1.0, 80_000).reshape(40_000, 2)]
    whole = holder(*[p[..., 0] + 1j * p[..., 1] for p in pairs])
    parts = holder(*pairs)
    rng = np.random.default_rng(0)
    first, second = [getattr(optimizers, name)(**BRISK[name]).setup(layer) for layer in (whole, parts)]
    for _ in range(3):
        grads = [rng.standard_normal(p.shape) for p in pairs]
        parts.give(*grads)
        whole.give(*[g[..., 0] + 1j * g[..., 1] for g in grads])
        first.update()
        second.update()
    for z, p in zip(whole.params(), parts.params(), strict=True):
        np.testing.assert_array_equal(np.stack([z.data.real, z.data.imag], -1), p.data)


def test_descent_of_a_complex_parameter_goes_down(holder):
    layer = holder(np.array([3.0 - 2.0j]))
    optimizer = optimizers.SGD(lr=0.1).setup(layer)
    losses = [optimizer.update(lambda: F.sum(F.abs(layer.p0 - 1.0) ** 2)).item() for _ in range(50)]
    assert all(np.diff(losses) < 0)
    np.testing.assert_allclose(layer.p0.data, [1.0], atol=1e-3)


def test_a_loss_function_in_update_replaces_cleargrads_and_backward(holder):
    layer = holder(np.array([3.0])).give([100.0])
    optimizer = optimizers.SGD(lr=0.25).setup(layer)
    loss = optimizer.update(lambda: F.sum(layer.p0**2))
    assert loss.item() == 9.0
    np.testing.assert_array_equal(layer.p0.data, [1.5])
