"""What is shown on standard error."""

import io
import sys

import numpy as np
import pytest

import dezero.functions as F
from dezero import layers, optimizers
from dezero.training import Trainer

X = np.array([[-1.0], [1.0]])


def fit(progress, batches=((X, 3 * X),) * 2, epochs=2, **options):
    model = layers.Linear(1, in_size=1, dtype=np.float64, rng=np.random.default_rng(0))
    optimizer = optimizers.SGD(0.1).setup(model)
    return Trainer(model, optimizer, F.mean_squared_error, progress=progress).fit(batches, epochs, **options)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_line_for_each_epoch_where_there_is_no_terminal(capsys):
    history = fit(None, validation=[(X, X)])
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        f"epoch {row['epoch']}/2: loss {row['loss']:.4g}, test_loss {row['test_loss']:.4g}" for row in history
    ]


@pytest.mark.parametrize("progress", [True, None])
def test_a_bar_at_a_terminal(monkeypatch, progress):
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    history = fit(progress, validation=[(X, X)])
    shown = terminal.getvalue()
    assert "epoch 1/2: 100%" in shown
    assert f"loss {history[1]['loss']:.4g}, test_loss {history[1]['test_loss']:.4g}" in shown
    assert "2/2 [" in shown


def test_a_bar_where_it_is_asked_for_without_a_terminal(capsys):
    fit(True)
    assert "epoch 2/2: 100%" in capsys.readouterr().err


def test_a_loader_without_length_is_counted(capsys):
    fit(True, batches=iter([(X, X)] * 3), epochs=1)
    assert "epoch 1/1: 3batch" in capsys.readouterr().err


def test_lines_where_tqdm_is_missing(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    fit(True)
    assert [line.split(":")[0] for line in capsys.readouterr().err.splitlines()] == ["epoch 1/2", "epoch 2/2"]


def test_silence(capsys):
    fit(False)
    assert capsys.readouterr() == ("", "")


def test_a_bar_is_closed_by_an_error(monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with pytest.raises(FloatingPointError):
        fit(True, batches=[(X, X), (X, X * np.nan)])
    assert terminal.getvalue().endswith("\n")
    assert "1/2 [" in terminal.getvalue()
