"""Which functions of NumPy are compiled for numbers of single precision, and for complex ones.

The others may be written in a way that is right for float64 alone; they are refused.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev, hermite, hermite_e, laguerre, legendre

from adjoint.compile.conversion import functions
from adjoint.compile.frontend.lowering import Lowerer
from adjoint.compile.frontend.values import Handle, TupleValue, Value, is_atom
from adjoint.compile.frontend.widened import WIDENED


def present(*names: str) -> tuple[Callable, ...]:
    """The functions of these names that this NumPy has."""
    return tuple(getattr(np, name) for name in names if hasattr(np, name))


YOUNGER = present("matvec", "vecmat")
"""Functions that NumPy has since 2.2."""
SHAPES: frozenset[Callable] = functions(
    *(np.array, np.asarray, np.copy, np.reshape, np.ravel, np.transpose, np.astype),
    *(np.concatenate, np.stack, np.column_stack, np.hstack, np.vstack, np.expand_dims),
    *(np.squeeze, np.shape, np.size, np.ndim, np.isscalar, np.ndindex, np.ndenumerate),
    *(np.zeros, np.ones, np.empty, np.full, np.arange),
    *(np.zeros_like, np.ones_like, np.empty_like, np.full_like),
    *(np.sum, np.mean, np.var, np.std, np.where, np.linalg.norm),
    *(np.dot, np.matmul, np.linalg.matmul, np.outer, np.einsum, np.tensordot),
    *(np.trace, np.inner, np.flip, np.fliplr, np.flipud, np.rot90, np.roll, np.diag),
    *(np.diagflat, np.diagonal, np.swapaxes, np.moveaxis, np.tile, np.repeat),
    *(np.trapezoid, np.cross, np.tril, np.triu, np.append, np.take, np.identity, np.eye),
    *(np.tri, np.polyval, np.delete, np.ediff1d, np.diff, np.tril_indices),
    *(np.triu_indices, np.tril_indices_from, np.triu_indices_from, np.indices),
    *(np.asfortranarray, np.ascontiguousarray, np.asarray_chkfinite, np.atleast_1d),
    *(np.atleast_2d, np.atleast_3d, np.split, np.array_split, np.hsplit, np.vsplit),
    *(np.resize, np.trim_zeros, np.isclose, np.allclose, np.array_equal),
    *(np.bartlett, np.hamming, np.hanning, np.blackman, np.isin, np.nansum),
    *(np.matrix_transpose, np.pad, np.rollaxis, np.dstack, np.dsplit),
    *(np.piecewise, np.apply_along_axis, np.lexsort, np.linalg.tensorsolve, np.linalg.tensorinv),
    *(chebyshev.chebval, legendre.legval, laguerre.lagval, hermite.hermval, hermite_e.hermeval),
    *(np.fft.fftshift, np.fft.ifftshift, np.fft.fftfreq, np.fft.rfftfreq),
    *(np.linalg.matrix_norm, np.ix_, np.lib.stride_tricks.sliding_window_view),
    np.broadcast_shapes,
)
"""Those that are compiled for both."""
OF_SINGLE: frozenset[Callable] = (
    SHAPES
    | functions(
        *(np.max, np.min, np.amax, np.amin, np.clip, np.argmax, np.argmin, np.any, np.all),
        *(np.finfo, np.sinc, np.nan_to_num, np.real, np.imag, np.real_if_close),
        *(np.cumsum, np.cumprod, np.prod, np.convolve, np.correlate, np.kron, np.linalg.solve),
        *(np.linalg.inv, np.linalg.matrix_power, np.polyadd, np.polysub),
        *(np.polymul, np.polydiv, np.poly),
        *(np.take_along_axis, np.ptp, np.extract, np.compress, np.flatnonzero, np.nonzero),
        *(np.argwhere, np.fill_diagonal, np.round, np.around, np.copysign, np.modf, np.divmod),
        *(np.isneginf, np.isposinf, np.iscomplex, np.isreal, np.vander, np.argsort),
        *(np.digitize, np.unique, np.bincount, np.nanargmax, np.nanargmin, np.cov),
        *(np.linalg.eigvalsh, np.linalg.svdvals, np.linalg.pinv, np.vdot),
        *(np.partition, np.argpartition, np.intersect1d, np.union1d, np.setdiff1d),
        *(np.setxor1d, np.kaiser, np.polyfit, np.fix),
        *(np.angle, np.block, np.count_nonzero, np.gradient, np.i0, np.iscomplexobj, np.isrealobj),
        *(np.linalg.cross, np.linalg.diagonal, np.linalg.matrix_rank, np.linalg.matrix_transpose),
        *(np.linalg.multi_dot, np.linalg.outer, np.linalg.trace, np.linalg.vecdot),
        *(np.linalg.vector_norm, np.nancumprod, np.nancumsum, np.nanprod),
        *YOUNGER,
        *(np.polynomial.polynomial.polymul, np.polynomial.polynomial.polyval, np.vecdot),
        *(np.copyto, np.put, np.putmask, np.place, np.put_along_axis, np.choose),
        *(np.diag_indices, np.diag_indices_from, np.unravel_index, np.ravel_multi_index),
        *present("cumulative_sum", "cumulative_prod"),  # since 2.1
        *(np.broadcast_to, np.broadcast_arrays, np.insert, np.meshgrid, np.searchsorted, np.select),
    )
    | WIDENED
)
OF_COMPLEX: frozenset[Callable] = SHAPES | functions(
    np.polynomial.polynomial.polyfromroots,
    *(np.fft.fft, np.fft.ifft, np.fft.rfft, np.fft.irfft, np.fft.hfft, np.fft.ihfft),
    *(np.fft.fftn, np.fft.ifftn, np.fft.fft2, np.fft.ifft2, np.fft.rfft2, np.fft.irfft2),
    *(np.real, np.imag, np.angle, np.vdot, np.kron, np.convolve, np.correlate, np.prod),
    *(np.cumsum, np.cumprod, np.gradient, np.linalg.solve, np.linalg.inv, np.linalg.det),
    *(np.linalg.matrix_power, np.polyadd, np.polysub, np.polymul, np.polydiv, np.poly),
    *(np.average, np.insert, np.broadcast_to, np.meshgrid, np.nanmean),
    *(np.broadcast_arrays, np.linalg.vector_norm),
    *(np.block, np.compress, np.count_nonzero, np.geomspace, np.linspace, np.logspace),
    *(np.linalg.cross, np.linalg.diagonal, np.linalg.matrix_transpose, np.linalg.multi_dot),
    *(np.linalg.outer, np.linalg.trace, np.nancumprod, np.nancumsum, np.nanprod),
    *YOUNGER,
    *(np.nonzero, np.flatnonzero, np.polyder, np.polyint),
    *(np.polynomial.polynomial.polyder, np.polynomial.polynomial.polyint),
    *(np.polynomial.polynomial.polymul, np.polynomial.polynomial.polyval),
    *(np.vecdot, np.linalg.vecdot, np.cov, np.vander, np.iscomplex, np.isreal),
    *(np.iscomplexobj, np.isrealobj, np.fill_diagonal, np.nanvar, np.nanstd, np.linalg.slogdet),
    *(np.polynomial.polynomial.polyadd, np.polynomial.polynomial.polysub, np.fix),
    *(np.corrcoef, np.extract, np.select, np.linalg.cholesky, np.interp, np.nan_to_num),
    *(np.round, np.around, np.roots, np.linalg.eig, np.linalg.eigvals, np.linalg.eigh),
    *(np.linalg.eigvalsh, np.linalg.svd, np.linalg.svdvals, np.linalg.qr, np.linalg.pinv),
    *(np.linalg.lstsq, np.linalg.matrix_rank, np.linalg.cond, np.polyfit),
)
METHODS = frozenset(
    (
        *("sum", "mean", "var", "std", "prod", "cumsum", "cumprod", "dot", "fill", "item"),
        *("reshape", "ravel", "flatten", "transpose", "squeeze", "astype", "copy"),
        *("conj", "conjugate", "view", "nonzero", "take", "diagonal", "trace", "swapaxes"),
    )
)
METHODS_OF_SINGLE = METHODS | {"max", "min", "argmax", "argmin", "any", "all", "clip"}


def require(lower: Lowerer, function: Any, args: list[Value]) -> None:
    """Refuse a function, or a method, that is not known to be right for these numbers."""
    if isinstance(function, type) or (isinstance(function, np.ufunc) and not function.signature):
        return  # what is done item by item is looked at where it is emitted
    if isinstance(getattr(function, "__self__", None), np.ufunc):
        return
    kinds = {atom.type.dtype for arg in args for atom in atoms_in(lower, arg)}
    is_method = isinstance(function, str)
    for dtype, known, methods, what in (
        ("float32", OF_SINGLE, METHODS_OF_SINGLE, "numbers of float32"),
        ("complex", OF_COMPLEX, METHODS, "complex numbers"),
    ):
        if dtype in kinds and function not in (methods if is_method else known):
            name = function if is_method else getattr(function, "__name__", function)
            raise lower.refuse(
                f"`{name}` of {what} cannot be compiled yet",
                instead="write it with arithmetic and elementwise functions, or drop jit on this "
                "function",
            )


def atoms_in(lower: Lowerer, value: Value) -> list:
    """The numbers and arrays of a value, and of the tuples and lists in it."""
    if is_atom(value):
        return [value]
    held = lower.cells.get(value) if isinstance(value, Handle) else value
    if isinstance(held, TupleValue):
        return [atom for item in held.items for atom in atoms_in(lower, item)]
    return []
