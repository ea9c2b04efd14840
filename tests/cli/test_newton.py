"""`dezero newton`."""

import pytest

SEED = """\
0 variable(2.0)
1 variable(1.4545454545454546)
2 variable(1.1510467893775467)
3 variable(1.0253259289766978)
4 variable(1.0009084519430513)
5 variable(1.0000012353089454)
6 variable(1.000000000002289)
7 variable(1.0)
8 variable(1.0)
9 variable(1.0)
"""


@pytest.mark.parametrize("start", [["--from", "2"], ["--from=2.0"], ["--from", "x=4/2"]])
def test_the_ten_lines(dezero, start):
    assert dezero("newton", "x**4 - 2*x**2", *start) == (0, SEED, "")


def test_fewer_lines(dezero):
    assert dezero("newton", "x**4 - 2*x**2", "--from", "2", "--iters", "3")[1] == "".join(SEED.splitlines(True)[:3])
    assert dezero("newton", "x**4 - 2*x**2", "--from", "2", "--iters", "0") == (0, "", "")


def test_a_tolerance_stops_at_the_first_line_that_moved_no_more_than_it(dezero):
    run = ["newton", "x**4 - 2*x**2", "--from", "2", "--iters", "100", "--tol"]
    assert dezero(*run, "1e-10")[1] == "".join(SEED.splitlines(True)[:8])
    assert dezero(*run, "0")[1] == "".join(SEED.splitlines(True)[:9])
    assert dezero(*run, "0.6")[1] == "".join(SEED.splitlines(True)[:2])


def test_from_a_negative_number(dezero):
    assert dezero("newton", "x**4 - 2*x**2", "--from", "-2")[1] == SEED.replace("(", "(-")


def test_the_variable_may_have_another_name(dezero):
    assert dezero("newton", "(t - 3)**2", "--from", "1", "--iters", "2")[1] == "0 variable(1.0)\n1 variable(3.0)\n"


@pytest.mark.parametrize(
    ("expression", "start", "message"),
    [
        ("3*x", "2", "at step 0, where x = 2.0: f''(x) is zero, so there is no next step"),
        ("x**3", "0", "at step 0, where x = 0.0: f''(x) is zero, so there is no next step"),
        ("3", "2", "at step 0, where x = 2.0: f''(x) is zero, so there is no next step"),
        ("log(x)", "-1", "at step 0, where x = -1.0: f'(x) is nan, so there is no next step"),
        ("1/x", "0", "at step 0, where x = 0.0: f'(x) is -inf, so there is no next step"),
        ("sqrt(x)**3", "0", None),
    ],
)
def test_where_there_is_no_step(fails, expression, start, message):
    found = fails("newton", expression, "--from", start, code=1, printed=f"0 variable({float(start)})\n")
    assert message is None or found == message


def test_no_step_is_asked_for_after_the_last_line(dezero):
    assert dezero("newton", "3*x", "--from", "2", "--iters", "1") == (0, "0 variable(2.0)\n", "")


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["x**2"], "the following arguments are required: --from"),
        (["x*y", "--from", "1"], "newton takes one variable, the expression has x, y"),
        (["x**2", "--from", "0:1:3"], "--from 0:1:3: newton starts from one number"),
        (["x**2", "--from", "y=1"], "--from y=1: 'y' is no variable of the expression (x)"),
        (["x**2", "--from", "one"], "a number is wanted here, and one is none"),
        (
            ["x**2", "--from", "1", "--iters", "-1"],
            "argument --iters: '-1' is not a number of lines: a whole number from 0 on",
        ),
        (
            ["x**2", "--from", "1", "--tol", "-1"],
            "argument --tol: '-1' is not a tolerance: a number that is not negative",
        ),
        (["x**2", "--from", "1", "--tol", "nan"], "argument --tol: 'nan' is not a tolerance"),
        (["x**2", "--from", "1", "--tol", "small"], "argument --tol: 'small' is not a tolerance"),
    ],
)
def test_usage_errors(fails, argv, message):
    assert fails("newton", *argv).startswith(message)
