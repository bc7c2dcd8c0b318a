"""Rules of products of matrices, and of `numpy.linalg`.

Stacks of matrices broadcast; the engine sums cotangents over the broadcast axes.
Sources: M. Giles, "Collected matrix derivative results" (2008).
"""

import operator

import numpy as np

from adjoint.errors import MissingRule, NonDifferentiable
from adjoint.rules.forms import axes_of, conjugated, inner_products, linear, spread_over
from adjoint.rules.numpy.reductions import leave_one_out
from adjoint.rules.numpy.shape import place_diagonal
from adjoint.rules.numpy.spectra import adjoint_of
from adjoint.rules.ruleset import by_argument, covers, definition, jvp, may_refuse, none, vjp


def product_jvp(function):
    """The product rule, for a function that is linear in each of its first two arguments."""

    def pushforward(tangents, out, a, b, *args, **kwargs):
        da, db = tangents[:2]
        if da is None:
            return function(a, db, *args, **kwargs)
        if db is None:
            return function(da, b, *args, **kwargs)
        return function(da, b, *args, **kwargs) + function(a, db, *args, **kwargs)

    return pushforward


def bilinear(*functions):
    """Decorator: the decorated function is the vjp of `functions`, linear in two arguments each."""

    def decorator(pullback):
        for function in functions:
            jvp(function)(product_jvp(function))
        return vjp(*functions)(pullback)

    return decorator


def matmul_left(ct, out, x1, x2):
    """The cotangent of the left factor; a vector there is a matrix of one row."""
    x2 = np.asarray(x2)
    ndim_1, ndim_2 = np.ndim(x1), np.ndim(x2)
    if ndim_1 == 1 and ndim_2 == 1:
        return ct * conjugated(x2)
    if ndim_1 == 2 and ndim_2 == 1:
        return ct[:, None] * conjugated(x2)
    if ndim_1 == 1:
        column = np.matmul(x2, conjugated(ct)[..., None])
        return conjugated(np.reshape(column, column.shape[:-1]))
    if ndim_2 == 1:
        return ct[..., None] * conjugated(x2)
    return np.matmul(ct, adjoint_of(x2))


def matmul_right(ct, out, x1, x2):
    """The cotangent of the right factor; a vector there is a matrix of one column."""
    x1 = np.asarray(x1)
    ndim_1, ndim_2 = np.ndim(x1), np.ndim(x2)
    if ndim_1 == 1 and ndim_2 == 1:
        return ct * conjugated(x1)
    if ndim_1 == 2 and ndim_2 == 1:
        return np.matmul(adjoint_of(x1), ct)
    if ndim_1 == 1:
        return conjugated(x1)[:, None] * ct[..., None, :]
    if ndim_2 == 1:
        column = np.matmul(adjoint_of(x1), ct[..., None])
        return np.reshape(column, column.shape[:-1])
    return np.matmul(adjoint_of(x1), ct)


@bilinear(np.matmul, operator.matmul)
def matmul_vjp(ct, out, x1, x2):
    return matmul_left(ct, out, x1, x2), matmul_right(ct, out, x1, x2)


by_argument(np.matmul, operator.matmul, formulas=(matmul_left, matmul_right))


@bilinear(np.dot)
def dot_vjp(ct, out, a, b):
    """A sum over the last axis of `a` and the last but one of `b`."""
    a, b = np.asarray(a), np.asarray(b)
    if a.ndim == 0 or b.ndim == 0:
        return np.sum(ct * conjugated(b)) if a.ndim == 0 else ct * conjugated(b), (
            np.sum(ct * conjugated(a)) if b.ndim == 0 else ct * conjugated(a)
        )
    if a.ndim <= 2 and b.ndim <= 2:
        return matmul_vjp(ct, out, a, b)
    return tensordot_vjp(ct, out, a, b, ([a.ndim - 1], [max(b.ndim - 2, 0)]))


def dot_left(ct, out, a, b):
    a, b = np.asarray(a), np.asarray(b)
    is_matmul = 0 < np.ndim(a) <= 2 and 0 < np.ndim(b) <= 2
    return matmul_left(ct, out, a, b) if is_matmul else dot_vjp(ct, out, a, b)[0]


def dot_right(ct, out, a, b):
    a, b = np.asarray(a), np.asarray(b)
    is_matmul = 0 < np.ndim(a) <= 2 and 0 < np.ndim(b) <= 2
    return matmul_right(ct, out, a, b) if is_matmul else dot_vjp(ct, out, a, b)[1]


by_argument(np.dot, formulas=(dot_left, dot_right))


@bilinear(np.inner)
def inner_vjp(ct, out, a, b, /):
    a, b = np.asarray(a), np.asarray(b)
    if a.ndim == 0 or b.ndim == 0:
        return dot_vjp(ct, out, a, b)
    return tensordot_vjp(ct, out, a, b, ([a.ndim - 1], [b.ndim - 1]))


@bilinear(np.outer)
def outer_vjp(ct, out, a, b):
    ct_a = np.matmul(ct, np.reshape(conjugated(b), -1))
    ct_b = np.matmul(np.reshape(conjugated(a), -1), ct)
    return np.reshape(ct_a, np.shape(a)), np.reshape(ct_b, np.shape(b))


@vjp(np.vdot)
def vdot_vjp(ct, out, a, b, /):
    """``sum(conj(a) * b)``, both flattened."""
    ct_a = conjugated(ct) * np.reshape(b, np.shape(a))
    return ct_a, ct * np.reshape(a, np.shape(b))


@jvp(np.vdot)
def vdot_jvp(tangents, out, a, b, /):
    return product_jvp(np.vdot)(tangents, out, a, b)


@vjp(np.linalg.outer)
def vector_outer_vjp(ct, out, x1, x2, /):
    return outer_vjp(ct, out, x1, x2)


@jvp(np.linalg.outer)
def vector_outer_jvp(tangents, out, x1, x2, /):
    return product_jvp(np.linalg.outer)(tangents, out, x1, x2)


if hasattr(np, "vecdot"):

    @vjp(np.vecdot)
    def vecdot_vjp(ct, out, x1, x2, *, axis=-1):
        """``sum(conj(x1) * x2)`` over one axis of both."""
        first, second = (np.moveaxis(np.asarray(x), axis, -1) for x in (x1, x2))
        spread = np.expand_dims(ct, -1)
        ct_1, ct_2 = conjugated(spread) * second, spread * first
        return summed_like(ct_1, x1, axis), summed_like(ct_2, x2, axis)

    @jvp(np.vecdot)
    def vecdot_jvp(tangents, out, x1, x2, *, axis=-1):
        return product_jvp(np.vecdot)(tangents, out, x1, x2, axis=axis)

    def summed_like(ct, x, axis):
        """`ct`, whose last axis is `axis` of `x`, without the axes over which `x` was broadcast."""
        extra = ct.ndim - np.ndim(x)
        return np.moveaxis(np.sum(ct, axis=tuple(range(extra))), -1, axis)


if hasattr(np, "matvec"):

    @bilinear(np.matvec)
    def matvec_vjp(ct, out, x1, x2):
        ct_1 = np.expand_dims(ct, -1) * np.expand_dims(conjugated(x2), -2)
        return ct_1, np.matvec(adjoint_of(x1), ct)

    @vjp(np.vecmat)
    def vecmat_vjp(ct, out, x1, x2):
        """``conj(x1) @ x2``."""
        ct_2 = np.expand_dims(x1, -1) * np.expand_dims(ct, -2)
        return conjugated(np.matvec(conjugated(x2), ct)), ct_2

    @jvp(np.vecmat)
    def vecmat_jvp(tangents, out, x1, x2):
        return product_jvp(np.vecmat)(tangents, out, x1, x2)


@bilinear(np.tensordot)
def tensordot_vjp(ct, out, a, b, axes=2):
    a, b = np.asarray(a), np.asarray(b)
    summed_a, summed_b = summed_axes(axes, a.ndim, b.ndim)
    free_a = [axis for axis in range(a.ndim) if axis not in summed_a]
    free_b = [axis for axis in range(b.ndim) if axis not in summed_b]
    in_ct_a, in_ct_b = range(len(free_a)), range(len(free_a), len(free_a) + len(free_b))
    # tensordot leaves the free axes first, then the summed ones in the order of the other factor.
    order_a = free_a + [summed_a[i] for i in np.argsort(summed_b)]
    order_b = [summed_b[i] for i in np.argsort(summed_a)] + free_b
    ct_a = np.tensordot(ct, conjugated(b), (list(in_ct_b), free_b))
    ct_b = np.tensordot(conjugated(a), ct, (free_a, list(in_ct_a)))
    return np.transpose(ct_a, np.argsort(order_a)), np.transpose(ct_b, np.argsort(order_b))


def summed_axes(axes, ndim_a, ndim_b):
    """`axes` of tensordot as two lists of non-negative positions."""
    if np.ndim(axes) == 0 and not isinstance(axes, (tuple, list)):
        return list(range(ndim_a - axes, ndim_a)), list(range(axes))
    left, right = (np.atleast_1d(each).tolist() for each in axes)
    return [axis % ndim_a for axis in left], [axis % ndim_b for axis in right]


@bilinear(np.kron)
def kron_vjp(ct, out, a, b):
    """Every axis of the result is a pair (axis of `a`, axis of `b`)."""
    ndim = max(np.ndim(a), np.ndim(b))
    shape_a = (1,) * (ndim - np.ndim(a)) + np.shape(a)
    shape_b = (1,) * (ndim - np.ndim(b)) + np.shape(b)
    pairs = np.reshape(ct, [size for pair in zip(shape_a, shape_b, strict=True) for size in pair])
    spread_a = np.reshape(conjugated(a), [n for size in shape_a for n in (size, 1)])
    spread_b = np.reshape(conjugated(b), [n for size in shape_b for n in (1, size)])
    ct_a = np.sum(pairs * spread_b, axis=tuple(range(1, 2 * ndim, 2)))
    ct_b = np.sum(pairs * spread_a, axis=tuple(range(0, 2 * ndim, 2)))
    return np.reshape(ct_a, np.shape(a)), np.reshape(ct_b, np.shape(b))


@linear(np.trace)
def trace_transpose(ct, out, a, offset=0, axis1=0, axis2=1, dtype=None):
    length = np.diagonal(a, offset, axis1, axis2).shape[-1]
    along = np.expand_dims(ct, -1) * np.ones(length)
    return place_diagonal(along, offset, axis1, axis2, np.shape(a))


@vjp(np.linalg.norm)
def norm_vjp(ct, out, x, ord=None, axis=None, keepdims=False):
    is_euclidean = ord is None and axis is None and not keepdims
    if is_euclidean and isinstance(x, np.ndarray) and 0.0 < out < np.inf:
        return (x * (ct / out),)
    return (spread_over(ct, x, axis) * norm_gradient(out, x, ord, axis),)


@jvp(np.linalg.norm)
def norm_jvp(tangents, out, x, ord=None, axis=None, keepdims=False):
    products = inner_products(norm_gradient(out, x, ord, axis), np.asarray(tangents[0]))
    return np.reshape(np.sum(products, axis=axis), np.shape(out))


def norm_gradient(out, x, ord, axis):
    """The direction of steepest ascent of the norm; zero where the norm is zero."""
    x, out = np.asarray(x), spread_over(out, x, axis)
    vectors = len(axes_of(axis, x.ndim)) == 1
    if (ord is None) or (ord == "fro" and not vectors) or (ord == 2 and vectors):
        return x / np.where(out == 0, 1.0, out)
    if vectors and ord == 1:
        return np.sign(x)
    if vectors and ord in (np.inf, -np.inf):
        extreme = np.absolute(x) == out
        return np.sign(x) * extreme / np.sum(extreme, axis=axis, keepdims=True)
    if vectors and isinstance(ord, (int, float)) and ord != 0:
        size = np.absolute(x) / np.where(out == 0, 1.0, out)
        return np.sign(x) * np.where(size == 0, 1.0, size) ** (ord - 1.0)
    raise MissingRule(
        f"np.linalg.norm with ord={ord!r} has no rule",
        instead="use another norm, or np.count_nonzero for ord=0",
    )


@covers(np.linalg.norm)
def norm_covers(x, ord=None, axis=None, keepdims=False):
    """Norms of vectors; of other norms of matrices NumPy's own program is followed."""
    if ord is None or isinstance(ord, str):
        return ord in (None, "fro")
    return ord != 0 and len(axes_of(axis, np.ndim(x))) == 1


@vjp(np.linalg.inv)
def inv_vjp(ct, out, a):
    return (-np.matmul(np.matmul(adjoint_of(out), ct), adjoint_of(out)),)


@jvp(np.linalg.inv)
def inv_jvp(tangents, out, a):
    return -np.matmul(np.matmul(out, tangents[0]), out)


def of_columns(operation, a, b, is_vector):
    """An operation of a matrix and columns, where `b` may be a vector, one for each matrix."""
    return operation(a, np.expand_dims(b, -1))[..., 0] if is_vector else operation(a, b)


@vjp(np.linalg.solve)
def solve_vjp(ct, out, a, b):
    """One solve with the conjugate transpose."""
    ct_b = of_columns(np.linalg.solve, adjoint_of(a), ct, np.ndim(b) == 1)
    if np.ndim(b) == 1:
        return -np.expand_dims(ct_b, -1) * np.expand_dims(conjugated(out), -2), ct_b
    return -np.matmul(ct_b, adjoint_of(out)), ct_b


@jvp(np.linalg.solve)
def solve_jvp(tangents, out, a, b):
    da, db = tangents
    is_vector = np.ndim(b) == 1
    if da is None:
        return np.linalg.solve(a, db)
    moved = of_columns(np.matmul, da, out, is_vector)
    return of_columns(np.linalg.solve, a, -moved if db is None else db - moved, is_vector)


def cofactors(a):
    """The matrix of cofactors: the gradient of the determinant, also of a singular matrix.

    With ``a = u s v`` it is ``det(u) det(v) conj(u) cof(s) conj(v)``, and the cofactors of the
    diagonal `s` are its leave-one-out products.
    """
    u, s, v = np.linalg.svd(a)
    turned = np.linalg.det(u) * np.linalg.det(v)
    others = leave_one_out(s, -1) * np.expand_dims(turned, -1)
    return np.matmul(conjugated(u) * np.expand_dims(others, -2), conjugated(v))


def cofactors_change(a, change):
    """The derivative of `cofactors` at `a` in the direction `change`."""
    if invertible(a):
        inverse = np.linalg.inv(a)
        determinant = np.expand_dims(np.linalg.det(a), (-2, -1))
        moved = np.matmul(inverse, change)
        growth = np.expand_dims(np.trace(moved, axis1=-2, axis2=-1), (-2, -1)) * inverse
        return determinant * np.swapaxes(growth - np.matmul(moved, inverse), -1, -2)
    n = np.shape(a)[-1]
    if n == 1:
        return np.zeros(np.shape(change))
    return np.stack(
        [np.stack([minor_change(a, change, i, j) for j in range(n)], -1) for i in range(n)], -2
    )


def minor_change(a, change, row, column):
    rows = [k for k in range(np.shape(a)[-1]) if k != row]
    columns = [k for k in range(np.shape(a)[-1]) if k != column]
    part, moved = (np.take(np.take(m, rows, -2), columns, -1) for m in (a, change))
    return (-1.0) ** (row + column) * np.sum(cofactors(part) * moved, axis=(-2, -1))


def invertible(a):
    """True if all the matrices are so well conditioned that their inverses are accurate."""
    return bool(np.all(np.linalg.cond(a) < 1e4))


none(invertible)


@vjp(cofactors)
def cofactors_vjp(ct, out, a):
    """The second derivative of the determinant is symmetric, so this is the jvp again."""
    return (conjugated(cofactors_change(a, conjugated(ct))),)


@jvp(cofactors)
def cofactors_jvp(tangents, out, a):
    return cofactors_change(a, tangents[0])


@vjp(np.linalg.det)
def det_vjp(ct, out, a):
    return (np.expand_dims(ct, (-2, -1)) * conjugated(cofactors(a)),)


@jvp(np.linalg.det)
def det_jvp(tangents, out, a):
    return np.sum(cofactors(a) * tangents[0], axis=(-2, -1))


def where_regular(a, out, matters):
    """`a` with the identity for the singular matrices, of which nothing may be asked."""
    singular = out[1] == -np.inf
    if not np.any(singular):
        return a
    if np.any(singular & (matters != 0)):
        raise NonDifferentiable(
            "the logarithm of the determinant of a singular matrix has no derivative",
            instead="use np.linalg.det, which has one",
        )
    return np.where(np.expand_dims(singular, (-2, -1)), np.eye(np.shape(a)[-1]), a)


@vjp(np.linalg.slogdet)
def slogdet_vjp(ct, out, a):
    """Of the logarithm and, of a complex matrix, the phase; the sign of a real one is a step."""
    growth = 0.0 if ct[1] is None else ct[1]
    if ct[0] is not None and np.iscomplexobj(a):
        growth = growth + 1j * np.imag(np.conj(out[0]) * ct[0])
    regular = where_regular(a, out, growth)
    return (np.expand_dims(growth, (-2, -1)) * adjoint_of(np.linalg.inv(regular)),)


@jvp(np.linalg.slogdet)
def slogdet_jvp(tangents, out, a):
    regular = where_regular(a, out, np.any(tangents[0], axis=(-2, -1)))
    growth = np.trace(np.linalg.solve(regular, tangents[0]), axis1=-2, axis2=-1)
    return 1j * np.imag(growth) * out[0] if np.iscomplexobj(a) else 0.0 * growth, np.real(growth)


@definition(np.linalg.cond)
def condition_number(x, p=None):
    """The program of NumPy calls native code for the inverse."""
    if p is None or p in (2, -2):
        s = np.linalg.svd(x, compute_uv=False)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    inverse = np.linalg.inv(x)
    return np.linalg.norm(x, p, axis=(-2, -1)) * np.linalg.norm(inverse, p, axis=(-2, -1))


may_refuse(np.linalg.slogdet)
none(np.linalg.matrix_rank)
