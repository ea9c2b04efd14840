"""Sums of products of matrices, which BLAS adds up where the sum lies."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from dezero.compiler.graph import MAP, MATMUL, Graph, Node
from dezero.compiler.planning.rows import ROWS, WHOLE, Rows


def sums_of_products(graph: Graph, rows: Rows, called: Collection[int]) -> dict[int, list[int]]:
    """The places of sums, with the products that each is the sum of, which nothing else reads.

    All products of a sum are computed in one section.
    """
    live = sorted(graph.live())
    uses = dict.fromkeys(live, 0)
    for arg in [*graph.outputs, *graph.updates.values(), *[a for i in live for a in graph.nodes[i].places]]:
        uses[arg] += 1
    terms: dict[int, list[int]] = {}
    for place in live:
        node = graph.nodes[place]
        if node.primitive == MATMUL and place not in called and rows.mode[place] != ROWS:
            terms[place] = [place]
        elif _adds(node) and rows.mode[place] == WHOLE and place not in called:
            products = [i for a in node.places if uses[a] == 1 for i in terms.get(a, [])]
            like = [(n.shape, n.dtype) == (node.shape, node.dtype) for n in [graph.nodes[a] for a in node.places]]
            kinds = {(rows.mode[i], rows.level[i]) for i in products}
            whole = all(like) and all([uses[a] == 1 and a in terms for a in node.places])
            if whole and len(kinds) == 1 and rows.level[products[0]] == rows.level[place]:
                terms[place] = products
                for arg in node.places:
                    del terms[arg]
    return {place: products for place, products in terms.items() if len(products) > 1}


def _adds(node: Node) -> bool:
    return node.primitive == MAP and node.parameters["ufunc"] is np.add and len(node.places) == 2
