"""Model: a Layer with a picture."""

import copy
import pickle

import numpy as np
import pytest

import dezero.functions as F
import dezero.layers as L
from dezero import Layer, Model, Parameter, Variable
from dezero.models import MLP
from dezero.viz import Graph


class TwoLayers(Model):
    def __init__(self):
        super().__init__()
        self.l1 = L.Linear(10)
        self.l2 = L.Linear(1)

    def forward(self, x):
        return self.l2(F.sigmoid(self.l1(x)))


def test_a_model_is_a_layer_and_holds_what_is_set_on_it():
    model = Model()
    assert isinstance(model, Layer)
    model.image = Parameter(np.zeros((2, 2)))
    assert list(model.params()) == [model.image]


def test_a_users_model_names_its_parameters_by_attribute():
    model = TwoLayers()
    model(np.ones((4, 3), np.float32))
    assert list(model.state_dict()) == ["l1/W", "l1/b", "l2/W", "l2/b"]


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf", "dot", "mmd"])
def test_plot_writes_the_picture_that_the_suffix_names(tmp_path, suffix):
    TwoLayers().plot(np.ones((4, 3), np.float32), to_file=tmp_path / f"model.{suffix}")
    start = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF", "dot": b"digraph", "mmd": b"flowchart"}[suffix]
    assert (tmp_path / f"model.{suffix}").read_bytes().startswith(start)


def test_plot_is_called_model_png_where_nothing_is_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    TwoLayers().plot(np.ones((4, 3), np.float32))
    assert [path.name for path in tmp_path.iterdir()] == ["model.png"]


def test_plot_shows_the_input_the_parameters_and_the_operations_with_shapes(tmp_path):
    graph = TwoLayers().plot(np.ones((4, 3), np.float32), to_file=tmp_path / "model.dot")
    assert isinstance(graph, Graph)
    assert graph.dot == (tmp_path / "model.dot").read_text()
    for shown in (r"x\n(4, 3) float32", r"W\n(3, 10) float32", r"b\n(1,) float32", '"sigmoid"', r"(4, 1) float32"):
        assert shown in graph.dot


def test_plot_keeps_the_name_of_a_variable_and_takes_several_inputs_and_outputs(tmp_path):
    class Sums(Model):
        def forward(self, x, y):
            return x + y, x * y

    x, y = Variable(np.ones(2), name="left"), Variable(np.ones(2), name="right")
    dot = Sums().plot(x, y, to_file=tmp_path / "sums.dot").dot
    assert all(shown in dot for shown in ("left", "right", '"add"', '"mul"'))


def test_plot_refuses_a_suffix_that_names_no_format(tmp_path):
    with pytest.raises(ValueError, match=r"model\.txt.*suffix must be one of"):
        TwoLayers().plot(np.ones((4, 3)), to_file=tmp_path / "model.txt")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_of_a_model_gives_the_same_and_shares_nothing(duplicate):
    model = MLP((4, 2), L.Tanh())
    x = np.ones((3, 5), np.float32)
    before = model(x).data
    copied = duplicate(model)
    assert np.array_equal(copied(x).data, before)
    for param in model.params():
        param.data = param.data + 1
    assert np.array_equal(copied(x).data, before)
    assert len(list(copied.params())) == 4
