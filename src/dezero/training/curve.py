"""Learning curves as a picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from dezero.io.atomic import replacing
from dezero.training.log import Row, read_log

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TRAIN, TEST, INK, FAINT = "#1b4f8a", "#d1603d", "#26323f", "#e3e7ec"
FORMATS = (".png", ".svg", ".pdf")


def plot_curves(history: Sequence[Row] | str | PathLike[str], path: str | PathLike[str]) -> Path:
    """Draw the loss and each metric over the epochs, training and test in one panel, and return the picture's path.

    history: what `Trainer.fit` returned, or the path of its log. path: ends in .png, .svg or .pdf. An axis on which
    the values span more than two decades is logarithmic. ValueError for a history without epochs, ImportError where
    matplotlib (extra "viz") is missing.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     plot_curves([{"epoch": n, "step": n, "loss": 1 / n} for n in (1, 2, 3)], f"{folder}/curve.png").name
    'curve.png'
    """
    path = Path(path)
    if path.suffix.lower() not in FORMATS:
        raise ValueError(f"plot_curves: {path}: the suffix must be one of {', '.join(FORMATS)}")
    figure = draw(read_log(history) if isinstance(history, str | PathLike) else history)
    with replacing(path) as temporary:
        figure.savefig(temporary, format=path.suffix[1:].lower())
    return path


def draw(history: Sequence[Row]) -> Figure:
    """Return the matplotlib Figure of `plot_curves`, made without pyplot and its state."""
    rows = [row for row in history if "epoch" in row]
    if not rows:
        raise ValueError("plot_curves: the history has no epoch yet; train for one first")
    try:
        from matplotlib.figure import Figure
        from matplotlib.layout_engine import ConstrainedLayoutEngine
    except ImportError as error:
        raise ImportError('plot_curves needs matplotlib; run pip install "dezero-nth[viz]"') from error
    names = list(dict.fromkeys(name.removeprefix("test_") for row in rows for name in row))
    names = [name for name in names if name not in ("epoch", "step", "seconds")]
    wide = min(len(names), 3)
    high = math.ceil(len(names) / wide)
    figure = Figure(figsize=(5 * wide, 3.6 * high), dpi=150, layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.1))
    for n, name in enumerate(names, 1):
        _panel(figure.add_subplot(high, wide, n), rows, name)
    return figure


def _panel(axes: Axes, rows: Sequence[Row], name: str) -> None:
    """One quantity: a line for training and one for test, each labelled with its last value."""
    from matplotlib.ticker import MaxNLocator

    values: list[float] = []
    for column, label, colour in ((name, "train", TRAIN), (f"test_{name}", "test", TEST)):
        points = [(row["epoch"], row[column]) for row in rows if row.get(column) is not None]
        points = [(epoch, value) for epoch, value in points if math.isfinite(value)]
        if points:
            axes.plot(
                *zip(*points, strict=True),
                color=colour,
                linewidth=1.8,
                marker="o" if len(points) < 16 else "",
                markersize=3.5,
                label=f"{label}, last {points[-1][1]:.4g}",
            )
            values += [value for _, value in points]
    if values and min(values) > 0 and max(values) > 100 * min(values):
        axes.set_yscale("log")
    axes.set_xlabel("epoch", color=INK)
    axes.set_ylabel(name, color=INK)
    axes.xaxis.set_major_locator(MaxNLocator(steps=[1, 2, 5, 10], integer=True))
    axes.grid(color=FAINT, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(color=FAINT, labelcolor=INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("#c3cad3")
    if values:
        axes.legend(frameon=False, labelcolor=INK)
