"""Certifying operations: values and derivatives of every order, in every reading, against independent references."""

from dezero.testing.cases import CONDITIONS, READINGS, Bools, Case, Normal, Reals
from dezero.testing.certificate import Certificate, Failure
from dezero.testing.certify import certify
from dezero.testing.conditions import operations_of
from dezero.testing.run import FULL, QUICK, Effort
from dezero.testing.runner import check, load, main
from dezero.testing.table import claims, overclaimed, table

__all__ = [
    "CONDITIONS",
    "FULL",
    "QUICK",
    "READINGS",
    "Bools",
    "Case",
    "Certificate",
    "Effort",
    "Failure",
    "Normal",
    "Reals",
    "certify",
    "check",
    "claims",
    "load",
    "main",
    "operations_of",
    "overclaimed",
    "table",
]
