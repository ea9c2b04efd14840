"""DeZero's names for the GPU: choosing between NumPy and CuPy and moving data between them.

`gpu_enable` is True where CuPy is installed and sees a CUDA device; reading it is what first imports CuPy.
"""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

from dezero import backends
from dezero.core.dtypes import Array
from dezero.core.variable import Variable

if TYPE_CHECKING:
    import cupy

__all__ = ["as_cupy", "as_numpy", "get_array_module", "gpu_enable"]

gpu_enable: bool


def __getattr__(name: str) -> bool:
    if name != "gpu_enable":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()["gpu_enable"] = enabled = _sees_a_gpu()
    return enabled


def get_array_module(x: object) -> ModuleType:
    """Return the array library of a Variable or an array: `numpy` or `cupy`.

    >>> get_array_module(Variable(np.array(1.0))) is np
    True
    """
    return backends.get_array_module(_unwrap(x))


def as_numpy(x: object) -> Array:
    """Return a Variable, an array or a number as a NumPy array, outside the graph.

    Raises TypeError for what is no numeric array.

    >>> as_numpy(Variable(np.array([1.0, 2.0])))
    array([1., 2.])
    """
    return backends.as_numpy(_unwrap(x))


def as_cupy(x: object) -> cupy.ndarray:
    """Return a Variable, an array or a number as a CuPy array on the current device, outside the graph.

    Raises ImportError, naming the extra to install, where CuPy is missing.
    """
    return backends.as_cupy(_unwrap(x))


def _unwrap(x: object) -> object:
    return x.data if isinstance(x, Variable) else x


def _sees_a_gpu() -> bool:
    try:
        import cupy
    except ImportError:
        return False
    return bool(cupy.cuda.is_available())
