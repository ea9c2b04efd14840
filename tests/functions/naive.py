"""References for the functions of neural networks: the definitions, written out as loops over NumPy arrays."""

import math

import numpy as np


def each(value, ndim):
    return tuple(value) if isinstance(value, tuple) else (value,) * ndim


def padded(x, pad, value=0):
    return np.pad(x, [(0, 0), (0, 0), *[(p, p) for p in pad]], constant_values=value)


def places(size, kernel, stride, pad, dilation):
    """For each output position the slices, along every spatial axis, of the padded input that its window covers."""
    spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    out = [(n + 2 * p - span) // s + 1 for n, p, span, s in zip(size, pad, spans, stride, strict=True)]
    if min(out) < 1 or min(kernel) < 1:
        raise ValueError("the kernel does not fit")
    windows = {}
    for place in np.ndindex(*out):
        starts = [i * s for i, s in zip(place, stride, strict=True)]
        windows[place] = tuple(slice(a, a + n, d) for a, n, d in zip(starts, spans, dilation, strict=True))
    return out, windows


def conv(x, W, b=None, stride=1, pad=0, dilation=1, groups=1):
    ndim = x.ndim - 2
    stride, pad, dilation = each(stride, ndim), each(pad, ndim), each(dilation, ndim)
    out, windows = places(x.shape[2:], W.shape[2:], stride, pad, dilation)
    if x.shape[1] != W.shape[1] * groups:
        raise ValueError("the channels differ")
    y = np.zeros((len(x), len(W), *out), np.result_type(x, W))
    xp = padded(x, pad)
    for n in range(len(x)):
        for o in range(len(W)):
            first = o // (len(W) // groups) * W.shape[1]
            for place, window in windows.items():
                seen = xp[(n, slice(first, first + W.shape[1]), *window)]
                y[(n, o, *place)] = (W[o] * seen).sum()
    return y if b is None else y + b.reshape(-1, *[1] * ndim)


def deconv(x, W, b=None, stride=1, pad=0, outsize=None, dilation=1, groups=1):
    ndim = x.ndim - 2
    stride, pad, dilation = each(stride, ndim), each(pad, ndim), each(dilation, ndim)
    if outsize is None:
        spans = [d * (k - 1) + 1 for k, d in zip(W.shape[2:], dilation, strict=True)]
        outsize = tuple(
            s * (n - 1) + span - 2 * p for n, span, s, p in zip(x.shape[2:], spans, stride, pad, strict=True)
        )
    _, windows = places(outsize, W.shape[2:], stride, pad, dilation)
    dtype = np.result_type(x, W)
    y = padded(np.zeros((len(x), W.shape[1] * groups, *outsize), dtype), pad)
    for n in range(len(x)):
        for c in range(len(W)):
            first = c // (len(W) // groups) * W.shape[1]
            for place, window in windows.items():
                y[(n, slice(first, first + W.shape[1]), *window)] += W[c] * x[(n, c, *place)]
    y = y[(slice(None), slice(None), *[slice(p, p + n) for p, n in zip(pad, outsize, strict=True)])]
    return y if b is None else y + b.reshape(-1, *[1] * ndim)


def im2col(x, kernel_size, stride=1, pad=0, to_matrix=True):
    kernel, stride, pad = each(kernel_size, 2), each(stride, 2), each(pad, 2)
    out, windows = places(x.shape[2:], kernel, stride, pad, (1, 1))
    xp = padded(x, pad)
    col = np.zeros((*x.shape[:2], *kernel, *out), x.dtype)
    for place, window in windows.items():
        col[(..., *place)] = xp[(slice(None), slice(None), *window)]
    if to_matrix:
        col = col.transpose(0, 4, 5, 1, 2, 3).reshape(len(x) * math.prod(out), x.shape[1] * math.prod(kernel))
    return col


def col2im(col, input_shape, kernel_size, stride=1, pad=0, to_matrix=True):
    kernel, stride, pad = each(kernel_size, 2), each(stride, 2), each(pad, 2)
    out, windows = places(input_shape[2:], kernel, stride, pad, (1, 1))
    if to_matrix:
        n, c = input_shape[:2]
        col = col.reshape(n, *out, c, *kernel).transpose(0, 3, 4, 5, 1, 2)
    xp = padded(np.zeros(input_shape, col.dtype), pad)
    for place, window in windows.items():
        xp[(slice(None), slice(None), *window)] += col[(..., *place)]
    return xp[(..., *[slice(p, p + n) for p, n in zip(pad, input_shape[2:], strict=True)])]


def pool(x, kernel_size, stride=1, pad=0, value=-np.inf, reduce=np.max):
    ndim = x.ndim - 2
    kernel, stride, pad = each(kernel_size, ndim), each(stride, ndim), each(pad, ndim)
    out, windows = places(x.shape[2:], kernel, stride, pad, (1,) * ndim)
    if x.dtype.kind in "iu" and value != 0:
        value = np.iinfo(x.dtype).min
    xp = padded(x, pad, value)
    y = np.zeros((*x.shape[:2], *out), reduce(np.ones(1, x.dtype)).dtype)
    for place, window in windows.items():
        y[(..., *place)] = reduce(xp[(..., *window)], axis=tuple(range(2, x.ndim)))
    return y


def average_pool(x, kernel_size, stride=1, pad=0):
    return pool(x, kernel_size, stride, pad, 0, np.mean)


def adaptive_pool(x, output_size, reduce=np.max):
    if x.ndim < 3 or 0 in x.shape[2:]:
        raise ValueError("nothing to take a maximum of")
    out = each(output_size, x.ndim - 2)
    y = np.zeros((*x.shape[:2], *out), reduce(np.ones(1, x.dtype)).dtype)
    for place in np.ndindex(*out):
        cut = [slice(i * n // m, -(-(i + 1) * n // m)) for i, m, n in zip(place, out, x.shape[2:], strict=True)]
        y[(..., *place)] = reduce(x[(..., *cut)], axis=tuple(range(2, x.ndim)))
    return y


def upsample(x, scale=2, mode="nearest"):
    if x.ndim < 3:
        raise ValueError("no axes of size")
    scales = each(scale, x.ndim - 2)
    if mode == "nearest":
        for axis, s in enumerate(scales, 2):
            x = np.repeat(x, s, axis)
        return x
    for axis, s in enumerate(scales, 2):
        x = np.apply_along_axis(stretched, axis, x, s)
    return x


def stretched(row, scale):
    centres = (np.arange(len(row) * scale) + 0.5) / scale - 0.5
    y = np.zeros(len(centres), np.result_type(row, np.float32 if row.dtype == np.float32 else np.float64))
    for i, c in enumerate(np.clip(centres, 0, len(row) - 1)):
        low = min(int(c), len(row) - 1)
        high = min(low + 1, len(row) - 1)
        y[i] = row[low] * (1 - (c - low)) + row[high] * (c - low)
    return y


def standardized(x, eps):
    """All of an array to mean 0 and variance 1; without abs(), so that it holds for complex numbers too."""
    if not x.size:
        raise ValueError("nothing to take a mean of")
    centred = x - x.mean()
    return centred / np.sqrt((centred * centred).mean() + eps)


def spread(values, x):
    """One number for each channel, in a shape that broadcasts with x."""
    return values.reshape(-1, *[1] * (x.ndim - 2))


def batch_norm(x, gamma, beta, eps=2e-5):
    y = np.stack([standardized(x[:, c], eps) for c in range(x.shape[1])], axis=1)
    return y * spread(gamma, x) + spread(beta, x)


def batch_norm_in_use(x, gamma, beta, mean, var, eps=2e-5):
    if x.ndim < 2:
        raise ValueError("no channels")
    return (x - spread(mean, x)) / np.sqrt(spread(var, x) + eps) * spread(gamma, x) + spread(beta, x)


def layer_norm(x, gamma=None, beta=None, axes=1, eps=1e-5):
    if x.ndim < axes:
        raise ValueError("not so many axes")
    rows = x.reshape(-1, int(np.prod(x.shape[x.ndim - axes :])))
    y = np.stack([standardized(row, eps) for row in rows]).reshape(x.shape)
    return (y if gamma is None else y * gamma) + (0 if beta is None else beta)


def group_norm(x, groups, gamma=None, beta=None, eps=1e-5):
    y = x * 1.0
    each = x.shape[1] // groups
    if not x.size:
        raise ValueError("nothing to take a mean of")
    for n in range(len(x)):
        for first in range(0, x.shape[1], each):
            y[n, first : first + each] = standardized(x[n, first : first + each], eps)
    return (y if gamma is None else y * spread(gamma, x)) + (0 if beta is None else spread(beta, x))


def instance_norm(x, gamma=None, beta=None, eps=1e-5):
    if x.ndim < 3:
        raise ValueError("no axes of size")
    return group_norm(x, x.shape[1], gamma, beta, eps)


def attention(q, k, v, mask=None, scale=None, causal=False):
    """Query by query; without abs() or max(), so that it holds for complex numbers too."""
    lead = np.broadcast_shapes(*[x.shape[:-2] for x in (q, k, v)])
    q, k, v = [np.broadcast_to(x, (*lead, *x.shape[-2:])) for x in (q, k, v)]
    if q.shape[-1] != k.shape[-1]:
        raise ValueError("the sizes differ")
    seen = np.ones((*lead, q.shape[-2], k.shape[-2]), bool)
    added = np.zeros(seen.shape, np.result_type(q, k))
    if mask is not None:
        if mask.dtype.kind in "iu":
            raise TypeError("0 and 1 may mean either")
        mask = np.broadcast_to(mask, seen.shape)
        if mask.dtype == bool:
            seen = mask
        else:
            seen = mask != -np.inf
            added = added + np.where(seen, mask, 0)
    y = np.zeros((*lead, q.shape[-2], v.shape[-1]), np.result_type(q, k, v, np.float32))
    scale = 1 / math.sqrt(max(q.shape[-1], 1)) if scale is None else scale
    for place in np.ndindex(*lead, q.shape[-2]):
        at, row = place[:-1], place[-1]
        total = 0
        for j in range(k.shape[-2]):
            if seen[(*place, j)] and not (causal and j > row):
                weight = np.exp((q[place] * k[(*at, j)]).sum() * scale + added[(*place, j)])
                total = total + weight
                y[place] += weight * v[(*at, j)]
        if not isinstance(total, int):
            y[place] /= total
    return y


def lstm(x, h, c, Wx, Wh, b):
    """The hidden states and the last cell state of a long short-term memory, in one row."""
    hs = []
    for row in x:
        o, f, i, u = np.split(row @ Wx + h @ Wh + b, 4, axis=-1)
        c = c / (1 + np.exp(-f)) + np.tanh(u) / (1 + np.exp(-i))
        h = np.tanh(c) / (1 + np.exp(-o))
        hs.append(h)
    return np.concatenate([np.ravel(hs), np.ravel(c)])
