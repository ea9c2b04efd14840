"""Names of ImageNet's classes, and Shakespeare, from small files made here."""

import numpy as np
import pytest

from dezero.datasets import ImageNet, Shakespear, Shakespeare

TEXT = "To be, or not to be"


def test_each_character_s_label_is_the_next_one(folder, monkeypatch):
    (folder / "shakespear.txt").write_text(TEXT, encoding="utf-8")
    monkeypatch.setattr(Shakespear, "sha256", None)
    dataset = Shakespear()
    assert dataset.data.dtype == dataset.label.dtype == np.int64
    assert "".join(dataset.id_to_char[i] for i in dataset.data.tolist()) == TEXT[:-1]
    assert "".join(dataset.id_to_char[i] for i in dataset.label.tolist()) == TEXT[1:]
    assert len(dataset) == len(TEXT) - 1


def test_characters_are_numbered_as_they_appear(folder, monkeypatch):
    (folder / "shakespear.txt").write_text(TEXT, encoding="utf-8")
    monkeypatch.setattr(Shakespear, "sha256", None)
    dataset = Shakespear()
    assert "".join(dataset.char_to_id) == "To be,rnt"
    assert list(dataset.char_to_id.values()) == list(range(9))
    assert {i: char for char, i in dataset.char_to_id.items()} == dataset.id_to_char


def test_both_spellings():
    assert Shakespeare is Shakespear


def test_the_text_s_known_digest_is_asked_for(folder):
    (folder / "shakespear.txt").write_text(TEXT, encoding="utf-8")
    with pytest.raises(ValueError, match="86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"):
        Shakespear()


NAMES = {i: f"class {i}" for i in range(1000)}


@pytest.fixture
def labels(folder):
    return folder / "imagenet1000_clsidx_to_labels.txt"


def test_imagenet_s_labels(labels):
    labels.write_text(repr(NAMES), encoding="utf-8")
    assert ImageNet.labels() == NAMES


WRONG = {
    "a page": "<html></html>",
    "empty": "",
    "one label": "{0: 'tench'}",
    "a list": "[1, 2]",
    "a list for a key": "{[]: 1}",
    "keys of two types": "{'a': 1, 0: 2}",
    "a call": "__import__('os').getcwd()",
    "parentheses": "(" * 999,
    "deep": "-" * 5_000 + "1",
    "deeper": "-" * 100_000 + "1",
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_imagenet_s_labels_are_read_and_never_run(labels, text):
    labels.write_text(text, encoding="utf-8")
    with pytest.raises(
        ValueError, match=r"imagenet1000_clsidx_to_labels\.txt: not the names of ImageNet's 1000 classes"
    ):
        ImageNet.labels()


def test_imagenet_has_no_photographs():
    with pytest.raises(NotImplementedError, match=r"ImageNet.labels\(\) names the classes"):
        ImageNet()
