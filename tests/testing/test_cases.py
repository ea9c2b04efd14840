"""Cases say what they are, or are refused."""

import numpy as np
import pytest

import dezero.functions as F
from dezero.testing import Bools, Case, Normal, Reals
from dezero.testing.problem import sampled


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (lambda: Case(F.tanh), "give a domain or a sample"),
        (lambda: Case(F.tanh, Reals(-1, 1)), "give mp=, or why not"),
        (lambda: Case(F.add, Reals(-1, 1), Normal(2)), "give a shape to every argument, or to none"),
        (lambda: Case(F.matmul, Normal(2, 2), Normal(2, 2), mp="exp"), "mp= is for element-wise functions"),
        (lambda: Case(F.mul, Reals(-1, 1), Reals(-1, 1), mp="exp"), "NumPy has no function of this name"),
        (lambda: Case(F.exp, Reals(-1, 1), mp="exp", without={"float8": "?"}), "'float8'.* is no check"),
        (lambda: Case(F.exp, Reals(-1, 1), mp="exp", without={"float32": " "}), "say why it goes without 'float32'"),
        (lambda: Case(F.exp, Reals(-1, 1), mp="exp", limit=(3, "")), "say why it stops"),
        (lambda: Reals(1, 1), "low must be under high"),
    ],
)
def test_a_case_that_says_too_little_is_refused(declare, message):
    with pytest.raises(ValueError, match=message):
        declare()


def test_titles():
    assert Case(F.exp, Reals(-1, 1), mp="exp").title == "exp"
    assert Case("exp", Reals(-1, 1), mp="exp", label="near 0").title == "exp (near 0)"


def test_samples_keep_away_from_kinks_and_are_the_same_every_time():
    domain = Reals(-3, 3, avoid=[0, 1], also=[7.0])
    x = domain.sample(np.random.default_rng(0), (500,))
    assert np.min([np.abs(x), np.abs(x - 1)]) >= 6 / 50 - 1e-12
    assert np.all((x > -3) & (x < 3))
    assert domain.sample(np.random.default_rng(0), (3,), domain.also)[0] == 7
    np.testing.assert_array_equal(x, domain.sample(np.random.default_rng(0), (500,)))


def test_directions_end_half_way_to_the_nearest_kink_pole_or_end():
    domain = Reals(-1, 1, avoid=[0.0])
    np.testing.assert_allclose(domain.room(np.array([0.5, 0.9, 0.02, 1.1])), [0.25, 0.05, 0.01, 0.3])


def test_whole_numbers_of_a_domain():
    assert Reals(-2, 2, avoid=[0]).integers().tolist() == [-1, 1]
    assert Reals(0.1, 0.9).integers().tolist() == []


def test_what_has_no_derivative_does_not_move():
    case = Case(F.where, Bools(), Reals(0, 1), Reals(0, 1), mp=lambda mp, c, a, b: a if c else b)
    xs, vs = sampled(case, [(4,), (2, 1), ()], "test")
    assert [x.shape for x in xs] == [(4,), (2, 1), ()]
    assert xs[0].tolist().count(True) == 2
    assert vs[0] is None
    assert np.all(vs[1] != 0)


def test_parameters_reach_the_function_and_the_reference():
    case = Case(F.sum, Normal(2, 3), axis=1, keepdims=True)
    x = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(case.f(x).data, case.reference(x))
    form = Case("add", Reals(-1, 1), form=lambda F, x, by: F.add(x, by), mp=lambda mp, x: x + 2, by=2)
    assert form.f(np.array(1.0)).item() == form.reference(np.array(1.0)) == 3
