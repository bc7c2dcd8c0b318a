"""adjoint's compiled tier: the program as it is, under ``ad.jit``."""

import adjoint as ad
from benchmarks.programs import Problem


def prepare(program: str, args: tuple):
    module = Problem(program).module
    compiled = ad.jit(module.loss)
    derivative = ad.value_and_grad(compiled, argnums=module.ARGNUMS)
    return lambda: compiled(*args), lambda: derivative(*args)
