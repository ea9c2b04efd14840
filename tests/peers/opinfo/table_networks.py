"""PyTorch's functions of neural networks, save losses, and their counterparts here."""

import math

import numpy as np

import dezero.functions as F
from dezero import using_config
from tests.peers.opinfo.adapting import OutOfScope, pairs, whole


def batched(x, axes_of_data):
    """Adds the batch axis that PyTorch lets one leave out; tells whether it did."""
    return (x, False) if x.ndim == axes_of_data + 2 else (F.expand_dims(x, 0), True)


def conv(n, f):
    def adapter(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
        x, added = batched(x, n)
        stride, dilation = pairs(n, stride), pairs(n, dilation)
        pad = (0,) * n if padding == "valid" else padding
        if padding == "same":
            total = [d * (k - 1) for d, k in zip(dilation, w.shape[2:], strict=True)]
            x = F.pad(x, [(0, 0), (0, 0), *[(t // 2, t - t // 2) for t in total]])
            pad = (0,) * n
        y = f(x, w, b, stride if n > 1 else stride[0], pairs(n, pad) if n > 1 else pairs(1, pad)[0],
              dilation if n > 1 else dilation[0], groups)  # fmt: skip
        return y[0] if added else y

    return adapter


def deconv(n, f):
    def adapter(x, w, b=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
        x, added = batched(x, n)
        stride, padding, dilation, extra = (pairs(n, v) for v in (stride, padding, dilation, output_padding))
        outsize = tuple(
            [
                (size - 1) * s - 2 * p + d * (k - 1) + e + 1
                for size, s, p, d, k, e in zip(x.shape[2:], stride, padding, dilation, w.shape[2:], extra, strict=True)
            ]
        )
        one = (lambda v: v[0]) if n == 1 else (lambda v: v)
        y = f(x, w, b, one(stride), one(padding), one(outsize), one(dilation), groups)
        return y[0] if added else y

    return adapter


def average_pool(n):
    def adapter(x, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
        if n != 2:
            raise OutOfScope("pooling along other than two axes")
        if ceil_mode or not count_include_pad or divisor_override:
            raise OutOfScope("ceil_mode, count_include_pad, divisor_override")
        x, added = batched(x, n)
        y = F.average_pooling(x, pairs(n, kernel_size), pairs(n, stride or kernel_size), pairs(n, padding))
        return y[0] if added else y

    return adapter


def max_pool(n):
    def adapter(x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
        if n != 2:
            raise OutOfScope("pooling along other than two axes")
        if ceil_mode or set(pairs(n, dilation)) != {1}:
            raise OutOfScope("ceil_mode, dilation")
        x, added = batched(x, n)
        y = F.pooling(x, pairs(n, kernel_size), pairs(n, stride or kernel_size), pairs(n, padding))
        return y[0] if added else y

    return adapter


def adaptive(n, f):
    def adapter(x, size, return_indices=False):
        if n != 2:
            raise OutOfScope("pooling along other than two axes")
        x, added = batched(x, n)
        size = tuple(
            [x.shape[2 + i] if s is None else s for i, s in enumerate(pairs(n, size) if size else (None,) * n)]
        )
        y = f(x, size)
        return y[0] if added else y

    return adapter


def unfold(x, kernel_size, dilation=1, padding=0, stride=1):
    if set(pairs(2, dilation)) != {1}:
        raise OutOfScope("dilation of patches")
    x, added = batched(x, 2)
    y = F.im2col(x, pairs(2, kernel_size), pairs(2, stride), pairs(2, padding), to_matrix=False)
    y = F.reshape(y, (y.shape[0], math.prod(y.shape[1:4]), math.prod(y.shape[4:])))
    return y[0] if added else y


def bilinear(x, y, w, b=None):
    z = F.einsum("...i,kij,...j->...k", x, w, y)
    return z if b is None else z + b


def linear(x, w, b=None):
    y = F.matmul(x, F.transpose(w))
    return y if b is None else y + b


def pad(x, widths, mode="constant", value=None):
    widths = [(widths[i], widths[i + 1]) for i in range(0, len(widths), 2)][::-1]
    widths = [(0, 0)] * (x.ndim - len(widths)) + widths
    inner = tuple([slice(max(0, -a), n - max(0, -b)) for n, (a, b) in zip(x.shape, widths, strict=True)])
    names = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
    kept = [(max(0, a), max(0, b)) for a, b in widths]
    return F.pad(x[inner], kept, names[mode], **({"constant_values": value} if value else {}))


def layer_norm(x, shape, weight=None, bias=None, eps=1e-5):
    if bias is None and weight is not None:
        bias = np.zeros(weight.shape, x.dtype)
    if weight is None and bias is not None:
        weight = np.ones(bias.shape, x.dtype)
    return F.layer_norm(x, weight, bias, axes=len(shape), eps=eps)


def group_norm(x, groups, weight=None, bias=None, eps=1e-5):
    ones, zeros = np.ones(x.shape[1], x.dtype), np.zeros(x.shape[1], x.dtype)
    return F.group_norm(x, groups, ones if weight is None else weight, zeros if bias is None else bias, eps)


def instance_norm(x, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True,
                  momentum=0.1, eps=1e-5):  # fmt: skip
    if not use_input_stats:
        raise OutOfScope("running statistics")
    ones, zeros = np.ones(x.shape[1], x.dtype), np.zeros(x.shape[1], x.dtype)
    return F.instance_norm(x, ones if weight is None else weight, zeros if bias is None else bias, eps)


def batch_norm(x, mean, var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    channels = x.shape[1] if x.ndim > 1 else None
    if channels is None or x.ndim == 3 or momentum < 0:
        raise OutOfScope("one or three axes; a negative momentum")
    weight = np.ones(channels, x.dtype) if weight is None else weight
    bias = np.zeros(channels, x.dtype) if bias is None else bias
    mean = np.zeros(channels, x.dtype) if mean is None else mean.copy()
    var = np.ones(channels, x.dtype) if var is None else var.copy()
    with using_config("train", training):
        return F.batch_norm(x, weight, bias, mean, var, eps=eps)


def rms_norm(x, shape, weight=None, eps=None):
    axis = tuple(range(-len(shape), 0))
    eps = np.finfo(x.dtype).eps if eps is None else eps
    y = x / F.sqrt(F.mean(x * x, axis=axis, keepdims=True) + eps)
    return y if weight is None else y * weight


def local_response_norm(x, size, alpha=1e-4, beta=0.75, k=1.0):
    squares = x * x
    left = size // 2
    padded = F.pad(squares, [(0, 0), (left, (size - 1) // 2), *[(0, 0)] * (x.ndim - 2)])
    windows = sum([padded[:, i : i + x.shape[1]] for i in range(size)]) / size
    return x / (k + alpha * windows) ** beta


def normalize(x, p=2.0, dim=1, eps=1e-12):
    return x / F.maximum(F.norm(x, p, dim if isinstance(dim, int) else tuple(dim), True), eps)


def attention(q, k, v, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, enable_gqa=False):
    if dropout_p or enable_gqa:
        raise OutOfScope("random; grouped queries")
    return F.scaled_dot_product_attention(q, k, v, attn_mask, scale, is_causal)


def embedding(index, w, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False):
    if max_norm is not None or scale_grad_by_freq or padding_idx is not None:
        raise OutOfScope("padding_idx, max_norm, scale_grad_by_freq")
    return F.embed_id(whole(index), w)


def interpolate(x, size=None, scale_factor=None, mode="nearest", align_corners=None, recompute_scale_factor=None,
                antialias=False):  # fmt: skip
    n = x.ndim - 2
    if n != 2 or mode not in ("nearest", "bilinear") or align_corners:
        raise OutOfScope("other than images, nearest or bilinear without align_corners")
    scale = [s / have for s, have in zip(pairs(2, size), x.shape[2:], strict=True)] if size else pairs(2, scale_factor)
    if any(s != int(s) for s in scale):
        raise OutOfScope("no whole number as the scale")
    return F.upsample(x, tuple([int(s) for s in scale]), mode)


def pixel_shuffle(x, upscale_factor):
    r = upscale_factor
    *lead, c, h, w = x.shape
    k = len(lead)
    y = F.reshape(x, (*lead, c // r**2, r, r, h, w))
    y = F.transpose(y, (*range(k), k, k + 3, k + 1, k + 4, k + 2))
    return F.reshape(y, (*lead, c // r**2, h * r, w * r))


def pixel_unshuffle(x, downscale_factor):
    r = downscale_factor
    *lead, c, h, w = x.shape
    k = len(lead)
    y = F.reshape(x, (*lead, c, h // r, r, w // r, r))
    y = F.transpose(y, (*range(k), k, k + 2, k + 4, k + 1, k + 3))
    return F.reshape(y, (*lead, c * r * r, h // r, w // r))


def channel_shuffle(x, groups):
    n, c, *rest = x.shape
    return F.reshape(F.swapaxes(F.reshape(x, (n, groups, c // groups, *rest)), 1, 2), x.shape)


def dropout(x, p=0.5, training=True, inplace=False):
    if training and 0 < p < 1:
        raise OutOfScope("random")
    if training and p:
        raise OutOfScope("p=1")
    return x * 1


def cosine_similarity(a, b, dim=1, eps=1e-8):
    shape = np.broadcast_shapes(a.shape, b.shape)
    return F.cosine_similarity(F.broadcast_to(a, shape), F.broadcast_to(b, shape), dim, eps)


def pairwise_distance(x, y, p=2.0, eps=1e-6, keepdim=False):
    return F.norm(x - y + eps, p, -1, keepdim)


def renorm(x, p, dim, maxnorm):
    others = tuple([a for a in range(x.ndim) if a != dim % x.ndim])
    sizes = F.abs(x)
    if math.isinf(p):
        n = F.max(sizes, axis=others, keepdims=True)
    else:
        n = F.sum(sizes**p, axis=others, keepdims=True) ** (1 / p)
    return F.where(n.data > maxnorm, x / (n + 1e-7) * maxnorm, x)


def native_layer_norm(x, shape, weight, bias, eps):
    return layer_norm(x, shape, weight, bias, eps)


def native_group_norm(x, weight, bias, n, c, hw, groups, eps):
    return group_norm(x, groups, weight, bias, eps)


OPS = {
    "nn.functional.linear": linear,
    "nn.functional.bilinear": bilinear,
    "nn.functional.unfold": unfold,
    "nn.functional.pad.constant": pad,
    "nn.functional.pad.reflect": pad,
    "nn.functional.pad.replicate": pad,
    "nn.functional.pad.replicate_negative": pad,
    "nn.functional.pad.circular": pad,
    "constant_pad_nd": lambda x, widths, value=0: pad(x, widths, "constant", value),
    "nn.functional.layer_norm": layer_norm,
    "native_layer_norm": native_layer_norm,
    "nn.functional.group_norm": group_norm,
    "native_group_norm": native_group_norm,
    "nn.functional.instance_norm": instance_norm,
    "nn.functional.batch_norm": batch_norm,
    "nn.functional.rms_norm": rms_norm,
    "nn.functional.local_response_norm": local_response_norm,
    "nn.functional.normalize": normalize,
    "nn.functional.scaled_dot_product_attention": attention,
    "nn.functional.embedding": lambda w, index, **more: embedding(index, w, **more),
    "nn.functional.interpolate.nearest": interpolate,
    "nn.functional.interpolate.bilinear": interpolate,
    "nn.functional.upsample_nearest": interpolate,
    "nn.functional.upsample_bilinear": lambda x, size=None, scale_factor=None: interpolate(
        x, size, scale_factor, "bilinear", True
    ),
    "nn.functional.pixel_shuffle": pixel_shuffle,
    "nn.functional.pixel_unshuffle": pixel_unshuffle,
    "nn.functional.channel_shuffle": channel_shuffle,
    "nn.functional.dropout": dropout,
    "nn.functional.glu": lambda x, dim=-1: F.glu(x, dim),
    "nn.functional.cosine_similarity": cosine_similarity,
    "nn.functional.pairwise_distance": pairwise_distance,
    "renorm": renorm,
}
for _n, _conv, _deconv in ((1, F.conv1d, F.deconv1d), (2, F.conv2d, F.deconv2d), (3, F.conv3d, F.deconv3d)):
    OPS[f"nn.functional.conv{_n}d"] = conv(_n, _conv)
    OPS[f"nn.functional.conv_transpose{_n}d"] = deconv(_n, _deconv)
    OPS[f"nn.functional.avg_pool{_n}d"] = average_pool(_n)
    OPS[f"nn.functional.max_pool{_n}d"] = max_pool(_n)
    OPS[f"nn.functional.adaptive_avg_pool{_n}d"] = adaptive(_n, F.adaptive_average_pooling)
    OPS[f"nn.functional.adaptive_max_pool{_n}d"] = adaptive(_n, F.adaptive_max_pooling)
