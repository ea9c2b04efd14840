"""Small data sets that come with scikit-learn: they need no network."""

from __future__ import annotations

from typing import Any

import numpy as np

from dezero.core.dtypes import Array
from dezero.datasets.dataset import Dataset


class Bundled(Dataset):
    """One of scikit-learn's data sets; a fifth of it, the same in every run, is for the test.

    The split is train_test_split of scikit-learn with random_state=0; every class has the same share in both parts.
    `data` is float32 as measured, `label` the class, int64; `feature_names` and `class_names` are lists of strings.
    Raises ImportError, naming the extra, without scikit-learn.
    """

    source: str  # the name of scikit-learn's function
    feature_names: list[str]
    class_names: list[str]

    def prepare(self) -> None:
        try:
            from sklearn import datasets
            from sklearn.model_selection import train_test_split
        except ImportError:
            raise ImportError(
                f'{type(self).__name__} comes with scikit-learn: run pip install "dezero-nth[learn]"'
            ) from None
        bunch = getattr(datasets, self.source)()
        data, label = self._arrays(bunch)
        self.feature_names = list(map(str, bunch.feature_names))
        self.class_names = list(map(str, bunch.get("target_names", [])))
        classes = label if self.class_names else None
        split = train_test_split(data, label, test_size=0.2, random_state=0, stratify=classes)
        self.data, self.label = split[0::2] if self.train else split[1::2]

    def _arrays(self, bunch: Any) -> tuple[Array, Array]:
        return bunch.data.astype(np.float32), bunch.target.astype(np.int64)


class Digits(Bundled):
    """1797 handwritten digits, 10 classes: `data` (N, 1, 8, 8), float32 in [0, 1], `label` (N,), int64.

    For the rest see `Bundled`.
    """

    source = "load_digits"

    def _arrays(self, bunch: Any) -> tuple[Array, Array]:
        pixels, label = super()._arrays(bunch)
        return pixels.reshape(-1, 1, 8, 8) / np.float32(16), label


class Iris(Bundled):
    """150 irises, 3 species: `data` (N, 4), sepals and petals in cm, `label` (N,). See `Bundled`."""

    source = "load_iris"


class Wine(Bundled):
    """178 wines, 3 cultivars: `data` (N, 13), a chemical analysis, `label` (N,). See `Bundled`."""

    source = "load_wine"


class BreastCancer(Bundled):
    """569 tumours, malignant (0) or benign (1): `data` (N, 30), shapes of nuclei, `label` (N,). See `Bundled`."""

    source = "load_breast_cancer"


class Diabetes(Bundled):
    """442 patients, regression: `data` (N, 10), centred and scaled, `label` (N, 1), float32, the disease's progression.

    There are no classes: `class_names` is empty. The rest as for `Bundled`.
    """

    source = "load_diabetes"

    def _arrays(self, bunch: Any) -> tuple[Array, Array]:
        return bunch.data.astype(np.float32), bunch.target.astype(np.float32)[:, np.newaxis]
