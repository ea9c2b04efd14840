"""What docs/training.md shows is what happens, and what its tables name is there."""

import ast
import code
import importlib.util
import inspect
import io
import re
import tokenize
from pathlib import Path

import numpy as np
import pytest

import dezero
from dezero import dataloaders, datasets, models, optimizers, training, transforms

PAGE = (Path(__file__).parents[1] / "docs/training.md").read_text(encoding="utf-8")
START, *RECIPES = re.findall(r"^```python\n(.*?)^```$", PAGE, re.M | re.S)
TITLES = re.findall(r"^\*\*(.+?)\.?\*\*.*\n```python$", PAGE, re.M)
TABLES = [
    [[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()]
    for table in re.findall(r"(?:^\|.*\|\n)+", PAGE, re.M)
]
# What the tables mention besides names: Python's words, arguments that several have, the name of a weight.
WORDS = {"with", "break", "axis", "l1/W", "rng=", "lr="}


def codes():
    """The code in the cells of all columns but PyTorch's."""
    for header, _, *rows in TABLES:
        for row in [header, *rows]:
            for title, cell in zip(header, row, strict=True):
                if title != "PyTorch":
                    yield from re.findall("`([^`]+)`", cell)


CODES = sorted({*codes()} - WORDS)


@pytest.fixture(scope="module")
def scope():
    """What the tables may speak of: the rooms, their public names, and one object of each kind."""
    rooms = (dataloaders, datasets, models, optimizers, training)
    names = {name: getattr(room, name) for room in rooms for name in room.__all__}
    names |= {"F": dezero.functions, "L": dezero.layers, "T": transforms, "dezero": dezero, "np": np}
    model = models.MLP((2,), in_size=2)
    optimizer = optimizers.Adam().setup(model)
    trainer = training.Trainer(model, optimizer)
    return names | {"model": model, "optimizer": optimizer, "trainer": trainer, "loss": dezero.Variable(np.ones(1))}


def check_call(call, function):
    """It takes these arguments, and those shown with `=` have that default."""
    signature, keywords = inspect.signature(function), {keyword.arg: keyword.value for keyword in call.keywords}
    signature.bind(*call.args, **keywords)
    for name in keywords.keys() & signature.parameters:
        assert ast.literal_eval(keywords[name]) == signature.parameters[name].default, name


@pytest.mark.parametrize("text", CODES)
def test_what_a_table_names_exists_with_these_arguments_and_defaults(text, scope):
    (node,) = ast.parse(text).body
    calls = [part for part in ast.walk(node) if isinstance(part, ast.Call)]
    for call in calls:
        check_call(call, eval(ast.unparse(call.func), scope))
    if isinstance(node, ast.Assign):  # an argument of Trainer's
        default = inspect.signature(training.Trainer).parameters[node.targets[0].id].default
        assert ast.literal_eval(node.value) == default
    elif not calls:
        eval(text, scope)


def test_every_layer_optimizer_transform_and_argument_of_the_trainer_is_told():
    public = [f"L.{name}" for name in dezero.layers.__all__] + [f"T.{name}" for name in transforms.__all__]
    public += optimizers.__all__ + list(inspect.signature(training.Trainer).parameters)
    told = {*re.findall(r"[\w.]+", PAGE), "L.Layer", "L.Recurrent", "Optimizer"}  # the base classes need not be
    assert [name for name in public if name not in told] == []


def promised(block):
    """The comments on the lines that print."""
    lines = block.splitlines()
    comments = [t for t in tokenize.generate_tokens(io.StringIO(block).readline) if t.type == tokenize.COMMENT]
    return [t.string.removeprefix("# ") for t in comments if lines[t.start[0] - 1].lstrip().startswith("print(")]


@pytest.mark.parametrize("recipe", RECIPES, ids=TITLES)
def test_a_recipe_can_be_pasted_after_the_first_block(recipe, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    console = code.InteractiveConsole({"__name__": "__console__"})
    monkeypatch.setattr("sys.displayhook", lambda value: None)
    waiting = [console.push(line) for line in (START + recipe).splitlines()][-1]
    out, err = capsys.readouterr()
    assert err == ""
    assert out.splitlines() == promised(recipe)
    assert not waiting


@pytest.mark.parametrize("recipe", RECIPES, ids=TITLES)
def test_a_recipe_prints_what_its_comments_say(recipe, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    exec(compile(START + recipe, "training.md", "exec"), {"__name__": "training"})
    assert capsys.readouterr().out.splitlines() == promised(recipe)


def test_every_recipe_has_a_title():
    assert len(TITLES) == len(RECIPES) >= 8


def test_it_stays_short():
    assert len(PAGE.splitlines()) <= 200


def test_the_exceptions_for_scripts_of_dezero():
    with pytest.raises((TypeError, DeprecationWarning)):  # NumPy 2.4, and those before it
        float(np.ones((1, 1)))
    assert [importlib.util.find_spec(f"dezero.{name}") for name in ("core_simple", "functions_conv")] == [None, None]
    assert issubclass(dezero.functions.ReLU, dezero.Layer)
    assert not hasattr(dezero.functions, "Sin")


def test_pytorch_divides_by_the_elements_and_dezero_by_the_samples():
    x, t = np.ones((2, 3)), np.zeros((2, 3))
    assert dezero.functions.mean_squared_error(x, t).item() == 3 * np.mean((x - t) ** 2)
    assert dezero.functions.sigmoid_cross_entropy(t, t).item() == pytest.approx(3 * np.log(2))


def test_arrays_and_a_list_of_pairs_are_data_too():
    a = np.arange(4.0)
    for data in ((a, 3 * a), list(zip(a, 3 * a, strict=True))):
        x, t = next(dezero.DataLoader(data, 4))
        assert np.array_equal(t, 3 * x)
