"""Long short-term memory in one node, beside the same from operations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero.functions as F
from dezero import Variable, gradients, hvp, jvp
from tests.functions import naive


def arguments(steps=3, rows=2, inputs=2, size=3, dtype=np.float64, seed=0):
    random = np.random.default_rng(seed)
    shapes = (steps, rows, inputs), (rows, size), (rows, size), (inputs, 4 * size), (size, 4 * size), (4 * size,)
    return [random.standard_normal(shape).astype(dtype) for shape in shapes]


def composed(x, h, c, Wx, Wh, b):
    hs = []
    for row in x:
        o, f, i, u = F.split(F.matmul(row, Wx) + F.matmul(h, Wh) + b, 4, axis=1)
        c = F.sigmoid(f) * c + F.sigmoid(i) * F.tanh(u)
        h = F.sigmoid(o) * F.tanh(c)
        hs.append(h)
    return F.stack(hs), h, c


def scalar(step):
    def loss(*args):
        hs, h, c = step(*args)
        return F.sum(F.sin(hs) * hs) + F.sum(c * c * c) + F.sum(h * c)

    return loss


sizes = st.tuples(st.integers(1, 6), st.integers(1, 3), st.integers(0, 3), st.integers(1, 4))


@given(sizes=sizes, seed=st.integers(0, 100))
def test_value_and_gradients_are_those_of_the_composition(sizes, seed):
    args = arguments(*sizes, seed=seed)
    fused, plain = [Variable(a) for a in args], [Variable(a) for a in args]
    hs, h, c = F.lstm(*fused)
    np.testing.assert_array_equal(h.data, hs.data[-1])
    np.testing.assert_allclose(np.append(hs.data, c.data), naive.lstm(*args), rtol=1e-12, atol=1e-14)
    found = gradients(scalar(F.lstm)(*fused), fused)
    for ours, theirs in zip(found, gradients(scalar(composed)(*plain), plain), strict=True):
        np.testing.assert_allclose(ours.data, theirs.data, rtol=1e-10, atol=1e-12)


def test_second_and_third_derivatives_in_all_arguments_at_once():
    args, direction = arguments(), arguments(seed=1)

    def along(step):
        def line(t):
            return scalar(step)(*[a + t * d for a, d in zip(args, direction, strict=True)])

        return line

    t = Variable(np.array(0.2))
    fused, plain = [[d.item() for d in along(step)(t).jet(t, 4)] for step in (F.lstm, composed)]
    np.testing.assert_allclose(fused, plain, rtol=1e-9)
    y = along(F.lstm)(t)
    for order in range(1, 5):
        y.backward(create_graph=True)
        y, t.grad = t.grad, None
        np.testing.assert_allclose(y.item(), plain[order], rtol=1e-9)


def test_a_state_computed_from_the_input_gets_its_own_share():
    x, _, c, Wx, Wh, b = arguments(rows=1, inputs=3)

    def loss(step):
        def f(x):
            return scalar(step)(x, F.sum(x, axis=0), c, Wx, Wh, b)

        return f

    v = np.ones_like(x)
    for transform in (hvp, jvp):
        ours, theirs = [transform(loss(step), (x,), (v,)) for step in (F.lstm, composed)]
        for a, b_ in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(a.data, b_.data, rtol=1e-10)


def test_float32_stays_float32_in_values_and_gradients():
    args = [Variable(a) for a in arguments(dtype=np.float32)]
    hs, h, c = F.lstm(*args)
    assert {hs.dtype, h.dtype, c.dtype} == {np.dtype(np.float32)}
    assert {g.dtype for g in gradients(F.sum(hs) + F.sum(c), args)} == {np.dtype(np.float32)}


def test_gates_that_saturate_give_no_warning():
    x, h, c, Wx, Wh, b = arguments(dtype=np.float32)
    hs, _, _ = F.lstm(x, h, c, Wx, Wh, b - np.float32(500))
    np.testing.assert_array_equal(hs.data, 0)


def test_integer_input_is_taken_as_floats():
    _, h, c, Wx, Wh, b = arguments(inputs=1)
    x = np.arange(6).reshape(3, 2, 1)
    np.testing.assert_array_equal(F.lstm(x, h, c, Wx, Wh, b)[0].data, F.lstm(x * 1.0, h, c, Wx, Wh, b)[0].data)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({0: np.ones((2, 2))}, r"x must be \(steps, samples, inputs\).*\(2, 2\); use x\[None\]"),
        ({0: np.ones((0, 2, 2))}, "with a step at least"),
        ({1: np.ones((3, 3))}, r"h and c must be \(2, size\)"),
        ({2: np.ones((2, 4))}, r"h and c must be \(2, size\)"),
        ({3: np.ones((3, 12))}, r"Wx, Wh and b must be of shapes \(2, 12\), \(3, 12\) and \(12,\)"),
        ({5: np.ones(3)}, "got.*and \\(3,\\)"),
    ],
)
def test_shapes_that_do_not_fit_are_named(change, message):
    args = arguments()
    for i, value in change.items():
        args[i] = value
    with pytest.raises(ValueError, match=message):
        F.lstm(*args)
