"""`dezero plot`: a function with its derivatives over a range."""

from __future__ import annotations

import argparse
import os
import textwrap
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dezero.cli.derivatives import directions, names_of, tabulate
from dezero.cli.errors import CommandFailed, UsageError
from dezero.cli.expression import parse
from dezero.cli.output import check_folder
from dezero.cli.points import points

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = (".png", ".svg", ".pdf")
COLOURS = ("#1b4f8a", "#d1603d", "#3f8f5f", "#8a5aa8", "#c79a2b", "#4aa3b5", "#a33b5e", "#6b7280")
INK, FAINT = "#26323f", "#e3e7ec"
Curve = NDArray[np.float64]


def plot(arguments: argparse.Namespace) -> None:
    """Draw f, f', f'', ... into a file whose suffix names the format."""
    if Path(arguments.output).suffix.lower() not in FORMATS:
        raise UsageError(f"-o {arguments.output}: the suffix must be one of {', '.join(FORMATS)}")
    check_folder(arguments.output)
    expression = parse(arguments.expression)
    if len(expression.variables) > 1:
        raise UsageError(f"plot takes one variable, the expression has {', '.join(expression.variables)}")
    along = directions(expression, None, arguments.order)
    ((name, x),) = points(arguments.at, expression).items()
    if x.size < 2:
        raise UsageError(f"--at {arguments.at}: a plot needs a range such as -5:5:400")
    curves = tabulate(expression, {name: x}, along)
    if not np.isfinite(curves[0]).any():
        raise CommandFailed(f"{expression.text} is finite nowhere in {arguments.at}: there is nothing to plot")
    save(draw(x, curves, names_of(expression, along), name, expression.text), arguments.output)
    print(f"wrote {arguments.output}")


def draw(x: Curve, curves: Sequence[Curve], names: Sequence[str], variable: str, title: str) -> Figure:
    """Return a matplotlib Figure of the curves over `x`, all of shape (n,), without pyplot and its state.

    Raises ImportError where matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
        from matplotlib.layout_engine import ConstrainedLayoutEngine
    except ImportError:
        raise ImportError('plots need matplotlib: run pip install "dezero-nth[viz]"') from None
    figure = Figure(figsize=(8, 5), dpi=150, layout=ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.1))
    axes = figure.add_subplot()
    low, high = limits(curves)
    for n, (curve, name) in enumerate(zip(curves, names, strict=True)):
        (line,) = axes.plot(x, broken(curve, low, high), label=name, color=COLOURS[n % len(COLOURS)])
        line.set(linewidth=1.5 if n else 2.4, zorder=3 - 0.01 * n, linestyle="-" if n < len(COLOURS) else "--")
    axes.set_ylim(low, high)
    axes.set_xlim(np.min(x), np.max(x))
    axes.set_title("\n".join(textwrap.wrap(title, 80)[:3]), parse_math=False, color=INK, fontsize=13, pad=10)
    axes.set_xlabel(variable, parse_math=False, color=INK)
    axes.grid(color=FAINT, linewidth=0.8)
    axes.axhline(0, color="#9aa5b1", linewidth=0.9, zorder=1.5)
    axes.set_axisbelow(True)
    axes.tick_params(color=FAINT, labelcolor=INK)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color("#c3cad3")
    figure.legend(loc="outside right upper", frameon=False, labelcolor=INK)
    return figure


def save(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write the figure in the format that the suffix names."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")  # a script the font lacks
        figure.savefig(path)


def limits(curves: Sequence[Curve]) -> tuple[float, float]:
    """Return y-limits that show every curve without poles, and of those with poles the bulk of the first one.

    A curve is taken to have poles where its middle 90 % fill less than a third of its range; its bulk is then
    what Tukey's fences leave, 1.5 interquartile ranges beyond the quartiles (Exploratory Data Analysis,
    1977, chapter 2).
    """
    spans: list[tuple[float, float]] = []
    wild: tuple[float, float] | None = None
    for curve in curves:
        finite = curve[np.isfinite(curve)]
        if not finite.size:
            continue
        lowest, q05, q25, q75, q95, highest = np.percentile(finite, [0, 5, 25, 75, 95, 100])
        if highest - lowest <= 3 * (q95 - q05) or q95 == q05:
            spans.append((lowest, highest))
        elif wild is None:
            reach = 1.5 * (q75 - q25)
            wild = max(lowest, q25 - reach), min(highest, q75 + reach)
    spans += [wild] if wild else []
    low, high = min((low for low, _ in spans), default=-1.0), max((high for _, high in spans), default=1.0)
    margin = 0.06 * (high - low) or max(1.0, 0.1 * abs(high))
    return float(low - margin), float(high + margin)


def broken(curve: Curve, low: float, high: float) -> Curve:
    """Return the curve cut where it leaps over the whole picture, so that no line is drawn through a pole."""
    leaps = (np.minimum(curve[1:], curve[:-1]) < low) & (np.maximum(curve[1:], curve[:-1]) > high)
    return np.where(np.append(False, leaps), np.nan, curve)
