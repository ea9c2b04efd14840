"""Compiled derivatives: a function is traced once, and runs as a program of arrays or as machine code."""

from dezero.compiler import protocol, rules  # noqa: F401 - abstract arrays answer NumPy by these
from dezero.core.tracing import ConcretizationError

__all__ = ["ConcretizationError"]
