"""Model-agnostic meta-learning: the gradient of a loss after gradient steps, through these steps.

C. Finn, P. Abbeel, S. Levine, Model-Agnostic Meta-Learning for Fast Adaptation of Deep Networks (ICML 2017).
"""

import itertools

import numpy as np
import pytest

import dezero.functions as F
from dezero import Parameter, Variable, gradients
from dezero.optimizers import Adam


def adapted(params, loss, rate, steps, second_order=True):
    """The parameters after gradient steps, still functions of the parameters before them."""
    for _ in range(steps):
        slopes = gradients(loss(params), params, create_graph=second_order)
        params = [p - rate * g for p, g in zip(params, slopes, strict=True)]
    return params


def mlp(params, x):
    w1, b1, w2, b2, w3, b3 = params
    return F.linear(F.tanh(F.linear(F.tanh(F.linear(x, w1, b1)), w2, b2)), w3, b3)


def mlp_params(rng, sizes, dtype=np.float64):
    shapes = [shape for n, m in itertools.pairwise(sizes) for shape in ((n, m), (m,))]
    return [Parameter((rng.standard_normal(shape) / np.sqrt(shape[0])).astype(dtype)) for shape in shapes]


def mean_square(t, x):
    return lambda params: F.mean((mlp(params, x) - t) ** 2)


def numeric(f, params, h=1e-5):
    """Central differences of a number in every element of every parameter."""
    found = []
    for p in params:
        slope = np.zeros_like(p.data)
        for i in np.ndindex(p.shape):
            kept = p.data[i]
            p.data[i] = kept + h
            above = float(f())
            p.data[i] = kept - h
            below = float(f())
            p.data[i] = kept
            slope[i] = (above - below) / (2 * h)
        found.append(slope)
    return found


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_through_steps_on_a_quadratic_it_is_the_closed_form(steps):
    rng = np.random.default_rng(0)
    n, rate = 4, 0.1
    inner, outer = (a @ a.T / n for a in rng.standard_normal((2, n, n)))
    a, b, start = rng.standard_normal((3, n))
    w, alpha = Parameter(start.copy()), Parameter(np.array(rate))

    (after,) = adapted([w], lambda p: (p[0] - a) @ inner @ (p[0] - a) / 2, alpha, steps)
    meta = (after - b) @ outer @ (after - b) / 2
    meta.backward()

    shrink = np.eye(n) - rate * inner  # w_k - a = shrink^k (w - a)
    power = np.linalg.matrix_power(shrink, steps)
    end = a + power @ (start - a)
    np.testing.assert_allclose(after.data, end, rtol=1e-12)
    np.testing.assert_allclose(w.grad.data, power @ outer @ (end - b), rtol=1e-11)
    moved = -steps * inner @ np.linalg.matrix_power(shrink, steps - 1) @ (start - a)
    np.testing.assert_allclose(alpha.grad.data, moved @ outer @ (end - b), rtol=1e-11)


@pytest.mark.parametrize("steps", [1, 2])
def test_through_steps_of_a_tanh_network_it_is_the_numeric_difference(steps):
    rng = np.random.default_rng(1)
    params = mlp_params(rng, (2, 5, 4, 1))
    seen, asked = ((rng.standard_normal((6, 1)), rng.standard_normal((6, 2))) for _ in range(2))

    def meta():
        return mean_square(*asked)(adapted(params, mean_square(*seen), 0.3, steps))

    exact = [g.data for g in gradients(meta(), params)]
    for p, found, expected in zip(params, exact, numeric(meta, params), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6 * np.abs(expected).max())
        assert found.shape == p.shape


def test_dropping_the_second_order_gives_another_gradient():
    rng = np.random.default_rng(1)
    params = mlp_params(rng, (2, 5, 4, 1))
    seen, asked = ((rng.standard_normal((6, 1)), rng.standard_normal((6, 2))) for _ in range(2))
    full, first_order = (
        gradients(mean_square(*asked)(adapted(params, mean_square(*seen), 0.3, 1, second)), params)
        for second in (True, False)
    )
    after = [Parameter(p.data) for p in adapted(params, mean_square(*seen), 0.3, 1)]
    at_the_end = gradients(mean_square(*asked)(after), after)  # what first-order MAML is
    for p, q in zip(first_order, at_the_end, strict=True):
        np.testing.assert_allclose(p.data, q.data, rtol=1e-10)
    assert np.linalg.norm(full[0].data - first_order[0].data) > 1e-2 * np.linalg.norm(full[0].data)


def test_meta_learning_finds_a_start_from_which_one_step_does_more():
    """Sine waves of unknown phase, five points each."""
    rng = np.random.default_rng(2)
    params = mlp_params(rng, (1, 20, 20, 1), np.float32)

    class Model:
        def params(self):
            return iter(params)

    def task():
        phase = rng.uniform(0, np.pi)
        for n in (5, 10):
            x = rng.uniform(-3, 3, (n, 1)).astype(np.float32)
            yield np.sin(x + np.float32(phase)), x

    def after_one_step(tasks):
        losses = [mean_square(*asked)(adapted(params, mean_square(*seen), 0.1, 1)) for seen, asked in tasks]
        return sum(losses[1:], losses[0]) / len(losses)

    exam = [tuple(task()) for _ in range(20)]
    optimizer = Adam(alpha=0.01).setup(Model())
    before = float(after_one_step(exam))
    for _ in range(60):
        tasks = [tuple(task()) for _ in range(2)]
        optimizer.update(lambda: after_one_step(tasks))  # noqa: B023
    after = after_one_step(exam)
    assert after.dtype == np.float32
    assert float(after) < 0.5 * before
    assert isinstance(after, Variable)
