"""Other libraries under the names of dezero.functions, for functions written over a namespace `F`."""

from __future__ import annotations

import importlib.util

import numpy as np

MODULES = {"PyTorch": "torch", "JAX": "jax", "autograd": "autograd"}


def importable(peer):
    return importlib.util.find_spec(MODULES[peer]) is not None


class Names:
    """An attribute is looked for among names of its own, then in each module."""

    def __init__(self, own, *modules):
        self.own, self.modules = own, modules

    def __getattr__(self, name):
        if name in self.own:
            if self.own[name] is None:
                raise AttributeError(name)
            return self.own[name]
        for module in self.modules:
            if hasattr(module, name):
                return getattr(module, name)
        raise AttributeError(name)


def torch_gradients(function, arguments):
    import torch
    import torch.nn.functional as nn

    def reduced(name):
        def call(x, axis=None):
            return getattr(torch, name)(x) if axis is None else getattr(torch, name)(x, axis)

        return call

    own = {
        "max": reduced("amax"),
        "min": reduced("amin"),
        "ptp": None,
        "nanmax": None,
        "median": lambda x: torch.quantile(x, 0.5),
        "cummax": lambda x: torch.cummax(x, 0).values,
        "cummin": lambda x: torch.cummin(x, 0).values,
        "sort": lambda x: torch.sort(x, stable=True).values,
        "top_k": lambda x, k: torch.topk(x, k),
        "clip": lambda x, low, high: torch.clamp(x, low, high),
        "pooling": lambda x, k: nn.max_pool2d(x, k),
        "elu": lambda x, alpha=1.0: nn.elu(x, alpha),
        "huber_loss": lambda x, t, reduction: nn.huber_loss(x, torch.as_tensor(t), reduction=reduction),
        "hinge_loss": None,
        "std": lambda x: torch.std(x, correction=0),
        "norm": torch.linalg.norm,
        "xlogy": torch.special.xlogy,
        "arctan2": torch.atan2,
        "power": torch.pow,
        "reciprocal": torch.reciprocal,
        "where": lambda c, a, b: torch.where(torch.as_tensor(c), a, b),
    }
    leaves = [torch.tensor(a, requires_grad=True) for a in arguments]
    y = function(Names(own, torch, nn), *leaves)
    found = torch.autograd.grad(y.sum(), leaves, allow_unused=True)
    return [np.zeros(a.shape) if g is None else g.numpy() for a, g in zip(arguments, found, strict=True)]


def jax_gradients(function, arguments):
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    own = {
        "cummax": jax.lax.cummax,
        "cummin": jax.lax.cummin,
        "top_k": jax.lax.top_k,
        "norm": jnp.linalg.norm,
        "xlogy": jax.scipy.special.xlogy,
        "softsign": jax.nn.soft_sign,
        "hardtanh": jax.nn.hard_tanh,
        "hardsigmoid": jax.nn.hard_sigmoid,
        "hardswish": jax.nn.hard_swish,
        "leaky_relu": jax.nn.leaky_relu,
        "pow": jnp.power,
        "pooling": None,
    }
    names = Names(own, jnp, jax.nn)
    places = tuple(range(len(arguments)))
    with jax.enable_x64(True) if hasattr(jax, "enable_x64") else jax.experimental.enable_x64():
        return jax.grad(lambda *xs: jnp.sum(function(names, *xs)), places)(*[jnp.asarray(a) for a in arguments])


def autograd_gradients(function, arguments):
    import autograd
    import autograd.numpy as anp
    import autograd.scipy.special as special

    names = Names({"norm": anp.linalg.norm, "pow": anp.power, "nanmax": None, "ptp": None}, anp, special)
    places = list(range(len(arguments)))
    return autograd.grad(lambda *xs: anp.sum(function(names, *xs)), places)(*arguments)


GRADIENTS = {"PyTorch": torch_gradients, "JAX": jax_gradients, "autograd": autograd_gradients}
