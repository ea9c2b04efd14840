"""Trained weights, from a file or from DeZero's downloads."""

from __future__ import annotations

from os import PathLike

from dezero.io.download import get_file
from dezero.layers import Layer

RELEASE = "https://github.com/koki0702/dezero-models/releases/download/v0.1/"
Pretrained = bool | str | PathLike[str]


def load_pretrained(model: Layer, pretrained: Pretrained, url: str | None) -> None:
    """Load the weights that `pretrained` asks for: False for none, True for those at `url`, else those in a file.

    pretrained: the path of a file that `save_weights`, or DeZero's own, has written. Names and shapes are checked
    before anything changes. ValueError where True has no `url`; otherwise the errors of `load_weights` and `get_file`.

    >>> from dezero.models import MLP
    >>> load_pretrained(MLP((1,)), True, None)
    Traceback (most recent call last):
    ValueError: MLP: no trained weights are published for it; pass pretrained="file.npz" for your own
    """
    if pretrained is False:
        return
    if pretrained is not True:
        return model.load_weights(pretrained)
    name = type(model).__name__
    if url is None:
        raise ValueError(f'{name}: no trained weights are published for it; pass pretrained="file.npz" for your own')
    model.load_weights(get_file(url))
