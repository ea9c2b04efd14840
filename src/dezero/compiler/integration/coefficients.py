"""LLVM text of the recurrences: a right side's values, and the Taylor coefficients of all its terms."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dezero.compiler.integration.layout import LANES, Group, Layout, Moving, Still
from dezero.compiler.kernel import Instruction
from dezero.compiler.machine.scalars import Scalars, write
from dezero.compiler.machine.vector import Body, Value, apply

_F64 = np.dtype(np.float64)
_WRITTEN = 6000  # multiplications up to which all orders are written one after another, which saves the loops' tests

Order = int | str  # a number, or the register that holds it


class Writer:
    """Lines of functions that read and write rows of coefficients."""

    def __init__(self, layout: Layout, order: int, body: Body) -> None:
        self.layout, self.order, self.body = layout, order, body

    def wide(self, width: int) -> Body:
        """The same lines, for vectors of a width."""
        b = self.body.inner()
        b.width, b.lines, b._known = width, self.body.lines, {}
        return b

    def address(self, base: str, order: Order, slot: int) -> str:
        line = self.body.line
        if isinstance(order, int):
            return line(f"getelementptr double, ptr {base}, i64 {order * self.layout.slots + slot}")
        at = line(f"mul i64 {order}, {self.layout.slots}")
        return line(f"getelementptr double, ptr {base}, i64 {line(f'add i64 {at}, {slot}')}")

    def load(self, b: Body, base: str, order: Order, slot: int) -> Value:
        return Value(b.line(f"load {b.type(_F64)}, ptr {self.address(base, order, slot)}, align 8"), _F64)

    def store(self, b: Body, value: Value, base: str, order: Order, slot: int) -> None:
        b.lines.append(f"  store {b.type(_F64)} {value.text}, ptr {self.address(base, order, slot)}, align 8")

    def gather(self, b: Body, base: str, order: Order, slots: tuple[int, ...]) -> Value:
        if b.width == 1:
            return self.load(b, base, order, slots[0])
        one, found = self.wide(1), "poison"
        for k, slot in enumerate(slots):
            x = self.load(one, base, order, slot)
            found = b.line(f"insertelement {b.type(_F64)} {found}, double {x.text}, i64 {k}")
        return Value(found, _F64)

    def copy(self, group: Group, order: Order) -> None:
        for at in range(0, group.lanes, LANES):
            slots = group.sources[at : at + LANES]
            while slots:  # vectors have lengths 1, 2, 4 and 8
                width = next(w for w in (8, 4, 2, 1) if w <= len(slots))
                b = self.wide(width)
                target = group.slot + at + len(group.sources[at : at + LANES]) - len(slots)
                self.store(b, self.gather(b, "%u", order, slots[:width]), "%u", order, target)
                slots = slots[width:]

    # -- the values, order 0 ---------------------------------------------------------------------------------

    def values(self) -> None:
        """The terms' values in a row %u, whose states and time are there; %c: the fixed numbers."""
        for group in self.layout.groups:
            if group.kind == "copy":
                self.copy(group, 0)
            for at in range(0, group.lanes, group.width) if group.kind not in ("copy", "time") else ():
                b = self.wide(group.width)
                given = [self.operand(b, a, 0, at) for a in group.operands]
                self.store(b, _value(b, group, given), "%u", 0, group.slot + at)

    def operand(self, b: Body, a: Moving | Still, order: Order, at: int) -> Value:
        if isinstance(a, Moving):
            return self.load(b, "%u", order, a.slot + at)
        return self.load(b, "%c", 0, a.place + at)

    # -- the coefficients ------------------------------------------------------------------------------------

    def coefficients(self) -> None:
        """All orders above 0, of the rows from %u on, the first of which holds the values."""
        work = sum([g.lanes // g.width for g in self.layout.groups if _sums(g)]) * self.order**2 // 2
        if work <= _WRITTEN:
            for k in range(1, self.order):
                self.states(k, k - 1)
                self.terms(k)
        else:
            self._loop("orders", 1, str(self.order - 1), [], lambda k, _: self._one(k))
        self.states(self.order, self.order - 1)

    def _one(self, k: str) -> list[str]:
        self.states(k, self.body.line(f"sub i64 {k}, 1"))
        self.terms(k)
        return []

    def states(self, k: Order, before: Order) -> None:
        """Coefficient k of the states is the rates' one before over k."""
        rates = tuple(self.layout.rates)
        for at in range(0, len(rates), LANES):
            slots, done = rates[at : at + LANES], 0
            while done < len(slots):
                width = next(w for w in (8, 4, 2, 1) if w <= len(slots) - done)
                b = self.wide(width)
                found = self.gather(b, "%u", before, slots[done : done + width])
                self.store(b, b.div(found, self.weight(b, k)), "%u", k, at + done)
                done += width

    def weight(self, b: Body, k: Order) -> Value:
        """A whole number as a vector of floats."""
        if isinstance(k, int):
            return b.constant(float(k), _F64)
        return Value(b.splat("double", b.line(f"sitofp i64 {k} to double")), _F64)

    def terms(self, k: Order) -> None:
        for group in self.layout.groups:
            if group.kind == "copy":
                self.copy(group, k)
            elif group.kind not in ("time", "constant"):
                for at in range(0, group.lanes, group.width):
                    b = self.wide(group.width)
                    self.store(b, self.term(b, group, k, at), "%u", k, group.slot + at)

    def term(self, b: Body, g: Group, k: Order, at: int) -> Value:
        """Coefficient k, at least 1, of some terms of a group."""
        still = [isinstance(a, Still) for a in g.operands]
        if g.kind in ("multiply", "divide", "power", "integral") and not (g.kind == "multiply" and any(still)):
            return self._summed(b, g, k, at)
        given = [self.operand(b, a, k, at) for a in g.operands]
        if g.kind in ("add", "subtract") and any(still):
            moving = given[still.index(False)]
            return b.neg(moving) if g.kind == "subtract" and still[0] else moving
        return _value(b, g, given)

    def _summed(self, b: Body, g: Group, k: Order, at: int) -> Value:
        """Coefficients that are sums over the lower ones."""
        first, second = g.operands
        own = Moving(g.slot)
        if g.kind == "multiply":
            return self._sum(b, k, 0, first, second, at)
        if g.kind == "divide":
            divisor = self.operand(b, second, 0, at)
            if isinstance(second, Still):
                return b.div(self.operand(b, first, k, at), divisor)
            taken = self._sum(b, k, 1, second, own, at)
            over = b.neg(taken) if isinstance(first, Still) else b.sub(self.operand(b, first, k, at), taken)
            return b.div(over, divisor)
        if g.kind == "integral":
            found = b.div(self._sum(b, k, 1, first, second, at, lambda j: self.weight(b, j)), self.weight(b, k))
            return found if g.factor == 1 else b.mul(found, b.constant(g.factor, _F64))
        above = b.add(self.operand(b, second, 0, at), b.constant(1.0, _F64))
        orders = self.weight(b, k)
        weights = lambda j: b.sub(b.mul(above, self.weight(b, j)), orders)  # noqa: E731
        found = self._sum(b, k, 1, first, own, at, weights)
        return b.div(found, b.mul(orders, self.operand(b, first, 0, at)))

    def _sum(
        self,
        b: Body,
        k: Order,
        low: int,
        first: Moving | Still,
        second: Moving | Still,
        at: int,
        weight: Callable[[Order], Value] | None = None,
    ) -> Value:
        """The sum over j from low to k of weight(j) first[j] second[k - j]."""

        def product(total: Value | None, j: Order, rest: Order) -> Value:
            x, y = self.operand(b, first, j, at), self.operand(b, second, rest, at)
            scaled = x if weight is None else b.mul(x, weight(j))
            return b.mul(scaled, y) if total is None else b.add(total, b.mul(scaled, y))

        if isinstance(k, int):
            totals: list[Value | None] = [None, None]  # two, each of which waits for its own sums only
            for j in range(low, k + 1):
                totals[j % 2] = product(totals[j % 2], j, k - j)
            known = [x for x in totals if x is not None]
            return known[0] if len(known) == 1 else b.add(known[0], known[1])

        def step(j: str, totals: list[str]) -> list[str]:
            b._known.clear()  # what one run of the loop knows is not there before it
            return [product(Value(totals[0], _F64), j, b.line(f"sub i64 {k}, {j}")).text]

        zero = "0.0" if b.width == 1 else "zeroinitializer"
        kind = b.type(_F64)
        (total,) = self._loop("sum", low, k, [(kind, zero)], step)
        b._known.clear()
        return Value(total, _F64)

    def _loop(
        self,
        name: str,
        low: int,
        last: str,
        starts: list[tuple[str, str]],
        step: Callable[[str, list[str]], list[str]],
    ) -> list[str]:
        """Run a step for each whole number from low to last, at least one; registers go from one run to the next."""
        b = self.body
        label = b.line("add i64 0, 0")[1:]
        before, head, after = (f"{name}.{part}.{label}" for part in ("before", "head", "after"))
        b.lines += [f"  br label %{before}", f"{before}:", f"  br label %{head}", f"{head}:"]
        place = len(b.lines)
        j, names = f"%j.{label}", [f"%s{i}.{label}" for i in range(len(starts))]
        found = step(j, names)
        following, tail = b.line(f"add i64 {j}, 1"), f"{name}.tail.{label}"
        b.lines += [f"  br label %{tail}", f"{tail}:"]
        more = b.line(f"icmp sle i64 {following}, {last}")
        b.lines += [f"  br i1 {more}, label %{head}, label %{after}", f"{after}:"]
        phis = [f"  {j} = phi i64 [ {low}, %{before} ], [ {following}, %{tail} ]"]
        for register, (kind, start), new in zip(names, starts, found, strict=True):
            phis.append(f"  {register} = phi {kind} [ {start}, %{before} ], [ {new}, %{tail} ]")
        b.lines[place:place] = phis
        return found


def _sums(g: Group) -> bool:
    return g.kind in ("multiply", "divide", "power", "integral") and all(
        [isinstance(a, Moving) for a in g.operands[:1]]
    )


def _value(b: Body, g: Group, given: list[Value]) -> Value:
    """The values of a group's terms."""
    if g.kind == "constant":
        return given[0]
    if g.kind == "integral":
        return apply(b, Instruction(g.name, (0,), (_F64, _F64)), given[:1])
    return apply(b, Instruction(g.kind, tuple(range(len(given))), (_F64,) * (len(given) + 1)), given)


def text(layout: Layout, program: Scalars, order: int, inputs: int) -> list[str]:
    """LLVM functions: `prepare(c, inputs...)`, `values(u, c)`, `coefficients(u, c)` and `rates(u, out)`."""
    parts: list[str] = []

    def function(name: str, arguments: str, fill: Callable[[Writer], None]) -> None:
        writer = Writer(layout, order, Body(1))
        fill(writer)
        b = writer.body
        parts.extend(b.parts)
        lines = [f"define void @{name}({arguments}) #0 {{", "start:", *b.lines, "  ret void", "}"]
        parts.append("\n".join(lines))

    def prepare(writer: Writer) -> None:
        given = [writer.body.line(f"load ptr, ptr {writer.body.line(f'getelementptr ptr, ptr %inputs, i64 {k}')}")
                 for k in range(inputs)]  # fmt: skip
        write(Scalars(program.values, [np.array(layout.fixed, np.intp)]), writer.body, given, ["%c"])

    def rates(writer: Writer) -> None:
        one = writer.wide(1)
        for k, slot in enumerate(layout.rates):
            at = one.line(f"getelementptr double, ptr %out, i64 {k}")
            one.lines.append(f"  store double {writer.load(one, '%u', 0, slot).text}, ptr {at}")

    function("prepare", "ptr %inputs, ptr %c", prepare)
    function("values", "ptr noalias %u, ptr noalias %c", Writer.values)
    function("coefficients", "ptr noalias %u, ptr noalias %c", Writer.coefficients)
    function("rates", "ptr noalias %u, ptr noalias %out", rates)
    return parts
