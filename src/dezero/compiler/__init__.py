"""Compiled derivatives: a function is traced once, and runs as a program of arrays or as machine code."""

from dezero.compiler.api import Compiled, compile
from dezero.core.watch.tracing import ConcretizationError

__all__ = ["Compiled", "ConcretizationError", "compile"]
