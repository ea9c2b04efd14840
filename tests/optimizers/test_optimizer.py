"""What all optimizers share: targets, hooks, users' own steps, errors that change nothing."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Parameter, Variable, optimizers
from dezero.layers import Layer, Linear
from dezero.optimizers import SGD, Adam, AdamW, ClipGrad, FreezeParam, MomentumSGD, Optimizer, WeightDecay


class Plain(Optimizer):
    def __init__(self, lr=0.5):
        super().__init__()
        self.lr = lr

    def update_one(self, param):
        param.data -= self.lr * param.grad.data


@pytest.mark.parametrize("name", optimizers.__all__)
def test_every_name_of_the_room_is_there(name):
    assert getattr(optimizers, name).__name__ == name


def test_a_name_that_is_none_is_told():
    with pytest.raises(AttributeError, match=r"module 'dezero\.optimizers' has no attribute 'Adagrad'"):
        _ = optimizers.Adagrad


def test_setup_returns_the_optimizer_and_keeps_the_target(holder):
    layer, optimizer = holder(np.ones(2)), SGD()
    assert optimizer.setup(layer) is optimizer
    assert optimizer.target is layer


def test_setup_names_the_remedy_for_what_has_no_params():
    with pytest.raises(TypeError, match=r"SGD\.setup: list has no params\(\); pass a Layer"):
        SGD().setup([Parameter(np.ones(2))])


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdaDelta", "Shampoo", "LBFGS", "NewtonCG", "LevenbergMarquardt"])
@pytest.mark.parametrize("given", [lambda layer: layer, lambda layer: layer.params(), lambda layer: [*layer.params()]])
def test_a_model_in_place_of_a_number_is_told_where_it_belongs(holder, name, given):
    with pytest.raises(TypeError, match=rf"must be a number, got .*{name}\(\.\.\.\)\.setup\(model\)"):
        getattr(optimizers, name)(given(holder(np.ones(2))))


@pytest.mark.parametrize("wrong", [-1.0, np.nan, np.inf])
@pytest.mark.parametrize("kind", [SGD, MomentumSGD, Adam, AdamW, optimizers.AdaGrad, optimizers.Lion])
def test_a_rate_must_be_finite_and_not_negative(kind, wrong):
    with pytest.raises(ValueError, match="give a finite number, 0 or more"):
        kind(wrong)
    optimizer = kind(lr=0)
    with pytest.raises(ValueError, match="give a finite number, 0 or more"):
        optimizer.lr = wrong


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (Adam, "beta1"),
        (AdamW, "beta2"),
        (MomentumSGD, "momentum"),
        (optimizers.RMSprop, "rho"),
        (optimizers.Lion, "beta1"),
    ],
)
@pytest.mark.parametrize("wrong", [1.0, -0.1])
def test_a_weight_of_the_past_stays_below_one(kind, name, wrong):
    with pytest.raises(ValueError, match=f"{kind.__name__}: {name} is {wrong}; give a number from 0 up to 1"):
        kind(**{name: wrong})


def test_numbers_of_numpy_are_kept_as_plain_ones():
    assert [type(SGD(lr).lr) for lr in (np.float32(0.5), np.float64(0.5), np.array(0.5))] == [float] * 3


def test_update_before_setup_says_so():
    with pytest.raises(RuntimeError, match=r"Adam has no target yet; call setup\(model\) first"):
        Adam().update()


@pytest.mark.parametrize("data", [np.array(1.0), np.ones(3), np.ones((200, 300))], ids=["0-d", "small", "large"])
def test_a_users_update_one_is_all_that_is_needed(holder, data):
    layer = holder(data.copy()).give(np.full(data.shape, 3.0))
    Plain().setup(layer).update()
    np.testing.assert_array_equal(layer.p0.data, data - 1.5)


def test_an_optimizer_without_a_step_of_its_own_says_what_to_define(holder):
    with pytest.raises(NotImplementedError, match="Optimizer defines no update_one"):
        Optimizer().setup(holder(np.ones(1)).give([1.0])).update()


def test_a_subclass_may_treat_some_parameters_its_own_way(holder):
    class First(MomentumSGD):
        def update_one(self, param):
            if param is self.target.p0:
                super().update_one(param)

    layer, whole = holder(np.zeros(3), np.zeros(3)), holder(np.zeros(3))
    optimizer, other = First(lr=1.0).setup(layer), MomentumSGD(lr=1.0).setup(whole)
    for _ in range(3):
        layer.give(np.arange(3.0), np.ones(3))
        whole.give(np.arange(3.0))
        optimizer.update()
        other.update()
    np.testing.assert_array_equal(layer.p0.data, whole.p0.data)
    np.testing.assert_array_equal(layer.p1.data, 0.0)


def test_update_one_steps_one_parameter_as_update_steps_all(holder):
    one, all_ = holder(np.ones(3)).give(np.arange(3.0)), holder(np.ones(3)).give(np.arange(3.0))
    first, second = MomentumSGD().setup(one), MomentumSGD().setup(all_)
    for _ in range(2):
        first.update_one(one.p0)
        second.update()
    np.testing.assert_array_equal(one.p0.data, all_.p0.data)


def test_a_subclass_that_counts_its_own_steps_counts_right(holder):
    class Own(Plain):
        def __init__(self):
            super().__init__()
            self.t = 0

        def update(self):
            self.t += 1
            super().update()

    optimizer = Own().setup(holder(np.ones(1)).give([1.0]))
    optimizer.update()
    assert optimizer.t == optimizer.step_count == 1


def test_a_target_needs_params_and_nothing_else():
    class Pair:
        def __init__(self):
            self.a, self.b = Parameter(np.ones(2)), Parameter(np.ones(2))

        def params(self):
            yield self.a
            yield self.b

    pair = Pair()
    optimizer = MomentumSGD(lr=1.0).setup(pair)
    pair.b.grad = Variable(np.ones(2))
    optimizer.update()
    np.testing.assert_array_equal(pair.a.data, 1.0)
    np.testing.assert_array_equal(pair.b.data, 0.0)
    np.testing.assert_array_equal(optimizer.state_dict()["state"]["1"]["v"], [-1.0, -1.0])


def test_an_update_without_any_gradient_counts_and_changes_nothing(holder):
    layer = holder(np.ones(2), None)
    optimizer = Adam().setup(layer)
    optimizer.update()
    assert optimizer.t == 1
    np.testing.assert_array_equal(layer.p0.data, 1.0)


# -- hooks -----------------------------------------------------------------------------------------------------


def test_hooks_are_called_in_order_with_the_parameters_that_have_a_gradient(holder):
    layer, seen = holder(np.ones(1), np.ones(1), np.ones(1)).give([1.0], None, [1.0]), []
    optimizer = SGD().setup(layer)
    optimizer.add_hook(lambda params: seen.append(("first", params)))
    optimizer.add_hook(FreezeParam(layer.p0))
    optimizer.add_hook(lambda params: seen.append(("last", params)))
    optimizer.update()
    assert [(name, [id(p) for p in params]) for name, params in seen] == [
        ("first", [id(layer.p0), id(layer.p2)]),
        ("last", [id(layer.p2)]),
    ]


def test_a_hook_must_be_callable():
    with pytest.raises(TypeError, match=r"add_hook: float cannot be called"):
        SGD().add_hook(0.1)


def test_parameters_made_in_the_first_forward_are_stepped_at_once():
    class Late(Layer):
        def forward(self, x):
            if not hasattr(self, "w"):
                self.w = Parameter(np.zeros(2))
            return self.w * x

    layer = Late()
    SGD(lr=1.0).setup(layer).update(lambda: F.sum(layer(np.ones(2))))
    np.testing.assert_array_equal(layer.w.data, -1.0)


# -- errors that change nothing --------------------------------------------------------------------------------


def no_floats(layer):
    layer.p1.data = np.ones(2, np.int64)


def other_shape(layer):
    layer.p1.data = np.ones(3)


def complex_gradient(layer):
    layer.p1.grad = Variable(np.ones(2, complex))


def read_only(layer):
    layer.p1.data = np.broadcast_to(1.0, (2,))


def no_data(layer):
    layer.p1.data = None


WRONG = {
    no_data: (ValueError, r"p1 .* has a gradient, but no data"),
    no_floats: (TypeError, r"p1 \(int64 array of shape \(2,\)\) cannot be stepped; give it floats"),
    other_shape: (ValueError, r"p1 \(.*\) has a gradient of shape \(2,\).*; call cleargrads\(\)"),
    complex_gradient: (TypeError, r"p1 \(.*\) has a complex128 gradient; make it real"),
    read_only: (ValueError, r"p1 \(.*\) is read-only; give it a copy"),
}


@pytest.mark.parametrize("later", [False, True], ids=["first step", "later step"])
@pytest.mark.parametrize("make", [SGD, Adam, Plain])
@pytest.mark.parametrize("spoil", WRONG)
def test_what_cannot_be_stepped_raises_before_anything_changes(holder, spoil, make, later):
    layer = holder(np.ones(2), np.ones(2)).give(np.ones(2), np.ones(2))
    optimizer = make().setup(layer)
    if later:
        optimizer.update()
    spoil(layer)
    before, kept = optimizer.state_dict(), layer.p0.data.copy()
    kind, message = WRONG[spoil]
    with pytest.raises(kind, match=f"{make.__name__}: {message}"):
        optimizer.update()
    np.testing.assert_array_equal(layer.p0.data, kept)
    assert optimizer.step_count == before["step_count"] == int(later)


def test_an_update_that_fails_after_a_hook_gives_back_the_gradients(holder):
    layer = holder(np.ones(2), np.ones(2)).give(np.ones(2), [np.nan, 1.0])
    grads = [p.grad for p in layer.params()]
    optimizer = SGD().setup(layer)
    for hook in (WeightDecay(1.0), ClipGrad(1.0)):
        optimizer.add_hook(hook)
    with pytest.raises(FloatingPointError, match="ClipGrad"):
        optimizer.update()
    assert all(p.grad is g for p, g in zip(layer.params(), grads, strict=True))
    assert optimizer.step_count == 0


def test_an_update_that_fails_in_its_step_does_not_count(holder):
    class Failing(Plain):
        def update_one(self, param):
            assert self.step_count == 1  # it is the first
            raise FloatingPointError

    optimizer = Failing().setup(holder(np.ones(2)).give(np.ones(2)))
    with pytest.raises(FloatingPointError):
        optimizer.update()
    assert optimizer.step_count == 0


@pytest.mark.parametrize("kind", [MomentumSGD, Adam])
def test_check_changes_nothing(holder, kind):
    layer = holder(np.ones(2), np.ones(3)).give(np.ones(2), None)
    optimizer = kind().setup(layer)
    optimizer.check([layer.p0])
    assert optimizer.states == {}
    optimizer.update()
    kept = dict(optimizer.states[layer.p0])
    layer.give(np.ones(2), np.ones(3))
    optimizer.check([layer.p0, layer.p1])
    assert [*optimizer.states] == [layer.p0]
    assert all(optimizer.states[layer.p0][key] is array for key, array in kept.items())


def test_state_of_another_shape_than_the_data_is_named(holder):
    layer = holder(np.ones(2)).give(np.ones(2))
    optimizer = MomentumSGD().setup(layer)
    optimizer.update()
    layer.cleargrads()
    layer.p0.data = np.ones(3)
    layer.give(np.ones(3))
    with pytest.raises(ValueError, match=r"p0 .* was stepped with shape \(2,\) before; make a new optimizer"):
        optimizer.update()
    np.testing.assert_array_equal(layer.p0.data, 1.0)


def test_a_loss_function_must_give_a_variable(holder):
    with pytest.raises(TypeError, match=r"SGD\.update: the loss must be a Variable, got number 1\.0"):
        SGD().setup(holder(np.ones(1))).update(lambda: 1.0)


# -- learning --------------------------------------------------------------------------------------------------


def test_a_small_network_learns_the_same_every_time():
    def losses():
        rng = np.random.default_rng(0)
        x = rng.standard_normal((30, 2)).astype(np.float32)
        t = x[:, :1] * x[:, 1:]
        first, second = Linear(16, in_size=2), Linear(1, in_size=16)
        for layer in (first, second):
            layer.W.data[...] = rng.standard_normal(layer.W.shape) / 4
        model = Layer()
        model.first, model.second = first, second
        optimizer = Adam(alpha=0.01).setup(model)
        return [optimizer.update(lambda: F.mean_squared_error(second(F.tanh(first(x))), t)).item() for _ in range(200)]

    found = losses()
    assert found == losses()
    assert found[-1] < 0.05 * found[0]
