"""Transformer: a small language model."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero
import dezero.functions as F
from dezero.models import Transformer
from dezero.optimizers import Adam

VOCABULARY, LENGTH = 11, 7


def small(dtype=np.float32, **options):
    return Transformer(VOCABULARY, 8, 2, 2, LENGTH, dtype=dtype, rng=np.random.default_rng(0), **options)


def some_ids(batch=3, length=LENGTH):
    return np.random.default_rng(1).integers(0, VOCABULARY, (batch, length))


MODEL, MODEL64 = small(), small(np.float64)


def test_logits_are_one_for_each_token_in_the_dtype_of_the_model():
    assert (MODEL(some_ids()).shape, MODEL(some_ids()).dtype) == ((3, 7, 11), np.float32)
    assert (MODEL64(some_ids(2, 4)).shape, MODEL64(some_ids(2, 4)).dtype) == ((2, 4, 11), np.float64)


@given(st.integers(0, LENGTH - 2), st.data())
def test_a_later_token_changes_no_bit_of_the_logits_before_it(place, data):
    ids = some_ids()
    changed = ids.copy()
    later = st.lists(st.integers(0, VOCABULARY - 1), min_size=LENGTH - 1 - place, max_size=LENGTH - 1 - place)
    changed[:, place + 1 :] = data.draw(later)
    assert np.array_equal(MODEL(ids).data[:, : place + 1], MODEL(changed).data[:, : place + 1])


def test_an_earlier_token_changes_the_logits_after_it():
    ids = some_ids()
    changed = ids.copy()
    changed[:, 0] = (ids[:, 0] + 1) % VOCABULARY
    assert (np.abs(MODEL(ids).data - MODEL(changed).data).max(axis=2) > 0).all()


def test_no_gradient_comes_from_later_positions():
    model = small()
    F.sum(model(some_ids())[:, 3]).backward()
    moved = np.abs(model.positions.W.grad.data).max(axis=1)
    assert (moved[:4] > 0).all()
    assert (moved[4:] == 0).all()


@pytest.mark.parametrize("length", range(1, LENGTH))
def test_a_beginning_alone_has_the_logits_that_it_has_in_the_whole(length):
    whole = MODEL64(some_ids()).data[:, :length]
    np.testing.assert_allclose(MODEL64(some_ids()[:, :length]).data, whole, rtol=1e-12, atol=1e-13)


def test_the_order_of_the_tokens_counts():
    same = np.array([[1, 2, 3], [2, 1, 3]])
    last = MODEL(same).data[:, -1]
    assert np.abs(last[0] - last[1]).max() > 1e-3


def loss_of(model, ids):
    return F.softmax_cross_entropy(F.reshape(model(ids[:, :-1]), (-1, VOCABULARY)), ids[:, 1:].ravel())


def test_every_parameter_gets_the_gradient_that_differences_give():
    model, ids, rng = small(np.float64), some_ids(), np.random.default_rng(2)
    loss_of(model, ids).backward()
    for name, param in model.named_params():
        direction, data, step = rng.standard_normal(param.shape), param.data, 1e-6
        param.data = data + step * direction
        above = float(loss_of(model, ids).data)
        param.data = data - step * direction
        below = float(loss_of(model, ids).data)
        param.data = data
        slope = float((param.grad.data * direction).sum())
        assert slope == pytest.approx((above - below) / (2 * step), rel=1e-6, abs=1e-8), name


def test_gradients_are_float32_where_the_parameters_are():
    model = small()
    loss_of(model, some_ids()).backward()
    assert {param.grad.dtype for param in model.params()} == {np.dtype(np.float32)}


def copying(rng, batch):
    """Three tokens, a sign (0), and the three tokens again."""
    tokens = rng.integers(1, 5, (batch, 3))
    return np.concatenate((tokens, np.zeros((batch, 1), int), tokens), axis=1)


def test_it_learns_to_copy_and_generates_the_copy():
    rng = np.random.default_rng(0)
    model = Transformer(5, 32, 4, 2, 7, rng=rng)
    optimizer = Adam(alpha=0.003).setup(model)
    for _ in range(200):
        ids = copying(rng, 32)
        model.cleargrads()
        F.softmax_cross_entropy(F.reshape(model(ids[:, :-1])[:, 3:], (-1, 5)), ids[:, 4:].ravel()).backward()
        optimizer.update()
    ids = copying(rng, 64)
    generated = model.generate(ids[:, :4], 3, temperature=0)
    assert (generated == ids).all(axis=1).mean() > 0.95


def test_generate_at_temperature_0_takes_the_likeliest_token_each_time():
    ids = some_ids(2, 2)
    expected = ids
    for _ in range(4):
        best = MODEL(expected).data[:, -1].argmax(axis=1)
        expected = np.concatenate((expected, best[:, np.newaxis]), axis=1)
    assert np.array_equal(MODEL.generate(ids, 4, temperature=0), expected)


def test_generate_draws_with_the_probabilities_of_the_softmax():
    drawn = MODEL.generate(np.full((20_000, 1), 3), 1, temperature=2.0, rng=np.random.default_rng(0))[:, 1]
    p = F.softmax(MODEL(np.array([[3]])) / 2.0, axis=-1).data[0, -1]
    frequencies = np.bincount(drawn, minlength=VOCABULARY) / len(drawn)
    # Five standard deviations of each frequency, with a seed that is fixed.
    assert (np.abs(frequencies - p) < 5 * np.sqrt(p * (1 - p) / len(drawn))).all()


def test_generate_sees_the_last_tokens_when_there_are_more_than_its_length():
    long = some_ids(2, 20)
    generated = MODEL.generate(long, 3, temperature=0)
    assert np.array_equal(generated[:, :20], long)
    for end in range(20, 23):
        assert np.array_equal(generated[:, end], MODEL(generated[:, end - LENGTH : end]).data[:, -1].argmax(axis=1))


def test_generate_is_repeated_by_the_seed_and_leaves_ids_and_modes_as_they_are():
    model, ids = small(dropout=0.5), some_ids(2, 3)
    before = ids.copy()
    first, second = (model.generate(ids, 5, rng=np.random.default_rng(4)) for _ in range(2))
    np.random.seed(5)
    third = model.generate(ids, 5)
    np.random.seed(5)
    assert np.array_equal(first, second)
    assert np.array_equal(third, model.generate(ids, 5))
    assert np.array_equal(ids, before)
    assert dezero.Config.train
    assert dezero.Config.enable_backprop


def test_generate_holds_every_token_however_small_the_ids_dtype():
    model = Transformer(1000, 4, 1, 1, 4, rng=np.random.default_rng(0))
    generated = model.generate(np.array([[1]], np.uint8), 50, rng=np.random.default_rng(0))
    assert generated.dtype == np.int64
    assert generated.max() > 255


def test_dropout_works_in_training_alone():
    model, ids = small(dropout=0.5), some_ids()
    assert not np.array_equal(model(ids).data, model(ids).data)
    with dezero.test_mode():
        assert np.array_equal(model(ids).data, model(ids).data)


def test_weights_are_saved_and_loaded(tmp_path):
    MODEL.save_weights(tmp_path / "model.npz")
    other = Transformer(VOCABULARY, 8, 2, 2, LENGTH)
    other.load_weights(tmp_path / "model.npz")
    assert np.array_equal(other(some_ids()).data, MODEL(some_ids()).data)


@pytest.mark.parametrize(
    ("ids", "error", "message"),
    [
        (np.zeros((1, 2)), TypeError, r"Transformer: ids must be whole numbers, got float64; use ids\.astype\(int\)"),
        (np.zeros(3, int), ValueError, r"Transformer: ids must be \(batch, length\).*shape \(3,\); ids\[np\.newaxis\]"),
        (np.zeros((1, 0), int), ValueError, r"one token at least, got shape \(1, 0\)"),
        (np.zeros((1, 8), int), ValueError, r"ids of shape \(1, 8\) are longer than length=7"),
        (np.array([[11]]), IndexError, "holds 11.*rows 0 to 10"),
        (np.array([[-1]]), IndexError, "holds -1"),
    ],
)
def test_ids_that_do_not_fit_are_refused(ids, error, message):
    with pytest.raises(error, match=message):
        MODEL(ids)


@pytest.mark.parametrize("name", ["vocabulary", "size", "heads", "blocks", "length"])
@pytest.mark.parametrize("value", [0, -1, 2.5])
def test_sizes_that_are_not_positive_whole_numbers_are_refused(name, value):
    sizes = {"vocabulary": 5, "size": 4, "heads": 2, "blocks": 1, "length": 3} | {name: value}
    with pytest.raises((ValueError, TypeError), match=name):
        Transformer(**sizes)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"temperature": -1}, "temperature"),
        ({"temperature": float("nan")}, "temperature"),
        ({"temperature": float("inf")}, "temperature"),
        ({"count": -1}, "count"),
        ({"count": 1.5}, "count"),
    ],
)
def test_generate_refuses_what_makes_no_sense(options, name):
    with pytest.raises(ValueError, match=rf"Transformer\.generate: {name} must be"):
        MODEL.generate(some_ids(), **({"count": 2} | options))
