"""VGG16: Simonyan and Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition (2015)."""

from __future__ import annotations

from dezero.core.dtypes import Array, Shape
from dezero.core.variable import Variable
from dezero.functions import dropout, pooling, relu, reshape
from dezero.layers import Conv2d, Linear
from dezero.models.images import check_images, preprocess
from dezero.models.model import Model
from dezero.models.pretrained import RELEASE, Pretrained, load_pretrained

STAGES = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))  # how many convolutions, of how many channels


class VGG16(Model):
    """Thirteen convolutions and three linear layers: x (N, 3, H, W), result (N, classes), scores before the softmax.

    H, W: 224 with trained weights, else any from 32 on, and always the same. pretrained: True to download ImageNet's
    weights, or the path of a file of weights. classes: how many. At 224 x 224 and 1,000 classes it has 138,357,544
    parameters, which are drawn at the first call.

    >>> VGG16.preprocess(np.zeros((224, 224, 3), np.uint8)).shape
    (3, 224, 224)
    """

    WEIGHTS_PATH = RELEASE + "vgg16.npz"
    preprocess = staticmethod(preprocess)

    def __init__(self, pretrained: Pretrained = False, *, classes: int = 1000) -> None:
        for i, (count, channels) in enumerate(STAGES, 1):
            for j in range(1, count + 1):
                setattr(self, f"conv{i}_{j}", Conv2d(channels, kernel_size=3, stride=1, pad=1))
        self.fc6, self.fc7, self.fc8 = Linear(4096), Linear(4096), Linear(classes)
        load_pretrained(self, pretrained, self.WEIGHTS_PATH)

    def forward(self, x: Variable | Array) -> Variable:
        check_images(self, x, 32)
        self._check_size(x.shape)
        for i, (count, _) in enumerate(STAGES, 1):
            for j in range(1, count + 1):
                x = relu(getattr(self, f"conv{i}_{j}")(x))
            x = pooling(x, 2, 2)
        x = reshape(x, (x.shape[0], -1))
        x = dropout(relu(self.fc6(x)))
        x = dropout(relu(self.fc7(x)))
        return self.fc8(x)

    def _check_size(self, shape: Shape) -> None:
        """ValueError for images of a size that fc6 has no weights for, before the convolutions take seconds."""
        high, wide = shape[2] // 32, shape[3] // 32
        W = self.fc6.W
        if W._data is not None and W.shape[0] != 512 * high * wide:
            raise ValueError(
                f"VGG16: images of {shape[2]} x {shape[3]} come to fc6 as {512 * high * wide} numbers, and its weights "
                f"are for {W.shape[0]}; resize them as the images before (preprocess gives 224 x 224)"
            )
