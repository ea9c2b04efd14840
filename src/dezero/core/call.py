"""Calling an operation: compute its value, and record it as a node of the graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dezero.core.config import recording
from dezero.core.conversion import array_or_number
from dezero.core.dtypes import as_array
from dezero.core.errors import no_data
from dezero.core.marks import CONSTANT, CUT
from dezero.core.op import ELEMENTWISE, Op
from dezero.core.variable import ArrayLike, Variable, tick, wrap
from dezero.core.watch.tracing import failed, is_per_run

_new = object.__new__


def make(op: Op, args: tuple[object, ...]) -> Variable:
    """Compute an operation and record it, whatever the settings say."""
    y = _new(Variable)
    data = [a._data if isinstance(a, Variable) else a for a in args]
    try:
        y._data = op.value(*data)
    except Exception as error:
        y._data = failed(op, args, data, error, explained=False)
    if type(y._data) is complex:  # complex / float64 was computed by Python
        y._data = np.complex128(y._data)
    y._op, y._args = op, args
    y._grad = y._origin = y._resume = y.name = None
    y._age = tick()
    return y


def apply(op: Op, *args: ArrayLike) -> Variable:
    """Compute an operation of any number of arguments on Variables, arrays and numbers."""
    beside = args if op.kind is ELEMENTWISE else ()  # other functions of NumPy's make arrays of numbers
    given, args = args, tuple([a if isinstance(a, Variable) else array_or_number(a, op.name, beside) for a in args])
    y = _new(Variable)
    recorded = any([isinstance(a, Variable) for a in args])
    data = [a._data if isinstance(a, Variable) else a for a in args] if recorded else _arrays(given)
    if any([x is None for x in data]):
        raise no_data(op.name)
    try:
        y._data = op.value(*data)
    except Exception as error:
        y._data = failed(op, args, data, error)
    y._op, y._args = CONSTANT, ()
    if recorded:
        y._op, y._args = (op, args) if recording() else (CUT, ())
    else:
        y._data = y._data if type(y._data) is np.ndarray else as_array(y._data)
    y._grad = y._origin = y._resume = y.name = None
    y._age = tick()
    return y


def _arrays(args: tuple[object, ...]) -> list[object]:
    """Plain arguments with at least one array among them; a number beside an array stays a number, without a dtype."""
    dtyped = any([hasattr(a, "dtype") for a in args])
    args = tuple([array_or_number(a, "") if is_per_run(a) else a for a in args])
    return [as_array(a) if isinstance(a, np.generic) or not (i or dtyped) else a for i, a in enumerate(args)]


def unary(op: Op) -> Callable[[ArrayLike], Variable]:
    value = op.value

    def call(x: ArrayLike) -> Variable:
        if not isinstance(x, Variable):
            return apply(op, x)
        y = _new(Variable)
        try:
            y._data = value(x._data)
        except Exception as error:
            y._data = failed(op, (x,), (x._data,), error)
        if recording():
            y._op, y._args = op, (x,)
        else:
            y._op, y._args = CUT, ()
        y._grad = y._origin = y._resume = y.name = None
        y._age = tick()
        return y

    return call


def binary(op: Op) -> Callable[[ArrayLike, ArrayLike], Variable]:
    value = op.value

    def call(a: ArrayLike, b: ArrayLike) -> Variable:
        if isinstance(a, Variable):
            x = a._data
            if isinstance(b, Variable):
                z = b._data
            else:
                b = z = b if type(b) is float or type(b) is int else array_or_number(b, op.name, (a,))
        else:
            if not isinstance(b, Variable):
                return apply(op, a, b)
            a, z = array_or_number(a, op.name, (b,)), b._data
            x = np.complex128(a) if type(a) is complex and type(z) is np.float64 else a  # Python would give a complex
        y = _new(Variable)
        try:
            y._data = value(x, z)
        except Exception as error:
            y._data = failed(op, (a, b), (x, z), error)
        if recording():
            y._op, y._args = op, (a, b)
        else:
            y._op, y._args = CUT, ()
        y._grad = y._origin = y._resume = y.name = None
        y._age = tick()
        return y

    return call


def several(op: Op) -> Callable[..., Variable]:
    wanted = len(op.rules)  # type: ignore[arg-type]

    def call(*args: ArrayLike) -> Variable:
        if len(args) != wanted:
            raise TypeError(f"{op.name}: takes {wanted} arguments, got {len(args)}")
        return apply(op, *args)

    return call


def operand(x: ArrayLike, name: str) -> Variable:
    """An argument of a public function as a Variable that holds data; TypeError naming the function otherwise."""
    if not isinstance(x, Variable):
        found: Any = array_or_number(x, name)  # raises for what is neither an array nor a number
        found = found if is_per_run(x) else x  # a 0-d array stays one
        return wrap(found if hasattr(found, "dtype") and not isinstance(found, np.generic) else np.asarray(found))
    if x._data is None:
        raise no_data(name)
    return x
