"""LLVM text of computations on vectors, one instruction a line."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dezero.compiler.graph import Unsupported
from dezero.core.dtypes import DType

# LLVM's names of the types of elements, and the endings of its intrinsic functions; bool: one bit in a register.
_TYPES = {"?": "i1", "b": "i8", "h": "i16", "i": "i32", "l": "i64", "q": "i64", "f": "float", "d": "double"}
_TYPES |= {"B": "i8", "H": "i16", "I": "i32", "L": "i64", "Q": "i64"}
_SUFFIXES = {"float": "f32", "double": "f64"}
BOOL, F32, F64 = np.dtype(bool), np.dtype(np.float32), np.dtype(np.float64)


class Value(NamedTuple):
    """A vector in a register, or a constant: its LLVM text, and the dtype of its elements."""

    text: str
    dtype: DType


def element(dtype: DType, size: int | None = None) -> str:
    """LLVM's type of an element in a register. Raises Unsupported for half precision, complex numbers and others."""
    if dtype.char in "lLiI" and dtype.itemsize in (4, 8):  # C's int and long differ between systems
        return f"i{8 * dtype.itemsize}"
    if dtype.char not in _TYPES or not dtype.isnative:
        raise Unsupported(f"numbers of type {dtype} have no machine code")
    return _TYPES[dtype.char]


def stored(dtype: DType) -> str:
    """LLVM's type of an element in memory."""
    return "i8" if dtype == BOOL else element(dtype)


def literal(value: complex, dtype: DType) -> str:
    """LLVM's text of a number of a dtype."""
    try:
        with np.errstate(all="ignore"):
            number = np.asarray(value).astype(dtype) if isinstance(value, float) else np.asarray(value, dtype)
    except OverflowError as error:
        raise Unsupported(f"the number {value} is no {dtype}") from error
    if dtype.kind == "f":
        return f"0x{struct.unpack('<Q', struct.pack('<d', float(number)))[0]:016X}"
    return str(int(number))


class Body:
    """Lines of LLVM text that compute vectors of `width` elements (1: plain numbers), each line once.

    strict: products and sums are rounded one by one; else the processor may round a product and the sum that takes
    it in once. vectors: whether the system's library of vector functions is used.
    """

    def __init__(self, width: int, *, strict: bool = False, vectors: bool = True) -> None:
        self.width, self.strict, self.vectors = width, strict, vectors
        self.lines: list[str] = []
        self.parts: dict[str, None] = {}  # declarations and functions outside
        self._names = itertools.count()
        self._known: dict[str, str] = {}

    def inner(self) -> Body:
        """A body whose lines run after this one's, and which knows what was computed here."""
        body = Body(self.width, strict=self.strict, vectors=self.vectors)
        body.parts, body._names, body._known = self.parts, self._names, dict(self._known)
        return body

    def scalar(self) -> Body:
        """A body of plain numbers whose lines are among this one's."""
        body = self.inner()
        body.width, body.lines, body._known = 1, self.lines, {}
        return body

    def type(self, dtype: DType) -> str:
        return self.vector(element(dtype))

    def vector(self, one: str) -> str:
        return one if self.width == 1 else f"<{self.width} x {one}>"

    def suffix(self, one: str) -> str:
        """The ending of the names of intrinsic functions on vectors of elements of an LLVM type."""
        ending = _SUFFIXES.get(one, one)
        return ending if self.width == 1 else f"v{self.width}{ending}"

    def line(self, text: str) -> str:
        """The register that holds the result of an instruction, which is written again at each call."""
        name = f"%v{next(self._names)}"
        self.lines.append(f"  {name} = {text}")
        return name

    def once(self, text: str, dtype: DType) -> Value:
        """The result of an instruction without effects, which is written the first time only."""
        if text not in self._known:
            self._known[text] = self.line(text)
        return Value(self._known[text], dtype)

    def repeated(self, one: str, elements: Sequence[str]) -> str:
        """A constant vector's text."""
        return elements[0] if self.width == 1 else f"<{', '.join([f'{one} {e}' for e in elements])}>"

    def constant(self, value: complex, dtype: DType) -> Value:
        if np.iscomplexobj(value):
            raise Unsupported("complex numbers have no machine code")
        return Value(self.repeated(element(dtype), [literal(value, dtype)] * self.width), dtype)

    def splat(self, one: str, text: str) -> str:
        """A vector that holds one number of an LLVM type in every lane."""
        if self.width == 1:
            return text
        kind = self.vector(one)
        first = self.line(f"insertelement {kind} poison, {one} {text}, i64 0")
        return self.line(f"shufflevector {kind} {first}, {kind} poison, <{self.width} x i32> zeroinitializer")

    def operate(self, operation: str, a: Value, b: Value) -> Value:
        """An instruction of two arguments of one dtype, and of their result's."""
        return self.once(f"{operation} {self.type(a.dtype)} {a.text}, {b.text}", a.dtype)

    def _float(self, operation: str, a: Value, b: Value, exact: bool) -> Value:
        flag = "" if exact or self.strict else "contract "
        return self.operate(f"{operation} {flag}".strip(), a, b)

    def add(self, a: Value, b: Value, exact: bool = False) -> Value:
        """exact: rounded on its own, as in what relies on the error of one rounding."""
        return self._float("fadd", a, b, exact)

    def sub(self, a: Value, b: Value, exact: bool = False) -> Value:
        return self._float("fsub", a, b, exact)

    def mul(self, a: Value, b: Value, exact: bool = False) -> Value:
        return self._float("fmul", a, b, exact)

    def div(self, a: Value, b: Value) -> Value:
        return self.operate("fdiv", a, b)

    def neg(self, a: Value) -> Value:
        return self.once(f"fneg {self.type(a.dtype)} {a.text}", a.dtype)

    def compare(self, predicate: str, a: Value, b: Value) -> Value:
        """predicate: LLVM's, of fcmp for floats (oeq, olt, une, uno, ...), else of icmp."""
        kind = "fcmp" if a.dtype.kind == "f" else "icmp"
        return self.once(f"{kind} {predicate} {self.type(a.dtype)} {a.text}, {b.text}", BOOL)

    def select(self, condition: Value, yes: Value, no: Value) -> Value:
        kind = self.type(yes.dtype)
        return self.once(f"select {self.type(BOOL)} {condition.text}, {kind} {yes.text}, {kind} {no.text}", yes.dtype)

    def nan(self, a: Value) -> Value:
        return self.compare("uno", a, a)

    def intrinsic(self, name: str, *args: Value) -> Value:
        """LLVM's function of vectors of one dtype, which the result has, too."""
        dtype = args[0].dtype
        symbol = f"llvm.{name}.{self.suffix(element(dtype))}"
        return self.call(symbol, args, dtype)

    def call(self, symbol: str, args: Sequence[Value], dtype: DType) -> Value:
        """The result of a function of vectors without effects."""
        kinds = [self.type(a.dtype) for a in args]
        self.declare(f"declare {self.type(dtype)} @{symbol}({', '.join(kinds)}) nounwind")
        given = ", ".join([f"{kind} {a.text}" for kind, a in zip(kinds, args, strict=True)])
        return self.once(f"call {self.type(dtype)} @{symbol}({given})", dtype)

    def declare(self, part: str) -> None:
        self.parts[part] = None

    def bits(self, a: Value) -> Value:
        """The bits of floats as integers."""
        dtype = np.dtype(f"i{a.dtype.itemsize}")
        return self.once(f"bitcast {self.type(a.dtype)} {a.text} to {self.type(dtype)}", dtype)

    def floats(self, a: Value) -> Value:
        """Integers as the bits of floats."""
        dtype = np.dtype(f"f{a.dtype.itemsize}")
        return self.once(f"bitcast {self.type(a.dtype)} {a.text} to {self.type(dtype)}", dtype)

    def cast(self, a: Value, dtype: DType) -> Value:
        """The value in another dtype, by NumPy's rules. Raises Unsupported for floats to integers."""
        old, new = self.type(a.dtype), self.type(dtype)
        if a.dtype == dtype or (old == new and BOOL not in (a.dtype, dtype)):
            return Value(a.text, dtype)
        if dtype == BOOL:
            return self.compare("une" if a.dtype.kind == "f" else "ne", a, self.constant(0, a.dtype))
        wider = dtype.itemsize > a.dtype.itemsize
        unsigned = a.dtype.kind in "bu"
        match a.dtype.kind in "biu", dtype.kind:
            case True, "f":
                operation = "uitofp" if unsigned else "sitofp"
            case True, _:
                operation = ("zext" if unsigned else "sext") if wider or a.dtype == BOOL else "trunc"
            case _, "f":
                operation = "fpext" if wider else "fptrunc"
            case _:
                raise Unsupported(
                    f"a cast of {a.dtype} to {dtype} depends on the machine where the number is too large"
                )
        return self.once(f"{operation} {old} {a.text} to {new}", dtype)

    def loaded(self, text: str, dtype: DType) -> Value:
        """What was read from memory: a bool is a byte there."""
        return self.cast(Value(text, np.dtype(np.uint8)), BOOL) if dtype == BOOL else Value(text, dtype)

    def storable(self, value: Value) -> str:
        """The type and text of a value as it is written to memory."""
        value = self.cast(value, np.dtype(np.uint8)) if value.dtype == BOOL else value
        return f"{self.type(value.dtype)} {value.text}"
