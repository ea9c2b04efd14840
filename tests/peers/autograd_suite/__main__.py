"""Runs autograd's tests against DeZero: `python -m tests.peers.autograd_suite build/autograd-1.9.1/tests`.

Tests of what only autograd has are left out by name, with the reason; each name must still be there.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.peers.autograd_suite.left_out import FILES, TESTS
from tests.peers.autograd_suite.shim import install


class LeaveOut:
    """Takes out the tests that do not apply, and says so."""

    def __init__(self) -> None:
        self.left: list[str] = []

    def pytest_collection_modifyitems(self, config: Any, items: list[Any]) -> None:
        out = [item for item in items if (item.path.name, item.originalname) in TESTS]
        missing = set(TESTS) - {(item.path.name, item.originalname) for item in items}
        missing = {test for test in missing if test[0] in {item.path.name for item in items}}
        if missing:
            raise pytest.UsageError(f"tests/peers/autograd_suite/left_out.py names tests that are not there: {missing}")
        self.left = [f"{item.path.name}::{item.name}: {TESTS[item.path.name, item.originalname]}" for item in out]
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in out]

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        terminalreporter.section("left out, by name")
        for line in [f"{name}: {why}" for name, why in FILES.items()] + self.left:
            terminalreporter.write_line(line)


def main(argv: Sequence[str]) -> int:
    """Runs the tests in the folder, or those files of it that are named."""
    folder, *wanted = argv
    files = sorted(
        p for p in Path(folder).glob("test_*.py") if p.name not in FILES and (not wanted or p.name in wanted)
    )
    if not files:
        print(f"{folder}: no tests there", file=sys.stderr)
        return 2
    install()
    sys.path.insert(0, folder)
    options = [
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:doctest",
        "-W",
        "ignore",
        "--rootdir",
        folder,
        "-c",
        "/dev/null",
    ]
    return int(pytest.main([*options, *map(str, files)], plugins=[LeaveOut()]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
