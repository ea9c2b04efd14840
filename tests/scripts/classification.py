"""Telling the arms of the spiral apart, as users of DeZero 0.0.13 write it."""

import math

import numpy as np

import dezero
import dezero.functions as F
import dezero.layers as L
from dezero import DataLoader, Model, Variable, as_variable, optimizers, test_mode
from dezero.models import MLP


def class_probabilities():
    """Scores of an untrained network, their softmax, and the loss of four samples."""
    np.random.seed(0)
    model = MLP((10, 3))
    one = F.exp(as_variable(model(Variable(np.array([[0.2, -0.4]])))))
    x = np.array([[0.2, -0.4], [0.3, 0.5], [1.3, -3.2], [2.1, 0.3]])
    scores = model(x)
    loss = F.softmax_cross_entropy_simple(scores, np.array([2, 0, 1, 0]))
    loss.backward()
    shares = [one / F.sum(one), F.softmax_simple(scores), F.softmax(scores)]
    return [v for s in [scores, *shares] for v in s.data.ravel().tolist()] + [
        float(loss.data),
        *model.l1.W.grad.data.sum(axis=0).tolist(),
    ]


def spiral_by_hand(epochs=100):
    """Batches drawn by a permutation; the mean loss of every tenth epoch and of the last."""
    x, t = dezero.datasets.get_spiral(train=True)
    model = MLP((10, 3))
    optimizer = optimizers.SGD(1.0).setup(model)
    losses = []
    for _ in range(epochs):
        order = np.random.permutation(len(x))
        total = 0.0
        for i in range(math.ceil(len(x) / 30)):
            rows = order[30 * i : 30 * (i + 1)]
            loss = F.softmax_cross_entropy(model(x[rows]), t[rows])
            model.cleargrads()
            loss.backward()
            optimizer.update()
            total += float(loss.data) * len(rows)
        losses.append(total / len(x))
    return losses[::10] + losses[-1:]


def measured(model, loader, size, after=lambda loss: None):
    """Mean loss and accuracy over one round of `loader`."""
    total, right = 0.0, 0.0
    for x, t in loader:
        y = model(x)
        loss = F.softmax_cross_entropy(y, t)
        after(loss)
        total += float(loss.data) * len(t)
        right += float(F.accuracy(y, t).data) * len(t)
    return [total / size, right / size]


def spiral_with_loaders(epochs=120):
    """Loss and accuracy in training, then over the test set, of every twentieth epoch and of the last."""
    train_set, test_set = dezero.datasets.Spiral(train=True), dezero.datasets.Spiral(train=False)
    train_loader, test_loader = DataLoader(train_set, 30), DataLoader(test_set, 30, shuffle=False)
    model = MLP((10, 3))
    optimizer = optimizers.SGD(1.0).setup(model)

    def step(loss):
        model.cleargrads()
        loss.backward()
        optimizer.update()

    figures = []
    for _ in range(epochs):
        trained = measured(model, train_loader, len(train_set), step)
        with dezero.no_grad():
            figures.append(trained + measured(model, test_loader, len(test_set)))
    return [v for row in figures[::20] + figures[-1:] for v in row]


class NormalizedNet(Model):
    def __init__(self):
        super().__init__()
        self.l1, self.bn1, self.l2 = L.Linear(10), L.BatchNorm(), L.Linear(3)

    def forward(self, x):
        return self.l2(F.sigmoid(self.bn1(self.l1(x))))


def spiral_with_batch_norm(epochs=100):
    """The last loss of every tenth epoch, the running statistics, and the test set in test mode."""
    train_set, test_set = dezero.datasets.Spiral(train=True), dezero.datasets.Spiral(train=False)
    train_loader, test_loader = DataLoader(train_set, 30), DataLoader(test_set, 30, shuffle=False)
    model = NormalizedNet()
    optimizer = optimizers.SGD(1.0).setup(model)
    losses = []
    for _ in range(epochs):
        for x, t in train_loader:
            loss = F.softmax_cross_entropy(model(x), t)
            model.cleargrads()
            loss.backward()
            optimizer.update()
        losses.append(float(loss.data))
    statistics = [float(model.bn1.avg_mean.data.sum()), float(model.bn1.avg_var.data.sum())]
    with test_mode():
        return losses[::10] + statistics + measured(model, test_loader, len(test_set))


PROGRAMS = [class_probabilities, spiral_by_hand, spiral_with_loaders, spiral_with_batch_norm]
