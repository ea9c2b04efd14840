"""The setting that finds arrays which were changed in place after an operation used them."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Config, Function, GraphError, Variable, grad, gradients, hessian, jvp, using_config
from dezero.core import graph

MATRIX = np.arange(6.0).reshape(2, 3)


def given(x, a):
    a += 1


def shown(x, a):
    x.data[0] = 5


CASES = {
    "unary": (F.sin, given),
    "through .data": (F.sin, shown),
    "the second use": (lambda x: F.sin(x) * x, given),
    "a matrix product": (lambda x: MATRIX @ x, given),
    "an index": (lambda x: x[np.array([0, 0, 2])], given),
    "several outputs": (lambda x: F.split(x, 3)[0] * 2, given),
    "a sort": (lambda x: F.sort(x), given),
}


@pytest.mark.parametrize("name", CASES)
def test_a_change_in_place_is_found(name):
    f, change = CASES[name]
    a = np.array([0.3, -0.7, 1.2])
    x = Variable(a)
    with using_config("check_inplace", True):
        y = F.sum(f(x))
        y.backward()
        change(x, a)
        with pytest.raises(GraphError, match=r"^backward: .* was changed in place since"):
            y.backward()
        with pytest.raises(GraphError, match=r"^gradients: .* was changed in place since"):
            gradients(y, x, create_graph=True)


def test_the_operation_is_named():
    x, w = Variable(np.ones(2)), np.ones(2)
    y = F.exp(x * w)
    w[0] = 3
    with using_config("check_inplace", True), pytest.raises(GraphError, match=r"mul\(float64 array of shape \(2,\)"):
        y.sum().backward()


def test_a_result_that_was_changed():
    x = Variable(np.ones(2))
    y = F.exp(x)
    y.data[0] = 0
    with using_config("check_inplace", True), pytest.raises(GraphError, match=r"exp\(float64 array of shape"):
        F.sum(y).backward()


def test_nothing_is_changed_where_it_raises():
    x = Variable(np.ones(2))
    x.grad = Variable(np.full(2, 7.0))
    y = F.sum(x * x)
    x.data[0] = 0
    with using_config("check_inplace", True), pytest.raises(GraphError):
        y.backward()
    np.testing.assert_array_equal(x.grad.data, 7)


def test_what_did_not_change_is_differentiated():
    def f(x):
        return F.sum(F.sort(F.tanh(MATRIX @ x)) * F.log(F.abs(x[:2]) * 0))  # -inf, and nan in the derivatives

    class Random(Function):
        def forward(self, x):
            return x * np.random.rand()

        def backward(self, g):
            return g

    point = np.array([0.3, -0.7, 1.2])
    with using_config("check_inplace", True), np.errstate(all="ignore"):
        grad(f)(point)
        hessian(lambda x: F.sum(F.sin(x) * x))(point)
        jvp(lambda x: F.cumsum(x) / F.norm(x), (point,), (point,))
        gradients(Random()(Variable(point)), Variable(point))


def test_a_value_that_can_no_longer_be_computed():
    x = Variable(np.ones(3))
    y = x * F.where(np.array([True, False, True]), x, 2.0)
    x._data.resize(2, refcheck=False)
    with using_config("check_inplace", True), pytest.raises(GraphError, match="was changed in place since"):
        gradients(F.sum(y), x)


def test_it_is_off_and_then_computes_nothing_again(monkeypatch):
    assert not Config.check_inplace
    monkeypatch.setattr(graph, "check_unchanged", lambda *args: pytest.fail("computed again"))
    x = Variable(np.array(2.0))
    (x * x).backward(create_graph=True)
    gradients(F.sin(x), x)
