"""Calls whose result's type is found by computing it on numbers that stand in for abstract arrays."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero.compiler.tracing.abstract import PROTOCOL, holds, holds_abstract, is_abstract, like, refuse, term_of
from dezero.compiler.tracing.terms import Call, Term, call_operation
from dezero.compiler.tracing.trees import flatten
from dezero.core.dtypes import Shape
from dezero.core.op import ELEMENTWISE, Op
from dezero.core.watch.tracing import PerRun, trace_here


def called(function: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """Any call of a function, as one step."""
    if holds([*args, kwargs], (PerRun,)):
        refuse(f"{getattr(function, '__name__', function)} of a number that is an argument")
    leaves, structure = flatten((tuple(args), kwargs))
    moving = [i for i, x in enumerate(leaves) if is_abstract(x)]
    held = [None if is_abstract(x) else x for x in leaves]
    op = call_operation(Call(function, structure, held, moving))
    return on_stand_ins(op, [leaves[i] for i in moving])


def on_stand_ins(op: Op, args: Sequence[Any]) -> Any:
    """What stands for an operation's result, whose type is found by computing it on numbers.

    Two lots of numbers must give one type: the eigenvalues of some real matrices are complex, those of others real.
    """
    if holds_abstract(op.parameters):
        refuse(f"{op.name}, of whose parameters one is computed,")
    narrow = op.kind is ELEMENTWISE
    known = [like(r, Term()) for r in _computed(op, args, narrow)]
    if any([_types(k) != _types(known[0]) for k in known]):
        refuse(f"{op.name}, whose result's type depends on numbers,")
    shape = np.broadcast_shapes(*[np.shape(x) for x in args]) if narrow else None
    return like(known[0], Term(op, tuple([term_of(x) for x in args])), shape)


def _types(found: Any) -> Any:
    return tuple([_types(part) for part in found]) if isinstance(found, tuple | list) else (found.shape, found.dtype)


def _computed(op: Op, args: Sequence[Any], narrow: bool) -> list[Any]:
    """An operation's results on two lots of numbers; on the second where it takes them."""
    found = []
    for lot in (0, 1):
        numbers = [stand_in(x, lot, narrow) for x in args]
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found.append(op.value(*numbers))
        except Exception:
            if not lot:
                raise
    return found


def stand_in(x: Any, lot: int, narrow: bool) -> Any:
    """Numbers in place of an abstract array; other values as they are. narrow: of one element."""
    if not is_abstract(x):
        return x.reshape(-1)[:1].reshape((1,) * x.ndim) if narrow and isinstance(x, np.ndarray) and x.size else x
    seed = getattr(trace_here(), "seed", 0)
    return np.array(_numbers((1,) * x.ndim if narrow else x.shape, x.dtype, lot, seed))


@functools.lru_cache(maxsize=64)
def _numbers(shape: Shape, dtype: Any, lot: int, seed: int) -> Any:
    """Numbers for which most functions are defined: between 0 and 1. Square matrices are positive definite, in the
    second lot rotations. Each run of a trace has others, so that a user's Function that keeps them is found."""
    if dtype.kind in "iub":
        return np.zeros(shape, dtype)
    y = 0.25 + 0.5 * np.random.default_rng([seed, lot]).random(shape)
    if len(shape) > 1 and shape[-1] == shape[-2]:
        n = max(shape[-1], 1)
        other = np.swapaxes(y, -1, -2)
        y = (
            (y - other) / n + np.eye(n)[:, ::-1] * np.where(np.arange(n) < n / 2, 1, -1)
            if lot
            else ((y + other) / (8 * n) + np.diag(np.arange(1, n + 1) / n + 1))
        )
    return y.astype(dtype)


PROTOCOL.called = called
