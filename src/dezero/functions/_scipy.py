"""SciPy's modules, loaded when the first function that needs one computes: `_scipy.special.erf(x)`."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from types import ModuleType

import numpy as np

from dezero.core.dtypes import Array

_MODULES = ("fft", "integrate", "interpolate", "linalg", "ndimage", "optimize", "signal", "sparse", "special", "stats")


@functools.cache
def _load(name: str) -> ModuleType:
    try:
        return importlib.import_module(f"scipy.{name}")
    except ImportError as error:
        raise ImportError(
            f'scipy.{name} is needed for this and could not be imported ({error}); pip install "dezero-nth[optimize]"'
        ) from error


def __getattr__(name: str) -> ModuleType:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _load(name)


def special_value(name: str) -> Callable[..., Array]:
    """scipy.special's function of this name, in its arguments' precision."""

    def value(*xs: Array) -> Array:
        return in_precision_of(getattr(_load("special"), name)(*xs), *xs)

    return value


def in_precision_of(y: Array, *xs: Array) -> Array:
    """A result that was computed in float64, in the dtype that arithmetic on its arguments has."""
    dtype = np.result_type(*xs)
    return y if dtype.kind not in "fc" or y.dtype.kind != dtype.kind or y.dtype == dtype else y.astype(dtype)
