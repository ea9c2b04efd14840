"""Whether a function runs in a trace: on arrays that have a shape and a dtype, but no numbers.

The compiler starts traces; what is here lets earlier rooms ask for them. While a function is traced, derivatives are
recorded whatever `create_graph` says, so that all that is computed can be found in the graph of the results.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Sequence
from threading import get_ident
from typing import Any, Protocol

from dezero.core.errors import explain

NUMBERLESS: set[type] = set()  # classes of arrays without numbers: no key of a cache can be made of their contents


class ConcretizationError(TypeError):
    """A function that is traced asked for a number, which no array of a trace has, or computed outside of the trace."""


class PerRun:
    """A Python float that is computed anew at each run of a traced function, and what follows from such numbers.

    read: gives the number; None where it follows from an argument. key: equal for equal numbers. parts: the name of an
    operator and its operands, where the number follows by it. array: what stands for an argument, a float64 array.
    """

    __array_priority__ = 300

    def __init__(
        self, read: Callable[[], Any] | None, key: Hashable, parts: tuple[Any, ...] = (), array: Any = None
    ) -> None:
        self.read, self.key, self.parts, self.array = read, key, parts, array

    def __array_ufunc__(self, *args: object, **kwargs: object) -> Any:
        return NotImplemented  # an array without numbers on the other side takes it

    def _with(self, name: str, other: Any, swapped: bool = False) -> Any:
        if not isinstance(other, int | float | PerRun):
            return NotImplemented  # an array without numbers takes the number
        a, b = (other, self) if swapped else (self, other)
        compute, key = getattr(operator, name), (name, *[getattr(x, "key", x) for x in (a, b)])
        known = all([x.read is not None for x in (a, b) if isinstance(x, PerRun)])
        return PerRun((lambda: compute(now(a), now(b))) if known else None, key, (name, a, b))

    def __add__(self, other: Any) -> Any:
        return self._with("add", other)

    def __radd__(self, other: Any) -> Any:
        return self._with("add", other, True)

    def __sub__(self, other: Any) -> Any:
        return self._with("sub", other)

    def __rsub__(self, other: Any) -> Any:
        return self._with("sub", other, True)

    def __mul__(self, other: Any) -> Any:
        return self._with("mul", other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        return self._with("truediv", other)

    def __rtruediv__(self, other: Any) -> Any:
        return self._with("truediv", other, True)

    def __pow__(self, other: Any) -> Any:
        return self._with("pow", other)

    def __rpow__(self, other: Any) -> Any:
        return self._with("pow", other, True)

    def __neg__(self) -> Any:
        return -0.0 - self

    def __pos__(self) -> Any:
        return self

    def __bool__(self, *other: object) -> bool:
        raise ConcretizationError("a choice by a number that each run of a compiled function reads anew")

    __float__ = __int__ = __index__ = __lt__ = __le__ = __gt__ = __ge__ = __bool__
    __eq__ = __ne__ = __array__ = __bool__
    __hash__ = object.__hash__


def is_per_run(value: object) -> bool:
    return isinstance(value, PerRun)


def per_run(value: Any, dtype: Any) -> Any:
    """What stands for a number of each run in the trace of this thread, as an array of a dtype."""
    trace = trace_here()
    if trace is None:
        raise ConcretizationError("a number of a trace is used outside of it; a function must not keep its arguments")
    return trace.number(value, dtype)


def now(value: Any) -> Any:
    """The number that a PerRun is at present; any other value as it is."""
    return value.read() if isinstance(value, PerRun) and value.read else value


class Running(Protocol):
    """A trace that runs, as the rooms before the compiler know it."""

    thread: int

    def takes(self, array: Any) -> None:
        """Note that an operation takes a plain array, which must not change while the function runs."""

    def computed(self, name: str, function: Any, args: Sequence[Any]) -> Any:
        """What stands for function(*args), of which only the types are known; None where no argument is numberless."""

    def number(self, value: PerRun, dtype: Any) -> Any:
        """What stands for a number of each run, as an array of a dtype."""

    def steps(self, optimizer: Any, params: Sequence[Any], begins: bool) -> None:
        """Note that the function makes a step with an optimizer, whose counts each run is to increase.

        begins: whether some state was made in this run.
        """

    def drawn(self, draw: Callable[[], Any], rng: Any) -> Any:
        """What stands for draw(), an array of random numbers from rng, which is drawn anew in each run."""


TRACES: list[Running] = []  # of all threads; readers only ask whether it is empty, which it nearly always is


def trace_here() -> Running | None:
    """The innermost trace of this thread."""
    if not TRACES:
        return None
    thread = get_ident()
    return next((trace for trace in reversed(TRACES) if trace.thread == thread), None)


def tracing() -> bool:
    """Whether this thread traces a function."""
    return trace_here() is not None


def failed(op: Any, args: Sequence[Any], data: Sequence[Any], error: Exception, explained: bool = True) -> Any:
    """What stands for a result whose computation failed because a trace has no numbers; else raises the error.

    explained: with what the arguments were.
    """
    trace = trace_here()
    found = None
    if trace is not None:
        try:
            found = trace.computed(op.name, op, data)
        except Exception as other:
            error = other
    if found is None:
        if isinstance(error, ConcretizationError) or not explained:
            raise error
        raise explain(op.name, tuple(args), error, op.parameters) from error
    return found
