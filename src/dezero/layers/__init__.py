"""Layers: operations with parameters of their own."""

from dezero.core.variable import Parameter
from dezero.layers.activation import (
    ELU,
    GELU,
    SELU,
    Flatten,
    LeakyReLU,
    LogSoftmax,
    PReLU,
    ReLU,
    Reshape,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from dezero.layers.attention import MultiHeadAttention
from dezero.layers.convolution import Conv1d, Conv2d, Conv3d, Deconv1d, Deconv2d, Deconv3d
from dezero.layers.dropout import Dropout
from dezero.layers.functional import functional_call
from dezero.layers.layer import Buffer, Layer
from dezero.layers.linear import EmbedID, Linear
from dezero.layers.normalization import BatchNorm, GroupNorm, InstanceNorm, LayerNorm
from dezero.layers.pooling import (
    AdaptiveAveragePooling,
    AdaptiveMaxPooling,
    AveragePooling,
    GlobalAveragePooling,
    GlobalMaxPooling,
    MaxPooling,
)
from dezero.layers.recurrent import GRU, LSTM, RNN, Recurrent
from dezero.layers.transformer import TransformerBlock

__all__ = [
    "ELU",
    "GELU",
    "GRU",
    "LSTM",
    "RNN",
    "SELU",
    "AdaptiveAveragePooling",
    "AdaptiveMaxPooling",
    "AveragePooling",
    "BatchNorm",
    "Buffer",
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "Deconv1d",
    "Deconv2d",
    "Deconv3d",
    "Dropout",
    "EmbedID",
    "Flatten",
    "GlobalAveragePooling",
    "GlobalMaxPooling",
    "GroupNorm",
    "InstanceNorm",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LogSoftmax",
    "MaxPooling",
    "MultiHeadAttention",
    "PReLU",
    "Parameter",
    "ReLU",
    "Recurrent",
    "Reshape",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Tanh",
    "TransformerBlock",
    "functional_call",
]
