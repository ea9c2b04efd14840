"""Cases of dezero.functions.linalg.diagonals."""

import dezero.functions.linalg.diagonals as D
from dezero.testing import Case, Normal

CASES = [
    Case(D.diagonal, Normal(2, 3)),
    Case(D.diagonal, Normal(2, 3, 4), offset=-1, axis1=2, axis2=1, label="axes, below"),
    Case(D.diagonal, Normal(2, 3), offset=3, label="beyond"),
    Case(D.diag, Normal(3)),
    Case(D.diag, Normal(2), k=-1, label="below"),
    Case(D.diag, Normal(3, 2), k=1, label="of a matrix"),
    Case(D.diagflat, Normal(2, 2), k=1),
    Case(D.tril, Normal(3, 4)),
    Case(D.tril, Normal(2, 3, 3), k=-1, label="several, below"),
    Case(D.triu, Normal(3, 4), k=1),
    Case(D.triu, Normal(3), label="a vector"),
]
