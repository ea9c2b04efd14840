"""DeZero: derivatives of any order, define-by-run."""

from dezero import functions
from dezero.core import (
    Config,
    Function,
    GraphError,
    Parameter,
    UnsupportedOperation,
    Variable,
    as_array,
    as_variable,
    gradients,
    no_grad,
    setup_variable,
    test_mode,
    using_config,
)

__version__ = "0.1.0"
