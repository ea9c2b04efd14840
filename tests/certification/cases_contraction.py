"""Cases of dezero.functions.linalg.contraction."""

from functools import partial

import numpy as np

from dezero.functions.linalg.contraction import einsum
from dezero.testing import Case, Normal

PAIRS = {
    "ij,jk->ik": [(2, 3), (3, 4)],
    "ij,jk": [(2, 3), (3, 4)],
    "bqd,bkd->bqk": [(2, 3, 2), (2, 4, 2)],
    "iaj,kja->ki": [(2, 2, 3), (2, 3, 2)],
    "i,j->ji": [(2,), (3,)],
    "i,i->": [(3,), (3,)],
    "bi,bi->b": [(2, 3), (2, 3)],
    "iji,jk->ik": [(2, 3, 2), (3, 2)],
    "...ij,...jk": [(2, 1, 2, 2), (3, 2, 2)],
    "ij,ijk,kj->ik": [(2, 3), (2, 3, 2), (2, 3)],
    "i,ij,j": [(2,), (2, 3), (3,)],
    "ab,bc,cd,de->ea": [(2, 2), (2, 3), (3, 2), (2, 2)],
    "ij,ij,ij,jk->k": [(2, 2), (2, 2), (2, 2), (2, 2)],
}
# What no pair of operands is left in, by the operation that is.
OTHERS = {
    "mul": {
        "ij,ij->ij": [(2, 3), (2, 3)],
        ",ij->ji": [(), (2, 3)],
        "ij,jk->": [(2, 1), (3, 2)],
        "i,i,i->i": [(3,), (3,), (3,)],
    },
    "sum": {"ij->": [(2, 3)], "i...->...": [(2, 3)]},
    "transpose": {"ijk->kij": [(2, 3, 2)]},
    "take_diagonal": {"ii": [(3, 3)], "iij->ji": [(2, 2, 3)], "iii->i": [(2, 2, 2)]},
}

CASES = [
    Case(
        name,
        *[Normal(*shape) for shape in shapes],
        call=partial(einsum, text),
        like=partial(np.einsum, text),
        covers=("put_diagonal",) if name == "take_diagonal" else (),
        label=f"einsum {text}",
    )
    for name, cases in ({"einsum": PAIRS} | OTHERS).items()
    for text, shapes in cases.items()
]
CASES += [
    Case(
        einsum,
        Normal(2, 3, 3),
        Normal(3, 2),
        form=lambda F, a, b: F.einsum(a, [..., 0, 1], b, [1, 2], [..., 2, 0]),
        label="lists of numbers",
    ),
    Case(einsum, Normal(3, 3), form=lambda F, a: F.einsum("ij,jk,kl->il", a, a, a), label="third power"),
]
