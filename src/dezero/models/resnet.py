"""Residual networks: He et al., Deep Residual Learning for Image Recognition (2016)."""

from __future__ import annotations

from dezero.core.dtypes import Array
from dezero.core.variable import Variable
from dezero.functions import average_pooling, pooling, relu, reshape
from dezero.layers import BatchNorm, Conv2d, Layer, Linear
from dezero.models.images import check_images, preprocess
from dezero.models.model import Model
from dezero.models.pretrained import RELEASE, Pretrained, load_pretrained
from dezero.models.sequential import Sequential

# n_layers -> how many blocks in res2, res3, res4 and res5
DEPTHS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
PUBLISHED = (50, 101, 152)


class ResNet(Model):
    """A residual network: x (N, 3, H, W), result (N, classes), scores before the softmax.

    n_layers: 18, 34 (blocks of two convolutions), 50, 101 or 152 (of three); ValueError for another. H, W: from 5 on.
    pretrained: True to download ImageNet's weights (of 50, 101 and 152), or the path of a file of weights. classes: how
    many. With 1,000 there are 11,689,512, 21,797,672, 25,557,096, 44,549,224 and 60,192,872 parameters.

    As in the models that DeZero's weights come from, those of 50 layers and more have a bias in conv1, and the stride
    of res3, res4 and res5 on the first 1x1 convolution, not the 3x3 one. All pool whole windows only, as DeZero does.

    >>> ResNet(20)
    Traceback (most recent call last):
    ValueError: ResNet: n_layers must be 18, 34, 50, 101 or 152, got 20
    """

    res2: Stage
    res3: Stage
    res4: Stage
    res5: Stage
    WEIGHTS_PATH = RELEASE + "resnet{}.npz"
    preprocess = staticmethod(preprocess)

    def __init__(self, n_layers: int = 152, pretrained: Pretrained = False, *, classes: int = 1000) -> None:
        if n_layers not in DEPTHS:
            raise ValueError(f"ResNet: n_layers must be 18, 34, 50, 101 or 152, got {n_layers!r}")
        deep = n_layers >= 50
        self.conv1 = Conv2d(64, 7, 2, 3, nobias=not deep, in_channels=3)
        self.bn1 = BatchNorm()
        in_channels = 64
        for i, count in enumerate(DEPTHS[n_layers], 2):
            mid, stride = 16 << i, 2 if i > 2 else 1
            out = 4 * mid if deep else mid
            if deep:
                stage: Stage = BuildingBlock(count, in_channels, mid, out, stride)
            else:
                stage = Stage(BasicBlock(in_channels, out, stride), *[BasicBlock(out, out) for _ in range(count - 1)])
            setattr(self, f"res{i}", stage)
            in_channels = out
        self.fc6 = Linear(classes, in_size=in_channels)
        url = self.WEIGHTS_PATH.format(n_layers) if n_layers in PUBLISHED else None
        load_pretrained(self, pretrained, url)

    def forward(self, x: Variable | Array) -> Variable:
        check_images(self, x, 5)
        x = relu(self.bn1(self.conv1(x)))
        x = pooling(x, kernel_size=3, stride=2)
        h = self.res5(self.res4(self.res3(self.res2(x))))
        return self.fc6(reshape(average_pooling(h, h.shape[2:]), h.shape[:2]))


class Stage(Sequential):
    """Blocks one after the other, under the names a, b1, b2, ..."""

    @staticmethod
    def _name(i: int) -> str:
        return f"b{i}" if i else "a"


class BuildingBlock(Stage):
    """A BottleneckA, and BottleneckBs up to n_layers blocks."""

    def __init__(
        self,
        n_layers: int,
        in_channels: int,
        mid_channels: int,
        out_channels: int,
        stride: int,
        downsample_fb: bool = False,
    ) -> None:
        first = BottleneckA(in_channels, mid_channels, out_channels, stride, downsample_fb)
        super().__init__(first, *[BottleneckB(out_channels, mid_channels) for _ in range(n_layers - 1)])


class BottleneckB(Layer):
    """relu(x + h(x)), with h of convolutions 1x1 to mid_channels, 3x3, and 1x1 back: x (N, in_channels, H, W)."""

    def __init__(self, in_channels: int, mid_channels: int) -> None:
        self._convolutions(in_channels, mid_channels, in_channels)

    def _convolutions(self, in_channels: int, mid: int, out: int, stride_1x1: int = 1, stride_3x3: int = 1) -> None:
        self.conv1, self.bn1 = _conv(in_channels, mid, 1, stride_1x1), BatchNorm()
        self.conv2, self.bn2 = _conv(mid, mid, 3, stride_3x3), BatchNorm()
        self.conv3, self.bn3 = _conv(mid, out, 1), BatchNorm()

    def shortcut(self, x: Variable | Array) -> Variable | Array:
        return x

    def forward(self, x: Variable | Array) -> Variable:
        h = relu(self.bn1(self.conv1(x)))
        h = relu(self.bn2(self.conv2(h)))
        return relu(self.bn3(self.conv3(h)) + self.shortcut(x))


class BottleneckA(BottleneckB):
    """BottleneckB to out_channels and, with a stride, fewer pixels; x goes through a 1x1 convolution of its own.

    downsample_fb: the stride is on the 3x3 convolution, as in Facebook's ResNet, not on the 1x1 one.
    """

    def __init__(
        self, in_channels: int, mid_channels: int, out_channels: int, stride: int = 2, downsample_fb: bool = False
    ) -> None:
        strides = (1, stride) if downsample_fb else (stride, 1)
        self._convolutions(in_channels, mid_channels, out_channels, *strides)
        self.conv4, self.bn4 = _conv(in_channels, out_channels, 1, stride), BatchNorm()

    def shortcut(self, x: Variable | Array) -> Variable:
        return self.bn4(self.conv4(x))


class BasicBlock(Layer):
    """relu(s(x) + h(x)), with h of two 3x3 convolutions, and s a 1x1 one where the shape changes, else x itself."""

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        self.conv1, self.bn1 = _conv(in_channels, out_channels, 3, stride), BatchNorm()
        self.conv2, self.bn2 = _conv(out_channels, out_channels, 3), BatchNorm()
        if (in_channels, stride) != (out_channels, 1):
            self.conv3, self.bn3 = _conv(in_channels, out_channels, 1, stride), BatchNorm()

    def forward(self, x: Variable | Array) -> Variable:
        h = self.bn2(self.conv2(relu(self.bn1(self.conv1(x)))))
        return relu(h + (self.bn3(self.conv3(x)) if hasattr(self, "conv3") else x))


def _conv(in_channels: int, out_channels: int, kernel_size: int, stride: int = 1) -> Conv2d:
    """A convolution that keeps the size for stride 1, without the bias that the batch norm after it would undo."""
    return Conv2d(out_channels, kernel_size, stride, kernel_size // 2, nobias=True, in_channels=in_channels)


class ResNet18(ResNet):
    """ResNet of 18 layers."""

    def __init__(self, pretrained: Pretrained = False, *, classes: int = 1000) -> None:
        super().__init__(18, pretrained, classes=classes)


class ResNet34(ResNet):
    """ResNet of 34 layers."""

    def __init__(self, pretrained: Pretrained = False, *, classes: int = 1000) -> None:
        super().__init__(34, pretrained, classes=classes)


class ResNet50(ResNet):
    """ResNet of 50 layers."""

    def __init__(self, pretrained: Pretrained = False, *, classes: int = 1000) -> None:
        super().__init__(50, pretrained, classes=classes)


class ResNet101(ResNet):
    """ResNet of 101 layers."""

    def __init__(self, pretrained: Pretrained = False, *, classes: int = 1000) -> None:
        super().__init__(101, pretrained, classes=classes)


class ResNet152(ResNet):
    """ResNet of 152 layers."""

    def __init__(self, pretrained: Pretrained = False, *, classes: int = 1000) -> None:
        super().__init__(152, pretrained, classes=classes)
