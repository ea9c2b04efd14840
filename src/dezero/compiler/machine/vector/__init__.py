"""Element-wise values as LLVM text on vectors: arithmetic, NumPy's and SciPy's ufuncs."""

from dezero.compiler.graph import Unsupported
from dezero.compiler.machine.vector.body import BOOL, F32, F64, Body, Value, element, stored
from dezero.compiler.machine.vector.ufuncs import UFUNCS, apply

__all__ = ["BOOL", "F32", "F64", "UFUNCS", "Body", "Unsupported", "Value", "apply", "element", "stored"]
