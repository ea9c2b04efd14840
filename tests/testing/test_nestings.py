"""Transforms of transforms: the three conditions hold where they should, and see what is wrong."""

import pytest

import dezero.functions as F
from dezero import Function, Variable
from dezero.testing import Case, Reals, certify, nestings
from dezero.testing.nestings import TRANSFORMS, compositions
from dezero.testing.run import QUICK, Effort

THOROUGH = Effort(1, 1, 1, 1, 4_000, pairs=49, triples=342)
WHY = {"complex": "a user's", "mpmath": "a user's"}


def case(function, **more):
    return Case(function, Reals(-1, 1), like=False, without=WHY, **more)


class Forgetful(Function):
    """x**2; what its backward hands on has lost where the cotangent came from."""

    def forward(self, x):
        return x * x

    def backward(self, gy):
        return Variable(gy.data) * 2 * self.inputs[0]


def checks(function):
    return {line.check for line in certify(case(function), QUICK).failures}


def test_a_sound_function_holds_all_three():
    certificate = certify(case(lambda x: F.sin(x) * x), THOROUGH)
    assert certificate.passed, certificate.report()
    assert {"transposed", "nested", "inner map"} <= certificate.conditions.keys()


def test_a_pullback_that_forgets_its_cotangent():
    assert "transposed: transposed" in checks(Forgetful)


def test_every_transform_is_taken_first_and_last():
    pairs, triples = compositions(2), compositions(3)
    assert len(set(pairs)) == len(TRANSFORMS) ** 2
    assert {names[0] for names in triples} == {names[-1] for names in triples} == TRANSFORMS.keys()


@pytest.mark.parametrize("name", ["transposed", "nested", "inner map"])
def test_a_condition_can_be_done_without(name):
    certificate = certify(Case(Forgetful, Reals(-1, 1), like=False, without={**WHY, name: "it forgets"}), QUICK)
    assert not any(name in line.check for line in certificate.failures)
    assert certificate.conditions[name] == "it forgets"


def test_a_wrong_branch_of_an_operator(monkeypatch):
    """The collapsed way, with the second derivative of its inner map forgotten, is told from the others."""
    right = nestings.laplacian
    monkeypatch.setattr(
        nestings, "laplacian", lambda f, way: right(f, way) if way != "collapsed" else lambda p: right(f, way)(p) * 1.01
    )
    found = [line for line in certify(case(F.sin), THOROUGH).failures if line.check.startswith("inner map")]
    assert [line.order for line in found] == [2]
    assert all("by collapsed" in line.message for line in found)
