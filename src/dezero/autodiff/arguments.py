"""Arguments of a transform: Variables on which nothing but the coming call of the user's function depends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from dezero.core.arithmetic import alias
from dezero.core.call import operand
from dezero.core.config import calling, recording
from dezero.core.dtypes import as_array
from dezero.core.errors import describe
from dezero.core.graph import collect
from dezero.core.marks import CONSTANT
from dezero.core.variable import Argument, ArrayLike, Variable, tick


def as_argument(name: str, x: ArrayLike) -> Variable:
    """An argument of a transform as a new Variable of float or complex dtype.

    An alias of x where x is a Variable and a graph is recorded, otherwise a leaf. TypeError, naming the transform, for
    an x without numbers.
    """
    variable = operand(x, name)
    kind = variable.dtype.kind
    if kind not in "fciub":
        raise TypeError(f"{name}: an argument is {describe(x)}; derivatives are taken in numbers")
    if isinstance(x, Variable) and recording():
        return alias(x if kind in "fc" else x * 1.0)  # a gradient has the dtype of its Variable
    return Argument(as_array(variable.data if kind in "fc" else variable.data * 1.0))


def since(asked: Sequence[Variable] | None) -> int:
    """The age of the oldest Variable asked for, where a derivative need not look at older nodes; otherwise 0.

    Older nodes depend on none of them. Where all are arguments of a transform, or one is an intermediate, a derivative
    does not rewrite older nodes, in which the caller may ask for a derivative later. Where all are leaves of the user's
    it may: what the next order finds again is found there too.
    """
    if not asked or not (any([x._args for x in asked]) or all([type(x) is Argument for x in asked])):
        return 0
    return min([x._age for x in asked])


def release(arguments: Sequence[Variable]) -> None:
    """Make constants of a transform's arguments when it returns: no user holds them to differentiate in."""
    for x in arguments:
        if type(x) is Argument:
            x._op = CONSTANT


def calling_on(arguments: Sequence[Variable]) -> calling:
    """The block in which a transform calls the user's function on these arguments: a graph is recorded."""
    return calling(min([x._age for x in arguments], default=tick()))


def computed(name: str, y: object) -> Variable:
    """The Variable that a transform's function returned; TypeError, naming the transform, for anything else."""
    if isinstance(y, Variable):
        return y
    if y is None:
        refuse_nothing(name, y)
    raise TypeError(
        f"{name}: the function returned {describe(y)}; compute its result from its arguments with dezero's or "
        "NumPy's functions, which gives a Variable"
    )


def refuse_nothing(name: str, result: object) -> NoReturn:
    """TypeError, naming the transform, for a result of its function without any array: None, or an empty tree."""
    raise TypeError(
        f"{name}: the function returned {result!r}, in which there is nothing to differentiate; let it return what it "
        "computes from its arguments (is a return statement missing?)"
    )


def check_callable(name: str, f: object) -> None:
    """TypeError, naming the transform, for an f that cannot be called."""
    if not callable(f):
        raise TypeError(
            f"{name}: f is {describe(f)}; give a function of the arguments to differentiate in, which returns Variables"
        )


def rests_on_others(outputs: Sequence[Variable], leaves: Sequence[Variable]) -> bool:
    """Whether the outputs depend on a Variable besides these leaves: a derivative in it may be asked for."""
    ours = {x._age for x in leaves}
    below = [a for x in leaves for a in x._args]
    known = collect(below).keys() if below else ()
    return any([not node._args and age not in ours and age not in known for age, node in collect(outputs).items()])
