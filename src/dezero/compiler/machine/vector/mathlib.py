"""Functions of the system's mathematical libraries and of SciPy, on vectors."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Sequence

from dezero.compiler.graph import Unsupported
from dezero.compiler.machine import llvm
from dezero.compiler.machine.vector.body import F32, F64, Body, Value, element

# NumPy's and SciPy's ufuncs by the C library's name of the function.
C_NAMES = {
    **{name: name for name in ("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "cbrt")},
    **{name: name for name in ("sinh", "cosh", "tanh", "hypot", "erf", "erfc", "nextafter")},
    **{f"arc{name}": f"a{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    "arctan2": "atan2",
    "power": "pow",
    "float_power": "pow",
}
_LETTERS = {128: "b", 256: "d", 512: "e"}  # the library's instruction sets by the bits of a vector


def libm(b: Body, name: str, *args: Value) -> Value:
    """A function of the C library of floats of one dtype: of whole vectors where there is one, else lane by lane."""
    dtype = args[0].dtype
    symbol = name if dtype == F64 else f"{name}f"
    if b.width == 1:
        return _checked(b, symbol, args)
    bits = b.width * dtype.itemsize * 8
    if b.vectors and llvm.vector_library():
        if bits < 128 and dtype == F32:  # no vector is as small
            return b.cast(libm(b, name, *[b.cast(a, F64) for a in args]), F32)
        whole = f"_ZGV{_LETTERS.get(bits, '?')}N{b.width}{'v' * len(args)}_{symbol}"
        if llvm.has_symbol(whole):
            return b.call(whole, args, dtype)
        if bits > 512:
            return _halves(b, name, args)
    return lanes(b, symbol, args)


def _checked(b: Body, symbol: str, args: Sequence[Value]) -> Value:
    if not llvm.has_symbol(symbol):
        raise Unsupported(f"the C library of this system has no function {symbol}")
    return b.call(symbol, args, args[0].dtype)


def _halves(b: Body, name: str, args: Sequence[Value]) -> Value:
    """A function of vectors that are longer than any register, on both halves."""
    half, dtype = b.width // 2, args[0].dtype
    one, whole = element(dtype), b.type(dtype)
    parts = []
    for start in (0, half):
        indices = ", ".join([f"i32 {start + k}" for k in range(half)])
        small = b.inner()
        small.width, small.lines = half, b.lines
        shuffle = "shufflevector {0} {1}, {0} poison, <{2} x i32> <{3}>"
        given = [Value(b.line(shuffle.format(whole, a.text, half, indices)), dtype) for a in args]
        parts.append(libm(small, name, *given).text)
    order = ", ".join([f"i32 {k}" for k in range(b.width)])
    kind = f"<{half} x {one}>"
    return Value(b.line(f"shufflevector {kind} {parts[0]}, {kind} {parts[1]}, <{b.width} x i32> <{order}>"), dtype)


def lanes(b: Body, symbol: str, args: Sequence[Value], extra: str = "") -> Value:
    """A function of numbers, called for each lane in turn, from a function of its own. extra: more arguments."""
    if not llvm.has_symbol(symbol):
        raise Unsupported(f"this system has no function {symbol}")
    dtype, one = args[0].dtype, element(args[0].dtype)
    b.declare(
        f"declare {one} @{symbol}({', '.join([one] * len(args) + [e for e in [extra.split(' ')[0]] if e])}) nounwind"
    )
    if b.width == 1:
        given = ", ".join([f"{one} {a.text}" for a in args] + ([extra] if extra else []))
        return b.once(f"call {one} @{symbol}({given})", dtype)
    kind, name = b.type(dtype), f"lanes.{symbol}.{b.suffix(one)}"
    lines, last = [], "poison"
    for lane in range(b.width):
        for k in range(len(args)):
            lines.append(f"  %x{lane}.{k} = extractelement {kind} %a{k}, i64 {lane}")
        given = ", ".join([f"{one} %x{lane}.{k}" for k in range(len(args))] + ([extra] if extra else []))
        lines.append(f"  %y{lane} = call {one} @{symbol}({given})")
        lines.append(f"  %r{lane} = insertelement {kind} {last}, {one} %y{lane}, i64 {lane}")
        last = f"%r{lane}"
    head = f"define internal {kind} @{name}({', '.join([f'{kind} %a{k}' for k in range(len(args))])}) #0 {{"
    b.declare("\n".join([head, *lines, f"  ret {kind} {last}", "}"]))
    given = ", ".join([f"{kind} {a.text}" for a in args])
    return b.once(f"call {kind} @{name}({given})", dtype)


def scipy_function(b: Body, name: str, args: Sequence[Value]) -> Value:
    """A function of scipy.special, lane by lane in double precision: the values of its ufunc."""
    if not _bound(name, len(args)):
        raise Unsupported(f"{name} has no machine code")
    y = lanes(b, f"dezero.special.{name}", [b.cast(a, F64) for a in args], "i32 0")
    return b.cast(y, args[0].dtype)


@functools.cache
def _bound(name: str, count: int) -> bool:
    """Bind SciPy's C function of `count` doubles to a name; whether there is one."""
    try:
        import scipy.special.cython_special as compiled
    except ImportError:
        return False
    wanted = f"double ({'double, ' * count}int __pyx_skip_dispatch)"
    title = ctypes.pythonapi.PyCapsule_GetName
    title.restype, title.argtypes = ctypes.c_char_p, [ctypes.py_object]
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    for variant in (name, f"__pyx_fuse_0{name}", f"__pyx_fuse_1{name}"):
        capsule = compiled.__pyx_capi__.get(variant)
        if capsule is not None and title(capsule).decode() == wanted:
            llvm.bind(f"dezero.special.{name}", pointer(capsule, title(capsule)))
            return True
    return False
