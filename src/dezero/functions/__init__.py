"""The operations on Variables, by family; this is their face (`import dezero.functions as F`).

The families that most programs use load with the package, the others when one of their names is first asked for.
"""

from importlib import import_module as _import_module
from typing import Any as _Any

from dezero.core.arithmetic import add, div, mul, neg, sub
from dezero.core.power import pow
from dezero.core.registry import homes as _homes
from dezero.functions.activation import (
    gelu,
    glu,
    log_sigmoid,
    mish,
    relu,
    sigmoid,
    sigmoid_simple,
    silu,
    softplus,
    softsign,
    tanhshrink,
)
from dezero.functions.complex_numbers import angle, as_complex, conj, conjugate, imag, modulus, real
from dezero.functions.elementwise import abs, cos, exp, log, maximum, minimum, sign, sin, sqrt, tan, tanh, where
from dezero.functions.indexing import get_item
from dezero.functions.linalg import dot, linear, linear_simple, matmul
from dezero.functions.reduction import mean, prod, sum
from dezero.functions.shape import astype, broadcast_to, concatenate, expand_dims, flatten, reshape, sum_to, transpose

from dezero.functions import comparison, numpy_protocol  # isort: skip

_LATER = {
    "attention": "scaled_dot_product_attention",
    "bessel": "i0 i0e i1 i1e iv j0 j1 jn jv k0 k1 kn kv y0 y1 yn yv",
    "bounds": "clip copysign fabs fmax fmin heaviside nan_to_num positive",
    "calculus": "diff ediff1d gradient trapezoid",
    "choosing": "choose piecewise select",
    "contraction": "einsum",
    "conv": "conv1d conv2d conv3d deconv1d deconv2d deconv3d",
    "correlation": "convolve correlate",
    "determinants": "det slogdet",
    "diagonals": "diag diagflat diagonal tril triu",
    "embedding": "embed_id",
    "error_functions": "dawsn erf erfc erfcinv erfcx erfinv log_ndtr ndtr ndtri",
    "exponential": "cbrt exp2 expit expm1 float_power frexp ldexp log10 log1p log2 logaddexp logaddexp2 reciprocal square",
    "extrema": "amax amin cummax cummin max min nanmax nanmin ptp",
    "factorization": "cholesky lu qr",
    "fourier": "fft fft2 fftn fftshift hfft ifft ifft2 ifftn ifftshift ihfft irfft irfft2 irfftn rfft rfft2 rfftn",
    "gamma_functions": "beta betaln digamma gamma gammaln polygamma psi zeta",
    "incomplete": "betainc gammainc gammaincc",
    "joining": "append block column_stack dstack hstack stack vstack",
    "linear_interpolation": "interp",
    "linear_systems": "inv lstsq matrix_power pinv solve solve_triangular",
    "losses": "accuracy binary_cross_entropy cosine_similarity hinge hinge_loss huber huber_loss kl_div l1 l1_loss mean_squared_error mean_squared_error_simple nll nll_loss sigmoid_cross_entropy softmax_cross_entropy softmax_cross_entropy_simple",
    "matrix_functions": "expm logm sqrtm",
    "normalization": "batch_norm batch_nrom group_norm instance_norm layer_norm",
    "norms": "norm",
    "numpy_names": "absolute acos acosh around asin asinh atan atan2 atanh deg2rad divide fix mod multiply negative power rad2deg subtract true_divide",
    "padding": "pad",
    "patches": "col2im conv2d_simple im2col",
    "products": "cross inner kron multi_dot outer tensordot trace vdot",
    "quantiles": "median percentile quantile",
    "rearrange": "atleast_1d atleast_2d atleast_3d flip fliplr flipud moveaxis ravel roll rollaxis rot90 squeeze swapaxes",
    "rectifiers": "celu elu hardshrink hardsigmoid hardswish hardtanh leaky_relu prelu relu6 selu softshrink",
    "recurrent": "lstm",
    "reflected": "rdiv rsub",
    "regularization": "dropout",
    "repeating": "broadcast_arrays meshgrid repeat resize tile",
    "rounding": "ceil divmod floor floor_divide fmod modf remainder rint round trunc",
    "scans": "cumprod cumsum logcumsumexp",
    "searching": "argmax argmin argwhere flatnonzero nonzero searchsorted",
    "softmaxes": "log_softmax logsumexp softmax softmax_simple",
    "sorting": "argpartition argsort partition sort top_k",
    "special": "entr exp1 expi fresnel lambertw logit rel_entr sici spence xlog1py xlogy",
    "spectral": "eig eigh eigvals eigvalsh svd",
    "splitting": "array_split dsplit hsplit split unstack vsplit",
    "statistics": "average count_nonzero nanmean nanprod nansum std var",
    "taking": "compress extract take take_along_axis",
    "trigonometric": "arccos arccosh arcsin arcsinh arctan arctan2 arctanh cosh degrees hypot radians sinc sinh",
    "updating": "delete index_add index_update insert",
    "upsampling": "upsample",
    "window_pooling": "adaptive_average_pooling adaptive_max_pooling average_pooling global_average_pooling global_max_pooling pooling pooling_simple",
}
_FAMILY = {name: family for family, names in _LATER.items() for name in names.split()}


def __getattr__(name: str) -> _Any:
    if name not in _FAMILY:
        if name[:1].isupper() and name in _homes:  # DeZero's function classes, as F.ReLU() in a Sequential: layers
            return getattr(_import_module(_homes[name]), name)
        raise AttributeError(f"module 'dezero.functions' has no attribute {name!r}")
    globals()[name] = found = getattr(_import_module(f"dezero.functions.{_FAMILY[name]}"), name)
    return found


def __dir__() -> list[str]:
    here = {name for name, value in globals().items() if callable(value) and not name.startswith("_")}
    return sorted(here | _FAMILY.keys())


_homes.update({name: f"dezero.functions.{family}" for name, family in _FAMILY.items()})
