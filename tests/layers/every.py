"""One of every layer, with an input for it."""

import numpy as np

import dezero.layers as L


def rng():
    return np.random.default_rng(7)


# name: how to make one of a dtype, and the shape of an input; for a table of rows the numbers themselves.
EVERY = {
    "AdaptiveAveragePooling": (lambda dtype: L.AdaptiveAveragePooling(2), (2, 2, 3, 4)),
    "AdaptiveMaxPooling": (lambda dtype: L.AdaptiveMaxPooling(2), (2, 2, 3, 4)),
    "AveragePooling": (lambda dtype: L.AveragePooling(2, 1, 1), (2, 2, 3, 3)),
    "BatchNorm": (lambda dtype: L.BatchNorm(), (3, 2, 2, 2)),
    "Conv1d": (lambda dtype: L.Conv1d(2, 2, pad=1, dtype=dtype, rng=rng()), (2, 2, 4)),
    "Conv2d": (lambda dtype: L.Conv2d(2, 2, 2, 1, dtype=dtype, groups=2, rng=rng()), (2, 2, 4, 3)),
    "Conv3d": (lambda dtype: L.Conv3d(2, 2, dtype=dtype, dilation=2, rng=rng()), (1, 2, 3, 4, 3)),
    "Deconv1d": (lambda dtype: L.Deconv1d(2, 2, 2, dtype=dtype, rng=rng()), (2, 2, 3)),
    "Deconv2d": (lambda dtype: L.Deconv2d(2, 2, 2, 1, dtype=dtype, rng=rng()), (2, 2, 3, 3)),
    "Deconv3d": (lambda dtype: L.Deconv3d(2, 2, dtype=dtype, groups=2, rng=rng()), (1, 2, 2, 1, 2)),
    "Dropout": (lambda dtype: L.Dropout(0.4, rng()), (3, 4)),
    "ELU": (lambda dtype: L.ELU(0.5), (3, 4)),
    "EmbedID": (lambda dtype: L.EmbedID(5, 3, dtype, rng()), np.array([[0, 4, 4], [1, 2, 0]])),
    "Flatten": (lambda dtype: L.Flatten(), (2, 3, 2)),
    "GELU": (lambda dtype: L.GELU(), (3, 4)),
    "GlobalAveragePooling": (lambda dtype: L.GlobalAveragePooling(), (2, 2, 3, 2)),
    "GlobalMaxPooling": (lambda dtype: L.GlobalMaxPooling(), (2, 2, 3, 2)),
    "GroupNorm": (lambda dtype: L.GroupNorm(2, dtype=dtype), (2, 4, 3)),
    "InstanceNorm": (lambda dtype: L.InstanceNorm(dtype=dtype), (2, 3, 4)),
    "LayerNorm": (lambda dtype: L.LayerNorm((2, 3), dtype=dtype), (4, 2, 3)),
    "LeakyReLU": (lambda dtype: L.LeakyReLU(), (3, 4)),
    "Linear": (lambda dtype: L.Linear(3, dtype=dtype, rng=rng()), (2, 3, 4)),
    "LogSoftmax": (lambda dtype: L.LogSoftmax(), (3, 4)),
    "MaxPooling": (lambda dtype: L.MaxPooling(2, 2, 1), (2, 2, 4, 4)),
    "MultiHeadAttention": (lambda dtype: L.MultiHeadAttention(4, 2, 0.2, dtype=dtype, rng=rng()), (2, 3, 4)),
    "PReLU": (lambda dtype: L.PReLU(3, dtype=dtype), (2, 3, 4)),
    "ReLU": (lambda dtype: L.ReLU(), (3, 4)),
    "Reshape": (lambda dtype: L.Reshape((-1, 2, 3)), (4, 6)),
    "SELU": (lambda dtype: L.SELU(), (3, 4)),
    "SiLU": (lambda dtype: L.SiLU(), (3, 4)),
    "Sigmoid": (lambda dtype: L.Sigmoid(), (3, 4)),
    "Softmax": (lambda dtype: L.Softmax(), (3, 4)),
    "Softplus": (lambda dtype: L.Softplus(2.0), (3, 4)),
    "Tanh": (lambda dtype: L.Tanh(), (3, 4)),
    "TransformerBlock": (
        lambda dtype: L.TransformerBlock(4, 2, 5, 0.2, causal=True, dtype=dtype, rng=rng()),
        (2, 3, 4),
    ),
}


def input_of(shape, dtype):
    if isinstance(shape, np.ndarray):
        return shape
    return np.random.default_rng(1).standard_normal(shape).astype(dtype)


def made(name, dtype):
    """A layer that has seen its input, and that input; parameters moved off their starts, where some are 0."""
    make, shape = EVERY[name]
    layer, x = make(dtype), input_of(shape, dtype)
    layer(x)
    draw = np.random.default_rng(2)
    for p in layer.params():
        p.data = (p.data + 0.3 * draw.standard_normal(p.shape)).astype(p.dtype)
    return layer, x
