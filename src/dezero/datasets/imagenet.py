"""ImageNet's class names; its photographs are not free to download."""

from __future__ import annotations

import ast
from typing import NoReturn

from dezero.datasets.dataset import Dataset
from dezero.io.download import get_file

LABELS = (
    "https://gist.githubusercontent.com/yrevar/942d3a0ac09ec9e5eb3a/raw/"
    "238f720ff059c1f82f368259d1ca4ffa5dd8f9f5/imagenet1000_clsidx_to_labels.txt"
)


class ImageNet(Dataset):
    """The names of the 1000 classes that networks such as VGG16 were trained on; there are no photographs."""

    def __init__(self) -> NoReturn:
        raise NotImplementedError(
            "ImageNet: the photographs are given out by image-net.org only; ImageNet.labels() names the classes, and a "
            "Dataset of your own reads the files"
        )

    @staticmethod
    def labels() -> dict[int, str]:
        """Return the name of each of the 1000 classes: one file, downloaded once.

        Raises ValueError, naming the file, where it holds something else, OSError where the download fails.
        """
        path = get_file(LABELS)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        try:
            labels = ast.literal_eval(text)  # reads a dictionary and runs nothing
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            labels = None
        if not isinstance(labels, dict) or labels.keys() != set(range(1000)):
            raise ValueError(f"{path}: not the names of ImageNet's 1000 classes; remove it, and it is downloaded again")
        return labels
