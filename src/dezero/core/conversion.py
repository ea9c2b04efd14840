"""What a Variable gives that is asked for a plain array or number, so that no derivative is lost in silence."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

import numpy as np

from dezero.core.asking import lost_array, lost_number, rests_on_argument, sparse_asks, takes_part
from dezero.core.config import RUNNING, calling_since, recording
from dezero.core.dtypes import Array
from dezero.core.marks import Computed

Number = TypeVar("Number", float, int, complex)


class Node(Protocol):
    """What is asked of a Variable here."""

    _args: tuple[Any, ...]
    _op: Any
    _seq: int
    _is_argument: bool

    @property
    def data(self) -> Any: ...
    @property
    def dtype(self) -> Any: ...
    def item(self) -> Any: ...


def number(v: Node, kind: type[Number]) -> Number:
    """float(v) and its like: warns where a running transform's argument, or what came of one, loses its derivative."""
    if RUNNING and recording() and _inside(v):
        lost_number(kind.__name__, v)
    return kind(v.item())


def _inside(v: Node) -> bool:
    """Whether v is an argument of a transform that is running, or was computed inside of it."""
    since = calling_since()
    if since is None:  # a thread of its own: a transform that runs elsewhere may be waiting for it
        return rests_on_argument(v)
    return v._seq >= since and bool(v._args or v._is_argument)


def array(v: Node, dtype: Any, copy: bool | None) -> Array:
    """The value, where no derivative is lost: of what was computed from constants alone, and inside no_grad.

    Constants are plain arrays, results that a transform handed back, and v.detach(). GraphError for what takes part in
    recording: a Variable that was made to be differentiated in (a leaf, a Parameter), an argument of a running
    transform, and what was computed from one of these.
    """
    if recording() and not isinstance(v._op, Computed) and v.dtype.kind != "b":
        if sparse_asks():
            return np.empty((), object)
        if takes_part(v):
            raise lost_array(v)
    return np.array(v.data, dtype=dtype, copy=copy)
