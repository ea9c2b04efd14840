"""Nested containers: taken apart and put together again, with a structure that is a key."""

from collections import namedtuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dezero import Variable
from dezero.compiler.tracing.trees import flatten, unflatten

Pair = namedtuple("Pair", "a b")
leaves = st.builds(lambda n: np.arange(float(n)), st.integers(0, 3)) | st.builds(lambda: Variable(np.ones(2)))
static = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=2)
trees = st.recursive(
    leaves | static,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.builds(Pair, inner, inner)
        | st.dictionaries(st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


def alike(a, b):
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and all([alike(a[k], b[k]) for k in a])
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all([alike(x, y) for x, y in zip(a, b, strict=True)])
    return a is b or (not isinstance(a, np.ndarray | Variable) and a == b)


@given(trees)
def test_a_tree_is_put_together_again_from_the_same_leaves(tree):
    found, structure = flatten(tree)
    assert alike(unflatten(structure, found), tree)


@given(trees)
def test_structures_are_equal_and_hash_alike_where_only_leaves_differ(tree):
    found, structure = flatten(tree)
    again = flatten(unflatten(structure, [np.zeros(5) for _ in found]))[1]
    assert again == structure
    assert hash(again) == hash(structure)


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, 1.0), (1, True), (0.0, -0.0), ([1], (1,)), ({"a": 1, "b": 2}, {"b": 2, "a": 1}), (Pair(1, 2), (1, 2))],
)
def test_structures_tell_static_values_and_containers_apart(one, other):
    assert flatten(one)[1] != flatten(other)[1]


def test_another_number_of_leaves_is_refused():
    structure = flatten([np.ones(1), np.ones(1)])[1]
    with pytest.raises(ValueError, match="more leaves than were given"):
        unflatten(structure, [1])
    with pytest.raises(ValueError, match="3 leaves are more"):
        unflatten(structure, [1, 2, 3])
