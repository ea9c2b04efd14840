"""However arrays are cut or gathered, each element is stepped as it would be alone."""

import copy
import pickle
import sys
import tracemalloc
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero.functions as F
from dezero import GraphError, Parameter, Variable
from dezero.optimizers import SGD, Adam, AdamW, MomentumSGD, blocks


class Target:
    def __init__(self, params):
        self._params = params

    def params(self):
        return iter(self._params)


def laid_out(values, order):
    """The same numbers, in memory as `order` says."""
    if order == "F":
        return np.array(values, order="F")
    if order == "strided":
        wide = np.zeros((*values.shape, 2), values.dtype)
        wide[..., 0] = values
        return wide[..., 0]
    return values.copy()


shapes = st.lists(st.lists(st.integers(0, 5), max_size=3).map(tuple), min_size=1, max_size=6)
orders = st.sampled_from(["C", "F", "strided"])
dtypes = st.sampled_from([np.float16, np.float32, np.float64, np.complex64, np.complex128])


@given(
    shapes,
    st.data(),
    st.sampled_from([AdamW, MomentumSGD]),
    st.sampled_from([0, 100, 400, 2000]),
    st.sampled_from([0, 4, 25]),
)
def test_together_and_in_chunks_is_as_one_by_one(shapes, data, kind, cache, small):
    rng = np.random.default_rng(0)
    together, alone = [], []
    for shape in shapes:
        values = rng.standard_normal(shape).astype(data.draw(dtypes))
        together.append(Parameter(laid_out(np.asarray(values), data.draw(orders))))
        alone.append(Parameter(values.copy()))
    one = kind().setup(Target(together))
    many = [kind().setup(Target([p])) for p in alone]
    for _ in range(3):
        order = data.draw(orders)
        for p, q in zip(together, alone, strict=True):
            g = np.asarray(rng.standard_normal(p.shape).astype(p.dtype))
            p.grad, q.grad = Variable(laid_out(g, order)), Variable(g.copy())
            if data.draw(st.integers(0, 4)) == 0:
                p.grad = q.grad = None
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(blocks, "CACHE", cache)
            patch.setattr(blocks, "SMALL", small)
            one.update()
        for optimizer in many:
            optimizer.update()
    for p, q in zip(together, alone, strict=True):
        np.testing.assert_array_equal(p.data, q.data)


def step(optimizer, *grads):
    for param, grad in zip(optimizer.params(), grads, strict=True):
        param.grad = Variable(grad)
    optimizer.update()


def test_a_float64_gradient_leaves_data_and_state_float32(holder):
    layer = holder(np.ones(3, np.float32), np.ones(40_000, np.float32))
    optimizer = MomentumSGD().setup(layer)
    step(optimizer, np.full(3, 1 / 3), np.full(40_000, 1 / 3))
    for param in layer.params():
        assert param.dtype == optimizer.state_of(param)["v"].dtype == np.float32
        np.testing.assert_array_equal(param.data, np.float32(1) - np.float32(0.01) * np.float32(1 / 3))


def test_half_precision_is_stepped_in_float32(holder):
    layer = holder(np.ones(3, np.float16), np.ones(40_000, np.float16))
    optimizer = Adam(alpha=0.5).setup(layer)
    step(optimizer, np.full(3, 1000, np.float16), np.full(40_000, 1000, np.float16))  # its square is beyond float16
    for param in layer.params():
        assert param.dtype == np.float16
        np.testing.assert_array_equal(param.data, 0.5)


@pytest.mark.parametrize("size", [5, 100_000])
def test_a_gradient_that_is_the_data_itself_is_read_before_it_changes(holder, size):
    values = np.random.default_rng(0).standard_normal(size)
    layer = holder(values.copy())
    step(SGD(lr=0.5).setup(layer), layer.p0.data[::-1])
    np.testing.assert_array_equal(layer.p0.data, values - 0.5 * values[::-1])


@pytest.mark.parametrize("kind", [SGD, MomentumSGD, Adam, AdamW])
def test_gradients_stay_as_they_are(holder, kind):
    layer, grads = holder(np.ones(3), np.ones(40_000)), [np.full(3, 2.0), np.full(40_000, 2.0)]
    step(kind().setup(layer), *grads)
    assert all((g == 2.0).all() for g in grads)


def test_one_gradient_for_two_parameters_steps_both(holder):
    layer, grad = holder(np.zeros(3), np.zeros(3)), np.ones(3)
    step(SGD(lr=1.0).setup(layer), grad, grad)
    np.testing.assert_array_equal([layer.p0.data, layer.p1.data], -np.ones((2, 3)))


def test_a_parameter_that_is_yielded_twice_is_stepped_once():
    p = Parameter(np.zeros(3))
    p.grad = Variable(np.ones(3))
    SGD(lr=1.0).setup(Target([p, p])).update()
    np.testing.assert_array_equal(p.data, -np.ones(3))


@pytest.mark.parametrize("size", [3, 40_000])
def test_data_that_was_rebound_is_what_is_stepped(holder, size):
    layer = holder(np.zeros(size), np.zeros(size))
    optimizer = MomentumSGD(lr=1.0, momentum=0.5).setup(layer)
    step(optimizer, np.ones(size), np.ones(size))
    old = layer.p0.data
    layer.p0.data = np.full(size, 10.0)
    step(optimizer, np.ones(size), np.ones(size))
    np.testing.assert_array_equal(old, -1.0)
    np.testing.assert_array_equal(layer.p0.data, 8.5)
    np.testing.assert_array_equal(layer.p1.data, -2.5)


def test_data_of_another_dtype_takes_its_state_along(holder):
    layer = holder(np.zeros(3, np.float32))
    optimizer = MomentumSGD(lr=1.0, momentum=0.5).setup(layer)
    step(optimizer, np.ones(3, np.float32))
    layer.p0.data = layer.p0.data.astype(np.float64)
    step(optimizer, np.ones(3))
    assert optimizer.state_of(layer.p0)["v"].dtype == np.float64
    np.testing.assert_array_equal(layer.p0.data, -2.5)


def test_parameters_may_come_and_go_between_steps(holder):
    layer = holder(np.zeros(3), np.zeros(2), None)
    optimizer = MomentumSGD(lr=1.0, momentum=0.5).setup(layer)
    layer.give(np.ones(3), None, None)
    optimizer.update()
    layer.p2.data = np.zeros(1)
    layer.give(np.ones(3), np.ones(2), np.ones(1))
    optimizer.update()
    layer.give(None, np.ones(2), None)
    optimizer.update()
    layer.give(np.ones(3), None, np.ones(1))
    optimizer.update()
    assert [p.data[0] for p in layer.params()] == [-1 - 1.5 - 1.75, -1 - 1.5, -1 - 1.5]


@pytest.mark.parametrize("how", ["update", "update_one"])
def test_a_graph_that_used_the_old_values_refuses_to_be_differentiated(holder, how):
    layer = holder(np.ones(3), np.ones(40_000))
    stale = [F.sum(p * p) for p in layer.params()]
    optimizer = SGD().setup(layer.give(np.ones(3), np.ones(40_000)))
    if how == "update":
        optimizer.update()
    else:
        for p in layer.params():
            optimizer.update_one(p)
    for y in stale:
        with pytest.raises(GraphError, match="rebound"):
            y.backward()


def test_a_stepped_intermediate_is_no_longer_what_was_computed():
    x = Parameter(np.ones(3))
    h = x * 2.0
    h.grad = Variable(np.ones(3))
    SGD(lr=1.0).setup(Target([h])).update()
    np.testing.assert_array_equal(h.data, 1.0)
    with pytest.raises(GraphError, match="rebound"):
        F.sum(h).backward()


def test_an_update_that_failed_leaves_no_state_behind_its_back(holder):
    layer = holder(np.zeros(3, np.float32), np.zeros(3))
    optimizer = MomentumSGD(lr=1.0, momentum=0.5).setup(layer)
    step(optimizer, np.ones(3), np.ones(3))
    kept = layer.p0.data, layer.p1.data
    layer.p0.data, layer.p1.data = np.zeros(3), np.zeros(2)
    layer.cleargrads()
    with pytest.raises(ValueError, match="was stepped with shape"):
        step(optimizer, np.ones(3), np.ones(2))
    layer.cleargrads()
    layer.p0.data, layer.p1.data = kept
    step(optimizer, np.ones(3), np.ones(3))
    np.testing.assert_array_equal([layer.p0.data, layer.p1.data], -2.5)
    np.testing.assert_array_equal([optimizer.state_of(p)["v"] for p in layer.params()], -1.5)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))], ids=["deepcopy", "pickle"])
def test_a_copy_goes_on_by_itself(holder, copied):
    optimizer = Adam(alpha=0.1).setup(Target([Parameter(np.ones(3)), Parameter(np.ones(40_000))]))
    grads = np.arange(3.0), np.arange(40_000.0)
    step(optimizer, *grads)
    other = copied(optimizer)
    before = [p.data.copy() for p in optimizer.params()]
    for _ in range(2):
        step(other, *grads)
    assert all(np.array_equal(p.data, old) for p, old in zip(optimizer.params(), before, strict=True))
    for _ in range(2):
        step(optimizer, *grads)
    for p, q in zip(optimizer.params(), other.params(), strict=True):
        np.testing.assert_array_equal(p.data, q.data)
        np.testing.assert_array_equal(optimizer.state_of(p)["m"], other.state_of(q)["m"])


@pytest.fixture
def gpu(monkeypatch):
    """A module in CuPy's place whose arrays are NumPy's under another type."""

    class ndarray(np.ndarray):
        pass

    module = ModuleType("cupy")
    module.ndarray = ndarray
    module.asnumpy = lambda x: x.view(np.ndarray)
    for name in ("asarray", "empty", "zeros"):
        setattr(module, name, lambda *a, _name=name, **k: getattr(np, _name)(*a, **k).view(ndarray))
    monkeypatch.setitem(sys.modules, "cupy", module)
    return module


def test_arrays_on_a_gpu_are_stepped_whole_and_remembered_there(holder, gpu):
    values, grads = [np.ones(3), np.linspace(-1.0, 1.0, 40_000)], [np.ones(3), np.linspace(1.0, 2.0, 40_000)]
    here, there = holder(*[v.copy() for v in values]), holder(*[v.copy().view(gpu.ndarray) for v in values])
    first, second = Adam().setup(here), Adam().setup(there)
    for _ in range(2):
        step(first, *grads)
        step(second, *[g.view(gpu.ndarray) for g in grads])
    for p, q in zip(here.params(), there.params(), strict=True):
        assert type(q.data) is type(second.state_of(q)["m"]) is gpu.ndarray
        np.testing.assert_array_equal(p.data, q.data.view(np.ndarray))


def test_state_follows_its_parameter_to_the_gpu_and_back(holder, gpu):
    here, there = holder(np.ones(3)), holder(np.ones(3))
    first, second = MomentumSGD().setup(here), MomentumSGD().setup(there)
    for where in (np.ndarray, gpu.ndarray, np.ndarray):
        there.p0.data = there.p0.data.view(where)
        step(first, np.arange(3.0))
        step(second, np.arange(3.0).view(where))
        assert type(second.state_of(there.p0)["v"]) is where
    np.testing.assert_array_equal(here.p0.data, there.p0.data)


@pytest.mark.parametrize("kind", [SGD, MomentumSGD, Adam, AdamW])
def test_after_the_first_update_no_array_is_made(holder, kind):
    layer = holder(np.ones((700, 100), np.float32), np.ones(700, np.float32), np.ones((100, 300), np.float32).T)
    layer.give(*[np.ones_like(p.data) for p in layer.params()])
    optimizer = kind().setup(layer)
    optimizer.update()
    tracemalloc.start()
    optimizer.update()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100 * 1024  # of a first moment there would be 400 KB; NumPy buffers what is not contiguous
