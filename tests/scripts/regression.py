"""Fitting a noisy line and a noisy sine, as users of DeZero 0.0.13 write it."""

import numpy as np

import dezero.functions as F
import dezero.layers as L
from dezero import Layer, Model, Variable, optimizers
from dezero.models import MLP, Sequential


def noisy_line():
    np.random.seed(0)
    x = np.random.rand(100, 1)
    return x, 5 + 2 * x + np.random.rand(100, 1)


def noisy_sine():
    np.random.seed(0)
    x = np.random.rand(100, 1)
    return x, np.sin(2 * np.pi * x) + np.random.rand(100, 1)


def linear_regression(steps=100):
    """The loss before each step of gradient descent, then the slope and the intercept."""
    x, y = map(Variable, noisy_line())
    W, b = Variable(np.zeros((1, 1))), Variable(np.zeros(1))
    losses = []
    for _ in range(steps):
        residual = y - (F.matmul(x, W) + b)
        loss = F.sum(residual**2) / len(residual)
        W.cleargrad()
        b.cleargrad()
        loss.backward()
        W.data -= 0.1 * W.grad.data
        b.data -= 0.1 * b.grad.data
        losses.append(float(loss.data))
    return [*losses[::10], float(W.data[0, 0]), float(b.data[0])]


def network_by_hand(steps=2000):
    """A network 1-10-1 of bare Variables; the loss at every tenth part of the way."""
    x, y = noisy_sine()
    weights = [
        Variable(0.01 * np.random.randn(1, 10)),
        Variable(np.zeros(10)),
        Variable(0.01 * np.random.randn(10, 1)),
        Variable(np.zeros(1)),
    ]
    losses = []
    for _ in range(steps):
        W1, b1, W2, b2 = weights
        hidden = F.sigmoid(F.linear(x, W1, b1))
        loss = F.mean_squared_error(y, F.linear(hidden, W2, b2))
        for w in weights:
            w.cleargrad()
        loss.backward()
        for w in weights:
            w.data -= 0.2 * w.grad.data
        losses.append(float(loss.data))
    return losses[:: steps // 10] + losses[-1:]


def network_of_layers(steps=2000):
    """The same network of two Linear layers, in one Layer made on the spot."""
    x, y = noisy_sine()
    net = Layer()
    net.first, net.second = L.Linear(10), L.Linear(1)
    losses = []
    for _ in range(steps):
        loss = F.mean_squared_error(y, net.second(F.sigmoid(net.first(x))))
        net.cleargrads()
        loss.backward()
        for p in net.params():
            p.data -= 0.2 * p.grad.data
        losses.append(float(loss.data))
    return losses[:: steps // 10] + losses[-1:]


class TwoLayerNet(Model):
    def __init__(self, hidden_size, out_size):
        super().__init__()
        self.l1 = L.Linear(hidden_size)
        self.l2 = L.Linear(out_size)

    def forward(self, x):
        return self.l2(F.sigmoid(self.l1(x)))


def fit_sine(model, optimizer, steps, *hooks, part=None):
    """Fit `model`, or that part of it, to the noisy sine; the loss at every tenth part of the way."""
    x, y = noisy_sine()
    optimizer.setup(part or model)
    for hook in hooks:
        optimizer.add_hook(hook)
    losses = []
    for _ in range(steps):
        loss = F.mean_squared_error(y, model(x))
        model.cleargrads()
        loss.backward()
        optimizer.update()
        losses.append(float(loss.data))
    return losses[:: steps // 10] + losses[-1:]


def model_and_sgd():
    return fit_sine(TwoLayerNet(10, 1), optimizers.SGD(0.2), 6000)


def mlp_and_momentum():
    return fit_sine(MLP((20, 20, 1), activation=F.tanh), optimizers.MomentumSGD(lr=0.01, momentum=0.9), 500)


def mlp_and_adagrad():
    return fit_sine(MLP((20, 20, 1), activation=F.tanh), optimizers.AdaGrad(lr=0.05), 500)


def mlp_and_adadelta():
    return fit_sine(MLP((10, 1)), optimizers.AdaDelta(), 300)


def mlp_and_adam():
    return fit_sine(MLP((20, 20, 1), activation=F.tanh), optimizers.Adam(alpha=0.01), 300)


def sequential_and_weight_decay():
    model = Sequential(L.Linear(20), F.tanh, L.Linear(20), F.tanh, L.Linear(1))
    return fit_sine(model, optimizers.SGD(0.1), 500, optimizers.WeightDecay(0.01))


def mlp_and_clipped_gradients():
    return fit_sine(MLP((20, 20, 1), activation=F.tanh), optimizers.SGD(0.1), 500, optimizers.ClipGrad(0.1))


def mlp_and_decayed_then_clipped_gradients():
    """The hooks in turn: the norm that is clipped is that of the decayed gradients."""
    hooks = optimizers.WeightDecay(0.01), optimizers.ClipGrad(0.1)
    return fit_sine(MLP((20, 20, 1), activation=F.tanh), optimizers.Adam(alpha=0.01), 300, *hooks)


def head_alone():
    """Only the second layer is fitted; at the end the sum of the first layer's weights."""
    model = TwoLayerNet(10, 1)
    losses = fit_sine(model, optimizers.SGD(0.2), 1000, part=model.l2)
    return [*losses, float(model.l1.W.data.sum()), float(model.l1.b.data.sum())]


PROGRAMS = [
    linear_regression,
    network_by_hand,
    network_of_layers,
    model_and_sgd,
    mlp_and_momentum,
    mlp_and_adagrad,
    mlp_and_adadelta,
    mlp_and_adam,
    sequential_and_weight_decay,
    mlp_and_clipped_gradients,
    mlp_and_decayed_then_clipped_gradients,
    head_alone,
]
