"""Discrete Fourier transforms, with the arguments of numpy.fft (its documentation defines them).

On complex arrays they are linear over the complex numbers, and a transform's matrix is symmetric: its rule is the
transform itself (elementwise/complex_numbers.py has the convention of complex derivatives). rfft and irfft, between
real arrays and half spectra, are each other's transpose, up to the spectrum's inner frequencies, which stand for two.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from dezero.core.call import apply, operand
from dezero.core.declare import linear, public, publish
from dezero.core.dtypes import Array, Axes, is_complex
from dezero.core.errors import describe
from dezero.core.op import declared
from dezero.core.registry import operations
from dezero.core.variable import ArrayLike, Variable
from dezero.functions._axes import along, whole
from dezero.functions._stacking import shifted
from dezero.functions.arrays._independent import Below, Independent, beside
from dezero.functions.elementwise.complex_numbers import as_complex, conj, real_like
from dezero.functions.reductions.sums_and_products import axes_of

Lengths = Sequence[int | None] | None  # along each axis; None: as they are
_OTHER_WAY = {"backward": "forward", "ortho": "ortho", "forward": "backward"}


def _rows(below: Below, node: Variable, axes: tuple[int, ...], **parameters: object) -> Independent | None:
    return beside(below, node, axes)


linear(
    "fft",
    lambda x, axes, norm: np.fft.fftn(x, axes=axes, norm=norm),
    lambda F, g, x, y, axes, norm: real_like(F, F.fft(g, axes=axes, norm=norm), x),
    independent=_rows,
    stacked=shifted("axes"),
)
linear(
    "ifft",
    lambda x, axes, norm: np.fft.ifftn(x, axes=axes, norm=norm),
    lambda F, g, x, y, axes, norm: real_like(F, F.ifft(g, axes=axes, norm=norm), x),
    independent=_rows,
    stacked=shifted("axes"),
)


def _weights(n: int, inner: float, axis: int, like) -> Array:
    """The weight of each frequency of a half spectrum: 1 for those that are real, `inner` for the others."""
    w = np.full(n // 2 + 1, inner, np.finfo(like.dtype).dtype)
    w[0] = 1
    if n % 2 == 0:
        w[-1] = 1
    return w.reshape(-1, *[1] * (len(like.shape) - axis - 1))


def _rfft_rule(F, g, x, y, axes, norm):
    n = x.shape[axes[0]]
    return F.irfft(F.conj(g) * _weights(n, 0.5, axes[0], y), axes=axes, n=n, norm=_OTHER_WAY[norm])


def _irfft_rule(F, g, x, y, axes, n, norm):
    spectrum = F.rfft(F.real(g), axes=axes, norm=_OTHER_WAY[norm])
    return F.conj(spectrum) * _weights(n, 2.0, axes[0], y)


linear(
    "rfft",
    lambda x, axes, norm: np.fft.rfft(x, axis=axes[0], norm=norm),
    _rfft_rule,
    independent=_rows,
    stacked=shifted("axes"),
)
linear(
    "irfft",
    lambda x, axes, n, norm: np.fft.irfft(x, n, axes[0], norm),
    _irfft_rule,
    independent=_rows,
    stacked=shifted("axes"),
)


# -- one axis --------------------------------------------------------------------------------------------------


@public
def fft(a: ArrayLike, n: int | None = None, axis: int = -1, norm: str | None = None) -> Variable:
    """Fourier transform along an axis, cut or padded with zeros to n elements; complex.

    >>> fft(Variable(np.array([1.0, 0.0, 0.0])))
    variable([1.+0.j 1.+0.j 1.+0.j])
    """
    return _transform("fft", "fft", a, _one(n), (axis,), norm)


@public
def ifft(a: ArrayLike, n: int | None = None, axis: int = -1, norm: str | None = None) -> Variable:
    """Inverse of fft.

    >>> ifft(Variable(np.array([3.0, 0.0, 0.0])))
    variable([1.+0.j 1.+0.j 1.+0.j])
    """
    return _transform("ifft", "ifft", a, _one(n), (axis,), norm)


@public
def rfft(a: ArrayLike, n: int | None = None, axis: int = -1, norm: str | None = None) -> Variable:
    """Fourier transform of a real array along an axis: the n // 2 + 1 frequencies that are not negative.

    >>> rfft(Variable(np.array([1.0, 0.0, 0.0])))
    variable([1.+0.j 1.+0.j])
    """
    return _to_half("rfft", a, _one(n), (axis,), norm)


@public
def irfft(a: ArrayLike, n: int | None = None, axis: int = -1, norm: str | None = None) -> Variable:
    """Inverse of rfft: n real elements (2 (m - 1) from m frequencies if not given: an odd n must be given).

    >>> irfft(rfft(Variable(np.array([1.0, 2.0, 3.0]))), 3)
    variable([1. 2. 3.])
    """
    return _from_half("irfft", a, _one(n), (axis,), norm)


@public
def hfft(a: ArrayLike, n: int | None = None, axis: int = -1, norm: str | None = None) -> Variable:
    """Fourier transform of a signal given by the half that its conjugate symmetry leaves: n real elements.

    >>> hfft(Variable(np.array([1.0, 2.0])), 3)
    variable([ 5. -1. -1.])
    """
    return _from_half("hfft", conj(a), _one(n), (axis,), _OTHER_WAY[_norm("hfft", norm)])


@public
def ihfft(a: ArrayLike, n: int | None = None, axis: int = -1, norm: str | None = None) -> Variable:
    """Inverse of hfft.

    >>> ihfft(Variable(np.array([5.0, -1.0, -1.0])))
    variable([1.-0.j 2.-0.j])
    """
    return conj(_to_half("ihfft", a, _one(n), (axis,), _OTHER_WAY[_norm("ihfft", norm)]))


# -- several axes ----------------------------------------------------------------------------------------------


@public
def fft2(a: ArrayLike, s: Lengths = None, axes: Axes = (-2, -1), norm: str | None = None) -> Variable:
    """Fourier transform over two axes, cut or padded with zeros to the lengths s.

    >>> fft2(Variable(np.ones((2, 2))))
    variable([[4.+0.j 0.+0.j]
              [0.+0.j 0.+0.j]])
    """
    return _transform("fft2", "fft", a, s, axes, norm)


@public
def ifft2(a: ArrayLike, s: Lengths = None, axes: Axes = (-2, -1), norm: str | None = None) -> Variable:
    """Inverse of fft2.

    >>> ifft2(Variable(np.ones((2, 2))))
    variable([[1.+0.j 0.+0.j]
              [0.+0.j 0.+0.j]])
    """
    return _transform("ifft2", "ifft", a, s, axes, norm)


@public
def fftn(a: ArrayLike, s: Lengths = None, axes: Axes = None, norm: str | None = None) -> Variable:
    """Fourier transform over several axes, all of them by default.

    >>> fftn(Variable(np.ones((2, 2))))
    variable([[4.+0.j 0.+0.j]
              [0.+0.j 0.+0.j]])
    """
    return _transform("fftn", "fft", a, s, axes, norm)


@public
def ifftn(a: ArrayLike, s: Lengths = None, axes: Axes = None, norm: str | None = None) -> Variable:
    """Inverse of fftn.

    >>> ifftn(Variable(np.ones((2, 2))))
    variable([[1.+0.j 0.+0.j]
              [0.+0.j 0.+0.j]])
    """
    return _transform("ifftn", "ifft", a, s, axes, norm)


@public
def rfftn(a: ArrayLike, s: Lengths = None, axes: Axes = None, norm: str | None = None) -> Variable:
    """Fourier transform of a real array: rfft over the last of the axes, fft over the others.

    >>> rfftn(Variable(np.ones((2, 2))))
    variable([[4.+0.j 0.+0.j]
              [0.+0.j 0.+0.j]])
    """
    return _to_half("rfftn", a, s, axes, norm)


@public
def irfftn(a: ArrayLike, s: Lengths = None, axes: Axes = None, norm: str | None = None) -> Variable:
    """Inverse of rfftn; s gives the real array's lengths (the last must be given where it is odd).

    >>> irfftn(rfftn(Variable(np.ones((2, 3)))), (2, 3), (0, 1))
    variable([[1. 1. 1.]
              [1. 1. 1.]])
    """
    return _from_half("irfftn", a, s, axes, norm)


@public
def rfft2(a: ArrayLike, s: Lengths = None, axes: Axes = (-2, -1), norm: str | None = None) -> Variable:
    """rfftn over two axes.

    >>> rfft2(Variable(np.ones((2, 2)))).shape
    (2, 2)
    """
    return _to_half("rfft2", a, s, axes, norm)


@public
def irfft2(a: ArrayLike, s: Lengths = None, axes: Axes = (-2, -1), norm: str | None = None) -> Variable:
    """irfftn over two axes.

    >>> irfft2(Variable(np.ones((2, 3)))).shape
    (2, 4)
    """
    return _from_half("irfft2", a, s, axes, norm)


# -- order of the frequencies ----------------------------------------------------------------------------------


def _shift(name: str, back: str) -> Callable[..., Variable]:
    value = getattr(np.fft, name)
    op = linear(
        name,
        lambda x, axes: value(x, axes),
        lambda F, g, x, y, axes: getattr(F, back)(g, axes=axes),
        independent=_rows,
        stacked=shifted("axes"),
    )

    def shift(x: ArrayLike, axes: Axes = None) -> Variable:
        x = operand(x, name)
        return apply(op.bind(axes=tuple(range(x.ndim)) if axes is None else axes_of(name, x, axes)), x)

    return shift


fftshift = publish(
    "fftshift",
    _shift("fftshift", "ifftshift"),
    """Frequency zero moved from the start of the axes (all of them by default) to their middle.

    >>> fftshift(Variable(np.arange(5.0)))
    variable([3. 4. 0. 1. 2.])
    """,
)
ifftshift = publish(
    "ifftshift",
    _shift("ifftshift", "fftshift"),
    """Inverse of fftshift; the two differ for axes of odd length.

    >>> ifftshift(Variable(np.array([3.0, 4, 0, 1, 2])))
    variable([0. 1. 2. 3. 4.])
    """,
)


# -- what they share -------------------------------------------------------------------------------------------


def _transform(name: str, op: str, a: ArrayLike, s: Lengths, axes: Axes, norm: str | None) -> Variable:
    a, norm = operand(a, name), _norm(name, norm)
    lengths, axes = _lengths(name, a, s, axes)
    if not axes:
        return a  # as NumPy leaves a number
    return apply(declared[op].bind(axes=axes, norm=norm), _resized(a, axes, lengths))


def _to_half(name: str, a: ArrayLike, s: Lengths, axes: Axes, norm: str | None) -> Variable:
    a, norm = operand(a, name), _norm(name, norm)
    if is_complex(a):
        raise TypeError(f"{name}: a is a {describe(a)}, and the transform is of real arrays; use fft, or real(a)")
    lengths, axes = _lengths(name, a, s, axes)
    y = apply(declared["rfft"].bind(axes=axes[-1:], norm=norm), _resized(a, axes, lengths))
    return apply(declared["fft"].bind(axes=axes[:-1], norm=norm), y) if len(axes) > 1 else y


def _from_half(name: str, a: ArrayLike, s: Lengths, axes: Axes, norm: str | None) -> Variable:
    a, norm = as_complex(operand(a, name)), _norm(name, norm)
    lengths, axes = _lengths(name, a, s, axes)
    n = 2 * (a.shape[axes[-1]] - 1) if s is None or s[-1] in (None, -1) else lengths[-1]
    if n < 1:
        raise ValueError(f"{name}: n would be {n} along axis {axes[-1]} of a {describe(a)}; give the real length")
    y = _resized(a, axes, (*lengths[:-1], n // 2 + 1))
    if len(axes) > 1:
        y = apply(declared["ifft"].bind(axes=axes[:-1], norm=norm), y)
    return apply(declared["irfft"].bind(axes=axes[-1:], n=n, norm=norm), y)


def _one(n: int | None) -> tuple[int] | None:
    return None if n is None else (n,)


def _norm(name: str, norm: str | None) -> str:
    if norm is not None and norm not in _OTHER_WAY:
        raise ValueError(f"{name}: norm is {norm!r}; it must be 'backward' (the default), 'ortho' or 'forward'")
    return norm or "backward"


def _lengths(name: str, a: Variable, s: Lengths, axes: Axes) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """How many elements are transformed along which axes."""
    if axes is None:
        axes = tuple(range(a.ndim)) if s is None else tuple(range(-len(s), 0))
    axes = axes_of(name, a, axes) or ()
    if not axes and ("r" in name or name in ("fft", "ifft", "hfft", "ihfft")):
        raise ValueError(f"{name}: there is no axis to transform in a {describe(a)}")
    have = tuple([a.shape[axis] for axis in axes])
    if s is None:
        s = have
    if len(s) != len(axes):
        raise ValueError(f"{name}: {len(s)} lengths for {len(axes)} axes; give one for each")
    asked = [-1 if n is None else whole(name, n, "a length") for n in s]
    lengths = tuple([have[i] if n == -1 else n for i, n in enumerate(asked)])
    if min(lengths, default=1) < 1:
        raise ValueError(f"{name}: cannot transform {min(lengths)} elements; lengths must be at least 1")
    return lengths, axes


def _resized(a: Variable, axes: tuple[int, ...], lengths: tuple[int, ...]) -> Variable:
    """The array cut, or padded with zeros at the end, to lengths along axes."""
    for axis, n in zip(axes, lengths, strict=True):
        have = a.shape[axis]
        if n < have:
            a = operations.get_item(a, along(axis, slice(n)))
        elif n > have:
            zeros = np.zeros((*a.shape[:axis], n - have, *a.shape[axis + 1 :]), a.dtype)
            a = operations.concatenate([a, zeros], axis)
    return a
