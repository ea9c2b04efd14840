"""The libraries that are measured, each loaded when first asked for, and the operations the rows use."""

import functools
from types import SimpleNamespace
from typing import Any

import dezero.functions as F

LIBRARIES = ("DeZero", "PyTorch", "JAX", "folx", "diffrax", "autograd", "SciPy", "heyoka", "CasADi", "Numba")


@functools.cache
def torch() -> Any:
    """Return PyTorch, held to one thread."""
    import torch

    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    torch.ones((), requires_grad=True).backward()  # the first sweep of a process loads more of PyTorch
    return torch


@functools.cache
def jax() -> Any:
    """Return JAX with 64-bit numbers allowed, as every other library here has them."""
    import jax

    jax.config.update("jax_enable_x64", True)
    return jax


@functools.cache
def folx() -> Any:
    """Return folx, whose forward Laplacian works on JAX."""
    jax()
    import folx

    return folx


@functools.cache
def autograd() -> Any:
    """Return HIPS autograd with its NumPy as `.numpy`."""
    import autograd
    import autograd.numpy

    return autograd


@functools.cache
def diffrax() -> Any:
    """Return diffrax, for 64-bit numbers."""
    jax()
    import diffrax

    return diffrax


@functools.cache
def scipy() -> Any:
    """Return SciPy with its integrators."""
    import scipy.integrate

    return scipy


@functools.cache
def heyoka() -> Any:
    """Return heyoka, whose compiled functions and Taylor integrators are LLVM's."""
    import heyoka

    return heyoka


@functools.cache
def casadi() -> Any:
    """Return CasADi."""
    import casadi

    return casadi


@functools.cache
def numba() -> Any:
    """Return Numba."""
    import numba

    return numba


_LOADERS = {
    "PyTorch": torch,
    "JAX": jax,
    "folx": folx,
    "diffrax": diffrax,
    "autograd": autograd,
    "SciPy": scipy,
    "heyoka": heyoka,
    "CasADi": casadi,
    "Numba": numba,
}


def absent() -> dict[str, str]:
    """Return the peers that cannot be loaded, and why."""
    reasons = {}
    for library, load in _LOADERS.items():
        try:
            load()
        except ImportError as error:
            reasons[library] = str(error)
    return reasons


def operations(library: str) -> Any:
    """Return a library's operations under one set of names: sin, tanh, exp, sigmoid, matmul and mean."""
    if library == "DeZero":
        return F
    if library == "PyTorch":
        return torch()
    module = jax().numpy if library == "JAX" else autograd().numpy
    sigmoid = jax().nn.sigmoid if library == "JAX" else lambda x: 1 / (1 + module.exp(-x))
    names = ("sin", "tanh", "exp", "matmul", "mean")
    return SimpleNamespace(sigmoid=sigmoid, **{name: getattr(module, name) for name in names})
