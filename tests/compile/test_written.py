"""The compiler's own NumPy functions give NumPy's values and the traced tier's derivatives."""

import math
import operator

import numpy as np
import pytest
from further_rows import FURTHER, OF_ARGUMENTS
from matrix_rows import OF_STACKS
from written_rows import MORE, OTHERS

import adjoint as ad
from adjoint import errors
from adjoint.compile.executable import Executable
from adjoint.compile.frontend.written import WRITTEN
from adjoint.compile.frontend.written_decompositions import OF_DECOMPOSITIONS
from adjoint.compile.ir.running import run
from adjoint.compile.jitted import Jitted, pulled_back, pushed, selected

VECTOR = np.array([0.3, 1.2, -0.7, 0.9])
MATRIX = np.array([[2.0, 0.3, 0.5], [0.1, -1.5, 0.7], [0.6, 0.2, 1.1]])
OTHER = MATRIX[::-1] + 0.5

TALL = MATRIX[:, :2]
POSITIVE = np.array([0.35, 1.2, 0.7, 0.9])
TIES = np.array([0.5, 1.5, 0.5, 0.5, 1.5])
HOLED = np.array([0.5, np.nan, -1.0, 2.0])
GAPS = np.array([[0.5, np.nan, -1.0], [2.0, 0.3, 0.1]])
KNOTS = np.array([-0.5, 0.3, 1.0])
PLACES = np.array([2, 0, 1, 1])


def filled_diagonal(a):
    b = np.zeros((4, 4))
    np.fill_diagonal(b, a[0] * a[1])
    return b


def sorted_in_place(a):
    b = a.copy()
    b.sort()
    return b * np.arange(5)


def exponential(a):
    values, vectors = np.linalg.eigh(a)
    return (vectors * np.exp(values)) @ vectors.T


def rescaled(a):
    u, s, vt = np.linalg.svd(a)
    return (u * s**2) @ vt


SPREAD = np.diag([1.0, 3.0, 6.0])
CUBIC, LAST = np.array([1.0, -6.0, 11.0, -6.0]), np.array([0.0, 0.0, 0.0, 1.0])
CASES = {
    np.cumsum: [(np.cumsum, VECTOR), (lambda a: np.cumsum(a, axis=1), MATRIX)],
    np.cumprod: [
        (np.cumprod, VECTOR),
        (lambda a: np.cumprod(a, axis=0), TALL),
        (lambda a: np.cumprod(a, 1), TALL),
    ],
    np.prod: [(np.prod, VECTOR)],
    np.trace: [(np.trace, MATRIX), (lambda a: np.trace(a, 1), MATRIX)],
    np.inner: [(lambda a: np.inner(a, OTHER), MATRIX)],
    np.flip: [(np.flip, VECTOR), (np.flip, MATRIX), (lambda a: np.flip(a, axis=1), MATRIX)],
    np.fliplr: [(np.fliplr, MATRIX)],
    np.flipud: [(np.flipud, TALL)],
    np.rot90: [(np.rot90, TALL), *((lambda a, k=k: np.rot90(a, k), TALL) for k in (0, 2, 3))],
    np.roll: [
        (lambda a: np.roll(a, 1), VECTOR),
        (lambda a: np.roll(a, -2), MATRIX),
        (lambda a: np.roll(a, 1, axis=0), TALL),
        (lambda a: np.roll(a, -1, axis=1), MATRIX),
    ],
    np.diag: [
        (np.diag, VECTOR),
        (np.diag, TALL),
        (lambda a: np.diag(a, 1), VECTOR),
        (lambda a: np.diag(a, -1), VECTOR),
        (lambda a: np.diag(a, -1), TALL),
        (lambda a: np.diag(a.T, 1), TALL),
    ],
    np.diagflat: [(np.diagflat, TALL)],
    np.diagonal: [(np.diagonal, MATRIX), (lambda a: a.diagonal(1), MATRIX)],
    np.swapaxes: [(lambda a: np.swapaxes(a, 0, 1), MATRIX), (lambda a: np.swapaxes(a, 1, 1), TALL)],
    np.moveaxis: [(lambda a: np.moveaxis(a, 0, 1), TALL)],
    np.tile: [
        (lambda a: np.tile(a, 2), VECTOR),
        (lambda a: np.tile(a, (2, 3)), VECTOR),
        (lambda a: np.tile(a, 2), TALL),
    ],
    np.repeat: [
        (lambda a: np.repeat(a, 2), VECTOR),
        (lambda a: np.repeat(a, np.array([1, 0, 2, 1])), VECTOR),
        (lambda a: np.repeat(a, 2, axis=0), TALL),
        (lambda a: np.repeat(a, 2, axis=1), TALL),
    ],
    np.trapezoid: [
        (np.trapezoid, VECTOR),
        (lambda a: np.trapezoid(a, np.arange(4.0)), VECTOR),
        (lambda a: np.trapezoid(a, dx=0.5, axis=0), TALL),
    ],
    np.convolve: [
        (lambda a: np.convolve(a, a[:2]), VECTOR),
        (lambda a: np.convolve(a, a[:3], mode="same"), VECTOR),
        (lambda a: np.convolve(a[:2], a, "same"), VECTOR),
        (lambda a: np.convolve(a, a[:3], "valid"), VECTOR),
    ],
    np.correlate: [
        (lambda a: np.correlate(a, a[:3]), VECTOR),
        (lambda a: np.correlate(a[:2], a, "same"), VECTOR),
        (lambda a: np.correlate(a[:2], a * a, "full"), VECTOR),
    ],
    np.cross: [
        (lambda a: np.cross(a[:3], a[1:]), VECTOR),
        (lambda a: np.cross(a, a[0]), MATRIX),
        (lambda a: np.cross(a, a[::-1]), MATRIX),
    ],
    np.tril: [(lambda a: np.tril(a, -1), MATRIX)],
    np.triu: [(np.triu, MATRIX)],
    np.average: [
        (lambda a: np.average(a, weights=a * a), VECTOR),
        (np.average, TALL),
        (lambda a: np.average(a, axis=0), TALL),
        (lambda a: np.average(a, axis=1, weights=np.array([1.0, 2.0])), TALL),
    ],
    np.append: [
        (lambda a: np.append(a, a[1]), VECTOR),
        (lambda a: np.append(a, a), TALL),
        (lambda a: np.append(a, a, axis=0), TALL),
    ],
    np.take: [
        (lambda a: np.take(a, PLACES), VECTOR),
        (lambda a: np.take(a, 2) * a, VECTOR),
        (lambda a: np.take(a, 4) * a[0], TALL),
        (lambda a: np.take(a, PLACES, axis=0), TALL),
        (lambda a: np.take(a, np.array([1, 1]), axis=1), TALL),
    ],
    np.take_along_axis: [
        (lambda a: np.take_along_axis(a, np.argsort(a, axis=1), axis=1), MATRIX),
        (lambda a: np.take_along_axis(a, np.argsort(a, axis=0), axis=0), TALL),
    ],
    np.identity: [(lambda a: np.identity(4) @ a, VECTOR)],
    np.eye: [(lambda a: np.eye(4) @ a, VECTOR), (lambda a: np.eye(3, 4, k=1) @ a, VECTOR)],
    np.tri: [(lambda a: np.tri(4) @ a, VECTOR), (lambda a: np.tri(3, 4, -1) @ a, VECTOR)],
    np.polyval: [(lambda a: np.polyval(a, a[1]), VECTOR), (lambda a: np.polyval(a, a), VECTOR)],
    np.ptp: [(np.ptp, VECTOR), (lambda a: np.ptp(a, axis=0), TALL)],
    np.count_nonzero: [
        (lambda a: np.count_nonzero(a > 0) * a, VECTOR),
        (lambda a: np.count_nonzero(a > 0, axis=0) * a, TALL),
    ],
    np.delete: [(lambda a: np.delete(a, -1), VECTOR), (lambda a: np.delete(a, [0, 2]), VECTOR)],
    np.insert: [(lambda a: np.insert(a, 1, a[0] * a[1]), VECTOR)],
    np.extract: [(lambda a: np.extract(a > 0, a), VECTOR)],
    np.compress: [
        (lambda a: np.compress(a > 0, a), VECTOR),
        (lambda a: a.compress(a > 0), VECTOR),
    ],
    np.ediff1d: [(np.ediff1d, TALL)],
    np.diff: [
        (np.diff, VECTOR),
        (np.diff, TALL),
        (lambda a: np.diff(a, 2), VECTOR),
        (lambda a: np.diff(a, axis=0), TALL),
    ],
    np.flatnonzero: [(lambda a: a[np.flatnonzero(a > 0)], VECTOR)],
    np.nonzero: [
        (lambda a: a[np.nonzero(a > 0)[0]], VECTOR),
        (lambda a: a[np.nonzero(a > 0)], MATRIX),
        (lambda a: a[np.where(a > 0)[0]], VECTOR),
    ],
    np.argwhere: [(lambda a: np.argwhere(a > 0)[1, 0] * a, VECTOR)],
    np.tril_indices: [(lambda a: a[np.tril_indices(3)], MATRIX)],
    np.triu_indices: [(lambda a: a[np.triu_indices(3, 1)], MATRIX)],
    np.tril_indices_from: [(lambda a: a[np.tril_indices_from(a)], MATRIX)],
    np.triu_indices_from: [(lambda a: a[np.triu_indices_from(a)], MATRIX)],
    np.fill_diagonal: [(filled_diagonal, VECTOR)],
    np.indices: [(lambda a: np.indices((3, 2))[1] * a, TALL)],
    np.broadcast_to: [(lambda a: np.broadcast_to(a, (3, 4)) * 2.0, VECTOR)],
    np.asfortranarray: [(lambda a: np.asfortranarray(a) * a, TALL)],
    np.ascontiguousarray: [(lambda a: np.ascontiguousarray(a.T) * 2.0, TALL)],
    np.asarray_chkfinite: [(lambda a: np.asarray_chkfinite(a) * a, VECTOR)],
    np.atleast_1d: [(lambda a: np.atleast_1d(a[0]) * a, VECTOR)],
    np.atleast_2d: [(lambda a: np.atleast_2d(a) * np.atleast_2d(a[0]), VECTOR)],
    np.atleast_3d: [(lambda a: np.atleast_3d(a) * 2.0, VECTOR)],
    np.split: [
        (lambda a: np.split(a, 2)[1] * a[0], VECTOR),
        (lambda a: np.split(a, [1, 3])[1] * a[0], VECTOR),
    ],
    np.array_split: [(lambda a: np.array_split(a, 3)[0] * a[0], VECTOR)],
    np.hsplit: [(lambda a: np.hsplit(a, 3)[1] * a[0, 0], MATRIX)],
    np.vsplit: [(lambda a: np.vsplit(a, 3)[1] * a[0, 0], TALL)],
    np.meshgrid: [
        (lambda a: np.meshgrid(a, a[:2])[0] * np.meshgrid(a, a[:2])[1], VECTOR),
        (lambda a: np.meshgrid(a, a[:2], indexing="ij")[1] * 2.0, VECTOR),
    ],
    np.resize: [(lambda a: np.resize(a, (2, 3)), VECTOR), (lambda a: np.resize(a, 7), VECTOR)],
    np.trim_zeros: [(lambda a: np.trim_zeros(a * np.array([0.0, 1.0, 1.0, 0.0])), VECTOR)],
    np.round: [(lambda a: np.round(a, 1) * a, VECTOR), (lambda a: np.round(a, -1) * a, VECTOR)],
    np.around: [(lambda a: np.around(a) + np.around(a, 2) * a, VECTOR)],
    np.copysign: [(lambda a: np.copysign(a, -a[::-1]), VECTOR)],
    np.modf: [(lambda a: np.modf(3 * a)[0] * np.modf(3 * a)[1], VECTOR)],
    np.divmod: [(lambda a: np.divmod(a, 0.4)[1] * np.divmod(a, 0.4)[0], VECTOR)],
    np.isneginf: [(lambda a: np.where(np.isneginf(a), a, 2 * a), VECTOR)],
    np.isposinf: [(lambda a: np.where(np.isposinf(a), a, 2 * a), VECTOR)],
    np.iscomplex: [(lambda a: np.where(np.iscomplex(a), a, 2 * a), VECTOR)],
    np.isreal: [(lambda a: np.where(np.isreal(a), a, 2 * a), VECTOR)],
    np.isclose: [
        (lambda a: np.where(np.isclose(a, [0.3, np.inf, -0.7, np.nan]), a, 2 * a), VECTOR)
    ],
    np.allclose: [(lambda a: a * 2 if np.allclose(a, a + 1) else a * 3, VECTOR)],
    np.array_equal: [(lambda a: a * 2 if np.array_equal(a, a + 1) else a * 3, VECTOR)],
    np.logspace: [(lambda a: np.logspace(a[0], a[1], 4), VECTOR)],
    np.geomspace: [(lambda a: np.geomspace(a[0], a[1], 4), VECTOR)],
    np.gradient: [
        (np.gradient, VECTOR),
        (lambda a: np.gradient(a, 0.5), VECTOR),
        (lambda a: np.gradient(a, np.array([0.0, 1.0, 1.5, 3.0])), VECTOR),
    ],
    np.unwrap: [(lambda a: np.unwrap(10 * a), VECTOR)],
    np.vander: [
        (np.vander, VECTOR),
        (lambda a: np.vander(a, 3), VECTOR),
        (lambda a: np.vander(a, 3, increasing=True), VECTOR),
    ],
    np.bartlett: [(lambda a: np.bartlett(4) * a, VECTOR)],
    np.hamming: [(lambda a: np.hamming(4) * a, VECTOR)],
    np.hanning: [(lambda a: np.hanning(4) * a, VECTOR)],
    np.blackman: [(lambda a: np.blackman(4) * a, VECTOR)],
    np.argsort: [
        (lambda a: a[np.argsort(a)] * np.arange(4), VECTOR),
        (lambda a: a[a.argsort()] * np.arange(5), TIES),
    ],
    np.sort: [
        (lambda a: np.sort(a) * np.arange(5), TIES),
        (np.sort, MATRIX),
        (lambda a: np.sort(a, axis=0), TALL),
        (lambda a: np.sort(a, axis=None), TALL),
        (sorted_in_place, TIES),
    ],
    np.quantile: [
        (lambda a: np.quantile(a, 0.3) * a, VECTOR),
        (lambda a: np.quantile(a, [0.1, 0.6]), VECTOR),
        (lambda a: np.quantile(a, 0.3, axis=0), TALL),
        (lambda a: np.quantile(a, 0.3, axis=1, keepdims=True), TALL),
        (lambda a: np.quantile(KNOTS, a), POSITIVE[[0, 2]]),
    ],
    np.percentile: [(lambda a: np.percentile(a, 30) * a, TIES)],
    np.nanquantile: [
        (lambda a: np.nanquantile(a, [0.1, 0.6]), HOLED),
        (lambda a: np.nanquantile(a, 0.3, axis=0), GAPS),
    ],
    np.nanpercentile: [(lambda a: np.nanpercentile(a, 30), HOLED)],
    np.median: [
        (lambda a: np.median(a) * a, VECTOR),
        (np.median, TIES),
        (lambda a: np.median(a, axis=0), TALL),
        (lambda a: np.median(a, axis=1, keepdims=True) * a, TALL),
    ],
    np.nanmedian: [(np.nanmedian, HOLED), (lambda a: np.nanmedian(a, axis=1), GAPS)],
    np.searchsorted: [
        (lambda a: a * np.searchsorted(KNOTS, a), VECTOR),
        (lambda a: a * np.searchsorted(KNOTS, a[0], side="right"), VECTOR),
    ],
    np.digitize: [
        (lambda a: a * np.digitize(a, KNOTS), VECTOR),
        (lambda a: a * np.digitize(a, KNOTS[::-1], right=True), VECTOR),
    ],
    np.unique: [(np.unique, TIES), (lambda a: a[np.unique(PLACES)], VECTOR)],
    np.isin: [(lambda a: np.where(np.isin(PLACES, [0, 2]), a, 2 * a), VECTOR)],
    np.interp: [
        (lambda a: np.interp(a, KNOTS, KNOTS**2), VECTOR),
        (lambda a: np.interp(a, KNOTS, KNOTS**2, left=0.0, right=1.0), VECTOR),
        (lambda a: np.interp(a[0], KNOTS, a[1:]) * a, VECTOR),
        (lambda a: np.interp(0.1, a, KNOTS), KNOTS * 0.9),
    ],
    np.bincount: [
        (lambda a: np.bincount(PLACES, weights=a), VECTOR),
        (lambda a: np.bincount(PLACES, minlength=4) * a, VECTOR),
    ],
    np.histogram: [
        (lambda a: np.histogram(a, 3)[0] * a[0], VECTOR),
        (lambda a: np.histogram(a, 3)[1], VECTOR),
        (lambda a: np.histogram(KNOTS, bins=4, range=(0.0, 1.0))[0] * a, VECTOR),
        (lambda a: np.histogram([0.1, 0.6, 2.0, 1.0], [0.0, 0.5, 1.0], weights=a)[0], VECTOR),
    ],
    np.nansum: [(np.nansum, HOLED), (lambda a: np.nansum(a, axis=0), GAPS)],
    np.nanprod: [(np.nanprod, HOLED), (lambda a: np.nanprod(a, axis=1), GAPS)],
    np.nancumsum: [(np.nancumsum, HOLED)],
    np.nancumprod: [(np.nancumprod, HOLED)],
    np.nanmean: [(np.nanmean, HOLED), (lambda a: np.nanmean(a, axis=0), GAPS)],
    np.nanvar: [(np.nanvar, HOLED), (lambda a: np.nanvar(a, axis=1), GAPS)],
    np.nanstd: [(lambda a: np.nanstd(a, ddof=1), HOLED)],
    np.nanmax: [(np.nanmax, HOLED), (lambda a: np.nanmax(a, axis=0, keepdims=True), GAPS)],
    np.nanmin: [(np.nanmin, HOLED), (lambda a: np.nanmin(a, axis=1), GAPS)],
    np.nanargmax: [(lambda a: a[np.nanargmax(a)], HOLED)],
    np.nanargmin: [(lambda a: a[np.nanargmin(a)], HOLED)],
    np.cov: [
        (np.cov, TALL),
        (lambda a: np.cov(a) * a, VECTOR),
        (lambda a: np.cov(a, a * a), VECTOR),
        (lambda a: np.cov(a, rowvar=False, bias=True), TALL),
    ],
    np.corrcoef: [
        (lambda a: np.corrcoef(a[:2]), MATRIX),
        (lambda a: np.corrcoef(a, a * a)[0, 1], VECTOR),
    ],
    np.linalg.cholesky: [(lambda a: np.linalg.cholesky(a @ a.T), MATRIX)],
    np.linalg.slogdet: [
        (lambda a: np.linalg.slogdet(a)[1] * np.linalg.slogdet(a).sign, MATRIX),
    ],
    np.linalg.matrix_power: [
        (lambda a: np.linalg.matrix_power(a, 3), MATRIX),
        (lambda a: np.linalg.matrix_power(a, -1), MATRIX),
    ],
    np.linalg.eigh: [
        (lambda a: np.linalg.eigh(a)[1] ** 2 * OTHER, MATRIX),
        (exponential, MATRIX),
        (lambda a: np.linalg.eigh(a, UPLO="l")[0], MATRIX),
    ],
    np.linalg.eig: [
        (lambda a: np.linalg.eig(SPREAD + 0.1 * a)[0], MATRIX),
        (lambda a: np.linalg.eig(SPREAD + 0.1 * a)[1] ** 2 * OTHER, MATRIX),
    ],
    np.linalg.eigvals: [(lambda a: np.linalg.eigvals(SPREAD + 0.1 * a), MATRIX)],
    np.roots: [(lambda a: np.roots(CUBIC + 0.05 * a[0, 0] * LAST), MATRIX)],
    np.linalg.eigvalsh: [
        (np.linalg.eigvalsh, MATRIX),
        (lambda a: np.linalg.eigvalsh(a, "U"), MATRIX),
        (np.linalg.eigvalsh, 2.0 * np.eye(3)),
    ],
    np.linalg.svd: [
        (rescaled, MATRIX),
        (lambda a: np.linalg.svd(a, full_matrices=False)[0] ** 2, TALL),
        (lambda a: np.linalg.svd(a, full_matrices=False)[2] ** 2, TALL.T),
        (lambda a: np.linalg.svd(a, compute_uv=False), TALL.T),
    ],
    np.linalg.svdvals: [(np.linalg.svdvals, TALL)],
    np.linalg.qr: [
        (lambda a: np.linalg.qr(a)[0] @ OTHER + np.linalg.qr(a).R, MATRIX),
        (lambda a: np.linalg.qr(a)[0] * 2.0, TALL),
        (lambda a: np.linalg.qr(a)[1] * 2.0, TALL.T),
        (lambda a: np.add(np.linalg.qr(a, mode="r"), 1.0), TALL),
    ],
    np.linalg.pinv: [
        (np.linalg.pinv, TALL),
        (np.linalg.pinv, TALL.T),
        (np.linalg.pinv, np.outer([1.0, 2.0, 3.0], [2.0, 1.0])),
    ],
    np.linalg.lstsq: [
        (lambda a: np.linalg.lstsq(a, OTHER[0] * a[:, 0])[0], TALL),
        (lambda a: np.linalg.lstsq(a, a[:, 0], rcond=None)[0], TALL.T),
        (lambda a: np.linalg.lstsq(a, OTHER[0])[1], TALL),
        (lambda a: np.linalg.lstsq(a, OTHER)[3] * np.linalg.lstsq(a, OTHER)[2], TALL),
    ],
    np.linalg.matrix_rank: [(lambda a: np.linalg.matrix_rank(a) * a, TALL)],
    np.linalg.cond: [
        (lambda a: np.linalg.cond(a) * a, MATRIX),
        (lambda a: np.linalg.cond(a, 1) * a, MATRIX),
    ],
    np.vdot: [(lambda a: np.vdot(a, OTHER), MATRIX)],
    np.kron: [(lambda a: np.kron(a, a[:2]), VECTOR), (lambda a: np.kron(a, a[:2]), TALL)],
    np.linalg.solve: [(lambda a: np.linalg.solve(a, a[0]), MATRIX)],
    np.linalg.inv: [(np.linalg.inv, MATRIX)],
    np.linalg.det: [(np.linalg.det, MATRIX), (np.linalg.det, np.array([[1.0, 2.0], [2.0, 4.0]]))],
}
for function, more in (*MORE.items(), *OF_STACKS.items(), *FURTHER.items()):
    CASES[function] = CASES.get(function, []) + more
ROWS = [(name, *row) for name, rows in CASES.items() for row in rows]
ROWS += [("other", *row) for row in (*OTHERS, *OF_ARGUMENTS)]


ALONG_AXES = [
    lambda a: np.max(a, axis=0) * a[0],
    lambda a: a.min(axis=1),
    lambda a: np.amax(a, 1) + np.amin(a),
    lambda a: np.argmax(a, axis=1) * a[0] + a.argmin(axis=0),
    lambda a: np.linalg.norm(a, axis=1),
    lambda a: a * np.linalg.norm(a[0], 1) + np.linalg.norm(a[1], ord=np.inf),
    lambda a: a * np.linalg.norm(a[0], 3) + np.linalg.norm(a[1], ord=-np.inf),
    lambda a: a * np.linalg.norm(a, 1) + np.linalg.norm(a, np.inf) * np.linalg.norm(a, "fro"),
    lambda a: a * np.linalg.norm(a, -1) + np.linalg.norm(a, -np.inf),
    lambda a: a / np.linalg.norm(a, axis=1, keepdims=True) + np.linalg.norm(a, 1, axis=0),
    lambda a: a * np.linalg.norm(a, "nuc") + np.linalg.norm(a, 2) * np.linalg.norm(a, ord=-2),
    lambda a: np.finfo(float).eps * a + np.finfo(a.dtype).max * 1e-308 * a,
    lambda a: np.prod(a, axis=0) + a.prod(axis=1) * a.prod() + a.cumsum()[2],
    lambda a: np.stack((a[0], a[1]), axis=1) + np.column_stack((a[1], a[2])),
    lambda a: np.column_stack((a, a[0])) * 2.0,
    lambda a: np.concatenate((a, a * a), axis=None),
    lambda a: np.where(np.any(a > 1.0, axis=0), a, 2.0 * a) * np.all(a < 1.0, axis=1),
    lambda a: np.transpose(a, (1, 0)) @ a.transpose(0, 1) + a.size * np.size(a),
    lambda a: np.select([a > 1.0, a > 0.0], [a * 2, a * a], 0.5),
    lambda a: np.clip(a, a_min=0.0, a_max=1.0) + a.clip(max=0.3) + np.clip(a, max=a[0, 0]),
    lambda a: np.arange(a[0, 1], 2.0, a[0, 2]) * a[0, 0],
    lambda a: np.linspace(0.0, a[0, 0], 4, endpoint=False),
    lambda a: np.squeeze(a[:, :1], axis=1) * a[:, 0],
]
ROWS += [("along", function, MATRIX) for function in ALONG_AXES]
ROWS += [("along", ALONG_AXES[0], np.ones((3, 3)))]


IDS = [getattr(row[0], "__name__", row[0]) for row in ROWS]


def test_every_function_has_a_row():
    assert set(CASES) == set(WRITTEN)


def reference(function, x):
    """The value, a random seed for it, and the traced tier's cotangent."""
    value, pullback = ad.vjp(function, x)
    seed = np.random.default_rng(0).standard_normal(np.shape(value))
    seed = seed if seed.ndim else float(seed)
    return value, seed, pullback(seed)[0]


@pytest.mark.parametrize(("name", "function", "x"), ROWS, ids=IDS)
def test_values_and_derivatives(name, function, x):
    """What the compiler makes, run by the interpreter of its representation."""
    call = Jitted(lambda a: function(a) * 1.0).call((x.copy(),), {})
    expected, seed, cotangent = reference(function, x)
    value, found = run(pulled_back(call.program, selected(call, (0,))), *call.arguments, seed)
    np.testing.assert_allclose(value, expected, rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(found, cotangent, rtol=1e-11, atol=1e-13)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(ROWS)), ids=IDS)
def test_compiled(number, share):
    """The machine code of the pullback, which gives the value too."""
    if number % share:
        pytest.skip("for `make machine-code`")
    _, function, x = ROWS[number]
    jitted = Jitted(lambda a: function(a) * 1.0)
    call = jitted.call((x.copy(),), {})
    expected, seed, cotangent = reference(function, x)
    chosen = selected(call, (0,))
    value, found = jitted.derived(
        call, "pullback", lambda p: pulled_back(p, chosen), [*call.arguments, seed]
    )
    np.testing.assert_allclose(value, expected, rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(found, cotangent, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(
    "function",
    [
        lambda a: np.squeeze(a),
        lambda a: np.pad(a, 1, mode="median"),
        lambda a: np.median(a, overwrite_input=True),
        lambda a: np.linalg.qr(a[0], mode="complete")[0],
        lambda a: np.linalg.solve(a[None], a),
        lambda a: np.linalg.eigh(a, UPLO="U")[1],
        lambda a: np.sum(a, out=a[0]),
        lambda a: np.linspace(0, 3, 4, dtype=int) * a[0, 0, 0],
        lambda a: np.max(a, axis=0, initial=0.5, where=a > 0),
        lambda a: np.std(a, axis=1, mean=a),
        lambda a: a.partition(1),
        lambda a: np.sum(a, dtype=int) * a,
        lambda a: np.mean(a, dtype=int) * a,
    ],
)
def test_what_is_not_written_is_refused(function):
    with pytest.raises(errors.UnsupportedSyntax):
        ad.jit(function)(np.ones((2, 2, 2)))


@pytest.mark.parametrize(
    "function",
    [
        lambda a: np.max(a, axis=2),
        lambda a: np.cumsum(a, axis=-3),
        lambda a: np.flip(a, axis=(0, 0)),
        lambda a: np.einsum("ijk->i", a),
        lambda a: np.einsum("ij,jk", a),
    ],
)
def test_axes_that_are_not_there_are_refused(function):
    with pytest.raises(errors.UnsupportedSyntax):
        Jitted(function).call((MATRIX.copy(),), {})


@pytest.mark.parametrize(
    "function",
    [
        lambda a: np.einsum("ij,ij->i", a, a[:, :1]),
        lambda a: np.einsum("ij,jk->ik", a, a[:2]),
        lambda a: np.tensordot(a, a[:2], axes=2),
    ],
)
def test_lengths_that_differ_raise(function):
    """Also where matrices of other shapes would have as many elements."""
    call = Jitted(function).call((MATRIX.copy(),), {})
    with pytest.raises(ValueError):
        run(call.program.function, *call.arguments)


@pytest.mark.parametrize(
    ("function", "error"),
    [
        (lambda a: np.insert(a, 7, a[0]), IndexError),
        (lambda a: np.insert(a, [1, -30], a[0]), IndexError),
        (lambda a: a[np.unravel_index(len(a) + 3, (2, 2))[0]], ValueError),
        (lambda a: a[np.ravel_multi_index((1, 3), (2, 2))], ValueError),
    ],
)
def test_places_that_are_not_there_raise(function, error):
    for attempt in (function, lambda a: run(Jitted(function).call((a,), {}).program.function, a)):
        with pytest.raises(error):
            attempt(VECTOR.copy())


def stored_through_views(a):
    b = a * 2.0
    for turned in (np.einsum("ij->ji", b), np.swapaxes(b, 0, 1), np.transpose(b, (1, 0))):
        turned[0, 2] *= a[0, 0]
    np.flip(b, axis=1)[0, 0] = a[1, 1]
    return b


def stored_in_copies(a):
    b = a * 2.0
    for taken in (np.take(b, 1, axis=0), np.roll(b, 0)[0], np.sort(b)[0], np.diff(b)[0]):
        taken[0] = 7.0
    return b


@pytest.mark.parametrize("function", [stored_through_views, stored_in_copies])
def test_what_is_a_view_and_what_is_a_copy(function):
    test_values_and_derivatives("", function, MATRIX)


def test_functions_of_operator_are_what_they_are_written_for():
    def function(a):
        less = operator.lt(a, 1.0)
        total = operator.matmul(operator.neg(a), operator.truediv(a, 2.0))
        return operator.add(operator.pow(total, 2), np.where(less, operator.abs(a), a).sum())

    test_values_and_derivatives("", function, VECTOR)


def test_a_mask_picks_elements():
    function = ad.jit(lambda a: np.sum(a[a > 0] ** 3))
    np.testing.assert_allclose(ad.grad(function)(VECTOR), np.where(VECTOR > 0, 3 * VECTOR**2, 0))


def changed_after(a):
    b = a.copy()
    c = b.reshape(2, 2)
    b[0] = 5.0
    return c.sum()


def changed_through(a):
    b = a.copy()
    np.broadcast_to(b, (2, 4))
    c = b.ravel()
    c[0] = 5.0
    return b.sum()


def diagonal_of_changing(a):
    b = np.outer(a, a)
    c = np.diagonal(b)
    b[0, 0] = 5.0
    return c.sum()


def changed_in_the_next_turn(a):
    b, total = np.zeros(4), 0.0
    c = b.reshape(2, 2)
    for i in range(2):
        total += c.sum()
        b[i] = a[i]
        c = b.reshape(2, 2)
    return total


def read_in_a_later_turn(a):
    b, total = np.outer(a, a), 0.0
    c = np.diagonal(b)
    for i in range(2):
        total += c.sum()
        b[i, i] = a[i]
    return total


def carried_to_the_next_turn(a):
    b, total = np.outer(a, a), 0.0
    last = np.zeros(4)
    for i in range(2):
        total += last.sum()
        last = np.diagonal(b)
        b[i, i] = a[i]
    return total


def chosen_before_a_change(a):
    b = np.outer(a, a)
    c = np.diagonal(b) if a[0] > -9.0 else a
    b[0, 0] = 5.0
    return c.sum()


@pytest.mark.parametrize(
    "function",
    [
        *(changed_after, changed_through, diagonal_of_changing, changed_in_the_next_turn),
        *(read_in_a_later_turn, carried_to_the_next_turn, chosen_before_a_change),
    ],
)
def test_a_copy_never_stands_for_a_view_that_would_change(function):
    """Also where no derivative is asked for."""
    with pytest.raises(errors.UnsupportedSyntax, match="reshaped"):
        Jitted(function).call((VECTOR.copy(),), {})


def a_copy_in_another_shape(a):
    b = a * 2.0
    c = b.copy().reshape(2, 2)
    c[0, 1] = a[0]
    b[0] = 7.0
    return c + b[0]


def filled_before(a):
    b = np.zeros(4)
    b[0] = a[0] * 2.0
    b[1:] = a[1:]
    return b.reshape(2, 2) * a[:2]


def made_in_each_turn(a):
    total = 0.0
    for i in range(3):
        b = np.zeros(4)
        b[i] = a[i]
        total += np.sum(b.reshape(2, 2) @ a[:2])
    return total


def changed_when_nobody_reads_it(a):
    b, total = np.outer(a, a), 0.0
    for i in range(3):
        c = np.diag(b)
        total += np.sum(c * c[i])
        b[i] = 0.5 * np.diag(b)
        b[:, i] += a[0]
    return total


@pytest.mark.parametrize(
    "function",
    [filled_before, made_in_each_turn, a_copy_in_another_shape, changed_when_nobody_reads_it],
)
def test_what_was_changed_before_can_be_reshaped(function):
    test_values_and_derivatives("reshaped", function, VECTOR)


SPECTRAL = [
    row for row in ROWS if row[0] in OF_DECOMPOSITIONS and row[0] is not np.linalg.matrix_rank
]


@pytest.mark.parametrize(("name", "function", "x"), SPECTRAL)
def test_tangents_of_spectra(name, function, x):
    direction = np.random.default_rng(1).standard_normal(x.shape)
    expected = ad.jvp(function, (x,), (direction,))[1]
    call = Jitted(function).call((x.copy(),), {})
    found = run(pushed(call.program, selected(call, (0,))), *call.arguments, direction)[1]
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("function", [exponential, rescaled, np.linalg.pinv])
def test_second_derivatives_of_spectra(function, monkeypatch):
    """Of the printed program: machine code of a second derivative takes minutes to make."""
    monkeypatch.setattr(Executable, "compiled", lambda self, args: self.python)
    weights = np.random.default_rng(1).standard_normal((3, 3))

    def loss(a):
        return np.sum(weights * function(a))

    found = ad.hessian(ad.jit(loss))(MATRIX)
    np.testing.assert_allclose(found, ad.hessian(loss)(MATRIX), rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize(
    "function",
    [
        lambda a: np.linalg.eigh(a)[1][0, 0],
        lambda a: np.sum(np.linalg.svd(a)[0] * OTHER),
        lambda a: np.sum(np.linalg.qr(a - np.eye(3))[0] * OTHER),
    ],
)
def test_vectors_of_equal_values_have_no_derivative(function):
    call = Jitted(function).call((np.eye(3),), {})
    with pytest.raises(np.linalg.LinAlgError, match="derivative"):
        run(pulled_back(call.program, selected(call, (0,))), *call.arguments, 1.0)


def test_getattr():
    call = ad.jit(lambda a: a * getattr(math, "nothing", 2.0))
    np.testing.assert_allclose(call(VECTOR), 2.0 * VECTOR)
