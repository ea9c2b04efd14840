"""Wasserstein networks with gradient penalty: weights learn from the gradient of a gradient's norm.

I. Gulrajani et al., Improved Training of Wasserstein GANs (NeurIPS 2017).
"""

import itertools

import numpy as np
import pytest
import scipy.optimize

import dezero.functions as F
from dezero import Parameter, Variable, gradients
from dezero.layers import Layer, Linear
from dezero.optimizers import Adam


def penalty(critic, x):
    """The mean of (|grad_x D(x)| - 1)^2, a function of the critic's weights."""
    x = Variable(x)
    (slope,) = gradients(F.sum(critic(x)), x, create_graph=True)
    norms = F.sqrt(F.sum(F.reshape(slope, (len(x), -1)) ** 2, axis=1))
    return F.mean((norms - 1) ** 2)


class ImageCritic(Layer):
    """Convolution, leaky ReLU, convolution with a stride, leaky ReLU, linear: (N, 2, 6, 6) to (N, 1)."""

    def __init__(self, rng):
        self.w1, self.b1 = Parameter(rng.standard_normal((3, 2, 3, 3)) / 3), Parameter(rng.standard_normal(3))
        self.w2, self.b2 = Parameter(rng.standard_normal((2, 3, 3, 3)) / 3), Parameter(rng.standard_normal(2))
        self.w3, self.b3 = Parameter(rng.standard_normal((18, 1)) / 4), Parameter(rng.standard_normal(1))

    def forward(self, x):
        h = F.leaky_relu(F.conv2d(x, self.w1, self.b1, 1, 1), 0.2)
        h = F.leaky_relu(F.conv2d(h, self.w2, self.b2, 2, 1), 0.2)
        return F.linear(F.reshape(h, (len(x), -1)), self.w3, self.b3)


def numeric(f, p, h=1e-6):
    slope = np.zeros_like(p.data)
    for i in np.ndindex(p.shape):
        kept = p.data[i]
        p.data[i] = kept + h
        above = float(f())
        p.data[i] = kept - h
        below = float(f())
        p.data[i] = kept
        slope[i] = (above - below) / (2 * h)
    return slope


def test_its_gradient_in_every_weight_is_the_numeric_difference():
    rng = np.random.default_rng(0)
    critic, x = ImageCritic(rng), rng.standard_normal((3, 2, 6, 6))

    def loss():
        return penalty(critic, x)

    critic.cleargrads()
    loss().backward()
    scale = max(np.abs(p.grad.data).max() for p in critic.params() if p.grad is not None)
    assert scale > 0.1
    for name, p in critic.named_params():
        found = np.zeros(p.shape) if p.grad is None else p.grad.data
        np.testing.assert_allclose(found, numeric(loss, p), atol=1e-7 * scale, err_msg=name)


def test_between_kinks_biases_do_not_count_and_weights_do():
    critic = ImageCritic(np.random.default_rng(0))
    penalty(critic, np.random.default_rng(1).standard_normal((3, 2, 6, 6))).backward()
    for name, p in critic.named_params():
        moves = p.grad is not None and np.any(p.grad.data)
        assert moves == name.startswith("w"), name


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_penalty_of_a_linear_critic_is_that_of_its_weights_norm(dtype):
    critic = Linear(1, in_size=3)
    critic.W.data = np.array([[2.0], [0.0], [0.0]], dtype)
    critic.b.data = np.zeros(1, dtype)
    loss = penalty(critic, np.ones((4, 3), dtype))
    loss.backward()
    assert (float(loss), loss.dtype) == (1.0, dtype)
    np.testing.assert_array_equal(critic.W.grad.data, [[2], [0], [0]])  # 2 (|w| - 1) w / |w|
    assert critic.W.grad.dtype == dtype


class Mlp(Layer):
    def __init__(self, rng, *sizes):
        self.layers = [Linear(m, in_size=n) for n, m in itertools.pairwise(sizes)]
        for layer in self.layers:
            layer.W.data = (rng.standard_normal(layer.W.shape) * np.sqrt(2 / len(layer.W.data))).astype(np.float32)

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = F.leaky_relu(layer(x), 0.2)
        return self.layers[-1](x)


class RingGame:
    """A generator that is to give points of a ring, from where it gives points beside it, and its critic."""

    def __init__(self, seed, batch=64):
        self.rng, self.batch = np.random.default_rng(seed), batch
        self.critic, self.generator = Mlp(self.rng, 2, 32, 32, 1), Mlp(self.rng, 2, 32, 2)
        self.generator.layers[-1].b.data = np.array([2, 1], np.float32)
        self.critic_adam = Adam(alpha=5e-3, beta1=0.5, beta2=0.9).setup(self.critic)
        self.generator_adam = Adam(alpha=1e-3, beta1=0.5, beta2=0.9).setup(self.generator)

    def real(self, n):
        angle = self.rng.uniform(0, 2 * np.pi, (n, 1))
        return np.hstack([np.cos(angle), np.sin(angle)]).astype(np.float32)

    def fake(self, n):
        return self.generator(self.rng.standard_normal((n, 2)).astype(np.float32))

    def criticize(self, steps):
        """Train the critic; its estimate of the Wasserstein distance, over the last ten batches."""
        estimates = []
        for _ in range(steps):
            real, fake = self.real(self.batch), self.fake(self.batch).data
            between = fake + self.rng.random((self.batch, 1), np.float32) * (real - fake)
            estimate = F.mean(self.critic(real)) - F.mean(self.critic(fake))
            self.critic.cleargrads()
            (10 * penalty(self.critic, between) - estimate).backward()
            self.critic_adam.update()
            estimates.append(float(estimate))
        return np.mean(estimates[-10:])

    def distance(self, n=200):
        """The Wasserstein distance of n points each, by the cheapest assignment."""
        cost = np.linalg.norm(self.real(n)[:, None] - self.fake(n).data, axis=2)
        return cost[scipy.optimize.linear_sum_assignment(cost)].mean()


def test_a_generator_learns_the_points_of_a_ring():
    game = RingGame(seed=2)
    start, distance = game.criticize(60), game.distance()
    assert start == pytest.approx(distance, rel=0.25)  # what the penalty is for: the critic's slope is 1
    for _ in range(120):
        game.criticize(3)
        game.generator.cleargrads()
        (-F.mean(game.critic(game.fake(game.batch)))).backward()
        game.generator_adam.update()
    assert game.criticize(60) < start / 2
    assert game.distance() < distance / 2
    assert {p.dtype for net in (game.critic, game.generator) for p in net.params()} == {np.dtype(np.float32)}
