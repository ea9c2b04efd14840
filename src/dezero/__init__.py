"""DeZero: derivatives of any order, define-by-run."""

from importlib import import_module
from typing import Any

from dezero import functions
from dezero.autodiff.cached import cache_info, clear_cache
from dezero.autodiff.gradients import gradients
from dezero.backends import keep_memory
from dezero.core import (
    Config,
    Function,
    GraphError,
    GraphWarning,
    Parameter,
    UnsupportedOperation,
    Variable,
    as_array,
    as_variable,
    no_grad,
    setup_variable,
    test_mode,
    using_config,
)
from dezero.core.errors import no_attribute as _no_attribute
from dezero.core.registry import homes as _homes

__version__ = "0.1.0"

__all__ = [
    "ConcretizationError",
    "Config",
    "DataLoader",
    "Dataset",
    "Function",
    "GraphError",
    "GraphWarning",
    "Layer",
    "Model",
    "Parameter",
    "SeqDataLoader",
    "UnsupportedOperation",
    "Variable",
    "argmin",
    "as_array",
    "as_variable",
    "biharmonic",
    "cache_info",
    "checkpoint",
    "clear_cache",
    "compile",
    "curl",
    "custom_root",
    "derivative",
    "derivative_tensor",
    "divergence",
    "fixed_point",
    "from_dlpack",
    "functions",
    "grad",
    "gradient_check",
    "gradients",
    "hessian",
    "hessian_sparsity",
    "hvp",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jet",
    "jvp",
    "keep_memory",
    "laplacian",
    "linearize",
    "no_grad",
    "operator",
    "partial",
    "partials",
    "setup_variable",
    "sparse_hessian",
    "sparse_jacobian",
    "sparse_third",
    "sparsity",
    "stop_gradient",
    "taylor",
    "test_mode",
    "using_config",
    "value_and_grad",
    "vjp",
    "vmap",
]

_ROOMS = """compiler cuda dataloaders datasets derivatives interop layers models ode optimize optimizers series training
    transforms utils viz"""
_LATER = {
    "derivatives": """argmin biharmonic checkpoint curl custom_root derivative derivative_tensor divergence fixed_point
        grad gradient_check hessian hessian_sparsity hvp jacfwd jacobian jacrev jvp laplacian linearize operator
        partial partials sparse_hessian sparse_jacobian sparse_third sparsity stop_gradient value_and_grad vjp
        vmap""",
    "interop": "from_dlpack",
    "series": "jet taylor",
    "compiler": "ConcretizationError compile",
    "layers": "Layer",
    "models": "Model",
    "datasets": "Dataset",
    "dataloaders": "DataLoader SeqDataLoader",
}
_HOME = {name: room for room, names in _LATER.items() for name in names.split()}


# What earlier rooms ask for by name: `Variable.jet` for the series, `functions.ReLU` for the layer.
_ACTIVATIONS = "ELU GELU SELU Flatten LeakyReLU LogSoftmax PReLU ReLU Reshape SiLU Sigmoid Softmax Softplus Tanh"
_homes["jet_of"] = "dezero.series"
_homes.update(dict.fromkeys(_ACTIVATIONS.split(), "dezero.layers.activation"))


def __getattr__(name: str) -> Any:
    """Rooms that load when first named, so that `import dezero` stays quick."""
    if name in _ROOMS.split():
        return import_module(f"dezero.{name}")
    if name in _HOME:
        return getattr(import_module(f"dezero.{_HOME[name]}"), name)
    raise _no_attribute("dezero", name, __dir__())


def __dir__() -> list[str]:
    return sorted({*globals(), *_ROOMS.split(), *_HOME})
