"""Comparisons inside of a function that is being mapped: Variables that are true or false."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from dezero.core.call import apply
from dezero.core.declare import declare
from dezero.core.op import ELEMENTWISE, AnyNumberOfRules, Op
from dezero.core.variable import Variable
from dezero.core.watch.watching import decided

# Of any number of arguments, of which none has a derivative in it. by: the name of NumPy's function.
_TRUTH = declare(
    Op(
        "truth",
        ELEMENTWISE,
        lambda *xs, by: getattr(np, by)(*xs),
        AnyNumberOfRules(lambda i, F, g, *xs, by: F.zeros_like(xs[i])),
        uniform=False,
    )
)
_UFUNCS = {"lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal", "eq": "equal", "ne": "not_equal"}

_LOGICAL = {"bitwise_and": "logical_and", "bitwise_or": "logical_or", "bitwise_xor": "logical_xor"}
_LOGICAL |= {"invert": "logical_not"} | {name: name for name in ("logical_and", "logical_or", "logical_not")}


class Mask(Variable):
    """The outcome of a comparison as a Variable, so that it is computed for every example.

    It takes the operators of boolean arrays, and stands where such an array would: in `where`, `select` or a product.
    For anything else its array is read, which is to be the same for all examples then.
    """

    __slots__ = ()

    def __and__(self, other: Any) -> Mask:
        return _mask("logical_and", self, other)

    def __or__(self, other: Any) -> Mask:
        return _mask("logical_or", self, other)

    def __xor__(self, other: Any) -> Mask:
        return _mask("logical_xor", self, other)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __invert__(self) -> Mask:
        return _mask("logical_not", self)

    def __bool__(self) -> bool:
        return decided(bool, self)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: object, **kwargs: object) -> Any:
        by = _LOGICAL.get(ufunc.__name__)
        if by is None or method != "__call__" or kwargs:
            return super().__array_ufunc__(ufunc, method, *inputs, **kwargs)
        return _mask(by, *inputs)

    def __array_function__(
        self, function: Callable[..., object], types: Iterable[type], args: Sequence[object], kwargs: dict[str, object]
    ) -> Any:
        if function in (np.all, np.any) and len(args) == 1 and not kwargs:
            return decided(function, self)
        return super().__array_function__(function, types, args, kwargs)

    def all(self) -> bool:
        return decided(np.all, self)

    def any(self) -> bool:
        return decided(np.any, self)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.data, name)


def _mask(by: str, *operands: Any) -> Mask:
    y = apply(_TRUTH.bind(by=by), *operands)
    y.__class__ = Mask
    return y  # type: ignore[return-value]


def masked(function: Callable[..., Any], operands: tuple[Any, ...]) -> Mask | None:
    """The outcome of a comparison as a Mask; None for what is no function of arrays alone."""
    name = getattr(function, "__name__", "")
    by = _UFUNCS.get(name, name)
    if not isinstance(getattr(np, by, None), np.ufunc):
        return None
    return _mask(by, *operands)
