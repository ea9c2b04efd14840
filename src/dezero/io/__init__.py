"""Files: arrays by name, written whole or not at all, and downloads."""

from dezero.io.arrays import read_arrays, write_arrays

__all__ = ["read_arrays", "write_arrays"]
