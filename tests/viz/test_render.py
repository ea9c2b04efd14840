"""Files of every format, through pygraphviz or the program `dot`, and never through a shell."""

import os
import subprocess
import sys

import numpy as np
import pytest

from dezero import Variable
from dezero.viz import render, svg, to_dot, to_mermaid


@pytest.fixture
def output():
    return {"y": 2 * Variable(np.array(3.0), name="x")}


@pytest.mark.parametrize(
    ("suffix", "start"), [("svg", b"<?xml"), ("png", b"\x89PNG\r\n"), ("pdf", b"%PDF-"), ("SVG", b"<?xml")]
)
def test_drawn_formats(tmp_path, output, suffix, start):
    pytest.importorskip("pygraphviz")
    path = render(output, tmp_path / f"graph.{suffix}")
    assert path == tmp_path / f"graph.{suffix}"
    assert path.read_bytes().startswith(start)


@pytest.mark.parametrize(("suffix", "text"), [("dot", to_dot), ("gv", to_dot), ("mmd", to_mermaid)])
def test_written_formats(tmp_path, output, suffix, text):
    path = render(output, str(tmp_path / f"graph.{suffix}"), verbose=True)
    assert path.read_text(encoding="utf-8") == text(output, verbose=True)


@pytest.mark.parametrize("name", ["graph.jpg", "graph", ".svg", "graph.svg.bak"])
def test_other_suffixes_are_refused_before_anything_is_written(tmp_path, output, name):
    with pytest.raises(ValueError, match=r"\.svg, \.png, \.pdf, \.dot, \.gv, \.mmd"):
        render(output, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_pygraphviz_draws_inside_the_process(monkeypatch, tmp_path, output):
    pytest.importorskip("pygraphviz")

    def forbidden(*args, **kwargs):
        raise AssertionError(f"a process was started: {args}")

    for owner, name in [(subprocess, "Popen"), (os, "system"), (os, "popen")]:
        monkeypatch.setattr(owner, name, forbidden)
    monkeypatch.setenv("PATH", "")
    assert "<svg" in svg(output)


@pytest.fixture
def without_pygraphviz(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    folder = tmp_path / "bin with blanks; and $signs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def program(folder, body):
    path = folder / "dot"
    path.write_text(f"#!{sys.executable}\nimport sys\n{body}")
    path.chmod(0o755)


posix = pytest.mark.skipif(os.name != "posix", reason="the stand-in for dot is a script with a #! line")


@posix
def test_dot_on_path_gets_the_graph_on_its_input(without_pygraphviz, tmp_path, output):
    program(without_pygraphviz, "sys.stdout.write(' '.join(sys.argv[1:]) + '|' + sys.stdin.read())")
    assert render(output, tmp_path / "a.png").read_text(encoding="utf-8") == "-Tpng -Gdpi=144|" + to_dot(output)
    assert svg(output) == "-Tsvg|" + to_dot(output)


@posix
@pytest.mark.parametrize(
    ("body", "message"),
    [("sys.stderr.write('no such format'); sys.exit(1)", "no such format"), ("sys.exit(3)", "exit status 3")],
)
def test_a_failing_dot_is_reported_and_no_file_is_left(without_pygraphviz, tmp_path, output, body, message):
    program(without_pygraphviz, body)
    with pytest.raises(RuntimeError, match=message):
        render(output, tmp_path / "a.svg")
    assert not (tmp_path / "a.svg").exists()


def test_without_graphviz_the_error_names_the_extra(without_pygraphviz, tmp_path, output):
    with pytest.raises(ImportError, match=r'pip install "dezero-nth\[viz\]"'):
        render(output, tmp_path / "a.svg")
    assert not (tmp_path / "a.svg").exists()


def test_a_failing_pygraphviz_is_reported(monkeypatch, output):
    pygraphviz = pytest.importorskip("pygraphviz")

    def draw(*args, **kwargs):
        raise ValueError("no layout")

    monkeypatch.setattr(pygraphviz.AGraph, "draw", draw)
    with pytest.raises(RuntimeError, match="no layout"):
        svg(output)
