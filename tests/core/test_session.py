"""One derivation at a time continues the session of a derivative."""

import threading

import numpy as np
import pytest

import dezero.functions as F
from dezero import Function, Variable, gradients
from dezero.autodiff import cached
from dezero.autodiff import derive as derive_module


@pytest.fixture(autouse=True)
def nothing_cached():
    cached.clear_cache()


def V(x):
    return Variable(np.array(x))


def test_a_second_thread_that_differentiates_the_same_derivative_takes_another_algebra(monkeypatch):
    x = V(0.5)
    (first,) = gradients(F.tanh(x) * x, x, create_graph=True)
    found, inside, go_on = [], threading.Event(), threading.Event()

    def derive():
        found.append(gradients(first, x, create_graph=True)[0])

    def tangent_sweep(*args, original=derive_module.tangent_sweep):
        if threading.current_thread() is not threading.main_thread():
            inside.set()
            assert go_on.wait(20)
        return original(*args)

    monkeypatch.setattr(derive_module, "tangent_sweep", tangent_sweep)
    algebra = first._resume
    other = threading.Thread(target=derive)
    other.start()
    assert inside.wait(20)
    first._resume = algebra  # as if main had read it just before the other thread
    derive()
    go_on.set()
    other.join(20)
    assert len(found) == 2
    assert found[0]._resume is not found[1]._resume
    third = [gradients(g, x)[0].item() for g in found]
    assert third[0] == pytest.approx(third[1], rel=1e-14)


def test_a_session_that_an_error_interrupted_is_not_continued(monkeypatch):
    x, t = V(0.5), V(0.25)
    u_x, u_t = gradients(F.tanh(x * t) * x, (x, t), create_graph=True)
    algebra = u_t._resume
    assert u_x._resume is algebra
    with monkeypatch.context() as patch:
        patch.setattr("dezero.autodiff.derive.tangent_sweep", lambda *args: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            gradients(u_x, x, create_graph=True)
    (u_tt,) = gradients(u_t, t, create_graph=True)
    assert u_tt._resume is not algebra
    assert gradients(u_tt, x)[0].item() == pytest.approx(
        gradients(gradients(u_x, t, create_graph=True)[0], t)[0].item()
    )


def test_an_error_in_a_users_backward_leaves_every_gradient_as_it_was():
    class Fails(Function):
        def forward(self, x):
            return x * 1.0

        def backward(self, gy):
            raise ArithmeticError("on purpose")

    x = V(0.5)
    y = F.sin(Fails()(F.exp(x)))
    x.grad = V(3.0)
    for create_graph in (False, True):
        with pytest.raises(ArithmeticError, match="on purpose"):
            y.backward(create_graph=create_graph)
        assert x.grad.item() == 3.0
    assert gradients(F.sin(x), x, create_graph=True)[0].item() == pytest.approx(np.cos(0.5))
