"""PyTorch's reductions, scans and sorting and their counterparts here."""

import numpy as np

import dezero.functions as F
from tests.peers.opinfo.adapting import Both, OutOfScope, axes, cast, one_axis, reducing


def along(f):
    def adapter(x, dim, *, dtype=None):
        x = cast(x, dtype)
        return f(F.reshape(x, (1,)), axis=0).reshape(()) if x.ndim == 0 else f(x, axis=dim)

    return adapter


def extremum(f):
    """max and min with PyTorch's dim give values (and indices, which are compared by the values there)."""
    return lambda x, dim=None, keepdim=False: f(x, axis=axes(x, dim), keepdims=keepdim)


def prod(x, dim=None, keepdim=False, *, dtype=None):
    return F.prod(cast(x, dtype), axis=axes(x, dim), keepdims=keepdim)


def _count(x, axis):
    return x.size if axis is None else int(np.prod([x.shape[a] for a in np.atleast_1d(axis)]))


def spread(f):
    def adapter(x, dim=None, unbiased=True, keepdim=False, *, correction=None):
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        ddof = (1 if unbiased else 0) if correction is None else correction
        return f(x, axis=axes(x, dim), ddof=ddof, keepdims=keepdim)

    return adapter


def with_mean(f):
    def adapter(x, dim=None, unbiased=True, keepdim=False, *, correction=None):
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        mean = F.mean(x, axis=axes(x, dim), keepdims=keepdim)
        return spread(f)(x, dim, unbiased, keepdim, correction=correction), mean

    return adapter


def quantile(f):
    def adapter(x, q, dim=None, keepdim=False, *, interpolation="linear"):
        return f(x, q, axis=axes(x, dim), method=interpolation, keepdims=keepdim)

    return adapter


def median(x, dim=None, keepdim=False):
    """PyTorch's median of an even number of elements is the lower of the two in the middle."""
    if np.isnan(x.data).any():
        return F.median(x, axis=axes(x, dim), keepdims=keepdim)
    return F.quantile(x, 0.5, axis=axes(x, dim), method="lower", keepdims=keepdim)


def sort(x, dim=-1, descending=False, stable=False):
    if x.ndim == 0:
        return x * 1
    ordered = F.sort(x, axis=dim, stable=True)
    return F.flip(ordered, dim) if descending else ordered


def kthvalue(x, k, dim=-1, keepdim=False):
    if x.ndim == 0:
        return x * 1
    found = F.take(F.sort(x, axis=dim), [k - 1], axis=dim)
    return found if keepdim else F.squeeze(found, dim)


def topk(x, k, dim=-1, largest=True, sorted=True):
    if x.ndim == 0:
        return x * 1
    return F.top_k(x, k, dim, largest)[0]


def logsumexp(x, dim, keepdim=False):
    return F.logsumexp(x, axis=axes(x, dim), keepdims=keepdim)


def safe_softmax(x, axis):
    """Zeros for a row of minus infinity, of which softmax is nan."""
    none = (x.data == -np.inf).all(axis=axis, keepdims=True)
    return F.where(none, 0.0, F.softmax(F.where(none, 0.0, x), axis=axis))


def trapezoid(y, x=None, dx=1.0, dim=-1):
    return F.trapezoid(y, x, dx=dx, axis=dim)


def cumulative_trapezoid(y, x=None, dx=1.0, dim=-1):
    if x is not None:
        x = F.moveaxis(x, dim, -1) if x.ndim > 1 else x
    y = F.moveaxis(y, dim, -1)
    widths = dx if x is None else F.diff(x, axis=-1)
    return F.moveaxis(F.cumsum((y[..., 1:] + y[..., :-1]) / 2 * widths, -1), -1, dim)


def cov(x, correction=1, fweights=None, aweights=None):
    if x.ndim > 2:
        raise OutOfScope("more than two axes")
    rows = x if x.ndim == 2 else F.reshape(x, (1, -1))
    dtype = F.real(x).dtype
    times = np.ones(rows.shape[1], dtype) if fweights is None else fweights.astype(dtype)
    if aweights is None:
        w, free = times, max(0.0, float(times.sum()) - correction)
    else:
        aweights = F.astype(aweights, dtype)
        w = times * aweights
        free = F.sum(w) - correction * F.sum(w * aweights) / F.sum(w)
    d = rows - F.sum(rows * w, axis=1, keepdims=True) / w.sum()
    return F.squeeze(F.matmul(d * w, F.conj(F.transpose(d))) / free)


def torch_cov(op, x, *, aweights=None, **kwargs):
    """In the precision of x: PyTorch sums weights in their own, which the samples give as float32."""
    return op.op(x, aweights=None if aweights is None else aweights.to(x.real.dtype), **kwargs)


def corrcoef(x):
    c = cov(x)
    if c.ndim == 0:
        return c / c
    d = F.sqrt(F.real(F.diagonal(c)))
    return c / F.reshape(d, (-1, 1)) / F.reshape(d, (1, -1))


def aminmax(x, dim=None, keepdim=False):
    axis = axes(x, dim)
    return F.amin(x, axis=axis, keepdims=keepdim), F.amax(x, axis=axis, keepdims=keepdim)


def diff(x, n=1, dim=-1, prepend=None, append=None):
    return F.diff(x, n, dim, prepend, append)


def gradient(x, spacing=None, dim=None, edge_order=1):
    if spacing is None:
        spacing = []
    elif isinstance(spacing, list | tuple):
        spacing = list(spacing)
    else:
        spacing = [spacing]
    dims = None if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    found = F.gradient(x, *spacing, axis=dims, edge_order=edge_order)
    return tuple(found) if isinstance(found, list | tuple) else (found,)


def indices(f):
    def adapter(x, dim=None, keepdim=False):
        return f(x, axis=axes(x, dim), keepdims=keepdim)

    return adapter


def searchsorted(x, v, *, out_int32=False, right=False, side=None, sorter=None):
    if x.ndim != 1:
        raise OutOfScope("sorted rows of a stack")
    return F.searchsorted(x, v, side=side or ("right" if right else "left"), sorter=sorter)


def logical(f):
    return lambda x, dim=None, keepdim=False: f(
        np.asarray(x.data) != 0, axis=() if x.ndim == 0 else axes(x, dim), keepdims=keepdim
    )


def argsort(x, dim=-1, descending=False, stable=False):
    if descending or x.ndim == 0:
        raise OutOfScope("descending, or a number")
    return F.argsort(x, axis=dim, stable=True)


OPS = {
    "torch.ops.aten._safe_softmax.default": one_axis(safe_softmax),
    "sum": reducing(F.sum),
    "mean": reducing(F.mean),
    "nansum": reducing(F.nansum),
    "nanmean": reducing(F.nanmean),
    "amax": extremum(F.amax),
    "amin": extremum(F.amin),
    "aminmax": aminmax,
    "max.reduction_no_dim": extremum(F.max),
    "min.reduction_no_dim": extremum(F.min),
    "max.reduction_with_dim": extremum(F.max),
    "min.reduction_with_dim": extremum(F.min),
    "prod": prod,
    "std": spread(F.std),
    "var": spread(F.var),
    "std.unbiased": spread(F.std),
    "var.unbiased": spread(F.var),
    "std_mean": with_mean(F.std),
    "var_mean": with_mean(F.var),
    "std_mean.unbiased": with_mean(F.std),
    "var_mean.unbiased": with_mean(F.var),
    "cumsum": along(F.cumsum),
    "cumprod": along(F.cumprod),
    "cummax": along(F.cummax),
    "cummin": along(F.cummin),
    "logcumsumexp": along(F.logcumsumexp),
    "logsumexp": logsumexp,
    "quantile": quantile(F.quantile),
    "median": median,
    "sort": sort,
    "msort": lambda x: F.sort(x, axis=0),
    "kthvalue": kthvalue,
    "topk": topk,
    "trapezoid": trapezoid,
    "trapz": trapezoid,
    "cumulative_trapezoid": cumulative_trapezoid,
    "cov": Both(cov, torch_cov),
    "corrcoef": corrcoef,
    "diff": diff,
    "gradient": gradient,
    "count_nonzero": lambda x, dim=None: F.count_nonzero(x, axis=axes(x, dim)),
    "argmax": indices(F.argmax),
    "argmin": indices(F.argmin),
    "argsort": argsort,
    "argwhere": F.argwhere,
    "nonzero": lambda x, as_tuple=False: F.nonzero(x) if as_tuple else F.argwhere(x),
    "searchsorted": searchsorted,
    "all": logical(np.all),
    "any": logical(np.any),
    "softmax": one_axis(F.softmax),
    "softmax.with_dtype": one_axis(F.softmax),
    "log_softmax": one_axis(F.log_softmax),
    "log_softmax.with_dtype": one_axis(F.log_softmax),
    "nn.functional.softmin": one_axis(lambda x, axis: F.softmax(-x, axis=axis)),
    "nn.functional.softmin.with_dtype": one_axis(lambda x, axis: F.softmax(-x, axis=axis)),
}
