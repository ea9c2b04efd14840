"""What README.md shows is what happens, and all of it can be pasted into Python."""

import code
import contextlib
import io
import math
import re
import shlex
import tokenize
from pathlib import Path

import numpy as np
import pytest
import scipy.optimize

import dezero
import dezero.functions as F
from dezero.cli import main

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", README, re.M | re.S)
ROWS = re.findall(
    r"^\| (.+) \| (`.+`.*) \|$", README.partition("## What people ask for")[2].partition("\n## ")[0], re.M
)
COMMANDS = re.findall(r"^    (dezero .*)$", README, re.M)


def promised(block):
    """The comments on the lines that print."""
    lines = block.splitlines()
    comments = [t for t in tokenize.generate_tokens(io.StringIO(block).readline) if t.type == tokenize.COMMENT]
    return [t.string.removeprefix("# ") for t in comments if lines[t.start[0] - 1].lstrip().startswith("print(")]


def printed(block):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(compile(block, "README.md", "exec"), {"__name__": "readme"})
    return out.getvalue().splitlines()


def test_there_are_blocks_to_run_and_the_first_can_be_pasted():
    assert len(BLOCKS) >= 3
    assert ">>>" not in README  # a prompt cannot be pasted
    assert README.partition("```python\n")[2].startswith(BLOCKS[0])


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_a_block_prints_what_its_comments_say(block):
    assert promised(block) != []
    assert printed(block) == promised(block)


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_a_block_can_be_pasted_into_an_interactive_session(block, capsys):
    console = code.InteractiveConsole({"__name__": "__console__"})
    waiting = False
    for line in block.splitlines():
        waiting = console.push(line)
    found = capsys.readouterr()
    assert found.err == ""
    assert found.out.splitlines() == promised(block)
    assert not waiting


def test_what_a_forgotten_cleargrad_prints():
    without = BLOCKS[0].replace("x.cleargrad()\n", "")
    assert without != BLOCKS[0]
    assert printed(without)[-1] == "variable(68.0)"
    assert "would print 68, which is 24 + 44" in README


@pytest.mark.parametrize(("what", "cell"), ROWS, ids=[what for what, _ in ROWS])
def test_what_people_ask_for(what, cell):
    def f(x, t=0.0):
        return F.sum(x**4)

    variable = dezero.Variable(np.array(2.0))
    x, y0, v = np.array([1.0, 2.0]), 0.5, np.array([1.0, 0.0])
    for expression in re.findall("`([^`]+)`", cell):
        names = {
            "dezero": dezero,
            "scipy": scipy,
            "f": f,
            "x": x,
            "xs": np.ones((3, 2)),
            "v": v,
            "y0": y0,
            "p": variable,
        }
        if expression.startswith("y.") or "(y" in expression:
            moved = dezero.Variable(x) if "partials" in expression else variable
            names |= {"x": moved, "y": f(moved)}
        assert eval(expression, names) is not None


def test_the_table_of_what_people_ask_for_was_found():
    assert len(ROWS) >= 9


def test_the_gradient_of_a_complex_number():
    z = dezero.Variable(np.array(1 + 2j))
    assert dezero.gradients(F.real(z * F.conj(z)), z)[0].item() == 2 * (1 + 2j)
    assert dezero.gradients(z * z, z)[0].item() == dezero.gradients(F.real(z * z), z)[0].item() == 2 - 4j


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_runs(command, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(shlex.split(command, comments=True)[1:]) == 0
    printed = capsys.readouterr()
    assert printed.out != ""
    assert printed.err == ""


def test_every_command_is_shown():
    assert {command.split()[1] for command in COMMANDS} == {"bench", "diff", "newton", "graph", "plot"}


def squares():
    x = dezero.Variable(np.array([1.0, 2.0]))
    return x, x * x


def test_the_mistakes_that_raise():
    x, y = squares()
    x.data += 1
    with pytest.raises(dezero.GraphError, match="rebound"):
        y.backward()
    x, y = squares()
    y.data = np.ones(2)
    with pytest.raises(dezero.GraphError, match="rebound"):
        y.sum().backward()
    with dezero.no_grad():
        x, y = squares()
    with pytest.raises(dezero.GraphError, match="no_grad"):
        y.backward()
    x, y = squares()
    with pytest.raises(TypeError, match="assigned"):
        x[0] = 1
    array = np.ones(2)
    with pytest.raises(TypeError, match="written into an array"):
        array += y
    with pytest.raises(dezero.GraphError, match="lose its derivative"):
        np.asarray(y)
    assert np.asarray(F.sum(np.ones(2))) == 2
    for bad in ([1.0], 1.0):
        with pytest.raises(TypeError, match="not supported"):
            dezero.Variable(bad)


def test_the_mistakes_that_nothing_can_notice():
    x, y = squares()
    x.data[0] = 100
    y.backward()
    assert x.grad.tolist() == [200.0, 4.0]
    x, y = squares()
    y.backward()
    y.backward()
    assert x.grad.tolist() == [4.0, 8.0]
    x = dezero.Variable(np.array(3.0))
    assert dezero.gradients(float(x) * x, x)[0].item() == 3.0
    array = np.zeros(1)
    array[0] = x * x
    assert array.tolist() == [9.0]
    with pytest.warns(dezero.GraphWarning, match=r"math\.exp"):
        dezero.grad(lambda x: x * math.exp(x))(2.0)
    with pytest.raises(ValueError, match="setting an array element"):
        dezero.grad(lambda x: array.__setitem__(0, x))(2.0)
    x = dezero.Variable(np.array([200], np.uint8))
    assert (x * 2).data == 144
    assert dezero.gradients((x * 2) ** 2, x)[0].data == 8 * 200
    assert dezero.vjp(lambda x: x * 2, x.data)[0].data == 400
    assert dezero.gradients(x, dezero.Variable(np.array(1.0)))[0].item() == 0.0
    assert dezero.gradients(x, dezero.Variable(np.array(1.0)), unused="none") == (None,)


def test_the_links_lead_somewhere():
    root = Path(__file__).parents[1]
    links = re.findall(r"\]\(([^):]+)\)", README)
    assert "docs/how.md" in links
    assert [link for link in links if not (root / link).exists()] == []


def test_the_picture_has_the_colours_that_are_named():
    from dezero.viz.dot import COLOURS

    drawn = (Path(__file__).parents[1] / "docs/images/tanh-order-3.svg").read_text(encoding="utf-8")
    assert all(fill in drawn for fill, _ in COLOURS.values())


def test_it_stays_short():
    generated = re.search(r"<!-- benchmarks -->.*<!-- /benchmarks -->", README, re.S)
    assert len(README.replace(generated[0], "").splitlines()) < 270
