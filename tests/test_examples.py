"""The examples run, print what they reached, and fail where that is above their bound."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, gradients, no_grad
from dezero.layers import Linear

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def load(name):
    spec = importlib.util.spec_from_file_location(f"examples_{name}", EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(name, monkeypatch, *arguments):
    module = load(name)
    monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
    return module.main()


@pytest.fixture
def beside(monkeypatch):
    """Examples may import each other, as they do where their folder is Python's first."""
    monkeypatch.syspath_prepend(EXAMPLES)
    yield
    sys.modules.pop("digits_cnn", None)


def test_burgers_with_few_steps_says_that_it_is_not_there_yet(monkeypatch, capsys, tmp_path):
    file = tmp_path / "burgers.png"
    assert run("burgers", monkeypatch, "--steps", "3", "--output", str(file)) == 1
    assert "relative L2 error" in capsys.readouterr().out
    assert file.read_bytes().startswith(b"\x89PNG")


def test_beam_reaches_its_bound_and_fails_above_it(monkeypatch, capsys):
    assert run("beam", monkeypatch, "--steps", "60") == 0
    assert run("beam", monkeypatch, "--steps", "1") == 1
    assert "largest deflection 0.03399" in capsys.readouterr().out.splitlines()[1]


def test_the_references_solve_their_equations():
    beam = load("beam")
    x = np.polynomial.Polynomial([0, 1])
    u = beam.exact(x)
    np.testing.assert_allclose((u.deriv(4) - beam.load(x)).coef, 0, atol=1e-12)
    np.testing.assert_allclose([u(0), u(1), u.deriv()(0), u.deriv()(1)], 0, atol=1e-12)

    burgers = load("burgers")
    t, x, h = np.full(5, 0.3), np.array([-0.9, -0.5, 0.2, 0.4, 0.8]), 1e-3
    u = burgers.exact(t, x)
    u_t = (burgers.exact(t + h, x) - burgers.exact(t - h, x)) / (2 * h)
    after, before = burgers.exact(t, x + h), burgers.exact(t, x - h)
    left = u_t + u * (after - before) / (2 * h) - burgers.NU * (after - 2 * u + before) / h**2
    np.testing.assert_allclose(left, 0, atol=1e-3)
    x = np.array([-0.5, 0.1, 0.7])
    np.testing.assert_allclose(burgers.exact(np.full(3, 1e-6), x), -np.sin(np.pi * x), atol=1e-4)


def test_the_profiles_solve_their_equation_and_hold_at_its_ends():
    profiles = load("burgers_profiles")
    for k in profiles.PROFILES:
        u = np.polynomial.Polynomial([0, 1])
        x = -u - u ** (2 * k + 1)
        np.testing.assert_allclose(profiles.exact(x(np.array([-1.0, 0.3])), k), [-1.0, 0.3], atol=1e-12)
        # U' = 1 / x'(u), so that the equation times x'(u) is a polynomial in u
        left = -u / (2 * k) * x.deriv() + (1 + 1 / (2 * k)) * x + u
        np.testing.assert_allclose(left.coef, 0, atol=1e-12)
    *weights, free = profiles.start(np.random.default_rng(0))
    column = Variable(np.array([[-2.0], [-0.5], [0.0], [0.5]]))
    u, slope = profiles.profile(weights, column).jet(column, 1)
    assert u.data[0] == pytest.approx(1)
    assert u.data[1] == pytest.approx(-u.data[3])
    assert slope.data[2] == pytest.approx(-1)
    assert 1 / 5 < profiles.exponent(free, 2).item() < 1 / 3


def test_the_first_profile_is_there_before_the_last_step(monkeypatch, capsys, tmp_path):
    file = tmp_path / "profiles.png"
    assert run("burgers_profiles", monkeypatch, "--steps", 150, "--profiles", 1, "--output", file) == 0
    assert "(1/2; relative error" in capsys.readouterr().out


@pytest.mark.parametrize(("name", "epochs"), [("digits_mlp", 12), ("spiral", 40)])
def test_classifiers_are_there_before_their_last_epoch_and_draw_a_picture(name, epochs, monkeypatch, capsys, tmp_path):
    file = tmp_path / "picture.png"
    assert run(name, monkeypatch, "--epochs", epochs, "--output", file) == 0
    assert "right (bound 9" in capsys.readouterr().out
    assert file.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("digits_cnn", ("--epochs", 1), "of 360 test digits right (bound 98.5%)"),
        ("grad_cam", ("--epochs", 1), "of the heat lies on the digit of its class (bound 80%)"),
        ("vae", ("--epochs", 2), "nats a test digit (bound 20)"),
        ("wgan_gp", ("--epochs", 1), "Wasserstein distance about"),
        ("maml", ("--iterations", 20), "times smaller (bound 7)"),
        ("newton_cg", ("--updates", 5), "Newton-CG: mean square error"),
        ("burgers_profiles", ("--steps", 3, "--profiles", 1, 2), "k = 2: loss"),
    ],
)
@pytest.mark.usefixtures("beside")
def test_cut_short_they_draw_a_picture_and_say_that_they_are_not_there_yet(
    name, arguments, told, monkeypatch, capsys, tmp_path
):
    file = tmp_path / "picture.png"
    assert run(name, monkeypatch, *arguments, "--output", file) == 1
    assert told in capsys.readouterr().out
    assert file.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("layer", ["LSTM", "RNN"])
def test_the_writer_learns_and_writes_characters_of_its_text(layer, monkeypatch, capsys):
    assert run("character_lstm", monkeypatch, "--layer", layer, "--epochs", 2, "--characters", 12_000) == 1
    first, second, *written, last = capsys.readouterr().out.splitlines()
    assert float(second.split()[2]) < float(first.split()[2]) < np.log(100)
    assert "\n".join(written).startswith("The ")
    assert last.endswith("nats a character in the test (bound 1.8)")


def test_the_writer_reads_this_projects_documentation():
    text = load("character_lstm").corpus()
    assert "Derivatives of any order" in text
    assert F.leaky_relu.__doc__.splitlines()[0] in text


def test_the_loss_of_the_autoencoder_is_what_a_decoder_that_knows_nothing_must_pay():
    model = load("vae").VAE(np.random.default_rng(0))
    for network, value in ((model.encoder, 0), (model.decoder, 0)):
        network.layers[-1].W.data[...] = value
    assert model(np.eye(64, dtype=np.float32)[:5]).item() == pytest.approx(64 * np.log(2), rel=1e-6)
    model.encoder.layers[-1].b.data[...] = [1, 2, np.log(4), 0]  # means 1 and 2, variances 4 and 1
    more = (1 + 4 - np.log(4) - 1) / 2 + (4 + 1 - 0 - 1) / 2
    assert model(np.eye(64, dtype=np.float32)[:5]).item() == pytest.approx(64 * np.log(2) + more, rel=1e-6)


def test_the_penalty_of_a_linear_critic_is_that_of_its_slope():
    linear = Linear(1, in_size=64)
    linear.W.data[...] = 0
    linear.W.data[:9] = 1  # a slope of length 3

    penalty = load("wgan_gp").gradient_penalty(lambda x: linear(F.flatten(x)), np.ones((5, 1, 8, 8), np.float32))
    assert penalty.item() == pytest.approx(4)
    penalty.backward()
    np.testing.assert_allclose(linear.W.grad.data[:9], 2 * (3 - 1) / 3, rtol=1e-6)  # 2 (|w| - 1) w / |w|


def test_each_task_takes_a_gradient_step_of_its_own():
    maml = load("maml")
    rng = np.random.default_rng(0)
    model = maml.MLP((40, 40, 1), activation=F.tanh, in_size=1, rng=rng)
    wave, x = maml.waves(rng, 3), maml.points(rng, 3)
    weights = maml.for_each_task(model.params(), 3)
    stepped = maml.adapted(weights, x, wave(x), 0.1)
    with no_grad():
        together = maml.network(weights, x).data
    for task in range(3):
        single = model(x[task])
        np.testing.assert_allclose(together[task], single.data, atol=1e-6)
        slopes = gradients(F.mean((single - wave(x)[task]) ** 2), list(model.params()))
        for w, p, slope in zip(stepped, model.params(), slopes, strict=True):
            np.testing.assert_allclose(w.data[task].reshape(p.shape), p.data - 0.1 * slope.data, atol=1e-5)
    through = gradients(F.sum(maml.error(stepped, x, wave(x))), list(model.params()))
    stopped = gradients(
        F.sum(maml.error(maml.adapted(weights, x, wave(x), 0.1, False), x, wave(x))), list(model.params())
    )
    assert np.abs(through[0].data - stopped[0].data).max() > 1e-3


@pytest.mark.usefixtures("beside")
def test_the_heat_of_a_class_is_where_its_feature_is():
    class Detector:
        """Two maps, of what is above and what is below zero; each is the score of a class."""

        def features(self, x):
            return F.concatenate([F.relu(x), F.relu(-x)], axis=1)[:, :, ::2, ::2]

        def head(self, maps):
            return F.sum(maps, axis=(2, 3))

    x = np.zeros((1, 1, 8, 8), np.float32)
    x[0, 0, 2, 2], x[0, 0, 6, 4] = 1, -1
    heats = load("grad_cam").grad_cam(Detector(), np.repeat(x, 2, axis=0), np.array([0, 1]))
    assert heats.shape == (2, 8, 8)
    for heat, (row, column) in zip(heats, [(2, 2), (6, 4)], strict=True):
        assert heat.max() > 0
        assert heat.max() == heat[row : row + 2, column : column + 2].max() > 2 * heat[:, 6:].max()


@pytest.mark.usefixtures("beside")
def test_pairs_show_two_classes_with_their_labels():
    cam = load("grad_cam")
    x, classes = cam.pairs(np.random.default_rng(0), 40)
    assert x.shape == (40, 1, 8, 16)
    assert np.all(classes[:, 0] != classes[:, 1])
    digits = cam.Digits(train=False)
    for picture, pair in zip(x, classes, strict=True):
        for half, label in zip(np.split(picture, 2, axis=2), pair, strict=True):
            assert any(np.array_equal(half, digit) for digit in digits.data[digits.label == label])


def test_both_optimizers_begin_at_the_same_weights():
    example = load("newton_cg")
    runs = [example.fit(optimizer, 1) for optimizer in (example.Adam(), example.NewtonCG())]
    assert [len(losses) for losses in runs] == [1, 1]
    assert runs[0][0] == pytest.approx(runs[1][0], rel=1e-12)


def test_newtons_method_needs_no_clock():
    example = load("newton_cg")
    first, second = [example.fit(example.NewtonCG(), 4) for _ in range(2)]
    assert first.tolist() == second.tolist()
