"""Models: networks made of layers, ready to train or with trained weights."""

from dezero.models.mlp import MLP
from dezero.models.model import Model
from dezero.models.resnet import (
    BottleneckA,
    BottleneckB,
    BuildingBlock,
    ResNet,
    ResNet18,
    ResNet34,
    ResNet50,
    ResNet101,
    ResNet152,
)
from dezero.models.sequential import Sequential
from dezero.models.squeezenet import SqueezeNet
from dezero.models.transformer import Transformer
from dezero.models.vgg import VGG16

__all__ = [
    "MLP",
    "VGG16",
    "BottleneckA",
    "BottleneckB",
    "BuildingBlock",
    "Model",
    "ResNet",
    "ResNet18",
    "ResNet34",
    "ResNet50",
    "ResNet101",
    "ResNet152",
    "Sequential",
    "SqueezeNet",
    "Transformer",
]
