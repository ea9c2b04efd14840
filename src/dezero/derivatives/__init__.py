"""The derivatives that people ask for: transforms, differential operators, sparse, implicit and checkpointed ones."""

from dezero.derivatives.batching.vmap import vmap
from dezero.derivatives.checking import GradientCheck, gradient_check
from dezero.derivatives.checkpointing import checkpoint, stop_gradient
from dezero.derivatives.implicit.iterations import ConvergenceError
from dezero.derivatives.implicit.solutions import custom_root, fixed_point
from dezero.derivatives.jacobians import hessian, jacfwd, jacobian, jacrev
from dezero.derivatives.operators.fields import curl, divergence
from dezero.derivatives.operators.linear import Operator, biharmonic, laplacian, operator
from dezero.derivatives.operators.partials import partials
from dezero.derivatives.operators.tensors import SymmetricTensor, derivative_tensor, partial
from dezero.derivatives.sparse.colouring import colour_columns, star_colouring
from dezero.derivatives.sparse.derivatives import sparse_hessian, sparse_jacobian, sparse_third
from dezero.derivatives.sparse.patterns import hessian_sparsity, sparsity
from dezero.derivatives.transforms import derivative, grad, hvp, jvp, linearize, value_and_grad, vjp

__all__ = [
    "ConvergenceError",
    "GradientCheck",
    "Operator",
    "SymmetricTensor",
    "biharmonic",
    "checkpoint",
    "colour_columns",
    "curl",
    "custom_root",
    "derivative",
    "derivative_tensor",
    "divergence",
    "fixed_point",
    "grad",
    "gradient_check",
    "hessian",
    "hessian_sparsity",
    "hvp",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jvp",
    "laplacian",
    "linearize",
    "operator",
    "partial",
    "partials",
    "sparse_hessian",
    "sparse_jacobian",
    "sparse_third",
    "sparsity",
    "star_colouring",
    "stop_gradient",
    "value_and_grad",
    "vjp",
    "vmap",
]
