"""Whether a function runs in a trace: on arrays that have a shape and a dtype, but no numbers.

The compiler starts traces; what is here lets earlier rooms ask for them. While a function is traced, derivatives are
recorded whatever `create_graph` says, so that all that is computed can be found in the graph of the results.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import get_ident
from typing import Any, Protocol

NUMBERLESS: set[type] = set()  # classes of arrays without numbers: no key of a cache can be made of their contents


class ConcretizationError(TypeError):
    """A function that is traced asked for a number, which no array of a trace has, or computed outside of the trace."""


class Running(Protocol):
    """A trace that runs, as the rooms before the compiler know it."""

    thread: int

    def computed(self, name: str, function: Callable[..., Any], args: Sequence[Any]) -> Any:
        """What stands for function(*args), of which only the types are known; None where no argument is numberless."""

    def drawn(self, draw: Callable[..., Any], rng: Any) -> Any:
        """What stands for draw(rng), an array of random numbers, which is drawn anew in each run."""


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
