"""The operations on Variables, by family; this is their face (`import dezero.functions as F`).

The families that most programs use load with the package, the others when one of their names is first asked for.
"""

from importlib import import_module as _import_module
from typing import Any as _Any

from dezero.core.arithmetic import add, div, mul, neg, pow, sub
from dezero.core.registry import finders as _finders
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
from dezero.functions.arrays.shape import (
    astype,
    broadcast_to,
    concatenate,
    expand_dims,
    flatten,
    reshape,
    sum_to,
    transpose,
)
from dezero.functions.elementwise.common import abs, cos, exp, log, maximum, minimum, sign, sin, sqrt, tan, tanh, where
from dezero.functions.elementwise.complex_numbers import angle, as_complex, conj, conjugate, imag, modulus, real
from dezero.functions.indexing.get_item import get_item
from dezero.functions.linalg.matmul import dot, linear, linear_simple, matmul
from dezero.functions.reductions.sums_and_products import mean, prod, sum

from dezero.functions import arrays, elementwise, indexing, linalg, numpy_protocol, reductions, special  # isort: skip
from dezero.functions.elementwise import comparison  # isort: skip

_LATER = {
    "attention": "scaled_dot_product_attention",
    "calculus": "diff ediff1d gradient trapezoid",
    "conv": "conv1d conv2d conv3d deconv1d deconv2d deconv3d",
    "correlation": "convolve correlate",
    "embedding": "embed_id",
    "fourier": "fft fft2 fftn fftshift hfft ifft ifft2 ifftn ifftshift ihfft irfft irfft2 irfftn rfft rfft2 rfftn",
    "linear_interpolation": "interp",
    "losses": "accuracy binary_cross_entropy cosine_similarity hinge hinge_loss huber huber_loss kl_div l1 l1_loss mean_squared_error mean_squared_error_simple nll nll_loss sigmoid_cross_entropy softmax_cross_entropy softmax_cross_entropy_simple",
    "normalization": "batch_norm batch_nrom group_norm instance_norm layer_norm",
    "patches": "col2im conv2d_simple im2col",
    "rectifiers": "celu elu hardshrink hardsigmoid hardswish hardtanh leaky_relu prelu relu6 selu softshrink",
    "recurrent": "lstm",
    "regularization": "dropout",
    "softmaxes": "log_softmax logsumexp softmax softmax_simple",
    "upsampling": "upsample",
    "window_pooling": "adaptive_average_pooling adaptive_max_pooling average_pooling global_average_pooling global_max_pooling pooling pooling_simple",
}
_FAMILY = {name: family for family, names in _LATER.items() for name in names.split()}
_FAMILY |= {
    name: f"{family.__name__.rpartition('.')[2]}.{file}"
    for family in (arrays, elementwise, indexing, linalg, reductions, special)
    for file, names in family.LATER.items()
    for name in names.split()
}


def __getattr__(name: str) -> _Any:
    if name not in _FAMILY:
        if name[:1].isupper():  # DeZero's function classes, as F.ReLU() in a Sequential: the layers of those names
            for found in filter(None, (find(name) for find in _finders)):
                return found
        raise AttributeError(f"module 'dezero.functions' has no attribute {name!r}")
    globals()[name] = found = getattr(_import_module(f"dezero.functions.{_FAMILY[name]}"), name)
    return found


def __dir__() -> list[str]:
    here = {name for name, value in globals().items() if callable(value) and not name.startswith("_")}
    return sorted(here | _FAMILY.keys())


_finders.append(lambda name: __getattr__(name) if name in _FAMILY else None)
