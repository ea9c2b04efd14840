"""Derivatives of graphs whose like was differentiated before.

What `create_graph=True` builds depends on a graph's structure alone: its operations, their parameters, the numbers
and plain arrays in it, the shapes and dtypes of its leaves; never on a Variable's values. A loop that
differentiates the same formula again (Newton's method, training on a differential equation) therefore needs the
algebra of terms once: the nodes that it added are stored as a program, and replayed from then on. Plain arrays and
numbers that change with every step (mini-batches, a rate that falls) have the algebra done each time, and soon leave
nothing in the cache (see forms.py); as Variables they are values, and the derivation is replayed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from dezero.autodiff.forms import Form, Forms, comes_with_new_arrays
from dezero.core.arithmetic import copied
from dezero.core.call import make
from dezero.core.graph import Nodes
from dezero.core.op import Op
from dezero.core.registry import redeclared
from dezero.core.variable import Variable, cuts, note_change, wrap
from dezero.rewriting.algebra import Algebra
from dezero.rewriting.cache import CACHE, CacheInfo
from dezero.rewriting.origin import Origin, Replayed, resume_of
from dezero.rewriting.program import Program, any_unlike

_STEP = 100  # bytes of a node of a graph or of a step, about
_LONGEST = 10_000  # steps of one derivation
_LARGEST = 2**18  # bytes of plain arrays kept in one derivation (a copy: what it was made of may change)
_forms = Forms()


class Result(NamedTuple):
    """How one derivative is found: of the node in which place, from a step, a copy of a step or node, or a constant.

    resumes: whether the next order can go on where this one stood (see Replayed).
    """

    place: int
    kind: str
    what: Any
    resumes: bool = False


class CachedDerivation:
    """Steps that build a derivative upon the nodes of a graph.

    program: its inputs are the graph's nodes, oldest first, and then plain arrays among their arguments. arrays: where
    these stand, as the place of a node and of its argument. results: for each wanted node how its derivative is found.
    shared: places of the graph's nodes that also stand for equal expressions of the rules. form: of the graph.
    """

    def __init__(
        self, program: Program, arrays: list[tuple[int, int]], results: list[Result], shared: list[int], form: Form
    ) -> None:
        self.program, self.arrays, self.results, self.shared, self.form = program, arrays, results, shared, form

    def replay(
        self, nodes: list[Variable], root: Variable, asked: list[Variable] | None, born: int
    ) -> dict[int, Variable]:
        """Build the derivative of the graph with these nodes, oldest first; derivatives by their node's age.

        born: see Origin.
        """
        kept = frozenset([x._seq for x in asked if x._args]) if asked else frozenset()
        shared = frozenset([nodes[place]._seq for place in self.shared]) if self.shared else frozenset()
        origin = Origin(kept, shared, born)

        def step(op: Op, *args: Any) -> Variable:
            node = make(op, args)
            node._origin = origin
            return node

        inputs = [*nodes, *[nodes[place]._args[k] for place, k in self.arrays]] if self.arrays else nodes
        places = self.program.places(step, inputs)
        found = {}
        for place, kind, what, resumes in self.results:
            if kind == "step":
                result = places[what]
                if isinstance(result._data, np.ndarray) and result._data.base is not None:
                    result._data = result._data.copy()  # a view of a node's data, which is the user's
            elif kind == "copy":
                result = copied(places[what], given=True)
            else:
                result = wrap(what.copy())
            if resumes:
                result._origin = origin.resuming(Replayed(root, nodes[place], cuts()))
            found[nodes[place]._seq] = result
        return found


def find(key: Any) -> CachedDerivation | None:
    """The derivation that was stored for a graph of this key (see graph_key); None: this derivative is not cached."""
    if key is None:
        return None
    derivation: CachedDerivation | None = CACHE.find(key)
    if derivation is not None:
        derivation.form.idle = 0
    return derivation


def store(
    key: Any,
    ages: list[int],
    graph: Nodes,
    found: dict[int, Variable],
    twins: dict[int, Variable],
    shared: Iterable[int],
) -> None:
    """Store how the found derivatives were built upon the graph.

    twins: by id of a derivative the node that it is a copy of. shared: ages of the nodes that also stand for equal
    expressions of the rules. Nothing is stored where a user's Function takes part, or a Variable from outside of the
    graph.
    """
    if key is None or any_unlike(key) or not _forms.worth(key):
        return
    places = {id(graph[age]): i for i, age in enumerate(ages)}
    new = _new_nodes([twins.get(id(y), y) for y in found.values()], places)
    if len(new) > _LONGEST or not all(isinstance(n._op, Op) or not n._args for n in new):
        return
    made = [node for node in new if node._args]
    known = places.keys() | {id(node) for node in made}
    if any([isinstance(a, Variable) and id(a) not in known for node in made for a in node._args]):
        return
    # A plain array of the graph is looked up in the next graph: this one's may change, and need not stay.
    held = {id(a): (i, k) for i, age in enumerate(ages) for k, a in enumerate(graph[age]._args) if _is_array(a)}
    arrays = list(dict.fromkeys([held[id(a)] for node in made for a in node._args if id(a) in held]))
    first = len(ages) + len(arrays)  # of the places of steps
    places.update({id(node): first + i for i, node in enumerate(made)})
    place_of_array = {array: len(ages) + i for i, array in enumerate(arrays)}

    def argument(a: Any) -> Any:
        if isinstance(a, Variable):
            return places[id(a)]
        return place_of_array[held[id(a)]] if id(a) in held else [np.copy(a) if _is_array(a) else a]

    steps = [(node._op, [argument(a) for a in node._args]) for node in made]
    copies = sum([a[0].nbytes for _, args in steps for a in args if type(a) is list and _is_array(a[0])])
    if copies > _LARGEST:
        return
    place_of = {age: i for i, age in enumerate(ages)}
    results = _results({place_of[age]: y for age, y in found.items()}, twins, places, first)
    program = Program([], steps, [])
    stands_for = [place_of[age] for age in shared if age in place_of]
    size = _STEP * (len(ages) + len(steps)) + copies
    size += sum([_array_bytes(p) for op, _ in steps for p in op.parameters.values()])
    _keep(key, CachedDerivation(program, arrays, results, stands_for, _forms.of(key)), size)


def _results(
    found: dict[int, Variable], twins: dict[int, Variable], places: dict[int, int], first: int
) -> list[Result]:
    """How each derivative, by the place of its node, is found among the places; first: of those of steps."""
    results: list[Result] = []
    taken: set[int] = set()  # of two derivatives that are one node, the second is its copy
    for place, y in found.items():
        if not y._args:
            results.append(Result(place, "constant", np.array(y._data)))
            continue
        source = places[id(twins.get(id(y), y))]
        kind = "copy" if source < first or source in taken else "step"
        results.append(Result(place, kind, source, isinstance(resume_of(y), Algebra)))
        taken.add(source)
    return results


def _keep(key: Any, derivation: CachedDerivation, size: int) -> None:
    form = derivation.form
    with CACHE.lock:
        if comes_with_new_arrays(form, key):
            for other in list(form.keys):
                CACHE.remove(other)
        elif CACHE.keep(key, derivation, size, gone=lambda: form.keys.discard(key)):
            form.keys.add(key)


def _is_array(a: Any) -> bool:
    return isinstance(a, np.ndarray)


def _array_bytes(value: Any) -> int:
    """Bytes of the arrays in a parameter of an operation, such as the index of a gather."""
    if isinstance(value, tuple | list):
        return sum([_array_bytes(v) for v in value])
    return value.nbytes if _is_array(value) else 0


def _new_nodes(roots: list[Variable], given: dict[int, int]) -> list[Variable]:
    found: dict[int, Variable] = {}
    stack = [r for r in roots if id(r) not in given]
    while stack:
        node = stack.pop()
        if id(node) not in found:
            found[id(node)] = node
            stack += [a for a in node._args if isinstance(a, Variable) and id(a) not in given]
    return sorted(found.values(), key=lambda n: n._seq)


def cache_info() -> CacheInfo:
    """What the cache of derivations holds: hits, misses, entries, bytes and their limit.

    In it are the steps of recorded derivatives and the plans of sparse ones, by the structure of the graph that was
    differentiated: a function whose graph is the same again is differentiated without any algebra.

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
    """Forget all derivations that were cached; the next ones are derived anew. See cache_info."""
    CACHE.clear()
    _forms.clear()


def _forget() -> None:
    """Drop every derivation: an operation was declared again, and the rules of others may mention it."""
    clear_cache()
    note_change()


redeclared.append(_forget)
