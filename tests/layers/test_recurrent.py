"""Layers that remember."""

import copy
import pickle

import numpy as np
import pytest

import dezero
import dezero.functions as F
import dezero.layers as L
from dezero import Variable, gradients, no_grad
from dezero.optimizers import SGD

LAYERS = [L.RNN, L.LSTM, L.GRU]


def steps(count=4, rows=2, inputs=3, dtype=np.float32):
    return np.random.default_rng(0).standard_normal((count, rows, inputs)).astype(dtype)


def grads(layer):
    return {name: p.grad.data for name, p in layer.named_params()}


def reference(layer, x):
    """The states by the formulas, from the layer's arrays."""
    w = layer.state_dict()
    h = c = np.zeros((x.shape[1], next(iter(w.values())).shape[1]))
    out = []

    def sigmoid(z):
        return 1 / (1 + np.exp(-z))

    def z(gate, state):
        return row @ w[f"x2{gate}/W"] + w[f"x2{gate}/b"] + state @ w[f"h2{gate}/W"]

    for row in x:
        if isinstance(layer, L.RNN):
            h = np.tanh(z("h", h))
        elif isinstance(layer, L.LSTM):
            c = sigmoid(z("f", h)) * c + sigmoid(z("i", h)) * np.tanh(z("u", h))
            h = sigmoid(z("o", h)) * np.tanh(c)
        else:
            n = np.tanh(row @ w["x2n/W"] + w["x2n/b"] + sigmoid(z("r", h)) * (h @ w["h2n/W"]))
            h = (1 - sigmoid(z("z", h))) * n + sigmoid(z("z", h)) * h
        out.append(h)
    return np.array(out)


@pytest.mark.parametrize("kind", LAYERS)
def test_steps_follow_the_formulas(kind):
    layer, x = kind(5, in_size=3, dtype=np.float64), steps(dtype=np.float64)
    found = [layer(row).data for row in x]
    np.testing.assert_allclose(found, reference(layer, x), rtol=1e-12)


@pytest.mark.parametrize("kind", LAYERS)
def test_a_sequence_is_its_steps_in_value_gradients_and_state(kind):
    layer, x = kind(5, in_size=3, dtype=np.float64), steps(dtype=np.float64)
    one = sum([F.sum(F.sin(layer(row))) for row in x])
    one.backward()
    by_steps, state = grads(layer), layer.h.data
    layer.reset_state()
    layer.cleargrads()
    F.sum(F.sin(layer(x))).backward()
    for name, gradient in grads(layer).items():
        np.testing.assert_allclose(gradient, by_steps[name], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(layer.h.data, state)


@pytest.mark.parametrize("kind", LAYERS)
def test_float32_stays_float32(kind):
    layer = kind(5)
    F.sum(layer(steps())).backward()
    assert {p.dtype for p in layer.params()} == {np.dtype(np.float32)}
    assert {p.grad.dtype for p in layer.params()} == {np.dtype(np.float32)}
    assert layer.h.dtype == np.float32


@pytest.mark.parametrize("kind", LAYERS)
def test_three_derivatives_in_the_weights_agree_with_differences(kind):
    layer, x = kind(3, in_size=2, dtype=np.float64), steps(3, inputs=2, dtype=np.float64)
    params = list(layer.params())
    start = [p.data.copy() for p in params]
    direction = [np.random.default_rng(i).standard_normal(p.shape) for i, p in enumerate(params)]

    def slopes(t):
        for p, a, d in zip(params, start, direction, strict=True):
            p.data = a + t * d
        layer.reset_state()
        y, found = F.sum(F.sin(layer(x))), []
        for _ in range(3):
            for p in params:
                p.cleargrad()
            y.backward(create_graph=True)
            y = sum([F.sum(p.grad * d) for p, d in zip(params, direction, strict=True)])
            found.append(y.item())
        return np.array(found)

    step = 1e-5
    numeric = (slopes(step) - slopes(-step))[:2] / (2 * step)
    np.testing.assert_allclose(slopes(0.0)[1:], numeric, rtol=1e-6)


@pytest.mark.parametrize("kind", LAYERS)
def test_reset_state_begins_anew(kind):
    layer, x = kind(4), steps()
    layer(x[0])
    first = layer(x[1]).data
    layer.reset_state()
    assert layer.h is None
    layer(x[0])
    np.testing.assert_array_equal(layer(x[1]).data, first)


@pytest.mark.parametrize("kind", LAYERS)
def test_training_by_truncated_backpropagation_lowers_the_loss(kind):
    np.random.seed(0)
    layer, head = kind(16), L.Linear(1)
    wave = np.sin(np.linspace(0, 12, 121)).astype(np.float32)[:, None, None]
    optimizers = [SGD(0.005).setup(part) for part in (layer, head)]
    totals = []
    for _ in range(30):
        layer.reset_state()
        total = 0.0
        for start in range(0, 120, 20):
            loss = sum([F.mean_squared_error(head(layer(wave[t])), wave[t + 1]) for t in range(start, start + 20)])
            layer.cleargrads()
            head.cleargrads()
            loss.backward()
            loss.unchain_backward()
            for optimizer in optimizers:
                optimizer.update()
            total += loss.item()
        totals.append(total)
    assert totals[-1] < totals[0] / 5


@pytest.mark.parametrize("kind", LAYERS)
def test_a_copy_has_weights_of_its_own_and_no_state(kind):
    layer, x = kind(4), steps()
    y = layer(x)
    layer.reset_state()
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert other.h is None
        np.testing.assert_array_equal(other(x).data, y.data)
        next(iter(other.params())).data[...] = 9
    np.testing.assert_array_equal(layer(x).data, y.data)


@pytest.mark.parametrize("kind", LAYERS)
def test_input_and_state_that_do_not_fit_are_named(kind):
    layer = kind(4)
    with pytest.raises(ValueError, match=rf"{kind.__name__}: x must be \(samples, inputs\).*got shape \(3,\)"):
        layer(np.ones(3, np.float32))
    layer(steps()[0])
    with pytest.raises(ValueError, match=r"state is that of 2 samples.*reset_state"):
        layer(np.ones((3, 3), np.float32))


def test_the_weights_of_rnn_are_drawn_when_first_needed_as_dezero_draws_them():
    np.random.seed(0)
    layer = L.RNN(4)
    layer(np.zeros((1, 3), np.float32))
    assert layer.h2h.W.data is None
    layer(np.zeros((1, 3), np.float32))
    np.random.seed(0)
    W, V = np.random.randn(3, 4), np.random.randn(4, 4)
    np.testing.assert_allclose(layer.x2h.W.data, W * np.sqrt(1 / 3), rtol=1e-6)
    np.testing.assert_allclose(layer.h2h.W.data, V * np.sqrt(1 / 4), rtol=1e-6)


def test_the_weights_of_lstm_are_drawn_in_dezeros_order():
    np.random.seed(0)
    layer = L.LSTM(4)
    layer(np.zeros((1, 3), np.float32))
    np.random.seed(0)
    for name, rows in [(f"h2{g}", 4) for g in "fiou"] + [(f"x2{g}", 3) for g in "fiou"]:
        W = np.random.randn(rows, 4) * np.sqrt(1 / rows)
        np.testing.assert_allclose(getattr(layer, name).W.data, W, rtol=1e-6)


# -- LSTM joins its gates' arrays: what happens to them must be seen ---------------------------------------------


def lstm_after(change):
    np.random.seed(0)
    layer, x = L.LSTM(4, in_size=3), steps(2)
    layer(x[0])
    change(layer)
    y = layer(x[1])
    fresh = L.LSTM(4, in_size=3)
    fresh.load_state_dict(layer.state_dict())
    fresh.h, fresh.c = layer_state(layer, x)
    np.testing.assert_allclose(y.data, fresh(x[1]).data, rtol=1e-6)


def layer_state(layer, x):
    np.random.seed(0)
    before = L.LSTM(4, in_size=3)
    before(x[0])
    return before.h.detach(), before.c.detach()


def in_place(layer):
    layer.x2f.W.data[...] = 1
    layer.h2u.W.data[...] = 2


def rebound(layer):
    layer.x2i.b.data = np.ones(4, np.float32)
    layer.h2o.W.data = np.ones((4, 4), np.float32)


def loaded(layer):
    layer.load_state_dict({name: array + 1 for name, array in layer.state_dict().items()})


def moved(layer):
    layer.to_cpu()
    layer.x2f.W.data = layer.x2f.W.data * 2


@pytest.mark.parametrize("change", [in_place, rebound, loaded, moved])
def test_lstm_sees_weights_that_change_between_steps(change):
    lstm_after(change)


def test_lstm_learns_after_its_graph_was_cut_and_after_no_grad():
    layer, x = L.LSTM(4), steps()
    with no_grad():
        layer(x[0])
    layer.reset_state()
    F.sum(layer(x[0])).unchain_backward()
    layer.cleargrads()
    F.sum(layer(x[1])).backward()
    assert all(p.grad is not None for p in layer.params())
    assert all(np.abs(p.grad.data).max() > 0 for p in (layer.x2f.W, layer.h2u.W, layer.x2o.b))


def test_the_input_of_lstm_gets_its_gradient():
    layer, x = L.LSTM(4, dtype=np.float64), Variable(steps(dtype=np.float64))
    F.sum(layer(x)).backward()
    moved = x.data.copy()
    moved[1, 0, 2] += 1e-6
    layer.reset_state()
    higher = F.sum(layer(moved)).item()
    layer.reset_state()
    lower = F.sum(layer(2 * x.data - moved)).item()
    np.testing.assert_allclose(x.grad.data[1, 0, 2], (higher - lower) / 2e-6, rtol=1e-6)


def test_lstm_takes_weights_that_were_put_in_the_place_of_its_own():
    layer, x = L.LSTM(2, in_size=3, dtype=np.float64), steps(dtype=np.float64)
    layer(x)
    layer.reset_state()
    doubled = 2 * layer.x2f.W
    layer.x2f.W = doubled
    layer.h2o = L.Linear(2, nobias=True, in_size=2, dtype=np.float64)
    y = layer(x)
    wanted = [doubled, layer.h2o.W]
    assert all(np.abs(g.data).max() > 0 for g in gradients(F.sum(y), wanted))
    layer.x2f.W = dezero.Parameter(doubled.data)
    layer.reset_state()
    np.testing.assert_allclose(layer(x).data, y.data)
