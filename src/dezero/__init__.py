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
from dezero.core.registry import finders as _finders

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
    "jet",
    "no_grad",
    "setup_variable",
    "taylor",
    "test_mode",
    "using_config",
]

_ROOMS = ("cuda", "series", "utils", "viz")
_LATER = {"jet": "series", "taylor": "series"}


def _method(name: str) -> Any:
    """What a method of Variable does in a room that Variable may not import."""
    return import_module("dezero.series") if name == "jet_of" else None


_finders.append(_method)


def __getattr__(name: str) -> Any:
    """Rooms that load when first named, so that `import dezero` stays quick."""
    if name in _ROOMS:
        return import_module(f"dezero.{name}")
    if name in _LATER:
        return getattr(import_module(f"dezero.{_LATER[name]}"), name)
    raise AttributeError(f"module 'dezero' has no attribute {name!r}")
