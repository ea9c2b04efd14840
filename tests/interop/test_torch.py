"""DeZero functions inside PyTorch's graph."""

import doctest
import importlib

import numpy as np
import pytest

import dezero
import dezero.functions as F

torch = pytest.importorskip("torch")
function = pytest.importorskip("dezero.interop.torch").function


def test_derivatives_to_order_five_are_those_of_pytorch():
    x = torch.linspace(-1, 1, 7, dtype=torch.float64, requires_grad=True)
    ours, theirs = function(lambda v: F.tanh(v) * F.sin(v))(x), torch.tanh(x) * torch.sin(x)
    for _ in range(6):
        torch.testing.assert_close(ours, theirs, rtol=1e-11, atol=1e-11)
        (ours,) = torch.autograd.grad(ours.sum(), x, create_graph=True)
        (theirs,) = torch.autograd.grad(theirs.sum(), x, create_graph=True)


def test_mixed_derivatives_of_two_arguments():
    a = torch.randn(3, dtype=torch.float64, requires_grad=True)
    b = torch.randn(3, dtype=torch.float64, requires_grad=True)
    f = function(lambda x, y: F.sin(x * y) * y)
    assert torch.autograd.gradcheck(f, (a, b))
    assert torch.autograd.gradgradcheck(f, (a, b))


def test_an_integer_argument_gets_no_gradient():
    k, x = torch.tensor([2, 3]), torch.ones(2, dtype=torch.float64, requires_grad=True)
    function(lambda x, k: x * k)(x, k).sum().backward()
    assert x.grad.tolist() == [2, 3]


def test_a_fourth_derivative_trains_in_a_loss_of_pytorch():
    fourth = function(lambda w, x: dezero.derivative(lambda t: F.sin(w * t), 4)(x))
    x = torch.linspace(0.2, 1, 9, dtype=torch.float64)
    w = torch.tensor(1.2, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([w], lr=0.02)
    for _ in range(300):
        optimizer.zero_grad()
        loss = ((fourth(w, x) - 1.5**4 * torch.sin(1.5 * x)) ** 2).mean()
        loss.backward()
        optimizer.step()
    np.testing.assert_allclose(w.item(), 1.5, rtol=1e-3)


def test_bad_arguments_and_results_are_named():
    with pytest.raises(TypeError, match=r"argument 0 must be a torch\.Tensor, not float"):
        function(F.sin)(1.0)
    with pytest.raises(ValueError, match=r"argument 0 of shape \(2,\) is on meta"):
        function(F.sin)(torch.ones(2, device="meta"))
    with pytest.raises(TypeError, match="f must return one array, not str"):
        function(lambda x: "no")(torch.ones(2))


def test_complex_derivatives_are_refused():
    z = torch.ones(2, dtype=torch.complex128, requires_grad=True)
    with pytest.raises(TypeError, match=r"argument 0 is torch\.complex128 and needs a gradient"):
        function(F.exp)(z)
    x = torch.ones(2, dtype=torch.float64, requires_grad=True)
    y = function(lambda v: F.exp(v * 1j))(x)
    (g,) = torch.autograd.grad(y.real.sum(), x, create_graph=True)
    torch.testing.assert_close(g, -torch.sin(x))


def test_a_read_only_or_reversed_result_becomes_a_tensor():
    x = torch.arange(3.0)
    assert function(lambda v: F.broadcast_to(v, (2, 3)))(x).shape == (2, 3)
    assert function(lambda v: v[::-1])(x).tolist() == [2, 1, 0]


def test_the_example_of_the_docstring():
    assert doctest.testmod(importlib.import_module("dezero.interop.torch")).failed == 0
