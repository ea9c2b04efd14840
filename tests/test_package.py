"""What is shipped and what importing it costs."""

import doctest
import json
import pkgutil
import subprocess
import sys
import zipfile
from email import message_from_bytes
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import dezero
import dezero.functions as F

ROOT = Path(__file__).parents[1]

CONTRACT = {
    "dezero": """Variable Parameter Function Config using_config no_grad test_mode as_array as_variable
        setup_variable gradients""",
    "dezero.functions": """sin tanh exp log sqrt cos tan sigmoid relu abs sign maximum minimum pow add sub mul
        div neg matmul dot sum mean sum_to broadcast_to reshape transpose expand_dims flatten concatenate
        get_item where""",
    "dezero.utils": """get_dot_graph plot_dot_graph sum_to reshape_sum_backward logsumexp max_backward_shape
        gradient_check numerical_grad array_equal array_allclose get_file show_progress pair get_conv_outsize
        get_deconv_outsize cache_dir""",
    "dezero.cuda": "gpu_enable get_array_module as_numpy as_cupy",
    "dezero.backends": "is_array get_array_module as_numpy as_cupy",
    "dezero.viz": "to_dot render",
    "dezero.cli": "main",
}


@pytest.mark.parametrize("module", CONTRACT)
def test_every_name_of_the_contract_is_there(module):
    missing = [name for name in CONTRACT[module].split() if not hasattr(import_module(module), name)]
    assert missing == []


PUBLIC = json.loads((ROOT / "tests/public_names.json").read_text())  # all names that were public once


@pytest.mark.parametrize("module", PUBLIC)
def test_no_public_name_is_lost(module):
    holder = dezero.Variable if module == "dezero.Variable" else import_module(module)
    assert [name for name in PUBLIC[module].split() if not hasattr(holder, name)] == []


@pytest.mark.parametrize("module", CONTRACT)
def test_importing_loads_numpy_and_the_standard_library_only(module):
    code = (
        "import sys, numpy\n"
        "before = set(sys.modules)\n"
        f"import {module}\n"
        "print(*sorted({name.partition('.')[0] for name in set(sys.modules) - before}))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = set(done.stdout.split())
    assert "dezero" in loaded
    assert loaded - sys.stdlib_module_names - {"dezero", "numpy"} == set()


EXAMPLES = [name for name, value in vars(F).items() if ">>>" in (getattr(value, "__doc__", None) or "")]


# pytest looks for examples where a function's code is defined, and so passes over declared operations.
@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_of_an_operation_holds(name):
    names = vars(F) | {"np": np, "Variable": dezero.Variable}
    example = doctest.DocTestParser().get_doctest(getattr(F, name).__doc__, names, name, None, 0)
    failures = []
    doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(example, out=failures.append)
    assert "".join(failures) == ""


def test_dir_of_the_functions_lists_functions_alone():
    F.erf(np.array(1.0))  # loads one more module into the package
    listed = dir(F)
    assert {"sin", "erf", "abs", "where", "upsample"} <= set(listed)
    assert [name for name in listed if not callable(getattr(F, name)) or isinstance(getattr(F, name), type)] == []
    assert [name for name in listed if name.startswith("_")] == []


def test_operations_have_examples():
    assert {"exp", "sin", "tanh"} <= set(EXAMPLES)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive


@pytest.fixture(scope="module")
def described(wheel):
    (path,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return message_from_bytes(wheel.read(path))


def test_the_wheel_ships_the_types_marker_and_every_module(wheel):
    modules = {path.relative_to(ROOT / "src").as_posix() for path in (ROOT / "src").rglob("*.py")}
    assert "dezero/__init__.py" in modules
    shipped = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert modules | {"dezero/py.typed"} <= shipped
    assert {name.partition("/")[0] for name in shipped} == {"dezero"}


def test_the_distribution_has_the_package_s_version(described):
    assert (described["Name"], described["Version"]) == ("dezero-nth", dezero.__version__)
    assert described["Requires-Python"] == ">=3.11"


def test_numpy_is_the_only_requirement(described):
    required = [name for name in described.get_all("Requires-Dist") if "extra ==" not in name]
    assert required == ["numpy>=2"]


def test_the_command_is_declared(wheel):
    (path,) = (name for name in wheel.namelist() if name.endswith(".dist-info/entry_points.txt"))
    assert wheel.read(path).decode().split("\n")[:2] == ["[console_scripts]", "dezero = dezero.cli:main"]


def test_importing_loads_no_family_of_which_it_needs_nothing():
    code = "import sys, dezero; print(*[name for name in sys.modules if name.startswith('dezero.functions.')])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    parts = {name.split(".")[2] for name in done.stdout.split()}
    assert {"arrays", "elementwise", "nn"} <= parts
    assert parts & {"numpy_modules", "numpy_protocol", "signal", "special", "windows", "_scipy"} == set()


def test_numpy_meets_a_variable_that_is_the_first_of_its_process():
    code = "import numpy as np, dezero; v = dezero.Variable(np.ones(2)); print(np.ones(2) * v, np.concatenate([v, v]))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "variable([1. 1.]) variable([1. 1. 1. 1.])\n"


def test_no_family_has_the_name_of_a_function():
    """Else loading the family would put the module where the function was looked for."""
    families = {module.name for module in pkgutil.iter_modules(F.__path__)}
    assert {name for name in dir(F) if callable(getattr(F, name))} & families == set()


@pytest.mark.parametrize(
    "name",
    ["det", "slogdet", "eigvals", "expm", "batch_norm", "logcumsumexp", "solve", "norm", "gelu", "hstack", "pad"],
)
def test_a_rule_finds_operations_of_families_that_nobody_has_named(name):
    code = f"""
import numpy as np, dezero.functions as F
from dezero import Variable, gradients
x = Variable(np.array([[3.0, 1.0], [0.5, 2.0]]))
f = getattr(F, {name!r})
y = {{"solve": lambda x: f(x, x * x),
     "hstack": lambda x: f([x, x]),
     "pad": lambda x: f(x, 1),
     "batch_norm": lambda x: f(x, np.ones(2), np.ones(2), np.zeros(2), np.ones(2))}}.get({name!r}, f)(x)
y = y[-1] if isinstance(y, tuple) else y
for graph in (False, True):
    gradients(F.sum(F.real(y * y)), x, create_graph=graph)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
