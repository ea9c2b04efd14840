"""Cases of dezero.functions.linalg.sparse_products."""

import numpy as np
from scipy.sparse import csr_array

from dezero.functions.linalg.sparse_products import sparse_product
from dezero.testing import Case, Normal

DENSE = np.array([[1.0, 0.0, -2.0], [0.0, 0.5, 0.0]])


def sparse(x):
    return csr_array(DENSE.astype(x.dtype if x.dtype.kind in "fc" else float))


CASES = [
    Case(sparse_product, Normal(3), call=lambda x: sparse(x) @ x, like=lambda x: DENSE @ x),
    Case(sparse_product, Normal(3, 2), call=lambda x: sparse(x) @ x, like=lambda x: DENSE @ x, label="matrix"),
    Case(sparse_product, Normal(2), call=lambda x: x @ sparse(x), like=lambda x: x @ DENSE, label="from the right"),
]
