"""Arguments of other than two dimensions: stacks of matrices, and numbers taken for matrices.

SciPy applies its functions to every matrix of a stack; the formulas of some are of one matrix, so
that a stack is followed as a loop.
"""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg as sl

from adjoint.errors import MissingRule
from adjoint.rules.ruleset import RULES, Form, covers, definition

VECTORS = "1|2"  # one vector, or the columns of a matrix


def require_matrices(function: Callable, count: int) -> None:
    """State that the formulas of `function` are of matrices in its first `count` arguments."""
    known = RULES[function].covers

    def is_of_matrices(*args, **kwargs):
        if any(np.ndim(arg) < 2 for arg in args[:count]):
            raise MissingRule(
                f"`scipy.linalg.{function.__name__}` of a number or a vector has no rule",
                instead="pass a matrix: np.atleast_2d(a)",
            )
        return known is None or known(*args, **kwargs)

    covers(function)(is_of_matrices)


def one_by_one(function: Callable, **cores: Any) -> None:
    """Follow stacks as loops; `cores` names the arguments and says how many axes are of one."""
    rule = RULES[function]
    signature = inspect.signature(function)

    def is_single(*args, **kwargs):
        given = signature.bind(*args, **kwargs).arguments
        if any(batch_of(given.get(name), core) for name, core in cores.items()):
            return False
        return rule.covers is None or rule.covers(*args, **kwargs)

    def every(*args, **kwargs):
        bound = signature.bind(*args, **kwargs)
        given = {name: bound.arguments.get(name) for name in cores}
        given = {name: np.asarray(value) for name, value in given.items() if value is not None}
        batches = {name: batch_of(value, cores[name]) for name, value in given.items()}
        if not any(batches.values()):
            return of_other_calls(function, rule.definition)(*args, **kwargs)
        batch = np.broadcast_shapes(*batches.values())
        wide = {
            name: np.broadcast_to(value, (*batch, *value.shape[len(batches[name]) :]))
            for name, value in given.items()
        }
        results = []
        for place in np.ndindex(*batch):
            bound.arguments.update({name: value[place] for name, value in wide.items()})
            results.append(function(*bound.args, **bound.kwargs))
        found = stacked(results, batch)
        return list(found) if isinstance(found, tuple) else found

    if rule.form is not Form.DEFINED:
        covers(function)(is_single)
    definition(function)(every)


def batch_of(value: Any, core: Any) -> tuple:
    """The axes of a stack."""
    shape = np.shape(value)
    if core == VECTORS:
        core = min(len(shape), 2)
    return shape[: max(len(shape) - core, 0)]


def stacked(results: list, batch: tuple) -> Any:
    if isinstance(results[0], tuple):
        return tuple(stacked(list(column), batch) for column in zip(*results, strict=True))
    if results[0] is None:
        return None
    return np.reshape(np.stack(results), (*batch, *np.shape(results[0])))


def of_other_calls(function: Callable, program: Callable | None) -> Callable:
    if program is None:
        raise MissingRule(
            f"`scipy.linalg.{function.__name__}` has no rule for these options",
            instead="leave out the options, or write the equation in other functions",
        )
    return program


for of_one in (sl.solve, sl.cholesky, sl.cho_factor, sl.expm, sl.sqrtm):
    require_matrices(of_one, 1)
for of_two in (sl.solve_continuous_lyapunov, sl.solve_discrete_lyapunov):
    require_matrices(of_two, 2)
for solver in (sl.solve, sl.lstsq, sl.solve_triangular):
    one_by_one(solver, a=2, b=VECTORS)
for banded in (sl.solve_banded, sl.solveh_banded):
    one_by_one(banded, ab=2, b=VECTORS)
for of_pencil in (sl.eigh, sl.eigvalsh):
    one_by_one(of_pencil, a=2, b=2)
for of_diagonals in (sl.eigh_tridiagonal, sl.eigvalsh_tridiagonal):
    one_by_one(of_diagonals, d=1, e=1)
for of_bands in (sl.eig_banded, sl.eigvals_banded):
    one_by_one(of_bands, a_band=2)
for of_matrix in (sl.schur, sl.rq, sl.hessenberg):
    one_by_one(of_matrix, a=2)
one_by_one(sl.cholesky_banded, ab=2)
one_by_one(sl.ldl, A=2)
