"""What can go wrong in a graph, and how operations describe their arguments when it does."""

from __future__ import annotations

from typing import Any

import numpy as np


class GraphError(RuntimeError):
    """The recorded computation cannot be differentiated as asked (cut, overwritten, or rebuilt wrongly)."""


class UnsupportedOperation(TypeError):
    """An operation has no rule for what was asked of it; the message names the operation and the remedy."""


def describe(value: Any) -> str:
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


def explain(name: str, args: tuple[Any, ...], error: Exception, parameters: dict[str, Any] | None = None) -> Exception:
    """Give an error of the array library the operation's name and its arguments' shapes."""
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
