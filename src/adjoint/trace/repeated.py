"""The limit of a map whose state is too large for its jacobian: the map is repeated instead.

At a fixed point that contracts, ``(I - J)^-1 = I + J + J^2 + ...`` (Neumann), so the equations of
the implicit function theorem are solved by as many sweeps over one iteration as the loop itself
would take (Christianson, "Reverse accumulation and attractive fixed points", 1994).
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from adjoint.trace import contraction

PROBES = 20  # sweeps that measure how fast the map contracts
MOST_SWEEPS = 20_000


def verdict_of(iteration: Any, pull: Callable, push: Callable) -> contraction.Verdict:
    """Whether the map contracts at its end, and what of its state does.

    `pull` gives the transposed jacobian times a vector, `push` the jacobian times one.
    """
    start, end = map(contraction.flat, iteration.values)
    first = contraction.flat(iteration.first)
    fixed = contraction.spread(iteration, iteration.fixed)
    moving = ((start != end) | (start != first)) & ~fixed
    kept = contraction.probe(~moving & ~fixed)
    if not np.array_equal(np.array(pull(kept), float), kept):
        moving = ~fixed  # what did not move is not merely handed on
    if not moving.any():
        return contraction.PATH
    if not contraction.has_converged(start, end, first, np.flatnonzero(moving)):
        return contraction.PATH
    vector, sizes = contraction.probe(moving), []
    for _ in range(PROBES):
        vector = np.where(moving, np.array(pull(vector), float), 0.0)
        sizes.append(np.abs(vector).max())
    steps = []
    if iteration.earlier:
        steps = [start - contraction.flat(iteration.earlier), end - start]
    predicted = np.array(push(steps[0]), float) if steps else None
    switches = contraction.spread(iteration, iteration.switches)
    return contraction.of_repeated(sizes, steps, predicted, moving, switches, end, first)


def solve(apply: Callable, given: Any) -> Any:
    """``given + J given + J J given + ...``"""
    total = term = given
    for _ in range(MOST_SWEEPS):
        term = apply(term)
        total = total + term
        if contraction.is_negligible(term, total):
            break
    return total
