"""CasADi: the program as a graph, where there is one, and its gradient by reverse mode.

Its virtual machine runs both, with one thread.
"""

import importlib

import casadi as ca
import numpy as np

from benchmarks.programs import Problem


def prepare(program: str, args: tuple):
    form = importlib.import_module(f"benchmarks.casadi_forms.{program}").loss
    given = [np.ascontiguousarray(args[n], float) for n in Problem(program).module.ARGNUMS]
    inputs, value = form(*args)
    primal = ca.Function("primal", inputs, [value])

    def value_and_gradient():
        value, *found = called(derivative(), given, [(), *(x.shape for x in given)])
        return float(value), tuple(found)

    made = []

    def derivative():
        if not made:  # by the first call, which is timed
            slopes = [ca.gradient(value, x) for x in inputs]
            made.append(ca.Function("gradient", inputs, [value, *slopes]))
        return made[0]

    return lambda: float(called(primal, given, [()])[0]), value_and_gradient


def called(function, given: list[np.ndarray], shapes: list[tuple]) -> list[np.ndarray]:
    """The results of a function; it works in memory made for this call."""
    found = [np.empty(shape) for shape in shapes]
    buffer, run = function.buffer()
    for i, x in enumerate(given):
        buffer.set_arg(i, memoryview(x))
    for i, x in enumerate(found):
        buffer.set_res(i, memoryview(x))
    run()
    return found
