"""Expressions: what is one, what it is worth, and where the error is in what is none."""

import math

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

import dezero.functions as F
from dezero import Variable, gradients
from dezero.cli.expression import DEEPEST, FUNCTIONS, LONGEST, Expression, ExpressionError, constant, parse


def value(text, /, **values):
    return float(parse(text)(**values))


def error(text):
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    return caught.value


# -- what it is worth ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "worth"),
    [
        ("1", 1.0),
        ("2 + 3*4", 14.0),
        ("2 ** 3 ** 2", 512.0),
        ("-2 ** 2", -4.0),
        ("(-2) ** 2", 4.0),
        ("2 ** -1", 0.5),
        ("7 / 2", 3.5),
        ("- - + 3", 3.0),
        ("1e3 + .5", 1000.5),
        ("1_000", 1000.0),
        ("0x10", 16.0),
        ("pi", math.pi),
        ("e", math.e),
        ("exp(1) - e", 0.0),
        ("  2\t+\n3  ", 5.0),
        ("maximum(2, 3) * minimum(2, 3)", 6.0),
        ("abs(-2) + relu(-1) + sign(-5)", 1.0),
        ("where(1 < 2, 3, 4)", 3.0),
        ("2**53 + 1", 2.0**53),
        ("9007199254740993", 2.0**53),
    ],
)
def test_constants(text, worth):
    assert parse(text).variables == ()
    assert value(text) == pytest.approx(worth, rel=1e-15, abs=1e-15)


def test_variables_are_named_in_the_order_in_which_they_appear():
    assert parse("b*a + b**c - pi").variables == ("b", "a", "c")
    assert parse("θ + 변수").variables == ("θ", "변수")
    assert parse("\N{FULLWIDTH LATIN SMALL LETTER X} + x").variables == (
        "x",
    )  # Python reads the full-width letter as the plain one


def test_values_are_numbers_arrays_or_variables():
    f = parse("x*y + 1")
    assert isinstance(f, Expression)
    assert f.text == "x*y + 1"
    assert float(f(x=2, y=3)) == 7.0
    assert f(x=np.array([1, 2]), y=0.5).data.tolist() == [1.5, 2.0]
    x = Variable(np.array(2.0))
    (gx,) = gradients(f(x=x, y=3.0), x)
    assert float(gx) == 3.0


def test_an_expression_is_shown_and_compared_by_its_text():
    assert repr(parse(" x + 1")) == "Expression(text='x + 1', variables=('x',))"
    assert parse("abs(x)") == parse("abs(x) ") != parse("abs(y)")


def test_a_variable_may_have_any_name():
    assert value("self + cls + values + text", self=1, cls=2, values=3, text=4) == 10.0


@pytest.mark.parametrize("values", [{}, {"x": 1.0}, {"x": 1.0, "y": 2.0, "z": 3.0}, {"x": 1.0, "z": 2.0}])
def test_exactly_the_variables_are_given(values):
    with pytest.raises(TypeError, match=r"a value for each of \(x, y\)"):
        parse("x + y")(**values)


@pytest.mark.parametrize("text", ["x**4", "x**(2*2)", "x**(8/2)", "x**4.0", "x**(2**2)", "x**+4", "x**(5-1)"])
def test_a_whole_exponent_has_all_derivatives_at_zero_and_left_of_it(text):
    for at, derivatives in [(0.0, [0, 0, 0, 0, 24, 0]), (-1.0, [1, -4, 12, -24, 24, 0])]:
        x = Variable(np.array(at))
        y = parse(text)(x=x)
        for derivative in derivatives:
            assert float(y) == derivative
            (y,) = gradients(y, x, create_graph=True)


def test_where_takes_comparisons_and_their_chains():
    f = parse("where(-1 < x <= 1, x**2, where(x != 2, 1, -1))")
    assert [float(f(x=at)) for at in (-1.0, -0.5, 1.0, 2.0)] == [1.0, 0.25, 1.0, -1.0]
    assert parse("where(x > 0, 1, 2)")(x=np.array([1.0, -1.0])).data.tolist() == [1.0, 2.0]
    assert parse("where(x > 0, 1, 2)")(x=1.0).dtype == np.float64


def test_numbers_beside_variables_in_functions_are_floats():
    assert parse("maximum(x, 1)")(x=0.5).dtype == np.float64


@pytest.mark.parametrize("name", [name for name, arity in FUNCTIONS.items() if arity == 1])
def test_every_function_of_one_argument_is_the_operation_of_its_name(name):
    x = Variable(np.array([0.25, 0.5]))
    with np.errstate(invalid="ignore"):  # arccosh of numbers below 1 is nan on both sides
        np.testing.assert_array_equal(parse(f"{name}(x)")(x=x).data, getattr(F, name)(x).data)


def test_the_functions_that_everybody_expects_are_there():
    assert {"sin", "cos", "tan", "tanh", "exp", "log", "sqrt", "sigmoid", "relu", "abs", "sign"} <= set(FUNCTIONS)
    assert (FUNCTIONS["maximum"], FUNCTIONS["minimum"], FUNCTIONS["where"]) == (2, 2, 3)


def test_a_sum_of_many_terms_is_not_deep():
    assert value("x" + "+x" * 900, x=1.0) == 901.0


def test_constant():
    assert constant("-pi/2") == -math.pi / 2
    with pytest.raises(ExpressionError, match="a number is wanted here, and x is none"):
        constant("2*x")


# -- against Python itself -----------------------------------------------------------------------------------------

PYTHON = {
    "sin": math.sin,
    "cos": math.cos,
    "tanh": math.tanh,
    "exp": math.exp,
    "sqrt": math.sqrt,
    "log": math.log,
    "abs": math.fabs,
    "maximum": max,
    "minimum": min,
    "where": lambda condition, a, b: (float(b), float(a))[condition],
    "pi": math.pi,
    "e": math.e,
    "__builtins__": {},
}
leaves = st.sampled_from(["x", "y", "pi", "e", "0", "1", "2", "3", "0.5", "1.25e-1"])


def composed(parts):
    pair = st.tuples(parts, parts)
    return st.one_of(
        st.builds("({0[0]} {1} {0[1]})".format, pair, st.sampled_from("+-*/")),
        st.builds("{0[0]}{1}{0[1]}".format, pair, st.sampled_from(["+", "-", "*", "/", " + ", " * "])),
        st.builds("({})**{}".format, parts, st.sampled_from(["2", "3", "(-1)", "0.5", "0"])),
        st.builds("{}{}".format, st.sampled_from("+-"), parts),
        st.builds("{}({})".format, st.sampled_from(["sin", "cos", "tanh", "exp", "sqrt", "log", "abs"]), parts),
        st.builds("{1}({0[0]}, {0[1]})".format, pair, st.sampled_from(["maximum", "minimum"])),
        st.builds("where({0[0]} < {0[1]}, {0[1]}, {1})".format, pair, parts),
    )


expressions = st.recursive(leaves, composed, max_leaves=8)


def by_python(text, x, y):
    """The value that Python gives, or None where it gives no number."""
    try:
        found = eval(text, PYTHON, {"x": x, "y": y})  # the strategy above wrote the text
    except (ArithmeticError, ValueError, TypeError):  # TypeError: a power of a negative number is complex
        return None
    return found if isinstance(found, int | float) and math.isfinite(found) else None


@given(expressions, st.floats(0.1, 3), st.floats(0.1, 3))
@example("-x**2", 1.5, 1.0)
@example("x - y - pi", 1.5, 1.0)
@example("x / y / 2", 1.5, 1.0)
@example("2**3**0.5", 1.0, 1.0)
def test_a_valid_expression_is_worth_what_python_says(text, x, y):
    expected = by_python(text, x, y)
    assume(expected is not None)
    # Where a last digit of the input decides, two right answers may differ.
    nearby = [by_python(text, x * (1 + d), y * (1 - d)) for d in (1e-13, -1e-13)]
    assume(all(near is not None and math.isclose(near, expected, rel_tol=1e-10, abs_tol=1e-10) for near in nearby))
    expression = parse(text)
    given_values = {name: {"x": x, "y": y}[name] for name in expression.variables}
    with np.errstate(all="ignore"):
        found = float(expression(**given_values))
    assert math.isclose(found, expected, rel_tol=1e-8, abs_tol=1e-8)


WORDS = """x y1 sin where pi 1 2.5 1e400 999999999999999999999999999999 ( ) , + - * / ** ^ < == [ ] { } . : = :=
lambda if else for in not and ' " # \\ é 변수 ² … 1j True None @ // % ! ~ ` $ f'{x}' await"""
tokens = st.sampled_from([*WORDS.split(), " ", "\n", "\0", "\ud800", "\N{FULLWIDTH DIGIT TWO}"])


@given(st.text() | st.lists(tokens, max_size=12).map("".join))
@example("(" * 500)
@example("-" * 500 + "x")
@example("[" * 150 + "]" * 150)
@example("9**" * 600 + "9")
@example("(-8)**(1/3)")
@example("x if 1 else 2")
@example("\ud800")
@example("x\0")
@example("1" * 5000)
@example("1" * 1999)
def test_garbage_raises_nothing_but_the_expression_error(text):
    try:
        expression = parse(text)
    except ExpressionError as wrong:
        caught = wrong
    else:
        with np.errstate(all="ignore"):
            expression(**dict.fromkeys(expression.variables, 1.0))
        return
    assert 0 <= caught.position <= len(text)
    assert str(caught).splitlines()[-1].strip() == "^"
    assert len(str(caught)) < 1000


# -- errors and their places ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "position", "reason"),
    [
        ("", 0, "the expression is empty"),
        (" \t\n", 0, "the expression is empty"),
        ("sine(x)", 0, "there is no function 'sine'; did you mean 'sin'?"),
        ("2 + ln(x)", 4, "there is no function 'ln'; did you mean 'log'?"),
        ("max(x, y)", 0, "there is no function 'max'; did you mean 'maximum'?"),
        ("1 + x(x + 1)", 4, "there is no function 'x'; write * for a product"),
        ("frobnicate(x)", 0, f"there is no function 'frobnicate'; there are {', '.join(FUNCTIONS)}"),
        ("2(x + 1)", 0, "only a function can be called: write * for a product"),
        ("(x)(y)", 1, "there is no function 'x'; write * for a product"),
        ("(x + 1)(y)", 1, "only a function can be called: write * for a product"),
        ("3*sin", 2, "sin is a function: write sin(...)"),
        ("sin(x, y)", 0, "sin takes 1 argument, not 2"),
        ("maximum(x)", 0, "maximum takes 2 arguments, not 1"),
        ("sin(x=1)", 0, "sin takes plain arguments"),
        ("maximum(*x)", 0, "maximum takes plain arguments"),
        ("x ^ 2", 2, "only + - * / ** are operators here: write ** for a power"),
        ("(x) % 2", 4, "only + - * / ** are operators here"),
        ("1 + x // 2", 6, "only + - * / ** are operators here"),
        ("x > 1", 2, "a comparison can only be the condition of where(condition, a, b)"),
        ("where(x, 1, 2)", 6, "the condition of where must be a comparison such as x > 0"),
        ("where(x in y, 1, 2)", 8, "only < <= > >= == != compare numbers"),
        ("where(0 < x is y, 1, 2)", 12, "only < <= > >= == != compare numbers"),
        ("x.real", 0, "a dot after a name has no meaning here"),
        ("x[0]", 0, "indexing has no meaning here"),
        ("1 if x else 2", 0, "if/else (write where(condition, a, b)) has no meaning here"),
        ("x and y", 0, "and/or has no meaning here"),
        ("1, 2", 0, "a tuple has no meaning here"),
        ("[x]", 0, "a list has no meaning here"),
        ("lambda: x", 0, "lambda has no meaning here"),
        ("(a := 1)", 1, "an assignment has no meaning here"),
        ("f'{x}'", 0, "a string has no meaning here"),
        ("{x}", 0, "this has no meaning here"),
        ("~x", 0, "this has no meaning here"),
        ("not x", 0, "this has no meaning here"),
        ("'x'", 0, "'x' is not a real number"),
        ("x + True", 4, "True is not a real number"),
        ("2j", 0, "2j is not a real number"),
        ("...", 0, "Ellipsis is not a real number"),
        ("x # y", 2, "'#' has no meaning here"),
        ("x + 1e999", 4, "this is too large for a number"),
        ("x + 1" + "0" * 400, 4, "this is too large for a number"),
        ("1e308 * 10", 0, "this is too large for a number"),
        ("log(0) * x", 0, "this is too large for a number"),
        ("x + sqrt(-1)", 4, "this is not a real number"),
        ("x + 1/0", 5, "division by zero"),
        ("x + 1/(2 - 2)", 5, "division by zero"),
        ("0**-1", 1, "this power is not a real number"),
        ("(-8)**(1/3)", 4, "this power is not a real number"),
        ("9**9**9**9", 4, "this power is too large for a number"),
        ("x + (9.5)**999", 9, "this power is too large for a number"),
        ("  é + sine(x)", 6, "there is no function 'sine'; did you mean 'sin'?"),
        ("변수 + 2 ^ x", 7, "only + - * / ** are operators here: write ** for a power"),
        ("x\n+ sine(x)", 4, "there is no function 'sine'; did you mean 'sin'?"),
    ],
)
def test_what_is_wrong_and_where(text, position, reason):
    caught = error(text)
    assert (caught.reason, caught.position) == (reason, position)


@pytest.mark.parametrize(
    ("text", "position"), [("2 +", 3), ("sin(x", 3), ("2x", 0), ("x y", 2), ("é + 2x", 4), ("x²", 1)]
)
def test_what_cannot_be_read_has_a_place_too(text, position):
    caught = error(text)
    assert caught.reason.startswith("this cannot be read: ")
    assert caught.position == position


def test_a_power_of_numbers_is_never_computed_as_a_whole_number():
    assert value("2**1000") == 2.0**1000
    assert value("7**77 - 7**77") == 0.0
    assert value("x**(2**60)", x=1.0) == 1.0
    assert value("2**0.5") == math.sqrt(2)


def test_the_caret_stands_under_the_place():
    assert str(error("2 + sine(x)")).splitlines()[1:] == ["  2 + sine(x)", "      ^"]
    # A wide character takes two columns, and so does the blank under it.
    assert str(error("변수 ^ 2")).splitlines()[1:] == ["  변수 ^ 2", "  \u3000\u3000 ^"]


def test_a_long_expression_is_shown_around_the_place():
    lines = str(error("x + " * 200 + "sine(x)" + " + x" * 200)).splitlines()
    assert len(lines[1]) <= 80
    assert lines[1][lines[2].index("^") :].startswith("sine(x)")


def test_signs_that_steer_a_terminal_are_not_repeated():
    assert "\x1b" not in str(error("x + \x1b[31m"))


def test_length_and_depth_are_limited():
    assert error("x" * (LONGEST + 1)).reason == f"the expression is longer than {LONGEST} characters"
    assert error("-" * (DEEPEST + 1) + "x").reason == f"the expression is nested more than {DEEPEST} levels deep"
    assert value("-" * DEEPEST + "x", x=2.0) == 2.0
    assert value("(" * 90 + "x" + ")" * 90, x=2.0) == 2.0
    assert "nest" in error("(" * 300 + "x" + ")" * 300).reason
