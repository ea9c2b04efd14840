"""Settings that hold per thread and per asynchronous task: is a graph recorded, is the model training."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextvars import ContextVar
from types import TracebackType
from typing import Any, TypeVar

_Callable = TypeVar("_Callable", bound=Callable[..., Any])

_settings: dict[str, ContextVar[bool]] = {
    "enable_backprop": ContextVar("enable_backprop", default=True),
    "train": ContextVar("train", default=True),
    "simplify": ContextVar("simplify", default=True),
}

# The bound methods of settings that operations ask for: 30 ns, where Config.enable_backprop costs 300.
recording = _settings["enable_backprop"].get
simplifying = _settings["simplify"].get


def _setting(name: str) -> ContextVar[bool]:
    try:
        return _settings[name]
    except KeyError:
        raise AttributeError(f"Config has no setting {name!r}; it has {', '.join(_settings)}") from None


class _ConfigType(type):
    def __getattr__(cls, name: str) -> bool:
        return _setting(name).get()

    def __setattr__(cls, name: str, value: bool) -> None:
        _setting(name).set(bool(value))


class Config(metaclass=_ConfigType):
    """The settings of the running thread or task, read and written as attributes.

    enable_backprop: operations record the graph that derivatives need. train: layers such as dropout behave as
    in training. simplify: `backward(create_graph=True)` may rewrite the derivative's graph (shared and cancelled
    terms; a rewritten 0 * inf is 0); without it every rule is applied as it stands.

    >>> Config.enable_backprop
    True
    """

    enable_backprop: bool
    train: bool
    simplify: bool


class using_config:
    """Set one setting of Config inside a `with` block or a decorated function; AttributeError if it has none such.

    >>> with using_config("enable_backprop", False):
    ...     Config.enable_backprop
    False
    """

    def __init__(self, name: str, value: bool) -> None:
        self._name, self._value = name, bool(value)
        self._variable = _setting(name)
        self._outer: list[bool] = []

    def __enter__(self) -> None:
        self._outer.append(self._variable.get())
        self._variable.set(self._value)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._variable.set(self._outer.pop())

    def __call__(self, function: _Callable) -> _Callable:
        name, value = self._name, self._value

        def inside(*args: Any, **kwargs: Any) -> Any:
            with using_config(name, value):
                return function(*args, **kwargs)

        async def awaited(*args: Any, **kwargs: Any) -> Any:
            with using_config(name, value):
                return await function(*args, **kwargs)

        def generated(*args: Any, **kwargs: Any) -> Any:
            with using_config(name, value):
                steps = function(*args, **kwargs)
            while True:  # the setting holds in the body alone, not while the caller has the item
                try:
                    with using_config(name, value):
                        item = next(steps)
                except StopIteration as stop:
                    return stop.value
                yield item

        kind = inspect.iscoroutinefunction(function), inspect.isgeneratorfunction(function)
        wrapper = awaited if kind[0] else generated if kind[1] else inside
        return functools.wraps(function)(wrapper)  # type: ignore[return-value]


def no_grad() -> using_config:
    """Record no graph inside the block: values only, memory freed at once.

    >>> import numpy as np
    >>> from dezero import Variable
    >>> with no_grad():
    ...     print((Variable(np.array(2.0)) ** 2).creator)
    None
    """
    return using_config("enable_backprop", False)


def test_mode() -> using_config:
    """Run layers as in use rather than as in training inside the block.

    >>> with test_mode():
    ...     Config.train
    False
    """
    return using_config("train", False)


test_mode.__test__ = False  # type: ignore[attr-defined]  # pytest collects functions named test_*
