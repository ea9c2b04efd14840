"""What the samples of PyTorch's ask for that is refused here: (reason, dtypes) -> the operations.

A reason that names an error is the error's own text, as far as its first shapes; the others are an adapter's."""

ALL, REAL, COMPLEX = "float64 float32 complex128", "float64 float32", "complex128"

_REASONS = {
    ("TypeError: logaddexp: an argument is a complex128 array of shape _", COMPLEX): "logaddexp",
    (
        "PyTorch has no double gradient: derivative for aten::hardsigmoid_backward is not implement",
        REAL,
    ): """nn.functional.hardsigmoid""",
    ("ValueError: hardtanh: low must be under high, got _ and _", REAL): "nn.functional.hardtanh",
    ("random slopes", REAL): "nn.functional.rrelu",
    ("TypeError: softsign: an argument is a complex128 array of shape _", COMPLEX): "nn.functional.softsign",
    ("UnsupportedOperation: numpy.isneginf has no derivative rule in dezero", REAL): "isneginf",
    ("UnsupportedOperation: numpy.isposinf has no derivative rule in dezero", REAL): "isposinf",
    ("UnsupportedOperation: numpy.isreal has no derivative rule in dezero", ALL): "isreal",
    ("UnsupportedOperation: numpy.isin has no derivative rule in dezero", REAL): "isin",
    ("UnsupportedOperation: numpy.nextafter has no derivative rule in dezero", REAL): "nextafter",
    (
        "UnsupportedOperation: std: x is a complex128 array of shape _",
        COMPLEX,
    ): """std std.unbiased std_mean std_mean.unbiased""",
    (
        "UnsupportedOperation: var: x is a complex128 array of shape _",
        COMPLEX,
    ): """var var.unbiased var_mean var_mean.unbiased""",
    ("TypeError: logcumsumexp: an argument is a complex128 array of shape _", COMPLEX): "logcumsumexp",
    ("TypeError: quantile: q is a Variable, but quantiles are not differentiated in q", REAL): "quantile",
    ("descending, or a number", REAL): "argsort",
    ("ValueError: Calling nonzero on 0d arrays is not allowed. Use np.atleast_1d(scalar).nonzero", ALL): "nonzero",
    ("sorted rows of a stack", REAL): "searchsorted",
    ("an index of another rank", ALL): "gather",
    ("memory outside the view", ALL): "as_strided.partial_views",
    ("ValueError: einsum: '...' stands for _ axes of the operands, but the result 'ij' lacks '..", ALL): "einsum",
    ("ValueError: tensordot: axes _ of shape _ and _ of shape _ differ in length", ALL): "tensordot",
    ("TypeError: cholesky: a is a complex128 array of shape _", COMPLEX): "cholesky linalg.cholesky linalg.cholesky_ex",
    ("TypeError: qr: a is a complex128 array of shape _", COMPLEX): "qr linalg.qr",
    ("TypeError: lu: a is a complex128 array of shape _", COMPLEX): "lu linalg.lu linalg.lu_factor linalg.lu_factor_ex",
    ("factors with pivots", ALL): "linalg.lu_solve lu_solve",
    ("TypeError: slogdet: a is a complex128 array of shape _", COMPLEX): "logdet linalg.slogdet",
    ("TypeError: lstsq: a is a complex128 array of shape _", COMPLEX): "linalg.lstsq linalg.lstsq.grad_oriented",
    (
        "TypeError: pinv: a is a complex128 array of shape _",
        COMPLEX,
    ): """linalg.pinv pinverse linalg.pinv.hermitian linalg.pinv.singular""",
    ("TypeError: eigvalsh: a is a complex128 array of shape _", COMPLEX): "linalg.eigvalsh",
    ("TypeError: eigh: a is a complex128 array of shape _", COMPLEX): "linalg.eigh",
    (
        "TypeError: svd: a is a complex128 array of shape _",
        COMPLEX,
    ): """linalg.svdvals linalg.svd svd linalg.cond norm.nuc linalg.norm linalg.norm.subgradients_at_zero
        linalg.matrix_norm""",
    ("ValueError: norm: ord=_ counts elements and has no derivative", ALL): "norm linalg.norm nn.functional.normalize",
    ("dilation of patches", ALL): "nn.functional.unfold",
    ("ValueError: pad: axis _ of shape _ has no elements to repeat", ALL): "nn.functional.pad.replicate_negative",
    (
        "ValueError: layer_norm: x of shape _ must have elements, and at least axes=_ _",
        REAL,
    ): """nn.functional.layer_norm native_layer_norm""",
    (
        "PyTorch has no double gradient: Expected a proper Tensor but got None (or an undefined Ten",
        REAL,
    ): """native_layer_norm""",
    (
        "ValueError: group_norm: x must be (samples, channels, ...) with elements, got _",
        REAL,
    ): """nn.functional.group_norm native_group_norm""",
    ("one or three axes", REAL): "nn.functional.batch_norm",
    ("ValueError: norm: _ axes of a float64 array of shape _", "float64"): "nn.functional.normalize",
    ("ValueError: norm: _ axes of a float32 array of shape _", "float32"): "nn.functional.normalize",
    ("ValueError: norm: _ axes of a complex128 array of shape _", COMPLEX): "nn.functional.normalize",
    (
        "PyTorch has no double gradient: derivative for aten::_scaled_dot_product_flash_attention_f",
        REAL,
    ): """nn.functional.scaled_dot_product_attention""",
    ("random", REAL): "nn.functional.scaled_dot_product_attention nn.functional.dropout",
    (
        "no whole number as the scale",
        REAL,
    ): """nn.functional.interpolate.nearest nn.functional.interpolate.bilinear nn.functional.upsample_nearest""",
    (
        "other than images, nearest or bilinear without align_corners",
        REAL,
    ): """nn.functional.interpolate.nearest nn.functional.interpolate.bilinear nn.functional.upsample_nearest
        nn.functional.upsample_bilinear""",
    ("p=_", REAL): "nn.functional.dropout",
    (
        "ValueError: cosine_similarity: axis _ is out of range for an array of shape _",
        REAL,
    ): """nn.functional.cosine_similarity""",
    (
        "pooling along other than two axes",
        REAL,
    ): """nn.functional.avg_pool1d nn.functional.max_pool1d nn.functional.adaptive_avg_pool1d
        nn.functional.adaptive_max_pool1d nn.functional.avg_pool3d nn.functional.max_pool3d
        nn.functional.adaptive_avg_pool3d nn.functional.adaptive_max_pool3d""",
    (
        "ValueError: deconv2d: an outsize of _ would convolve to _, but x of shape _ has _",
        ALL,
    ): """nn.functional.conv_transpose2d""",
    ("ceil_mode, count_include_pad, divisor_override", REAL): "nn.functional.avg_pool2d",
    ("ceil_mode, dilation", REAL): "nn.functional.max_pool2d",
    (
        "ValueError: deconv3d: an outsize of _ would convolve to _, but x of shape _ has _",
        ALL,
    ): """nn.functional.conv_transpose3d""",
    ("weights of classes, labels to ignore", REAL): "nn.functional.nll_loss",
    ("labels to ignore", "float64"): "nn.functional.cross_entropy",
    ("probabilities as labels", REAL): "nn.functional.cross_entropy",
    ("weights of classes, smoothed labels", REAL): "nn.functional.cross_entropy",
    ("weight, reduction", REAL): "nn.functional.binary_cross_entropy",
    ("weight, pos_weight, reduction", REAL): "nn.functional.binary_cross_entropy_with_logits",
}

REFUSED: dict[str, dict[str, set[str]]] = {}
for (_reason, _dtypes), _names in _REASONS.items():
    for _name in _names.split():
        for _dtype in _dtypes.split():
            REFUSED.setdefault(_name, {}).setdefault(_dtype, set()).add(_reason)
