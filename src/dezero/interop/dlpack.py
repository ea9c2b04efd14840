"""Arrays of other libraries as Variables, without a copy."""

from __future__ import annotations

import numpy as np

from dezero.core.variable import Variable


def from_dlpack(x: object) -> Variable:
    """A Variable that shares the memory of x, an array of any library that speaks DLPack (PyTorch, JAX, NumPy).

    The Variable has the shape and dtype of x, and is a leaf: the other library's graph stays behind. Its array is
    read-only where x is. TypeError where x has no `__dlpack__` or a dtype that a Variable does not hold; BufferError
    where x does not lie on the CPU.

    >>> a = np.arange(3.0)
    >>> v = from_dlpack(a)
    >>> a[0] = 5
    >>> v
    variable([5. 1. 2.])
    """
    if not hasattr(x, "__dlpack__") or not hasattr(x, "__dlpack_device__"):
        raise TypeError(f"from_dlpack: x must have __dlpack__, as arrays of PyTorch, JAX and NumPy have, not {type(x)}")
    device = int(x.__dlpack_device__()[0])
    if device != 1:  # kDLCPU of DLPack's header
        raise BufferError(f"from_dlpack: x must lie on the CPU, not on DLPack's device {device}: move it first")
    return Variable(np.from_dlpack(x))
