"""Normalisations beside the loops that define them, and batch_norm's running statistics."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dezero import Variable, gradients, test_mode, using_config
from dezero.functions.nn import normalization
from dezero.functions.nn.normalization import batch_norm, batch_nrom, group_norm, instance_norm, layer_norm
from dezero.functions.nn.standardize import standardize
from tests.functions import naive


def sample(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def running(channels):
    return np.linspace(-0.5, 0.5, channels), np.linspace(0.5, 1.5, channels)


shapes = st.tuples(st.integers(1, 4), st.integers(1, 3)).flatmap(
    lambda lead: st.lists(st.integers(1, 3), max_size=3).map(lambda size: (*lead, *size))
)


@given(shapes)
def test_batch_norm_is_its_definition(shape):
    x, gamma, beta = 2 * sample(*shape) + 3, sample(shape[1], seed=1), sample(shape[1], seed=2)
    y = batch_norm(Variable(x), Variable(gamma), Variable(beta), *running(shape[1]))
    np.testing.assert_allclose(y.data, naive.batch_norm(x, gamma, beta), rtol=1e-9, atol=1e-11)


@given(shapes)
def test_batch_norm_in_use_takes_the_running_statistics(shape):
    x, gamma, beta = sample(*shape), sample(shape[1], seed=1), sample(shape[1], seed=2)
    mean, var = running(shape[1])
    with test_mode():
        y = batch_norm(Variable(x), Variable(gamma), Variable(beta), mean, var)
    np.testing.assert_allclose(y.data, naive.batch_norm_in_use(x, gamma, beta, mean, var), rtol=1e-12, atol=1e-13)
    np.testing.assert_array_equal(np.array([mean, var]), running(shape[1]))


@pytest.mark.parametrize("shape", [(5, 3), (4, 3, 2, 5), (1, 3)])
def test_batch_norm_updates_the_running_statistics_in_place(shape):
    x = sample(*shape)
    mean, var = running(3)
    others = tuple(a for a in range(len(shape)) if a != 1)
    count = x.size // 3
    wanted_mean = mean * 0.8 + 0.2 * x.mean(others)
    wanted_var = var * 0.8 + 0.2 * x.var(others) * count / max(count - 1, 1)
    batch_norm(Variable(x), np.ones(3), np.zeros(3), mean, var, decay=0.8)
    np.testing.assert_allclose(mean, wanted_mean, rtol=1e-12)
    np.testing.assert_allclose(var, wanted_var, rtol=1e-12)


def test_running_statistics_may_be_those_of_a_layer_s_variables():
    mean, var = Variable(np.zeros(2)), Variable(np.ones(2))
    batch_norm(Variable(sample(4, 2)), np.ones(2), np.zeros(2), mean, var)
    assert np.all(mean.data != 0)


def test_a_call_that_is_refused_leaves_the_running_statistics_as_they_were():
    mean, var = running(3)
    for x, gamma in ((np.ones((0, 3)), np.ones(3)), (np.ones((2, 3)), np.ones(2))):
        with pytest.raises(ValueError, match="batch_norm"):
            batch_norm(Variable(x), gamma, np.zeros(3), mean, var)
    np.testing.assert_array_equal(np.array([mean, var]), running(3))


@pytest.mark.parametrize("simplify", [True, False])
def test_mean_and_variance_have_derivatives_of_their_own(simplify):
    x, v = sample(3, 2, 4), sample(3, 2, 4, seed=1)

    def composed(X):
        mean = X.mean((0, 2), keepdims=True)
        variance = ((X - mean) * (X - mean)).mean((0, 2), keepdims=True)
        return (X - mean) / (variance + 0.1) ** 0.5, mean, variance

    with using_config("simplify", simplify):
        for part in range(3):
            found = []
            for outputs in (lambda X: standardize(X, 0.1), composed):
                X = Variable(x)
                y = outputs(X)[part]
                derivatives = [y]
                for _ in range(3):
                    (y,) = gradients((y * y).sum(), X, create_graph=True)
                    derivatives.append(y)
                    y = y * v
                found.append(derivatives)
            for ours, theirs in zip(*found, strict=True):
                np.testing.assert_allclose(ours.data, theirs.data, rtol=1e-9, atol=1e-11)


def test_dezero_s_spelling():
    assert batch_nrom is batch_norm


def test_a_channel_of_one_value_is_beta_and_has_finite_gradients():
    x, gamma, beta = Variable(np.full((4, 2), 7.0)), Variable(np.ones(2)), Variable(np.array([1.0, 2.0]))
    y = batch_norm(x, gamma, beta, *running(2))
    np.testing.assert_array_equal(y.data, np.tile([1.0, 2.0], (4, 1)))
    (gx,) = gradients((y * sample(4, 2)).sum(), x, create_graph=True)
    (twice,) = gradients((gx * sample(4, 2, seed=1)).sum(), x)
    assert np.isfinite(gx.data).all()
    assert np.isfinite(twice.data).all()


def test_a_large_mean_costs_no_accuracy():
    x = sample(64, 2, 8)
    y = batch_norm(Variable(x + 1e6), np.ones(2), np.zeros(2), *running(2), eps=0)
    np.testing.assert_allclose(y.data, naive.batch_norm(x, np.ones(2), np.zeros(2), eps=0), atol=1e-8)


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_layer_norm(axes):
    x = sample(2, 3, 4)
    gamma, beta = sample(*x.shape[3 - axes :], seed=1), sample(*x.shape[3 - axes :], seed=2)
    y = layer_norm(Variable(x), Variable(gamma), Variable(beta), axes)
    np.testing.assert_allclose(y.data, naive.layer_norm(x, gamma, beta, axes), rtol=1e-11, atol=1e-12)
    for only in ({"gamma": gamma}, {"beta": beta}, {}):
        y = layer_norm(Variable(x), axes=axes, **only)
        np.testing.assert_allclose(y.data, naive.layer_norm(x, axes=axes, **only), rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("groups", [1, 2, 3, 6])
@pytest.mark.parametrize("size", [(), (4,), (2, 3)])
def test_group_norm(groups, size):
    x, gamma, beta = sample(2, 6, *size), sample(6, seed=1), sample(6, seed=2)
    y = group_norm(Variable(x), groups, Variable(gamma), Variable(beta))
    np.testing.assert_allclose(y.data, naive.group_norm(x, groups, gamma, beta), rtol=1e-10, atol=1e-11)


def test_instance_norm():
    x, gamma, beta = sample(2, 3, 4, 2), sample(3, seed=1), sample(3, seed=2)
    y = instance_norm(Variable(x), Variable(gamma), Variable(beta))
    np.testing.assert_allclose(y.data, naive.instance_norm(x, gamma, beta), rtol=1e-11, atol=1e-12)


CALLS = {
    "batch_norm": lambda x, gamma, beta: batch_norm(x, gamma, beta, *running(4)),
    "layer_norm": lambda x, gamma, beta: layer_norm(x, gamma, beta),
    "group_norm": lambda x, gamma, beta: group_norm(x, 2, gamma, beta),
    "instance_norm": instance_norm,
}


@pytest.mark.parametrize("name", CALLS)
def test_float32_stays_float32_and_wider_parameters_widen(name):
    x, gamma, beta = sample(3, 4, 4), sample(4, seed=1), sample(4, seed=2)
    narrow = [Variable(a.astype(np.float32)) for a in (x, gamma, beta)]
    y = CALLS[name](*narrow)
    assert {y.dtype} | {g.dtype for g in gradients(y * y, narrow)} == {np.dtype(np.float32)}
    wide = CALLS[name](narrow[0], narrow[1], Variable(beta))
    assert wide.dtype == np.float64
    np.testing.assert_allclose(wide.data, CALLS[name](Variable(x), Variable(gamma), Variable(beta)).data, atol=1e-5)


def test_float32_in_use_with_wider_statistics():
    with test_mode():
        y = batch_norm(
            Variable(np.ones((2, 3), np.float32)), np.ones(3, np.float32), np.zeros(3, np.float32), *running(3)
        )
    assert y.dtype == np.float32


X, ONE = np.ones((2, 4, 3)), np.ones(4)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: batch_norm(np.ones(4), ONE, ONE, ONE, ONE), ValueError, r"batch_norm: x must be .* got \(4,\)"),
        (lambda: batch_norm(X, np.ones(3), ONE, ONE, ONE), ValueError, r"batch_norm: gamma must be of shape \(4,\)"),
        (
            lambda: batch_norm(X, ONE, 1.0, ONE, ONE),
            ValueError,
            r"batch_norm: beta must be of shape \(4,\), .* got None",
        ),
        (lambda: batch_norm(X, ONE, ONE, ONE, np.ones((4, 1))), ValueError, "batch_norm: var must be of shape"),
        (lambda: batch_norm(X, ONE, ONE, np.zeros(4, int), ONE), TypeError, "batch_norm: mean is int64"),
        (lambda: batch_norm(X[:0], ONE, ONE, ONE, ONE), ValueError, "has no elements to take statistics of"),
        (lambda: layer_norm(X, ONE), ValueError, r"layer_norm: gamma must be of shape \(3,\)"),
        (lambda: layer_norm(X, axes=4), ValueError, "layer_norm: x of shape .* at least axes=4"),
        (lambda: layer_norm(X, axes=0), ValueError, "layer_norm: x of shape .* at least axes=0"),
        (lambda: group_norm(X, 3), ValueError, r"group_norm: groups=3 does not divide the 4 channels of x \(2, 4, 3\)"),
        (lambda: group_norm(X, 0), ValueError, "group_norm: groups=0"),
        (lambda: group_norm(X, 2, np.ones(2)), ValueError, r"group_norm: gamma must be of shape \(4,\)"),
        (lambda: group_norm(X[0, 0], 1), ValueError, r"group_norm: x must be .* got \(3,\)"),
        (lambda: instance_norm(X[0]), ValueError, r"instance_norm: x must be .* got \(4, 3\)"),
        (lambda: instance_norm(X, ONE, np.ones(3)), ValueError, r"instance_norm: beta must be of shape \(4,\)"),
    ],
)
def test_what_does_not_fit_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_the_names_are_published():
    from dezero.core.registry import operations

    for name in CALLS:
        assert getattr(operations, name) is getattr(normalization, name)
