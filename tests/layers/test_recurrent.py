"""Layers that remember."""

import copy
import pickle

import numpy as np
import pytest

import dezero
import dezero.functions as F
import dezero.layers as L
from dezero import GraphError, Variable, no_grad
from dezero.optimizers import SGD

LAYERS = [L.RNN, L.LSTM, L.GRU]


def steps(count=4, rows=2, inputs=3, dtype=np.float32):
    return np.random.default_rng(0).standard_normal((count, rows, inputs)).astype(dtype)


def grads(layer):
    return {name: p.grad.data for name, p in layer.named_params()}


def reference(layer, x):
    """The states by the formulas, from the layer's arrays."""
    w = layer.state_dict()
    h = c = np.zeros((x.shape[1], next(array.shape[0] for name, array in w.items() if "h2" in name or "Wh" in name)))
    out = []

    def sigmoid(z):
        return 1 / (1 + np.exp(-z))

    def z(gate, state):
        return row @ w[f"x2{gate}/W"] + w[f"x2{gate}/b"] + state @ w[f"h2{gate}/W"]

    for row in x:
        if isinstance(layer, L.RNN):
            h = np.tanh(z("h", h))
        elif isinstance(layer, L.LSTM):
            o, f, i, u = np.split(row @ w["Wx"] + h @ w["Wh"] + w["b"], 4, axis=1)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(u)
            h = sigmoid(o) * np.tanh(c)
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
    drawn = {name: np.random.randn(rows, 4) * np.sqrt(1 / rows) for name, rows in GATES}
    np.testing.assert_allclose(layer.Wx.data, np.hstack([drawn[f"x2{g}"] for g in "ofiu"]), rtol=1e-6)
    np.testing.assert_allclose(layer.Wh.data, np.hstack([drawn[f"h2{g}"] for g in "ofiu"]), rtol=1e-6)


GATES = [(f"h2{g}", 4) for g in "fiou"] + [(f"x2{g}", 3) for g in "fiou"]


def gates_of_dezero(prefix=""):
    """The arrays of DeZero's LSTM(4) after an input of 3 numbers, as its files name them."""
    random = np.random.default_rng(0)
    state = {f"{prefix}{name}/W": random.standard_normal((rows, 4)).astype(np.float32) for name, rows in GATES}
    return state | {f"{prefix}x2{g}/b": random.standard_normal(4).astype(np.float32) for g in "fiou"}


def test_a_file_of_dezeros_lstm_loads_at_any_depth(tmp_path):
    np.savez(tmp_path / "model.npz", **gates_of_dezero("rnn/"))

    class Net(dezero.Model):
        def __init__(self):
            super().__init__()
            self.rnn = L.LSTM(4)

    net, w = Net(), gates_of_dezero()
    net.load_weights(tmp_path / "model.npz")
    np.testing.assert_array_equal(net.rnn.Wx.data, np.hstack([w[f"x2{g}/W"] for g in "ofiu"]))
    np.testing.assert_array_equal(net.rnn.Wh.data, np.hstack([w[f"h2{g}/W"] for g in "ofiu"]))
    np.testing.assert_array_equal(net.rnn.b.data, np.hstack([w[f"x2{g}/b"] for g in "ofiu"]))


@pytest.mark.parametrize("wrong", [np.zeros((5, 4)), np.zeros(4), np.zeros(())])
def test_gates_that_do_not_fit_together_change_nothing(wrong):
    layer = L.LSTM(4)
    before = layer.Wh.data.copy()
    with pytest.raises((KeyError, ValueError), match="load_state_dict"):
        layer.load_state_dict(gates_of_dezero() | {"h2o/W": wrong})
    np.testing.assert_array_equal(layer.Wh.data, before)
    assert layer.Wx.data is None


# -- what happens to the weights and the state between steps ------------------------------------------------------


def in_place(layer):
    next(iter(layer.params())).data[...] = 0.1


def rebound(layer):
    for param in layer.params():
        param.data = param.data + 0.1


def loaded(layer):
    layer.load_state_dict({name: array + 1 for name, array in layer.state_dict().items()})


def replaced(layer):
    name, owner = ("Wx", layer) if isinstance(layer, L.LSTM) else ("W", next(layer.sublayers())[1])
    setattr(owner, name, dezero.Parameter(2 * getattr(owner, name).data))


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("change", [in_place, rebound, loaded, replaced])
def test_weights_that_change_between_steps_are_seen(change, kind):
    layer, x = kind(4, in_size=3), steps(2)
    with no_grad():
        layer(x[0])
        change(layer)
        fresh = kind(4, in_size=3)
        fresh.load_state_dict(layer.state_dict())
        fresh.h = layer.h
        if kind is L.LSTM:
            fresh.c = layer.c
        np.testing.assert_array_equal(layer(x[1]).data, fresh(x[1]).data)


@pytest.mark.parametrize("kind", LAYERS)
def test_gradients_are_the_same_after_retained_ones_and_after_no_grad(kind):
    layer, x = kind(4, in_size=3), steps()

    def found(**options):
        layer.reset_state()
        layer.cleargrads()
        F.sum(layer(x) ** 2).backward(**options)
        return list(grads(layer).values())

    first = found()
    found(retain_grad=True)
    layer.reset_state()
    with no_grad():
        layer(x[:, :1])
    for again, expected in zip(found(), first, strict=True):
        np.testing.assert_array_equal(again, expected)


@pytest.mark.parametrize("kind", LAYERS)
def test_unchain_backward_cuts_all_of_the_state(kind):
    layer, x = kind(4), Variable(steps())
    F.sum(layer(x)).unchain_backward()
    F.sum(layer(steps())).backward()
    assert x.grad is None


@pytest.mark.parametrize("kind", LAYERS)
def test_an_update_in_the_middle_of_a_recorded_sequence_is_named(kind):
    layer, x = kind(4), steps()
    loss = F.sum(layer(x))
    loss.backward()
    SGD(0.1).setup(layer).update()
    with pytest.raises(GraphError, match=rf"{kind.__name__}: the weights have changed.*reset_state.*unchain_backward"):
        layer(x)
    loss.unchain_backward()
    F.sum(layer(x)).backward()


def test_lstm_begins_from_a_given_hidden_state_alone():
    layer, x = L.LSTM(4, in_size=3, dtype=np.float64), steps(1, dtype=np.float64)
    plain = layer(x).data
    layer.reset_state()
    layer.h = Variable(np.ones((2, 4)))
    assert np.abs(layer(x).data - plain).max() > 0.01


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
