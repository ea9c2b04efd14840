"""Ufuncs as machine code beside NumPy's and SciPy's own."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

pytest.importorskip("llvmlite")
from dezero.compiler.machine.vector import Unsupported
from tests.compiler.machine import TARGETS, mapped

special = pytest.importorskip("scipy.special")

SPECIAL = [np.nan, np.inf, -np.inf, 0.0, -0.0, 5e-324, -5e-324, 2.2e-308, -1e-310, 1e-300, 1e308, -1e308, 1.0, -1.0]
SPECIAL += [0.5, -0.5, 2.5, 3.5, -2.5, 709.5, 710.0, -744.5, -746.0, 88.5, 89.0, -103.0, -104.5, 1e22, 3e5, -7e9, 1e-17]
SPECIAL += [1e-45, -1e-45, 1e-40, 3e38, 2.0**53, 19.0, 22.5, 0.3, -1.2, 1e-8, -1e-8, 1e-4, 9.01, 37.0, -37.5]
FLOATS = {"float64": np.float64, "float32": np.float32}
EXACT = "absolute fabs add ceil clip copysign divide equal floor floor_divide fmax fmin fmod greater greater_equal"
EXACT += " heaviside isfinite isinf isnan less less_equal logical_and logical_not logical_or logical_xor"
EXACT += " maximum minimum multiply negative not_equal positive reciprocal remainder rint sign signbit"
EXACT += " sqrt square subtract trunc"
CLOSE = (
    "arccos arccosh arcsin arcsinh arctan arctan2 arctanh cbrt cos cosh deg2rad exp exp2 expm1 hypot log log10 log1p"
)
CLOSE += " log2 logaddexp power rad2deg sin sinh tan tanh"
SCIPY = "erf expit i0e gammaln psi log_ndtr ndtri j0 xlogy xlog1py dawsn erfcx exp1 rgamma"


def ufunc(name: str) -> np.ufunc:
    return np._core.umath.clip if name == "clip" else getattr(np, name, None) or getattr(special, name)


def points(count: int, dtype: type) -> list[np.ndarray]:
    """All combinations of special values, and random ones of every size."""
    with np.errstate(all="ignore"):
        some = np.array(SPECIAL if count < 3 else SPECIAL[:14]).astype(dtype)
        rng = np.random.default_rng(0)
        random = [rng.standard_normal(500) * 10.0 ** rng.integers(-3, 3, 500) for _ in range(count)]
        grid = np.array(list(itertools.product(some, repeat=count))).T
    return [np.concatenate([g, r.astype(dtype)]).astype(dtype) for g, r in zip(grid, random, strict=True)]


def assert_near(got: np.ndarray, wanted: np.ndarray, ulps: float, *args: np.ndarray) -> None:
    """Equal but for so many units in the last place; NaN, infinities and the sign of 0 as they are."""
    assert got.dtype == wanted.dtype
    if got.dtype == bool:
        np.testing.assert_array_equal(got, wanted)
        return
    with np.errstate(all="ignore"):
        tiny = np.finfo(got.dtype).smallest_subnormal
        unit = np.maximum(np.spacing(np.abs(wanted)), tiny)
        near = (np.abs(got - wanted) <= ulps * unit) & np.isfinite(wanted)
    same = (np.isnan(got) & np.isnan(wanted)) | ((got == wanted) & (np.signbit(got) == np.signbit(wanted)))
    wrong = np.flatnonzero(~(same | (near & (got != 0)) | (near & (wanted != 0))))
    found = [(*[float(a[k]) for a in args], float(got[k]), float(wanted[k])) for k in wrong[:6]]
    assert not len(wrong), f"{len(wrong)} differ; argument, machine code, NumPy: {found}"


def check(name: str, dtype: type, ulps: float, **options) -> None:
    f = ufunc(name)
    args = points(f.nin, dtype)
    with np.errstate(all="ignore"):
        wanted = f(*args)
    got = mapped(f, *args, **options)
    if name in ("maximum", "minimum", "fmax", "fmin", "clip"):  # NumPy's own sign of 0 depends on the length
        got, wanted = got + 0.0, wanted + 0.0
    assert_near(got, wanted, ulps, *args)


@pytest.mark.parametrize("dtype", list(FLOATS.values()), ids=list(FLOATS))
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", EXACT.split())
def test_equal_to_numpy(name, target, dtype):
    target, bits = TARGETS[target]
    check(name, dtype, 0, target=target, width=bits and bits // (8 * np.dtype(dtype).itemsize))


@pytest.mark.parametrize("dtype", list(FLOATS.values()), ids=list(FLOATS))
@pytest.mark.parametrize("name", CLOSE.split())
def test_close_to_numpy(name, dtype):
    check(name, dtype, 4)


@pytest.mark.parametrize("dtype", list(FLOATS.values()), ids=list(FLOATS))
@pytest.mark.parametrize("target", ["AVX2", "baseline"])
@pytest.mark.parametrize("name", CLOSE.split())
def test_close_on_other_processors(name, target, dtype):
    target, bits = TARGETS[target]
    check(name, dtype, 4, target=target, width=bits // (8 * np.dtype(dtype).itemsize))


@pytest.mark.parametrize("dtype", list(FLOATS.values()), ids=list(FLOATS))
@pytest.mark.parametrize("width", [1, 4, None])
@pytest.mark.parametrize("name", CLOSE.split())
def test_close_without_the_vector_library(name, width, dtype):
    check(name, dtype, 4, vectors=False, width=width)


@pytest.mark.parametrize("dtype", list(FLOATS.values()), ids=list(FLOATS))
@pytest.mark.parametrize("width", [1, None])
@pytest.mark.parametrize("name", SCIPY.split())
def test_close_to_scipy(name, width, dtype):
    check(name, dtype, 4, width=width)


def test_erfc_is_as_exact_in_its_tail_as_elsewhere():
    """SciPy's own is 40 units in the last place off there."""
    mpmath = pytest.importorskip("mpmath")
    x = np.random.default_rng(0).uniform(-6, 26, 200)
    assert_near(mapped(special.erfc, x), np.array([float(mpmath.erfc(mpmath.mpf(v))) for v in x]), 4, x)


@given(
    hnp.arrays(np.float64, st.integers(1, 40), elements=st.floats()),
    st.sampled_from(["exp", "log", "sin", "cos", "tanh"]),
)
@settings(max_examples=60, deadline=None)
def test_any_floats(x, name):
    with np.errstate(all="ignore"):
        assert_near(mapped(ufunc(name), x), ufunc(name)(x), 4, x)


@pytest.mark.parametrize("name", ["add", "multiply", "logical_and", "maximum", "equal", "less", "bitwise_or", "divide"])
@pytest.mark.parametrize("dtypes", list(itertools.product(["?", "i4", "i8", "u2", "f4", "f8"], repeat=2)))
def test_integers_and_bools(name, dtypes):
    f = ufunc(name)
    a, b = np.arange(20).astype(dtypes[0]), (np.arange(20)[::-1] - 7 * (dtypes[1] != "u2")).astype(dtypes[1])
    try:
        f.resolve_dtypes((a.dtype, b.dtype, None))
    except TypeError:
        return
    with np.errstate(all="ignore"):
        wanted = f(a, b)
    if wanted.dtype.kind in "biu":
        np.testing.assert_array_equal(mapped(f, a, b), wanted)
    else:
        assert_near(mapped(f, a, b), wanted, 0, a, b)


@pytest.mark.parametrize("name", ["modf", "frexp", "spacing", "ldexp"])
def test_refused(name):
    f = ufunc(name)
    args = [np.ones(3)] * f.nin if name != "ldexp" else [np.ones(3), np.ones(3, np.intc)]
    with pytest.raises(Unsupported, match=rf"{name}"):
        mapped(f, *args)


def test_half_precision_and_complex_numbers_are_refused():
    with pytest.raises(Unsupported, match="float16"):
        mapped(np.add, np.ones(3, np.float16), np.ones(3, np.float16))
    with pytest.raises(Unsupported, match="complex128"):
        mapped(np.exp, np.ones(3, complex))


@pytest.mark.parametrize("target", ["host", "AVX2"])
def test_tanh_near_its_bounds_and_everywhere(target):
    target, bits = TARGETS[target]
    for dtype in FLOATS.values():
        rng = np.random.default_rng(0)
        spread = rng.standard_normal(20000) * 2.0 ** rng.integers(-40, 6, 20000)
        edges = [np.nextafter(dtype(v), dtype(w)) for v in (9.0, 10.0, 18.7, 19.06, 20.0, 0.17, 0.35) for w in (0, 40)]
        x = np.concatenate([spread, rng.uniform(-3, 3, 20000), edges]).astype(dtype)
        wide = np.tanh(x.astype(np.longdouble)).astype(dtype)
        got = mapped(np.tanh, x, target=target, width=bits and bits // (8 * x.itemsize))
        assert_near(got, wide, 3, x)
        assert np.all(np.abs(got) <= 1)
