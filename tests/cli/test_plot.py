"""`dezero plot`."""

import sys

import numpy as np
import pytest

from dezero.cli.plot import broken, draw, limits

pytest.importorskip("matplotlib")


@pytest.mark.parametrize(
    ("name", "start"), [("a.png", b"\x89PNG"), ("a.svg", b"<?xml"), ("a.pdf", b"%PDF"), ("A.PNG", b"\x89PNG")]
)
def test_a_file_is_written(dezero, tmp_path, name, start):
    path = tmp_path / name
    assert dezero("plot", "sin(x)", "--order", "3", "-o", str(path)) == (0, f"wrote {path}\n", "")
    assert path.read_bytes().startswith(start)


@pytest.fixture
def figures(monkeypatch):
    """The figures that the command draws."""
    drawn = []

    def keep(*args):
        drawn.append(draw(*args))
        return drawn[-1]

    monkeypatch.setattr("dezero.cli.plot.draw", keep)
    return drawn


def test_what_is_drawn(dezero, figures, tmp_path):
    dezero("plot", "sin(2*t)", "--order", "4", "-o", str(tmp_path / "a.svg"))
    (figure,) = figures
    (axes,) = figure.axes
    x = np.linspace(-5, 5, 400)
    lines = [line for line in axes.lines if not line.get_label().startswith("_")]
    assert [line.get_label() for line in lines] == ["f", "f'", "f''", "f'''", "f^(4)"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["f", "f'", "f''", "f'''", "f^(4)"]
    assert (axes.get_title(), axes.get_xlabel()) == ("sin(2*t)", "t")
    assert axes.get_xlim() == (-5, 5)
    assert all(line.get_visible() for line in axes.get_xgridlines())
    for line, expected in zip(lines, [np.sin(2 * x), 2 * np.cos(2 * x), -4 * np.sin(2 * x)], strict=False):
        np.testing.assert_allclose(line.get_ydata(), expected, atol=1e-12)


def test_another_range(dezero, figures, tmp_path):
    dezero("plot", "x**2", "--at", "-1:3:5", "-o", str(tmp_path / "a.svg"))
    assert figures[0].axes[0].lines[0].get_xdata().tolist() == [-1, 0, 1, 2, 3]


def test_more_curves_than_colours(dezero, figures, tmp_path):
    dezero("plot", "sin(x)", "--order", "9", "-o", str(tmp_path / "a.svg"))
    lines = figures[0].axes[0].lines[:10]
    assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == 10


def test_pyplot_and_its_state_are_not_touched(dezero, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    assert dezero("plot", "sin(x)", "-o", str(tmp_path / "a.png"))[0] == 0


def test_names_in_any_script_and_signs_of_mathtext_are_text(dezero, tmp_path):
    assert dezero("plot", "변수_a * 2", "-o", str(tmp_path / "a.png"))[::2] == (0, "")


@pytest.mark.parametrize("expression", ["log(x)", "tan(x)", "1/x", "3", "0*x", "exp(x**2*30)", "1e300*x"])
def test_poles_gaps_and_constants_make_no_noise(dezero, tmp_path, expression):
    assert dezero("plot", expression, "--order", "2", "-o", str(tmp_path / "a.png"))[::2] == (0, "")


# -- what of the curves is seen ------------------------------------------------------------------------------------

X = np.linspace(-5, 5, 400)


def test_a_curve_without_poles_is_seen_whole_with_a_margin():
    low, high = limits([np.sin(X), 3 * np.cos(X)])
    assert -3.5 < low < -3
    assert 3 < high < 3.5


def test_a_pole_does_not_flatten_the_rest():
    low, high = limits([np.tan(X), 1 / np.cos(X) ** 2])
    assert -10 < low < -2
    assert 2 < high < 10
    low, high = limits([np.sin(X), 1 / X**3])
    assert -2 < low < -1
    assert 1 < high < 2


def test_only_finite_numbers_count():
    assert limits([np.array([np.nan, 1.0, np.inf, 3.0])]) == limits([np.array([1.0, 3.0])])
    assert limits([np.array([np.nan, np.inf])]) == limits([])


@pytest.mark.parametrize("constant", [0.0, 5.0, -1e9, 1e-9])
def test_a_constant_is_inside(constant):
    low, high = limits([np.full(9, constant)])
    assert low < constant < high


def test_no_line_is_drawn_through_a_pole():
    curve = np.array([0.0, 5.0, -5.0, 0.0, 0.5, 2.0])
    np.testing.assert_array_equal(broken(curve, -1, 1), [0.0, 5.0, np.nan, 0.0, 0.5, 2.0])
    assert np.isnan(broken(1 / X, -2, 2)).sum() == 1


# -- errors --------------------------------------------------------------------------------------------------------


def test_without_matplotlib(fails, monkeypatch, tmp_path):
    for name in ["matplotlib", "matplotlib.figure", "matplotlib.layout_engine"]:
        monkeypatch.setitem(sys.modules, name, None)
    assert 'pip install "dezero-nth[viz]"' in fails("plot", "x**2", "-o", str(tmp_path / "a.png"), code=1)


@pytest.mark.parametrize("expression", ["sqrt(-1 - x**2)", "1/(0*x)", "log(x - 9)"])
def test_a_function_that_is_nowhere_finite(fails, tmp_path, expression):
    path = tmp_path / "a.png"
    message = f"{expression} is finite nowhere in -5:5:400: there is nothing to plot"
    assert fails("plot", expression, "-o", str(path), code=1) == message
    assert not path.exists()


def test_a_folder_that_is_not_there(fails, tmp_path):
    path = tmp_path / "no" / "a.png"
    message = f"-o {path}: there is no folder {path.parent}; make it first"
    assert fails("plot", "x**2", "-o", str(path), code=1) == message


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["x"], "the following arguments are required: -o/--output"),
        (["x", "-o", "a.jpg"], "-o a.jpg: the suffix must be one of .png, .svg, .pdf"),
        (["x*y", "-o", "a.png"], "plot takes one variable, the expression has x, y"),
        (["x", "-o", "a.png", "--at", "2"], "--at 2: a plot needs a range such as -5:5:400"),
        (["x", "-o", "a.png", "--at", "0:1:1"], "--at 0:1:1: a plot needs a range such as -5:5:400"),
        (["x", "-o", "a.png", "--order", "-2"], "argument --order: '-2' is not an order"),
    ],
)
def test_usage_errors(fails, argv, message):
    assert fails("plot", *argv).startswith(message)
