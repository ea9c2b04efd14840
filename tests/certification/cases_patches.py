"""Cases of dezero.functions.windows.patches."""

import dezero.functions as F
from dezero.testing import Case, Normal
from tests.functions import naive

CASES = [
    Case(F.im2col, Normal(2, 2, 3, 4), like=naive.im2col, kernel_size=(2, 3), pad=1),
    Case(F.im2col, Normal(1, 2, 5, 3), like=naive.im2col, kernel_size=2, stride=2, to_matrix=False, label="no matrix"),
    Case(F.col2im, Normal(6, 8), like=naive.col2im, input_shape=(1, 2, 3, 4), kernel_size=2),
    Case(
        F.col2im,
        Normal(1, 2, 2, 2, 2, 3),
        like=naive.col2im,
        input_shape=(1, 2, 4, 5),
        kernel_size=2,
        stride=(3, 2),
        pad=1,
        to_matrix=False,
        label="no matrix",
    ),
    # The gradients of all elements nearly cancel in their sum.
    Case(F.conv2d_simple, Normal(2, 2, 3, 4), Normal(3, 2, 2, 3), Normal(3), like=naive.conv, pad=1, rtol=1e-11),
]
