"""The command line as a whole, in this process and as a process of its own."""

import importlib.metadata
import os
import subprocess
import sys

import pytest

import dezero as package
from dezero.cli import main
from dezero.cli.expression import FUNCTIONS


def process(*argv, **options):
    return subprocess.run(
        [sys.executable, "-m", "dezero.cli", *argv], capture_output=True, text=True, timeout=120, **options
    )


@pytest.mark.parametrize("argv", [[], ["--help"], ["-h"]])
def test_help(dezero, argv):
    code, out, err = dezero(*argv)
    assert (code, err) == (0, "")
    assert all(command in out for command in ["diff", "newton", "graph", "plot"])
    assert all(name in out for name in FUNCTIONS)


def test_help_of_a_command(dezero):
    code, out, _ = dezero("diff", "--help")
    assert code == 0
    assert all(option in out for option in ["--at", "--order", "--wrt", "--json"])


def test_version(dezero):
    assert dezero("--version") == (0, f"dezero {package.__version__}\n", "")


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["dif", "x"], "argument COMMAND: invalid choice: 'dif'"),
        (["diff", "x", "--at", "1", "--ordr", "2"], "unrecognized arguments: --ordr 2"),
        (["diff", "x", "--at", "1", "--ord", "2"], "unrecognized arguments: --ord 2"),
        (["diff", "x", "y", "--at", "1"], "unrecognized arguments: y"),
        (["--at", "1"], "unrecognized arguments: --at=1"),
    ],
)
def test_usage_errors(fails, argv, message):
    assert message in fails(*argv)


def test_the_entry_point_is_main():
    (script,) = importlib.metadata.entry_points(group="console_scripts", name="dezero")
    assert script.load() is main


@pytest.mark.parametrize("argv", [["diff", "erf(x)", "--at", "1"], ["newton", "erfc(x)", "--from", "erf(1)"]])
def test_without_scipy(argv):
    code = f"import sys; sys.modules['scipy'] = None; from dezero.cli import main; sys.exit(main({argv}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("dezero: ")
    assert "scipy.special is needed" in line
    assert 'pip install "dezero-nth[optimize]"' in line


def test_as_a_process():
    done = process("diff", "x**2", "--at", "-3", "--order", "0")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "f(x) = x**2 at x = -3.0\n\norder     value\n    0  f    9.0\n"
    done = process("diff", "변수 + sine(x)", "--at", "1", encoding="utf-8")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "dezero: there is no function 'sine'; did you mean 'sin'?\n  변수 + sine(x)\n  \u3000\u3000   ^\n"
    )


def test_a_reader_that_leaves_early_is_no_error():
    argv = [sys.executable, "-m", "dezero.cli", "diff", "x", "--at", "0:1:200000"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 1


def test_an_interrupt_leaves_no_traceback(fails, monkeypatch):
    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr("dezero.cli.diff.tabulate", interrupted)
    assert fails("diff", "x", "--at", "1", code=130) == "interrupted"


def test_text_that_the_output_cannot_show_is_shown_by_its_code():
    done = process("diff", "θ**2", "--at", "3", env=os.environ | {"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(r"f(\u03b8) = \u03b8**2 at \u03b8 = 3.0")
