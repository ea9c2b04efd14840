"""Trees of arrays: taken apart, put together, compared."""

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dezero import Variable
from dezero.derivatives.trees import flatten, matching, returned, tree_shape


class Point(NamedTuple):
    x: float
    y: float


TREES = st.recursive(
    st.integers() | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.builds(Point, inner, inner)
        | st.dictionaries(st.text(max_size=2), inner, max_size=3)
    ),
)


@given(TREES)
def test_what_was_taken_apart_is_put_together(tree):
    leaves, rebuild = flatten(tree)
    again = rebuild(leaves)
    assert again == tree
    assert type(again) is type(tree)
    assert all(isinstance(leaf, int) for leaf in leaves)
    assert tree_shape(again) == tree_shape(tree)


def test_leaves_stand_from_left_to_right_and_none_is_no_leaf():
    leaves, rebuild = flatten({"b": Point(1, [2]), "a": (None, 3)})
    assert leaves == [1, 2, 3]
    assert rebuild("xyz") == {"b": Point("x", ["y"]), "a": (None, "z")}
    assert isinstance(rebuild("xyz")["b"], Point)


def test_arrays_are_leaves():
    a = np.zeros(3)
    leaves, _ = flatten([a])
    assert leaves[0] is a


@given(TREES)
def test_matching_gives_the_leaves(tree):
    assert matching("jvp", tree, tree, "the tangent", "x") == flatten(tree)[0]


@pytest.mark.parametrize(
    ("tree", "like"),
    [((1, 2), [1, 2]), (1, (1,)), ({"a": 1}, {"b": 1}), ((1, 2), Point(1, 2)), ((1, None), (1, 2)), ([1], [1, 2])],
)
def test_structures_that_differ(tree, like):
    with pytest.raises(ValueError, match=r"jvp: the tangent has the structure .*, x has .*; give it the same"):
        matching("jvp", tree, like, "the tangent", "x")


def test_structures_are_shown_with_stars():
    with pytest.raises(ValueError, match=r"structure \(\*, \[\*\]\), x has \(\*, \*\)"):
        matching("jvp", (1, [2]), (1, 2), "the tangent", "x")


def test_what_a_function_returned():
    y = Variable(np.array(1.0))
    leaves, rebuild = returned("f", {"a": (y, None)})
    assert len(leaves) == 1
    assert leaves[0] is y
    assert rebuild([2.0]) == {"a": (2.0, None)}


@pytest.mark.parametrize("result", [None, (), {"a": [None]}, 1.0, np.ones(2), [Variable(np.array(1.0)), "y"]])
def test_results_that_hold_other_than_variables(result):
    with pytest.raises(TypeError, match=r"^f: the function returned "):
        returned("f", result)
