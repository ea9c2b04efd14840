"""The operations on Variables, by family; this is their face (`import dezero.functions as F`)."""

from dezero.core.arithmetic import add, div, mul, neg, pow, sub
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
from dezero.functions.attention import scaled_dot_product_attention
from dezero.functions.bessel import i0, i0e, i1, i1e, iv, j0, j1, jn, jv, k0, k1, kn, kv, y0, y1, yn, yv
from dezero.functions.calculus import diff, ediff1d, gradient, trapezoid
from dezero.functions.choosing import choose, piecewise, select
from dezero.functions.complex_numbers import angle, as_complex, conj, conjugate, imag, modulus, real
from dezero.functions.contraction import einsum
from dezero.functions.conv import conv1d, conv2d, conv3d, deconv1d, deconv2d, deconv3d
from dezero.functions.correlation import convolve, correlate
from dezero.functions.determinants import det, slogdet
from dezero.functions.diagonals import diag, diagflat, diagonal, tril, triu
from dezero.functions.dropout import dropout
from dezero.functions.elementwise import abs, cos, exp, log, maximum, minimum, sign, sin, sqrt, tan, tanh, where
from dezero.functions.embedding import embed_id
from dezero.functions.error_functions import dawsn, erf, erfc, erfcinv, erfcx, erfinv, log_ndtr, ndtr, ndtri
from dezero.functions.exponential import (
    cbrt,
    exp2,
    expit,
    expm1,
    float_power,
    frexp,
    ldexp,
    log1p,
    log2,
    log10,
    logaddexp,
    logaddexp2,
    reciprocal,
    square,
)
from dezero.functions.extrema import amax, amin, cummax, cummin, max, min, nanmax, nanmin, ptp
from dezero.functions.factorization import cholesky, lu, qr
from dezero.functions.fourier import (
    fft,
    fft2,
    fftn,
    fftshift,
    hfft,
    ifft,
    ifft2,
    ifftn,
    ifftshift,
    ihfft,
    irfft,
    irfft2,
    irfftn,
    rfft,
    rfft2,
    rfftn,
)
from dezero.functions.gamma_functions import beta, betaln, digamma, gamma, gammaln, polygamma, psi, zeta
from dezero.functions.im2col import col2im, conv2d_simple, im2col
from dezero.functions.incomplete import betainc, gammainc, gammaincc
from dezero.functions.indexing import get_item
from dezero.functions.joining import append, block, column_stack, dstack, hstack, stack, vstack
from dezero.functions.linalg import dot, matmul
from dezero.functions.linear_interpolation import interp
from dezero.functions.linear_systems import inv, lstsq, matrix_power, pinv, solve, solve_triangular
from dezero.functions.matrix_functions import expm, logm, sqrtm
from dezero.functions.normalization import batch_norm, group_norm, instance_norm, layer_norm
from dezero.functions.norms import norm
from dezero.functions.numpy_names import (
    absolute,
    acos,
    acosh,
    around,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    deg2rad,
    divide,
    fix,
    mod,
    multiply,
    negative,
    power,
    rad2deg,
    subtract,
    true_divide,
)
from dezero.functions.padding import pad
from dezero.functions.piecewise import clip, copysign, fabs, fmax, fmin, heaviside, nan_to_num, positive
from dezero.functions.pooling import (
    adaptive_average_pooling,
    adaptive_max_pooling,
    average_pooling,
    global_average_pooling,
    global_max_pooling,
    pooling,
    pooling_simple,
)
from dezero.functions.products import cross, inner, kron, multi_dot, outer, tensordot, trace, vdot
from dezero.functions.quantiles import median, percentile, quantile
from dezero.functions.rearrange import (
    atleast_1d,
    atleast_2d,
    atleast_3d,
    flip,
    fliplr,
    flipud,
    moveaxis,
    ravel,
    roll,
    rollaxis,
    rot90,
    squeeze,
    swapaxes,
)
from dezero.functions.rectifiers import (
    celu,
    elu,
    hardshrink,
    hardsigmoid,
    hardswish,
    hardtanh,
    leaky_relu,
    prelu,
    relu6,
    selu,
    softshrink,
)
from dezero.functions.reduction import mean, prod, sum
from dezero.functions.repeating import broadcast_arrays, meshgrid, repeat, resize, tile
from dezero.functions.rounding import ceil, divmod, floor, floor_divide, fmod, modf, remainder, rint, round, trunc
from dezero.functions.scans import cumprod, cumsum, logcumsumexp
from dezero.functions.searching import argmax, argmin, argwhere, flatnonzero, nonzero, searchsorted
from dezero.functions.shape import astype, broadcast_to, concatenate, expand_dims, flatten, reshape, sum_to, transpose
from dezero.functions.softmax import log_softmax, logsumexp, softmax, softmax_simple
from dezero.functions.sorting import argpartition, argsort, partition, sort, top_k
from dezero.functions.special import entr, exp1, expi, fresnel, lambertw, logit, rel_entr, sici, spence, xlog1py, xlogy
from dezero.functions.spectral import eig, eigh, eigvals, eigvalsh, svd
from dezero.functions.splitting import array_split, dsplit, hsplit, split, unstack, vsplit
from dezero.functions.statistics import average, count_nonzero, nanmean, nanprod, nansum, std, var
from dezero.functions.taking import compress, extract, take, take_along_axis
from dezero.functions.trigonometric import (
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctan2,
    arctanh,
    cosh,
    degrees,
    hypot,
    radians,
    sinc,
    sinh,
)
from dezero.functions.updating import delete, index_add, index_update, insert
from dezero.functions.upsample import upsample

from dezero.functions import comparison, numpy_protocol  # isort: skip
