"""Examples in docstrings may use np, Variable and dezero."""

import numpy as np
import pytest

import dezero


@pytest.fixture(autouse=True)
def names_of_examples(doctest_namespace):
    doctest_namespace.update(np=np, Variable=dezero.Variable, dezero=dezero)
