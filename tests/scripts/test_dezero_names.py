"""The names that scripts for the original import, and the arguments they give by position."""

import inspect

import pytest

import dezero
import dezero.layers as L
from dezero import dataloaders, datasets, models, optimizers, transforms

STATEMENTS = """
from dezero import Variable, Parameter, Function, using_config, no_grad, test_mode, as_array, as_variable, Config
from dezero import setup_variable, Layer, Model, DataLoader, SeqDataLoader
from dezero.datasets import Dataset
import dezero.datasets, dezero.dataloaders, dezero.optimizers, dezero.functions, dezero.layers, dezero.models
import dezero.utils, dezero.cuda, dezero.transforms
import dezero.layers as L; L.Layer, L.Linear, L.Conv2d, L.Deconv2d, L.RNN, L.LSTM, L.EmbedID, L.BatchNorm, L.Parameter
from dezero.models import Model, Sequential, MLP, VGG16, ResNet, ResNet152, ResNet101, ResNet50, SqueezeNet
from dezero.optimizers import Optimizer, SGD, MomentumSGD, AdaGrad, AdaDelta, Adam
from dezero.optimizers import WeightDecay, ClipGrad, FreezeParam
from dezero.datasets import get_spiral, Spiral, MNIST, CIFAR10, CIFAR100, ImageNet, SinCurve, Shakespear
from dezero.dataloaders import DataLoader, SeqDataLoader
from dezero.transforms import Compose, Convert, Resize, CenterCrop, ToArray, ToPIL, RandomHorizontalFlip
from dezero.transforms import Normalize, Flatten, AsType, ToFloat, ToInt
from dezero.core import Parameter, Variable
import dezero.functions as F; F.batch_nrom, F.linear_simple, F.pooling_simple, F.softmax_cross_entropy_simple
""".strip().splitlines()


@pytest.mark.parametrize("statement", STATEMENTS)
def test_imports_are_unchanged(statement):
    exec(statement, {})


def test_what_dezero_names_is_what_its_rooms_hold():
    assert dezero.Layer is L.Layer
    assert dezero.Model is models.Model
    assert issubclass(models.MLP, dezero.Model)
    assert issubclass(dezero.Model, dezero.Layer)
    assert dezero.DataLoader is dataloaders.DataLoader
    assert dezero.SeqDataLoader is dataloaders.SeqDataLoader
    assert dezero.datasets.Spiral is datasets.Spiral
    assert dezero.transforms.Compose is transforms.Compose


CONVOLUTION = "out_channels, kernel_size, stride=1, pad=0, nobias=False, dtype=float32, in_channels=None"
ARGUMENTS = {
    L.Linear: "out_size, nobias=False, dtype=float32, in_size=None",
    L.Conv2d: CONVOLUTION,
    L.Deconv2d: CONVOLUTION,
    L.RNN: "hidden_size, in_size=None",
    L.LSTM: "hidden_size, in_size=None",
    L.EmbedID: "in_size, out_size",
    models.MLP: "fc_output_sizes, activation=sigmoid",
    models.VGG16: "pretrained=False",
    models.ResNet: "n_layers=152, pretrained=False",
    models.ResNet50: "pretrained=False",
    optimizers.SGD: "lr=0.01",
    optimizers.MomentumSGD: "lr=0.01, momentum=0.9",
    optimizers.AdaGrad: "lr=0.001, eps=1e-08",
    optimizers.AdaDelta: "rho=0.95, eps=1e-06",
    optimizers.Adam: "alpha=0.001, beta1=0.9, beta2=0.999, eps=1e-08",
    optimizers.WeightDecay: "rate",
    optimizers.ClipGrad: "max_norm",
    datasets.Dataset: "train=True, transform=None, target_transform=None",
    datasets.get_spiral: "train=True",
    dataloaders.DataLoader: "dataset, batch_size, shuffle=True, gpu=False",
    dataloaders.SeqDataLoader: "dataset, batch_size, gpu=False",
    transforms.Normalize: "mean=0, std=1",
    transforms.Convert: "mode=RGB",
    transforms.AsType: "dtype=float32",
    transforms.ToArray: "dtype=float32",
}


def written(parameter):
    """A parameter as a signature shows it, without its type."""
    assert parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    default = getattr(parameter.default, "__name__", parameter.default)
    return parameter.name if parameter.default is parameter.empty else f"{parameter.name}={default}"


@pytest.mark.parametrize("called", ARGUMENTS, ids=lambda c: c.__name__)
def test_arguments_have_the_places_and_defaults_of_the_original(called):
    first = ARGUMENTS[called].split(", ")
    parameters = list(inspect.signature(called).parameters.values())
    assert [written(p) for p in parameters[: len(first)]] == first
