"""Where the Taylor coefficients lie: terms of one kind side by side, so that processors compute several at once."""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple

from dezero.compiler.integration.recurrences import Fixed, Recurrences, Term, levels

LANES = 8


class Moving(NamedTuple):
    """An operand whose coefficients lie side by side from a slot on."""

    slot: int


class Still(NamedTuple):
    """An operand of fixed numbers, side by side from a place on."""

    place: int


class Group(NamedTuple):
    """Terms of one kind from a slot on.

    width: how many are computed at once; lanes: of the terms, a multiple of it, of which the last repeat the last term.
    sources: the slots that a group of the kind "copy" takes its numbers from.
    """

    kind: str
    name: str
    factor: float
    slot: int
    width: int
    lanes: int
    operands: tuple[Moving | Still, ...]
    sources: tuple[int, ...] = ()


class Layout(NamedTuple):
    """groups: in the order of computing. slots: of one order's row. fixed: values of the program, by place.

    time: the slot of the time, or None; rates: the slot of each state's rate; states lie in the first slots.
    """

    groups: list[Group]
    slots: int
    fixed: list[int]
    time: int | None
    rates: list[int]
    states: int


def rounded(n: int) -> int:
    return -(-n // LANES) * LANES


def layout(found: Recurrences) -> Layout:
    """Places for all terms of a right side."""
    return _Layout(found).made()


class _Layout:
    def __init__(self, found: Recurrences) -> None:
        self.found, self.level = found, levels(found.terms)
        self.slots, self.end = dict[int, int](), rounded(len(found.rates))
        self.fixed: list[int] = []
        self.groups: list[tuple[float, Group]] = []
        self.copies: dict[tuple[int, ...], int] = {}

    def made(self) -> Layout:
        kinds: dict[Hashable, list[int]] = {}
        for place, term in enumerate(self.found.terms):
            if term.kind == "state":
                self.slots[place] = len(self.slots)
            else:
                kinds.setdefault((self.level[place], *_kind(term)), []).append(place)
        members = sorted(kinds.values(), key=lambda places: self.level[places[0]])
        for places in members:  # slots first: an integral's slope may stand in a later group
            for k, place in enumerate(places):
                self.slots[place] = self.end + k
            self.end += rounded(len(places))
        for places in members:
            self._group(places)
        times = [self.slots[p] for p, term in enumerate(self.found.terms) if term.kind == "time"]
        groups = [group for _, group in sorted(self.groups, key=lambda pair: pair[0])]
        rates = [self.slots[place] for place in self.found.rates]
        return Layout(groups, self.end, self.fixed, times[0] if times else None, rates, len(rates))

    def _group(self, places: list[int]) -> None:
        first = self.found.terms[places[0]]
        width = next(w for w in (1, 2, 4, 8) if w >= min(len(places), LANES))
        count = -(-len(places) // width) * width
        lanes = [self.found.terms[p].args for p in places]
        lanes += [lanes[-1]] * (count - len(places))  # the last lanes repeat a number that is there
        operands = tuple([self._operand(column) for column in zip(*lanes, strict=True)])
        group = Group(first.kind, first.name, first.factor, self.slots[places[0]], width, count, operands)
        self.groups.append((self.level[places[0]], group))

    def _operand(self, column: tuple[int | Fixed, ...]) -> Moving | Still:
        numbers = [a.value for a in column if isinstance(a, Fixed)]
        if numbers:
            self.fixed += numbers
            return Still(len(self.fixed) - len(numbers))
        terms = [a for a in column if not isinstance(a, Fixed)]
        slots = tuple([self.slots[a] for a in terms])
        if slots == tuple(range(slots[0], slots[0] + len(slots))):
            return Moving(slots[0])
        if slots not in self.copies:
            self.copies[slots] = self.end
            width = min(len(slots), LANES)
            copy = Group("copy", "", 1.0, self.end, width, len(slots), (), slots)
            self.groups.append((max([self.level[a] for a in terms]) + 0.5, copy))
            self.end += rounded(len(slots))
        return Moving(self.copies[slots])


def _kind(term: Term) -> tuple[Hashable, ...]:
    return (term.kind, term.name, term.factor, tuple([isinstance(a, Fixed) for a in term.args]))
