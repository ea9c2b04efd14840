"""DeZero: derivatives of any order, define-by-run."""

from importlib import import_module
from typing import Any

from dezero import functions
from dezero.core import (
    Config,
    Function,
    GraphError,
    Parameter,
    UnsupportedOperation,
    Variable,
    as_array,
    as_variable,
    gradients,
    no_grad,
    setup_variable,
    test_mode,
    using_config,
)

__version__ = "0.1.0"

__all__ = [
    "Config",
    "Function",
    "GraphError",
    "Parameter",
    "UnsupportedOperation",
    "Variable",
    "as_array",
    "as_variable",
    "functions",
    "gradients",
    "no_grad",
    "setup_variable",
    "test_mode",
    "using_config",
]

_ROOMS = ("cuda", "utils", "viz")


def __getattr__(name: str) -> Any:
    """Rooms that load when first named, so that `import dezero` stays quick."""
    if name in _ROOMS:
        return import_module(f"dezero.{name}")
    raise AttributeError(f"module 'dezero' has no attribute {name!r}")
