"""Conversion of a Variable to a plain array or number: an error or a warning where a derivative would be lost."""

from __future__ import annotations

import warnings
from typing import TypeVar

import numpy as np

from dezero.core.arraylike import Node
from dezero.core.asking import lost_array, lost_number, rests_on_argument, sparse_asks, takes_part
from dezero.core.config import RUNNING, calling_since, recording
from dezero.core.dtypes import Array, DType
from dezero.core.errors import GraphWarning
from dezero.core.marks import Computed
from dezero.core.watching import gives_plain_numbers, mapping

Number = TypeVar("Number", float, int, complex)


def number(v: Node, kind: type[Number]) -> Number:
    """float(v), int(v), complex(v); warns where v depends on an argument of a running transform."""
    if RUNNING and recording() and _inside(v):
        lost_number(kind.__name__, v)
    return kind(v.item())


def _inside(v: Node) -> bool:
    """Whether v is an argument of a transform that is running, or was computed inside of it."""
    since = calling_since()
    if since is None:  # a thread without a transform: it may work for a transform that runs in another thread
        return rests_on_argument(v)
    return v._age >= since and bool(v._args or v._is_argument)


def warn_of_numbers(name: str, v: Node) -> None:
    """Warn where a function of this name, whose result holds plain numbers, is called on what depends on an argument of
    a running transform."""
    if mapping():
        gives_plain_numbers(name)
    elif RUNNING and recording() and _inside(v):
        warnings.warn(
            f"{name}: x is being differentiated in, and the result holds plain numbers, which the derivative does not "
            "see. Use dezero.jacobian or dezero.hessian; x.detach() takes a constant without this warning",
            GraphWarning,
            stacklevel=4,
        )


def array(v: Node, dtype: DType | None, copy: bool | None) -> Array:
    """The value as a NumPy array, if no derivative is lost: v was computed from constants alone, or no_grad holds.

    Constants are plain arrays, results that a transform returned, and v.detach(). GraphError where v takes part in
    recording: v is a leaf that the user made, a Parameter or an argument of a running transform, or was computed from
    one of these.
    """
    if recording() and not isinstance(v._op, Computed) and v.dtype.kind != "b":
        if sparse_asks():
            return np.empty((), object)
        if takes_part(v):
            raise lost_array(v)
    return np.array(v.data, dtype=dtype, copy=copy)
