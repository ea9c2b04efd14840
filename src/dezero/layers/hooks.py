"""What a layer's call does beside its forward: functions before and after it, and the mode of use."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from dezero.core.config import using_config

Hook = Callable[..., Any]
_numbers = count()


class Around:
    """What runs around `forward`. in_use: whether `eval()` was called. before, after: hooks by number, in order."""

    def __init__(self) -> None:
        self.in_use = False
        self.before: dict[int, Hook] = {}
        self.after: dict[int, Hook] = {}

    def call(self, layer: Any, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """The layer's result, in its mode, with what the hooks make of inputs and result."""
        if self.in_use:
            with using_config("train", False):
                return self._hooked(layer, inputs, options)
        return self._hooked(layer, inputs, options)

    def _hooked(self, layer: Any, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
        for hook in [*self.before.values()]:
            found = hook(layer, inputs)
            if found is not None:
                inputs = found if isinstance(found, tuple) else (found,)
        result = layer.forward(*inputs, **options)
        for hook in [*self.after.values()]:
            found = hook(layer, inputs, result)
            if found is not None:
                result = found
        return result


class HookHandle:
    """What registering a hook gives: `remove()` takes the hook away, as does the end of a `with` block."""

    def __init__(self, hooks: dict[int, Hook], hook: Hook) -> None:
        self._hooks, self._number = hooks, next(_numbers)
        hooks[self._number] = hook

    def remove(self) -> None:
        """Take the hook away; a second time does nothing."""
        self._hooks.pop(self._number, None)

    def __enter__(self) -> HookHandle:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()
