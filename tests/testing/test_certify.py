"""Operations that are wrong in one way each are caught, by the name of what is wrong."""

import math

import numpy as np
import pytest

import dezero.functions
from dezero import Function, Variable
from dezero.core.call import apply
from dezero.core.declare import elementwise, linear, publish
from dezero.core.op import declared
from dezero.core.outputs import apply_all, general
from dezero.core.registry import operations, values
from dezero.functions import cos, exp, sin
from dezero.testing import QUICK, Case, Normal, Reals, certify, check, operations_of


@pytest.fixture(autouse=True)
def registry():
    """Operations declared here are gone afterwards, those of families that load late remain."""
    for name in dir(dezero.functions):
        getattr(dezero.functions, name)
    operations.numpy_ufunc  # noqa: B018 - loads the file of NumPy's protocol, which no public name loads
    before = [dict(declared), dict(vars(values)), dict(vars(operations))]
    yield
    for now, names in zip((declared, vars(values), vars(operations)), before, strict=True):
        now.clear()
        now.update(names)


def checks(case):
    """The checks that a case fails, and the report."""
    certificate = certify(case, QUICK)
    report = certificate.report()
    assert all(str(f).startswith(f"{case.title} [{f.check}") for f in certificate.failures)
    assert certificate.passed == (not certificate.failures)
    return {(f.check, f.order) for f in certificate.failures}, report


def sine(value=np.sin, rule=lambda F, g, x, y: g * F.cos(x), *, like=np.sin, **options):
    """A case of a sine of one's own."""
    own = elementwise("own", value, rule, doc="")
    return Case(own, Reals(-2, 2), like=like, mp="sin", **options)


def test_a_right_operation_passes_every_check():
    certificate = certify(sine(special=[(0.0, 1.0)]), QUICK)
    assert certificate.report().startswith("own: certified raw to order 10, tangent to order 10, reverse to order 3")
    assert set(certificate.errors) == {"raw", "tangent", "series", "array", "reverse", "plain"}
    assert max(max(errors.values()) for errors in certificate.errors.values()) < 1e-12
    assert certificate.conditions == dict.fromkeys(
        (
            "recipe",
            "float32",
            "float16",
            "complex arguments",
            "0-d",
            "empty",
            "views",
            "integers",
            "special",
            "transposed",
            "nested",
            "inner map",
        ),
        "",
    )


def test_a_wrong_value():
    found, report = checks(sine(value=lambda x: np.sin(x) * 1.0001))
    assert found == {("value", None)}
    assert "(relative error 1.0e-04)" in report


def test_a_missing_factor():
    own = elementwise("own", lambda x: x * x, lambda F, g, x, y: g * x, doc="")
    found, report = checks(Case(own, Reals(-2, 2), like=np.square, mp=lambda mp, x: x * x))
    assert {("raw", 1), ("tangent", 1), ("reverse", 1), ("plain", 1), ("array", 1)} <= found
    assert all(order == 1 for _, order in found if order)
    assert "(relative error 5.0e-01)" in report


def test_a_wrong_sign_at_the_second_order():
    elementwise("own_cosine", np.cos, lambda F, g, x, y: g * F.sin(x), doc="")
    found, _ = checks(sine(rule=lambda F, g, x, y: g * F.own_cosine(x)))
    assert {("raw", 2), ("tangent", 2), ("reverse", 2), ("plain", 2)} <= found
    assert all(order == 2 for _, order in found if order)


def test_a_wrong_sign_at_the_tenth_order():
    ranks = [f"own_{n}" for n in range(11)]
    for n, name in enumerate(ranks):
        turn = [np.sin, np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x)][n % 4]
        sign = -1 if n == 9 else 1
        rule = lambda F, g, x, y, n=n, sign=sign: sign * (g * getattr(F, f"own_{n + 1}")(x))  # noqa: E731
        own = elementwise(name, turn, rule, doc="")
    own = operations.own_0
    found, _ = checks(Case(own, Reals(-2, 2), like=np.sin, mp="sin"))
    assert found == {("raw", 10), ("tangent", 10), ("series", 10)}


def test_a_rule_that_works_on_raw_arrays_only():
    found, report = checks(sine(rule=lambda F, g, x, y: g * np.cos(x)))
    assert {("tangent", 1), ("reverse", 1), ("array", 1)} <= found
    assert not any(check in ("raw", "plain") for check, _ in found)  # NumPy's cosine works on Variables too
    assert "own [tangent, order 1]: raised TypeError" in report


def test_a_rule_that_names_no_operation():
    _, report = checks(sine(rule=lambda F, g, x, y: g * F.cosine(x)))
    assert "own [raw, order 1]: raised AttributeError: no operation named 'cosine'" in report


def test_float64_in_the_rule():
    found, report = checks(sine(rule=lambda F, g, x, y: g * F.cos(x) * np.ones((), np.float64)[()]))
    assert found == {("float32", None)}
    assert "raw: the gradient of" in report
    assert "is float64, expected float32" in report


def test_float64_in_the_value():
    found, report = checks(sine(value=lambda x: np.sin(x) * np.ones(1)[0]))
    assert found == {("float32", None), ("float16", 0)}
    assert "forward: own is float64" in report


def test_a_gradient_in_the_result_s_shape_instead_of_the_argument_s():
    own = general("own", np.add, lambda F, g, a, b, y: g, lambda F, g, a, b, y: g)
    add = publish("own", lambda a, b: apply(own, a, b))
    found, report = checks(Case(add, Reals(-2, 2), Reals(-2, 2), like=np.add, mp=lambda mp, a, b: a + b))
    assert ("raw", 1) in found
    assert "expected shape (2, 1), got shape (2, 3)" in report


def test_a_value_that_does_not_broadcast():
    def value(a, b):
        if np.shape(a) != np.shape(b):
            raise ValueError("different shapes")
        return a + b

    own = elementwise("own", value, lambda F, g, a, b, y: g, lambda F, g, a, b, y: g, doc="")
    case = Case(own, Reals(-2, 2), Reals(-2, 2), like=np.add, mp=lambda mp, a, b: a + b)
    assert checks(case)[0] == {("value", None)}
    alone = Case(
        own,
        Reals(-2, 2),
        Reals(-2, 2),
        like=np.add,
        mp=lambda mp, a, b: a + b,
        without={"broadcasting": "it refuses other shapes"},
    )
    assert certify(alone, QUICK).passed


def test_a_wrong_value_of_a_number():
    found, _ = checks(sine(value=lambda x: np.sin(x) if np.ndim(x) else x * 0))
    assert {check for check, _ in found} == {"0-d"}


def test_a_rule_that_needs_an_axis():
    found, report = checks(sine(rule=lambda F, g, x, y: g * F.cos(x) * (x.shape[0] / x.shape[0])))
    assert {"0-d: raw", "0-d: array", "0-d: plain"} <= {check for check, _ in found}
    assert "IndexError" in report


def test_a_rule_that_divides_by_the_number_of_elements():
    found, report = checks(sine(rule=lambda F, g, x, y: g * F.cos(x) * (math.prod(x.shape) // math.prod(x.shape))))
    assert any(check.startswith("empty") for check, _ in found), report


def test_memory_taken_for_contiguous():
    found, _ = checks(sine(value=lambda x: np.sin(np.ravel(x, order="K").reshape(np.shape(x)))))
    assert {check for check, _ in found} == {"views"}


def test_integers_that_stay_integers():
    found, report = checks(sine(value=lambda x: np.sin(x).astype(x.dtype)))
    assert ("integers", None) in found
    assert "expected dtype float64, got int64" in report


def test_an_argument_changed_in_place():
    def value(x):
        if isinstance(x, np.ndarray):
            x += 0.125
            return np.sin(x - 0.125)
        return np.sin(x)

    _, report = checks(sine(value=value))
    assert "changes argument 0 in place" in report


def test_another_convention_at_a_kink():
    own = elementwise("own", np.abs, lambda F, g, x, y: g * (2 * F.greater_equal(x, 0) - 1), doc="")
    found, report = checks(
        Case(
            own,
            Reals(-2, 2, avoid=[0]),
            like=np.abs,
            mp=lambda mp, x: abs(x),
            special=[(0.0, 0.0)],
            without={"complex": "|z| is not holomorphic"},
        )
    )
    assert found == {(f"special: {name}", 1) for name in ("raw", "tangent", "reverse", "plain", "series")}
    assert "expected 0, got 1" in report


def test_data_that_got_into_the_graph_of_the_derivative():
    def rule(F, g, x, y):
        x = x[0] if hasattr(x, "coefficients") else x
        data = getattr(getattr(x, "node", x), "_data", x)
        return g * (data > 0)

    own = elementwise("own", lambda x: np.maximum(x, 0), rule, doc="")
    found, _ = checks(
        Case(
            own,
            Reals(-2, 2, avoid=[0]),
            like=lambda x: np.maximum(x, 0),
            mp=lambda mp, x: max(x, 0),
            without={"complex": "it compares numbers"},
        )
    )
    assert found == {("recipe", 1)}


def test_rows_said_to_stay_in_place():
    facts = {"independent": lambda below, node: below[0]}
    rule = lambda F, g, x, y: F.own(g)  # noqa: E731
    own = linear("own", lambda x: np.flip(x, 0), rule, **facts)
    flip = publish("own", lambda x: apply(own, x))
    found, _ = checks(Case(flip, Normal(3, 2), like=lambda x: np.flip(x, 0)))
    assert {check for check, _ in found} >= {"array", "rows"}


def test_constants_said_to_be_kept():
    own = linear("own", lambda x: 2 * x, lambda F, g, x, y: F.own(g), keeps_constant=True)
    double = publish("own", lambda x: apply(own, x))
    found, _ = checks(Case(double, Normal(2, 3), like=lambda x: 2 * x))
    assert ("0-d: array", 1) in found


def test_a_rule_for_one_output_that_forgets_the_others():
    own = general("own", lambda x: (np.sin(x), np.cos(x)), lambda F, gs, x, ys: gs[0] * ys[1], outputs=2)

    both = publish("own", lambda x: apply_all(own, 2, x))
    found, _ = checks(Case(both, Normal(2, 3), like=lambda x: (np.sin(x), np.cos(x))))
    assert ("raw", 1) in found


def test_a_reference_that_is_not_holomorphic():
    case = Case("abs", Reals(-2, 2, avoid=[0]), mp=lambda mp, x: abs(x))
    found, report = checks(case)
    assert found == {("complex", None)}
    assert "say without={'complex': 'why'}" in report


def test_an_operation_that_is_said_to_be_covered_and_is_not():
    assert checks(sine(covers=["tanh"]))[0] == {("covers", None)}
    assert checks(sine(covers=["cos"]))[0] == set()
    other = Case("sin", Reals(-2, 2), call=lambda x: cos(x - np.pi / 2), like=np.sin, mp="sin")
    assert operations_of(other) == {"cos", "sub"}


# -- functions of the user's own -------------------------------------------------------------------------------


class Sine(Function):
    def forward(self, x):
        return np.sin(x)

    def backward(self, gy):
        return gy * cos(self.inputs[0])


class CutSine(Sine):
    def backward(self, gy):
        return Variable(gy.data * np.cos(self.inputs[0].data))


class Scaled(Function):
    def __init__(self, scale):
        self.scale = scale

    def forward(self, x):
        return self.scale * x * x

    def backward(self, gy):
        return gy * 2 * self.scale * self.inputs[0]


X = np.array([0.3, -1.2, 2.0])


def test_a_function_that_is_right():
    certificate = check(Sine, X, orders=5, like=np.sin)
    assert {reading: max(errors) for reading, errors in certificate.errors.items()} == {
        "raw": 5,
        "tangent": 5,
        "reverse": 5,
        "plain": 5,
        "series": 5,
        "array": 5,
        "rows": 2,
    }


def test_a_function_that_cuts_the_graph():
    with pytest.raises(AssertionError, match=r"CutSine \[tangent, order 2\]: expected"):
        check(CutSine, X)


def test_a_function_held_against_a_reference():
    check(Sine, X, like=np.sin)
    with pytest.raises(AssertionError, match=r"Sine \[value\]: expected"):
        check(Sine, X, like=np.cos)


def test_a_function_with_parameters_numbers_and_variables():
    check(Scaled, 2.0, scale=3.0)
    check(Scaled(3.0), Variable(X))
    check("exp", Variable(np.array(0.5)))


def test_a_function_of_several_arguments_one_of_them_no_float():
    certificate = check(lambda x, y, mask: exp(sin(x) * y) * mask, X, np.ones((2, 1)), X > 0)
    assert certificate.passed


def test_only_what_is_named_is_left_out():
    class Precise(Sine):
        def forward(self, x):
            return np.sin(x.astype(np.float64))

    with pytest.raises(AssertionError, match="Precise is float64, expected float32"):
        check(Precise, X)
    check(Precise, X, without=dict.fromkeys(("float32", "float16"), "it computes in double precision"))
