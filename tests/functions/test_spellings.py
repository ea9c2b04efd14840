"""Every function of DeZero under its own name, its arguments in DeZero's order and with DeZero's defaults."""

import inspect

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, test_mode
from tests.functions import naive

# Its functions as "Deep Learning from Scratch 3" declares them (package dezero 0.0.13).
SIGNATURES = """
add(x0, x1) sub(x0, x1) rsub(x0, x1) mul(x0, x1) div(x0, x1) rdiv(x0, x1) neg(x) pow(x, c)
sin(x) cos(x) tanh(x) exp(x) log(x)
reshape(x, shape) transpose(x, axes=None) get_item(x, slices) expand_dims(x, axis) flatten(x)
sum(x, axis=None, keepdims=False) sum_to(x, shape) broadcast_to(x, shape) mean(x, axis=None, keepdims=False)
average(x, axis=None, keepdims=False) matmul(x, W) linear(x, W, b=None) linear_simple(x, W, b=None)
sigmoid(x) sigmoid_simple(x) relu(x) leaky_relu(x, slope=0.2)
softmax(x, axis=1) softmax_simple(x, axis=1) log_softmax(x, axis=1)
mean_squared_error(x0, x1) mean_squared_error_simple(x0, x1)
softmax_cross_entropy(x, t) softmax_cross_entropy_simple(x, t) sigmoid_cross_entropy(x, t) binary_cross_entropy(p, t)
accuracy(y, t) dropout(x, dropout_ratio=0.5) embed_id(x, W)
batch_norm(x, gamma, beta, mean, var, decay=0.9, eps=2e-5)
batch_nrom(x, gamma, beta, mean, var, decay=0.9, eps=2e-5)
max(x, axis=None, keepdims=False) min(x, axis=None, keepdims=False) clip(x, x_min, x_max)
conv2d(x, W, b=None, stride=1, pad=0) conv2d_simple(x, W, b=None, stride=1, pad=0)
deconv2d(x, W, b=None, stride=1, pad=0, outsize=None)
pooling(x, kernel_size, stride=1, pad=0) pooling_simple(x, kernel_size, stride=1, pad=0)
average_pooling(x, kernel_size, stride=1, pad=0)
im2col(x, kernel_size, stride=1, pad=0, to_matrix=True)
col2im(x, input_shape, kernel_size, stride=1, pad=0, to_matrix=True)
"""
FUNCTIONS = [line.rstrip(")") + ")" for line in SIGNATURES.replace("\n", " ").strip().split(") ")]


@pytest.mark.parametrize("text", FUNCTIONS)
def test_positions_and_defaults(text):
    """What stands at each of DeZero's positions has DeZero's default; there may be more arguments after them."""
    name, arguments = text.rstrip(")").split("(")
    wanted = eval(f"lambda {arguments}: None")
    found = list(inspect.signature(getattr(F, name)).parameters.values())
    if any(p.kind is p.VAR_POSITIONAL for p in found):
        found = found[:0]  # an operation that counts its arguments itself
    for p, own in zip(inspect.signature(wanted).parameters.values(), found, strict=False):
        assert own.kind is own.POSITIONAL_OR_KEYWORD
        if p.default is not p.empty and name != "average":
            assert own.default == p.default, f"{own.name} for {p.name}"
    assert not found or len(found) >= arguments.count(",") + 1


RNG = np.random.default_rng(0)
X, Y, V = RNG.standard_normal((2, 3)), RNG.standard_normal((2, 3)), RNG.standard_normal(3)
POSITIVE = np.abs(X) + 0.5
W, B = RNG.standard_normal((3, 4)), RNG.standard_normal(4)
IMAGES, KERNELS, BIAS = RNG.standard_normal((2, 3, 5, 4)), RNG.standard_normal((2, 3, 3, 2)), RNG.standard_normal(2)
UP = RNG.standard_normal((3, 2, 3, 2))
LABELS, BITS = np.array([2, 0]), np.array([[1, 0, 1], [0, 0, 1]])
SHARES = np.exp(X) / np.exp(X).sum(1, keepdims=True)
P = 1 / (1 + np.exp(-X))
COLUMNS = naive.im2col(IMAGES, 2, 2, 1)


def binary(p):
    return -(BITS * np.log(p) + (1 - BITS) * np.log(1 - p)).sum() / 2


# A call as a script of DeZero's has it, and what comes out.
CALLS = {
    "add": (F.add, (X, Y), X + Y),
    "sub": (F.sub, (X, Y), X - Y),
    "rsub": (F.rsub, (X, Y), Y - X),
    "mul": (F.mul, (X, Y), X * Y),
    "div": (F.div, (X, Y), X / Y),
    "rdiv": (F.rdiv, (X, Y), Y / X),
    "neg": (F.neg, (X,), -X),
    "pow": (F.pow, (X, 3), X**3),
    "sin": (F.sin, (X,), np.sin(X)),
    "cos": (F.cos, (X,), np.cos(X)),
    "tanh": (F.tanh, (X,), np.tanh(X)),
    "exp": (F.exp, (X,), np.exp(X)),
    "log": (F.log, (POSITIVE,), np.log(POSITIVE)),
    "reshape": (F.reshape, (X, (3, 2)), X.reshape(3, 2)),
    "transpose": (F.transpose, (X,), X.T),
    "transpose, axes": (F.transpose, (IMAGES, (0, 2, 3, 1)), IMAGES.transpose(0, 2, 3, 1)),
    "get_item": (F.get_item, (X, 1), X[1]),
    "get_item, array": (F.get_item, (X, np.array([0, 0, 1])), X[[0, 0, 1]]),
    "get_item, tuple": (F.get_item, (X, (slice(None), 2)), X[:, 2]),
    "expand_dims": (F.expand_dims, (X, 1), X[:, None]),
    "flatten": (F.flatten, (IMAGES,), IMAGES.reshape(2, -1)),
    "sum": (F.sum, (X,), X.sum()),
    "sum, axis, keepdims": (F.sum, (X, 0, True), X.sum(0, keepdims=True)),
    "sum_to": (F.sum_to, (X, (1, 3)), X.sum(0, keepdims=True)),
    "broadcast_to": (F.broadcast_to, (V, (2, 3)), np.broadcast_to(V, (2, 3))),
    "mean": (F.mean, (X, 1, True), X.mean(1, keepdims=True)),
    "average": (F.average, (X,), X.mean()),
    "average, axis, keepdims": (F.average, (X, 1, True), X.mean(1, keepdims=True)),
    "average, axis, no keepdims": (F.average, (X, 1, False), X.mean(1)),
    "matmul": (F.matmul, (X, W), X @ W),
    "linear": (F.linear, (X, W, B), X @ W + B),
    "linear, no b": (F.linear, (X, W), X @ W),
    "linear_simple": (F.linear_simple, (X, W, B), X @ W + B),
    "sigmoid": (F.sigmoid, (X,), P),
    "sigmoid_simple": (F.sigmoid_simple, (X,), P),
    "relu": (F.relu, (X,), np.maximum(X, 0)),
    "leaky_relu": (F.leaky_relu, (X,), np.where(X > 0, X, 0.2 * X)),
    "leaky_relu, slope": (F.leaky_relu, (X, 0.1), np.where(X > 0, X, 0.1 * X)),
    "softmax": (F.softmax, (X,), SHARES),
    "softmax, axis": (F.softmax, (X, 0), np.exp(X) / np.exp(X).sum(0)),
    "softmax_simple": (F.softmax_simple, (X,), SHARES),
    "log_softmax": (F.log_softmax, (X,), np.log(SHARES)),
    "mean_squared_error": (F.mean_squared_error, (X, Y), ((X - Y) ** 2).sum() / 2),
    "mean_squared_error_simple": (F.mean_squared_error_simple, (X, Y), ((X - Y) ** 2).sum() / 2),
    "softmax_cross_entropy": (F.softmax_cross_entropy, (X, LABELS), -np.log(SHARES[[0, 1], LABELS]).mean()),
    "softmax_cross_entropy_simple": (
        F.softmax_cross_entropy_simple,
        (X, LABELS),
        -np.log(SHARES[[0, 1], LABELS]).mean(),
    ),
    "sigmoid_cross_entropy": (F.sigmoid_cross_entropy, (X, BITS), binary(P)),
    "binary_cross_entropy": (F.binary_cross_entropy, (P, BITS), binary(P)),
    "accuracy": (F.accuracy, (X, X.argmax(1)), 1.0),
    "accuracy, none": (F.accuracy, (X, X.argmin(1)), 0.0),
    "embed_id": (F.embed_id, (np.array([2, 0]), W), W[[2, 0]]),
    "max": (F.max, (X,), X.max()),
    "max, axis, keepdims": (F.max, (X, 1, True), X.max(1, keepdims=True)),
    "min": (F.min, (X,), X.min()),
    "min, axis, keepdims": (F.min, (X, 0, True), X.min(0, keepdims=True)),
    "clip": (F.clip, (X, -0.5, 0.5), X.clip(-0.5, 0.5)),
    "conv2d": (F.conv2d, (IMAGES, KERNELS, BIAS, 2, 1), naive.conv(IMAGES, KERNELS, BIAS, 2, 1)),
    "conv2d, defaults": (F.conv2d, (IMAGES, KERNELS), naive.conv(IMAGES, KERNELS)),
    "conv2d_simple": (
        F.conv2d_simple,
        (IMAGES, KERNELS, BIAS, (2, 1), 1),
        naive.conv(IMAGES, KERNELS, BIAS, (2, 1), 1),
    ),
    "deconv2d": (F.deconv2d, (IMAGES, UP, BIAS, 2, 1), naive.deconv(IMAGES, UP, BIAS, 2, 1)),
    "deconv2d, outsize": (
        F.deconv2d,
        (IMAGES, UP, BIAS, 2, 1, (10, 7)),
        naive.deconv(IMAGES, UP, BIAS, 2, 1, (10, 7)),
    ),
    "pooling": (F.pooling, (IMAGES, 2, 2, 1), naive.pool(IMAGES, 2, 2, 1)),
    "pooling, defaults": (F.pooling, (IMAGES, (3, 2)), naive.pool(IMAGES, (3, 2))),
    "pooling_simple": (F.pooling_simple, (IMAGES, 2, 2, 1), naive.pool(IMAGES, 2, 2, 1)),
    "average_pooling": (F.average_pooling, (IMAGES, 2, 2, 1), naive.average_pool(IMAGES, 2, 2, 1)),
    "im2col": (F.im2col, (IMAGES, 2, 2, 1), COLUMNS),
    "im2col, not a matrix": (F.im2col, (IMAGES, 2, 2, 1, False), naive.im2col(IMAGES, 2, 2, 1, False)),
    "col2im": (F.col2im, (COLUMNS, IMAGES.shape, 2, 2, 1), naive.col2im(COLUMNS, IMAGES.shape, 2, 2, 1)),
}


@pytest.mark.parametrize("title", CALLS)
@pytest.mark.parametrize("wrap", [Variable, lambda x: x], ids=["Variable", "array"])
def test_calls(title, wrap):
    """Data of floats as Variables, as scripts have them after a layer, and as arrays, as they have them before."""
    function, arguments, expected = CALLS[title]
    y = function(*[wrap(a) if isinstance(a, np.ndarray) and a.dtype == float else a for a in arguments])
    assert type(y) is Variable
    np.testing.assert_allclose(y.data, expected, rtol=1e-12, atol=1e-14)
    assert y.shape == np.shape(expected)


def test_every_function_is_called():
    called = {function.__name__ for function, _, _ in CALLS.values()}
    apart = {"dropout", "batch_norm", "batch_nrom"}  # below
    assert {text.split("(")[0] for text in FUNCTIONS} - apart == called


@pytest.mark.parametrize("labels", [LABELS, Variable(LABELS), LABELS[:, None]], ids=["array", "Variable", "column"])
def test_labels_as_a_data_loader_gives_them(labels):
    expected = -np.log(SHARES[[0, 1], LABELS]).mean()
    np.testing.assert_allclose(F.softmax_cross_entropy(Variable(X), labels).data, expected, rtol=1e-14)
    assert F.accuracy(Variable(SHARES), labels).data == (SHARES.argmax(1) == LABELS).mean()


def test_bounds_by_dezero_s_names():
    np.testing.assert_array_equal(F.clip(Variable(X), x_min=-0.5, x_max=0.5).data, X.clip(-0.5, 0.5))


@pytest.mark.parametrize("function", [F.batch_norm, F.batch_nrom])
def test_batch_norm(function):
    mean, var = np.zeros(3), np.ones(3)
    y = function(Variable(X), Variable(np.ones(3)), Variable(np.zeros(3)), mean, var)
    expected = (X - X.mean(0)) / np.sqrt(X.var(0) + 2e-5)
    np.testing.assert_allclose(y.data, expected, rtol=1e-12)
    np.testing.assert_allclose(mean, 0.1 * X.mean(0), rtol=1e-12)
    np.testing.assert_allclose(var, 0.9 + 0.1 * X.var(0, ddof=1), rtol=1e-12)
    with test_mode():
        y = function(Variable(X), np.ones(3), np.zeros(3), mean, var, 0.9, 2e-5)
    np.testing.assert_allclose(y.data, (X - mean) / np.sqrt(var + 2e-5), rtol=1e-12)
    assert F.batch_nrom is F.batch_norm


def test_dropout():
    np.random.seed(0)
    kept = np.random.rand(2, 3) > 0.5
    np.random.seed(0)
    np.testing.assert_allclose(F.dropout(Variable(X)).data, X * kept / 0.5, rtol=1e-15)
    with test_mode():
        np.testing.assert_array_equal(F.dropout(Variable(X), 0.3).data, X)
