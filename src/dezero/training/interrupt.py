"""Ctrl-C, put off until the state of a run is consistent."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType


class LaterInterrupt:
    """Inside the block, Ctrl-C sets `.asked` and is raised as KeyboardInterrupt when the block ends; a second at once.

    Nothing is changed where SIGINT has another handler than Python's own, or outside the main thread.
    """

    asked = False

    def __enter__(self) -> LaterInterrupt:
        self._ours = (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        )
        if self._ours:
            signal.signal(signal.SIGINT, self._ask)
        return self

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        if self.asked and error is None:
            raise KeyboardInterrupt
