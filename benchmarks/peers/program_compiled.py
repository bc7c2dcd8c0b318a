"""adjoint's compiled tier: the program as it is, under ``ad.jit``."""

import gc

import adjoint as ad
from adjoint.compile.executable import Executable
from benchmarks.programs import Problem


def prepare(program: str, args: tuple):
    module = Problem(program).module
    compiled = ad.jit(module.loss)
    derivative = ad.value_and_grad(compiled, argnums=module.ARGNUMS)
    return lambda: compiled(*args), lambda: derivative(*args)


def forget() -> None:
    """Drop the tapes that calls have left for the next ones."""
    for found in gc.get_objects():
        if issubclass(type(found), Executable):  # proxies lie about their class
            found.memories.clear()
