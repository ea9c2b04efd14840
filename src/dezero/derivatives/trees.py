"""Nested tuples, lists and dicts of arrays, taken apart into their leaves and put together again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from dezero.autodiff.arguments import computed, refuse_nothing
from dezero.core.variable import Variable

Rebuild = Callable[[Sequence[Any]], Any]  # from leaves to a tree


def flatten(tree: object) -> tuple[list[Any], Rebuild]:
    """The leaves of a tree from left to right, and what puts leaves in their places into a tree of its structure.

    Tuples (named ones too), lists, dicts (in the order of their keys' insertion) and None, which holds no leaf, are
    structure; anything else is a leaf.

    >>> leaves, rebuild = flatten({"a": (1, 2), "b": [3, None]})
    >>> leaves, rebuild([10, 20, 30])
    ([1, 2, 3], {'a': (10, 20), 'b': [30, None]})
    """
    if tree is None:
        return [], lambda leaves: None
    kind: Callable[[list[object]], object]
    if isinstance(tree, dict):
        parts, kind = list(tree.values()), (lambda children: dict(zip(tree, children, strict=True)))
    elif isinstance(tree, tuple | list):
        parts, kind = list(tree), (type(tree)._make if hasattr(tree, "_make") else type(tree))
    else:
        return [tree], lambda leaves: leaves[0]
    flat = [flatten(part) for part in parts]
    counts = [len(leaves) for leaves, _ in flat]

    def rebuild(leaves: Sequence[object]) -> object:
        children, at = list[object](), 0
        for count, (_, child) in zip(counts, flat, strict=True):
            children.append(child(leaves[at : at + count]))
            at += count
        return kind(children)

    return [leaf for leaves, _ in flat for leaf in leaves], rebuild


def returned(name: str, result: object) -> tuple[list[Variable], Rebuild]:
    """What a function given to a transform returned, flattened; TypeError, naming the transform, for a leaf that is no
    Variable, and where there is no leaf."""
    leaves, rebuild = flatten(result)
    if not leaves:
        refuse_nothing(name, result)
    return [computed(name, leaf) for leaf in leaves], rebuild


def tree_shape(tree: object) -> object:
    """The tree with `*` for each leaf: equal for two trees exactly if the leaves of one fit into the other."""
    leaves, rebuild = flatten(tree)
    return rebuild([Leaf] * len(leaves))


def note_lists(name: str, error: TypeError, args: Iterable[object]) -> None:
    """Note on an error of a transformed function that a list of numbers among its arguments is no array."""
    for arg in args:
        if type(arg) in (list, tuple) and arg and all([isinstance(x, int | float) for x in arg]):  # type: ignore[attr-defined]
            kind, n = type(arg).__name__, len(arg)  # type: ignore[arg-type]
            error.add_note(
                f"{name}: an argument is a {kind} of {n} numbers, in whose place the function gets a {kind} of {n} "
                "Variables; numpy.array(...) makes one array of them"
            )


class _Leaf:
    def __repr__(self) -> str:
        return "*"


Leaf = _Leaf()


def matching(name: str, tree: object, like: object, what: str, of: str) -> list[Any]:
    """The leaves of a tree that is to have the structure of another one; ValueError naming both where it has not."""
    found, wanted = tree_shape(tree), tree_shape(like)
    if found != wanted or type(found) is not type(wanted):
        raise ValueError(f"{name}: {what} has the structure {found}, {of} has {wanted}; give it the same")
    return flatten(tree)[0]
