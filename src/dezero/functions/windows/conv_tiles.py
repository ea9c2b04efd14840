"""The three products of a convolution on raw arrays, each a matrix product a tile of the batch at a time.

With the windows of a batch as the columns of a matrix (im2col), y = W @ columns, the columns' cotangent is W.T @ gy
and that of W is gy @ columns.T. All columns at once would be as many times larger than the input as the kernel has
elements, and cost more to write than to multiply; a tile of them stays in the processor's cache.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from dezero.core.dtypes import Array, DType
from dezero.functions.windows.sliding import Sizes

_TILE = 2**21  # bytes of columns in a tile, about a core's second-level cache
_RUN = 1024  # NumPy copies runs of memory shorter than this (8192 by default) into its buffer before it adds them
_WASTE = 1.25  # columns computed for each useful one, up to which long runs of memory are worth it


class _Tiles:
    """A batch with its padding, read (or added to) as columns, some samples or some rows of one sample at a time.

    A padded channel lies flat in memory, and the padding after a row is the padding before the next one. Where the
    stride is 1, a kernel element therefore reads the windows of all rows, and of all samples, as one run of memory;
    the few columns between the rows that are no windows are left out of the result (`crop`).
    """

    def __init__(
        self, shape: Sizes, kernel: Sizes, stride: Sizes, pad: Sizes, dilation: Sizes, out: Sizes, dtype: DType
    ) -> None:
        self.batch, self.channels, *size = shape
        self.size, self.kernel, self.pad, self.out, self.dtype = tuple(size), kernel, pad, out, np.dtype(dtype)
        pitch = [n + p for n, p in zip(size, pad, strict=True)]
        level = [max(n, o) for n, o in zip(pitch, out, strict=True)]
        self.level = max(stride) == 1 and math.prod(level) <= _WASTE * math.prod(out)
        if self.level:
            pitch = level
        extent = pitch if self.level else list(out)
        column = max(self.channels * math.prod(kernel) * math.prod(extent[1:]) * self.dtype.itemsize, 1)
        self.samples = max(1, min(self.batch, _TILE // (column * max(extent[0], 1))))
        rows = extent[0] if self.samples > 1 else max(1, min(extent[0], _TILE // column))
        self.extent = (rows, *extent[1:])
        self.sample = math.prod(pitch)
        # Distances in memory between neighbours along each axis of the input, the kernel and the output.
        self.steps = [math.prod(pitch[axis + 1 :]) for axis in range(len(pitch))]
        self.kernel_steps = [n * d for n, d in zip(self.steps, dilation, strict=True)]
        self.out_steps = [n * s for n, s in zip(self.steps, stride, strict=True)]
        last_row = rows * max(-(-out[0] // rows), 1) - 1
        reach = [last_row * self.out_steps[0]]
        reach += [(n - 1) * step for n, step in zip(extent[1:], self.out_steps[1:], strict=True)]
        reach += [(n - 1) * step for n, step in zip(kernel, self.kernel_steps, strict=True)]
        inner = sum(n * step for n, step in zip(pad, self.steps, strict=True))
        length = (self.samples - 1) * self.sample + max(sum(reach) + 1, inner + self.sample)
        self.padded = np.zeros((self.channels, length), self.dtype)
        self.inside = self._view((self.samples, *size), (self.sample, *self.steps), inner)

    def _view(self, shape: Sizes, steps: Sizes, start: int) -> Array:
        """The padded batch with the channels as first axis and others at the given distances."""
        width = self.dtype.itemsize
        strides = (self.padded.strides[0], *[n * width for n in steps])
        return np.ndarray((self.channels, *shape), self.dtype, self.padded, start * width, strides)

    def __iter__(self) -> Iterator[tuple[slice, slice]]:
        """The samples and the rows (along the output's first axis) of each tile."""
        for n in range(0, self.batch, self.samples):
            for row in range(0, self.out[0], self.extent[0]):
                yield slice(n, min(n + self.samples, self.batch)), slice(row, min(row + self.extent[0], self.out[0]))

    def load(self, x: Array, samples: slice) -> None:
        self.inside[:, : samples.stop - samples.start] = x[samples].swapaxes(0, 1)

    def windows(self, rows: slice) -> Array:
        """A view of a tile's windows: (channels, *kernel, samples, rows, *other output axes), all but the first two
        as one axis where they lie in memory as one."""
        shape, steps = (self.samples, *self.extent), (self.sample, *self.out_steps)
        if self.level:
            shape, steps = (math.prod(shape),), (1,)
        return self._view((*self.kernel, *shape), (*self.kernel_steps, *steps), rows.start * self.out_steps[0])

    def add(self, columns: Array, rows: slice) -> None:
        """Add columns to the elements that they are windows of: the adjoint of reading them."""
        windows = self.windows(rows)
        columns = columns.reshape(windows.shape)
        with np.errstate():  # restores the buffer's size too
            np.setbufsize(_RUN)
            for k in np.ndindex(*self.kernel):
                place = windows[(slice(None), *k)]
                np.add(place, columns[(slice(None), *k)], out=place)

    def empty(self, *lead: int) -> Array:
        return np.empty((*lead, self.samples, *self.extent), self.dtype)

    def zeros(self, *lead: int) -> Array:
        return np.zeros((*lead, self.samples, *self.extent), self.dtype)

    def matrices(self, tile: Array, groups: int) -> Array:
        """A tile as one matrix for each group of channels, with a column for each window."""
        columns = self.samples * math.prod(self.extent)
        return tile.reshape(groups, tile.size // (groups * columns), columns)

    def crop(self, tile: Array, samples: slice, rows: slice) -> Array:
        """The columns of a tile that are windows, as (samples, channels, rows, *other output axes)."""
        kept = (slice(samples.stop - samples.start), slice(rows.stop - rows.start), *map(slice, self.out[1:]))
        return tile[(slice(None), *kept)].swapaxes(0, 1)

    def fill(self, tile: Array, g: Array, samples: slice, rows: slice) -> None:
        """Lay a cotangent of the output out as a tile; columns that are no windows get zero."""
        inside = self.crop(tile, samples, rows)
        if samples.stop - samples.start < self.samples or rows.stop - rows.start < self.extent[0]:
            tile.fill(0)
        inside[...] = g[samples, :, rows]


def convolve(x: Array, W: Array, stride: Sizes, pad: Sizes, dilation: Sizes, groups: int, out: Sizes) -> Array:
    """y[n, o] = sum over channels c and kernel elements k of W[o, c, k] x[n, c, stride * place + dilation * k - pad].

    x: (N, C, *size), W: (O, C / groups, *kernel), result: (N, O, *out).
    """
    dtype = np.result_type(x, W)
    tiles = _Tiles(x.shape, W.shape[2:], stride, pad, dilation, out, dtype)
    weights = W.reshape(groups, len(W) // groups, math.prod(W.shape[1:])).astype(dtype, copy=False)
    columns, product = tiles.empty(x.shape[1], *W.shape[2:]), tiles.empty(len(W))
    flat, result = tiles.matrices(columns, groups), tiles.matrices(product, groups)
    y = np.empty((len(x), len(W), *out), dtype)
    for samples, rows in tiles:
        if rows.start == 0:
            tiles.load(x, samples)
        windows = tiles.windows(rows)
        np.copyto(columns.reshape(windows.shape), windows)
        np.matmul(weights, flat, out=result)
        y[samples, :, rows] = tiles.crop(product, samples, rows)
    return y


def convolve_transposed(
    g: Array, W: Array, stride: Sizes, pad: Sizes, dilation: Sizes, groups: int, size: Sizes
) -> Array:
    """The adjoint of `convolve` in x: g: (N, O, *out), W: (O, C / groups, *kernel), result: (N, C, *size)."""
    dtype = np.result_type(g, W)
    channels, kernel = W.shape[1] * groups, W.shape[2:]
    around = tuple([d * (k - 1) - p for k, d, p in zip(kernel, dilation, pad, strict=True)])
    if max(stride) == 1 and min(around) >= 0 and 0 < len(W) <= 2 * channels:
        # A convolution with the mirrored kernels, which reads its windows faster than columns are added to theirs.
        mirrored = np.flip(W.reshape(groups, -1, *W.shape[1:]).swapaxes(1, 2), tuple(range(3, 3 + len(kernel))))
        mirrored = mirrored.reshape(channels, len(W) // groups, *kernel)
        return convolve(g, mirrored, stride, around, dilation, groups, size)
    tiles = _Tiles((len(g), channels, *size), kernel, stride, pad, dilation, g.shape[2:], dtype)
    weights = W.reshape(groups, len(W) // groups, math.prod(W.shape[1:])).swapaxes(1, 2).astype(dtype, order="C")
    columns, tile = tiles.empty(channels, *kernel), tiles.zeros(len(W))
    flat, cotangent = tiles.matrices(columns, groups), tiles.matrices(tile, groups)
    product = np.multiply if weights.shape[2] == 1 else np.matmul  # BLAS has no quick product of a column and a row
    x = np.empty((len(g), channels, *size), dtype)
    for samples, rows in tiles:
        if rows.start == 0:
            tiles.padded.fill(0)
        tiles.fill(tile, g, samples, rows)
        product(weights, cotangent, out=flat)
        tiles.add(columns, rows)
        if rows.stop == g.shape[2]:
            x[samples] = tiles.inside[:, : samples.stop - samples.start].swapaxes(0, 1)
    return x


def convolve_weights(
    x: Array, g: Array, stride: Sizes, pad: Sizes, dilation: Sizes, groups: int, kernel: Sizes
) -> Array:
    """The adjoint of `convolve` in W: x: (N, C, *size), g: (N, O, *out), result: (O, C / groups, *kernel)."""
    dtype = np.result_type(x, g)
    channels, outputs = x.shape[1], g.shape[1]
    tiles = _Tiles(x.shape, kernel, stride, pad, dilation, g.shape[2:], dtype)
    columns, tile = tiles.empty(channels, *kernel), tiles.zeros(outputs)
    flat, cotangent = tiles.matrices(columns, groups), tiles.matrices(tile, groups).swapaxes(1, 2)
    total = np.zeros((groups, flat.shape[1], outputs // groups), dtype)
    for samples, rows in tiles:
        if rows.start == 0:
            tiles.load(x, samples)
        windows = tiles.windows(rows)
        np.copyto(columns.reshape(windows.shape), windows)
        tiles.fill(tile, g, samples, rows)
        total += flat @ cotangent
    return total.swapaxes(1, 2).reshape(outputs, channels // groups, *kernel)
