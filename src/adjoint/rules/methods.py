"""The methods of arrays and NumPy numbers, as functions of ``(self, *args)`` that have rules.

Methods that change the array in place are not here: they are stores.
"""

from collections.abc import Callable

import numpy as np

from adjoint.rules.forms import linear
from adjoint.rules.numpy.shape import is_in_one_order, order_of
from adjoint.rules.ruleset import covers, definition, jvp

SAME_NAME = (
    *("all", "any", "argmax", "argmin", "argpartition", "argsort", "nonzero", "searchsorted"),
    *("max", "mean", "min", "prod", "std", "sum", "var", "cumprod", "cumsum", "trace"),
    *("conj", "conjugate", "diagonal", "dot", "ravel", "repeat", "round"),
    *("squeeze", "swapaxes", "take"),
)


def array_reshape(self, *shape, order="C", copy=None):
    """``self.reshape(2, 3)`` or ``self.reshape((2, 3))``."""
    asked = {} if copy is None else {"copy": copy}
    return np.reshape(self, shape[0] if len(shape) == 1 else shape, order=order, **asked)


def array_transpose(self, *axes):
    """``self.transpose()``, ``self.transpose(1, 0)`` or ``self.transpose((1, 0))``."""
    return np.transpose(self, (axes[0] if len(axes) == 1 else axes) if axes else None)


def array_flatten(self, order="C"):
    return self.flatten(order)


def array_copy(self, order="C"):
    """Unlike `numpy.copy`, an array of the same class."""
    return self.copy(order)


def array_astype(self, dtype, order="K", casting="unsafe", subok=True, copy=True):
    return self.astype(dtype, order=order, casting=casting, subok=subok, copy=copy)


def array_item(self, *args):
    return self.item(*args)


def array_tolist(self):
    return self.tolist()


def array_compress(self, condition, axis=None, out=None):
    return self.compress(condition, axis, out)


def array_clip(self, min=None, max=None, out=None):
    return np.clip(self, min, max, out=out)


@definition(array_clip)
def clipped(self, min=None, max=None, out=None):
    return np.clip(self, min, max, out=out)


@definition(array_compress)
def compressed(self, condition, axis=None, out=None):
    return np.compress(condition, self, axis)


@linear(array_reshape)
def array_reshape_transpose(ct, out, self, *shape, order="C", copy=None):
    return np.reshape(ct, np.shape(self), order=order_of(self, order))


@jvp(array_reshape)
def array_reshape_jvp(tangents, out, self, *shape, order="C", copy=None):
    return np.reshape(tangents[0], np.shape(out), order=order_of(self, order))


@linear(array_transpose)
def array_transpose_transpose(ct, out, self, *axes):
    if not axes or axes[0] is None:
        return np.transpose(ct)
    order = axes[0] if len(axes) == 1 and isinstance(axes[0], (tuple, list)) else axes
    return np.transpose(ct, np.argsort([axis % np.ndim(ct) for axis in order]))


@linear(array_flatten)
def array_flatten_transpose(ct, out, self, order="C"):
    return np.reshape(ct, np.shape(self), order=order_of(self, order))


@jvp(array_flatten)
def array_flatten_jvp(tangents, out, self, order="C"):
    return np.ravel(tangents[0], order_of(self, order))


covers(array_flatten)(is_in_one_order)


@definition(array_flatten)
def flatten(self, order="C"):
    return np.copy(np.ravel(self, order))


@linear(array_copy)
def array_copy_transpose(ct, out, self, order="C"):
    return ct


@linear(array_astype)
def array_astype_transpose(
    ct, out, self, dtype, order="K", casting="unsafe", subok=True, copy=True
):
    """The engine converts the cotangent back; an integer result has no cotangent."""
    return ct


@linear(array_item)
def array_item_transpose(ct, out, self, *args):
    """The one element that was read."""
    index = args[0] if len(args) == 1 else args or 0
    flat = np.ravel_multi_index(index, np.shape(self)) if isinstance(index, tuple) else index
    size = np.size(self)
    return np.reshape(np.where(np.arange(size) == flat % size, ct, 0.0), np.shape(self))


@linear(array_tolist)
def array_tolist_transpose(ct, out, self):
    return np.array(ct)


METHODS: dict[str, Callable] = {name: getattr(np, name) for name in SAME_NAME} | {
    "reshape": array_reshape,
    "transpose": array_transpose,
    "flatten": array_flatten,
    "copy": array_copy,
    "astype": array_astype,
    "item": array_item,
    "tolist": array_tolist,
    "__abs__": np.absolute,
    "choose": np.choose,
    "clip": array_clip,
    "compress": array_compress,
}


def method_rule(name: str) -> Callable | None:
    """The function of ``(self, *args, **kwargs)`` that the method `name` is, or None."""
    return METHODS.get(name)
