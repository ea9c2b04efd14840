"""PyTorch's element-wise operations and their counterparts here."""

import math

import numpy as np

import dezero.functions as F
from tests.peers.opinfo.adapting import OutOfScope, cast


def scaled(f):
    """add and sub with PyTorch's factor of the second argument."""
    return lambda x, y, alpha=1: f(x, y if isinstance(alpha, int) and alpha == 1 else y * alpha)


def clamp(x, min=None, max=None):
    min, max = [b.astype(x.dtype) if isinstance(b, np.ndarray) else b for b in (min, max)]
    if min is not None:
        x = F.maximum(x, min)
    return x if max is None else F.minimum(x, max)


def frac(x):
    return x - F.trunc(x)


def sgn(x):
    if x.dtype.kind != "c":
        return F.sign(x)
    zero = x.data == 0
    return F.where(zero, 0, x / F.where(zero, 1, F.abs(x)))


def logit(x, eps=None):
    return F.logit(x if eps is None else clamp(x, eps, 1 - eps))


def divide(rounding):
    def adapter(x, y, rounding_mode=None):
        quotient = F.div(x, y)
        return quotient if rounding is None else rounding(quotient)

    return adapter


def polygamma(x, n):
    return F.polygamma(n, x)


def mvlgamma(x, p):
    return sum([F.gammaln(x - j / 2) for j in range(p)]) + p * (p - 1) / 4 * math.log(math.pi)


def lerp(start, end, weight):
    return start + weight * (end - start)


def threshold(x, bound, value):
    return F.where(x.data > bound, x, value)


def rrelu(x, lower=1 / 8, upper=1 / 3, training=False):
    if training:
        raise OutOfScope("random slopes")
    return F.leaky_relu(x, (lower + upper) / 2)


def prelu(x, weight):
    if x.ndim > 1 and weight.ndim == 1:
        weight = F.reshape(weight, (-1,) + (1,) * (x.ndim - 2))
    return F.prelu(x, weight if weight.ndim != 1 or x.ndim else F.reshape(weight, ()))


def softplus(x, beta=1, threshold=20):
    return F.where(x.data * beta > threshold, x, F.softplus(F.where(x.data * beta > threshold, 0, x), beta))


def round_to(x, decimals=0):
    return F.round(x, decimals)


def float_power(x, y):
    return F.float_power(x, y)


def nan_to_num(x, nan=0.0, posinf=None, neginf=None):
    return F.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


def polar(r, angle):
    return F.as_complex(r * F.cos(angle)) + 1j * (r * F.sin(angle))


def to(x, *args, memory_format=None):
    """Of a device, a dtype and another array, which may come in their places, what names a dtype."""
    return cast(
        x,
        next(a if isinstance(a, np.dtype) else a.dtype for a in args if hasattr(a, "dtype") or isinstance(a, np.dtype)),
    )


def fill(x, value):
    return F.where(np.ones(x.shape, bool), value, x * 1)


SAME = """abs acos acosh angle asin asinh atan atanh ceil conj cos cosh deg2rad digamma erf erfc erfinv exp exp2 expm1
    floor i0 imag log log10 log1p log2 neg positive rad2deg real reciprocal sigmoid sign sin sinc sinh sqrt square tan
    tanh trunc atan2 copysign fmax fmin fmod heaviside hypot logaddexp logaddexp2 maximum minimum mul pow remainder
    xlogy floor_divide"""

OPS = {name: getattr(F, name) for name in SAME.split()} | {
    "add": scaled(F.add),
    "sub": scaled(F.sub),
    "rsub": lambda x, y, alpha=1: F.sub(y, x * alpha),
    "__radd__": lambda x, y: y + x,
    "__rsub__": lambda x, y: y - x,
    "__rmul__": lambda x, y: y * x,
    "__rdiv__": lambda x, y: y / x,
    "__rmod__": lambda x, y: y % x,
    "__rpow__": lambda x, y: y**x,
    "div.no_rounding_mode": divide(None),
    "div.floor_rounding": divide(F.floor),
    "div.trunc_rounding": divide(F.trunc),
    "true_divide": F.div,
    "addcmul": lambda x, a, b, value=1: x + value * (a * b),
    "addcdiv": lambda x, a, b, value=1: x + value * (a / b),
    "clamp": clamp,
    "clamp_min": lambda x, low: F.maximum(x, low),
    "clamp_max": lambda x, high: F.minimum(x, high),
    "max.binary": F.maximum,
    "min.binary": F.minimum,
    "complex": lambda a, b: a + 1j * b,
    "polar": polar,
    "conj_physical": F.conj,
    "float_power": float_power,
    "fill": fill,
    "frac": frac,
    "frexp": lambda x: F.frexp(x)[0],
    "ldexp": lambda x, y: x * F.exp2(y),
    "lerp": lerp,
    "lgamma": F.gammaln,
    "logit": logit,
    "mvlgamma.mvlgamma_p_1": mvlgamma,
    "mvlgamma.mvlgamma_p_3": mvlgamma,
    "mvlgamma.mvlgamma_p_5": mvlgamma,
    "nan_to_num": nan_to_num,
    "round": round_to,
    "round.decimals_0": round_to,
    "round.decimals_3": round_to,
    "round.decimals_neg_3": round_to,
    "rsqrt": lambda x: x**-0.5,
    "sgn": sgn,
    "igamma": F.gammainc,
    "igammac": F.gammaincc,
    "special.bessel_j0": F.j0,
    "special.bessel_j1": F.j1,
    "special.bessel_y0": F.y0,
    "special.bessel_y1": F.y1,
    "special.modified_bessel_i0": F.i0,
    "special.modified_bessel_i1": F.i1,
    "special.modified_bessel_k0": F.k0,
    "special.modified_bessel_k1": F.k1,
    "special.i0e": F.i0e,
    "special.i1": F.i1,
    "special.i1e": F.i1e,
    "special.entr": F.entr,
    "special.erfcx": F.erfcx,
    "special.log_ndtr": F.log_ndtr,
    "special.ndtr": F.ndtr,
    "special.ndtri": F.ndtri,
    "special.xlog1py": F.xlog1py,
    "special.zeta": F.zeta,
    "special.polygamma.special_polygamma_n_0": polygamma,
    "special.spherical_bessel_j0": lambda x: F.sinc(x / math.pi),
    "special.scaled_modified_bessel_k0": lambda x: F.k0(x) * F.exp(x),
    "special.scaled_modified_bessel_k1": lambda x: F.k1(x) * F.exp(x),
    "nn.functional.celu": lambda x, alpha=1.0: F.celu(x, alpha),
    "nn.functional.elu": lambda x, alpha=1.0: F.elu(x, alpha),
    "nn.functional.gelu": lambda x, approximate="none": F.gelu(x, approximate),
    "nn.functional.hardshrink": lambda x, lambd=0.5: F.hardshrink(x, lambd),
    "nn.functional.hardsigmoid": F.hardsigmoid,
    "nn.functional.hardswish": F.hardswish,
    "nn.functional.hardtanh": lambda x, min_val=-1.0, max_val=1.0: F.hardtanh(x, min_val, max_val),
    "nn.functional.leaky_relu": lambda x, negative_slope=0.01: F.leaky_relu(x, negative_slope),
    "nn.functional.logsigmoid": F.log_sigmoid,
    "nn.functional.mish": F.mish,
    "nn.functional.prelu": prelu,
    "nn.functional.relu": F.relu,
    "nn.functional.relu6": F.relu6,
    "nn.functional.rrelu": rrelu,
    "nn.functional.selu": F.selu,
    "nn.functional.silu": F.silu,
    "nn.functional.silu.complex": F.silu,
    "nn.functional.softplus": softplus,
    "nn.functional.softshrink": lambda x, lambd=0.5: F.softshrink(x, lambd),
    "nn.functional.softsign": F.softsign,
    "nn.functional.tanhshrink": F.tanhshrink,
    "nn.functional.threshold": threshold,
    "to": to,
    "double": lambda x, memory_format=None: cast(x, np.float64),
    "float": lambda x, memory_format=None: cast(x, np.float32),
    "half": lambda x, memory_format=None: cast(x, np.float16),
    "cdouble": lambda x, memory_format=None: cast(x, np.complex128),
    "cfloat": lambda x, memory_format=None: cast(x, np.complex64),
}
for _n in range(5):
    OPS[f"polygamma.polygamma_n_{_n}"] = polygamma
for _name, _f in {
    "eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal,
    "isnan": np.isnan, "isinf": np.isinf, "isfinite": np.isfinite, "isneginf": np.isneginf, "isposinf": np.isposinf,
    "isreal": np.isreal, "signbit": np.signbit, "isclose": np.isclose, "allclose": np.allclose, "isin": np.isin,
    "equal": np.array_equal, "logical_and": np.logical_and, "logical_or": np.logical_or, "logical_not": np.logical_not,
    "logical_xor": np.logical_xor, "nextafter": np.nextafter,
}.items():  # fmt: skip
    OPS[_name] = _f
