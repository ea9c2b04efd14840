"""Learning curves."""

import math
import os
import sys

import pytest

from dezero.training import plot_curves
from dezero.training.curve import draw
from dezero.training.log import Log

HISTORY = [
    {"epoch": n, "step": 5 * n, "loss": 1 / n, "accuracy": 1 - 1 / n, "test_loss": 2 / n, "test_accuracy": 0.5}
    for n in range(1, 6)
]


def lines(axes):
    return {line.get_label().split(",")[0]: line for line in axes.get_lines()}


def test_loss_and_metrics_each_have_a_panel_with_training_and_test():
    loss, accuracy = draw(HISTORY).axes
    assert (loss.get_xlabel(), loss.get_ylabel(), accuracy.get_ylabel()) == ("epoch", "loss", "accuracy")
    assert list(lines(loss)) == list(lines(accuracy)) == ["train", "test"]
    assert lines(loss)["test"].get_xydata().tolist() == [[n, 2 / n] for n in range(1, 6)]
    assert [text.get_text() for text in loss.get_legend().get_texts()] == ["train, last 0.2", "test, last 0.4"]


def test_what_is_not_finite_or_missing_is_left_out():
    rows = [{"epoch": 1, "loss": 1.0}, {"epoch": 2, "loss": math.nan}, {"epoch": 3, "loss": None}, {"epoch": 4}]
    (axes,) = draw(rows).axes
    assert lines(axes)["train"].get_xydata().tolist() == [[1, 1.0]]
    (axes,) = draw([{"epoch": 1, "loss": math.inf}]).axes
    assert not axes.get_lines()


def test_a_test_column_alone_is_a_line_of_its_metric():
    (axes,) = draw([{"epoch": 1, "test_fid": 3.0}]).axes
    assert (axes.get_ylabel(), list(lines(axes))) == ("fid", ["test"])


@pytest.mark.parametrize(("values", "scale"), [([1.0, 0.02], "linear"), ([1.0, 0.002], "log"), ([1.0, 0.0], "linear")])
def test_values_over_more_than_two_decades_have_a_logarithmic_axis(values, scale):
    (axes,) = draw([{"epoch": n, "loss": value} for n, value in enumerate(values, 1)]).axes
    assert axes.get_yscale() == scale


def test_ticks_of_epochs_are_whole():
    (axes,) = draw([{"epoch": n, "loss": 1.0} for n in (1, 2)]).axes
    assert all(tick == int(tick) for tick in axes.get_xticks())


@pytest.mark.parametrize(("name", "start"), [("a.png", b"\x89PNG"), ("a.svg", b"<?xml"), ("a.PDF", b"%PDF")])
def test_the_suffix_names_the_format(tmp_path, name, start):
    assert plot_curves(HISTORY, tmp_path / name) == tmp_path / name
    assert (tmp_path / name).read_bytes().startswith(start)
    assert os.listdir(tmp_path) == [name]


def test_a_log_draws_the_same_as_its_history(tmp_path):
    log = Log(tmp_path / "log.jsonl")
    log.start([], 0)
    for row in HISTORY:
        log.write({"step": row["step"], "loss": 9.0})  # a step's line is no epoch
        log.write(row | {"seconds": 0.5})
    plot_curves(log.path, tmp_path / "log.png")
    plot_curves(HISTORY, tmp_path / "history.png")
    assert (tmp_path / "log.png").read_bytes() == (tmp_path / "history.png").read_bytes()


def test_bad_arguments_are_told(tmp_path):
    with pytest.raises(ValueError, match=r"no epoch yet"):
        plot_curves([], tmp_path / "a.png")
    with pytest.raises(ValueError, match=r"a\.gif: the suffix must be one of \.png, \.svg, \.pdf"):
        plot_curves(HISTORY, tmp_path / "a.gif")
    assert not os.listdir(tmp_path)


def test_a_missing_matplotlib_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r'pip install "dezero-nth\[viz\]"'):
        plot_curves(HISTORY, tmp_path / "a.png")
