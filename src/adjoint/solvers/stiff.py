"""Steps of an implicit method, for the derivatives of solvers that are native or have a memory.

Radau, BDF and LSODA choose the steps and find the values. Their derivative is that of collocation
at the three Radau points of each step (Radau IIA, order 5; Hairer and Wanner, "Solving Ordinary
Differential Equations II", section IV.5), which is stable for stiff problems: it is exact for the
collocation solution, and differs from that of the differential equation as the solver's values
differ from its solution.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from adjoint import trace
from adjoint.solvers.solution import held, solution

ROOT = 6**0.5
NODES = np.array([(4 - ROOT) / 10, (4 + ROOT) / 10, 1.0])
MATRIX = np.array(
    [
        [(88 - 7 * ROOT) / 360, (296 - 169 * ROOT) / 1800, (-2 + 3 * ROOT) / 225],
        [(296 + 169 * ROOT) / 1800, (88 + 7 * ROOT) / 360, (-2 - 3 * ROOT) / 225],
        [(16 - ROOT) / 36, (16 + ROOT) / 36, 1 / 9],
    ]
)


class CollocationStep:
    """A step from `y` at `t` to `end`; `piece` is the interpolant that the solver found."""

    def __init__(self, rate: Callable, t: Any, y: Any, end: Any, piece: Callable):
        self.rate, self.t, self.y, self.piece = rate, t, y, piece
        self.size = end - t
        self.end = self.at(end)

    def at(self, t: Any) -> Any:
        """The solution at a time within the step, by a step that ends there."""
        size = t - self.t
        if float(held(size)) == 0.0:
            return self.y + size * self.rate(self.t, self.y)

        def residual(stages: Any) -> Any:
            slopes = [self.rate(self.t + size * NODES[i], stages[i]) for i in range(len(NODES))]
            return stages - self.y - size * np.dot(MATRIX, np.stack(slopes))

        first, width = float(held(self.t)), float(held(size))
        guess = [trace.unrecorded(self.piece, first + share * width) for share in NODES.tolist()]
        return solution(residual, np.stack(guess))[-1]
