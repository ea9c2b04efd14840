"""Constants in rows: plain for those who take them, tensors for PyTorch, which does not."""

NAN, INF = float("nan"), float("inf")


def zero(F):
    return F.tensor(0.0, dtype=F.float64) if hasattr(F, "tensor") else 0.0
