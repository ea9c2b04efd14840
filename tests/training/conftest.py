"""What the tests of training share."""

import os

import pytest

from tests.training import runs


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch):
    """Only a power failure could tell the difference."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture(scope="session")
def unbroken(tmp_path_factory):
    """The run without a break, whose last checkpoint does not depend on how many came before."""
    return runs.whole(tmp_path_factory.mktemp("unbroken"))
