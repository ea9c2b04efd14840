"""Predicting the sine curve one step ahead, as users of DeZero 0.0.13 write it."""

import numpy as np

import dezero
import dezero.functions as F
import dezero.layers as L
from dezero import Model, SeqDataLoader


class Recurrent(Model):
    def __init__(self, recurrent):
        super().__init__()
        self.rnn = recurrent
        self.fc = L.Linear(1)

    def reset_state(self):
        self.rnn.reset_state()

    def __call__(self, x):
        return self.fc(self.rnn(x))


def fit_sequence(model, samples, length, epochs, bptt_length=30):
    """The loss of each epoch, by backpropagation cut every 30 steps; then predictions of a cosine."""
    optimizer = dezero.optimizers.Adam().setup(model)
    losses = []
    for _ in range(epochs):
        model.reset_state()
        loss, count = 0, 0
        for x, t in samples:
            loss += F.mean_squared_error(model(x.reshape(-1, 1)), t)
            count += 1
            if count % bptt_length == 0 or count == length:
                model.cleargrads()
                loss.backward()
                loss.unchain_backward()
                optimizer.update()
        losses.append(float(loss.data) / count)
    model.reset_state()
    with dezero.no_grad():
        predicted = [model(np.array([[v]])).data.item() for v in np.cos(np.linspace(0, 4 * np.pi, 100))]
    return losses + predicted[9::10]


def rnn_on_the_sine_curve(epochs=5):
    np.random.seed(0)
    train_set = dezero.datasets.SinCurve(train=True)
    return fit_sequence(Recurrent(L.RNN(100)), train_set, len(train_set), epochs)


def lstm_on_the_sine_curve(epochs=15):
    np.random.seed(0)
    train_set = dezero.datasets.SinCurve(train=True)
    loader = dezero.dataloaders.SeqDataLoader(train_set, batch_size=30)
    assert isinstance(loader, SeqDataLoader)
    return fit_sequence(Recurrent(L.LSTM(100)), loader, len(train_set), epochs)


PROGRAMS = [rnn_on_the_sine_curve, lstm_on_the_sine_curve]
