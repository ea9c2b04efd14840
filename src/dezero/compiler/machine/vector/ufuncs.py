"""The values of NumPy's and SciPy's ufuncs on vectors, by name."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from dezero.compiler.graph import Number, Unsupported
from dezero.compiler.kernel import Instruction
from dezero.compiler.machine.vector import own
from dezero.compiler.machine.vector.body import BOOL, Body, Value
from dezero.compiler.machine.vector.mathlib import C_NAMES, libm, scipy_function
from dezero.core.dtypes import DType

UFUNCS: dict[str, Callable[..., Value]] = {}  # (body, arguments in the dtypes of the loop) -> result


def apply(b: Body, instruction: Instruction, given: Sequence[Value | Number]) -> Value:
    """The value of an instruction. Raises Unsupported where it has no machine code."""
    name, loop = instruction.name, instruction.loop
    if name == "cast":
        return converted(b, given[0], loop[0])
    if name == "where":
        condition, yes, no = given
        return b.select(converted(b, condition, BOOL), converted(b, yes, loop[0]), converted(b, no, loop[0]))
    args = [converted(b, a, dtype) for a, dtype in zip(given, loop, strict=False)]
    if instruction.result or len(loop) != len(args) + 1:
        raise Unsupported(f"{name} has several results")
    if name in UFUNCS:
        result = UFUNCS[name](b, *args)
    elif all([a.dtype.kind == "f" and a.dtype == args[0].dtype for a in args]) and loop[-1] == args[0].dtype:
        result = libm(b, C_NAMES[name], *args) if name in C_NAMES else scipy_function(b, name, args)
    else:
        raise Unsupported(f"{name} of {', '.join([str(a.dtype) for a in args])} has no machine code")
    if result.dtype != loop[-1]:
        raise Unsupported(f"{name} gives {result.dtype} here, not {loop[-1]}")
    return result


def converted(b: Body, a: Value | Number, dtype: DType) -> Value:
    return b.constant(a.value, dtype) if isinstance(a, Number) else b.cast(a, dtype)


def _ufunc(*names: str) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
    def register(function: Callable[..., Value]) -> Callable[..., Value]:
        UFUNCS.update(dict.fromkeys(names, function))
        return function

    return register


def _floats(name: str, a: Value) -> None:
    if a.dtype.kind != "f":
        raise Unsupported(f"{name} of {a.dtype} has no machine code")


def _arithmetic(name: str, floats: Callable[[Body, Value, Value], Value], bools: str, integers: str) -> None:
    def value(b: Body, x: Value, y: Value) -> Value:
        if x.dtype.kind == "f":
            return floats(b, x, y)
        operation = bools if x.dtype == BOOL else integers
        if not operation:
            raise Unsupported(f"{name} of {x.dtype} has no machine code")
        return b.operate(operation, x, y)

    UFUNCS[name] = value


_arithmetic("add", Body.add, "or", "add")
_arithmetic("subtract", Body.sub, "", "sub")
_arithmetic("multiply", Body.mul, "and", "mul")
_arithmetic("divide", Body.div, "", "")
UFUNCS["true_divide"] = UFUNCS["divide"]


def _comparison(name: str, floats: str, integers: str) -> None:
    def value(b: Body, x: Value, y: Value) -> Value:
        if x.dtype != y.dtype:
            raise Unsupported(f"{name} of {x.dtype} and {y.dtype} has no machine code")
        sign = "" if integers in ("eq", "ne") else "u" if x.dtype.kind in "bu" else "s"
        return b.compare(floats if x.dtype.kind == "f" else sign + integers, x, y)

    UFUNCS[name] = value


for _name, _predicate in {"less": "lt", "less_equal": "le", "greater": "gt", "greater_equal": "ge"}.items():
    _comparison(_name, f"o{_predicate}", _predicate)
_comparison("equal", "oeq", "eq")
_comparison("not_equal", "une", "ne")


def _bitwise(name: str, operation: str, logical: bool) -> None:
    def value(b: Body, x: Value, y: Value) -> Value:
        if logical:
            x, y = b.cast(x, BOOL), b.cast(y, BOOL)
        if x.dtype.kind == "f":
            raise Unsupported(f"{name} of {x.dtype} has no machine code")
        return b.operate(operation, x, y)

    UFUNCS[name] = value


for _name in ("and", "or", "xor"):
    _bitwise(f"logical_{_name}", _name, True)
    _bitwise(f"bitwise_{_name}", _name, False)


@_ufunc("logical_not")
def _not(b: Body, x: Value) -> Value:
    return b.operate("xor", b.cast(x, BOOL), b.constant(1, BOOL))


@_ufunc("invert")
def _invert(b: Body, x: Value) -> Value:
    return b.operate("xor", x, b.constant(1 if x.dtype == BOOL else -1, x.dtype))


def _extreme(name: str, above: str, unsigned: str, signed: str, bools: str, skips_nan: bool) -> None:
    def value(b: Body, x: Value, y: Value) -> Value:
        if x.dtype == BOOL:
            return b.operate(bools, x, y)
        if x.dtype.kind != "f":
            return b.select(b.compare(unsigned if x.dtype.kind == "u" else signed, x, y), x, y)
        chosen = b.select(b.compare(above, x, y), x, y)  # y where one of them is NaN, or both are 0
        return b.select(b.nan(y) if skips_nan else b.nan(x), x, chosen)

    UFUNCS[name] = value


_extreme("maximum", "ogt", "ugt", "sgt", "or", False)
_extreme("minimum", "olt", "ult", "slt", "and", False)
_extreme("fmax", "ogt", "ugt", "sgt", "or", True)
_extreme("fmin", "olt", "ult", "slt", "and", True)


@_ufunc("clip")
def _clip(b: Body, x: Value, low: Value, high: Value) -> Value:
    return UFUNCS["minimum"](b, UFUNCS["maximum"](b, x, low), high)


@_ufunc("negative")
def _negative(b: Body, x: Value) -> Value:
    if x.dtype == BOOL:
        raise Unsupported("negative of bool has no machine code")
    return b.neg(x) if x.dtype.kind == "f" else b.operate("sub", b.constant(0, x.dtype), x)


@_ufunc("positive", "conjugate")
def _positive(b: Body, x: Value) -> Value:
    return x


@_ufunc("absolute", "fabs")
def _absolute(b: Body, x: Value) -> Value:
    if x.dtype.kind == "f":
        return b.intrinsic("fabs", x)
    return x if x.dtype.kind in "bu" else b.select(b.compare("slt", x, b.constant(0, x.dtype)), _negative(b, x), x)


@_ufunc("square")
def _square(b: Body, x: Value) -> Value:
    return UFUNCS["multiply"](b, x, x)


@_ufunc("reciprocal")
def _reciprocal(b: Body, x: Value) -> Value:
    return UFUNCS["divide"](b, b.constant(1, x.dtype), x)


def _direct(name: str, intrinsic: str, integers: bool) -> None:
    def value(b: Body, *args: Value) -> Value:
        if integers and args[0].dtype.kind in "biu":
            return args[0]
        _floats(name, args[0])
        return b.intrinsic(intrinsic, *args)

    UFUNCS[name] = value


for _name in ("floor", "ceil", "trunc"):
    _direct(_name, _name, True)
for _name in ("sqrt", "rint", "copysign"):
    _direct(_name, _name, False)


@_ufunc("sign")
def _sign(b: Body, x: Value) -> Value:
    zero, one, less = [b.constant(v, x.dtype) for v in (0, 1, -1 if x.dtype.kind != "u" else 0)]
    kind = {"f": "o", "i": "s", "u": "u"}.get(x.dtype.kind)
    if kind is None:
        raise Unsupported(f"sign of {x.dtype} has no machine code")
    y = b.select(b.compare(f"{kind}gt", x, zero), one, zero)
    y = y if kind == "u" else b.select(b.compare(f"{kind}lt", x, zero), less, y)
    return b.select(b.nan(x), x, y) if kind == "o" else y


@_ufunc("heaviside")
def _heaviside(b: Body, x: Value, at_zero: Value) -> Value:
    zero, one = b.constant(0.0, x.dtype), b.constant(1.0, x.dtype)
    y = b.select(b.compare("ogt", x, zero), one, zero)
    y = b.select(b.compare("oeq", x, zero), at_zero, y)
    return b.select(b.nan(x), x, y)


@_ufunc("isnan")
def _isnan(b: Body, x: Value) -> Value:
    return b.nan(x) if x.dtype.kind == "f" else b.constant(0, BOOL)


@_ufunc("isfinite")
def _isfinite(b: Body, x: Value) -> Value:
    if x.dtype.kind != "f":
        return b.constant(1, BOOL)
    return b.compare("olt", _absolute(b, x), b.constant(math.inf, x.dtype))


@_ufunc("isinf")
def _isinf(b: Body, x: Value) -> Value:
    if x.dtype.kind != "f":
        return b.constant(0, BOOL)
    return b.compare("oeq", _absolute(b, x), b.constant(math.inf, x.dtype))


@_ufunc("signbit")
def _signbit(b: Body, x: Value) -> Value:
    _floats("signbit", x)
    bits = b.bits(x)
    return b.compare("slt", bits, b.constant(0, bits.dtype))


@_ufunc("deg2rad", "radians")
def _radians(b: Body, x: Value) -> Value:
    return b.mul(x, b.constant(np.pi / 180.0, x.dtype))


@_ufunc("rad2deg", "degrees")
def _degrees(b: Body, x: Value) -> Value:
    return b.mul(x, b.constant(180.0 / np.pi, x.dtype))


@_ufunc("fmod")
def _fmod(b: Body, x: Value, y: Value) -> Value:
    _floats("fmod", x)
    return b.operate("frem", x, y)


@_ufunc("remainder", "mod")
def _remainder(b: Body, x: Value, y: Value) -> Value:
    """The remainder with the sign of y."""
    mod = _fmod(b, x, y)
    zero = b.constant(0.0, x.dtype)
    differs = b.operate("xor", b.compare("olt", y, zero), b.compare("olt", mod, zero))
    signed = b.select(differs, b.add(mod, y, exact=True), mod)
    signed = b.select(b.compare("oeq", mod, zero), b.intrinsic("copysign", zero, y), signed)
    return b.select(b.compare("oeq", y, zero), mod, signed)


@_ufunc("floor_divide")
def _floor_divide(b: Body, x: Value, y: Value) -> Value:
    mod = _fmod(b, x, y)
    zero, one = b.constant(0.0, x.dtype), b.constant(1.0, x.dtype)
    quotient = b.div(b.sub(x, mod, exact=True), y)
    differs = b.operate("xor", b.compare("olt", y, zero), b.compare("olt", mod, zero))
    differs = b.operate("and", differs, b.compare("une", mod, zero))
    quotient = b.select(differs, b.sub(quotient, one, exact=True), quotient)
    floor = b.intrinsic("floor", quotient)
    up = b.compare("ogt", b.sub(quotient, floor, exact=True), b.constant(0.5, x.dtype))
    floor = b.select(up, b.add(floor, one, exact=True), floor)
    plain = b.div(x, y)
    floor = b.select(b.compare("oeq", quotient, zero), b.intrinsic("copysign", zero, plain), floor)
    return b.select(b.compare("oeq", y, zero), plain, floor)


@_ufunc("logaddexp")
def _logaddexp(b: Body, x: Value, y: Value) -> Value:
    _floats("logaddexp", x)
    difference = b.sub(x, y, exact=True)
    tail = libm(b, "log1p", libm(b, "exp", b.neg(_absolute(b, difference))))
    above = b.compare("ogt", difference, b.constant(0.0, x.dtype))
    result = b.add(b.select(above, x, y), tail)
    same = b.add(x, b.constant(math.log(2), x.dtype))  # of two infinities, too
    return b.select(b.compare("oeq", x, y), same, b.select(b.nan(difference), difference, result))


@_ufunc("expit")
def _expit(b: Body, x: Value) -> Value:
    _floats("expit", x)
    one = b.constant(1.0, x.dtype)
    return b.div(one, b.add(one, libm(b, "exp", b.neg(x))))


@_ufunc("xlogy")
def _xlogy(b: Body, x: Value, y: Value) -> Value:
    return _zero_times(b, x, y, "log")


@_ufunc("xlog1py")
def _xlog1py(b: Body, x: Value, y: Value) -> Value:
    return _zero_times(b, x, y, "log1p")


def _zero_times(b: Body, x: Value, y: Value, function: str) -> Value:
    """x * function(y), and 0 where x is, whatever the function gives there, but for NaN."""
    _floats(function, x)
    zero = b.constant(0.0, x.dtype)
    dropped = b.operate("and", b.compare("oeq", x, zero), b.compare("ord", y, y))
    return b.select(dropped, zero, b.mul(x, libm(b, function, y)))


@_ufunc("tanh")
def _tanh(b: Body, x: Value) -> Value:
    _floats("tanh", x)
    return own.tanh(b, x)
