"""PyTorch's linear algebra and Fourier transforms and their counterparts here."""

import math

import numpy as np

import dezero.functions as F
from tests.peers.opinfo.adapting import Both, OutOfScope, adjoint, axes, transposed


def plus(product):
    """addmm and its kin: beta * x + alpha * product."""

    def adapter(x, *factors, beta=1, alpha=1):
        return beta * x + alpha * product(*factors)

    return adapter


def cross(a, b, dim=None):
    if dim is None:
        dim = next(i for i, n in enumerate(np.broadcast_shapes(a.shape, b.shape)) if n == 3)
    return F.cross(a, b, axis=dim)


def cholesky_solve(b, factor, upper=False):
    a = F.matmul(adjoint(factor), factor) if upper else F.matmul(factor, adjoint(factor))
    return F.solve(a, b)


def cholesky_inverse(factor, upper=False):
    return F.inv(F.matmul(adjoint(factor), factor) if upper else F.matmul(factor, adjoint(factor)))


def qr(a, mode="reduced", some=None):
    if isinstance(mode, bool) or some is not None:
        mode = "reduced" if (mode if isinstance(mode, bool) else some) else "complete"
    return F.qr(a, mode)


def solve(a, b, left=True):
    vector = b.ndim == 1 or (b.ndim == a.ndim - 1 and b.shape == a.shape[:-1])
    if not left:
        return F.solve(transposed(a), b) if vector else transposed(F.solve(transposed(a), transposed(b)))
    return F.solve(a, F.expand_dims(b, -1))[..., 0] if vector else F.solve(a, b)


def solve_triangular(a, b, *, upper, left=True, unitriangular=False):
    if not left:
        return transposed(F.solve_triangular(transposed(a), transposed(b), lower=upper, unit_diagonal=unitriangular))
    return F.solve_triangular(a, b, lower=not upper, unit_diagonal=unitriangular)


def triangular_solve(b, a, upper=True, transpose=False, unitriangular=False):
    return F.solve_triangular(a, b, trans=int(transpose), lower=not upper, unit_diagonal=unitriangular), a * 1


def lu(a, pivot=True):
    if not pivot:
        raise OutOfScope("pivot=False")
    return tuple(F.lu(a))


def lu_factor(a, pivot=True, get_infos=False):
    """Both factors in one matrix, as LAPACK holds them."""
    _, lower, upper = lu(a, pivot)
    below = F.tril(lower, -1)
    m, n = a.shape[-2:]
    if m < n:
        return F.concatenate([below, np.zeros((*a.shape[:-1], n - m), a.dtype)], -1) + upper
    return below + (upper if m == n else F.concatenate([upper, np.zeros((*a.shape[:-2], m - n, n), a.dtype)], -2))


def eig(a):
    values, vectors = F.eig(a)
    return F.as_complex(values), F.abs(vectors)


def torch_eig(op, a):
    values, vectors = op.op(a)
    return values, vectors.abs()


def eigh(a, UPLO="L"):
    values, vectors = F.eigh(a + adjoint(a), UPLO)
    return values, F.abs(vectors)


def torch_eigh(op, a, **kwargs):
    values, vectors = op.op(a + a.mH, **kwargs)
    return values, vectors.abs()


def hermitian(op, a, **kwargs):
    return op.op(a + a.mH, **kwargs)


def svd(a, *args, **kwargs):
    """The sizes of the vectors' elements, which no sign or phase changes, of the first min(m, n) vectors."""
    u, s, vh = F.svd(a, full_matrices=False)
    return F.abs(u), s, F.abs(vh)


def torch_svd(op, a, *args, **kwargs):
    u, s, v = op.op(a, *args, **kwargs)
    k = s.shape[-1]
    return u[..., :k].abs(), s, (v[..., :k, :] if "linalg" in op.name else v[..., :k].mT).abs()


def lu_solve(lower_upper, pivots, b, *, left=True, adjoint=False):
    raise OutOfScope("factors with pivots")


def lstsq(a, b, rcond=None, driver=None):
    return F.lstsq(a, b)[0]


def pinv(a, atol=None, rtol=None, hermitian=False, rcond=None):
    if atol is not None and np.any(atol):
        raise OutOfScope("atol=")
    return F.pinv(a, *([] if rtol is None and rcond is None else [rtol if rcond is None else rcond]))


def singular(a):
    """The pseudo-inverse with PyTorch's bound on the singular values that count."""
    return F.pinv(a, max(a.shape[-2:]) * float(np.finfo(a.dtype).eps))


def svdvals(a):
    return F.svd(a, compute_uv=False)


def norm(x, ord=None, dim=None, keepdim=False, dtype=None):
    if ord == "nuc" and dim is None and x.ndim != 2:
        raise OutOfScope("nuc of a stack")
    x = x if dtype is None else F.astype(x, dtype)
    if dim is None and ord is None:
        return F.reshape(F.norm(F.reshape(x, (-1,))), (1,) * x.ndim if keepdim else ())
    if dim is None and x.ndim > 2:
        raise OutOfScope("ord of more than two axes")
    return F.norm(x, ord, axes(x, dim), keepdim)


def vector_norm(x, ord=2, dim=None, keepdim=False, dtype=None):
    x = x if dtype is None else F.astype(x, dtype)
    axis = axes(x, dim)
    if axis is None:
        return F.reshape(F.norm(F.reshape(x, (-1,)), ord), (1,) * x.ndim if keepdim else ())
    if isinstance(axis, tuple) and len(axis) > 1:
        last = range(x.ndim - len(axis), x.ndim)
        moved = F.moveaxis(x, axis, tuple(last))
        flat = F.norm(F.reshape(moved, (*moved.shape[: -len(axis)], -1)), ord, -1)
        return F.expand_dims(flat, axis) if keepdim else flat
    return F.norm(x, ord, axis[0] if isinstance(axis, tuple) else axis, keepdim)


def old_norm(x, p="fro", dim=None, keepdim=False, dtype=None):
    if p == "nuc":
        return F.norm(x, "nuc", (0, 1) if dim is None else dim, keepdim)
    return vector_norm(x, 2 if p in ("fro", None) else p, dim, keepdim, dtype)


def matrix_norm(x, ord="fro", dim=(-2, -1), keepdim=False, dtype=None):
    return F.norm(x if dtype is None else F.astype(x, dtype), ord, tuple(dim), keepdim)


def dist(x, y, p=2):
    return F.norm(F.reshape(x - y, (-1,)), p)


def cond(a, p=None):
    if p in (None, 2):
        s = F.svd(a, compute_uv=False)
        return s[..., 0] / s[..., -1]
    if p == -2:
        s = F.svd(a, compute_uv=False)
        return s[..., -1] / s[..., 0]
    return F.norm(a, p, (-2, -1)) * F.norm(F.inv(a), p, (-2, -1))


def logdet(a):
    sign, log = F.slogdet(a)
    if a.dtype.kind == "c":
        return log + F.log(sign)
    return F.where(sign.data < 0, np.nan, log)


def vander(x, N=None):
    n = x.shape[-1] if N is None else N
    x = x if x.ndim else F.reshape(x, (1,))
    return F.stack([x**k for k in range(n)], -1)


def vecdot(x, y, dim=-1):
    return F.sum(F.conj(x) * y, axis=dim)


def tensorinv(a, ind=2):
    shape = a.shape[ind:] + a.shape[:ind]
    return F.reshape(F.inv(F.reshape(a, (math.prod(a.shape[:ind]), -1))), shape)


def tensorsolve(a, b, dims=None):
    if dims is not None:
        a = F.moveaxis(a, dims, tuple(range(a.ndim - len(dims), a.ndim)))
    x = F.solve(F.reshape(a, (b.size, -1)), F.reshape(b, (-1,)))
    return F.reshape(x, a.shape[b.ndim :])


def einsum(arrays, subscripts):
    return F.einsum(subscripts, *arrays)


def tensordot(a, b, dims=2):
    return F.tensordot(a, b, dims)


def fft(f):
    return lambda x, n=None, dim=-1, norm=None: f(x, n, dim, norm)


def fft2(f, last=(-2, -1)):
    def adapter(x, s=None, dim=last, norm=None):
        dims = (dim,) if isinstance(dim, int) else dim
        s = (s,) if isinstance(s, int) else s
        if s is not None and dims is None:
            dims = tuple(range(-len(s), 0))
        return f(x, s, dims, norm)

    return adapter


def hfftn(x, s, dims, norm):
    dims = tuple(range(x.ndim)) if dims is None else dims
    s = s or (None,) * len(dims)
    for n, axis in zip(s[:-1], dims[:-1], strict=True):
        x = F.fft(x, n, axis, norm)
    return F.hfft(x, s[-1], dims[-1], norm)


def ihfftn(x, s, dims, norm):
    dims = tuple(range(x.ndim)) if dims is None else dims
    s = s or (None,) * len(dims)
    x = F.ihfft(x, s[-1], dims[-1], norm)
    for n, axis in zip(s[:-1], dims[:-1], strict=True):
        x = F.ifft(x, n, axis, norm)
    return x


OPS = {
    "addmm": plus(F.matmul),
    "addmm.decomposed": plus(F.matmul),
    "addmv": plus(F.matmul),
    "addbmm": plus(lambda a, b: F.sum(F.matmul(a, b), axis=0)),
    "baddbmm": plus(F.matmul),
    "addr": plus(F.outer),
    "bmm": F.matmul,
    "mm": F.matmul,
    "mv": F.matmul,
    "matmul": F.matmul,
    "__rmatmul__": lambda x, y: y @ x,
    "dot": F.dot,
    "vdot": F.vdot,
    "inner": F.inner,
    "outer": F.outer,
    "kron": F.kron,
    "cross": cross,
    "linalg.cross": lambda a, b, dim=-1: F.cross(a, b, axis=dim),
    "einsum": einsum,
    "tensordot": tensordot,
    "linalg.multi_dot": lambda arrays: F.multi_dot(list(arrays)),
    "linalg.vecdot": vecdot,
    "linalg.vander": vander,
    "cholesky": lambda a, upper=False: F.cholesky(a, upper=upper),
    "linalg.cholesky": lambda a, upper=False: F.cholesky(a, upper=upper),
    "linalg.cholesky_ex": lambda a, upper=False, check_errors=False: F.cholesky(a, upper=upper),
    "cholesky_inverse": cholesky_inverse,
    "cholesky_solve": cholesky_solve,
    "qr": qr,
    "linalg.qr": qr,
    "lu": lu_factor,
    "linalg.lu": lu,
    "linalg.lu_factor": lu_factor,
    "linalg.lu_factor_ex": lu_factor,
    "linalg.lu_solve": lu_solve,
    "lu_solve": lambda b, factors, pivots: lu_solve(factors, pivots, b),
    "linalg.det": F.det,
    "logdet": logdet,
    "linalg.slogdet": lambda a: tuple(F.slogdet(a)),
    "linalg.inv": F.inv,
    "linalg.inv_ex": F.inv,
    "linalg.solve": solve,
    "linalg.solve_ex": solve,
    "linalg.solve_triangular": solve_triangular,
    "triangular_solve": triangular_solve,
    "linalg.tensorinv": tensorinv,
    "linalg.tensorsolve": tensorsolve,
    "linalg.lstsq": lstsq,
    "linalg.lstsq.grad_oriented": lstsq,
    "linalg.matrix_power": F.matrix_power,
    "matrix_exp": F.expm,
    "linalg.pinv": pinv,
    "pinverse": lambda a, rcond=1e-15: F.pinv(a, rcond),
    "linalg.pinv.hermitian": Both(lambda a, **k: pinv(a + adjoint(a), **k), hermitian),
    "linalg.pinv.singular": lambda a, b: singular(F.matmul(a, adjoint(b))),
    "linalg.eigvalsh": Both(lambda a, UPLO="L": F.eigvalsh(a + adjoint(a), UPLO), hermitian),
    "linalg.eigh": Both(eigh, torch_eigh),
    "linalg.eigvals": lambda a: F.as_complex(F.eigvals(a)),
    "linalg.eig": Both(eig, torch_eig),
    "linalg.svdvals": svdvals,
    "linalg.svd": Both(svd, torch_svd),
    "svd": Both(svd, torch_svd),
    "linalg.cond": cond,
    "norm": old_norm,
    "norm.fro": old_norm,
    "norm.inf": old_norm,
    "norm.nuc": old_norm,
    "linalg.norm": norm,
    "linalg.norm.subgradients_at_zero": norm,
    "linalg.vector_norm": vector_norm,
    "linalg.matrix_norm": matrix_norm,
    "dist": dist,
    "fft.fft": fft(F.fft),
    "fft.ifft": fft(F.ifft),
    "fft.rfft": fft(F.rfft),
    "fft.irfft": fft(F.irfft),
    "fft.hfft": fft(F.hfft),
    "fft.ihfft": fft(F.ihfft),
    "fft.fft2": fft2(F.fftn),
    "fft.ifft2": fft2(F.ifftn),
    "fft.rfft2": fft2(F.rfftn),
    "fft.irfft2": fft2(F.irfftn),
    "fft.fftn": fft2(F.fftn, None),
    "fft.ifftn": fft2(F.ifftn, None),
    "fft.rfftn": fft2(F.rfftn, None),
    "fft.irfftn": fft2(F.irfftn, None),
    "fft.hfft2": fft2(hfftn),
    "fft.hfftn": fft2(hfftn, None),
    "fft.ihfft2": fft2(ihfftn),
    "fft.ihfftn": fft2(ihfftn, None),
    "fft.fftshift": lambda x, dim=None: F.fftshift(x, dim),
    "fft.ifftshift": lambda x, dim=None: F.ifftshift(x, dim),
}
