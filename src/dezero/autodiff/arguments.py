"""Variables of a transform's own, in which it takes derivatives that nothing else has a part in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dezero.core.arithmetic import ALIAS, alias
from dezero.core.call import operand
from dezero.core.config import calling, recording
from dezero.core.errors import describe
from dezero.core.graph import collect
from dezero.core.marks import CONSTANT
from dezero.core.variable import Argument, Variable, tick


def own(name: str, x: Any) -> Variable:
    """An argument of a transform as a Variable of float or complex dtype that nothing but the coming run depends on.

    An alias of a Variable; a leaf where an array or number is given, or nothing is recorded. TypeError, naming the
    transform, for what holds no numbers.
    """
    variable = operand(x, name)
    kind = variable.dtype.kind
    if kind not in "fciub":
        raise TypeError(f"{name}: an argument is {describe(x)}; derivatives are taken in numbers")
    if isinstance(x, Variable) and recording():
        return alias(x if kind in "fc" else x * 1.0)  # derivatives in integers would be integers
    return Argument(np.asarray(variable.data if kind in "fc" else variable.data * 1.0))


def born_of(asked: Sequence[Variable] | None) -> int:
    """The age of the oldest argument of a transform; 0 where anything else is asked for.

    What is older was there before the transform called its function. A derivative uses it as it is, since the caller
    may ask for one in it later.
    """
    if not asked or not all([x._op is ALIAS or type(x) is Argument for x in asked]):
        return 0
    return min([x._seq for x in asked])


def release(arguments: Sequence[Variable]) -> None:
    """Say that a transform is over: its own arguments are constants, since nobody can ask for a derivative in them."""
    for x in arguments:
        if type(x) is Argument:
            x._op = CONSTANT


def calling_on(arguments: Sequence[Variable]) -> calling:
    """The block in which a function is called on these arguments of a transform, so that a graph is recorded."""
    return calling(min([x._seq for x in arguments], default=tick()))


def computed(name: str, y: Any) -> Variable:
    """What a function given to a transform returned; TypeError, naming the transform, for anything but a Variable."""
    if isinstance(y, Variable):
        return y
    if y is None:
        refuse_nothing(name, y)
    raise TypeError(
        f"{name}: the function returned {describe(y)}; compute its result from its arguments with dezero's or "
        "NumPy's functions, which gives a Variable"
    )


def refuse_nothing(name: str, result: Any) -> None:
    """TypeError, naming the transform, for a result of a function that holds no array: None, or a tree of nothing."""
    raise TypeError(
        f"{name}: the function returned {result!r}, in which there is nothing to differentiate; let it return what it "
        "computes from its arguments (is a return statement missing?)"
    )


def check_callable(name: str, f: Any) -> None:
    """TypeError, naming the transform, for anything that cannot be called."""
    if not callable(f):
        raise TypeError(
            f"{name}: f is {describe(f)}; give a function of the arguments to differentiate in, which returns Variables"
        )


def rests_on_others(outputs: Sequence[Variable], leaves: Sequence[Variable]) -> bool:
    """Whether the outputs depend on a Variable besides these leaves, which somebody may differentiate them in."""
    ours = {x._seq for x in leaves}
    below = [a for x in leaves for a in x._args]
    known = collect(below).keys() if below else ()
    return any([not node._args and age not in ours and age not in known for age, node in collect(outputs).items()])
