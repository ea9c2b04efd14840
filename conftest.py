"""Examples in docstrings may use np and Variable."""

import numpy as np
import pytest

from dezero import Variable


@pytest.fixture(autouse=True)
def names_of_examples(doctest_namespace):
    doctest_namespace.update(np=np, Variable=Variable)
