"""Kernels as LLVM text: a loop nest whose innermost loop computes whole vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dezero.compiler.graph import Number
from dezero.compiler.kernel import IDENTITIES, Extent, Kernel, Operand
from dezero.compiler.machine import llvm
from dezero.compiler.machine.loops import NONE, ONE, Nest, nest
from dezero.compiler.machine.vector import BOOL, F32, F64, UFUNCS, Body, Unsupported, Value, apply, stored

# 256 and 512: LLVM keeps vectors of as many bits in one register where the processor has them.
ATTRIBUTES = '#0 = { nounwind "min-legal-vector-width"="512" "prefer-vector-width"="512" }'
LONGEST = 20_000  # instructions of a body, beyond which LLVM takes minutes
_MASKED = 32  # bytes of vectors from which on processors read and write some lanes alone
_TWICE = 64  # instructions of a body that is written twice, for whole vectors and for the rest, where that is faster


def width_of(kernel: Kernel, bits: int) -> int:
    """The elements of a vector: as many as a register of so many bits has of the widest numbers in the kernel."""
    return max(bits // (8 * _widest(kernel)), 1)


def _widest(kernel: Kernel) -> int:
    """The bytes of the widest numbers in the kernel."""
    dtypes = [o.dtype for o in _operands(kernel)] + [dtype for i in kernel.body for dtype in i.loop]
    return max([d.itemsize for d in dtypes if d != BOOL], default=8)


def emit(kernel: Kernel, name: str, width: int | None = None, *, strict: bool = False, vectors: bool = True) -> str:
    """LLVM text of the function `void name(ptr, ..., ptr, i64 rows)` of a kernel, and of what it calls.

    Its arguments are the addresses of the loads, stores and reductions, and the number of rows. width: elements of a
    vector, by default what this machine's registers hold; 1: a number at a time. strict: no product is rounded
    together with the sum that takes it in. vectors: whether the system's library of vector functions is used. Several
    texts become one module by `llvm.link`. An array that is written may be one that is read with the same strides,
    and overlaps no other. Sums along the innermost loop are added up in `width` lanes, those of single precision in
    double; other reductions go through memory, element by element. Raises Unsupported, with a reason, for what has no
    machine code here.
    """
    if len(kernel.body) > LONGEST:
        raise Unsupported(f"a loop of {len(kernel.body)} operations is too long to compile: the limit is {LONGEST}")
    width = width or width_of(kernel, llvm.host().bits)
    loops = nest(kernel, width)
    if not loops.extents:
        width = 1
    elif not loops.extents[-1].by_rows:  # no wider than the loop is long
        width = min(width, 1 << (loops.extents[-1].count - 1).bit_length()) if loops.extents[-1].count > 0 else 1
    return _Writer(kernel, loops, Body(width, strict=strict, vectors=vectors)).function(name)


def _operands(kernel: Kernel) -> list[Operand]:
    return [*kernel.loads, *[o for _, o in kernel.stores], *[o for *_, o in kernel.reductions]]


class _Piece(NamedTuple):
    """Where a part of the innermost loop works: its index (none: the one element), and which lanes (none: all)."""

    at: str | None
    mask: str | None


class _Writer:
    """One kernel's text."""

    def __init__(self, kernel: Kernel, loops: Nest, start: Body) -> None:
        self.kernel, self.loops = kernel, loops
        self.start = start  # what runs before the innermost loop
        self.width = start.width
        self.dtypes = [o.dtype for o in _operands(kernel)]
        self.first_store = len(kernel.loads)
        self.first_reduction = self.first_store + len(kernel.stores)
        self.fixed: dict[int, Value] = {}  # values that are the same along the innermost loop
        self.offsets: dict[int, str] = {}  # of the lanes, where an array lies scattered

    # -- the whole function ------------------------------------------------------------------------------------

    def function(self, name: str) -> str:
        pointers = ", ".join([f"ptr %a{j}" for j in range(len(self.dtypes))] + ["i64 %t"])
        lines = [f"define void @{name}({pointers}) #0 {{", "entry:", *self._lengths()]
        depth = len(self.loops.extents)
        if not depth:
            self._reduced(self.start, self._values(self.start, _Piece(None, None)), None)
            lines += self.start.lines
        for d in range(depth - 1):
            lines += self._opened(d)
        if depth:
            lines += self._inner(depth - 1)
        for d in reversed(range(depth - 1)):
            lines += self._closed(d)
        lines += ["  br label %end", "end:", "  ret void", "}"]
        return "\n\n".join([*self.start.parts, "\n".join(lines), f"attributes {ATTRIBUTES}"]) + "\n"

    def _lengths(self) -> list[str]:
        """Lengths and strides as registers; nothing runs where a length is 0."""
        lines = [f"  %n{d} = {self._extent(e)}" for d, e in enumerate(self.loops.extents)]
        for j, strides in enumerate(self.loops.strides):
            lines += [f"  %s{j}.{d} = {self._extent(s)}" for d, s in enumerate(strides) if s != NONE]
        for d in range(len(self.loops.extents)):
            lines += [f"  %empty{d} = icmp slt i64 %n{d}, 1", f"  br i1 %empty{d}, label %end, label %some{d}"]
            lines.append(f"some{d}:")
        return lines

    @staticmethod
    def _extent(extent: Extent) -> str:
        return f"mul i64 {'%t' if extent.by_rows else '1'}, {extent.count}"

    def _opened(self, d: int) -> list[str]:
        before = f"%enter{d}"
        lines = [f"  br label {before}", f"enter{d}:", f"  br label %loop{d}", f"loop{d}:"]
        lines.append(f"  %i{d} = phi i64 [0, {before}], [%next{d}, %close{d}]")
        for j, strides in enumerate(self.loops.strides):
            kind = stored(self.dtypes[j])
            step = f"%m{j}.{d}"
            lines.append(
                f"  {step} = mul i64 %i{d}, {self._stride(j, d)}" if strides[d] != NONE else f"  {step} = add i64 0, 0"
            )
            lines.append(f"  %p{j}.{d} = getelementptr {kind}, ptr {self._base(j, d)}, i64 {step}")
        return lines

    def _closed(self, d: int) -> list[str]:
        lines = [f"  br label %close{d}", f"close{d}:", f"  %next{d} = add nsw i64 %i{d}, 1"]
        lines.append(f"  %more{d} = icmp slt i64 %next{d}, %n{d}")
        return [*lines, f"  br i1 %more{d}, label %loop{d}, label %exit{d}", f"exit{d}:"]

    def _base(self, j: int, d: int) -> str:
        """Where array j lies for the loop at depth d."""
        return f"%p{j}.{d - 1}" if d else f"%a{j}"

    def _stride(self, j: int, d: int) -> str:
        return f"%s{j}.{d}" if self.loops.strides[j][d].by_rows else str(self.loops.strides[j][d].count)

    # -- the innermost loop ------------------------------------------------------------------------------------

    def _inner(self, d: int) -> list[str]:
        """The innermost loop at depth d, by whole vectors, and what is left of its length under a mask."""
        width, extent = self.width, self.loops.extents[d]
        whole = width == 1 or (extent.count % width == 0 and not extent.by_rows)
        short = len(self.kernel.body) <= _TWICE or width * _widest(self.kernel) < _MASKED
        twice = not whole and short and (extent.by_rows or extent.count > width)
        self._before()
        sums = [self._identity(j) for j in self._in_registers()]
        lines = ["  br label %before", "before:", *self.start.lines]
        if not twice:
            after, results = self._loop(d, "main", "before", f"%n{d}", "0", sums, not whole)
            lines += after
        else:
            lines.append(f"  %whole = and i64 %n{d}, -{width}")
            lines += [
                "  %any = icmp sgt i64 %whole, 0",
                "  br i1 %any, label %main.enter, label %middle",
                "main.enter:",
            ]
            main, results = self._loop(d, "main", "main.enter", "%whole", "0", sums, False)
            lines += [*main, "  br label %middle", "middle:"]
            merged = [f"%middle{k}" for k in range(len(sums))]
            for k, (a, b) in enumerate(zip(sums, results, strict=True)):
                lines.append(
                    f"  {merged[k]} = phi {self.start.type(a.dtype)} [{a.text}, %before], [{b.text}, %main.done]"
                )
            sums = [Value(text, a.dtype) for text, a in zip(merged, sums, strict=True)]
            lines += [f"  %rest = icmp slt i64 %whole, %n{d}", "  br i1 %rest, label %tail.enter, label %joined"]
            tail, rest = self._loop(d, "tail", "tail.enter", f"%n{d}", "%whole", sums, True)
            lines += ["tail.enter:", *tail, "  br label %joined", "joined:"]
            for k, (a, b) in enumerate(zip(sums, rest, strict=True)):
                lines.append(
                    f"  %joined{k} = phi {self.start.type(a.dtype)} [{a.text}, %middle], [{b.text}, %tail.done]"
                )
            results = [Value(f"%joined{k}", a.dtype) for k, a in enumerate(sums)]
        end = self.start.inner()
        for j, total in zip(self._in_registers(), results, strict=True):
            self._deposit(end, j, total)
        return lines + end.lines

    def _loop(
        self, d: int, label: str, before: str, until: str, start: str, sums: list[Value], masked: bool
    ) -> tuple[list[str], list[Value]]:
        """A loop over vectors from one index to another; its lines, and the sums in registers after it."""
        b, index = self.start.inner(), f"%{label}.i"
        mask = self._mask(b, f"%n{d}", index) if masked else None
        carried = [Value(f"%{label}.sum{k}", s.dtype) for k, s in enumerate(sums)]
        values = self._values(b, _Piece(index, mask))
        results = self._reduced(b, values, _Piece(index, mask), carried)
        lines = [
            f"  br label %{label}",
            f"{label}:",
            f"  {index} = phi i64 [{start}, %{before}], [%{label}.next, %{label}]",
        ]
        for old, new, first in zip(carried, results, sums, strict=True):
            lines.append(f"  {old.text} = phi {b.type(old.dtype)} [{first.text}, %{before}], [{new.text}, %{label}]")
        lines += [*b.lines, f"  %{label}.next = add nsw i64 {index}, {self.width}"]
        lines += [f"  %{label}.more = icmp slt i64 %{label}.next, {until}"]
        lines += [f"  br i1 %{label}.more, label %{label}, label %{label}.done", f"{label}.done:"]
        return lines, results

    def _mask(self, b: Body, length: str, index: str) -> str:
        rest = b.splat("i64", b.line(f"sub i64 {length}, {index}"))
        lanes = b.repeated("i64", [str(k) for k in range(self.width)])
        return b.line(f"icmp slt {b.vector('i64')} {lanes}, {rest}")

    def _before(self) -> None:
        """What is the same along the innermost loop: loads that stand still, and what is computed of them alone."""
        for j, strides in enumerate(self.loops.strides):
            if strides[-1] not in (NONE, ONE) and self.width > 1:
                step = self.start.splat("i64", self._stride(j, len(strides) - 1))
                lanes = self.start.repeated("i64", [str(k) for k in range(self.width)])
                self.offsets[j] = self.start.line(f"mul {self.start.vector('i64')} {lanes}, {step}")
        for j in range(self.first_store):
            if self.loops.strides[j][-1] == NONE:
                kind = stored(self.dtypes[j])
                one = self.start.line(f"load {kind}, ptr {self._base(j, len(self.loops.extents) - 1)}")
                self.fixed[j] = self.start.loaded(self.start.splat(kind, one), self.dtypes[j])
        for k, instruction in enumerate(self.kernel.body):
            if all([isinstance(a, Number) or a in self.fixed for a in instruction.args]):
                given = [a if isinstance(a, Number) else self.fixed[a] for a in instruction.args]
                self.fixed[self.first_store + k] = apply(self.start, instruction, given)

    # -- one vector --------------------------------------------------------------------------------------------

    def _values(self, b: Body, piece: _Piece) -> dict[int, Value]:
        """Loads, computations and stores of one vector."""
        values = dict(self.fixed)
        for j in range(self.first_store):
            if j not in values:
                values[j] = self._load(b, j, piece)
        for k, instruction in enumerate(self.kernel.body, self.first_store):
            if k not in values:
                given = [a if isinstance(a, Number) else values[a] for a in instruction.args]
                values[k] = apply(b, instruction, given)
        for j, (value, operand) in enumerate(self.kernel.stores, self.first_store):
            self._store(b, j, b.cast(values[value], operand.dtype), piece)
        return values

    def _reduced(
        self, b: Body, values: dict[int, Value], piece: _Piece | None, carried: Sequence[Value] = ()
    ) -> list[Value]:
        """The values combined into the sums in registers, whose new values are given, and into those in memory."""
        results = []
        sums = iter(carried)
        for j, (name, value, operand) in enumerate(self.kernel.reductions, self.first_reduction):
            place = piece or _Piece(None, None)
            if piece is not None and j in self._in_registers():
                old = next(sums)
                new = b.cast(b.cast(values[value], operand.dtype), old.dtype)
                if place.mask is not None:
                    new = b.select(Value(place.mask, BOOL), new, self._identity(j))
                results.append(self._combined(b, name, old, new))
            else:
                old = self._load(b, j, place)
                self._store(b, j, self._combined(b, name, old, b.cast(values[value], operand.dtype)), place)
        return results

    def _in_registers(self) -> list[int]:
        """The reductions along the innermost loop."""
        last = range(self.first_reduction, len(self.dtypes))
        return [j for j in last if self.loops.extents and self.loops.strides[j][-1] == NONE]

    def _identity(self, j: int) -> Value:
        name, _, operand = self.kernel.reductions[j - self.first_reduction]
        dtype = F64 if operand.dtype == F32 and name == "add" else operand.dtype
        if name not in IDENTITIES or (dtype.kind != "f" and name in ("maximum", "minimum")):
            raise Unsupported(f"the reduction {name} of {dtype} has no machine code")
        return self.start.constant(-0.0 if name == "add" and dtype.kind == "f" else IDENTITIES[name], dtype)

    @staticmethod
    def _combined(b: Body, name: str, old: Value, new: Value) -> Value:
        return UFUNCS[name](b, old, new)

    def _deposit(self, b: Body, j: int, total: Value) -> None:
        """The lanes of a sum combined with each other, and with what the array holds."""
        name, _, operand = self.kernel.reductions[j - self.first_reduction]
        kind, step = b.type(total.dtype), self.width // 2
        while step:
            order = ", ".join([f"i32 {(k + step) % self.width}" for k in range(self.width)])
            turned = b.line(f"shufflevector {kind} {total.text}, {kind} poison, <{self.width} x i32> <{order}>")
            total = self._combined(b, name, total, Value(turned, total.dtype))
            step //= 2
        one = b.scalar()
        if self.width > 1:
            total = Value(b.line(f"extractelement {kind} {total.text}, i64 0"), total.dtype)
        pointer = self._base(j, len(self.loops.extents) - 1)
        held = one.loaded(one.line(f"load {stored(operand.dtype)}, ptr {pointer}"), operand.dtype)
        result = one.cast(self._combined(one, name, one.cast(held, total.dtype), total), operand.dtype)
        one.lines.append(f"  store {one.storable(result)}, ptr {pointer}")

    # -- memory ------------------------------------------------------------------------------------------------

    def _pointers(self, b: Body, j: int, piece: _Piece) -> tuple[str, bool]:
        """Where a vector of an array lies: the address of its first element, or a vector of all of them."""
        depth = len(self.loops.extents) - 1
        if piece.at is None:
            return f"%a{j}", False
        kind, base, stride = stored(self.dtypes[j]), self._base(j, depth), self.loops.strides[j][depth]
        if stride == NONE:
            return base, False
        if stride == ONE:
            return b.once(f"getelementptr {kind}, ptr {base}, i64 {piece.at}", self.dtypes[j]).text, False
        step = b.once(f"mul i64 {piece.at}, {self._stride(j, depth)}", self.dtypes[j]).text
        first = b.once(f"getelementptr {kind}, ptr {base}, i64 {step}", self.dtypes[j]).text
        if self.width == 1:
            return first, False
        offsets = f"<{self.width} x i64> {self.offsets[j]}"
        return b.once(f"getelementptr {kind}, ptr {first}, {offsets}", self.dtypes[j]).text, True

    def _load(self, b: Body, j: int, piece: _Piece) -> Value:
        dtype, kind = self.dtypes[j], stored(self.dtypes[j])
        pointer, scattered = self._pointers(b, j, piece)
        if piece.mask is None and not scattered:
            return b.loaded(b.line(f"load {b.vector(kind)}, ptr {pointer}, align {dtype.itemsize}"), dtype)
        what, where = ("gather", f"<{self.width} x ptr>") if scattered else ("load", "ptr")
        symbol = f"@llvm.masked.{what}.{b.suffix(kind)}.{f'v{self.width}' if scattered else ''}p0"
        ones = b.vector("i1")
        b.declare(f"declare {b.vector(kind)} {symbol}({where}, i32, {ones}, {b.vector(kind)})")
        given = (
            f"{where} {pointer}, i32 {dtype.itemsize}, {ones} {self._lanes(b, piece)}, {b.vector(kind)} zeroinitializer"
        )
        return b.loaded(b.line(f"call {b.vector(kind)} {symbol}({given})"), dtype)

    def _store(self, b: Body, j: int, value: Value, piece: _Piece) -> None:
        dtype, kind = self.dtypes[j], stored(self.dtypes[j])
        pointer, scattered = self._pointers(b, j, piece)
        text = b.storable(value)
        if piece.mask is None and not scattered:
            b.lines.append(f"  store {text}, ptr {pointer}, align {dtype.itemsize}")
            return
        what, where = ("scatter", f"<{self.width} x ptr>") if scattered else ("store", "ptr")
        symbol = f"@llvm.masked.{what}.{b.suffix(kind)}.{f'v{self.width}' if scattered else ''}p0"
        ones = b.vector("i1")
        b.declare(f"declare void {symbol}({b.vector(kind)}, {where}, i32, {ones})")
        given = f"{text}, {where} {pointer}, i32 {dtype.itemsize}, {ones} {self._lanes(b, piece)}"
        b.lines.append(f"  call void {symbol}({given})")

    def _lanes(self, b: Body, piece: _Piece) -> str:
        return piece.mask or b.repeated("i1", ["true"] * self.width)
