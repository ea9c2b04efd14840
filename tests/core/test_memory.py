"""Memory goes as the last reference goes, without the cycle collector; and no depth is too deep."""

import gc
import tracemalloc
import weakref

import numpy as np
import pytest

import dezero.functions as F
from dezero import Function, Variable, gradients, no_grad, using_config
from tests.collector import sleeping_collector


@pytest.fixture(autouse=True)
def no_collector():
    with sleeping_collector():
        yield


def var(x):
    return Variable(np.array(x, float))


class Scale(Function):
    def forward(self, x):
        return x * 2.0

    def backward(self, gy):
        return gy * 2.0


class Parts(Function):
    def forward(self, x):
        return x * 2.0, x * 3.0

    def backward(self, a, b):
        return a * 2.0 + b * 3.0


GRAPHS = {
    "operations": lambda x: F.tanh(x) * x,
    "view": lambda x: x.reshape(2, 1).T[0],
    "matmul": lambda x: x.reshape(1, 2) @ x.reshape(2, 1),
    "concatenate": lambda x: F.concatenate([x, x * 2]),
    "function": lambda x: Scale()(x) * x,
    "several outputs": lambda x: Parts()(x)[0] * x,
    "all outputs": lambda x: F.add(*Parts()(x)),
}
USES = {
    "nothing": lambda y, x: None,
    "backward": lambda y, x: y.backward(),
    "recorded": lambda y, x: y.backward(create_graph=True),
    "retained": lambda y, x: y.backward(retain_grad=True),
    "twice": lambda y, x: (y.backward(create_graph=True), x.grad.backward(create_graph=True)),
    "gradients": lambda y, x: gradients(y, x, create_graph=True),
    "second gradients": lambda y, x: gradients(gradients(y, x, create_graph=True), x, create_graph=True),
    "looked at": lambda y, x: (y.creator, y.creator.inputs, y.generation, repr(y.creator)),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("graph", GRAPHS)
def test_a_graph_dies_with_its_last_reference(graph, use):
    for _ in range(2):  # built by the algebra, then by the cached derivation
        x = var([0.5, 0.7])
        h = x * 1.0
        y = GRAPHS[graph](h)
        USES[use](y, x)
        dead = [weakref.ref(v) for v in (h, y, x)]
        del y, h
        x.cleargrad()
        del x
        assert [ref() for ref in dead] == [None] * 3


def test_a_derivative_keeps_only_itself_alive():
    x = var([0.5, 0.7])
    (g,) = gradients(F.tanh(x), x, create_graph=True)
    refs = [weakref.ref(x), weakref.ref(g)]
    del x
    assert refs[0]() is not None
    del g
    assert [ref() for ref in refs] == [None, None]


def test_functions_die_with_their_outputs():
    for cls in (Scale, Parts):
        f = cls()
        y = f(var(1.0))
        ref = weakref.ref(f)
        del f
        assert ref() is not None
        del y
        assert ref() is None


def test_without_recording_inputs_die_at_once():
    with no_grad():
        x = var([1.0])
        y = F.sin(x) * 2
    ref = weakref.ref(x)
    del x
    assert (ref(), y.creator) == (None, None)


@pytest.mark.parametrize("f", [lambda x, a: x * x * a, lambda x, a: F.sin(x * a), lambda x, a: (x - a) ** 2])
def test_plain_arrays_die_with_the_graph(f):
    x, a = var([1.0, 2.0]), np.array([3.0, 4.0])
    ref = weakref.ref(a)
    y = f(x, a)
    gradients(y, x, create_graph=True)
    del a, y
    assert ref() is None


def newton(start):
    x = var(start)
    for _ in range(10):
        y = x**4 - 2 * x**2
        x.cleargrad()
        y.backward(create_graph=True)
        gx = x.grad
        x.cleargrad()
        gx.backward()
        x.data -= gx.data / x.grad.data
    return x.item()


def test_newton_loops_leave_nothing_behind():
    def wrong(loops):
        return sum(abs(newton(2.0 + k * 1e-3) - 1.0) > 1e-9 for k in range(loops))

    assert wrong(5) == 0  # derivations are cached
    before = len(gc.get_objects())
    assert wrong(1000) == 0
    assert len(gc.get_objects()) - before < 10


def test_fresh_batches_leave_nothing_behind():
    w = var(np.ones((50, 50)))

    def step(seed):
        batch = np.random.default_rng(seed).normal(size=(50, 50))
        (g,) = gradients(F.sum((w - batch) ** 2), w, create_graph=True)
        gradients(F.sum(g * g), w)

    step(0)
    tracemalloc.start()
    for seed in range(1, 51):
        step(seed)
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 10 * 50 * 50 * 8


# -- depth -------------------------------------------------------------------------------------------------------


def chain(x, step, n):
    y = x
    for _ in range(n):
        y = step(y)
    return y


def test_a_million_operations():
    x = var(1.0)
    y = chain(x, lambda y: y * 1.000001, 10**6)
    ref = weakref.ref(y.creator.inputs[0])
    y.backward()
    assert x.grad.item() == pytest.approx(np.e, rel=1e-6)
    assert y.generation == 10**6
    del y
    assert ref() is None


@pytest.mark.parametrize(
    "step",
    [lambda y: Scale()(y) * 0.5, lambda y: Parts()(y)[0] * 0.5, lambda y: y[::-1], lambda y: y.reshape(2, 1).T[0]],
    ids=["function", "several outputs", "get_item", "views"],
)
def test_deep_chains_of_other_kinds(step):
    x = var([1.0, 1.0])
    y = chain(x, step, 20_000)
    y.backward()
    np.testing.assert_array_equal(x.grad.data, [1.0, 1.0])
    y.unchain_backward()
    assert y.generation == 1


@pytest.mark.parametrize("simplify", [True, False])
def test_a_deep_recorded_derivative(simplify):
    """sin(sin(... + x) + x): the derivative's graph is deep as well, and so is the next one's."""
    x = var(0.5)
    y = chain(x, lambda y: F.sin(y) + x, 5_000)
    with using_config("simplify", simplify):
        y.backward(create_graph=True)
    g, first = x.grad, 1.0
    value = 0.5
    for _ in range(5_000):
        first = np.cos(value) * first + 1.0
        value = np.sin(value) + 0.5
    assert g.item() == pytest.approx(first, rel=1e-9)
    assert g.generation > 5_000
    x.cleargrad()
    g.backward()
    assert np.isfinite(x.grad.item())
    ref = weakref.ref(y)
    del y, g
    x.cleargrad()
    assert ref() is None


def test_a_wide_sum():
    xs = [var(float(i)) for i in range(2_000)]
    total = xs[0]
    for x in xs[1:]:
        total = total + x * x
    total.backward(create_graph=True)
    assert [x.grad.item() for x in xs[:3]] == [1.0, 2.0, 4.0]
    assert gradients(F.concatenate([x.reshape(1) for x in xs]), xs[7])[0].item() == 1.0
