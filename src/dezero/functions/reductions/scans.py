"""Scans along an axis: sums, products and logarithms of sums so far, each of linear cost.

The derivative in an element adds up what all later results pass back to it: a linear recurrence, run backwards. It
never divides by an element, so that zeros are ordinary numbers.
"""

from __future__ import annotations

import numpy as np

from dezero.core.call import apply, operand
from dezero.core.declare import linear, public
from dezero.core.dtypes import Array, is_inexact, rounded_once
from dezero.core.op import Op
from dezero.core.outputs import general
from dezero.core.variable import ArrayLike, Variable
from dezero.functions._stacking import shifted, whole_in_front
from dezero.functions.arrays._independent import beside
from dezero.functions.arrays.shape import reshape
from dezero.functions.elementwise import exponential  # noqa: F401 - declares exponent_difference
from dezero.functions.indexing.picking import gather_axes, return_axes, rows_beside_last, segment
from dezero.functions.reductions._half import in_single
from dezero.functions.reductions.sums_and_products import axes_of


def apply_along(name: str, op: Op, x: ArrayLike, axis: int | None, **parameters: object) -> Variable:
    """A scan along an axis, or (None) along the flattened array."""
    x = operand(x, name)
    if axis is None or (x.ndim == 0 and axis in (0, -1)):
        x, axis = reshape(x, (-1,)), 0
    if isinstance(axis, tuple | list):  # type: ignore[unreachable]
        raise ValueError(f"{name}: runs along one axis, got axis {axis!r}; give one, or None to flatten")
    return apply(op.bind(axis=axes_of(name, x, axis)[0], **parameters), x)  # type: ignore[index]


# -- sums ------------------------------------------------------------------------------------------------------

_LONG = 2**15


def _block_by_block(x: Array, reverse: bool) -> Array:
    """Running sums along the last axis, in blocks by a matrix product, then of the blocks.

    np.cumsum waits for each sum before it adds the next number, and takes up to twice as long on a long line. As with
    it, sums of positive numbers never descend. A number that is not finite spoils its whole block.
    """
    n, size = x.shape[-1], 64 // x.itemsize  # BLAS has its quickest product at 64 bytes a block
    if n % size:
        x = np.concatenate([x, np.zeros((*x.shape[:-1], -n % size), x.dtype)], -1)
    ones = np.ones((size, size), x.dtype)
    blocks = x.reshape(*x.shape[:-1], -1, size) @ (np.tril(ones) if reverse else np.triu(ones))
    if reverse:
        blocks[..., :-1, :] += np.cumsum(blocks[..., :0:-1, 0], -1)[..., ::-1, None]
    else:
        blocks[..., 1:, :] += np.cumsum(blocks[..., :-1, -1], -1)[..., None]
    return blocks.reshape(x.shape)[..., :n]


@rounded_once
def _running_sum(x: Array, axis: int, reverse: bool) -> Array:
    if axis == x.ndim - 1 and x.shape[axis] >= _LONG and x.dtype.char in "fd":
        with np.errstate(all="ignore"):
            y = _block_by_block(x, reverse)
            if np.isfinite(np.vdot(y, y)):
                return y
    return np.flip(np.cumsum(np.flip(x, axis), axis), axis) if reverse else np.cumsum(x, axis)


_cumsum = linear(
    "cumsum",
    _running_sum,
    lambda F, g, x, y, axis, reverse: F.cumsum(g, axis=axis, reverse=not reverse),
    independent=beside,
    stacked=shifted("axis"),
)


@public
def cumsum(x: ArrayLike, axis: int | None = None) -> Variable:
    """Sums of the elements so far along an axis, or along the flattened array.

    >>> cumsum(Variable(np.array([1.0, 2.0, 3.0])))
    variable([1. 3. 6.])
    """
    return apply_along("cumsum", _cumsum, x, axis, reverse=False)


# -- the linear recurrence -------------------------------------------------------------------------------------
# s[0] = b[0], s[k+1] = a[k] s[k] + b[k+1]; in reverse s[-1] = b[-1], s[k] = a[k] s[k+1] + b[k]. Each is the other's
# adjoint in b. There is one factor less than terms.


@rounded_once
def _recur(a: Array, b: Array, reverse: bool) -> Array:
    b = b.astype(np.result_type(a, b), copy=False)
    return np.flip(_recurrence(np.flip(a, -1), np.flip(b, -1)), -1) if reverse else _recurrence(a, b)


def _recurrence(a: Array, b: Array) -> Array:
    with np.errstate(all="ignore"):
        s = _by_halves(a, b)
    return s if s is not None and np.isfinite(s).all() else _one_by_one(a, b)


def _by_halves(a: Array, b: Array) -> Array | None:
    """The recurrence in log2(n) vectorised steps; None where a product of factors leaves the range of numbers."""
    n = b.shape[-1]
    if n < 2:
        return b
    # Every second element has a recurrence of its own: s[2k+1] = (a[2k] a[2k-1]) s[2k-1] + (a[2k] b[2k] + b[2k+1]).
    later, between = a[..., 2::2], a[..., 1::2]
    factors = later * between[..., : later.shape[-1]]
    tiny = np.finfo(a.dtype).tiny if is_inexact(a) else 0
    if not np.all((np.abs(factors) >= tiny) | (later == 0) | (between[..., : later.shape[-1]] == 0)):
        return None
    odd = _by_halves(factors, a[..., ::2] * b[..., : n - 1 : 2] + b[..., 1::2])
    if odd is None:
        return None
    s = np.empty_like(b)
    s[..., :1], s[..., 1::2] = b[..., :1], odd
    s[..., 2::2] = between * odd[..., : between.shape[-1]] + b[..., 2::2]
    return s


def _one_by_one(a: Array, b: Array) -> Array:
    s = b.copy()
    for k in range(1, b.shape[-1]):
        s[..., k] += a[..., k - 1] * s[..., k - 1]
    return s


def _factor_rule(F, g, a, b, y, reverse):
    u = F.linear_recurrence(a, g, reverse=not reverse)
    forward, backward = (u, y) if reverse else (y, u)
    n = y.shape[-1]
    return segment(F, forward, 0, n - 1) * segment(F, backward, 1, n)


general(
    "linear_recurrence",
    _recur,
    _factor_rule,
    lambda F, g, a, b, y, reverse: F.linear_recurrence(a, g, reverse=not reverse),
    independent=rows_beside_last,
    stacked=whole_in_front,
    series="linear_recurrence",
)


# -- products --------------------------------------------------------------------------------------------------


def _cumprod_rule(F, g, x, y, axis):
    shape = x.shape
    g, x, y = [gather_axes(F, part, (axis,)) for part in (g, x, y)]
    n = x.shape[-1]
    later = F.linear_recurrence(segment(F, x, 1, n), g, reverse=True)
    one = np.ones((*x.shape[:-1], min(n, 1)), x.dtype)
    earlier = F.concatenate(one, segment(F, y, 0, max(n - 1, 0)), axis=len(shape) - 1)
    return return_axes(F, later * earlier, shape, (axis,))


_cumprod = general(
    "cumprod", lambda x, axis: np.cumprod(x, axis), _cumprod_rule, independent=beside, stacked=shifted("axis")
)


@public
@in_single
def cumprod(x: ArrayLike, axis: int | None = None) -> Variable:
    """Products of the elements so far along an axis, or along the flattened array; zeros are ordinary elements.

    >>> x = Variable(np.array([2.0, 0.0, 3.0]))
    >>> cumprod(x).backward()
    >>> x.grad
    variable([1. 8. 0.])
    """
    return apply_along("cumprod", _cumprod, x, axis)


# -- logarithms of sums ----------------------------------------------------------------------------------------


def _logcumsumexp_rule(F, g, x, y, axis):
    shape = x.shape
    g, x, y = [gather_axes(F, part, (axis,)) for part in (g, x, y)]
    n = x.shape[-1]
    # dy[k] = exp(y[k-1] - y[k]) dy[k-1] + exp(x[k] - y[k]) dx[k]: shares of a sum, which cannot overflow.
    kept = F.exp(F.exponent_difference(segment(F, y, 0, max(n - 1, 0)), segment(F, y, 1, n)))
    added = F.exp(F.exponent_difference(x, y))
    later = F.linear_recurrence(kept, g, reverse=True)
    return return_axes(F, later * added, shape, (axis,))


_logcumsumexp = general(
    "logcumsumexp",
    lambda x, axis: np.logaddexp.accumulate(x, axis),
    _logcumsumexp_rule,
    independent=beside,
    stacked=shifted("axis"),
)


@public
@in_single
def logcumsumexp(x: ArrayLike, axis: int | None = None) -> Variable:
    """log of the running sums of exp(x) along an axis, or along the flattened array, without overflow.

    >>> logcumsumexp(Variable(np.array([1000.0, 1000.0, -np.inf])))
    variable([1000.         1000.69314718 1000.69314718])
    """
    return apply_along("logcumsumexp", _logcumsumexp, x, axis)
