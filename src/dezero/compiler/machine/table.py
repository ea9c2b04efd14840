"""A table of steps, and the machine code that walks it: numbers alone, so that equal kernels are one piece of code.

A record of the table is one step: the address of a function, the number of its operands, the number of further words;
for each operand a base and the offset from it, which is a + b s + c t bytes, where s is the first row that is worked on
and t the number of rows; then the further words. The function takes the operands' addresses, the words and t.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Reference(NamedTuple):
    """Where an operand lies: a base, and the parts of the offset from it in bytes."""

    base: int
    offset: int
    by_start: int
    by_rows: int


def record(function: int, operands: Sequence[Reference], words: Sequence[int] = ()) -> list[int]:
    return [function, len(operands), len(words), *[part for o in operands for part in o], *words]


# Blocks are records that run one after another, for `tile` rows at a time: first word, records, first row, rows, tile.
WALK = """\
define void @walk(ptr %records, ptr %blocks, i64 %count, ptr %bases, ptr %args) {
entry:
  br label %blocks.loop
blocks.loop:
  %b = phi i64 [0, %entry], [%b.next, %block.end]
  %b.more = icmp slt i64 %b, %count
  br i1 %b.more, label %block, label %end
block:
  %b.at = mul i64 %b, 5
  %b.head = getelementptr i64, ptr %blocks, i64 %b.at
  %p.n = getelementptr i64, ptr %b.head, i64 1
  %p.start = getelementptr i64, ptr %b.head, i64 2
  %p.stop = getelementptr i64, ptr %b.head, i64 3
  %p.tile = getelementptr i64, ptr %b.head, i64 4
  %word = load i64, ptr %b.head
  %n = load i64, ptr %p.n
  %start = load i64, ptr %p.start
  %stop = load i64, ptr %p.stop
  %tile = load i64, ptr %p.tile
  %first = getelementptr i64, ptr %records, i64 %word
  %b.next = add i64 %b, 1
  br label %tiles
tiles:
  %s = phi i64 [%start, %block], [%s.next, %tile.end]
  %left = sub i64 %stop, %s
  %s.more = icmp sgt i64 %left, 0
  br i1 %s.more, label %rows, label %block.end
rows:
  %short = icmp slt i64 %left, %tile
  %t = select i1 %short, i64 %left, i64 %tile
  br label %steps
steps:
  %i = phi i64 [0, %rows], [%i.next, %step]
  %r = phi ptr [%first, %rows], [%r.next, %step]
  %i.more = icmp slt i64 %i, %n
  br i1 %i.more, label %head, label %tile.end
head:
  %p.operands = getelementptr i64, ptr %r, i64 1
  %p.words = getelementptr i64, ptr %r, i64 2
  %o.first = getelementptr i64, ptr %r, i64 3
  %function = load ptr, ptr %r
  %operands = load i64, ptr %p.operands
  %words = load i64, ptr %p.words
  br label %operands.loop
operands.loop:
  %j = phi i64 [0, %head], [%j.next, %operand]
  %o = phi ptr [%o.first, %head], [%o.next, %operand]
  %j.more = icmp slt i64 %j, %operands
  br i1 %j.more, label %operand, label %step
operand:
  %p.a = getelementptr i64, ptr %o, i64 1
  %p.b = getelementptr i64, ptr %o, i64 2
  %p.c = getelementptr i64, ptr %o, i64 3
  %base = load i64, ptr %o
  %a = load i64, ptr %p.a
  %bs = load i64, ptr %p.b
  %ct = load i64, ptr %p.c
  %from.s = mul i64 %bs, %s
  %from.t = mul i64 %ct, %t
  %a.s = add i64 %a, %from.s
  %offset = add i64 %a.s, %from.t
  %p.base = getelementptr ptr, ptr %bases, i64 %base
  %array = load ptr, ptr %p.base
  %address = getelementptr i8, ptr %array, i64 %offset
  %p.arg = getelementptr ptr, ptr %args, i64 %j
  store ptr %address, ptr %p.arg
  %j.next = add i64 %j, 1
  %o.next = getelementptr i64, ptr %o, i64 4
  br label %operands.loop
step:
  call void %function(ptr %args, ptr %o, i64 %t)
  %r.next = getelementptr i64, ptr %o, i64 %words
  %i.next = add i64 %i, 1
  br label %steps
tile.end:
  %s.next = add i64 %s, %tile
  br label %tiles
block.end:
  br label %blocks.loop
end:
  ret void
}
"""


def caller(name: str, kernel: str, operands: int) -> str:
    """Text of the function of a record that runs a kernel."""
    lines = [f"define void @{name}(ptr %args, ptr %words, i64 %t) {{"]
    for j in range(operands):
        lines += [f"  %p{j} = getelementptr ptr, ptr %args, i64 {j}", f"  %a{j} = load ptr, ptr %p{j}"]
    given = ", ".join([*[f"ptr %a{j}" for j in range(operands)], "i64 %t"])
    return "\n".join([*lines, f"  call void @{kernel}({given})", "  ret void", "}"])


# The words of a product: BLAS's address, two flags, the factor of what the target holds (as bits), and pairs x, y for
# each of these numbers, which is x + y t.
_NUMBERS = [
    "n",
    "m",
    "k",
    "ldb",
    "lda",
    "ldc",
    "outer",
    "inner",
    *[f"{x}.{y}" for x in "abc" for y in ("outer", "inner")],
]


def product(name: str, kind: str) -> str:
    """Text of the function of a record that is a stack of products; kind: double or float."""
    lines = [f"@one.{kind} = private constant {kind} 1.0", "", f"define void @{name}(ptr %args, ptr %words, i64 %t) {{"]
    for j, array in enumerate("abc"):
        lines += [f"  %p.{array} = getelementptr ptr, ptr %args, i64 {j}", f"  %{array} = load ptr, ptr %p.{array}"]
    for j, word in enumerate(("flag.b", "flag.a", "beta"), 1):
        lines.append(f"  %{word} = getelementptr i64, ptr %words, i64 {j}")
    for j, number in enumerate(_NUMBERS):
        lines += [
            f"  %p.x.{number} = getelementptr i64, ptr %words, i64 {4 + 2 * j}",
            f"  %p.y.{number} = getelementptr i64, ptr %words, i64 {5 + 2 * j}",
            f"  %x.{number} = load i64, ptr %p.x.{number}",
            f"  %y.{number} = load i64, ptr %p.y.{number}",
            f"  %yt.{number} = mul i64 %y.{number}, %t",
            f"  %{number} = add i64 %x.{number}, %yt.{number}",
        ]
    for number in _NUMBERS[:6]:
        lines += [
            f"  %i.{number} = alloca i32",
            f"  %s.{number} = trunc i64 %{number} to i32",
            f"  store i32 %s.{number}, ptr %i.{number}",
        ]
    given = ["flag.b", "flag.a", "i.n", "i.m", "i.k", "", "b.in", "i.ldb", "a.in", "i.lda", "beta", "c.in", "i.ldc"]
    pointers = ", ".join([f"ptr %{x}" if x else f"ptr @one.{kind}" for x in given])
    lines += ["  %gemm = load ptr, ptr %words", "  br label %outside", "outside:"]
    lines += ["  %o = phi i64 [0, %0], [%o.next, %outside.end]", "  %o.more = icmp slt i64 %o, %outer"]
    lines += ["  br i1 %o.more, label %enter, label %end", "enter:"]
    for array in "abc":
        lines += [f"  %{array}.shift = mul i64 %o, %{array}.outer"]
        lines += [f"  %{array}.out = getelementptr i8, ptr %{array}, i64 %{array}.shift"]
    lines += ["  br label %inside", "inside:", "  %i = phi i64 [0, %enter], [%i.next, %one]"]
    lines += ["  %i.more = icmp slt i64 %i, %inner", "  br i1 %i.more, label %one, label %outside.end", "one:"]
    for array in "abc":
        lines += [f"  %{array}.step = mul i64 %i, %{array}.inner"]
        lines += [f"  %{array}.in = getelementptr i8, ptr %{array}.out, i64 %{array}.step"]
    lines += [f"  call void %gemm({pointers})", "  %i.next = add i64 %i, 1", "  br label %inside"]
    lines += ["outside.end:", "  %o.next = add i64 %o, 1", "  br label %outside", "end:", "  ret void", "}"]
    return "\n".join(lines)
