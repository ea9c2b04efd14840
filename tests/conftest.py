"""Settings of the whole suite, and a stand-in for CuPy."""

import os
import sys
from types import ModuleType, SimpleNamespace

import pytest
from hypothesis import settings

# No deadline, since a test must not depend on the machine's speed; in CI the same examples on every run.
settings.register_profile("dezero", deadline=None)
settings.register_profile("dezero-ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("dezero-ci" if os.environ.get("CI") else "dezero")

# Comparisons with other frameworks run on demand: `make peers` installs those and sets the variable.
PEERS = os.environ.get("DEZERO_PEERS") == "1"
collect_ignore = [] if PEERS else ["peers", "programs/peer.py"]


def pytest_report_header() -> list[str]:
    return [] if PEERS else ["comparisons with other frameworks are left out: make peers runs them"]


# Plots go to files: no test opens a window.
os.environ.setdefault("MPLBACKEND", "Agg")


class DeviceArray:
    """What the library may know of a cupy.ndarray is its type; the data is on the host."""

    def __init__(self, host):
        self.host = host


@pytest.fixture
def cupy(monkeypatch):
    """A module in CuPy's place, which sees one device."""
    module = ModuleType("cupy")
    module.ndarray = module.asarray = DeviceArray
    module.asnumpy = lambda x: x.host
    module.cuda = SimpleNamespace(is_available=lambda: True)
    monkeypatch.setitem(sys.modules, "cupy", module)
    return module


@pytest.fixture
def no_cupy(monkeypatch):
    """Importing CuPy fails, installed or not."""
    monkeypatch.setitem(sys.modules, "cupy", None)
