"""Cached derivations: the derivative of a graph like one that was differentiated before is replayed.

What `create_graph=True` builds depends on the graph's operations, their parameters, the numbers in the graph, and the
shapes and dtypes of its leaves and plain arrays; it does not depend on the values of Variables, and hardly ever on what
is in plain arrays. So a loop that differentiates one formula again and again (Newton's method, training on a
differential equation, mini-batches) runs the algebra of terms once: the nodes that the algebra added are stored as a
program, which later steps replay. With numbers that change in every step (a falling rate), or arrays on which the steps
depend, the algebra runs each time, and after some steps nothing is stored any more (see forms.py). As Variables they
are values, and the program is replayed.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any, NamedTuple

import numpy as np

from dezero.autodiff.columns import steps_below
from dezero.autodiff.forms import Form, Forms, comes_with_new_arrays
from dezero.autodiff.sharing import shared_steps
from dezero.core.arithmetic import copied
from dezero.core.arraylike import raw
from dezero.core.call import make
from dezero.core.graph import Nodes
from dezero.core.op import Op
from dezero.core.registry import redeclared
from dezero.core.variable import Variable, cuts, note_change, wrap
from dezero.rewriting.cache import CACHE, CacheInfo
from dezero.rewriting.keys import GraphKey, Ordered, any_unlike
from dezero.rewriting.origin import DerivativeOf, Origin, origins_of
from dezero.rewriting.program import Program, on_arrays, plain_copy
from dezero.rewriting.table import Table
from dezero.rewriting.types import type_of

_STEP = 100  # bytes of a node of a graph or of a step, estimated
_LONGEST = 10_000  # the most steps of one derivation
_LARGEST = 2**18  # the most bytes of plain arrays in one derivation (copies, since the user may change the originals)
_forms = Forms()


class Result(NamedTuple):
    """How one derivative is found: the place of its node, and a step, a copy of a place's node, or a constant array.

    kind: "step", "copy" or "constant". what: the number of a place, or the array. order: as in DerivativeOf, which
    tells the next order how to continue from this one; None where nothing does.
    """

    place: int
    kind: str
    what: Any
    order: int | None = None


class CachedDerivation:
    """The steps that build a derivative from the nodes of a graph.

    program: its inputs are the graph's nodes, oldest first, then its plain arrays; its first steps compute plain arrays
    from these. results: how each derivative is found. shared: places of nodes that also stand for equal expressions of
    the rules (see Origin). form: of the graph.
    """

    def __init__(self, program: Program, folded: int, results: list[Result], shared: list[int], form: Form) -> None:
        """folded: how many of the steps compute plain arrays."""
        self.program, self.results, self.shared, self.form = program, results, shared, form
        self.folded, self.steps = program.steps[:folded], program.steps[folded:]
        self.in_columns = any([r.order for r in results])

    def replay(
        self, ordered: Ordered, graph: Nodes, root: Variable, asked: list[Variable] | None, born: int
    ) -> dict[int, Variable]:
        """Build the derivative of a graph with these nodes and arrays. Returns age -> derivative.

        born: see Origin.
        """
        nodes = [graph[age] for age in ordered.ages]
        kept = frozenset([x._age for x in asked if x._args]) if asked else frozenset()
        shared = frozenset([nodes[place]._age for place in self.shared]) if self.shared else frozenset()
        origin = Origin(kept, shared, born, ordered.ages, origins_of(nodes))
        places: list[Any] = [*nodes, *ordered.arrays, *self.program.constants]
        for op, args in self.folded:
            places.append(on_arrays(op, *[places[a] for a in args]))
        if self.in_columns:
            own = [r.what for r in self.results if r.kind == "step"]
            shared_steps(steps_below(root)[0], self.program, len(self.folded), places, own, origin)
        else:
            for op, args in self.steps:  # as Program.places does, with one call fewer for each step
                node = make(op, tuple([places[a] for a in args]))  # type: ignore[arg-type]
                node._origin = origin
                places.append(node)
        found = {}
        for place, kind, what, order in self.results:
            if kind == "step":
                result = places[what]
                if isinstance(result._data, np.ndarray) and result._data.base is not None:
                    result._data = result._data.copy()  # it shows the data of a node that the user may hold
            elif kind == "copy":
                result = copied(places[what], given=True)
            else:
                result = wrap(what.copy())
            result._origin = origin
            if order is not None:
                result._resume = DerivativeOf(root, nodes[place], cuts(), order)
            found[nodes[place]._age] = result
        return found


def find(ordered: Ordered) -> CachedDerivation | None:
    """The derivation that was stored for a graph with this key; None where there is none."""
    key = _key(ordered) if ordered.arrays else ordered.key
    if key is None:
        return None
    derivation: CachedDerivation | None = CACHE.find(key)
    if derivation is not None:
        derivation.form.idle = 0
    return derivation


def _key(ordered: Ordered) -> GraphKey | None:
    """The key under which the derivation of a graph is stored."""
    key = ordered.key
    return ordered.by_contents() if key and ordered.arrays and _forms.depend_on_arrays(key) else key


def store(
    ordered: Ordered, graph: Nodes, found: dict[int, Variable], copies: dict[int, Variable], table: Table
) -> None:
    """Store how derivatives were built from a graph with these nodes and arrays.

    found: age of a node -> its derivative. copies: id of a derivative -> the node of which it is a copy. table: that
    was used. Nothing is stored where a user's Function takes part, or a Variable or array from outside of the graph.
    """
    if ordered.key is None:
        return
    given = all([id(a) in table.given for a in ordered.arrays]) and all([y._args for y in found.values()])
    if ordered.arrays and (table.reads_arrays or not given):
        _forms.of(ordered.key).depends_on_arrays = True
    key = _key(ordered)
    if key is None or any_unlike(key) or not _forms.worth(key):
        return
    nodes = [graph[age] for age in ordered.ages]
    places = {id(a): i for i, a in enumerate([*nodes, *ordered.arrays])}
    made = _new_nodes([copies.get(id(y), y) for y in found.values()], places)
    known = places.keys() | {id(node) for node in made}
    plain = {id(a): a for node in made for a in node._args if id(a) not in known}
    if len(made) > _LONGEST or not all([isinstance(node._op, Op) for node in made]):
        return
    if any([isinstance(a, Variable) for a in plain.values()]):
        return
    folded, constants = _folded(plain, places, table)
    if not all([a in table.own for a, value in constants.items() if isinstance(value, np.ndarray)]):
        return  # it came with a node of an earlier derivation, which is outside of the graph
    held_bytes = sum([_array_bytes(value) for value in constants.values()])
    if held_bytes > _LARGEST:
        return
    first = len(nodes) + len(ordered.arrays)  # the place of the first constant
    places.update({a: first + i for i, a in enumerate([*constants, *folded, *map(id, made)])})
    steps = [(op, [places[id(a)] for a in args]) for op, args in folded.values()]
    steps += [(node._op, [places[id(a)] for a in node._args]) for node in made]
    types = [type_of(raw(a)) for a in (*nodes, *ordered.arrays)]
    program = Program(types, [plain_copy(value) for value in constants.values()], steps, [])
    place_of = {age: i for i, age in enumerate(ordered.ages)}
    first += len(constants) + len(folded)  # the place of the first node
    results = _results({place_of[age]: y for age, y in found.items()}, copies, places, first)
    stands_for = [place_of[age] for age in table.shared if age in place_of]
    size = _STEP * (len(nodes) + len(steps)) + held_bytes
    size += sum([_array_bytes(p) for op, _ in steps for p in op.parameters.values()])
    _keep(key, CachedDerivation(program, len(folded), results, stands_for, _forms.of(key)), size)


Folded = dict[int, tuple[Op, tuple[Any, ...]]]


def _folded(plain: dict[int, Any], places: Container[int], table: Table) -> tuple[Folded, dict[int, Any]]:
    """How plain arrays follow from those of the graph, in the order of computing, and the constants that remain.

    plain: id -> a plain argument of the new nodes. A replay takes the graph's arrays, which have places, from the next
    graph: the user may change those of this one, and they need not stay.
    """
    needed, constants = set(), {}
    stack = list(plain.values())
    while stack:
        a = stack.pop()
        if id(a) in table.folded:
            needed.add(id(a))
            stack += table.folded[id(a)][1]
        elif id(a) not in places:
            constants[id(a)] = a
    return {a: how for a, how in table.folded.items() if a in needed}, constants


def _results(
    found: dict[int, Variable], copies: dict[int, Variable], places: dict[int, int], first: int
) -> list[Result]:
    """How each derivative is found among the places.

    found: place of a node -> its derivative. places: id of a node -> its place. first: the place of the first step.
    """
    results: list[Result] = []
    taken: set[int] = set()  # places: where two derivatives are one node, the second gets a copy of it
    for place, y in found.items():
        if not y._args:
            results.append(Result(place, "constant", np.array(y._data)))
            continue
        source = places[id(copies.get(id(y), y))]
        kind = "copy" if source < first or source in taken else "step"
        of = y._resume
        order = of.order if isinstance(of, DerivativeOf) else None if of is None else 0
        results.append(Result(place, kind, source, order))
        taken.add(source)
    return results


def _keep(key: GraphKey, derivation: CachedDerivation, size: int) -> None:
    """Put a derivation into the cache, unless graphs of its form come with new arrays each time."""
    form = derivation.form
    with CACHE.lock:
        if comes_with_new_arrays(form, key):
            for other in list(form.keys):
                CACHE.remove(other)
        elif CACHE.keep(key, derivation, size, gone=lambda: form.keys.discard(key)):
            form.keys.add(key)


def _array_bytes(value: object) -> int:
    """Bytes of the arrays in an argument, or in a parameter such as the index of a gather."""
    if isinstance(value, tuple | list):
        return sum([_array_bytes(v) for v in value])
    return value.nbytes if isinstance(value, np.ndarray) else 0


def _new_nodes(roots: list[Variable], given: Container[int]) -> list[Variable]:
    """The computed nodes below the roots that the graph does not have, oldest first; given: ids of the graph's."""
    found: dict[int, Variable] = {}
    stack = [r for r in roots if id(r) not in given]
    while stack:
        node = stack.pop()
        if node._args and id(node) not in found:
            found[id(node)] = node
            stack += [a for a in node._args if isinstance(a, Variable) and id(a) not in given]
    return sorted(found.values(), key=lambda n: n._age)


def cache_info() -> CacheInfo:
    """What the cache of derivations holds: hits, misses, entries, bytes and their limit.

    It holds the steps of recorded derivatives and the plans of sparse ones. A function whose graph has the same
    operations as one before is differentiated by these, without any algebra.

    >>> import dezero
    >>> dezero.clear_cache()
    >>> x = dezero.Variable(np.array(1.0))
    >>> for _ in range(3):
    ...     _ = dezero.gradients(x**3, x, create_graph=True)
    >>> dezero.cache_info()[:3]
    (2, 1, 1)
    """
    return CACHE.info()


def clear_cache() -> None:
    """Empty the cache of derivations (see cache_info); the next derivatives are derived by the algebra again."""
    CACHE.clear()
    _forms.clear()


def _forget() -> None:
    """Drop every derivation: an operation was declared again, and rules of other operations may use it."""
    clear_cache()
    note_change()


redeclared.append(_forget)
