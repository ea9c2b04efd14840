"""Calling an operation: compute its value, and record it as a node of the graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dezero.backends import is_plain_array
from dezero.core.config import recording
from dezero.core.errors import explain, foreign, no_data
from dezero.core.marks import CONSTANT, CUT
from dezero.core.op import Op
from dezero.core.variable import Variable, tick, wrap

_new = object.__new__


def make(op: Op, args: tuple[Any, ...]) -> Variable:
    """Compute an operation and record it, whatever the settings say."""
    y = _new(Variable)
    y._data = op.value(*[a._data if isinstance(a, Variable) else a for a in args])
    if type(y._data) is complex:  # Python computed complex / float64
        y._data = np.complex128(y._data)
    y._op, y._args, y._grad, y.name = op, args, None, None
    y._seq = tick()
    return y


def apply(op: Op, *args: Any) -> Variable:
    """Compute an operation of any number of arguments on Variables, arrays and numbers."""
    given, args = args, tuple([a if isinstance(a, Variable) else plain(a, op.name) for a in args])
    y = _new(Variable)
    recorded = any([isinstance(a, Variable) for a in args])
    data = [a._data if isinstance(a, Variable) else a for a in args] if recorded else _arrays(given)
    if any([x is None for x in data]):
        raise no_data(op.name)
    try:
        y._data = op.value(*data)
    except Exception as error:
        raise explain(op.name, args, error, op.parameters) from error
    y._op, y._args = CONSTANT, ()
    if recorded:
        y._op, y._args = (op, args) if recording() else (CUT, ())
    else:
        y._data = np.asarray(y._data)
    y._grad = y.name = None
    y._seq = tick()
    return y


def _arrays(args: tuple[Any, ...]) -> list[Any]:
    """Plain arguments as values take them: one at least is an array; numbers beside one have no dtype of their own."""
    dtyped = any([hasattr(a, "dtype") for a in args])
    return [np.asarray(a) if isinstance(a, np.generic) or not (i or dtyped) else a for i, a in enumerate(args)]


def plain(value: Any, name: str) -> Any:
    """A number or array mixed into an expression, as operations keep it: numbers as Python's, so that they never
    change an array's dtype."""
    if type(value) is np.ndarray:
        if value.dtype.kind in "fiubc":
            return value if value.ndim else value.item()
    elif isinstance(value, np.generic):
        if value.dtype.kind in "fiubc":
            return value.item()
    elif isinstance(value, int | float | complex) or is_plain_array(value) or _computes(value):
        return value
    raise foreign(name, value)


def _computes(value: Any) -> bool:
    """Whether it is an array of another library that answers NumPy's functions itself and is no container of an array.

    What NumPy can make an array of (a pandas Series, an xarray DataArray) has more to it than its numbers.
    """
    answers = getattr(type(value), "__array_ufunc__", None) is not None and hasattr(value, "dtype")
    return answers and hasattr(value, "shape") and not hasattr(value, "__array__")


def unary(op: Op) -> Callable[[Any], Variable]:
    value = op.value

    def call(x: Any) -> Variable:
        if not isinstance(x, Variable):
            return apply(op, x)
        y = _new(Variable)
        try:
            y._data = value(x._data)
        except Exception as error:
            raise explain(op.name, (x,), error) from error
        if recording():
            y._op, y._args = op, (x,)
        else:
            y._op, y._args = CUT, ()
        y._grad = y.name = None
        y._seq = tick()
        return y

    return call


def binary(op: Op) -> Callable[[Any, Any], Variable]:
    value = op.value

    def call(a: Any, b: Any) -> Variable:
        if isinstance(a, Variable):
            x = a._data
            if isinstance(b, Variable):
                z = b._data
            else:
                b = z = b if type(b) is float or type(b) is int else plain(b, op.name)
        else:
            if not isinstance(b, Variable):
                return apply(op, a, b)
            a, z = plain(a, op.name), b._data
            x = np.complex128(a) if type(a) is complex and type(z) is np.float64 else a  # or Python would compute
        y = _new(Variable)
        try:
            y._data = value(x, z)
        except Exception as error:
            raise explain(op.name, (a, b), error) from error
        if recording():
            y._op, y._args = op, (a, b)
        else:
            y._op, y._args = CUT, ()
        y._grad = y.name = None
        y._seq = tick()
        return y

    return call


def several(op: Op) -> Callable[..., Variable]:
    wanted = len(op.rules)  # type: ignore[arg-type]

    def call(*args: Any) -> Variable:
        if len(args) != wanted:
            raise TypeError(f"{op.name}: takes {wanted} arguments, got {len(args)}")
        return apply(op, *args)

    return call


def operand(x: Any, name: str) -> Variable:
    """An argument of a public function as a Variable that holds data; TypeError naming the function otherwise."""
    if not isinstance(x, Variable):
        plain(x, name)  # refuses what is neither
        return wrap(x if hasattr(x, "dtype") and not isinstance(x, np.generic) else np.asarray(x))
    if x._data is None:
        raise no_data(name)
    return x
