"""Trained weights, from a file or from where DeZero keeps them; no test has a network."""

import numpy as np
import pytest

from dezero.models import MLP, VGG16, ResNet18, ResNet50, ResNet101, ResNet152, SqueezeNet, pretrained
from dezero.models.pretrained import load_pretrained
from tests.models.networks import in_use

RELEASE = "https://github.com/koki0702/dezero-models/releases/download/v0.1/"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "squeezenet.npz"
    np.random.seed(0)
    model = SqueezeNet(classes=3)
    model.save_weights(path)
    return model, path


def test_a_path_loads_that_file_into_a_new_model(trained):
    model, path = trained
    x = np.random.default_rng(0).standard_normal((1, 3, 24, 24)).astype(np.float32)
    with in_use():
        expected = model(x).data
        for given in (path, str(path)):
            assert np.array_equal(SqueezeNet(pretrained=given, classes=3)(x).data, expected)


def test_weights_that_are_not_drawn_yet_are_loaded_too(tmp_path):
    small = MLP((4, 2), in_size=3)
    small.save_weights(tmp_path / "mlp.npz")
    model = MLP((4, 2))
    load_pretrained(model, tmp_path / "mlp.npz", None)
    x = np.ones((1, 3), np.float32)
    assert np.array_equal(model(x).data, small(x).data)


@pytest.mark.parametrize(
    ("make", "name"),
    [(VGG16, "vgg16"), (ResNet50, "resnet50"), (ResNet101, "resnet101"), (ResNet152, "resnet152")],
)
def test_true_asks_for_the_file_that_the_original_published(monkeypatch, undrawn, make, name):
    asked = []

    def no_network(url):
        asked.append(url)
        raise OSError("no network")

    monkeypatch.setattr(pretrained, "get_file", no_network)
    with pytest.raises(OSError, match="no network"):
        make(pretrained=True)
    assert asked == [f"{RELEASE}{name}.npz"] == [make.WEIGHTS_PATH.format(name.removeprefix("resnet"))]


def test_true_downloads_once_and_loads(tmp_path, monkeypatch):
    (tmp_path / "there").mkdir()
    model = MLP((2,), in_size=3)
    model.save_weights(tmp_path / "there" / "mlp.npz")
    monkeypatch.setenv("DEZERO_DATA", str(tmp_path / "here"))
    url = (tmp_path / "there" / "mlp.npz").as_uri()
    for _ in range(2):
        loaded = MLP((2,))
        load_pretrained(loaded, True, url)
        assert np.array_equal(loaded.l0.W.data, model.l0.W.data)
        (tmp_path / "there" / "mlp.npz").unlink(missing_ok=True)


@pytest.mark.parametrize("make", [ResNet18, SqueezeNet])
def test_true_is_refused_where_nothing_is_published(make):
    with pytest.raises(ValueError, match=rf'{make.__name__}: no trained weights are published.*pretrained="file.npz"'):
        make(pretrained=True)


def test_a_file_that_is_missing_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.npz"):
        SqueezeNet(pretrained=tmp_path / "nowhere.npz")


def test_a_file_of_another_model_is_refused(tmp_path, trained):
    MLP((2,), in_size=3).save_weights(tmp_path / "mlp.npz")
    with pytest.raises(KeyError, match=r"mlp\.npz: the state for SqueezeNet lacks conv1/W"):
        SqueezeNet(pretrained=tmp_path / "mlp.npz")


def test_a_file_of_other_shapes_is_refused_and_leaves_the_model_as_it_was(trained):
    _, path = trained
    model = SqueezeNet(classes=4)
    before = model.state_dict()
    with pytest.raises(ValueError, match=r"conv10/[Wb] has shape \(3,.*, and SqueezeNet needs \(4,"):
        load_pretrained(model, path, None)
    assert all(np.array_equal(before[name], array) for name, array in model.state_dict().items())


def test_a_file_that_ends_early_is_refused(tmp_path, trained):
    _, path = trained
    (tmp_path / "cut.npz").write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"cut\.npz"):
        SqueezeNet(pretrained=tmp_path / "cut.npz", classes=3)
