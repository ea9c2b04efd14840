"""One sample of an operation on PyTorch's side: its arrays, and PyTorch's numbers for values and derivatives."""

from __future__ import annotations

import numpy as np
import torch


def array(t):
    return np.zeros(tuple(t.shape), dtype_of(t)) if t._is_zerotensor() else t.numpy(force=True).copy()


def dtype_of(t):
    return torch.empty((), dtype=t.dtype if isinstance(t, torch.Tensor) else t).numpy().dtype


def walk(tree, change):
    """The structure of arguments with change(tensor) in the place of each tensor, and NumPy's dtypes of PyTorch's."""
    if isinstance(tree, torch.Tensor):
        return change(tree)
    if isinstance(tree, dict):
        return {k: walk(v, change) for k, v in tree.items()}
    if isinstance(tree, list | tuple):  # PyTorch's named tuples become plain ones
        return (list if isinstance(tree, list) else tuple)([walk(t, change) for t in tree])
    return dtype_of(tree) if isinstance(tree, torch.dtype) else tree


def doubled(tree):
    """The same arguments in double precision: what single precision is judged by."""
    if isinstance(tree, torch.Tensor):
        t = tree.detach().double() if tree.dtype == torch.float32 else tree.detach().clone()
        return t.requires_grad_(tree.requires_grad)
    if isinstance(tree, dict):
        return {k: doubled(v) for k, v in tree.items()}
    if isinstance(tree, list | tuple):
        return (list if isinstance(tree, list) else tuple)([doubled(t) for t in tree])
    return torch.float64 if tree is torch.float32 else tree


def floating(ys):
    """The results that have derivatives, of a structure of results, in order."""
    if isinstance(ys, torch.Tensor):
        return [ys] if ys.is_floating_point() or ys.is_complex() else []
    return [y for part in ys for y in floating(part)] if isinstance(ys, list | tuple) else []


def everything(ys):
    """All results, of any type."""
    return [torch.as_tensor(t) for t in (ys if isinstance(ys, list | tuple) else [ys])]


class Lacking(Exception):
    """PyTorch has no derivative of this order."""


def derivatives(leaves, ys, ws, vs):
    """PyTorch's numbers by name: the gradient of <ys, ws>, and the gradient of its contraction with vs in the leaves
    and in ws; the last is the derivative of ys along vs. The second part is a Lacking where PyTorch has none."""
    tw = [torch.tensor(w).to(y.dtype).requires_grad_() for w, y in zip(ws, ys, strict=True)]
    try:
        gs = torch.autograd.grad(ys, leaves, tw, create_graph=True, allow_unused=True)
    except (RuntimeError, NotImplementedError) as error:
        raise Lacking(f"PyTorch has no gradient: {str(error)[:60]}") from None
    gs = [torch.zeros_like(x) if g is None else g for g, x in zip(gs, leaves, strict=True)]
    first = {f"gradient {i}": array(g) for i, g in enumerate(gs)}
    used = [i for i, g in enumerate(gs) if g.requires_grad]
    if not used:
        return first, {}
    sources = [*leaves, *tw]
    along = [torch.tensor(vs[i]).to(gs[i].dtype) for i in used]
    try:
        hs = torch.autograd.grad([gs[i] for i in used], sources, along, allow_unused=True)
    except (RuntimeError, NotImplementedError) as error:
        return first, Lacking(f"PyTorch has no double gradient: {str(error)[:60]}")
    names = [f"double gradient {i}" for i in range(len(leaves))]
    names += [f"double gradient in cotangent {i}" for i in range(len(tw))]
    pairs = zip(names, hs, sources, strict=True)
    return first, {name: array(torch.zeros_like(x) if h is None else h) for name, h, x in pairs}
