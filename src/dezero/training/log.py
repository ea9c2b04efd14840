"""A log of JSON lines: one object for each epoch and, where asked for, one for every so many steps."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from dezero.io.atomic import replacing

Row = dict[str, Any]


def read_log(path: str | PathLike[str]) -> list[Row]:
    """The rows of a log, oldest first; a last line that was cut off while it was written is left out.

    Raises FileNotFoundError, and ValueError, naming the line, for one that is no JSON object.
    """
    # The rest after the last line break may be cut off: it counts if it parses.
    *lines, rest = Path(path).read_bytes().split(b"\n")
    rows = [_row(line, f"{path}, line {n}") for n, line in enumerate(lines, 1)]
    try:
        return [*rows, _row(rest, "")]
    except ValueError:
        return rows


def _row(line: bytes, where: str) -> Row:
    try:
        row = json.loads(line)
    except ValueError as error:  # UnicodeDecodeError is one
        raise ValueError(f"{where}: no JSON; is this a log that a Trainer wrote?") from error
    if not isinstance(row, dict):
        raise ValueError(f"{where}: {type(row).__name__} where an object is expected")
    return row


class Log:
    """Writes rows to a file whose name ends in .jsonl; path None: no file. Numbers that are not finite become null."""

    def __init__(self, path: str | PathLike[str] | None) -> None:
        self.path = None if path is None else Path(path)
        if self.path is not None and self.path.suffix != ".jsonl":  # a run begins by emptying the file
            raise ValueError(f"Trainer: log={str(path)!r}: the log's name must end in .jsonl")

    def check(self) -> None:
        """ValueError, naming the line, for a file that no run can go on with."""
        if self.path is not None and self.path.exists():
            for n, row in enumerate(read_log(self.path), 1):
                counts = [row.get("step"), *([row["epoch"]] if "epoch" in row else [])]
                if not all([type(count) is int for count in counts]):
                    raise ValueError(
                        f"{self.path}, line {n}: no whole numbers as step and epoch; is it a Trainer's log?"
                    )

    def start(self, history: Sequence[Row], step: int) -> None:
        """Rewrite the file: it keeps the epochs in `history` and the steps up to `step`, and nothing later."""
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        old = read_log(self.path) if step and self.path.exists() else []
        kept = [row for row in old if (row["epoch"] <= len(history) if "epoch" in row else row["step"] <= step)]
        told = {row.get("epoch") for row in kept}
        rows = sorted(kept + [row for row in history if row["epoch"] not in told], key=lambda row: row["step"])
        with replacing(self.path, alone=True) as temporary:
            temporary.write_text("".join(map(_line, rows)))

    def write(self, row: Mapping[str, object]) -> None:
        """Append a row; it is with the operating system when this returns, and survives a killed process."""
        if self.path is not None:
            with open(self.path, "a") as file:
                file.write(_line(row))


def _line(row: Mapping[str, object]) -> str:
    return json.dumps(dict(_finite(row.items())), allow_nan=False) + "\n"


def _finite(items: Iterable[tuple[str, object]]) -> Iterable[tuple[str, object]]:
    return ((key, None if isinstance(value, float) and not math.isfinite(value) else value) for key, value in items)
