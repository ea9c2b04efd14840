"""Residual networks."""

import numpy as np
import pytest

import dezero
import dezero.functions as F
import dezero.layers as L
from dezero.models import ResNet, ResNet18, ResNet34, ResNet50, ResNet101, ResNet152
from dezero.models.resnet import BasicBlock, BottleneckA, BottleneckB, BuildingBlock, Stage
from tests.functions import naive
from tests.models.networks import count, in_use, set_norms, shapes

NORM = ("avg_mean", "avg_var", "gamma", "beta")


@pytest.mark.parametrize(
    ("make", "parameters"),
    [
        (ResNet18, 11_689_512),
        (ResNet34, 21_797_672),
        # torchvision's 25,557,032, 44,549,160 and 60,192,808, and the 64 biases of conv1.
        (ResNet50, 25_557_096),
        (ResNet101, 44_549_224),
        (ResNet152, 60_192_872),
    ],
)
def test_the_parameters_are_as_many_as_published(undrawn, make, parameters):
    model = make()
    with in_use():
        y = model(np.zeros((1, 3, 16, 16), np.float32))
    assert (y.shape, y.dtype) == ((1, 1000), np.float32)
    assert count(model) == parameters


def test_names_and_shapes_are_those_that_the_originals_code_gives(undrawn):
    model = ResNet(50)
    with in_use():
        model(np.zeros((1, 3, 16, 16), np.float32))
    expected = {"conv1/W": (64, 3, 7, 7), "conv1/b": (64,), "fc6/W": (2048, 1000), "fc6/b": (1000,)}
    expected |= {f"bn1/{name}": (64,) for name in NORM}
    before = 64
    for stage, blocks, mid in (("res2", 3, 64), ("res3", 4, 128), ("res4", 6, 256), ("res5", 3, 512)):
        for block in ("a", *[f"b{i}" for i in range(1, blocks)]):
            layers = [(mid, before, 1, 1), (mid, mid, 3, 3), (4 * mid, mid, 1, 1)]
            layers += [(4 * mid, before, 1, 1)] if block == "a" else []
            for i, shape in enumerate(layers, 1):
                expected[f"{stage}/{block}/conv{i}/W"] = shape
                expected |= {f"{stage}/{block}/bn{i}/{name}": shape[:1] for name in NORM}
            before = 4 * mid
    assert shapes(model) == expected


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (ResNet18, [[-4.73128623, 0.08386052, -0.92529787, -0.78822731, -1.63594895]]),
        (ResNet50, [[-32.38444545, -7.89447228, -19.88667071, 15.59036545, 20.69506663]]),
    ],
)
def test_it_computes_what_pytorch_computes_with_the_same_weights(drawn_quickly, make, expected):
    model = make(classes=5)
    x = np.random.RandomState(0).randn(1, 3, 40, 48).astype(np.float32)
    with in_use():
        model(x)
        set_norms(model)
        y = model(x)
    # From PyTorch's conv2d, batch_norm and max_pool2d, composed as DeZero does, in float64.
    np.testing.assert_allclose(y.data, expected, rtol=1e-4, atol=1e-5)


def normalised(h, state, name):
    mean, var, gamma, beta = (state[f"{name}/{key}"][:, None, None] for key in NORM)
    return (h - mean) / np.sqrt(var + 2e-5) * gamma + beta


def block_and_state(block, channels):
    x = np.random.default_rng(0).standard_normal((2, channels, 5, 4)).astype(np.float32)
    with in_use():
        block(x)
        set_norms(block)
        y = block(x)
    return x.astype(np.float64), y, {name: array.astype(np.float64) for name, array in block.state_dict().items()}


@pytest.mark.parametrize("downsample_fb", [False, True])
def test_a_bottleneck_with_a_stride_has_it_on_the_first_convolution_or_as_facebook_on_the_second(downsample_fb):
    x, y, s = block_and_state(BottleneckA(4, 2, 6, 2, downsample_fb), 4)
    strides = (1, 2) if downsample_fb else (2, 1)
    h = np.maximum(normalised(naive.conv(x, s["conv1/W"], stride=strides[0]), s, "bn1"), 0)
    h = np.maximum(normalised(naive.conv(h, s["conv2/W"], stride=strides[1], pad=1), s, "bn2"), 0)
    h = normalised(naive.conv(h, s["conv3/W"]), s, "bn3")
    h += normalised(naive.conv(x, s["conv4/W"], stride=2), s, "bn4")
    np.testing.assert_allclose(y.data, np.maximum(h, 0), rtol=1e-4, atol=1e-5)


def test_a_bottleneck_without_a_stride_adds_its_input():
    x, y, s = block_and_state(BottleneckB(4, 2), 4)
    h = np.maximum(normalised(naive.conv(x, s["conv1/W"]), s, "bn1"), 0)
    h = np.maximum(normalised(naive.conv(h, s["conv2/W"], pad=1), s, "bn2"), 0)
    h = normalised(naive.conv(h, s["conv3/W"]), s, "bn3")
    np.testing.assert_allclose(y.data, np.maximum(h + x, 0), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("out_channels", "stride"), [(4, 1), (4, 2), (6, 1), (6, 2)])
def test_a_basic_block_maps_its_input_only_where_the_shape_changes(out_channels, stride):
    x, y, s = block_and_state(BasicBlock(4, out_channels, stride), 4)
    h = np.maximum(normalised(naive.conv(x, s["conv1/W"], stride=stride, pad=1), s, "bn1"), 0)
    h = normalised(naive.conv(h, s["conv2/W"], pad=1), s, "bn2")
    same = (out_channels, stride) == (4, 1)
    assert ("conv3/W" in s) is not same
    h += x if same else normalised(naive.conv(x, s["conv3/W"], stride=stride), s, "bn3")
    np.testing.assert_allclose(y.data, np.maximum(h, 0), rtol=1e-4, atol=1e-5)


def test_a_building_block_is_one_bottleneck_of_each_kind_after_the_other():
    np.random.seed(0)
    stage = BuildingBlock(3, 4, 2, 6, 2)
    x = np.random.randn(2, 4, 5, 4).astype(np.float32)
    with in_use():
        assert np.array_equal(stage(x).data, stage.b2(stage.b1(stage.a(x))).data)
    assert [type(block) for block in (stage.a, stage.b1, stage.b2)] == [BottleneckA, BottleneckB, BottleneckB]


def test_a_step_of_training_lowers_the_loss_in_float32(drawn_quickly):
    model, t = ResNet18(classes=3), np.array([0, 1, 2, 0])
    x = np.random.RandomState(0).randn(4, 3, 24, 24).astype(np.float32)
    losses = []
    for _ in range(2):
        model.cleargrads()
        loss = F.softmax_cross_entropy(model(x), t)
        loss.backward()
        losses.append(float(loss.data))
        for param in model.params():
            assert param.grad.dtype == np.float32
            param.data -= np.float32(0.01) * param.grad.data
    assert losses[1] < losses[0]
    assert not np.array_equal(model.bn1.avg_mean.data, np.zeros(64))


def test_in_use_a_sample_does_not_depend_on_the_others(drawn_quickly):
    model, x = ResNet18(classes=3), np.random.RandomState(0).randn(3, 3, 24, 24).astype(np.float32)
    model(x)
    with dezero.test_mode():
        np.testing.assert_allclose(model(x[:1]).data, model(x).data[:1], rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("n_layers", [20, 0, None, "50"])
def test_other_depths_are_refused(n_layers):
    with pytest.raises(ValueError, match="ResNet: n_layers must be 18, 34, 50, 101 or 152, got"):
        ResNet(n_layers)


@pytest.mark.parametrize("shape", [(3, 16, 16), (1, 16, 16, 3), (1, 3, 4, 16)])
def test_what_is_no_batch_of_images_is_refused(undrawn, shape):
    with pytest.raises(ValueError, match=r"ResNet18: x must be images .* of at least 5 pixels a side, got shape"):
        ResNet18()(np.zeros(shape, np.float32))


def test_the_largest_is_still_drawn(undrawn, tmp_path):
    graph = ResNet152().plot(np.zeros((1, 3, 16, 16), np.float32), to_file=tmp_path / "resnet.dot")
    assert graph.dot.count("conv") == 155


def test_images_of_other_channels_are_refused(undrawn):
    with pytest.raises(ValueError, match=r"conv2d.*channels"):
        ResNet18()(np.zeros((1, 1, 16, 16), np.float32))


def test_another_block_is_called_in_the_place_of_the_first():
    stage = Stage(L.ReLU(), L.Tanh())
    stage.b1 = L.LeakyReLU(0.5)
    assert [name for name, _ in stage.sublayers()] == ["a", "b1"]
    np.testing.assert_array_equal(stage(np.array([2.0, -2.0])).data, [2.0, 0.0])
    stage.a = L.Tanh()
    np.testing.assert_allclose(stage(np.array([-2.0])).data, 0.5 * np.tanh(-2.0), rtol=1e-12)
