"""The errors of graphs and operations, and how messages describe arguments."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable

import numpy as np


class GraphError(RuntimeError):
    """The recorded computation cannot be differentiated as asked (cut, overwritten, or rebuilt wrongly)."""


class UnsupportedOperation(TypeError):
    """An operation has no rule for the derivative that was asked for; the message names it and the remedy."""


class GraphWarning(UserWarning):
    """A derivative is lost that the user may want."""


def is_sparse(value: object) -> bool:
    """Whether a value is a sparse array or matrix of SciPy, which is not imported to find out."""
    sparse = sys.modules.get("scipy.sparse")
    return sparse is not None and sparse.issparse(value)


_REMEDIES = {
    "torch": "t.detach().numpy() is its array",
    "pandas": "to_numpy() gives its array",
    "xarray": "to_numpy() gives its array",
    "jax": "numpy.asarray(a) gives its array",
    "jaxlib": "numpy.asarray(a) gives its array",
}


_TEXT = "text is no number: float(...) makes one of it"
_JOIN = "numpy.array(...) makes an array of numbers, dezero.functions.stack(...) a Variable of Variables"
_HINTS: dict[type, str] = {
    type(None): "it is what a function without a return gives, and a .grad that nothing has reached",
    **dict.fromkeys((str, bytes), _TEXT),
    **dict.fromkeys((list, tuple, range, set), _JOIN),
    dict: "give one of its values; transforms (dezero.grad) take trees of arrays",
}


def foreign(name: str, value: object) -> TypeError:
    """The error for an operand that is no Variable, array of numbers or number; the message says the remedy."""
    kind = type(value)
    package = kind.__module__.partition(".")[0]
    what, remedy = kind.__name__, _REMEDIES.get(package) or _HINTS.get(kind, "wrap it in numpy.array(...)")
    if is_sparse(value):
        what, remedy = f"a sparse {what}", "S @ x is the matrix product, S.toarray() a plain array"
    elif isinstance(value, np.ma.MaskedArray):
        what, remedy = "a masked array", "its mask would be lost: a.filled(...) gives a plain array"
    elif isinstance(value, np.ndarray | np.generic) and value.dtype.kind not in "fiubc":
        return TypeError(f"{name}: arrays of dtype {value.dtype} are not supported; convert to a number dtype first")
    elif isinstance(value, np.ndarray):
        remedy = "numpy.asarray(a) gives a plain array"
    elif callable(value):
        remedy = "call it, to give its result"
    elif package not in _REMEDIES and hasattr(value, "__array__"):
        remedy = "numpy.asarray(a) gives its array"
    return TypeError(f"{name}: {what} is not a Variable, array or number; {remedy}")


def no_attribute(module: str, name: str, names: Iterable[str]) -> AttributeError:
    """The error for a name that a module has not; the message says the names that look most like it."""
    near = [] if name.startswith("_") else difflib.get_close_matches(name, names, 3)
    hint = f"; did you mean {' or '.join([repr(other) for other in near])}?" if near else ""
    return AttributeError(f"module {module!r} has no attribute {name!r}{hint}")


def describe(value: object) -> str:
    """Say what an argument is in a few words: its shape and dtype, or its type.

    >>> describe(np.zeros((2, 3))), describe(1.5), describe([1])
    ('float64 array of shape (2, 3)', 'number 1.5', 'list')
    """
    data = getattr(value, "_data", value)
    if isinstance(data, np.ndarray | np.generic):
        shape = f"{data.dtype} array of shape {data.shape}"
        name = getattr(value, "name", None)
        return f"{name!r} ({shape})" if name else shape
    if isinstance(data, bool | int | float | complex):
        return f"number {data!r}"
    return "Variable(None)" if data is None and value is not None else type(value).__name__


_KINDS = IndexError, ValueError, FloatingPointError, ZeroDivisionError, OverflowError, MemoryError, ImportError


def no_data(name: str) -> TypeError:
    return TypeError(f"{name}: an argument holds no data (Variable(None)); set its .data to an array before using it")


def explain(
    name: str, args: tuple[object, ...], error: Exception, parameters: dict[str, object] | None = None
) -> Exception:
    """The error of the array library again, with the operation's name and its arguments' shapes in the message."""
    if any(getattr(arg, "_data", arg) is None for arg in args):
        return no_data(name)
    told = [f"{name}={value!r}" for name, value in (parameters or {}).items() if name in ("shape", "axes", "axis")]
    what = ", ".join([describe(arg) for arg in args] + told)
    if isinstance(error, Warning):
        return type(error)(f"{name}({what}): {error}")
    if "broadcast" in str(error) and len(args) > 1:
        return ValueError(f"{name}: the shapes of {what} do not broadcast; reshape or transpose one of them")
    if isinstance(error, TypeError) and any(hint in str(error) for hint in ("complex", "not supported for the input")):
        for arg in args:
            if np.dtype(getattr(arg, "dtype", type(arg) if isinstance(arg, complex) else float)).kind == "c":
                return TypeError(f"{name}: an argument is a {describe(arg)}; its derivative is for real arrays")
    if "core dimension" in str(error):
        return ValueError(f"{name}: the inner sizes of {what} differ; transpose or reshape one of them")
    if "enough dimensions" in str(error):
        return ValueError(f"{name}: one of {what} has too few axes; reshape it, or multiply by a number with *")
    kind = next((kind for kind in _KINDS if isinstance(error, kind)), TypeError)
    return kind(f"{name}({what}): {error}")


def to_the_user() -> int:
    """The stacklevel, for the caller's warning, of the first line that is none of the library's."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and str(frame.f_globals.get("__name__", "")).startswith("dezero."):
        level, frame = level + 1, frame.f_back
    return level
