"""Running a function on Variables of its own, so that its derivatives can be asked for.

Every argument to differentiate in becomes a Variable that nothing else depends on. In place of an array or number it is
a new leaf; in place of a Variable it is an alias of that, so a derivative of the derivative finds the Variable.
Derivatives are recorded if somebody could differentiate them further: if an argument was a Variable, or the function
used other Variables.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ParamSpec

import numpy as np

from dezero.autodiff.arguments import (
    as_argument,
    calling_on,
    check_callable,
    release,
    rests_on_others,
)
from dezero.core.config import recording
from dezero.core.errors import describe
from dezero.core.registry import operations
from dezero.core.variable import Variable
from dezero.core.watch.tracing import tracing
from dezero.derivatives.trees import Rebuild, flatten, note_lists, returned
from dezero.series.orders import is_whole_number

P = ParamSpec("P")  # the parameters of a function that is transformed
Args = tuple[object, ...]
Kwargs = dict[str, object]


class Run:
    """A call of a function by a transform. The function runs when this is made; derivatives are taken in its context.

    name: the transform, for errors. leaves: the Variables in place of the leaves of the arguments to differentiate in;
    tree(values): one value for each of these in the structure of the argument (a tuple where argnums is a sequence).
    value: what the function returned; outputs: the Variables in it; output_tree(values): the same structure with these.
    aux: the function's second result, with has_aux. recorded: whether derivatives are to be recorded (create_graph).
    """

    def __init__(
        self,
        name: str,
        f: Callable[..., object],
        args: Sequence[object],
        kwargs: Kwargs | None = None,
        argnums: int | Sequence[int] = 0,
        has_aux: bool = False,
    ) -> None:
        check_callable(name, f)
        self.name = name
        places = argument_places(name, argnums, len(args))
        moving = [args[i] for i in places]
        given, rebuild = flatten(moving[0] if isinstance(argnums, int) else tuple(moving))
        self.leaves = [as_argument(name, x) for x in given]
        self.tree: Rebuild = rebuild
        stood_in = list(args)
        found = rebuild(self.leaves)
        for i, tree in zip(places, [found] if isinstance(argnums, int) else found, strict=True):
            stood_in[i] = tree
        try:
            self._call(f, stood_in, kwargs or {}, has_aux)
        except BaseException as error:
            release(self.leaves)
            if isinstance(error, TypeError):
                note_lists(name, error, moving)
            raise
        variables = any(isinstance(x, Variable) for x in given)
        self.recorded = tracing() or (recording() and (variables or rests_on_others(self.outputs, self.leaves)))

    def _call(self, f: Callable[..., object], args: Sequence[object], kwargs: Kwargs, has_aux: bool) -> None:
        name = self.name
        with calling_on(self.leaves):
            result: Any = f(*args, **kwargs)
        if has_aux and not (isinstance(result, tuple) and len(result) == 2):
            raise TypeError(f"{name}: with has_aux=True the function returns (value, aux), got {describe(result)}")
        self.aux: Any = None
        self.value = result
        if has_aux:
            self.value, self.aux = result
        self.outputs, self.output_tree = returned(name, self.value)

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *error: object) -> None:
        release(self.leaves)


def point_of(x: Any) -> Any:
    """A point or a batch as one array or Variable; lists of numbers or Variables of equal shapes are stacked."""
    if not isinstance(x, tuple | list) or not x:
        return x
    parts = [point_of(part) for part in x]
    if len({np.shape(part) if not isinstance(part, Variable) else part.shape for part in parts}) != 1:
        return x  # no array: the caller's error says what it takes
    return operations.stack(parts) if any(isinstance(part, Variable) for part in parts) else np.array(parts)


def one_point(run: Run, least: int = 0) -> Variable:
    """The one point (d,) or batch (N, d) that a run moves, of d >= least components; ValueError where it is another."""
    if len(run.leaves) != 1 or run.leaves[0].ndim not in (1, 2) or run.leaves[0].shape[-1] < least:
        shapes = ", ".join(str(x.shape) for x in run.leaves)
        raise ValueError(f"{run.name}: x has shape {shapes}; give one point (d,) or a batch (N, d)")
    return run.leaves[0]


def argument_places(name: str, argnums: int | Sequence[int], count: int) -> list[int]:
    """argnums as places from 0 up; TypeError or ValueError where they are none of `count` arguments."""
    one = isinstance(argnums, int | np.integer)
    if not one and not isinstance(argnums, tuple | list | range):
        raise TypeError(f"{name}: argnums is {describe(argnums)}; give the place of an argument, or a tuple of places")
    places: list[int] = [argnums] if one else list(argnums)  # type: ignore[arg-type, list-item]
    for i in places:
        if not is_whole_number(i):
            raise TypeError(f"{name}: argnums holds {describe(i)}; give the places of arguments as whole numbers")
        if not -count <= i < count:
            raise ValueError(
                f"{name}: argnums asks for argument {i}, and {count} were given by place (one given by its name is a "
                "constant)"
            )
    return [int(i) % count for i in places]
