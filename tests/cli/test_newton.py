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
FOUND = "a minimum was found: f(1.0) = -1.0, f'(1.0) = 0.0\n"


def lines(printed):
    """What was printed before the verdict, and the verdict without the numbers."""
    *steps, verdict = printed.splitlines(True)
    return "".join(steps), verdict.partition(":")[0]


FIRST = SEED.splitlines(True)
NOT_YET = "neither a minimum nor a maximum was found yet"
MINIMUM, MAXIMUM, NEITHER = "a minimum was found", "a maximum was found", "neither a minimum nor a maximum was found"


@pytest.mark.parametrize("start", [["--from", "2"], ["--from=2.0"], ["--from", "x=4/2"]])
def test_the_ten_lines(dezero, start):
    assert dezero("newton", "x**4 - 2*x**2", *start) == (0, SEED + FOUND, "")


def test_fewer_lines(dezero):
    out = dezero("newton", "x**4 - 2*x**2", "--from", "2", "--iters", "3")[1]
    assert lines(out) == ("".join(FIRST[:3]), NOT_YET)
    assert dezero("newton", "x**4 - 2*x**2", "--from", "2", "--iters", "0") == (0, "", "")


def test_beyond_the_tenth_line_no_line_repeats(dezero):
    assert dezero("newton", "x**4 - 2*x**2", "--from", "2", "--iters", "100") == (0, SEED + FOUND, "")
    slow, verdict = lines(dezero("newton", "x**4", "--from", "1", "--iters", "60")[1])
    assert (len(slow.splitlines()), verdict) == (60, MINIMUM)  # x is still on its way
    values = [line.partition(" ")[2] for line in slow.splitlines()]
    assert len(set(values)) == 60


def test_a_tolerance_stops_at_the_first_line_that_moved_no_more_than_it(dezero):
    run = ["newton", "x**4 - 2*x**2", "--from", "2", "--iters", "100", "--tol"]
    assert dezero(*run, "1e-10")[1] == "".join(FIRST[:8]) + FOUND
    assert dezero(*run, "0")[1] == "".join(FIRST[:9]) + FOUND
    assert lines(dezero(*run, "0.6")[1]) == ("".join(FIRST[:2]), NOT_YET)


def test_from_a_negative_number(dezero):
    printed = SEED.replace("(", "(-") + FOUND.replace("(1", "(-1")
    assert dezero("newton", "x**4 - 2*x**2", "--from", "-2")[1] == printed


@pytest.mark.parametrize(
    ("expression", "start", "iters", "verdict"),
    [
        ("x**4 - 2*x**2", "0.1", "10", MAXIMUM),
        ("-cos(x)", "0.1", "5", MINIMUM),
        ("cos(x)", "0.1", "5", MAXIMUM),
        ("x**3", "1", "60", NEITHER),  # f'' is positive on the way, and 0 is no minimum
        ("-(x**3)", "1", "60", NEITHER),
        ("x**4", "1", "60", MINIMUM),  # where f'' is 0
        ("-(x**6)", "1", "200", MAXIMUM),
        ("x**3", "0", "1", NEITHER),
        ("x**4", "0", "1", MINIMUM),
        ("3*x", "2", "1", NOT_YET),
        ("(x - 1e-12)**2", "1e-10", "1", NOT_YET),  # however short the step is
        ("(x - 1e-12)**2", "1e-10", "2", MINIMUM),
        ("(x - 1e12)**2", "0", "2", MINIMUM),
        ("log(x)", "-1", "1", NEITHER),
        ("x**2", "0", "10", MINIMUM),
    ],
)
def test_the_last_line_says_what_was_found(dezero, expression, start, iters, verdict):
    code, out, err = dezero("newton", expression, "--from", start, "--iters", iters)
    assert (code, lines(out)[1], err) == (0, verdict, "")


def test_the_variable_may_have_another_name(dezero):
    printed = "0 variable(1.0)\n1 variable(3.0)\na minimum was found: f(3.0) = 0.0, f'(3.0) = 0.0\n"
    assert dezero("newton", "(t - 3)**2", "--from", "1", "--iters", "2")[1] == printed


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
    printed = f"0 variable(2.0)\n{NOT_YET}: f(2.0) = 6.0, f'(2.0) = 3.0\n"
    assert dezero("newton", "3*x", "--from", "2", "--iters", "1") == (0, printed, "")


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
