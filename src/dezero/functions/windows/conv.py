"""Convolutions over one, two and three axes, and their transposes.

Convolution is linear in its input and in its weights, and so are its two adjoints: the transposed convolution, and
the correlation of input and cotangent that the weights get. The rules of the three name only each other, which gives
every order of derivative.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dezero.core.arraylike import raw
from dezero.core.call import apply
from dezero.core.declare import bilinear, public
from dezero.core.dtypes import rounded_once
from dezero.core.op import Op
from dezero.core.variable import ArrayLike, Variable
from dezero.functions._stacking import Stack, Stacks, channels_joined, channels_split, merged
from dezero.functions.arrays._independent import Below, Independent
from dezero.functions.windows import conv_tiles
from dezero.functions.windows.patches import bias_of
from dezero.functions.windows.sizes import PerAxis, for_each_axis, get_deconv_outsize, window_counts
from dezero.functions.windows.sliding import Sizes

_SAMPLES, _CHANNELS = 0, 1  # the axes of an input; weights have theirs in the order outputs, inputs


def _moved(places: dict[tuple[int, int], int]) -> Callable[..., Independent | None]:
    """Where independent axes go. places: the result's axis by argument and axis, from the left; others are mixed."""

    def rows(below: Below, node: Variable, groups: int, **parameters: object) -> Independent | None:
        moved = set()
        for i, axes in enumerate(below):
            for axis in axes:
                from_left = axis + node.ndim  # arguments and result have the same number of axes
                if (i, from_left) not in places or (groups > 1 and from_left == _CHANNELS == places[i, from_left]):
                    return None
                moved.add(places[i, from_left] - node.ndim)
        both = all(below)
        return None if both or len(moved) > 1 else tuple(moved)

    return rows


def _with_kernels(S: Stacks, op: Op, x: Any, W: Any) -> Any:
    """The examples as more samples; where each has kernels of its own, as groups of channels."""
    if not isinstance(W, Stack):
        return merged(S, op, x, W, same=1)
    y = S.call(_in_groups(S, op), channels_joined(S, S.whole(x)), _kernels_joined(S, W.value))
    return channels_split(S, y)


def _in_groups(S: Stacks, op: Op) -> Op:
    return S.rebound(op, groups=S.count * op.parameters["groups"])


def _kernels_joined(S: Stacks, W: Any) -> Any:
    return S.reshape(W, shape=(W.shape[0] * W.shape[1], *W.shape[2:]))


def _to_kernels(S: Stacks, op: Op, x: Any, g: Any) -> Any:
    W = S.call(_in_groups(S, op), *[channels_joined(S, S.whole(a)) for a in (x, g)])
    return S.reshape(W, shape=(S.count, W.shape[0] // S.count, *W.shape[1:]))


_conv = bilinear(
    "conv",
    rounded_once(conv_tiles.convolve),
    lambda F, g, x, W, y, out, **p: F.conv_transposed(g, W, size=x.shape[2:], **p),
    lambda F, g, x, W, y, out, **p: F.conv_weights(x, g, kernel=W.shape[2:], **p),
    independent=_moved({(0, _SAMPLES): _SAMPLES, (1, 0): _CHANNELS}),
    stacked=_with_kernels,
)

_conv_transposed = bilinear(
    "conv_transposed",
    rounded_once(conv_tiles.convolve_transposed),
    lambda F, g, x, W, y, size, **p: F.conv(g, W, out=x.shape[2:], **p),
    lambda F, g, x, W, y, size, **p: F.conv_weights(g, x, kernel=W.shape[2:], **p),
    independent=_moved({(0, _SAMPLES): _SAMPLES, (1, 1): _CHANNELS}),
    stacked=_with_kernels,
)

bilinear(
    "conv_weights",
    rounded_once(conv_tiles.convolve_weights),
    lambda F, g, x, gy, W, kernel, **p: F.conv_transposed(gy, g, size=x.shape[2:], **p),
    lambda F, g, x, gy, W, kernel, **p: F.conv(x, g, out=gy.shape[2:], **p),
    independent=_moved({(0, _CHANNELS): 1, (1, _CHANNELS): 0}),
    stacked=_to_kernels,
)


@public
def conv1d(
    x: ArrayLike,
    W: ArrayLike,
    b: ArrayLike | None = None,
    stride: PerAxis = 1,
    pad: PerAxis = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Variable:
    """Convolution over one axis: conv2d for x of shape (N, C, L) and W of shape (O, C / groups, K).

    >>> conv1d(Variable(np.arange(4.0).reshape(1, 1, 4)), np.ones((1, 1, 3)))
    variable([[[3. 6.]]])
    """
    return _convolution("conv1d", 1, x, W, b, stride, pad, dilation, groups)


@public
def conv2d(
    x: ArrayLike,
    W: ArrayLike,
    b: ArrayLike | None = None,
    stride: PerAxis = 1,
    pad: PerAxis = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Variable:
    """Convolution over two axes (the kernel is not mirrored), as neural networks use it.

    x: (N, C, H, W). W: the kernels, (O, C / groups, KH, KW). b: (O,) or None. stride, pad (zeros on both sides),
    dilation (distance between kernel elements): an integer, or one an axis. groups: the channels and the kernels
    are split into so many groups, and each kernel sees the channels of its group. Result: (N, O, OH, OW) with
    OH = (H + 2 pad - dilation (KH - 1) - 1) // stride + 1. Raises ValueError for shapes that do not fit.

    >>> conv2d(Variable(np.ones((1, 3, 5, 5))), np.ones((2, 3, 3, 3)), np.zeros(2), stride=2, pad=1).shape
    (1, 2, 3, 3)
    """
    return _convolution("conv2d", 2, x, W, b, stride, pad, dilation, groups)


@public
def conv3d(
    x: ArrayLike,
    W: ArrayLike,
    b: ArrayLike | None = None,
    stride: PerAxis = 1,
    pad: PerAxis = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Variable:
    """Convolution over three axes: conv2d for x of shape (N, C, D, H, W) and W of shape (O, C / groups, KD, KH, KW).

    >>> conv3d(Variable(np.ones((1, 1, 2, 2, 2))), np.ones((1, 1, 2, 2, 2)))
    variable([[[[[8.]]]]])
    """
    return _convolution("conv3d", 3, x, W, b, stride, pad, dilation, groups)


@public
def deconv1d(
    x: ArrayLike,
    W: ArrayLike,
    b: ArrayLike | None = None,
    stride: PerAxis = 1,
    pad: PerAxis = 0,
    outsize: PerAxis | None = None,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Variable:
    """Transposed convolution over one axis: deconv2d for x of shape (N, C, L) and W of shape (C, O / groups, K).

    >>> deconv1d(Variable(np.array([[[1.0, 2.0]]])), np.ones((1, 1, 2)), stride=2)
    variable([[[1. 1. 2. 2.]]])
    """
    return _transposed("deconv1d", 1, x, W, b, stride, pad, outsize, dilation, groups)


@public
def deconv2d(
    x: ArrayLike,
    W: ArrayLike,
    b: ArrayLike | None = None,
    stride: PerAxis = 1,
    pad: PerAxis = 0,
    outsize: PerAxis | None = None,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Variable:
    """Transposed convolution over two axes: the adjoint of conv2d with the same W, stride, pad, dilation and groups.

    x: (N, C, H, W). W: (C, O / groups, KH, KW). b: (O,) or None. outsize: the result's (OH, OW), where several
    sizes would convolve to (H, W); None: the smallest, stride (H - 1) + dilation (KH - 1) + 1 - 2 pad.
    Result: (N, O, OH, OW). Raises ValueError for shapes that do not fit.

    >>> deconv2d(Variable(np.ones((1, 3, 4, 4))), np.ones((3, 2, 2, 2)), stride=2).shape
    (1, 2, 8, 8)
    """
    return _transposed("deconv2d", 2, x, W, b, stride, pad, outsize, dilation, groups)


@public
def deconv3d(
    x: ArrayLike,
    W: ArrayLike,
    b: ArrayLike | None = None,
    stride: PerAxis = 1,
    pad: PerAxis = 0,
    outsize: PerAxis | None = None,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Variable:
    """Transposed convolution over three axes: deconv2d for x (N, C, D, H, W) and W (C, O / groups, KD, KH, KW).

    >>> deconv3d(Variable(np.ones((1, 1, 1, 1, 1))), np.ones((1, 1, 2, 2, 2))).shape
    (1, 1, 2, 2, 2)
    """
    return _transposed("deconv3d", 3, x, W, b, stride, pad, outsize, dilation, groups)


def _convolution(
    name: str,
    ndim: int,
    x: ArrayLike,
    W: ArrayLike,
    b: ArrayLike | None,
    stride: PerAxis,
    pad: PerAxis,
    dilation: PerAxis,
    groups: int,
) -> Variable:
    size, kernel, p = _checked(name, ndim, x, W, stride, pad, dilation, groups)
    channels, taken = raw(x).shape[1], raw(W).shape[1] * p["groups"]
    if channels != taken:
        raise ValueError(
            f"{name}: x of shape {raw(x).shape} has {channels} channels, but W of shape {raw(W).shape} in "
            f"{p['groups']} groups takes {taken}; W must be of shape (outputs, channels / groups, *kernel)"
        )
    out = window_counts(name, size, kernel, p["stride"], p["pad"], p["dilation"])
    return _biased(name, apply(_conv.bind(**p, out=out), x, W), b, raw(W).shape[0])


def _transposed(
    name: str,
    ndim: int,
    x: ArrayLike,
    W: ArrayLike,
    b: ArrayLike | None,
    stride: PerAxis,
    pad: PerAxis,
    outsize: PerAxis | None,
    dilation: PerAxis,
    groups: int,
) -> Variable:
    size, kernel, p = _checked(name, ndim, x, W, stride, pad, dilation, groups)
    if raw(x).shape[1] != raw(W).shape[0]:
        raise ValueError(
            f"{name}: x of shape {raw(x).shape} has {raw(x).shape[1]} channels, but W of shape {raw(W).shape} takes "
            f"{raw(W).shape[0]}; W must be of shape (channels, outputs / groups, *kernel)"
        )
    spans = [d * (k - 1) + 1 for k, d in zip(kernel, p["dilation"], strict=True)]
    if outsize is None:
        try:
            made = tuple(map(get_deconv_outsize, size, spans, p["stride"], p["pad"]))
        except ValueError as error:
            raise ValueError(f"{name}: x of shape {raw(x).shape}: {error}; pad less, or give outsize") from None
    else:
        made = for_each_axis(name, "outsize", outsize, ndim, 1)
        back = tuple((n + 2 * p - k) // s + 1 for n, k, s, p in zip(made, spans, p["stride"], p["pad"], strict=True))
        if back != size:
            raise ValueError(
                f"{name}: an outsize of {made} would convolve to {back}, but x of shape {raw(x).shape} has {size}; "
                "leave outsize out for the smallest that fits, which may be up to stride - 1 larger"
            )
    result = apply(_conv_transposed.bind(**p, size=made), x, W)
    return _biased(name, result, b, raw(W).shape[1] * p["groups"])


def _checked(
    name: str, ndim: int, x: ArrayLike, W: ArrayLike, stride: PerAxis, pad: PerAxis, dilation: PerAxis, groups: int
) -> tuple[Sizes, Sizes, dict[str, Any]]:
    """The sizes of input and kernel, and the parameters that the three operations share."""
    for argument, value, axes in (("x", x, "samples, channels"), ("W", W, "outputs and inputs")):
        shape = getattr(raw(value), "shape", None)
        if shape is None:
            raise TypeError(f"{name}: {argument} must be a Variable or an array, got {type(raw(value)).__name__}")
        if len(shape) != ndim + 2:
            raise ValueError(
                f"{name}: {argument} must have {ndim + 2} axes ({axes} and {ndim} more), got shape {shape}; reshape it"
            )
    (groups,) = for_each_axis(name, "groups", groups, 1, 1)
    kernels = raw(W).shape[0]
    if kernels % groups:
        raise ValueError(f"{name}: the {kernels} kernels of W {raw(W).shape} cannot be split into {groups} groups")
    kernel = tuple(raw(W).shape[2:])
    if 0 in kernel:
        raise ValueError(f"{name}: W of shape {raw(W).shape} has a kernel without elements")
    parameters = {
        "stride": for_each_axis(name, "stride", stride, ndim, 1),
        "pad": for_each_axis(name, "pad", pad, ndim, 0),
        "dilation": for_each_axis(name, "dilation", dilation, ndim, 1),
        "groups": groups,
    }
    return tuple(raw(x).shape[2:]), kernel, parameters


def _biased(name: str, y: Variable, b: ArrayLike | None, channels: int) -> Variable:
    if b is None:
        return y
    return y + bias_of(name, b, channels).reshape(channels, *[1] * (y.ndim - 2))
