"""The rule of `scipy.special.logsumexp`.

Its weights are ``exp(a - out)``, which cannot overflow where the result does not. Among infinite
elements those that tie share equally, as for `numpy.logaddexp`.
"""

import numpy as np
import scipy.special as sc

from adjoint.rules.forms import with_axes
from adjoint.rules.numpy.reductions import shared_among
from adjoint.rules.ruleset import covers, jvp, vjp


def growth(out, a, axis, b):
    """``exp(a - out)`` with the sign of the sum: what the result grows by with every weight."""
    sign = 1.0
    if isinstance(out, tuple):
        out, sign = out[0], with_axes(np.asarray(out[1]), a, axis)
    out = with_axes(np.asarray(out), a, axis)
    infinite = np.isinf(out)
    tied = shared_among((a == out) & (b != 0.0), axis)
    finite = np.exp(np.where(infinite, 0.0, a) - np.where(infinite, 0.0, out))
    return np.where(infinite, tied, finite * sign)


def wide(a, b):
    """The arguments as arrays of one shape; weights that are not given are one."""
    return np.broadcast_arrays(np.asarray(a), 1.0 if b is None else b)


@vjp(sc.logsumexp)
def logsumexp_vjp(ct, out, a, axis=None, b=None, keepdims=False, return_sign=False):
    a, weights = wide(a, b)
    ct = ct[0] if return_sign else ct
    if ct is None:  # of the sign alone
        return None, None, None
    pulled = with_axes(np.asarray(ct), a, axis) * growth(out, a, axis, weights)
    return pulled * weights, None, pulled


@jvp(sc.logsumexp)
def logsumexp_jvp(tangents, out, a, axis=None, b=None, keepdims=False, return_sign=False):
    a, weights = wide(a, b)
    d_a, _, d_b = (*tangents, None, None)[:3]
    change = 0.0 if d_a is None else weights * d_a
    change = change if d_b is None else change + d_b
    slope = growth(out, a, axis, weights)
    terms = np.where(slope == 0.0, 0.0, slope * change)
    shape = np.shape(out[0] if return_sign else out)
    pushed = np.reshape(np.sum(terms, axis=axis), shape)
    return (pushed, np.zeros(shape)) if return_sign else pushed


@covers(sc.logsumexp)
def is_of_reals(a, axis=None, b=None, keepdims=False, return_sign=False):
    """Of complex numbers SciPy's own program is followed."""
    return not np.iscomplexobj(a) and (b is None or not np.iscomplexobj(b))
