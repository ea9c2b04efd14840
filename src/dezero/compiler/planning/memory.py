"""Where each stored array of a plan lies: in the workspace of a call, or in an array of NumPy's."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from dezero.compiler.graph import CALL, CONSTANT, INPUT, OUTPUT
from dezero.compiler.planning.bodies import Loop
from dezero.compiler.planning.regions import Call, Plan, Step
from dezero.compiler.planning.views import is_contiguous, size

ALIGNMENT = 64  # bytes: a line of the cache, and the widest vector
# Parts of the workspace: arrays of the rows that are worked on, sums over the rows, and arrays of all rows.
TILE, SUMS, ALL = 0, 1, 2
PARTS = 3


class Address(NamedTuple):
    """A base, which is a part of the workspace or an array of NumPy's, and an offset in bytes."""

    base: int
    offset: int


@dataclass(slots=True)
class Memory:
    """addresses: of the stored places. sizes: of the workspace's parts in bytes. arrays: the place of each array of
    NumPy's, in the order of the bases after the parts: inputs first, and last the results, roots that outputs show."""

    addresses: dict[int, Address]
    sizes: list[int]
    arrays: list[int]
    results: set[int]


class _Part:
    """A part of the workspace: what is free is used again, the smallest piece that is large enough first."""

    def __init__(self) -> None:
        self.size = 0
        self.free: list[tuple[int, int]] = []  # offset, bytes

    def allocate(self, wanted: int) -> int:
        fitting = [piece for piece in self.free if piece[1] >= wanted]
        if not fitting:
            self.size += wanted
            return self.size - wanted
        offset, length = min(fitting, key=lambda piece: piece[1])
        self.free.remove((offset, length))
        if length > wanted:
            self.free.append((offset + wanted, length - wanted))
        return offset

    def release(self, offset: int, length: int) -> None:
        self.free.append((offset, length))
        self.free.sort()
        joined: list[tuple[int, int]] = []
        for start, count in self.free:
            if joined and sum(joined[-1]) == start:
                joined[-1] = (joined[-1][0], joined[-1][1] + count)
            else:
                joined.append((start, count))
        self.free = joined


@dataclass(slots=True)
class _Life:
    first: int
    last: int


def touched(plan: Plan, step: Step) -> Iterable[int]:
    """The places whose memory a step reads or writes."""
    if isinstance(step, Call):
        node = plan.graph.nodes[step.place]
        return [step.place, *[plan.views[a].root for a in node.places if a in plan.views]]
    views = step.views if isinstance(step, Loop) else (step.a, step.b, step.target)
    return [view.root for view in views]


def _lives(plan: Plan) -> dict[int, _Life]:
    """For each place the first and last step that touches it; for arrays of all rows, a pass is one step."""
    lives: dict[int, _Life] = {}
    position = 0
    for section in plan.sections:
        start, stop = position, position + len(section.first) + len(section.steps)
        for step in [*section.first, *section.steps]:
            for place in touched(plan, step):
                outlasts = section.rows and (place in plan.whole)
                first, last = (start, stop) if outlasts else (position, position)
                life = lives.setdefault(place, _Life(first, last))
                life.first, life.last = min(life.first, first), max(life.last, last)
            position += 1
    for place in [*plan.graph.outputs, *plan.graph.updates.values()]:
        root = plan.views[place].root
        if root in lives:
            lives[root].last = position
    return lives


def _results(plan: Plan) -> set[int]:
    """Roots that become arrays of their own, which are handed out: outputs of which no other part is left over."""
    found = set()
    for place in plan.graph.outputs:
        root = plan.views[place].root
        if is_all(plan, place) and plan.graph.nodes[root].primitive not in (INPUT, CONSTANT, CALL, OUTPUT):
            found.add(root)
    return found


def is_all(plan: Plan, place: int) -> bool:
    """Whether a place shows all elements of its root in their order."""
    view = plan.views[place]
    count = math.prod(plan.graph.nodes[view.root].shape)
    return is_contiguous(view) and not view.offset and size(view.shape).count == count


def placed(
    plan: Plan, tile: int, called: Iterable[int], threads: int = 1, inside: Mapping[int, int] | None = None
) -> Memory:
    """An address for each stored place.

    tile: the most rows that are worked on at a time, by each of the threads. inside: roots that lie where inputs do.
    """
    nodes = plan.graph.nodes
    sums = {place for section in plan.sections for place in section.sums}
    results = _results(plan) - set(called) - (sums if threads > 1 else set())  # each thread has sums of its own
    outside = [
        sorted([i for i in plan.shapes if i < len(nodes) and nodes[i].primitive == p]) for p in (INPUT, CONSTANT)
    ]
    arrays = [*outside[0], *outside[1], *sorted([i for i in called if i in plan.shapes]), *sorted(results)]
    addresses = {place: Address(PARTS + k, 0) for k, place in enumerate(arrays)}
    addresses |= {root: addresses[place] for root, place in (inside or {}).items()}
    parts = [_Part() for _ in range(PARTS)]
    lives = {i: life for i, life in _lives(plan).items() if i not in addresses}
    born: dict[int, list[int]] = {}
    for place, life in lives.items():
        born.setdefault(life.first, []).append(place)
    ending: dict[int, list[tuple[int, int, int]]] = {}
    for time in sorted({*born, *[life.last for life in lives.values()]}):
        for place in born.get(time, []):
            part = TILE if place not in plan.whole else SUMS if place in sums else ALL
            wanted = _bytes(plan, place, tile)
            offset = parts[part].allocate(wanted)
            addresses[place] = Address(part, offset)
            if part != SUMS:
                ending.setdefault(lives[place].last, []).append((part, offset, wanted))
        for part, offset, wanted in ending.pop(time, []):
            parts[part].release(offset, wanted)
    return Memory(addresses, [part.size for part in parts], arrays, results)


def _bytes(plan: Plan, place: int, tile: int) -> int:
    count = size(plan.shapes[place])
    length = count.count * (tile if count.by_rows else 1) * plan.dtypes[place].itemsize
    return max(-(-length // ALIGNMENT), 1) * ALIGNMENT
