"""adjoint's traced tier: the flight as it is; its primal is plain Python."""

import adjoint as ad
from benchmarks.flight import Problem, fly


def prepare(problem: Problem):
    derivative = ad.value_and_grad(fly, argnums=(0, 1))
    return lambda: fly(*problem.args), lambda: derivative(*problem.args)
