"""Cached derivations: the derivative of a graph like one that was differentiated before is replayed.

What `create_graph=True` builds depends on the graph's operations, their parameters, the numbers and plain arrays in the
graph, and the shapes and dtypes of its leaves; it does not depend on the values of Variables. So a loop that
differentiates one formula again and again (Newton's method, training on a differential equation) runs the algebra of
terms once: the nodes that the algebra added are stored as a program, which later steps replay. With plain arrays and
numbers that change in every step (mini-batches, a falling rate) the algebra runs each time, and after some steps
nothing is stored any more (see forms.py). As Variables they are values, and the program is replayed.
"""

from __future__ import annotations

from collections.abc import Iterable
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
from dezero.rewriting.origin import InColumns, Origin, Replayed, origins_of
from dezero.rewriting.program import GraphKey, Program, any_unlike, plain_copy, type_of

_STEP = 100  # bytes of a node of a graph or of a step, estimated
_LONGEST = 10_000  # the most steps of one derivation
_LARGEST = 2**18  # the most bytes of plain arrays in one derivation (copies, since the user may change the originals)
_forms = Forms()


class Result(NamedTuple):
    """How one derivative is found: the place of its node, and a step, a copy of a place's node, or a constant array.

    kind: "step", "copy" or "constant". what: the number of a place, or the array. resumes: what tells the
    next order how to continue from this one.
    """

    place: int
    kind: str
    what: Any
    resumes: type[Replayed] | None = None


class CachedDerivation:
    """The steps that build a derivative from the nodes of a graph.

    program: its inputs are the graph's nodes, oldest first, then plain arrays among their arguments. arrays: pairs of
    the place of a node and the position of its argument, for these arrays. results: how each derivative is found.
    shared: places of nodes that also stand for equal expressions of the rules (see Origin). form: of the graph.
    """

    def __init__(
        self, program: Program, arrays: list[tuple[int, int]], results: list[Result], shared: list[int], form: Form
    ) -> None:
        self.program, self.arrays, self.results, self.shared, self.form = program, arrays, results, shared, form
        self.in_columns = any([r.resumes is InColumns for r in results])

    def replay(
        self, ages: list[int], graph: Nodes, root: Variable, asked: list[Variable] | None, born: int
    ) -> dict[int, Variable]:
        """Build the derivative of a graph, whose nodes have these ages, oldest first. Returns age -> derivative.

        born: see Origin.
        """
        nodes = [graph[age] for age in ages]
        kept = frozenset([x._age for x in asked if x._args]) if asked else frozenset()
        shared = frozenset([nodes[place]._age for place in self.shared]) if self.shared else frozenset()
        origin = Origin(kept, shared, born, ages, origins_of(nodes))
        places: list[Any] = [*nodes, *[nodes[place]._args[k] for place, k in self.arrays], *self.program.constants]
        if self.in_columns:
            own = [r.what for r in self.results if r.kind == "step"]
            shared_steps(steps_below(root)[0], self.program, places, own, origin)
        else:
            for op, args in self.program.steps:  # as Program.places does, with one call fewer for each step
                node = make(op, tuple([places[a] for a in args]))  # type: ignore[arg-type]
                node._origin = origin
                places.append(node)
        found = {}
        for place, kind, what, resumes in self.results:
            if kind == "step":
                result = places[what]
                if isinstance(result._data, np.ndarray) and result._data.base is not None:
                    result._data = result._data.copy()  # it shows the data of a node that the user may hold
            elif kind == "copy":
                result = copied(places[what], given=True)
            else:
                result = wrap(what.copy())
            result._origin = origin
            if resumes is not None:
                result._resume = resumes(root, nodes[place], cuts())
            found[nodes[place]._age] = result
        return found


def find(key: GraphKey | None) -> CachedDerivation | None:
    """The derivation that was stored for a graph with this key (see graph_key); None where there is none."""
    if key is None:
        return None
    derivation: CachedDerivation | None = CACHE.find(key)
    if derivation is not None:
        derivation.form.idle = 0
    return derivation


class Derived(NamedTuple):
    """Derivatives as Variables with a graph.

    found: age of a node -> its derivative. copies: id of a derivative -> the node of which it is a copy. shared: ages
    of nodes that also stand for equal expressions of the rules (see Origin).
    """

    found: dict[int, Variable]
    copies: dict[int, Variable]
    shared: Iterable[int]


def store(key: GraphKey | None, ages: list[int], graph: Nodes, derived: Derived) -> None:
    """Store how derivatives were built from the graph, whose nodes have these ages, oldest first.

    Nothing is stored where a user's Function takes part, or a Variable from outside of the graph.
    """
    if key is None or any_unlike(key) or not _forms.worth(key):
        return
    places = {id(graph[age]): i for i, age in enumerate(ages)}
    found, copies, shared = derived
    new = _new_nodes([copies.get(id(y), y) for y in found.values()], places)
    if len(new) > _LONGEST or not all(isinstance(n._op, Op) or not n._args for n in new):
        return
    made = [node for node in new if node._args]
    known = places.keys() | {id(node) for node in made}
    if any([isinstance(a, Variable) and id(a) not in known for node in made for a in node._args]):
        return
    # A replay takes plain arrays from the next graph: the user may change those of this one, and they need not stay.
    held = {
        id(a): (i, k) for i, age in enumerate(ages) for k, a in enumerate(graph[age]._args) if isinstance(a, np.ndarray)
    }
    used = {id(a): a for node in made for a in node._args if id(a) not in known}
    arrays = {a: held[a] for a in used if a in held}
    constants = {a: value for a, value in used.items() if a not in held}
    held_bytes = sum([_array_bytes(value) for value in constants.values()])
    if held_bytes > _LARGEST:
        return
    first = len(ages) + len(used)  # the place of the first step
    places.update({a: len(ages) + i for i, a in enumerate([*arrays, *constants])})
    places.update({id(node): first + i for i, node in enumerate(made)})
    types = [type_of(raw(a)) for a in (*[graph[age] for age in ages], *[used[a] for a in arrays])]
    steps = [(node._op, [places[id(a)] for a in node._args]) for node in made]
    program = Program(types, [plain_copy(value) for value in constants.values()], steps, [])
    place_of = {age: i for i, age in enumerate(ages)}
    results = _results({place_of[age]: y for age, y in found.items()}, copies, places, first)
    stands_for = [place_of[age] for age in shared if age in place_of]
    size = _STEP * (len(ages) + len(steps)) + held_bytes
    size += sum([_array_bytes(p) for op, _ in steps for p in op.parameters.values()])
    _keep(key, CachedDerivation(program, list(arrays.values()), results, stands_for, _forms.of(key)), size)


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
        resumes = InColumns if isinstance(y._resume, InColumns) else None if y._resume is None else Replayed
        results.append(Result(place, kind, source, resumes))
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


def _new_nodes(roots: list[Variable], given: dict[int, int]) -> list[Variable]:
    """The nodes below the roots that the graph does not have, oldest first; given: ids of the graph's nodes."""
    found: dict[int, Variable] = {}
    stack = [r for r in roots if id(r) not in given]
    while stack:
        node = stack.pop()
        if id(node) not in found:
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
