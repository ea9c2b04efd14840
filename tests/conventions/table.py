"""The table of conventions: what a derivative is where mathematics leaves it open, here and in other libraries.

A row is (name, function, point, first, second, note). function(F, *arguments) is written over the operations of `F`;
point is its argument, or a tuple of them. first are the derivatives of the sum of its elements in each argument, second
those of the sum of the first ones; one number or list for one argument, a tuple for several.
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import numpy as np

import dezero.functions
from dezero import Variable, gradients, using_config
from tests.conventions import peers

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "conventions.md"
RECORDED = HERE / "peers.json"
PEERS = ("PyTorch", "JAX", "autograd")
NONE = "none"


def sections():
    """The rows by the heading of their file: its docstring's first line."""
    found = {}
    for path in sorted(HERE.glob("rows_*.py")):
        module = importlib.import_module(f"tests.conventions.{path.stem}")
        found[module.__doc__.split("\n")[0].rstrip(".")] = module.ROWS
    return found


def arguments(point):
    return tuple([np.array(p, float) for p in (point if isinstance(point, tuple) else (point,))])


def as_given(found, point):
    """Derivatives as plain numbers and lists, in a tuple where the point is one."""
    found = tuple([np.asarray(g).tolist() for g in found])
    return found if isinstance(point, tuple) else found[0]


def raw(row):
    leaves = [Variable(a) for a in arguments(row[2])]
    y = row[1](dezero.functions, *leaves)
    return as_given([g.data for g in gradients(dezero.functions.sum(y), leaves)], row[2])


def recorded(row, simplify=True):
    """First and second derivatives, each recorded."""
    with using_config("simplify", simplify), np.errstate(all="ignore"):
        leaves = [Variable(a) for a in arguments(row[2])]
        y, found = dezero.functions.sum(row[1](dezero.functions, *leaves)), []
        for _ in range(2):
            gs = gradients(y, leaves, create_graph=True)
            found.append(as_given([g.data for g in gs], row[2]))
            y = sum([dezero.functions.sum(g) for g in gs])
    return tuple(found)


def others(row, peer):
    """A peer's first derivatives, or that it has no such function or derivative."""
    try:
        return as_given(peers.GRADIENTS[peer](row[1], arguments(row[2])), row[2])
    except (AttributeError, NotImplementedError, RuntimeError, TypeError, KeyError):
        return NONE


def recorded_peers():
    return json.loads(RECORDED.read_text())


def key(row):
    return f"{row[0]} at {shown(row[2])}"


def shown(value):
    """A number as people write it, a list or tuple of them."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        inner = ", ".join([shown(v) for v in value])
        return f"({inner})" if isinstance(value, tuple) else f"[{inner}]"
    text = f"{value:.4g}"
    return "0" if text == "-0" else text


def page():
    known = recorded_peers()
    lines = [
        "# Conventions",
        "",
        "What a derivative is at ties, kinks, jumps and edges, where mathematics leaves it open. Each row is computed",
        "by the tests, which hold this page to what they see; `python -m tests.conventions` writes it. The derivatives",
        "are those of the sum of the result, in each argument; the second ones those of the sum of the first ones. The",
        "other libraries' are first derivatives, recorded from "
        + ", ".join([f"{name} {known['versions'][name]}" for name in PEERS])
        + ".",
        "",
        "The slopes of a piecewise linear function (relu, clip, maximum, max) are constants to its derivatives, at the",
        "kink too, as in PyTorch and JAX. So the second derivative of something smooth that is put together of them is",
        "not seen at the kink itself: `maximum(x, -x)**2` has 0 there, and not the 2 of `x**2`. What is even in its",
        "argument (abs, norm, std) has no second derivative at 0, and says so: nan.",
        "",
    ]
    for heading, rows in sections().items():
        lines += [f"## {heading}", "", "| expression | point | first | second | " + " | ".join(PEERS) + " | |"]
        lines += ["|---" * (5 + len(PEERS)) + "|"]
        for row in rows:
            name, _, point, first, second, note = row
            cells = [f"`{name}`", shown(point), shown(first), shown(second)]
            cells += [shown(known["rows"].get(key(row), {}).get(peer, NONE)) for peer in PEERS]
            lines.append("| " + " | ".join([*cells, note]) + " |")
        lines.append("")
    return "\n".join(lines)
