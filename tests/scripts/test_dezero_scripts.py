"""Scripts written for the original run unchanged and reach its figures.

The figures are those of DeZero 0.0.13 with NumPy 1.23.5 and Python 3.11, printed by `python -m tests.scripts`.
"""

import numpy as np

import dezero
from tests.scripts import classification, operations, regression, sequences


def agrees(figures, original):
    """Each within 1e-4 of the original's."""
    np.testing.assert_allclose(figures, original, rtol=0, atol=1e-4)


# -- regression ----------------------------------------------------------------------------------------------


def test_linear_regression():
    losses = [42.29634, 0.249157, 0.10079, 0.094619, 0.090267, 0.086946, 0.084411, 0.082476, 0.080999, 0.079871]
    agrees(regression.linear_regression(), [*losses, 2.118074, 5.466089])


def test_a_network_written_by_hand():
    agrees(
        regression.network_by_hand(),
        [0.84737, 0.476548, 0.255575, 0.252693, 0.252047, 0.251429, 0.250803, 0.25014, 0.249409, 0.248575, 0.2476],
    )


def test_a_network_of_layers():
    agrees(
        regression.network_of_layers(),
        [0.816518, 0.252304, 0.251658, 0.251063, 0.250486, 0.249903, 0.249292, 0.248633, 0.2479, 0.247067, 0.246104],
    )


def test_a_model_and_gradient_descent():
    agrees(
        regression.model_and_sgd(),
        [0.816518, 0.251063, 0.249292, 0.247067, 0.243575, 0.237216, 0.224288, 0.195907, 0.142615, 0.094139, 0.078891],
    )


def test_momentum():
    agrees(
        regression.mlp_and_momentum(),
        [1.352196, 0.242395, 0.226267, 0.210232, 0.185666, 0.153469, 0.125192, 0.109519, 0.102439, 0.098537, 0.095737],
    )


def test_adagrad():
    agrees(
        regression.mlp_and_adagrad(),
        [1.352196, 0.198622, 0.14925, 0.127518, 0.118949, 0.113004, 0.106766, 0.101142, 0.09597, 0.091011, 0.08666],
    )


def test_adadelta():
    agrees(
        regression.mlp_and_adadelta(),
        [0.816518, 0.563297, 0.498691, 0.439077, 0.383258, 0.333361, 0.293831, 0.268348, 0.255768, 0.251093, 0.249677],
    )


def test_adam():
    agrees(
        regression.mlp_and_adam(),
        [1.352196, 0.241105, 0.205606, 0.162124, 0.129746, 0.117039, 0.107586, 0.096163, 0.086281, 0.079762, 0.076664],
    )


def test_weight_decay():
    agrees(
        regression.sequential_and_weight_decay(),
        [1.352196, 0.236481, 0.229313, 0.221701, 0.211627, 0.197438, 0.178305, 0.156033, 0.135271, 0.119686, 0.109674],
    )


def test_clipped_gradients():
    agrees(
        regression.mlp_and_clipped_gradients(),
        [1.352196, 0.400972, 0.239671, 0.226511, 0.210011, 0.186311, 0.157203, 0.132037, 0.11675, 0.108541, 0.103519],
    )


def test_hooks_act_in_the_order_in_which_they_were_added():
    agrees(
        regression.mlp_and_decayed_then_clipped_gradients(),
        [1.352196, 0.228524, 0.186003, 0.091172, 0.087646, 0.085059, 0.084154, 0.083945, 0.083856, 0.083823, 0.08384],
    )


HEAD_ALONE = [
    *[0.816518, 0.26508, 0.254298, 0.253955, 0.253941, 0.253938, 0.253935, 0.253932, 0.253929, 0.253926, 0.253923],
    *[0.548815, 0.0],
]


def test_an_optimizer_of_one_layer():
    agrees(regression.head_alone(), HEAD_ALONE)


def test_a_frozen_layer_is_as_one_left_out():
    """The original's update fails on a Parameter frozen by the hook; what it was to reach is what it reaches so."""
    model = regression.TwoLayerNet(10, 1)
    freeze = dezero.optimizers.FreezeParam(model.l1)
    losses = regression.fit_sine(model, dezero.optimizers.SGD(0.2), 1000, freeze)
    agrees([*losses, model.l1.W.data.sum(), model.l1.b.data.sum()], HEAD_ALONE)


# -- classification ------------------------------------------------------------------------------------------


def test_class_probabilities_and_their_loss():
    scores = [
        *[-0.615058, -0.427902, 0.317333, -0.763953, -0.249764, 0.185914],
        *[-0.520064, -0.962546, 0.578189, -0.942522, -0.503075, 0.175763],
    ]
    one = [0.210686, 0.254049, 0.535265]
    four = [*one, 0.190199, 0.318066, 0.491734, 0.215454, 0.138416, 0.64613, 0.178207, 0.27655, 0.545243]
    agrees(classification.class_probabilities(), [*scores, *one, *four, *four, 1.496744, -2.072943, 0.23918, 1.833763])


def test_the_spiral_in_batches_by_hand():
    agrees(
        classification.spiral_by_hand(),
        [1.126942, 0.781439, 0.733421, 0.708, 0.714971, 0.679868, 0.642448, 0.582651, 0.515036, 0.463087, 0.427103],
    )


def test_the_spiral_with_loaders_and_accuracy():
    agrees(
        classification.spiral_with_loaders(),
        [
            *[1.094449, 0.403333, 1.046759, 0.326667],
            *[0.746876, 0.56, 0.761669, 0.61],
            *[0.702212, 0.576667, 0.708724, 0.61],
            *[0.598661, 0.676667, 0.618305, 0.616667],
            *[0.443077, 0.796667, 0.449612, 0.79],
            *[0.308972, 0.863333, 0.326843, 0.883333],
            *[0.236067, 0.92, 0.257254, 0.92],
        ],
    )


def test_the_spiral_with_batch_normalization():
    losses = [0.98486, 0.702347, 0.542924, 0.409003, 0.55275, 0.361298, 0.253333, 0.327087, 0.141835, 0.233214]
    agrees(classification.spiral_with_batch_norm(), [*losses, 0.140298, 6.468907, 0.205747, 0.953333])


# -- operations and files ------------------------------------------------------------------------------------


def test_dropout_draws_what_the_original_draws():
    agrees(operations.dropout(), [2, 2, 2, 2, 0, 2, 0, 2, 2, 0] + [1] * 10)


def test_im2col_and_convolutions():
    columns = [9, 75, 344.825513, 0.83262, 90, 75, 3400.198366, 0.975522]
    convolved = [1, 8, 8, 8, 1, 5, 15, 15, 9337.531112, 1002.071785, -1192.249599]
    agrees(operations.convolution(), columns + 2 * convolved)


def test_saved_weights_have_the_names_and_values_of_the_original(tmp_path):
    path = tmp_path / "weights.npz"
    sums = operations.saved_weights(path)
    names = "bn/avg_mean bn/avg_var bn/beta bn/gamma net/l1/W net/l1/b net/l2/W net/l2/b scale"
    with np.load(path) as saved:
        assert sorted(saved.files) == names.split()
    agrees(sums, [0.044294, 2.712365, 0, 3, 3.21556, 0, 0.678987, 0, 6])


def test_a_file_laid_out_by_the_original_loads(tmp_path):
    """The original compresses, and a network that never ran still has no shapes to compare."""
    draw = np.random.default_rng(0).standard_normal
    shapes = {"l1/W": (2, 10), "l1/b": (10,), "l2/W": (10, 3), "l2/b": (3,)}
    arrays = {name: draw(shape).astype(np.float32) for name, shape in shapes.items()}
    np.savez_compressed(tmp_path / "original.npz", **arrays)
    model = regression.TwoLayerNet(10, 3)
    model.load_weights(tmp_path / "original.npz")
    x = draw((5, 2)).astype(np.float32)
    hidden = 1 / (1 + np.exp(-(x @ arrays["l1/W"] + arrays["l1/b"])))
    np.testing.assert_allclose(model(x).data, hidden @ arrays["l2/W"] + arrays["l2/b"], rtol=1e-5, atol=1e-5)


# -- sequences -----------------------------------------------------------------------------------------------


def test_the_rnn_on_the_sine_curve():
    losses = [0.290638, 0.018005, 0.053686, 0.02327, 0.006177]
    predicted = [
        *[0.345718, -0.758851, -0.913135, 0.513979, 0.901677],
        *[0.284711, -0.766834, -0.889072, 0.547118, 0.913492],
    ]
    agrees(sequences.rnn_on_the_sine_curve(), losses + predicted)


def test_the_lstm_on_the_sine_curve():
    losses = [
        *[0.483028, 0.383103, 0.296698, 0.223509, 0.163311, 0.115795, 0.080507],
        *[0.056783, 0.043631, 0.03952, 0.042177, 0.048628, 0.055747, 0.06109, 0.063374],
    ]
    predicted = [
        *[1.021411, -0.680153, -1.08823, -0.178832, 1.021698],
        *[1.027807, -0.734939, -1.091879, -0.042799, 1.03096],
    ]
    agrees(sequences.lstm_on_the_sine_curve(), losses + predicted)
