"""Small colour photographs: CIFAR-10 and CIFAR-100, read from their binary files; their pickles are never opened."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from pathlib import PurePosixPath
from typing import ClassVar

import numpy as np

from dezero.core.dtypes import Array
from dezero.datasets.dataset import Dataset, Transform
from dezero.datasets.pictures import show_some
from dezero.io.download import get_file
from dezero.transforms import Compose, Normalize, ToFloat

CENTRED = Compose([ToFloat(), Normalize(mean=0.5, std=0.5)])
SHAPE = (3, 32, 32)


class CIFAR10(Dataset):
    """Photographs of 10 classes: 50,000 to learn from, 10,000 to test with.

    `data` (N, 3, 32, 32), uint8, RGB, `label` (N,), int64. The default transform is DeZero's, (x - 0.5) / 0.5 in
    float32 of bytes from 0 to 255, so its values go from -1 to 509; transform=None gives the bytes. The archive is
    downloaded once, 170 MB, into `$DEZERO_DATA`, by default `~/.dezero`; one that lies there is used without a
    network. Nothing is unpacked on disk. Raises ValueError, naming the archive, where its SHA-256 is not the known one
    or it is damaged; OSError where the download fails.

    Source: Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009.
    """

    url = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
    sha256 = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
    members: ClassVar[dict[bool, list[str]]] = {
        True: [f"data_batch_{i}.bin" for i in range(1, 6)],
        False: ["test_batch.bin"],
    }

    def __init__(
        self, train: bool = True, transform: Transform | None = CENTRED, target_transform: Transform | None = None
    ) -> None:
        super().__init__(train, transform, target_transform)

    def prepare(self) -> None:
        labels, self.data = _read(get_file(self.url, sha256=self.sha256), self.members[bool(self.train)], labels=1)
        self.label = labels[:, 0]

    def show(self, row: int = 10, col: int = 10) -> None:
        """Show `row` times `col` images drawn at random. Raises ImportError, naming the extra, without matplotlib."""
        show_some(self.data, row, col)

    @staticmethod
    def labels() -> dict[int, str]:
        """Return the name of each label."""
        return _numbered("airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck")


class CIFAR100(CIFAR10):
    """Photographs of 100 classes in 20 groups: 50,000 to learn from, 10,000 to test with; the rest as for CIFAR10.

    label_type: "fine" for the 100 classes, "coarse" for the 20 groups; ValueError for another.
    """

    url = "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz"
    sha256 = "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec"
    members: ClassVar[dict[bool, list[str]]] = {True: ["train.bin"], False: ["test.bin"]}

    def __init__(
        self,
        train: bool = True,
        transform: Transform | None = CENTRED,
        target_transform: Transform | None = None,
        label_type: str = "fine",
    ) -> None:
        self.label_type = _checked(label_type)
        super().__init__(train, transform, target_transform)

    def prepare(self) -> None:
        labels, self.data = _read(get_file(self.url, sha256=self.sha256), self.members[bool(self.train)], labels=2)
        self.label = labels[:, ["coarse", "fine"].index(self.label_type)]

    @staticmethod
    def labels(label_type: str = "fine") -> dict[int, str]:
        """Return the name of each label, "fine" or "coarse"; ValueError for another type."""
        return _numbered(FINE if _checked(label_type) == "fine" else COARSE)


def _numbered(names: str) -> dict[int, str]:
    return dict(enumerate(" ".join(names.split()).split(", ")))


def _checked(label_type: str) -> str:
    if label_type not in ("fine", "coarse"):
        raise ValueError(f'CIFAR100: label_type is "fine" or "coarse", not {label_type!r}')
    return label_type


def _read(path: str, names: list[str], labels: int) -> tuple[Array, Array]:
    """Return the labels (N, labels), int64, and the images (N, 3, 32, 32), uint8, of an archive's members `names`.

    A record is its labels, a byte each, then the image's bytes; a member is nothing but records.
    """
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                name = PurePosixPath(member.name).name
                if name in names and member.isfile() and (file := archive.extractfile(member)):
                    found[name] = file.read()
                if len(found) == len(names):
                    break
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path}: no whole archive ({error}); remove it, and it is downloaded again") from error
    length = labels + int(np.prod(SHAPE))
    for name in names:
        if name not in found or not found[name] or len(found[name]) % length:
            what = f"{len(found[name])} bytes of {name}" if name in found else f"no {name}"
            raise ValueError(f"{path}: holds {what}, where records of {length} bytes were expected")
    records = np.frombuffer(bytearray().join(found[name] for name in names), np.uint8).reshape(-1, length)
    return records[:, :labels].astype(np.int64), records[:, labels:].reshape(-1, *SHAPE)


COARSE = """aquatic mammals, fish, flowers, food containers, fruit and vegetables, household electrical device,
    household furniture, insects, large carnivores, large man-made outdoor things, large natural outdoor scenes, large
    omnivores and herbivores, medium-sized mammals, non-insect invertebrates, people, reptiles, small mammals, trees,
    vehicles 1, vehicles 2"""
FINE = """apple, aquarium fish, baby, bear, beaver, bed, bee, beetle, bicycle, bottle, bowl, boy, bridge, bus,
    butterfly, camel, can, castle, caterpillar, cattle, chair, chimpanzee, clock, cloud, cockroach, couch, crab,
    crocodile, cup, dinosaur, dolphin, elephant, flatfish, forest, fox, girl, hamster, house, kangaroo, keyboard, lamp,
    lawn mower, leopard, lion, lizard, lobster, man, maple tree, motorcycle, mountain, mouse, mushroom, oak tree,
    orange, orchid, otter, palm tree, pear, pickup truck, pine tree, plain, plate, poppy, porcupine, possum, rabbit,
    raccoon, ray, road, rocket, rose, sea, seal, shark, shrew, skunk, skyscraper, snail, snake, spider, squirrel,
    streetcar, sunflower, sweet pepper, table, tank, telephone, television, tiger, tractor, train, trout, tulip, turtle,
    wardrobe, whale, willow tree, wolf, woman, worm"""
