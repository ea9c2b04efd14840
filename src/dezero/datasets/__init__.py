"""Data sets: those that are computed, downloaded, or come with scikit-learn, and the class to make your own of."""

from dezero.datasets.bundled import BreastCancer, Diabetes, Digits, Iris, Wine
from dezero.datasets.cache import load_cache_npz, save_cache_npz
from dezero.datasets.cifar import CIFAR10, CIFAR100
from dezero.datasets.dataset import Dataset
from dezero.datasets.imagenet import ImageNet
from dezero.datasets.mnist import MNIST
from dezero.datasets.synthetic import SinCurve, Spiral, get_spiral
from dezero.datasets.text import Shakespear, Shakespeare

__all__ = [
    "CIFAR10",
    "CIFAR100",
    "MNIST",
    "BreastCancer",
    "Dataset",
    "Diabetes",
    "Digits",
    "ImageNet",
    "Iris",
    "Shakespear",
    "Shakespeare",
    "SinCurve",
    "Spiral",
    "Wine",
    "get_spiral",
    "load_cache_npz",
    "save_cache_npz",
]
