"""Handwritten digits: MNIST, and the IDX format of its files."""

from __future__ import annotations

import gzip
import math
import zlib
from os import PathLike
from typing import Any, ClassVar

import numpy as np

from dezero.datasets.dataset import Dataset, Transform
from dezero.datasets.pictures import show_some
from dezero.io.download import get_file
from dezero.transforms import Compose, Flatten, Normalize, ToFloat

TO_VECTOR = Compose([Flatten(), ToFloat(), Normalize(0.0, 255.0)])


class MNIST(Dataset):
    """Handwritten digits: 60,000 to learn from, 10,000 to test with.

    `data` (N, 1, 28, 28), uint8, `label` (N,), int64. The default transform makes vectors (784,) of float32 in [0, 1];
    transform=None gives the images as they are. The files are downloaded once, 11 MB, into `$DEZERO_DATA`, by default
    `~/.dezero`; files that lie there are used without a network. Raises ValueError, naming the file, for one whose
    SHA-256 is not the known one; OSError where the download fails.

    A data set in the same format, such as Fashion-MNIST, is a subclass with its own `url` and `files`.

    Source: LeCun, Cortes and Burges, The MNIST database of handwritten digits.
    """

    url = "https://ossci-datasets.s3.amazonaws.com/mnist/"
    files: ClassVar[
        dict[bool, dict[str, str | None]]
    ] = {  # by `train`: images and labels, each with its SHA-256, or None for any
        True: {
            "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        },
        False: {
            "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        },
    }

    def __init__(
        self, train: bool = True, transform: Transform | None = TO_VECTOR, target_transform: Transform | None = None
    ) -> None:
        super().__init__(train, transform, target_transform)

    def prepare(self) -> None:
        images, labels = (get_file(self.url + name, sha256=d) for name, d in self.files[bool(self.train)].items())
        self.data = read_idx(images, ndim=3)[:, np.newaxis]
        self.label = read_idx(labels, ndim=1).astype(np.int64)

    def show(self, row: int = 10, col: int = 10) -> None:
        """Show `row` times `col` images drawn at random. Raises ImportError, naming the extra, without matplotlib."""
        show_some(self.data, row, col)

    @staticmethod
    def labels() -> dict[int, str]:
        """Return the name of each label, "0" to "9"."""
        return {i: str(i) for i in range(10)}


def read_idx(path: str | PathLike[str], ndim: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Read an array of bytes with `ndim` axes from a gzipped file in the IDX format.

    Four bytes, 0 0 8 ndim, then the length of each axis as a big-endian integer of four bytes, then the elements.
    Raises ValueError, naming the file, where it is damaged, ends early or holds something else.
    """
    try:
        with gzip.open(path) as file:
            content = bytearray(file.read())  # a bytearray, since an array of bytes would be read-only
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path}: no whole gzip file ({error}); remove it, and it is downloaded again") from error
    start = 4 + 4 * ndim
    if len(content) < start or content[:4] != bytes([0, 0, 8, ndim]):
        raise ValueError(f"{path}: no IDX file of bytes with {ndim} axes: it begins with {bytes(content[:4])!r}")
    shape = tuple(map(int, np.frombuffer(content, ">u4", count=ndim, offset=4)))
    if len(content) - start != math.prod(shape):
        raise ValueError(f"{path}: says it is of shape {shape}, and holds {len(content) - start} elements")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
