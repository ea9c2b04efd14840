"""Attention of several heads, and the transformer's block, beside their definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero.functions as F
import dezero.layers as L
from dezero import Variable, test_mode
from tests.functions import naive


def sample(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def attention(size=4, heads=2, seed=0, **options):
    layer = L.MultiHeadAttention(size, heads, dtype=np.float64, rng=np.random.default_rng(seed), **options)
    for p in layer.params():
        p.data = p.data + 0.3 * sample(*p.shape, seed=seed + 1)
    return layer


def by_definition(layer, query, key, value, mask=None, causal=False):
    """Sample by sample and head by head; mask: (batch, heads, L, S) or what broadcasts to it."""
    n, width = layer.size, layer.size // layer.heads
    W, b = layer.qkv.W.data, np.zeros(3 * n) if layer.qkv.b is None else layer.qkv.b.data
    q, k, v = [x @ W[:, i * n : (i + 1) * n] + b[i * n : (i + 1) * n] for i, x in enumerate((query, key, value))]
    y = np.zeros(query.shape)
    if mask is not None:
        mask = np.broadcast_to(mask, (len(query), layer.heads, query.shape[1], key.shape[1]))
    for sample_ in range(len(query)):
        for head in range(layer.heads):
            part = slice(head * width, (head + 1) * width)
            seen = None if mask is None else mask[sample_, head]
            parts = [x[sample_, :, part] for x in (q, k, v)]
            y[sample_, :, part] = naive.attention(*parts, seen, None, causal)
    return y @ layer.out.W.data + (0 if layer.out.b is None else layer.out.b.data)


@given(
    batch=st.integers(1, 3),
    lengths=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    heads=st.sampled_from([1, 2, 4]),
    kind=st.sampled_from(["itself", "another", "another's values"]),
    mask=st.sampled_from([None, "all", "sample", "head"]),
    added=st.booleans(),
    causal=st.booleans(),
    nobias=st.booleans(),
)
def test_attention_is_its_definition(batch, lengths, heads, kind, mask, added, causal, nobias):
    layer = attention(heads=heads, nobias=nobias)
    query = sample(batch, lengths[0], 4, seed=1)
    key = query if kind == "itself" else sample(batch, lengths[1], 4, seed=2)
    value = sample(*key.shape, seed=3) if kind == "another's values" else key
    n, m = query.shape[1], key.shape[1]
    shapes = {"all": (n, m), "sample": (batch, n, m), "head": (batch, heads, n, m)}
    mask = None if mask is None else sample(*shapes[mask], seed=4)
    if mask is not None and not added:
        mask = mask > -0.5
    given = [query] if kind == "itself" else [query, key] if kind == "another" else [query, key, value]
    y = layer(*given, mask=mask, causal=causal)
    per_head = mask[:, None] if mask is not None and mask.ndim == 3 else mask
    expected = by_definition(layer, query, key, value, per_head, causal)
    np.testing.assert_allclose(y.data, expected, rtol=1e-10, atol=1e-11)


def test_the_same_array_as_key_and_value_is_the_same_as_leaving_them_out():
    layer, x = attention(), sample(2, 3, 4)
    np.testing.assert_allclose(layer(x, x.copy(), x.copy()).data, layer(x).data, rtol=1e-12, atol=1e-13)


def test_as_many_samples_as_heads_do_not_take_a_mask_of_samples_for_one_of_heads():
    layer, x = attention(heads=2), sample(2, 3, 4)
    mask = np.ones((2, 3, 3), bool)
    mask[1, :, 1:] = False  # the second sample sees its first place alone
    y = layer(x, mask=mask)
    np.testing.assert_allclose(y.data[0], layer(x).data[0], rtol=1e-12)
    np.testing.assert_allclose(y.data[1], np.broadcast_to(y.data[1, :1], (3, 4)), rtol=1e-12)


def test_an_added_mask_that_is_a_variable_has_a_gradient():
    layer, x, bias = attention(), sample(2, 3, 4), Variable(sample(2, 3, 3))
    (layer(x, mask=bias) ** 2).sum().backward()
    assert bias.grad.shape == (2, 3, 3)
    assert np.all(bias.grad.data != 0)


def test_causal_places_do_not_depend_on_later_ones():
    layer, x = attention(), Variable(sample(2, 4, 4))
    y = layer(x, causal=True)
    y[:, 1].sum().backward()
    assert np.all(x.grad.data[:, :2] != 0)
    np.testing.assert_array_equal(x.grad.data[:, 2:], np.zeros((2, 2, 4)))


def test_a_query_that_may_see_no_key_gets_the_bias_alone():
    layer, x = attention(), sample(1, 2, 4)
    y = layer(x, mask=np.array([[True, True], [False, False]]))
    np.testing.assert_allclose(y.data[0, 1], layer.out.b.data, rtol=1e-14)


def test_weights_are_dropped_in_training_alone():
    layer, x = attention(dropout=0.5), sample(2, 6, 4)
    assert not np.array_equal(layer(x).data, layer(x).data)
    with test_mode():
        np.testing.assert_allclose(layer(x).data, by_definition(layer, x, x, x), rtol=1e-10, atol=1e-12)


def test_dropout_meets_the_weights_and_not_the_values():
    x, seen = sample(2, 3, 4), []

    def drop(weights):
        seen.append(weights)
        return weights * np.eye(3)

    y = F.scaled_dot_product_attention(x, x, x, dropout=drop)
    (weights,) = seen
    np.testing.assert_allclose(weights.data.sum(-1), np.ones((2, 3)), rtol=1e-12)
    np.testing.assert_allclose(y.data, weights.data.diagonal(0, 1, 2)[..., None] * x, rtol=1e-12)


def test_names_shapes_and_no_biases():
    assert {name: p.shape for name, p in L.MultiHeadAttention(6, 2).named_params()} == {
        "qkv/W": (6, 18),
        "qkv/b": (18,),
        "out/W": (6, 6),
        "out/b": (6,),
    }
    assert [name for name, _ in L.MultiHeadAttention(6, 2, nobias=True).named_params()] == ["qkv/W", "out/W"]


@pytest.mark.parametrize(
    ("size", "heads", "says"),
    [
        (5, 2, "size 5 cannot be split into 2 heads"),
        (2, 4, "size 2 cannot be split into 4 heads"),
        (4, 0, "heads must be a whole number of 1 or more, got 0"),
        (4, 2.0, "heads must be .* got 2.0"),
        (0, 1, "size must be .* got 0"),
    ],
)
def test_sizes_that_cannot_be_split_are_refused(size, heads, says):
    with pytest.raises(ValueError, match=f"MultiHeadAttention: {says}"):
        L.MultiHeadAttention(size, heads)


@pytest.mark.parametrize(
    ("inputs", "options", "says"),
    [
        ([np.ones((2, 4))], {}, r"query must be \(batch, length, 4\), got \(2, 4\)"),
        ([np.ones((2, 3, 5))], {}, r"query must be \(batch, length, 4\), got \(2, 3, 5\)"),
        ([np.ones((2, 3, 4)), np.ones((2, 3, 5))], {}, "key must be"),
        ([np.ones((2, 3, 4)), np.ones((2, 3, 4)), np.ones((2, 3, 1))], {}, "value must be"),
        ([np.ones((2, 3, 4)), np.ones((3, 3, 4))], {}, "do not broadcast"),
        ([np.ones((2, 3, 4)), np.ones((2, 3, 4)), np.ones((2, 2, 4))], {}, "must agree in E and in S"),
        ([np.ones((2, 3, 4))], {"mask": np.ones((2, 2), bool)}, r"a mask of shape \(2, 2\) does not broadcast"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(inputs, options, says):
    with pytest.raises(ValueError, match=says):
        attention()(*inputs, **options)


# -- the block -------------------------------------------------------------------------------------------------


def block(**options):
    return L.TransformerBlock(4, 2, 5, dtype=np.float64, rng=np.random.default_rng(0), **options)


def norm(x):
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)


def transform(layer, x):
    h = x @ layer.l1.W.data
    return (0.5 * h * (1 + np.tanh(np.sqrt(2 / np.pi) * (h + 0.044715 * h**3)))) @ layer.l2.W.data


@pytest.mark.parametrize("causal", [True, False])
def test_the_block_normalises_before_attention_and_maps(causal):
    layer, x = block(causal=causal), sample(2, 3, 4)
    n = norm(x)
    y = x + by_definition(layer.attention, n, n, n, causal=causal)
    np.testing.assert_allclose(layer(x).data, y + transform(layer, norm(y)), rtol=1e-10, atol=1e-12)


def test_the_block_may_normalise_the_sums_instead():
    layer, x = block(pre_norm=False), sample(2, 3, 4)
    y = norm(x + by_definition(layer.attention, x, x, x))
    np.testing.assert_allclose(layer(x).data, norm(y + transform(layer, y)), rtol=1e-10, atol=1e-12)


def test_the_block_passes_its_mask_on():
    layer, x = block(), sample(2, 3, 4)
    mask = np.tri(3, dtype=bool)
    np.testing.assert_allclose(layer(x, mask).data, block(causal=True)(x).data, rtol=1e-12)


def test_hidden_features_are_four_times_the_size_unless_given():
    assert L.TransformerBlock(4, 2).l1.W.shape == (4, 16)
    assert block().l1.W.shape == (4, 5)


def test_a_mask_of_float64_and_whole_numbers_leave_float32():
    layer, x = L.MultiHeadAttention(4, 2), sample(1, 3, 4).astype(np.float32)
    mask = np.where(np.tri(3, dtype=bool), 0.0, -np.inf)
    y = layer(x, mask=mask)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y.data, layer(x, causal=True).data, rtol=1e-5, atol=1e-6)
    numbers = np.arange(12).reshape(1, 3, 4)
    assert layer(numbers, numbers + 1).dtype == np.float32


def test_a_mask_may_be_a_list():
    layer, x = attention(), sample(1, 2, 4)
    np.testing.assert_array_equal(
        layer(x, mask=[[True, False], [True, True]]).data, layer(x, mask=np.tri(2, dtype=bool)).data
    )
