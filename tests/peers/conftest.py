"""Settings for the comparison with other libraries: these, and nothing of theirs, may warn."""

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def quiet():
    """Samples lie at edges too, where nan and inf are values like any other."""
    with np.errstate(all="ignore"):
        yield


def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.filterwarnings("ignore"))
