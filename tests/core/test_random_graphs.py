"""Any graph of operations that mix, move, join and reduce: three sweeps, one derivative."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dezero.functions as F
from dezero import Function, Variable, gradients, using_config


class Sine(Function):
    def forward(self, x):
        return np.sin(x)

    def backward(self, gy):
        return gy * F.cos(self.inputs[0])


class ProductAndSum(Function):
    def forward(self, a, b):
        return a * b, a + b

    def backward(self, gp, gs):
        a, b = self.inputs
        return F.sum_to(gp * b + gs, a.shape), F.sum_to(gp * a + gs, b.shape)


def constant(*shape):
    return np.random.default_rng(sum(shape)).uniform(0.2, 0.9, shape)


STEPS = [
    lambda a, b: F.sin(a),
    lambda a, b: F.tanh(a),
    lambda a, b: F.exp(-a * a),
    lambda a, b: (a - b) ** 2,
    lambda a, b: a * b,
    lambda a, b: a + b,
    lambda a, b: a / (2.5 + F.sin(b)),
    lambda a, b: a * constant(*a.shape),
    lambda a, b: F.maximum(a, b),
    lambda a, b: F.relu(a - 0.5),
    lambda a, b: F.where(a.data > 0.5, a, b),
    lambda a, b: F.sum(a, axis=0),
    lambda a, b: F.mean(a, axis=-1, keepdims=True),
    lambda a, b: F.sum(a, axis=-1),
    lambda a, b: F.sum(a),
    lambda a, b: a.T,
    lambda a, b: a @ b,
    lambda a, b: a @ constant(a.shape[-1], 2),
    lambda a, b: F.reshape(a, (-1,)),
    lambda a, b: F.reshape(a, (-1, 1)),
    lambda a, b: F.expand_dims(a, 0),
    lambda a, b: F.broadcast_to(a, (2, *a.shape)),
    lambda a, b: a[::-1],
    lambda a, b: a[0],
    lambda a, b: a[[0, 0]],
    lambda a, b: F.concatenate([a, b]),
    lambda a, b: F.concatenate([a, b], axis=-1),
    lambda a, b: Sine()(a),
    lambda a, b: ProductAndSum()(a, b)[0],
    lambda a, b: ProductAndSum()(a, b)[1],
]
SHAPES = [(), (1,), (3,), (3, 1), (1, 3), (2, 3), (3, 3)]


def build(x, t, program):
    """The program's last result; a step whose shapes do not fit is left out."""
    results = [x, t]
    for step, i, j in program:
        a, b = results[-1 - i % len(results)], results[-1 - j % len(results)]
        try:
            y = STEPS[step](a, b)
        except (ValueError, IndexError):
            continue
        if y.size <= 60 and y.ndim <= 4:
            results.append(y)
    return results[-1]


def derivatives(program, shapes, orders, simplify, last_recorded=True):
    x, t = (Variable(np.asarray(constant(*s) + k)) for k, s in zip((0.0, 0.05), shapes, strict=True))
    found = []
    with using_config("simplify", simplify):
        y = build(x, t, program)
        for k, first in enumerate(orders):
            recorded = last_recorded or k < len(orders) - 1
            gx, gt = gradients(y, (x, t), create_graph=recorded)
            found += [gx.data, gt.data]
            y = gx if first else gt
    return found


def programs(longest):
    step = st.tuples(st.integers(0, len(STEPS) - 1), st.integers(0, 3), st.integers(0, 3))
    return st.lists(step, min_size=2, max_size=longest)


@settings(max_examples=150)
@given(
    program=programs(8),
    shapes=st.tuples(st.sampled_from(SHAPES), st.sampled_from(SHAPES)),
    orders=st.lists(st.booleans(), min_size=1, max_size=3),
)
def test_three_sweeps_one_derivative(program, shapes, orders):
    plain = derivatives(program, shapes, orders, simplify=False)
    rewritten = derivatives(program, shapes, orders, simplify=True)
    raw_at_last = derivatives(program, shapes, orders, simplify=True, last_recorded=False)
    for found in (rewritten, raw_at_last):
        for a, b in zip(found, plain, strict=True):
            assert (a.shape, a.dtype) == (b.shape, b.dtype)
            np.testing.assert_allclose(a, b, rtol=1e-7, atol=1e-9)


@settings(max_examples=75)
@given(
    program=programs(6),
    shape=st.sampled_from(SHAPES),
)
def test_the_gradient_is_the_slope(program, shape):
    """Against central differences along one direction, where no kink is crossed."""

    direction = np.cos(np.arange(np.prod(shape, dtype=int))).reshape(shape)

    def f(s):
        x = Variable(np.asarray(constant(*shape) + s * direction))
        y = build(x, Variable(constant(3) + 0.05), program)
        return x, F.sum(y * constant(*y.shape))

    h = 1e-5
    x, y = f(0.0)
    slope = (f(h)[1].item() - f(-h)[1].item()) / (2 * h)
    (g,) = gradients(y, x, create_graph=True)
    assert np.sum(g.data * direction) == pytest.approx(slope, rel=1e-5, abs=1e-5 * (1 + abs(y.item())))
