"""The adjoint written by hand, where there is one."""

import importlib

from benchmarks.programs import Problem, numba_primal


def prepare(program: str, args: tuple):
    by_hand = importlib.import_module(f"benchmarks.by_hand.{program}").value_and_gradient
    primal = numba_primal(Problem(program).module)
    return lambda: primal(*args), lambda: by_hand(*args)
