"""adjoint's compiled tier: the flight as it is, under ``ad.jit``."""

import adjoint as ad
from benchmarks.flight import Problem, fly
from benchmarks.peers.program_compiled import forget

__all__ = ["forget", "prepare"]


def prepare(problem: Problem):
    compiled = ad.jit(fly)
    derivative = ad.value_and_grad(compiled, argnums=(0, 1))
    return lambda: compiled(*problem.args), lambda: derivative(*problem.args)
