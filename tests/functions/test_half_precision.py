"""Sums, means, losses and norms of half-precision numbers are those of single precision, rounded at the end."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, gradients

RNG = np.random.default_rng(16)
X = (RNG.standard_normal((64, 128)) * 100).astype(np.float16)  # whose squares sum to more than a half can be
T = (RNG.standard_normal((64, 128)) * 100).astype(np.float16)
LABELS = RNG.integers(0, 128, 64)
WEIGHTS = RNG.standard_normal((64, 128)).astype(np.float16)

FUNCTIONS = {
    "sum": lambda x, t: F.sum(x, axis=0),
    "mean": lambda x, t: F.mean(x + 500, axis=0),
    "mean of all": lambda x, t: F.mean(x + 500),
    "nanmean": lambda x, t: F.nanmean(x + 500),
    "average": lambda x, t: F.average(x + 500, weights=np.abs(t)),
    "var": lambda x, t: F.var(x),
    "std": lambda x, t: F.std(x, axis=0),
    "norm": lambda x, t: F.norm(x),
    "norm of 3": lambda x, t: F.norm(x, 3, axis=1),
    "mean_squared_error": lambda x, t: F.mean_squared_error(x / 16, t / 16),
    "mean_squared_error_simple": lambda x, t: F.mean_squared_error_simple(x / 16, t / 16),
    "huber_loss": F.huber_loss,
    "l1_loss": F.l1_loss,
    "softmax_cross_entropy": lambda x, t: F.softmax_cross_entropy(x, LABELS),
    "sigmoid_cross_entropy": lambda x, t: F.sigmoid_cross_entropy(x, t > 0),
    "nll_loss": lambda x, t: F.nll_loss(x * 100, LABELS),
    "hinge_loss": lambda x, t: F.hinge_loss(x, np.sign(t)),
    "cosine_similarity": F.cosine_similarity,
    "softmax": lambda x, t: F.softmax(x / 100) * 100,
    "log_softmax": lambda x, t: F.log_softmax(x),
    "logsumexp": lambda x, t: F.logsumexp(x / 16, axis=1),
    "layer_norm": lambda x, t: F.layer_norm(x, t[0] / 100, t[1]),
    "batch_norm": lambda x, t: F.batch_norm(x, t[0] / 100, t[1], np.zeros(128, x.dtype), np.ones(128, x.dtype)),
    "average_pooling": lambda x, t: F.average_pooling(F.abs(x).reshape(1, 1, 64, 128), 32, 32),
    "global_average_pooling": lambda x, t: F.global_average_pooling(F.abs(x).reshape(1, 1, 64, 128)),
    "a bias": lambda x, t: x[:1, :4] * 0.01 + np.ones((4000, 4), x.dtype),
}


def computed(f, dtype, create_graph):
    x, t = Variable(X.astype(dtype)), T.astype(dtype)
    y = f(x, t)
    seed = np.resize(WEIGHTS if y.ndim else 1, y.shape).astype(dtype)
    return y, *gradients(y, x, grad_outputs=seed, create_graph=create_graph)


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_halves_give_what_single_precision_gives_rounded(name, create_graph):
    halves, exact = [computed(FUNCTIONS[name], kind, create_graph) for kind in (np.float16, np.float64)]
    for half, right in zip(halves, exact, strict=True):
        assert half.dtype == np.float16
        np.testing.assert_allclose(half.data, right.data, rtol=5e-3, atol=3e-3 * np.abs(right.data).max())


def test_a_mean_of_many_and_a_sum_of_ones():
    assert F.mean(Variable(np.full(4096, 200, np.float16))).item() == 200
    assert (F.sum(Variable(np.ones((4096, 2), np.float16)), axis=0).data == 4096).all()


def test_running_statistics_of_halves_are_updated_in_place():
    mean, var = np.zeros(128, np.float16), np.ones(128, np.float16)
    F.batch_norm(Variable(X), np.ones(128, np.float16), np.zeros(128, np.float16), mean, var)
    np.testing.assert_allclose(mean, 0.1 * X.astype(float).mean(0), atol=0.05)


def test_more_digits_beside_halves_stay():
    assert F.mean_squared_error(Variable(X), T.astype(np.float32)).dtype == np.float32
    assert F.mean(x=Variable(X)).dtype == np.float16


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_running_statistics_have_no_say_in_the_dtype(kind):
    x, ones = Variable(np.linspace(-1, 1, 12).reshape(4, 3).astype(np.float16)), np.ones(3, np.float16)
    assert F.batch_norm(x, ones, ones, np.zeros(3, kind), np.ones(3, kind)).dtype == np.float16
