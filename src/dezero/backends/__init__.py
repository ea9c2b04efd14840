"""The array libraries that can hold a Variable's data: NumPy, and CuPy where a program has imported it."""

from dezero.backends.arrays import as_cupy, as_numpy, get_array_module, is_array, is_plain_array
from dezero.backends.memory import keep_memory

__all__ = ["as_cupy", "as_numpy", "get_array_module", "is_array", "is_plain_array", "keep_memory"]
