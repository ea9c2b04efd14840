"""Cases of dezero.functions.windows.conv."""

import dezero.functions as F
from dezero.testing import Case, Normal
from tests.functions import naive

FAMILY = ("conv_transposed", "conv_weights")

CASES = [
    Case(F.conv1d, Normal(2, 2, 5), Normal(3, 2, 2), Normal(3), like=naive.conv, covers=FAMILY),
    Case(F.conv1d, Normal(1, 2, 7), Normal(2, 2, 2), like=naive.conv, stride=2, pad=1, dilation=2, label="spread"),
    Case(F.conv2d, Normal(2, 2, 3, 4), Normal(3, 2, 2, 3), Normal(3), like=naive.conv, pad=1),
    Case(F.conv2d, Normal(1, 2, 4, 3), Normal(4, 1, 2, 2), like=naive.conv, stride=(2, 1), groups=2, label="groups"),
    Case(F.conv3d, Normal(1, 1, 2, 3, 3), Normal(2, 1, 2, 2, 2), like=naive.conv),
    Case(F.deconv1d, Normal(2, 2, 3), Normal(2, 3, 2), Normal(3), like=naive.deconv, stride=2, covers=("conv",)),
    Case(F.deconv2d, Normal(2, 2, 2, 3), Normal(2, 3, 2, 2), Normal(3), like=naive.deconv, pad=1),
    Case(
        F.deconv2d, Normal(1, 2, 2, 3), Normal(2, 1, 2, 2), like=naive.deconv, stride=2, outsize=(5, 6), label="outsize"
    ),
    Case(F.deconv2d, Normal(1, 2, 3, 2), Normal(2, 2, 2, 2), like=naive.deconv, groups=2, dilation=2, label="groups"),
    Case(F.deconv3d, Normal(1, 2, 2, 1, 2), Normal(2, 1, 2, 2, 1), like=naive.deconv),
]
