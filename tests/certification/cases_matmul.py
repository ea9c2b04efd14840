"""Cases of dezero.functions.linalg.matmul."""

import numpy as np

import dezero.functions as F
from dezero.testing import Case, Normal

SHAPES = {
    "": [(2, 3), (3, 4)],
    "vectors": [(3,), (3,)],
    "matrix and vector": [(2, 3), (3,)],
    "vector and matrix": [(3,), (3, 2)],
    "one inner element": [(2, 1), (1, 3)],
    "stacks": [(2, 3, 2), (2, 2, 4)],
    "stacks that broadcast": [(2, 1, 3, 2), (3, 2, 4)],
    "stack and vector": [(2, 3, 4), (4,)],
    "vector and stack": [(3,), (2, 3, 4)],
    "stack and matrix": [(2, 3, 4), (4, 2)],
}

CASES = [
    *[Case(F.matmul, Normal(*a), Normal(*b), label=label) for label, (a, b) in SHAPES.items()],
    Case(F.matmul, Normal(3, 3), form=lambda F, a: F.matmul(F.matmul(a, a), a), label="third power"),
    Case(F.dot, Normal(2, 3), Normal(3, 2)),
    Case(F.dot, Normal(3), Normal(3), label="vectors"),
    Case(F.dot, Normal(), Normal(2, 3), label="number"),
    Case(F.linear, Normal(2, 3), Normal(3, 2), Normal(2), like=lambda x, W, b: x @ W + b),
    Case(F.linear, Normal(2, 2, 3), Normal(3, 2), Normal(1), like=lambda x, W, b: x @ W + b, label="one number for b"),
    Case(F.linear_simple, Normal(2, 3), Normal(3, 2), like=np.matmul),
]
