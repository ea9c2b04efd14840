"""PyTorch's operations on shapes, indices and parts of an array and their counterparts here."""

import itertools

import numpy as np

import dezero.functions as F
from dezero import Variable
from tests.peers.opinfo.adapting import OutOfScope, adjoint, sizes, transposed


def expand(x, *shape, **_):
    shape = sizes(shape)
    lead = len(shape) - x.ndim
    return F.broadcast_to(x, tuple([x.shape[i - lead] if s == -1 else s for i, s in enumerate(shape)]))


def diagonal(x, offset=0, dim1=0, dim2=1):
    return F.diagonal(x, offset, dim1, dim2)


def diag_embed(x, offset=0, dim1=-2, dim2=-1):
    n = x.shape[-1] + abs(offset)
    rows = np.arange(x.shape[-1]) + max(0, -offset)
    columns = rows + offset
    out = F.index_update(np.zeros((*x.shape[:-1], n, n), x.dtype), (..., rows, columns), x)
    return F.moveaxis(out, (-2, -1), (dim1, dim2))


def diagonal_scatter(x, values, offset=0, dim1=0, dim2=1):
    x = F.moveaxis(x, (dim1, dim2), (-2, -1))
    rows = np.arange(values.shape[-1]) + max(0, -offset)
    return F.moveaxis(F.index_update(x, (..., rows, rows + offset), values), (-2, -1), (dim1, dim2))


def at(x, dim, index):
    return (slice(None),) * (dim % x.ndim) + (index,)


def chunk(x, n, dim=0):
    return split(x, -(-x.shape[dim] // n), dim)


def split(x, size, dim=0):
    stops = np.cumsum(size)[:-1] if isinstance(size, list | tuple) else np.arange(size, x.shape[dim], size)
    return F.split(x, list(stops), axis=dim)


def tensor_split(x, parts, dim=0):
    parts = parts.tolist() if isinstance(parts, np.ndarray) else parts
    return F.array_split(x, list(parts) if isinstance(parts, tuple | list) else parts, axis=dim)


def repeat(x, *times):
    return F.tile(x, sizes(times))


def tile(x, *reps):
    return F.tile(x, sizes(reps))


def repeat_interleave(x, repeats, dim=None, output_size=None):
    return F.repeat(x, repeats, dim)


def roll(x, shifts, dims=None):
    if dims is None or (isinstance(dims, tuple) and not dims):
        return F.reshape(F.roll(F.reshape(x, (-1,)), shifts, 0), x.shape)
    return F.roll(x, shifts, dims)


def squeeze(x, dim=None):
    if dim is None:
        return F.squeeze(x)
    dims = [d % x.ndim for d in ((dim,) if isinstance(dim, int) else dim)] if x.ndim else []
    dims = [d for d in dims if x.shape[d] == 1]
    return F.squeeze(x, tuple(dims)) if dims else x * 1


def take(x, index):
    return F.take(F.reshape(x, (-1,)), index)


def take_along_dim(x, index, dim=None):
    if dim is None:
        return F.take_along_axis(F.reshape(x, (-1,)), index.reshape(-1), 0)
    shape = np.broadcast_shapes(
        tuple([1 if i == dim % x.ndim else s for i, s in enumerate(x.shape)]),
        tuple([1 if i == dim % x.ndim else s for i, s in enumerate(index.shape)]),
    )
    full = lambda a: tuple([a.shape[i] if i == dim % x.ndim else s for i, s in enumerate(shape)])  # noqa: E731
    return F.take_along_axis(F.broadcast_to(x, full(x)), np.broadcast_to(index, full(index)), dim)


def gather(x, dim, index, sparse_grad=False):
    if x.ndim and index.ndim != x.ndim:
        raise OutOfScope("an index of another rank")
    return x[grid(x, dim, index)] if x.ndim else x * np.ones(index.shape, x.dtype)


def grid(x, dim, index):
    """The places that PyTorch's gather and scatter mean, as an index of NumPy's."""
    places = list(np.indices(index.shape))
    places[dim] = index
    return tuple(places)


def one(x):
    return F.reshape(x, (1,)) if x.ndim == 0 else x


def scatter(x, dim, index, src, reduce=None):
    if reduce is not None:
        raise OutOfScope("reduce=")
    if not isinstance(src, Variable | np.ndarray):
        values = np.full(index.shape, src, x.dtype)
    elif x.ndim == 0 or np.ndim(index) == 0:
        return F.reshape(F.index_update(one(x), np.reshape(index, (1,)), one(src)), x.shape)
    else:
        values = src[tuple([slice(n) for n in index.shape])]
    if x.ndim == 0:
        return F.reshape(F.index_update(one(x), np.reshape(index, (1,)), values.reshape(1)), ())
    return F.index_update(x, grid(x, dim, index), values)


def scatter_add(x, dim, index, src):
    if x.ndim == 0:
        return F.reshape(F.index_add(one(x), np.reshape(index, -1), F.reshape(src, (-1,))), ())
    return F.index_add(x, grid(x, dim, index), src[tuple([slice(n) for n in index.shape])])


def index_select(x, dim, index):
    return F.take(x, index, axis=dim) if x.ndim else F.reshape(F.take(one(x), index, axis=0), ())


def index_change(change):
    def adapter(x, dim, index, values, alpha=1):
        index = np.atleast_1d(index)
        if x.ndim == 0:
            return F.reshape(change(one(x), index, one(values) * alpha), ())
        if values.ndim < x.ndim:
            values = F.reshape(values, (1,) * (x.ndim - values.ndim) + values.shape)
        return change(x, at(x, dim, index), values * alpha)

    return adapter


def index_fill(x, dim, index, value):
    index = np.atleast_1d(index)
    if x.ndim == 0:
        return F.reshape(F.index_update(one(x), index, value), ())
    return F.index_update(x, at(x, dim, index), value)


def index_put(x, places, values, accumulate=False):
    return (F.index_add if accumulate else F.index_update)(x, tuple(places), values)


def put(x, index, values, accumulate=False):
    change = F.index_add if accumulate else F.index_update
    return F.reshape(change(F.reshape(x, (-1,)), index.reshape(-1), F.reshape(values, (-1,))), x.shape)


def masked_fill(x, mask, value):
    return F.where(mask, value, x)


def masked_select(x, mask):
    x = F.broadcast_to(x, np.broadcast_shapes(x.shape, mask.shape))
    return x[np.broadcast_to(mask, x.shape)] if x.ndim else F.reshape(x, (1,))[np.reshape(mask, (1,))]


def masked_scatter(x, mask, source):
    shape = np.broadcast_shapes(x.shape, mask.shape)
    x, mask = F.broadcast_to(x, shape), np.broadcast_to(mask, shape)
    return F.index_update(x, mask, F.reshape(source, (-1,))[: int(mask.sum())])


def unbind(x, dim=0):
    return F.unstack(x, dim)


def unfold(x, dim, size, step):
    if x.ndim == 0:
        return F.reshape(x, (1,))[:size]
    windows = np.arange(0, x.shape[dim] - size + 1, step)[:, None] + np.arange(size)
    found = F.take(x, windows, axis=dim)
    return F.moveaxis(found, dim % x.ndim + 1, -1)


def flatten(x, start_dim=0, end_dim=-1):
    if x.ndim == 0:
        return F.reshape(x, (1,))
    start, stop = start_dim % x.ndim, end_dim % x.ndim + 1
    return F.reshape(x, (*x.shape[:start], int(np.prod(x.shape[start:stop])), *x.shape[stop:]))


def unflatten(x, dim, shape):
    return F.reshape(x, (*x.shape[: dim % x.ndim], *shape, *x.shape[dim % x.ndim + 1 :]))


def reshape(x, *shape):
    return F.reshape(x, sizes(shape))


def transpose(x, a, b):
    return F.swapaxes(x, a, b) if x.ndim else x * 1


def as_slice(x, dim=0, start=None, end=None, step=1):
    return x[at(x, dim, slice(start, end, step))]


def slice_scatter(x, values, dim=0, start=None, end=None, step=1):
    return F.index_update(x, at(x, dim, slice(start, end, step)), values)


def narrow(x, dim, start, length):
    start = int(start)
    start = start + x.shape[dim] if start < 0 else start
    return x[at(x, dim, slice(start, start + length))]


def cat(arrays, dim=0):
    kept = [a for a in arrays if a.shape != (0,)] or arrays
    return F.concatenate(list(kept), dim)


def block_diag(*arrays):
    arrays = [F.reshape(a, (1, -1)) if a.ndim < 2 else a for a in arrays]
    rows = []
    for i, a in enumerate(arrays):
        rows.append([a if i == j else np.zeros((a.shape[0], b.shape[1]), a.dtype) for j, b in enumerate(arrays)])
    return F.block(rows)


def meshgrid(*arrays, indexing="ij"):
    arrays = arrays[0] if isinstance(arrays[0], list | tuple) else arrays
    return F.meshgrid(*[one(a) for a in arrays], indexing=indexing)


def cartesian_prod(*arrays):
    if len(arrays) == 1:
        return arrays[0] * 1
    return F.stack([F.reshape(a, (-1,)) for a in F.meshgrid(*arrays, indexing="ij")], 1)


def combinations(x, r=2, with_replacement=False):
    pick = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    places = np.array(list(pick(range(x.shape[0]), r)), int).reshape(-1, r)
    return F.take(x, places) if r else OutOfScope("of no elements")


def partial_views(x, size, stride, storage_offset=0):
    raise OutOfScope("memory outside the view")


def as_strided(x, size, stride, storage_offset=0):
    places = np.zeros(size, int) + (storage_offset or 0)
    for axis, (n, step) in enumerate(zip(size, stride, strict=True)):
        places = places + (np.arange(n) * step).reshape((n,) + (1,) * (len(size) - axis - 1))
    return F.take(F.reshape(x, (-1,)), places)


def select_scatter(x, values, dim, index):
    return F.index_update(x, at(x, dim, index), values)


def where(condition, x, y):
    return F.where(condition, x, y)


def same(x, *args, **kwargs):
    return x * 1


OPS = {
    "T": lambda x: F.transpose(x),
    "H": lambda x: F.conj(F.transpose(x)),
    "mT": transposed,
    "mH": adjoint,
    "t": F.transpose,
    "t_copy": F.transpose,
    "broadcast_to": expand,
    "expand": expand,
    "expand_copy": expand,
    "expand_as": lambda x, y: F.broadcast_to(x, y.shape),
    "broadcast_tensors": lambda *xs: F.broadcast_arrays(*xs),
    "sum_to_size": lambda x, *shape: F.sum_to(x, sizes(shape)),
    "diag": lambda x, diagonal=0: F.diag(x, diagonal),
    "diagflat": lambda x, offset=0: F.diagflat(x, offset),
    "diagonal": diagonal,
    "diagonal_copy": diagonal,
    "linalg.diagonal": lambda x, offset=0, dim1=-2, dim2=-1: F.diagonal(x, offset, dim1, dim2),
    "diag_embed": diag_embed,
    "diagonal_scatter": diagonal_scatter,
    "tril": lambda x, k=0: F.tril(x, k),
    "triu": lambda x, k=0: F.triu(x, k),
    "trace": F.trace,
    "chunk": chunk,
    "unsafe_chunk": chunk,
    "split": split,
    "split.list_args": split,
    "split_with_sizes": split,
    "split_with_sizes_copy": split,
    "unsafe_split": split,
    "tensor_split": tensor_split,
    "hsplit": lambda x, parts: F.hsplit(x, parts),
    "vsplit": lambda x, parts: F.vsplit(x, parts),
    "dsplit": lambda x, parts: F.dsplit(x, parts),
    "repeat": repeat,
    "tile": tile,
    "repeat_interleave": repeat_interleave,
    "flip": lambda x, dims: F.flip(x, dims),
    "fliplr": F.fliplr,
    "flipud": F.flipud,
    "roll": roll,
    "rot90": lambda x, k=1, dims=(0, 1): F.rot90(x, k, dims),
    "squeeze": squeeze,
    "squeeze.multiple": squeeze,
    "squeeze_copy": squeeze,
    "unsqueeze": lambda x, dim: F.expand_dims(x, dim),
    "unsqueeze_copy": lambda x, dim: F.expand_dims(x, dim),
    "movedim": lambda x, a, b: F.moveaxis(x, a, b),
    "permute": lambda x, dims: F.transpose(x, dims),
    "permute_copy": lambda x, dims: F.transpose(x, dims),
    "transpose": transpose,
    "transpose_copy": transpose,
    "reshape": reshape,
    "view": reshape,
    "view_copy": reshape,
    "reshape_as": lambda x, y: F.reshape(x, y.shape),
    "view_as": lambda x, y: F.reshape(x, y.shape),
    "view_as_complex": lambda x: x[..., 0] + 1j * x[..., 1],
    "view_as_real": lambda x: F.stack([F.real(x), F.imag(x)], -1),
    "ravel": F.ravel,
    "flatten": flatten,
    "unflatten": unflatten,
    "atleast_1d": lambda *xs: F.atleast_1d(*(xs[0] if isinstance(xs[0], list | tuple) else xs)),
    "atleast_2d": lambda *xs: F.atleast_2d(*(xs[0] if isinstance(xs[0], list | tuple) else xs)),
    "atleast_3d": lambda *xs: F.atleast_3d(*(xs[0] if isinstance(xs[0], list | tuple) else xs)),
    "slice": as_slice,
    "slice_scatter": slice_scatter,
    "select": lambda x, dim, i: x[at(x, dim, i)],
    "select_scatter": select_scatter,
    "narrow": narrow,
    "narrow_copy": narrow,
    "__getitem__": lambda x, index: x[index],
    "take": take,
    "take_along_dim": take_along_dim,
    "gather": gather,
    "scatter": scatter,
    "scatter_add": scatter_add,
    "index_select": index_select,
    "index_add": index_change(F.index_add),
    "index_copy": index_change(F.index_update),
    "index_fill": index_fill,
    "index_put": index_put,
    "put": put,
    "masked_fill": masked_fill,
    "masked_select": masked_select,
    "masked_scatter": masked_scatter,
    "where": lambda x, condition, y: F.where(condition, x, y),
    "unbind": unbind,
    "unbind_copy": unbind,
    "unfold": unfold,
    "unfold_copy": unfold,
    "cat": cat,
    "stack": lambda arrays, dim=0: F.stack(list(arrays), dim),
    "hstack": lambda arrays: F.hstack(list(arrays)),
    "vstack": lambda arrays: F.vstack(list(arrays)),
    "dstack": lambda arrays: F.dstack(list(arrays)),
    "column_stack": lambda arrays: F.column_stack(list(arrays)),
    "block_diag": block_diag,
    "meshgrid.variadic_tensors": meshgrid,
    "meshgrid.list_of_tensors": meshgrid,
    "cartesian_prod": cartesian_prod,
    "combinations": combinations,
    "as_strided": as_strided,
    "as_strided_copy": as_strided,
    "as_strided.partial_views": partial_views,
    "clone": same,
    "contiguous": same,
    "alias_copy": same,
    "resolve_conj": same,
    "resolve_neg": same,
}
