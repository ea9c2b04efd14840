"""Functions of DeZero inside PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from dezero.core.variable import as_variable
from dezero.derivatives.transforms import vjp
from dezero.interop.dlpack import from_dlpack


def function(f: Callable[..., Any]) -> Callable[..., torch.Tensor]:
    """A function of tensors that runs f, a DeZero function of arrays with one array as its result.

    PyTorch differentiates it as often as it likes: its backward is such a function again, of f's pullback. f sees the
    tensors' memory without a copy, and must not write to it. TypeError for an argument that is no tensor, a complex one
    that needs a gradient, or a result that is no single array; ValueError for a tensor that is not on the CPU.

    >>> import dezero.functions as F
    >>> x = torch.tensor([0.0, 1.0], dtype=torch.float64, requires_grad=True)
    >>> y = function(F.sin)(x).sum()
    >>> torch.autograd.grad(y, x)[0]
    tensor([1.0000, 0.5403], dtype=torch.float64)
    """

    def call(*tensors: torch.Tensor) -> torch.Tensor:
        for i, tensor in enumerate(tensors):
            if not isinstance(tensor, torch.Tensor):
                raise TypeError(f"function: argument {i} must be a torch.Tensor, not {type(tensor).__name__}")
            if tensor.device.type != "cpu":
                where = f"argument {i} of shape {tuple(tensor.shape)} is on {tensor.device}"
                raise ValueError(f"function: {where}: move it with .cpu()")
            if tensor.is_complex() and tensor.requires_grad:
                kind = f"argument {i} is {tensor.dtype} and needs a gradient"
                raise TypeError(f"function: {kind}: give its real and imaginary parts as two arguments")
        (y,) = _Call.apply(lambda *arrays: (f(*arrays),), *tensors)
        return y

    return call


class _Call(torch.autograd.Function):
    """A DeZero function that gives a tuple of arrays, as a node of PyTorch's graph."""

    @staticmethod
    def forward(ctx: Any, f: Callable[..., Any], *tensors: torch.Tensor) -> Any:
        ctx.f = f
        ctx.save_for_backward(*tensors)
        return tuple([_tensor(y) for y in f(*[from_dlpack(t.detach().resolve_conj()) for t in tensors])])

    @staticmethod
    def backward(ctx: Any, *cotangents: torch.Tensor) -> Any:
        f, tensors = ctx.f, ctx.saved_tensors
        n = len(tensors)
        if any([t.is_complex() and needed for t, needed in zip(tensors, ctx.needs_input_grad[1:], strict=True)]):
            raise TypeError("function: a derivative in complex numbers is asked for; let f take and give real arrays")
        floats = [i for i, t in enumerate(tensors) if t.is_floating_point() and ctx.needs_input_grad[i + 1]]

        def pulled(*arrays: Any) -> Any:
            def of_floats(*chosen: Any) -> Any:
                every = list(arrays[:n])
                for i, x in zip(floats, chosen, strict=True):
                    every[i] = x
                return f(*every)

            return vjp(of_floats, *[arrays[i] for i in floats])[1](arrays[n:])

        grads: list[Any] = [None] * (n + 1)
        for i, grad in zip(floats, _Call.apply(pulled, *tensors, *cotangents), strict=True):
            grads[i + 1] = grad
        return tuple(grads)


def _tensor(y: Any) -> torch.Tensor:
    """The tensor of one result; a copy, as f may give an argument's own memory."""
    try:
        return torch.as_tensor(np.array(as_variable(y).data, order="C"))
    except TypeError:
        raise TypeError(f"function: f must return one array, not {type(y).__name__}") from None
