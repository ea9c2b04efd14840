"""Derivatives of graphs whose like was differentiated before.

What `create_graph=True` builds depends on a graph's structure alone: its operations, their parameters, the numbers
and plain arrays in it, the shapes and dtypes of its leaves; never on a Variable's values. A loop that
differentiates the same formula again (Newton's method, training on a differential equation) therefore needs the
algebra of terms once: the nodes that it added are noted as a recipe, and followed from then on. Plain arrays and
numbers that change with every step (mini-batches, a rate that falls) have the algebra done each time, and soon leave no
recipes (see store.py); as Variables they follow one.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from dezero.autodiff.store import Book, Shelf
from dezero.core.arithmetic import copied
from dezero.core.call import make
from dezero.core.fingerprint import Unlike, fingerprint
from dezero.core.graph import Nodes
from dezero.core.op import Op
from dezero.core.registry import redeclared
from dezero.core.variable import Variable, cuts, note_change, wrap
from dezero.rewriting.algebra import Algebra
from dezero.rewriting.origin import Origin, Replayed, resume_of

_BYTES = 2**25  # of all recipes together
_STEP = 100  # bytes of a node of a graph or of a step, about
_LONGEST = 10_000  # steps of one recipe
_LARGEST = 2**18  # bytes of plain arrays kept in one recipe (a copy: what it was made of may change)
_book = Book()
_keeping = threading.Lock()  # one thread at a time changes the book; reading needs no lock


def _unlock() -> None:
    """In a child process the lock is free: the thread that held it when the process forked is not there."""
    global _keeping
    _keeping = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_unlock)


class Result(NamedTuple):
    """How one derivative is found: of the node in which place, from a step, a twin of a step or node, or a constant.

    resumes: whether the next order can go on where this one stood (see Replayed).
    """

    place: int
    kind: str
    what: Any
    resumes: bool = False


class Recipe:
    """Steps that build a derivative upon the nodes of a graph.

    steps: (operation, arguments), each adding a place after those of the graph; an argument is a place, or in a list
    a plain number or array, or in a tuple a place and which of its arguments is the array.
    results: for each wanted node how its derivative is found. shared: places of the graph's nodes that also stand
    for equal expressions of the rules. size: bytes, about. used: see Entry.
    """

    shelf: Shelf

    def __init__(
        self, steps: list[tuple[Op, tuple[Any, ...]]], results: list[Result], shared: list[int], size: int
    ) -> None:
        self.steps, self.results, self.shared, self.size, self.used = steps, results, shared, size, False

    def follow(
        self, nodes: list[Variable], root: Variable, asked: list[Variable] | None, born: int
    ) -> dict[int, Variable]:
        """Build the derivative of the graph with these nodes, oldest first; derivatives by their node's age.

        born: see Origin.
        """
        places = list(nodes)
        kept = frozenset([x._seq for x in asked if x._args]) if asked else frozenset()
        shared = frozenset([nodes[place]._seq for place in self.shared]) if self.shared else frozenset()
        origin = Origin(kept, shared, born)
        for op, args in self.steps:
            node = make(op, tuple([places[a] if type(a) is int else _plain(a, nodes) for a in args]))
            node._origin = origin
            places.append(node)
        found = {}
        for place, kind, what, resumes in self.results:
            if kind == "step":
                result = places[what]
                if isinstance(result._data, np.ndarray) and result._data.base is not None:
                    result._data = result._data.copy()  # a view of a node's data, which is the user's
            elif kind == "twin":
                result = copied(places[what], given=True)
            else:
                result = wrap(what.copy())
            if resumes:
                result._origin = origin.resuming(Replayed(root, nodes[place], cuts()))
            found[nodes[place]._seq] = result
        return found


def _plain(argument: Any, nodes: list[Variable]) -> Any:
    return argument[0] if type(argument) is list else nodes[argument[0]]._args[argument[1]]


def structure(graph: Nodes, roots: list[int], asked: list[int] | None, inside: bool = False) -> tuple[list[int], Any]:
    """The graph's nodes by age, and what its derivative depends on.

    That is a form, the numbers and parameters in it, and what its plain arrays hold (see Book); None where that cannot
    be told. inside: whether arguments of a transform are asked for, so that what is older stays as it is.
    """
    ages = sorted(graph)
    numbers: list[Any] = []
    contents: list[Any] = []
    place = {age: i for i, age in enumerate(ages)}
    parts: list[Any] = [
        None if asked is None else tuple([place.get(a) for a in asked]),
        inside,
        *[place[a] for a in roots],
    ]
    for age in ages:
        node = graph[age]
        args = node._args
        if not args:
            parts.append((node._data.shape, node._data.dtype))
        elif isinstance(node._op, Op):
            key = node._op.key
            if type(key) is tuple:  # with parameters, in which the numbers of an earlier derivative stand too
                numbers.append(key)
                key = key[0]
            parts.append(key)
            for a in args:
                if isinstance(a, Variable):
                    parts.append(place[a._seq])
                elif isinstance(a, int | float | complex):
                    parts.append("number")
                    numbers.append(repr(a))  # tells 1 from 1.0, and 0.0 from -0.0
                else:
                    parts.append((a.dtype, a.shape))  # the other way round for a leaf
                    contents.append(fingerprint(a))
        else:
            return ages, None
    return ages, (tuple(parts), tuple(numbers), tuple(contents))


def known(structure: Any) -> Recipe | None:
    return None if structure is None else _book.get(structure)


def learn(
    structure: Any,
    ages: list[int],
    graph: Nodes,
    found: dict[int, Variable],
    twins: dict[int, Variable],
    shared: Iterable[int],
) -> None:
    """Note how the found derivatives were built upon the graph.

    shared: ages of the nodes that also stand for equal expressions of the rules. Nothing is noted where a user's
    Function takes part, or a Variable from outside of the graph.
    """
    if structure is None or _any_unlike(structure) or not _book.takes(structure):
        return
    places = {id(graph[age]): i for i, age in enumerate(ages)}
    new = _new_nodes([twins.get(id(y), y) for y in found.values()], places)
    if len(new) > _LONGEST or not all(isinstance(n._op, Op) or not n._args for n in new):
        return
    # A plain array of the graph is looked up in the next graph: this one's may change, and need not stay.
    arrays: dict[int, tuple[int, int]] = {}
    for i, age in enumerate(ages):
        arrays.update({id(a): (i, k) for k, a in enumerate(graph[age]._args) if isinstance(a, np.ndarray)})
    steps, kept, parameters = [], 0, 0
    for node in new:
        if node._args:
            if any([isinstance(a, Variable) and id(a) not in places for a in node._args]):
                return
            parameters += sum([_array_bytes(p) for p in node._op.parameters.values()])
            args = [places[id(a)] if isinstance(a, Variable) else arrays.get(id(a), [a]) for a in node._args]
            kept += sum([a[0].nbytes for a in args if type(a) is list and isinstance(a[0], np.ndarray)])
            args = [[np.copy(a[0])] if type(a) is list and isinstance(a[0], np.ndarray) else a for a in args]
            steps.append((node._op, tuple(args)))
            places[id(node)] = len(ages) + len(steps) - 1
    if kept > _LARGEST:
        return
    results: list[Result] = []
    taken: set[int] = set()  # of two derivatives that are one node, the second is its twin
    for age, y in found.items():
        place, resumes = places[id(graph[age])], isinstance(resume_of(y), Algebra)
        if not y._args:
            results.append(Result(place, "constant", np.array(y._data)))
            continue
        source = places[id(twins.get(id(y), y))]
        results.append(Result(place, "twin" if source < len(ages) or source in taken else "step", source, resumes))
        taken.add(source)
    place_of = {age: i for i, age in enumerate(ages)}
    size = _STEP * (len(ages) + len(steps)) + kept + parameters
    recipe = Recipe(steps, results, [place_of[age] for age in shared if age in place_of], size)
    with _keeping:
        _book.keep(structure, recipe, _BYTES)


def _array_bytes(value: Any) -> int:
    """Bytes of the arrays in a parameter of an operation, such as the index of a gather."""
    if isinstance(value, tuple | list):
        return sum([_array_bytes(v) for v in value])
    return value.nbytes if isinstance(value, np.ndarray) else 0


def _new_nodes(roots: list[Variable], given: dict[int, int]) -> list[Variable]:
    found: dict[int, Variable] = {}
    stack = [r for r in roots if id(r) not in given]
    while stack:
        node = stack.pop()
        if id(node) not in found:
            found[id(node)] = node
            stack += [a for a in node._args if isinstance(a, Variable) and id(a) not in given]
    return sorted(found.values(), key=lambda n: n._seq)


def _any_unlike(value: Any) -> bool:
    return isinstance(value, Unlike) or (isinstance(value, tuple) and any([_any_unlike(v) for v in value]))


def forget() -> None:
    """Drop every recipe: an operation was declared again, and the rules of others may mention it."""
    with _keeping:
        _book.clear()
    note_change()


redeclared.append(forget)
