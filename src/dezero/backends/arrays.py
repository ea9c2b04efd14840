"""Telling one library's arrays from another's, and moving data between them.

No check imports CuPy: a program that has one of CuPy's arrays has imported CuPy already.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import cupy


PLAIN: set[type] = {np.ndarray, np.memmap}  # and the arrays without numbers that a trace computes with


def is_array(x: object) -> bool:
    """Tell whether `x` is an array of a known library. Numbers, NumPy scalars and lists are not.

    >>> is_array(np.zeros(2)), is_array(np.float64(0.0)), is_array([0.0])
    (True, False, False)
    """
    return isinstance(x, np.ndarray) or _is_cupy(x)


def is_plain_array(x: object) -> bool:
    """Tell whether `x` is an array of a known library, but no numpy.matrix or masked array: these behave otherwise.

    >>> is_plain_array(np.zeros(2)), is_plain_array(np.ma.array([0.0]))
    (True, False)
    """
    return type(x) in PLAIN or _is_cupy(x)


def get_array_module(x: object) -> ModuleType:
    """Return the module whose functions work on `x`: CuPy for its arrays, NumPy for everything else.

    >>> get_array_module(np.zeros(2)) is np
    True
    """
    return sys.modules["cupy"] if _is_cupy(x) else np


def as_numpy(x: object) -> np.ndarray[Any, Any]:
    """Return `x` (array, number or nested sequence of numbers) as a NumPy array.

    A NumPy array is returned itself. Raises TypeError for what holds no numbers, such as a string.

    >>> as_numpy([1.0, 2.0])
    array([1., 2.])
    """
    if isinstance(x, np.ndarray):
        return x
    if _is_cupy(x):
        return sys.modules["cupy"].asnumpy(x)
    array = np.asarray(x)
    if array.dtype.kind not in "biufc":
        raise TypeError(f"as_numpy: {type(x).__name__} holds no numbers (NumPy makes {array.dtype} of it)")
    return array


def as_cupy(x: object) -> cupy.ndarray:
    """Return `x` (array, number or nested sequence of numbers) as a CuPy array on the current device.

    Raises ImportError, naming the extra to install, where CuPy is missing.
    """
    try:
        import cupy
    except ImportError as error:
        raise ImportError('as_cupy: CuPy is missing; run pip install "dezero-nth[gpu]"') from error
    return x if _is_cupy(x) else cupy.asarray(as_numpy(x))


def _is_cupy(x: object) -> bool:
    # sys.modules may hold CuPy half imported, or None where a test blocks it: then nothing is CuPy's.
    return isinstance(x, getattr(sys.modules.get("cupy"), "ndarray", ()))
