"""`dezero bench`."""

import sys

import pytest


def lines(out):
    return [line.split()[0] for line in out.splitlines()[2:]]


def test_times_of_each_way(dezero, monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    code, out, err = dezero("bench", "exp(sin(x))*x", "--order", "3", "--points", "1e2")
    assert (code, err) == (0, "")
    assert out.startswith("f(x) = exp(sin(x))*x, derivatives 0 to 3, 100 points\n")
    assert lines(out) == ["first", "eager", "compiled"]


def test_points_are_a_whole_number(dezero):
    for given in ("0", "1.5", "many"):
        code, _, err = dezero("bench", "x", "--points", given)
        assert code == 2
        assert "number of points" in err


def test_one_variable_is_asked_for(dezero):
    code, _, err = dezero("bench", "x*y", "--points", "3")
    assert code == 2
    assert "one variable" in err


@pytest.mark.parametrize("text", ["3", "x**2.5", "where(x > 0.5, x, sin(x))"])
def test_any_expression(dezero, monkeypatch, text):
    monkeypatch.setitem(sys.modules, "jax", None)
    assert dezero("bench", text, "--order", "2", "--points", "3")[0] == (2 if text == "3" else 0)
