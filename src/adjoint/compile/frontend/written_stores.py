"""Functions of NumPy that store into an array they are given, in the compiled language."""

import numpy as np

from adjoint.compile.frontend.written_axes import ANY, at_end, not_compiled


def axes_at(a, at):
    """The place of each axis of item number `at`, in the order of memory."""
    if at < -a.size or at >= a.size:
        raise IndexError("index is out of bounds")
    rest = at + a.size if at < 0 else at
    axes = ()
    for back in tuple(range(a.ndim)):
        axis = a.ndim - 1 - back
        axes = (rest % a.shape[axis], *axes)
        rest = rest // a.shape[axis]
    return axes


def item_of_flat(a, at):
    """``a.flat[at]``."""
    return a[at] if a.ndim == 1 else a[axes_at(a, at)]


def put_item(a, at, value):
    """``a.flat[at] = value``."""
    if a.ndim == 1:
        a[at] = value
    else:
        a[axes_at(a, at)] = value


def copied(values):
    """The values as a vector of its own: they may come from the array that is changed."""
    return np.array([values]) if np.ndim(values) == 0 else values.copy().ravel()


def fill_flat(a, values):
    """``a.flat[:] = values``, over and over if there are fewer."""
    if np.ndim(values) == 0:
        a[...] = values
    else:
        items = copied(values)
        for i in range(a.size):
            put_item(a, i, items[i % len(items)])


def copyto(dst, src, casting="same_kind", where=True):
    if np.ndim(where) > 0:
        dst[...] = np.where(where, src, dst)
    elif where:
        dst[...] = src


def put(a, ind, v, mode="raise"):
    if mode != "raise":
        not_compiled("`put` with this mode")
    if np.ndim(ind) == 0:
        put_item(a, ind, copied(v)[0])
    else:
        places, items = copied(ind), copied(v)
        for k in range(len(places)):
            put_item(a, places[k], items[k % len(items)])


def putmask(a, mask, values):
    if np.ndim(values) == 0:
        a[...] = np.where(mask, values, a)
    else:
        chosen, items = copied(mask), copied(values)
        for i in range(a.size):
            if chosen[i]:
                put_item(a, i, items[i % len(items)])


def place(arr, mask, vals):
    chosen, items = copied(mask), copied(vals)
    count = 0
    for i in range(arr.size):
        if chosen[i]:
            put_item(arr, i, items[count % len(items)])
            count += 1


def put_along_axis(arr, indices, values, axis):
    if axis is None or arr.ndim == 1:
        put(arr, indices, values)
    elif arr.ndim == 2:
        target, where = at_end(arr, axis), at_end(indices, axis)
        shape = (target.shape[0], where.shape[1])
        places = np.broadcast_to(where, shape)
        ready = values if np.ndim(values) < 2 else at_end(values, axis)
        if np.ndim(values) == 1:
            not_compiled("`put_along_axis` of values with fewer axes")
        items = np.broadcast_to(ready, shape).copy()
        for i in range(shape[0]):
            for j in range(shape[1]):
                target[i, places[i, j]] = items[i, j]
    else:
        not_compiled("`put_along_axis` of more than two axes")


def fill_diagonal(a, val):
    for i in range(min(a.shape[0], a.shape[1])):
        a[i, i] = val if np.ndim(val) == 0 else copied(val)[i % val.size]


OF_STORES = {
    np.copyto: (copyto, ANY),
    np.put: (put, ANY),
    np.putmask: (putmask, ANY),
    np.place: (place, ANY),
    np.put_along_axis: (put_along_axis, ANY),
    np.fill_diagonal: (fill_diagonal, 2),
}
