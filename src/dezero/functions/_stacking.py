"""How an operation acts on many examples at once, which are stacked along a new first axis of its arguments.

An operation declares this as its fact `stacked`, a function of the stacks, the operation and its arguments: some of
these are a Stack, the others are the same for all examples. It returns the results, stacked, or NotImplemented where it
cannot: the operation is then applied to one example after the other; or it raises RunEach. Element-wise operations need
no such fact. What many operations have in common is here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.dtypes import Shape
from dezero.core.op import Op, Stacked, declared


class RunEach(Exception):
    """Raised by a fact `stacked` where the function that calls the operation is to run for each example; says why."""


class Stack:
    """One value for each example: `value` is an array or a Variable whose first axis runs over the examples.

    Of an operation with several outputs it is the node that holds all of them, each stacked.
    """

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    @property
    def shape(self) -> Shape:
        """The shape of one example."""
        return raw(self.value).shape[1:]

    @property
    def several(self) -> bool:
        return isinstance(raw(self.value), tuple)  # a tuple of arrays, a node, or a tuple of Variables


class Stacks:
    """The examples that a computation runs on at once.

    count: how many. call(op, *args): computes an operation, or a user's Function, on arrays or Variables. recorded:
    whether on Variables.
    """

    def __init__(self, count: int, call: Callable[..., Any], recorded: bool) -> None:
        self.count, self.call, self.recorded = count, call, recorded

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Every operation, on arrays or Variables."""
        op = declared[name]
        return lambda *args, **parameters: self.call(op.bind(**parameters) if parameters else op, *args)

    def rebound(self, op: Op, **parameters: Any) -> Op:
        """An operation with some of its parameters changed."""
        return getattr(op, "base", op).bind(**{**op.parameters, **parameters})

    def reshaped(self, x: Any, shape: Shape) -> Any:
        return x if x.shape == shape else self.reshape(x, shape=shape)

    def each_output(self, y: Any, function: Callable[[Any], Any]) -> Any:
        """A function of a result; of each, as a tuple, where the operation has several."""
        several = raw(y)
        if not isinstance(several, tuple):
            return function(y)
        return tuple([function(self.output(y, index=i)) for i in range(len(several))])

    def opened(self, a: Any, ndim: int) -> Any:
        """The stacked value with axes of length 1 behind the first, so that an example has `ndim` axes.

        What is the same for all examples broadcasts as it is.
        """
        if not isinstance(a, Stack):
            return a
        if a.several:
            return a.value
        missing = ndim - len(a.shape)
        return self.reshape(a.value, shape=(self.count, *[1] * missing, *a.shape)) if missing > 0 else a.value

    def whole(self, a: Any) -> Any:
        """The stacked value; what is the same for all examples is repeated for each."""
        if isinstance(a, Stack):
            return a.value
        shape = (self.count, *np.shape(raw(a)))
        return self.broadcast_to(a if hasattr(a, "shape") else np.asarray(a), shape=shape)

    def wholes(self, args: tuple[Any, ...]) -> list[Any]:
        """Of every argument the stacked value, with as many axes for an example as the longest; numbers as they are."""
        ndim = max([ndim_of(a) for a in args])
        found = []
        for a in args:
            same = not isinstance(a, Stack)
            if same and np.ndim(raw(a)) == 0 < ndim:
                found.append(a)
            else:
                found.append(self.opened(Stack(self.whole(a)) if same else a, ndim))
        return found


def shape_of(a: Any) -> Shape:
    """The shape of one example of an argument."""
    return a.shape if isinstance(a, Stack) else np.shape(raw(a))


def ndim_of(a: Any) -> int:
    """The number of axes of one example of an argument; 0 for a node that holds several outputs."""
    if isinstance(a, Stack):
        return 0 if a.several else len(a.shape)
    return 0 if isinstance(raw(a), tuple) else np.ndim(raw(a))


def in_front(S: Stacks, op: Op, *args: Any) -> Any:
    """For operations whose arguments broadcast along axes in front, as element-wise ones and those on matrices do."""
    ndim = max([ndim_of(a) for a in args])
    return S.call(op, *[S.opened(a, ndim) for a in args])


def each_whole(S: Stacks, op: Op, *args: Any) -> Any:
    """For operations that only pass arguments on, whatever their shapes."""
    return S.call(op, *[S.whole(a) for a in args])


def whole_in_front(S: Stacks, op: Op, *args: Any) -> Any:
    """For operations that take further axes in front, the same ones of every argument."""
    return S.call(op, *S.wholes(args))


def shifted(*names: str, new: int = 0) -> Stacked:
    """For operations whose parameters of these names are axes: each is one further to the right.

    new: how many more axes the result has than the arguments, where the parameters count the axes of the result.
    """

    def call(S: Stacks, op: Op, *args: Any) -> Any:
        ndim = max([ndim_of(a) for a in args]) + new
        moved = {name: _shifted(op.parameters[name], ndim) for name in names}
        return S.call(S.rebound(op, **moved), *S.wholes(args))

    return call


def _shifted(axis: Any, ndim: int) -> Any:
    if axis is None:
        return tuple(range(1, ndim + 1))
    if isinstance(axis, tuple | list):
        return tuple([a % ndim + 1 for a in axis])
    return axis % ndim + 1


def merged(S: Stacks, op: Op, *args: Any, same: int | None = None) -> Any:
    """For operations whose arguments have samples along their first axis, each on its own: those of all examples go
    into one axis.

    same: the place of an argument that all samples share.
    """
    flat = [a if i == same else _samples_joined(S, S.whole(a)) for i, a in enumerate(args)]
    return S.each_output(S.call(op, *flat), lambda y: _samples_split(S, y))


def _samples_split(S: Stacks, y: Any) -> Any:
    return S.reshape(y, shape=(S.count, y.shape[0] // S.count, *y.shape[1:]))


def _samples_joined(S: Stacks, x: Any) -> Any:
    return S.reshape(x, shape=(x.shape[0] * x.shape[1], *x.shape[2:]))


def by_channels(S: Stacks, op: Op, *args: Any) -> Any:
    """For operations whose arguments have channels along their second axis, each on its own: those of all examples go
    into one axis."""
    flat = [channels_joined(S, S.whole(a)) if ndim_of(a) else a for a in args]
    return S.each_output(S.call(op, *flat), lambda y: channels_split(S, y))


def channels_joined(S: Stacks, x: Any) -> Any:
    """(examples, samples, channels, ...) as (samples, examples * channels, ...)."""
    count, samples, channels, *rest = x.shape
    return S.reshape(S.transpose(x, axes=(1, 0, *range(2, x.ndim))), shape=(samples, count * channels, *rest))


def channels_split(S: Stacks, y: Any) -> Any:
    """Undo channels_joined."""
    samples, channels, *rest = y.shape
    y = S.reshape(y, shape=(samples, S.count, channels // S.count, *rest))
    return S.transpose(y, axes=(1, 0, *range(2, y.ndim)))
