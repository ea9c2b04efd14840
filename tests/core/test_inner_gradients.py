"""A derivative in intermediates looks only at what lies between them and the outputs, and is the same number."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero.functions as F
from dezero import Variable, cache_info, clear_cache, gradients, using_config
from dezero.core.graph import collect


def loss(w, b):
    return F.mean(F.tanh(w * np.array([0.3, -0.7]) + b) ** 2)


def descended(w, b, steps):
    for _ in range(steps):
        gw, gb = gradients(loss(w, b), (w, b), create_graph=True)
        w, b = w - 0.5 * gw, b - 0.5 * gb
    return w, b


def test_from_the_third_on_each_step_of_descent_is_the_same_derivation():
    clear_cache()
    descended(Variable(np.array(0.4)), Variable(np.array(0.1)), 3)
    misses = cache_info().misses
    descended(Variable(np.array(0.4)), Variable(np.array(0.1)), 9)
    assert cache_info().misses == misses


def test_the_graph_below_the_oldest_intermediate_is_left_out():
    w, b = descended(Variable(np.array(0.4)), Variable(np.array(0.1)), 5)
    y = loss(w, b)
    oldest = min(w._age, b._age)
    nodes = collect([y], since=oldest)
    assert len(nodes) < 15 < len(collect([y]))
    assert {w._age, b._age} <= nodes.keys()


@pytest.mark.parametrize("simplify", [True, False])
def test_a_gradient_through_descent_is_that_of_the_whole(simplify):
    w, b = Variable(np.array(0.4)), Variable(np.array(0.1))
    with using_config("simplify", simplify):
        found = gradients(loss(*descended(w, b, 3)), (w, b))

    def value(w, b):
        return loss(*descended(Variable(np.array(w)), Variable(np.array(b)), 3)).item()

    h = 1e-5
    wanted = [
        (value(0.4 + h, 0.1) - value(0.4 - h, 0.1)) / (2 * h),
        (value(0.4, 0.1 + h) - value(0.4, 0.1 - h)) / (2 * h),
    ]
    np.testing.assert_allclose([g.item() for g in found], wanted, rtol=1e-8)


@given(st.permutations(range(5)), st.integers(1, 5), st.booleans())
def test_an_input_below_another_gets_the_derivative_through_it(order, count, create_graph):
    """Of a chain with side paths: each asked node counts all paths to it, whichever others are asked for."""
    x = Variable(np.array(0.7))
    chain = [x]
    for _ in range(4):
        chain.append(F.sin(chain[-1]) * x + chain[len(chain) // 2])
    y = chain[-1] * chain[2] + F.exp(chain[1])
    alone = [gradients(y, node)[0].item() for node in chain]
    asked = [chain[i] for i in order[:count]]
    found = gradients(y, asked, create_graph=create_graph)
    np.testing.assert_allclose([g.item() for g in found], [alone[i] for i in order[:count]], rtol=1e-13)


def test_an_output_older_than_what_is_asked_for():
    x = Variable(np.array(2.0))
    y = x * x
    z = y * 3
    assert gradients(y, z)[0].item() == 0
    assert gradients((y, z), (z, y))[1].item() == 4


def test_one_output_of_an_operation_with_several():
    a = Variable(np.array([[2.0, 0.5], [0.5, 1.0]]))
    w, v = F.eigh(a @ a)
    (g,) = gradients(F.sum(w * v[0] ** 2), v, create_graph=True)
    np.testing.assert_allclose(g.data[0], 2 * w.data * v.data[0])


def test_backward_in_an_intermediate():
    x = Variable(np.array(2.0))
    h = x**3
    y = h * h + h
    y.backward(create_graph=True, inputs=h)
    assert h.grad.item() == 2 * 8 + 1
    (g,) = gradients(h.grad, x)
    assert g.item() == 2 * 12
