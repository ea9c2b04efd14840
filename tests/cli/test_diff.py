"""`dezero diff`."""

import json
import math

import pytest


def test_a_table_at_a_point(dezero):
    code, out, err = dezero("diff", "x**4 - 2*x**2", "--at", "2", "--order", "4")
    assert (code, err) == (0, "")
    assert (
        out
        == """\
f(x) = x**4 - 2*x**2 at x = 2.0

order         value
    0      f    8.0
    1     f'   24.0
    2    f''   44.0
    3   f'''   48.0
    4  f^(4)   24.0
"""
    )


def test_the_order_is_one_where_nothing_is_said(dezero):
    assert dezero("diff", "x**2", "--at", "3")[1].splitlines()[2:] == [
        "order      value",
        "    0   f    9.0",
        "    1  f'    6.0",
    ]


def test_order_zero_is_the_value(dezero):
    assert dezero("diff", "x*y", "--at", "x=2,y=3", "--order", "0")[1].splitlines()[3:] == ["    0  f    6.0"]


def test_mixed_partials_along_the_way(dezero):
    code, out, _ = dezero("diff", "x**2*y", "--at", "x=1,y=2", "--wrt", "x,x,y")
    assert code == 0
    assert (
        out
        == """\
f(x, y) = x**2*y at x = 1.0, y = 2.0

order         value
    0      f    2.0
    1    f_x    4.0
    2   f_xx    4.0
    3  f_xxy    2.0
"""
    )


def test_one_of_several_variables_is_repeated_by_the_order(dezero):
    assert "f_yyy    6.0" in dezero("diff", "x*y**3", "--at", "y=2,x=1", "--wrt", "y", "--order", "3")[1]


def test_partials_in_long_names(dezero):
    assert "f_alpha,b    1.0" in dezero("diff", "alpha*b", "--at", "alpha=1,b=2", "--wrt", "alpha,b")[1]


@pytest.mark.parametrize("at", [["--at", "-2:2:9"], ["--at=-2:2:9"]])
def test_a_row_for_each_point_of_a_range(dezero, at):
    code, out, _ = dezero("diff", "x**4 - 2*x**2", *at, "--order", "2")
    assert code == 0
    assert (
        out
        == """\
f(x) = x**4 - 2*x**2

   x        f     f'   f''
-2.0      8.0  -24.0  44.0
-1.5   0.5625   -7.5  23.0
-1.0     -1.0    0.0   8.0
-0.5  -0.4375    1.5  -1.0
 0.0      0.0    0.0  -4.0
 0.5  -0.4375   -1.5  -1.0
 1.0     -1.0    0.0   8.0
 1.5   0.5625    7.5  23.0
 2.0      8.0   24.0  44.0
"""
    )


def test_a_range_of_one_variable_with_the_others_fixed(dezero):
    rows = dezero("diff", "x*y**2", "--at", "y=0:2:3,x=5", "--wrt", "y")[1].splitlines()[2:]
    assert [row.split() for row in rows] == [
        ["x", "y", "f", "f_y"],
        ["5.0", "0.0", "0.0", "0.0"],
        ["5.0", "1.0", "5.0", "10.0"],
        ["5.0", "2.0", "20.0", "20.0"],
    ]


def test_a_constant_is_a_function_of_x(dezero):
    assert dezero("diff", "3", "--at", "0:1:2")[1].splitlines()[3:] == ["0.0  3.0  0.0", "1.0  3.0  0.0"]


@pytest.mark.parametrize("at", ["-2", "-2.5", "-1e-3", "-pi/2", "x=-2"])
def test_negative_points(dezero, at):
    code, out, _ = dezero("diff", "sin(x)", "--at", at, "--json")
    assert code == 0
    (point,) = json.loads(out)["points"]
    x = eval(at.removeprefix("x="), {"pi": math.pi})
    assert point["at"] == [x]
    assert point["values"] == pytest.approx([math.sin(x), math.cos(x)], rel=1e-15)


def test_an_expression_may_begin_with_a_sign(dezero):
    assert dezero("diff", "-x**2", "--at", "3")[1].startswith("f(x) = -x**2 at x = 3.0")
    assert dezero("diff", "--at", "3", "-x")[1].startswith("f(x) = -x at x = 3.0")
    assert dezero("diff", "--at", "3", "--", "-x")[1].startswith("f(x) = -x at x = 3.0")


def test_every_digit_is_printed(dezero):
    out = dezero("diff", "x/3", "--at", "0.1")[1]
    assert float(out.splitlines()[3].split()[-1]) == 0.1 / 3
    assert float(out.splitlines()[4].split()[-1]) == 1 / 3


def test_json(dezero):
    code, out, _ = dezero("diff", "x*y", "--at", "x=1:2:2,y=3", "--wrt", "x,y", "--json")
    assert code == 0
    assert json.loads(out) == {
        "expression": "x*y",
        "variables": ["x", "y"],
        "wrt": ["x", "y"],
        "derivatives": ["f", "f_x", "f_xy"],
        "points": [{"at": [1.0, 3.0], "values": [3.0, 3.0, 1.0]}, {"at": [2.0, 3.0], "values": [6.0, 3.0, 1.0]}],
    }


def test_json_has_names_for_what_is_no_number(dezero):
    out = dezero("diff", "1/x", "--at", "0", "--json")[1]
    values = json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))["points"][0]["values"]
    assert values == ["inf", "-inf"]


def test_no_derivative_where_there_is_no_function(dezero):
    rows = dezero("diff", "log(x)", "--at", "-1:1:2", "--order", "2")[1].splitlines()[3:]
    assert [row.split() for row in rows] == [["-1.0", "nan", "nan", "nan"], ["1.0", "0.0", "1.0", "-1.0"]]


def test_high_orders(dezero):
    out = dezero("diff", "exp(2*x)", "--at", "0", "--order", "50")[1]
    order, name, value = out.splitlines()[-1].split()
    assert (order, name) == ("50", "f^(50)")
    assert float(value) == pytest.approx(2.0**50, rel=1e-15)  # a Taylor coefficient times 50!: rounded twice


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["x"], "the following arguments are required: --at (dezero diff --help lists the options)"),
        (["x", "--at"], "argument --at: expected one argument (dezero diff --help lists the options)"),
        (["x", "--at", "--json"], "argument --at: expected one argument (dezero diff --help lists the options)"),
        (["--at", "2"], "the following arguments are required: expression (dezero diff --help lists the options)"),
        (["x", "--at", "y=2"], "--at y=2: 'y' is no variable of the expression (x)"),
        (["x", "--at", "1,2"], "--at 1,2: x is given twice"),
        (["x*y", "--at", "2"], "--at 2: say which variable is meant: --at x=1,y=1"),
        (["x*y", "--at", "x=2"], "--at x=2: no value for y: --at x=1,y=1"),
        (["x", "--at", "1:2"], "--at 1:2: a range is start:stop:count, such as -2:2:9"),
        (["x", "--at", "1:2:3:4"], "--at 1:2:3:4: a range is start:stop:count, such as -2:2:9"),
        (["x", "--at", "1:2:x"], "--at 1:2:x: a range is start:stop:count, such as -2:2:9"),
        (["x", "--at", "1:2:0"], "--at 1:2:0: a range has 1 to 1000000 points"),
        (["x", "--at", "1:2:1000001"], "--at 1:2:1000001: a range has 1 to 1000000 points"),
        (
            ["x*y", "--at", "x=0:1:2,y=0:1:3", "--wrt", "x"],
            "--at x=0:1:2,y=0:1:3: the ranges must have the same number of points (x: 2, y: 3)",
        ),
        (["x*y", "--at", "x=1,y=2"], "the expression has several variables: say --wrt x,y or --wrt x"),
        (["x", "--at", "1", "--wrt", "z"], "--wrt z: 'z' is no variable of the expression (x)"),
        (["x", "--at", "1", "--wrt", ""], "--wrt : '' is no variable of the expression (x)"),
        (
            ["x*y", "--at", "x=1,y=2", "--wrt", "x,y", "--order", "2"],
            "--order repeats one variable, and --wrt x,y names 2: use one or the other",
        ),
        (["x", "--at", "1", "--wrt", ",".join("x" * 51)], "order 51 is too high: the highest is 50"),
        *(
            (
                ["x", "--at", "1", "--order", order],
                f"argument --order: {order!r} is not an order: a whole number from 0 to 50 "
                "(dezero diff --help lists the options)",
            )
            for order in ("-1", "51", "two", "1.5", "9" * 5000)
        ),
        (["x", "--at", "abc"], "a number is wanted here, and abc is none\n  abc\n  ^"),
        (["x", "--at", "1:two:3"], "a number is wanted here, and two is none\n  two\n  ^"),
        (["x", "--at", ""], "the expression is empty\n  \n  ^"),
        (["x +", "--at", "1"], None),
        (["sine(x)", "--at", "1"], "there is no function 'sine'; did you mean 'sin'?\n  sine(x)\n  ^"),
    ],
)
def test_usage_errors(fails, argv, message):
    found = fails("diff", *argv)
    assert message is None or found == message
