"""Whose array is it: changing a gradient in place changes nothing else."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Function, Variable, gradients, using_config


class Through(Function):
    """Hands its input and its gradient on as they are."""

    def forward(self, x):
        return x

    def backward(self, gy):
        return gy


class Itself(Function):
    """The gradient it returns is its own input."""

    def forward(self, x):
        return x * 1.0

    def backward(self, gy):
        return self.inputs[0]


ONE = {
    "leaf": lambda x: x,
    "add": lambda x: x + 1.0,
    "exp": F.exp,
    "square": lambda x: x * x * 0.5,
    "through": lambda x: Through()(x),
    "itself": lambda x: Itself()(x),
    "reshape": lambda x: x.reshape(4, 1),
    "transpose": lambda x: x.T,
    "sum": lambda x: F.sum(x, axis=0),
    "broadcast": lambda x: F.broadcast_to(x, (3, 2, 2)),
    "get_item": lambda x: x[:],
    "concatenate": lambda x: F.concatenate([x, x]),
}


@pytest.mark.parametrize("how", ["raw", "recorded", "plain"])
@pytest.mark.parametrize("retain", [False, True])
@pytest.mark.parametrize("name", ONE)
def test_a_gradient_shares_memory_with_nothing(name, retain, how):
    x = Variable(np.arange(1.0, 5.0).reshape(2, 2))
    y = ONE[name](x)
    seed = Variable(np.arange(1.0, y.size + 1).reshape(y.shape))
    if y is not x:
        y.grad = seed
    with using_config("simplify", how != "plain"):
        y.backward(create_graph=how != "raw", retain_grad=retain)
    g = x.grad.data
    others = [x.data, y.data] + ([] if y is x else [seed.data]) + ([y.grad.data] if retain and y is not x else [])
    shared = [i for i, other in enumerate(others) if np.shares_memory(g, other)]
    assert g.flags.writeable
    assert shared == []


TWO = {
    "add": lambda a, b: a + b,
    "mul": lambda a, b: a * b,
    "difference": lambda a, b: a - b,
    "concatenate": lambda a, b: F.concatenate([a, b]),
    "sum of both": lambda a, b: F.sum(a) + F.sum(b),
    "matmul": lambda a, b: a @ b,
    "where": lambda a, b: F.where(np.eye(2) > 0, a, b),
}


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("seeded", [False, True])
@pytest.mark.parametrize("name", TWO)
def test_two_gradients_do_not_share(name, seeded, create_graph):
    a, b = Variable(np.arange(4.0).reshape(2, 2)), Variable(np.arange(4.0, 8.0).reshape(2, 2))
    y = TWO[name](a, b)
    seed = Variable(np.ones(y.shape))
    if seeded:
        y.grad = seed
    y.backward(create_graph=create_graph)
    kept = b.grad.data.copy()
    a.grad.data[...] = 99.0
    np.testing.assert_array_equal(b.grad.data, kept)
    np.testing.assert_array_equal(seed.data, np.ones(y.shape))
    np.testing.assert_array_equal(a.data, np.arange(4.0).reshape(2, 2))
    np.testing.assert_array_equal(b.data, np.arange(4.0, 8.0).reshape(2, 2))


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_broadcast_gradient_can_be_written(create_graph):
    a, b = Variable(np.ones(2)), Variable(np.ones((3, 2)))
    F.sum(a * b).backward(create_graph=create_graph)
    kept = a.data.copy()
    b.grad.data[0] = 5.0
    np.testing.assert_array_equal(b.grad.data, [[5.0, 5.0], [1.0, 1.0], [1.0, 1.0]])
    np.testing.assert_array_equal(a.data, kept)


@pytest.mark.parametrize("create_graph", [False, True])
def test_gradients_gives_each_place_its_own(create_graph):
    x = Variable(np.ones(2))
    first, second = gradients(x * x, (x, x), create_graph=create_graph)
    assert first is not second
    assert not np.shares_memory(first.data, second.data)


@pytest.mark.parametrize("create_graph", [False, True])
def test_renaming_a_gradient_renames_no_node_of_the_graph(create_graph):
    x = Variable(np.array(2.0))
    y = F.exp(x)
    y.backward(create_graph=create_graph)
    x.grad.name = "gx"
    assert y.name is None


@pytest.mark.parametrize("create_graph", [False, True])
def test_plain_arrays_in_the_graph_are_not_handed_out(create_graph):
    x, a = Variable(np.ones(2)), np.array([3.0, 4.0])
    (x * a).backward(create_graph=create_graph)
    x.grad.data[...] = 99.0
    np.testing.assert_array_equal(a, [3.0, 4.0])


@pytest.mark.parametrize("again", [1, 2, 3], ids=["first", "second", "third"])
def test_constant_gradients_are_fresh_each_time(again):
    x = Variable(np.ones(2))
    for _ in range(again):
        (g,) = gradients(F.sum(x * 3.0), x, create_graph=True)
        np.testing.assert_array_equal(g.data, [3.0, 3.0])
        g.data[...] = 99.0


def test_a_later_change_of_a_plain_array_changes_no_other_graph():
    """One cached derivation serves all equal graphs; an array of the first graph must not get into it."""

    def gradient(w):
        x = Variable(np.array([1.0, 2.0]))
        return gradients((F.sin(x) * x * w).sum(), x, create_graph=True)[0].data

    w = np.array([3.0, 7.0])
    expected = gradient(w).copy()
    w *= 10
    np.testing.assert_array_equal(gradient(np.array([3.0, 7.0])), expected)
    np.testing.assert_allclose(gradient(w), 10 * expected, rtol=1e-15)
