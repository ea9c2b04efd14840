"""How training is going, on standard error: a bar by tqdm, or a line for each epoch."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any


class Progress:
    """shown: True for a bar (a line where tqdm is missing), False for nothing, None for a bar at a terminal only."""

    def __init__(self, shown: bool | None) -> None:
        self.silent = shown is False
        self.bar: Any = None
        self.tqdm = _tqdm() if shown or (shown is None and sys.stderr.isatty()) else None

    def start(self, title: str, done: int, total: int | None) -> None:
        """An epoch begins, or goes on after `done` batches. total: None where it is not known."""
        self.title = title
        if self.tqdm:
            self.bar = self.tqdm(desc=title, initial=done, total=total, unit="batch", file=sys.stderr, leave=True)

    def step(self, means: Mapping[str, float]) -> None:
        if self.bar is not None:
            self.bar.set_postfix_str(_text(means), refresh=False)
            self.bar.update()

    def finish(self, means: Mapping[str, float]) -> None:
        if self.bar is not None:
            self.bar.set_postfix_str(_text(means))
            self.close()
        elif not self.silent:
            print(f"{self.title}: {_text(means)}", file=sys.stderr, flush=True)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()
            self.bar = None


def _text(means: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in means.items())


def _tqdm() -> Any:
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    return tqdm
