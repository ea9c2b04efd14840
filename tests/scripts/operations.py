"""Operations and files of weights, as users of DeZero 0.0.13 write it."""

import numpy as np

import dezero.functions as F
import dezero.layers as L
from dezero import Layer, Parameter, Variable, test_mode
from tests.scripts.regression import TwoLayerNet


def dropout():
    """Ten ones through dropout: a draw for each, and none in test mode."""
    np.random.seed(0)
    x = np.ones(10)
    trained = F.dropout(x)
    with test_mode():
        tested = F.dropout(x)
    return trained.data.tolist() + tested.data.tolist()


def convolution():
    """Shapes and sums of im2col, conv2d_simple, conv2d, pooling and their gradients."""
    np.random.seed(0)
    one, ten = np.random.rand(1, 3, 7, 7), np.random.rand(10, 3, 7, 7)
    columns = [F.im2col(one, 5, 1, 0, to_matrix=True), F.im2col(ten, (5, 5), (1, 1), (0, 0), to_matrix=True)]
    x, W = Variable(np.random.randn(1, 5, 15, 15)), Variable(np.random.randn(8, 5, 3, 3))
    figures = [v for c in columns for v in (*c.shape, float(c.data.sum()), float(c.data[4, 7]))]
    for convolve in (F.conv2d_simple, F.conv2d):
        y = convolve(x, W, b=None, stride=2, pad=1)
        loss = F.sum(F.pooling(y, 2, 2) ** 2) + F.sum(F.average_pooling(y, 2, 2) ** 2)
        x.cleargrad()
        W.cleargrad()
        loss.backward()
        figures += [*y.shape, *x.grad.shape, float(loss.data), float(x.grad.data.sum()), float(W.grad.data.sum())]
    return figures


class Nested(Layer):
    """Parameters at two depths, and a layer with state of its own."""

    def __init__(self):
        super().__init__()
        self.scale = Parameter(np.full(3, 2.0), name="scale")
        self.net = TwoLayerNet(4, 3)
        self.bn = L.BatchNorm()

    def forward(self, x):
        return self.scale * self.bn(self.net(x))


def saved_weights(path="weights.npz"):
    """What a file of weights holds after one call: the sum of each array, in the order of the keys."""
    np.random.seed(0)
    model = Nested()
    model(np.random.randn(5, 2).astype(np.float32))
    model.save_weights(path)
    with np.load(path) as weights:
        return [float(weights[key].sum()) for key in sorted(weights.files)]


PROGRAMS = [dropout, convolution, saved_weights]
