"""Settings of a thread or an asynchronous task: is a graph recorded, is the model training."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextvars import ContextVar
from types import TracebackType
from typing import ParamSpec, TypeVar, overload

_Callable = TypeVar("_Callable", bound=Callable[..., object])
_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")

_settings: dict[str, ContextVar[bool]] = {
    "enable_backprop": ContextVar("enable_backprop", default=True),
    "train": ContextVar("train", default=True),
    "simplify": ContextVar("simplify", default=True),
    "check_inplace": ContextVar("check_inplace", default=False),
}

# Bound methods for the settings that each operation asks for: 30 ns, where Config.enable_backprop takes 300.
recording = _settings["enable_backprop"].get
simplifying = _settings["simplify"].get
training = _settings["train"].get
checking_inplace = _settings["check_inplace"].get

# While a transform calls the user's function: the age of the oldest argument that the transform made for it.
_calling: ContextVar[int | None] = ContextVar("calling", default=None)
calling_since = _calling.get
RUNNING: list[object] = []  # calls in all threads: a thread that the user's function starts does not inherit _calling


class calling:
    """The block in which a transform calls the user's function: a graph is recorded.

    since: the age of the oldest of the arguments. Inside another transform the age of the outer one's arguments stays.
    """

    def __init__(self, since: int) -> None:
        self._since = since

    def __enter__(self) -> None:
        self._recording = _settings["enable_backprop"].set(True)
        outer = _calling.get()
        self._token = _calling.set(self._since if outer is None else min(outer, self._since))
        RUNNING.append(self)

    def __exit__(self, *error: object) -> None:
        RUNNING.remove(self)
        _calling.reset(self._token)
        _settings["enable_backprop"].reset(self._recording)


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

    Threads may differentiate at the same time. Each records its own graph, and their graphs may share leaves. If
    several threads call `backward` and accumulate into one `.grad`, hold a lock around the calls, or use `gradients`
    and add the results.

    enable_backprop: operations record the graph that derivatives need. train: layers such as dropout behave as
    in training. simplify: `backward(create_graph=True)` may rewrite the derivative's graph: terms are shared and
    cancelled, and 0 * inf becomes 0; without it every rule is applied unchanged. check_inplace: before a graph is
    differentiated, its operations are computed again, and GraphError names one whose result is different, since an
    array was changed in place (a change that does not alter the result, as of x in 0 * x, is not found). For finding
    mistakes: it costs one more run of the function.

    >>> Config.enable_backprop
    True
    """

    enable_backprop: bool
    train: bool
    simplify: bool
    check_inplace: bool


class using_config:
    """Set one setting of Config inside a `with` block or a decorated function; AttributeError for an unknown name.

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
        def inside(*args: object, **kwargs: object) -> object:
            return self._call(function, *args, **kwargs)

        wrapper: Callable[..., object] = inside
        if inspect.iscoroutinefunction(function):
            wrapper = self._coroutine(function)
        elif inspect.isgeneratorfunction(function):
            wrapper = self._generator(function)
        elif inspect.isasyncgenfunction(function):
            wrapper = self._asynchronous_generator(function)
        return functools.wraps(function)(wrapper)  # type: ignore[return-value]

    def _call(
        self, step: Callable[_Parameters, _Result], /, *args: _Parameters.args, **kwargs: _Parameters.kwargs
    ) -> _Result:
        with using_config(self._name, self._value):
            return step(*args, **kwargs)

    async def _wait(
        self, step: Callable[_Parameters, Awaitable[_Result]], /, *args: _Parameters.args, **kwargs: _Parameters.kwargs
    ) -> _Result:
        with using_config(self._name, self._value):
            return await step(*args, **kwargs)

    def _coroutine(self, function: Callable[..., Awaitable[object]]) -> Callable[..., object]:
        async def awaited(*args: object, **kwargs: object) -> object:
            return await self._wait(function, *args, **kwargs)

        return awaited

    # The body of a decorated generator runs with the setting; the caller, which has the items, runs without it.

    def _generator(self, function: Callable[..., Generator[object, object, object]]) -> Callable[..., object]:
        def generated(*args: object, **kwargs: object) -> Generator[object, object, object]:
            steps = function(*args, **kwargs)
            try:
                item = self._call(steps.__next__)
                while True:
                    try:
                        given = yield item
                    except BaseException as error:  # close() raises GeneratorExit in the body
                        item = self._call(steps.throw, error)
                    else:
                        item = self._call(steps.send, given)
            except StopIteration as stop:
                return stop.value

        return generated

    def _asynchronous_generator(self, function: Callable[..., AsyncGenerator[object, object]]) -> Callable[..., object]:
        async def generated(*args: object, **kwargs: object) -> AsyncGenerator[object, object]:
            steps = function(*args, **kwargs)
            try:
                item = await self._wait(steps.__anext__)
                while True:
                    try:
                        given = yield item
                    except BaseException as error:
                        item = await self._wait(steps.athrow, error)
                    else:
                        item = await self._wait(steps.asend, given)
            except StopAsyncIteration:
                return

        return generated


@overload
def no_grad() -> using_config: ...
@overload
def no_grad(function: _Callable) -> _Callable: ...
def no_grad(function: Callable[..., object] | None = None) -> object:
    """Record no graph inside the block, or in a function that this decorates: values only, memory freed at once.

    >>> import numpy as np
    >>> from dezero import Variable
    >>> with no_grad():
    ...     print((Variable(np.array(2.0)) ** 2).creator)
    None
    """
    return _block_or_decorated("no_grad", "enable_backprop", function)


@overload
def test_mode() -> using_config: ...
@overload
def test_mode(function: _Callable) -> _Callable: ...
def test_mode(function: Callable[..., object] | None = None) -> object:  # noqa: PT028 - no test
    """Inside the block, or in a function that this decorates, layers behave as in use, not as in training.

    >>> with test_mode():
    ...     Config.train
    False
    """
    return _block_or_decorated("test_mode", "train", function)


def _block_or_decorated(name: str, setting: str, function: Callable[..., object] | None) -> object:
    """A block in which a setting is off, or, written without brackets over a function, that function in the block."""
    block = using_config(setting, False)
    if function is None:
        return block
    if not callable(function):
        raise TypeError(f"{name}: takes nothing, or the function that it decorates, got {type(function).__name__}")
    return block(function)


test_mode.__test__ = False  # type: ignore[attr-defined]  # pytest collects functions named test_*
