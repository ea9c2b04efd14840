"""Frozen leaves: requires_grad as in PyTorch."""

import copy
import pickle

import numpy as np
import pytest

import dezero
import dezero.functions as F
from dezero import GraphError, Parameter, Variable, gradients, optimizers
from dezero.models import MLP

X = np.array([1.0, 2.0])


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("retain_grad", [False, True])
def test_a_frozen_leaf_gets_no_gradient(create_graph, retain_grad):
    a, b = Variable(X), Variable(X, requires_grad=False)
    y = F.sum(F.sin(b) * a * b)
    y.backward(retain_grad, create_graph)
    assert b.grad is None
    np.testing.assert_array_equal(a.grad.data, np.sin(X) * X)


def test_it_is_switched_on_and_off():
    p = Parameter(X)
    assert p.requires_grad
    p.requires_grad = False
    assert not p.requires_grad
    assert not (p * 2).requires_grad
    assert (p * Variable(X)).requires_grad
    p.requires_grad = True
    F.sum(p * 2).backward()
    np.testing.assert_array_equal(p.grad.data, [2, 2])


def test_what_is_asked_for_is_differentiated():
    x = Variable(X, requires_grad=False)
    np.testing.assert_array_equal(gradients(F.sum(x * x), x)[0].data, 2 * X)
    np.testing.assert_array_equal(dezero.grad(lambda x: F.sum(x * x))(x).data, 2 * X)
    y = F.sum(x * x)
    y.backward(inputs=x)
    np.testing.assert_array_equal(x.grad.data, 2 * X)


def test_a_graph_of_frozen_leaves_alone_is_refused():
    y = F.sum(Variable(X, requires_grad=False) * 2)
    with pytest.raises(GraphError, match="requires_grad is False"):
        y.backward()


def test_a_result_cannot_be_frozen():
    y = Variable(X) * 2
    with pytest.raises(GraphError, match="detach"):
        y.requires_grad = False


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))])
def test_copies_stay_frozen(copied):
    p = Parameter(X)
    p.requires_grad = False
    assert not copied(p).requires_grad
    p.requires_grad = True
    assert copied(p).requires_grad


def test_frozen_parameters_stay_where_they_are():
    model = MLP((3, 1))
    x = np.ones((4, 2))
    model(x)
    for p in model.l0.params() if hasattr(model, "l0") else list(model.params())[:2]:
        p.requires_grad = False
    before = [p.data.copy() for p in model.params()]
    optimizer = optimizers.Adam(0.1).setup(model)
    F.sum(model(x) ** 2).backward()
    optimizer.update()
    assert [np.array_equal(p.data, b) for p, b in zip(model.params(), before, strict=True)] == [
        True,
        True,
        False,
        False,
    ]
