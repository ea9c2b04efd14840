"""Updates inside a traced function: the formula is traced, its numbers and counts are read anew at each run."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from types import MethodType
from typing import Any

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.dtypes import is_complex
from dezero.core.errors import describe
from dezero.core.variable import Parameter
from dezero.core.watch.tracing import ConcretizationError, PerRun, Running, now
from dezero.optimizers.blocks import working_dtype


class Formula:
    """An optimizer as its formula sees it in a trace: each of its numbers is one of each run."""

    def __init__(self, optimizer: Any) -> None:
        self._optimizer = optimizer

    def __getattr__(self, name: str) -> Any:
        optimizer = self._optimizer
        found = inspect.getattr_static(type(optimizer), name, None)
        if isinstance(found, property) and found.fget is not None:
            return found.fget(self)
        value = getattr(optimizer, name)
        if isinstance(value, MethodType):
            return self._method(name, value)
        if name in vars(optimizer) and isinstance(value, int | float) and not isinstance(value, bool):
            return PerRun(lambda: getattr(optimizer, name), (id(optimizer), name))
        return value

    def _method(self, name: str, method: MethodType) -> Any:
        """A method on arrays is a part of the formula; one on numbers gives a number of each run."""

        def call(*args: Any) -> Any:
            if any([hasattr(a, "dtype") for a in args]):
                return method.__func__(self, *args)
            keys = [a.key if isinstance(a, PerRun) else a for a in args]
            return PerRun(lambda: method(*map(now, args)), (id(self._optimizer), name, *keys))

        return call


def update_traced(optimizer: Any, params: Sequence[Parameter], trace: Running) -> None:
    """Trace the update of these Parameters, which have gradients."""
    if not hasattr(optimizer, "slots"):
        raise ConcretizationError(
            f"{type(optimizer).__name__}.update inside a compiled function: this optimizer computes with numbers, "
            "which a traced function has not; compile the loss and its gradients, and update outside"
        )
    new = [param for param in params if not optimizer.states.get(param)]
    for param in new:
        optimizer._slots_of(param)
    trace.steps(optimizer, params, bool(new) and bool(optimizer.slots or optimizer.counts))
    for param in params:
        _step(optimizer, param, trace)


def _count(optimizer: Any, param: Parameter, name: str) -> PerRun:
    return PerRun(lambda: optimizer.states[param][name], (id(param), name))


def _step(optimizer: Any, param: Parameter, trace: Running) -> None:
    data, grad = param._data, raw(param._grad)
    if is_complex(data) or is_complex(grad):
        raise ConcretizationError(
            f"{type(optimizer).__name__}.update inside a compiled function: {describe(param)} is complex; update "
            "outside of the function"
        )
    kind, state = working_dtype(data), optimizer.states[param]
    slots = [state[name] for name in optimizer.slots]
    slots = [np.zeros_like(data, dtype=kind) if type(a) is np.ndarray else a for a in slots]  # in a first run
    counts = [_count(optimizer, param, name) for name in optimizer.counts]
    formula = Formula(optimizer)
    out, tmp = [np.zeros_like(data, dtype=kind) for _ in range(2)]
    g = grad if grad.dtype == kind else grad.astype(kind)
    type(optimizer).step(formula, g, *slots, *counts, out, tmp)
    decay = formula.decay
    if isinstance(decay, PerRun) or decay:
        data *= 1 - decay
    data -= out
    param._renewed()
