"""Checkpoints, which recompute a part of a computation to save memory, and parts that are constants to derivatives."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from dezero.autodiff.arguments import check_callable, refuse_nothing
from dezero.core.call import operand
from dezero.core.config import Config, no_grad, recording, using_config
from dezero.core.dtypes import Array, is_inexact
from dezero.core.function import Function
from dezero.core.variable import Variable, wrap
from dezero.core.watch.tracing import tracing
from dezero.core.watch.watching import mapping
from dezero.derivatives.segment import Segment
from dezero.derivatives.trees import flatten
from dezero.functions.randomness import Notes, noting, replaying

_Callable = TypeVar("_Callable", bound=Callable[..., Any])


def checkpoint(f: _Callable) -> _Callable:
    """f with a graph that keeps its arguments alone; what it computes inside is computed again when it is needed.

    f: any function of trees of Variables, arrays and other values that returns a Variable or a tree of them. It gives
    the same value and the same derivatives of every order (the recomputed graph is recorded where the derivative is),
    in its arguments and in the Variables that it uses from outside, such as a layer's weights. What NumPy's global
    random state, or a Generator given to dropout, gave is drawn again, under the same Config.train; what f changes
    outside of itself, such as a running mean or a recurrent layer's state, it changes again. Memory: the arguments, 2.5
    kB of random state, and while it runs or runs again what f alone needs; time: one more run of f for each derivative.
    Of a chain of n calls, checkpoints around sqrt(n) of them each leave O(sqrt(n)) in memory (T. Chen, B. Xu, C. Zhang,
    C. Guestrin, arXiv:1604.06174).

    Raises TypeError for an f that returns no Variable, GraphError where f, run again, gives another value (compared bit
    by bit), computes it in another way or from other Variables: where a loop's variable or an array that it uses has
    changed since.

    >>> import dezero.functions as F
    >>> x = Variable(np.array(0.5))
    >>> y = checkpoint(lambda x: F.exp(F.sin(x)))(x)
    >>> y.creator.name, y.creator.inputs[0] is x
    ('Recomputed', True)
    >>> y.backward(create_graph=True)
    >>> x.grad
    variable(1.4174242247)
    """

    check_callable("checkpoint", f)

    @functools.wraps(f)
    def call(*args: object, **kwargs: object) -> object:
        if not recording() or mapping() or tracing():
            return f(*args, **kwargs)
        leaves, rebuild = flatten((args, kwargs))
        places = [i for i, leaf in enumerate(leaves) if isinstance(leaf, Variable)]
        inputs = [leaves[i] for i in places]
        kept = [None if isinstance(leaf, Variable) else leaf for leaf in leaves]
        state, train = np.random.get_state(), Config.train  # the state that dropout draws from

        def run(xs: list[Variable]) -> object:
            given = list(kept)
            for i, x in zip(places, xs, strict=True):
                given[i] = x
            a, k = rebuild(given)
            with using_config("train", train):
                return f(*a, **k)

        arrays = [operand(x, "checkpoint").data for x in inputs]
        with noting() as notes:
            segment = Segment(f"checkpoint of {getattr(f, '__name__', type(f).__name__)}", run, arrays)
        if not segment.values:
            refuse_nothing("checkpoint", segment.rebuild([]))
        segment.inputs = [*inputs, *segment.captured]
        result = Recomputed(segment, state, notes)(*segment.inputs)
        return segment.rebuild(result if isinstance(result, list) else [result])

    return call  # type: ignore[return-value]


class Recomputed(Function):
    """The call of a function under checkpoint."""

    def __init__(self, segment: Segment, state: object, notes: Notes) -> None:
        self.segment, self.random = segment, (state, notes)

    def forward(self, *arrays: Array) -> Array | tuple[Array, ...]:
        values, self.segment.values = self.segment.values, []
        if not values:  # a later call, as by a reading of the graph with other numbers
            given = [x._data for x in getattr(self, "inputs", ())]  # the arrays of the first call
            same = len(given) == len(arrays) and all(map(_equal, given, arrays))
            with no_grad(), replaying(*self.random):
                values = [y._data for y in self.segment([wrap(a) for a in arrays], same)[1]]
        return tuple(values) if len(values) > 1 else values[0]

    def backward(self, *gys: Variable) -> list[Variable | None]:
        with replaying(*self.random):
            return self.segment.vjp(self.inputs, gys)


def _equal(a: Array, b: Array) -> bool:
    return a is b or bool(np.array_equal(a, b, equal_nan=is_inexact(a)))


def stop_gradient(x: object) -> Any:
    """The same values, through which no derivative passes.

    x: a Variable or a tree (tuples, lists, dicts) of them; arrays and numbers in it stay as they are. The results are
    leaves that share the data.

    >>> x = Variable(np.array(3.0))
    >>> (x * stop_gradient(x)).backward()
    >>> x.grad
    variable(3.0)
    """
    leaves, rebuild = flatten(x)
    return rebuild([leaf.detach() if isinstance(leaf, Variable) else leaf for leaf in leaves])
