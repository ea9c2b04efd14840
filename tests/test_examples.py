"""The examples run, print what they reached, and fail where that is above their bound."""

import importlib.util
import sys
from pathlib import Path

import numpy as np

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def load(name):
    spec = importlib.util.spec_from_file_location(f"examples_{name}", EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(name, monkeypatch, *arguments):
    module = load(name)
    monkeypatch.setattr(sys, "argv", [name, *arguments])
    return module.main()


def test_burgers_with_few_steps_says_that_it_is_not_there_yet(monkeypatch, capsys, tmp_path):
    file = tmp_path / "burgers.png"
    assert run("burgers", monkeypatch, "--steps", "3", "--output", str(file)) == 1
    assert "relative L2 error" in capsys.readouterr().out
    assert file.read_bytes().startswith(b"\x89PNG")


def test_beam_reaches_its_bound_and_fails_above_it(monkeypatch, capsys):
    assert run("beam", monkeypatch, "--steps", "60") == 0
    assert run("beam", monkeypatch, "--steps", "1") == 1
    assert "largest deflection 0.03399" in capsys.readouterr().out.splitlines()[1]


def test_the_references_solve_their_equations():
    beam = load("beam")
    x = np.polynomial.Polynomial([0, 1])
    u = beam.exact(x)
    np.testing.assert_allclose((u.deriv(4) - beam.load(x)).coef, 0, atol=1e-12)
    np.testing.assert_allclose([u(0), u(1), u.deriv()(0), u.deriv()(1)], 0, atol=1e-12)

    burgers = load("burgers")
    t, x, h = np.full(5, 0.3), np.array([-0.9, -0.5, 0.2, 0.4, 0.8]), 1e-3
    u = burgers.exact(t, x)
    u_t = (burgers.exact(t + h, x) - burgers.exact(t - h, x)) / (2 * h)
    after, before = burgers.exact(t, x + h), burgers.exact(t, x - h)
    left = u_t + u * (after - before) / (2 * h) - burgers.NU * (after - 2 * u + before) / h**2
    np.testing.assert_allclose(left, 0, atol=1e-3)
    x = np.array([-0.5, 0.1, 0.7])
    np.testing.assert_allclose(burgers.exact(np.full(3, 1e-6), x), -np.sin(np.pi * x), atol=1e-4)
