"""Losses on differential equations in one leaf of a few columns: values and gradients as PyTorch's, in float64."""

import numpy as np
import pytest
import torch

import dezero.functions as F
from benchmarks.columns import equations, loss, nested, of_order
from benchmarks.network import network
from benchmarks.rows import PROFILES
from dezero import Variable, gradients

TINY = PROFILES["tiny"]
PROBLEMS = [*[of_order(n, TINY) for n in (1, 2, 3, 4, 6)], *equations(TINY)]


def close(found, wanted):
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-12 * max(1e-300, np.abs(wanted).max()))


@pytest.mark.parametrize("problem", PROBLEMS, ids=[p.key for p in PROBLEMS])
def test_a_step(problem):
    tensors = [torch.tensor(a, requires_grad=True) for a in problem.leaves]
    x, *weights = tensors
    u = nested(lambda y: torch.autograd.grad(y.sum(), x, create_graph=True)[0], network(torch, x, *weights))
    residuals = problem.residuals(u)
    wanted = torch.autograd.grad(loss(residuals, torch.mean), weights, allow_unused=True)
    variables = [Variable(a) for a in problem.leaves]
    for _ in range(3):  # derived, then replayed
        a, *of = variables
        v = nested(lambda y, a=a: gradients(y, a, create_graph=True)[0], network(F, *variables))
        found = problem.residuals(v)
        for r, s in zip(found, residuals, strict=True):
            close(r.data, s.detach().numpy())
        got = gradients(loss(found, F.mean), of)
        largest = max(g.abs().max().item() for g in wanted if g is not None)
        for g, h in zip(got, wanted, strict=True):
            np.testing.assert_allclose(g.data, 0 if h is None else h.numpy(), rtol=0, atol=1e-12 * largest)
