"""SqueezeNet 1.0: Iandola et al., SqueezeNet: AlexNet-level Accuracy with 50x Fewer Parameters (2016)."""

from __future__ import annotations

from dezero.core.dtypes import Array
from dezero.core.variable import Variable
from dezero.functions import average_pooling, concatenate, dropout, pad, pooling, relu, reshape
from dezero.layers import Conv2d, Layer
from dezero.models.images import check_images
from dezero.models.model import Model
from dezero.models.pretrained import Pretrained, load_pretrained


class SqueezeNet(Model):
    """Fire modules between pooling: x (N, 3, H, W), result (N, classes), scores before the softmax.

    H, W: from 21 on. pretrained: the path of a file of weights. classes: how many; with 1,000 there are 1,248,424
    parameters. The last layer but the mean ends in relu, as in the paper: scores are not negative.
    """

    def __init__(self, pretrained: Pretrained = False, *, classes: int = 1000) -> None:
        self.conv1 = Conv2d(96, 7, stride=2, in_channels=3)
        self.fire2, self.fire3 = Fire(96, 16, 64), Fire(128, 16, 64)
        self.fire4, self.fire5 = Fire(128, 32, 128), Fire(256, 32, 128)
        self.fire6, self.fire7 = Fire(256, 48, 192), Fire(384, 48, 192)
        self.fire8, self.fire9 = Fire(384, 64, 256), Fire(512, 64, 256)
        self.conv10 = Conv2d(classes, 1, in_channels=512)
        load_pretrained(self, pretrained, None)

    def forward(self, x: Variable | Array) -> Variable:
        check_images(self, x, 21)
        x = _pooled(relu(self.conv1(x)))
        x = _pooled(self.fire4(self.fire3(self.fire2(x))))
        x = _pooled(self.fire8(self.fire7(self.fire6(self.fire5(x)))))
        x = relu(self.conv10(dropout(self.fire9(x), 0.5)))
        return reshape(average_pooling(x, x.shape[2:]), x.shape[:2])


class Fire(Layer):
    """A 1x1 convolution to few channels, and a 1x1 and a 3x3 one from those to many, side by side."""

    def __init__(self, in_channels: int, squeezed: int, expanded: int) -> None:
        self.squeeze = Conv2d(squeezed, 1, in_channels=in_channels)
        self.expand1x1 = Conv2d(expanded, 1, in_channels=squeezed)
        self.expand3x3 = Conv2d(expanded, 3, pad=1, in_channels=squeezed)

    def forward(self, x: Variable | Array) -> Variable:
        x = relu(self.squeeze(x))
        return relu(concatenate((self.expand1x1(x), self.expand3x3(x)), axis=1))


def _pooled(x: Variable) -> Variable:
    """Maxima of 3 x 3 windows, two pixels apart. The last window may cross the edge, where x is padded with zeros: they
    change no maximum, since x is a result of relu."""
    return pooling(pad(x, ((0, 0), (0, 0), (0, 1), (0, 1))), 3, 2)
