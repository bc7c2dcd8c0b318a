"""Functions of NumPy's that call functions, and solvers of tensors, in the compiled language."""

import numpy as np

from adjoint.compile import operations
from adjoint.compile.frontend.written_axes import (
    ANY,
    flat,
    not_compiled,
    restored,
    room,
    rows_of,
    with_dims,
)


def piecewise(x, condlist, funclist):
    if not isinstance(condlist, list | tuple):
        return piecewise(x, [condlist], funclist)
    items = flat(x)
    out = np.zeros(len(items), dtype=x.dtype)
    left = np.ones(len(items), dtype=bool)
    for k in tuple(range(len(condlist))):
        chosen = flat(condlist[k]) != 0
        left = left & ~chosen
        out[chosen] = value_of(funclist[k], items[chosen])
    if len(funclist) == len(condlist) + 1:
        out[left] = value_of(funclist[len(condlist)], items[left])
    return out if x.ndim == 1 else out.copy().reshape(x.shape)


def value_of(function, items):
    return function(items) if callable(function) else function


def apply_along_axis(func1d, axis, arr):
    if arr.ndim == 1:
        return func1d(arr)
    rows = rows_of(arr, axis)
    first = func1d(rows[0])
    if np.ndim(first) == 0:
        numbers = np.zeros(len(rows), dtype=room(first))
        numbers[0] = first
        for i in range(1, len(rows)):
            numbers[i] = func1d(rows[i])
        return with_dims(numbers, arr, axis, False)
    if np.ndim(first) > 1:
        return not_compiled("`apply_along_axis` of a function that gives matrices")
    out = np.zeros((len(rows), len(first)), dtype=first.dtype)
    out[0] = first
    for i in range(1, len(rows)):
        out[i] = func1d(rows[i])
    return restored(out, arr, axis)


def lexsort(keys):
    order = np.arange(len(keys[0]))
    for key in keys:
        order = order[operations.order(key[order])]
    return order


def tensorsolve(a, b):
    solved = np.linalg.solve(a.copy().reshape(b.size, -1), flat(b))
    return solved.copy().reshape([*a.shape[b.ndim :]])


def tensorinv(a, ind=2):
    size = 1
    for n in a.shape[:ind]:
        size = size * n
    found = np.linalg.inv(a.copy().reshape(size, -1))
    return found.copy().reshape([*a.shape[ind:], *a.shape[:ind]])


OF_FUNCTIONS = {
    np.piecewise: (piecewise, ANY),
    np.apply_along_axis: (apply_along_axis, ANY),
    np.lexsort: (lexsort, ANY),
    np.linalg.tensorsolve: (tensorsolve, ANY),
    np.linalg.tensorinv: (tensorinv, ANY),
}
