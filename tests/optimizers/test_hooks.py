"""Hooks change what an optimizer is given, and nothing that anyone else holds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero.functions as F
from dezero import Parameter, Variable, gradients
from dezero.optimizers import SGD, ClipGrad, FreezeParam, WeightDecay


def params(*pairs):
    found = [Parameter(np.asarray(data)) for data, _ in pairs]
    for param, (_, grad) in zip(found, pairs, strict=True):
        param.grad = Variable(np.asarray(grad))
    return found


def test_weight_decay_adds_the_gradient_of_half_the_squares(holder):
    plain, penalized = holder(np.array([1.0, -2.0])), holder(np.array([1.0, -2.0]))
    decayed = SGD(lr=0.1).setup(plain)
    decayed.add_hook(WeightDecay(0.3))
    reference = SGD(lr=0.1).setup(penalized)
    for _ in range(5):
        decayed.update(lambda: F.sum(F.exp(plain.p0)))
        reference.update(lambda: F.sum(F.exp(penalized.p0)) + 0.15 * F.sum(penalized.p0**2))
    np.testing.assert_allclose(plain.p0.data, penalized.p0.data, rtol=1e-14)


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.complex64])
def test_weight_decay_keeps_the_datas_dtype(kind):
    (p,) = params((np.ones(3, kind), np.ones(3, kind)))
    WeightDecay(np.float64(0.5))([p])
    assert p.grad.dtype == kind
    np.testing.assert_array_equal(p.grad.data, 1.5)


@pytest.mark.parametrize("shape", [(), (3,)], ids=["0-d", "1-d"])
@pytest.mark.parametrize("hook", [WeightDecay(0.5), ClipGrad(0.1)], ids=["WeightDecay", "ClipGrad"])
def test_a_hook_gives_a_new_gradient_and_leaves_the_old_one(hook, shape):
    data, grad = np.ones(shape), Variable(np.full(shape, 2.0))
    p, q = Parameter(data), Parameter(data)
    p.grad = q.grad = grad
    hook([p])
    assert p.grad.shape == shape
    assert p.grad is not grad
    assert q.grad is grad
    np.testing.assert_array_equal(grad.data, 2.0)
    np.testing.assert_array_equal(data, 1.0)
    assert not np.array_equal(p.grad.data, grad.data)


@pytest.mark.parametrize("hook", [WeightDecay(0.5), ClipGrad(0.1)], ids=["WeightDecay", "ClipGrad"])
def test_a_recorded_gradient_can_still_be_differentiated(hook):
    x = Parameter(np.array([1.0, 2.0]))
    F.sum(x**3).backward(create_graph=True)
    recorded = x.grad
    hook([x])
    np.testing.assert_array_equal(gradients(recorded, x)[0].data, [6.0, 12.0])


def test_weight_decay_names_a_gradient_that_does_not_fit():
    (p,) = params((np.ones(3), np.ones(3)))
    p.data = np.ones((2, 3))
    with pytest.raises(ValueError, match=r"WeightDecay: the gradient of .*\(2, 3\) has shape \(3,\); call cleargrads"):
        WeightDecay(0.1)([p])


@given(st.lists(st.lists(st.floats(-1e3, 1e3), max_size=4), min_size=1, max_size=4), st.floats(1e-3, 1e3))
def test_clipped_gradients_keep_their_direction_and_at_most_the_norm(values, max_norm):
    found = params(*[(np.zeros(len(v)), np.array(v)) for v in values])
    before = np.concatenate(values)
    ClipGrad(max_norm)(found)
    after = np.concatenate([p.grad.data for p in found])
    rate = min(max_norm / (np.sqrt((before**2).sum()) + 1e-6), 1.0)
    np.testing.assert_allclose(after, rate * before, rtol=1e-12, atol=1e-300)
    assert np.linalg.norm(after) <= max_norm


@pytest.mark.parametrize("huge", [np.float32(1e30), np.float64(1e300)])
def test_clipping_survives_squares_that_overflow(huge):
    grads = [np.array([3 * huge, 0], huge.dtype), np.array([4 * huge])]
    found = params(*[(np.zeros_like(g), g) for g in grads])
    ClipGrad(1.0)(found)
    np.testing.assert_allclose([*found[0].grad.data, *found[1].grad.data], [0.6, 0.0, 0.8], rtol=1e-6)
    assert found[0].grad.dtype == huge.dtype


def test_the_norm_of_many_float32_numbers_is_exact_to_float32():
    grad = np.random.default_rng(0).uniform(0.5, 1.0, 300_000).astype(np.float32)
    (p,) = params((np.zeros_like(grad), grad))
    ClipGrad(0.5)([p])
    rate = 0.5 / (np.linalg.norm(grad.astype(np.float64)) + 1e-6)
    np.testing.assert_allclose(p.grad.data, rate * grad.astype(np.float64), rtol=1.3e-7)


def test_clipping_survives_squares_that_half_precision_cannot_hold():
    (p,) = params((np.zeros(4, np.float16), np.full(4, 1e-4, np.float16)))
    ClipGrad(1e-4)([p])
    np.testing.assert_allclose(p.grad.data, 0.5e-4, rtol=0.01)


def test_the_norm_of_complex_gradients_is_that_of_both_parts():
    (p,) = params((np.zeros(1, complex), np.array([3.0 + 4.0j])))
    ClipGrad(1.0)([p])
    np.testing.assert_allclose(p.grad.data, [0.6 + 0.8j], rtol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_clipping_names_a_gradient_that_is_not_finite_and_changes_none(bad):
    found = params((np.zeros(2), [3.0, 4.0]), (np.zeros(2), [1.0, bad]))
    found[1].name = "W"
    before = [p.grad for p in found]
    with pytest.raises(FloatingPointError, match=r"ClipGrad: the gradient of 'W' .* holds infinity or nan"):
        ClipGrad(1.0)(found)
    assert all(p.grad is g for p, g in zip(found, before, strict=True))


def test_a_negative_norm_is_refused():
    with pytest.raises(ValueError, match="max_norm must not be negative, got -1"):
        ClipGrad(-1)


def test_frozen_parameters_stay_and_others_learn(holder):
    inner, layer = holder(np.ones(1), np.ones(1)), holder(np.ones(1), np.ones(1))
    layer.inner = inner
    optimizer = SGD(lr=0.5).setup(layer)
    optimizer.add_hook(FreezeParam(inner, layer.p1))
    optimizer.add_hook(WeightDecay(0.0))  # comes after, and finds fewer gradients
    layer.give([1.0], [1.0], [1.0], [1.0])
    optimizer.update()
    assert [p.data.item() for p in (layer.p0, layer.p1, inner.p0, inner.p1)] == [0.5, 1.0, 1.0, 1.0]
    assert layer.p1.grad is None


def test_freezing_something_else_is_refused():
    with pytest.raises(TypeError, match="FreezeParam: str is no Layer and no Parameter"):
        FreezeParam("W")
