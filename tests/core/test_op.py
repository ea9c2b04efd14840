"""What operations know of themselves."""

import numpy as np

import dezero.functions as F
from dezero.core.op import AnyNumberOfRules, Op, declared
from dezero.core.variable import Variable
from dezero.rewriting.session import is_coordinate


def test_an_operation_with_other_rules_keeps_its_other_facts():
    rules = AnyNumberOfRules(lambda i, F, g, *xs, axis: g)
    other = declared["concatenate"].with_rules(rules)
    assert other.rules is rules
    assert declared["concatenate"].rules is not rules
    facts = [name for name in Op.__slots__ if name != "rules"]
    assert all(getattr(other, name) == getattr(declared["concatenate"], name) for name in facts)


def test_elements_that_are_only_moved_are_coordinates():
    x, y = Variable(np.ones((2, 3))), Variable(np.ones((2, 3)))
    for moved in (x[0], x.T, x.reshape(3, 2), F.concatenate([x, y]), F.stack([x, y])):
        assert is_coordinate(moved)
    for computed in (x + y, x.sum(axis=0), F.cumsum(x, axis=0)):
        assert not is_coordinate(computed)
