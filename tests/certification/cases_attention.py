"""Cases of dezero.functions.nn.attention."""

import numpy as np

import dezero.functions as F
from dezero.testing import Case, Normal
from tests.functions import naive

# The last query sees no key.
MASK = np.array([[True, False, True, True], [False, True, True, False], [False, False, False, False]])
ADDED = np.where(MASK, [0.3, -0.2, 0.1, 0.4], -np.inf)


def attended(**parameters):
    """A call whose mask is a parameter: without derivative."""
    return {
        "call": lambda q, k, v: F.scaled_dot_product_attention(q, k, v, **parameters),
        "like": lambda q, k, v: naive.attention(q, k, v, **parameters),
    }


CASES = [
    Case(F.scaled_dot_product_attention, Normal(2, 3, 2), Normal(2, 4, 2), Normal(2, 4, 1), **attended()),
    Case(
        F.scaled_dot_product_attention,
        Normal(2, 3, 2),
        Normal(4, 2),
        Normal(2, 4, 1),
        **attended(mask=MASK),
        label="mask",
        without={"empty": "the mask has a shape of its own"},
    ),
    Case(
        F.scaled_dot_product_attention,
        Normal(3, 2),
        Normal(3, 2),
        Normal(3, 1),
        **attended(causal=True),
        label="causal",
    ),
    Case(
        F.scaled_dot_product_attention,
        Normal(3, 2),
        Normal(4, 2),
        Normal(4, 1),
        **attended(mask=ADDED),
        label="minus infinity",
        without={"empty": "the mask has a shape of its own"},
    ),
    Case(
        F.scaled_dot_product_attention,
        Normal(3, 2),
        Normal(4, 2),
        Normal(4, 1),
        Normal(3, 4),
        call=lambda q, k, v, bias: F.scaled_dot_product_attention(q, k, v, bias, scale=0.5),
        like=lambda q, k, v, bias: naive.attention(q, k, v, bias, scale=0.5),
        label="bias",
    ),
]
