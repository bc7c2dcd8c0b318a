"""More rows for the compiler's own NumPy functions: arrays of three axes, keywords, products."""

import math

import numpy as np

VECTOR = np.array([0.3, 1.2, -0.7, 0.9])
POSITIVE = np.array([0.35, 1.2, 0.7, 0.9])
MATRIX = np.array([[2.0, 0.3, 0.5], [0.1, -1.5, 0.7], [0.6, 0.2, 1.1]])
TALL = MATRIX[:, :2]
STACK = np.random.default_rng(1).standard_normal((2, 3, 4))
PLACES = np.array([2, 0, 1, 1])


def changed(change):
    """A function that changes a copy of what it is given by ``change(copy, given)``."""

    def function(a):
        b = a * 2.0
        change(b, a)
        return b * b

    return function


def bent(a):
    return np.heaviside(a - a[1], a[0]) + np.heaviside(0.0, a)


def flat_items(b, a):
    b.flat[3] = a[0, 1]
    b.flat[-1] += a.flat[2]
    b.T.flat[1] = a[0, 0] * a.flat[-2]


def flat_slices(b, a):
    b.flat[:] = a[0]
    b.flat[[1, 2]] *= b.flat[[3, 4]]


def flat_filled(b, a):
    b.flat = a[1, 1]
    b.flat[...] = a.flat[0] * b


def put_with(function, *rest):
    return changed(lambda b, a: function(b, *rest, a[1:]))


ROW_PLACES = np.array([[2], [0], [1]])
COLUMN_PLACES = np.array([[1, 0, 2]])
OF_STORES = {
    np.copyto: [
        (changed(np.copyto), VECTOR),
        (changed(lambda b, a: np.copyto(b, a[0])), MATRIX),
        (changed(lambda b, a: np.copyto(b, a * a, where=a > 0)), MATRIX),
    ],
    np.put: [
        (put_with(np.put, [0, 3, 0, 1, 1]), VECTOR),
        (changed(lambda b, a: b.put([-1, 2], a[0, 0])), MATRIX),
        (changed(lambda b, a: np.put(b, 5, a[1, 1])), MATRIX),
    ],
    np.putmask: [
        (put_with(np.putmask, np.array([True, False, True, True])), VECTOR),
        (changed(lambda b, a: np.putmask(b, a > 0.2, b[::-1])), MATRIX),
        (changed(lambda b, a: np.putmask(b, a > 0.2, a[0, 0])), MATRIX),
    ],
    np.place: [
        (put_with(np.place, np.array([True, False, True, True])), VECTOR),
        (changed(lambda b, a: np.place(b, a > 0.2, a[0, :2])), MATRIX),
    ],
    np.put_along_axis: [
        (changed(lambda b, a: np.put_along_axis(b, ROW_PLACES, a[:, :1], axis=1)), MATRIX),
        (changed(lambda b, a: np.put_along_axis(b, COLUMN_PLACES, a[1, 2], axis=0)), MATRIX),
        (changed(lambda b, a: np.put_along_axis(b, np.array([1, 1]), a[:2], 0)), VECTOR),
    ],
}
INDEX = np.array([1, 0, 2, 1])
MORE = {
    **OF_STORES,
    np.diag_indices: [(lambda a: a[np.diag_indices(3)], MATRIX)],
    np.diag_indices_from: [(lambda a: a[np.diag_indices_from(a)] ** 2, MATRIX)],
    np.choose: [
        (lambda a: np.choose(INDEX, (a, a * a, 3.0)), VECTOR),
        (lambda a: INDEX.choose([a, a[0], a[::-1]]), VECTOR),
        (lambda a: np.choose(1, (a, a * a)), VECTOR),
    ],
    np.unravel_index: [
        (lambda a: a[np.unravel_index(5, a.shape)], MATRIX),
        (lambda a: a[np.unravel_index(np.argmax(a), (3, 3))], MATRIX),
    ],
    np.ravel_multi_index: [(lambda a: a[np.ravel_multi_index((1, 1), (2, 2))], VECTOR)],
    np.heaviside: [(lambda a: np.heaviside(a, 0.5) * a, VECTOR), (bent, VECTOR)],
    np.polynomial.polynomial.polyder: [
        (lambda a: np.polynomial.polynomial.polyder(a), VECTOR),
    ],
    np.linalg.matrix_transpose: [(lambda a: np.linalg.matrix_transpose(a), STACK)],
    np.pad: [
        (lambda a: np.pad(a, 2), VECTOR),
        (lambda a: np.pad(a, (1, 2), mode="edge"), VECTOR),
        (lambda a: np.pad(a, 1, mode="reflect"), VECTOR),
        (lambda a: np.pad(a, ((1, 0), (0, 2)), constant_values=3.0), MATRIX),
        (lambda a: np.pad(a, 1, mode="edge"), MATRIX),
        (lambda a: np.pad(a, 1, mode="wrap"), VECTOR),
        (lambda a: np.pad(a, 1, mode="symmetric"), MATRIX),
    ],
    np.partition: [
        (lambda a: np.partition(a, 2), VECTOR),
    ],
    np.argpartition: [
        (lambda a: np.argpartition(a, 2) * a, VECTOR),
    ],
    np.intersect1d: [
        (lambda a: np.intersect1d(a, a[1:]), VECTOR),
    ],
    np.union1d: [
        (lambda a: np.union1d(a, a[1:] * 2), VECTOR),
    ],
    np.setdiff1d: [
        (lambda a: np.setdiff1d(a, a[1:]), VECTOR),
    ],
    np.setxor1d: [
        (lambda a: np.setxor1d(a, a[1:]), VECTOR),
    ],
    np.kaiser: [
        (lambda a: np.kaiser(5, 2.0) * a[0], VECTOR),
        (lambda a: np.kaiser(5, a[0]), POSITIVE),
    ],
    np.polyfit: [
        (lambda a: np.polyfit(POSITIVE, a, 2), VECTOR),
        (lambda a: np.polyfit(a, POSITIVE, 1), VECTOR),
    ],
    np.poly: [
        (lambda a: np.poly(a), VECTOR),
    ],
    np.polyadd: [
        (lambda a: np.polyadd(a, a[1:]), VECTOR),
    ],
    np.polysub: [
        (lambda a: np.polysub(a, a[1:]), VECTOR),
    ],
    np.polymul: [
        (lambda a: np.polymul(a, a[1:]), VECTOR),
    ],
    np.polyder: [
        (lambda a: np.polyder(a), VECTOR),
    ],
    np.polyint: [
        (lambda a: np.polyint(a), VECTOR),
    ],
    np.polydiv: [
        (lambda a: np.polydiv(a, a[1:])[0], VECTOR),
    ],
    np.cumsum: [
        (lambda a: np.cumsum(a, axis=0), STACK),
        (lambda a: np.cumsum(a, axis=-1), STACK),
        (lambda a: np.cumsum(a), STACK),
    ],
    np.cumprod: [
        (lambda a: np.cumprod(a, axis=1), STACK),
        (lambda a: np.cumprod(a), STACK),
    ],
    np.prod: [
        (lambda a: np.prod(a, axis=2), STACK),
        (lambda a: np.prod(a, axis=(0, 1)), STACK),
        (lambda a: np.prod(a, keepdims=True), MATRIX),
    ],
    np.flip: [
        (lambda a: np.flip(a), STACK),
        (lambda a: np.flip(a, axis=2), STACK),
        (lambda a: np.flip(a, axis=(0, 1)), MATRIX),
    ],
    np.fliplr: [
        (lambda a: np.fliplr(a), STACK),
    ],
    np.flipud: [
        (lambda a: np.flipud(a), STACK),
    ],
    np.roll: [
        (lambda a: np.roll(a, 1), STACK),
        (lambda a: np.roll(a, 1, axis=1), STACK),
        (lambda a: np.roll(a, (1, 2), axis=(0, 1)), MATRIX),
    ],
    np.swapaxes: [
        (lambda a: np.swapaxes(a, 0, 2), STACK),
        (lambda a: np.swapaxes(a, 1, 2), STACK),
    ],
    np.moveaxis: [
        (lambda a: np.moveaxis(a, 0, -1), STACK),
    ],
    np.rollaxis: [
        (lambda a: np.rollaxis(a, 2), STACK),
    ],
    np.tile: [
        (lambda a: np.tile(a, (2, 1, 1)), STACK),
    ],
    np.repeat: [
        (lambda a: np.repeat(a, 2, axis=1), STACK),
        (lambda a: np.repeat(a, 2), STACK),
    ],
    np.take: [
        (lambda a: np.take(a, [0, 2], axis=2), STACK),
        (lambda a: np.take(a, PLACES), STACK),
    ],
    np.take_along_axis: [
        (lambda a: np.take_along_axis(a, np.argsort(a, axis=2), axis=2), STACK),
    ],
    np.sort: [
        (lambda a: np.sort(a, axis=1), STACK),
        (lambda a: np.sort(a), STACK),
    ],
    np.argsort: [
        (lambda a: np.argsort(a, axis=1) * a, STACK),
    ],
    np.append: [
        (lambda a: np.append(a, a, axis=1), STACK),
    ],
    np.dstack: [
        (lambda a: np.dstack((a, a)), MATRIX),
        (lambda a: np.dstack((a, a)), VECTOR),
    ],
    np.dsplit: [
        (lambda a: np.dsplit(a, 2)[1], STACK),
    ],
    np.hsplit: [
        (lambda a: np.hsplit(a, 3)[1], STACK),
    ],
    np.vsplit: [
        (lambda a: np.vsplit(a, 2)[1], STACK),
    ],
    np.array_split: [
        (lambda a: np.array_split(a, 2, axis=2)[1], STACK),
    ],
    np.split: [
        (lambda a: np.split(a, 2, axis=-1)[0], STACK),
    ],
    np.diff: [
        (lambda a: np.diff(a, axis=1), STACK),
        (lambda a: np.diff(a), STACK),
        (lambda a: np.diff(a, prepend=0.0), VECTOR),
        (lambda a: np.diff(a, append=a[:1]), VECTOR),
    ],
    np.delete: [
        (lambda a: np.delete(a, 1, axis=1), MATRIX),
        (lambda a: np.delete(a, [0], axis=0), MATRIX),
    ],
    np.insert: [
        (lambda a: np.insert(a, 1, 2.0, axis=0), MATRIX),
        (lambda a: np.insert(a, [1, 1, 3], a[0, :, 0] ** 2, axis=2), STACK),  # from the last axis
        (lambda a: np.insert(a, [1], a[:2] ** 2), VECTOR),  # several before one place
        (lambda a: np.insert(a, 1, a[:, :1], axis=1), MATRIX),
    ],
    np.compress: [
        (lambda a: np.compress([True, False, True], a, axis=1), MATRIX),
    ],
    np.extract: [
        (lambda a: np.extract(a > 0, a), STACK),
    ],
    np.trapezoid: [
        (lambda a: np.trapezoid(a, axis=1), STACK),
    ],
    np.gradient: [
        (lambda a: np.gradient(a, axis=0), MATRIX),
        (lambda a: np.gradient(a, edge_order=2), VECTOR),
    ],
    np.unwrap: [
        (lambda a: np.unwrap(3 * a, axis=0), MATRIX),
        (lambda a: np.unwrap(3 * a, period=2.0), VECTOR),
    ],
    np.interp: [
        (lambda a: np.interp(a, [0.0, 1.0], [1.0, 3.0]), STACK),
    ],
    np.quantile: [
        (lambda a: np.quantile(a, 0.3, axis=1), STACK),
        (lambda a: np.quantile(a, [0.2, 0.7], axis=0), MATRIX),
        (lambda a: np.quantile(a, 0.3, method="lower"), VECTOR),
    ],
    np.median: [
        (lambda a: np.median(a, axis=0), STACK),
        (lambda a: np.median(a, axis=(0, 1)), MATRIX),
        (lambda a: np.median(a), STACK),
    ],
    np.percentile: [
        (lambda a: np.percentile(a, [20, 70], axis=1), MATRIX),
        (lambda a: np.percentile(a, 30, method="nearest"), VECTOR),
    ],
    np.nanmedian: [
        (lambda a: np.nanmedian(a, axis=0), STACK),
    ],
    np.nansum: [
        (lambda a: np.nansum(a, axis=1), STACK),
    ],
    np.nanmean: [
        (lambda a: np.nanmean(a, axis=1, keepdims=True), MATRIX),
    ],
    np.nanmax: [
        (lambda a: np.nanmax(a, axis=1), STACK),
        (lambda a: np.nanmax(a), STACK),
    ],
    np.nanvar: [
        (lambda a: np.nanvar(a), STACK),
    ],
    np.nanstd: [
        (lambda a: np.nanstd(a, axis=0), STACK),
    ],
    np.nanprod: [
        (lambda a: np.nanprod(a), STACK),
    ],
    np.nancumsum: [
        (lambda a: np.nancumsum(a, axis=1), STACK),
    ],
    np.nancumprod: [
        (lambda a: np.nancumprod(a), STACK),
    ],
    np.nanargmax: [
        (lambda a: np.nanargmax(a) * a, STACK),
    ],
    np.nanquantile: [
        (lambda a: np.nanquantile(a, 0.3), STACK),
    ],
    np.average: [
        (lambda a: np.average(a, axis=1), STACK),
        (lambda a: np.average(a, axis=1, weights=[1.0, 2.0, 3.0]), STACK),
        (lambda a: np.average(a, weights=a, returned=True)[1], VECTOR),
        (lambda a: np.average(a, axis=0, keepdims=True), MATRIX),
    ],
    np.cov: [
        (lambda a: np.cov(a, ddof=0), MATRIX),
        (lambda a: np.cov(a, aweights=[1.0, 2.0, 3.0]), MATRIX),
        (lambda a: np.cov(a, fweights=[1, 2, 3]), MATRIX),
    ],
    np.ptp: [
        (lambda a: np.ptp(a, axis=1), STACK),
    ],
    np.count_nonzero: [
        (lambda a: np.count_nonzero(a > 0, axis=1) * a[:, 0], STACK),
        (lambda a: np.count_nonzero(a) * a, STACK),
    ],
    np.trace: [
        (lambda a: np.trace(a), STACK),
        (lambda a: np.trace(a, offset=1, axis1=1, axis2=0), MATRIX),
    ],
    np.diagonal: [
        (lambda a: np.diagonal(a, axis1=1, axis2=2), STACK),
    ],
    np.tril: [
        (lambda a: np.tril(a), STACK),
    ],
    np.triu: [
        (lambda a: np.triu(a, 1), STACK),
    ],
    np.inner: [
        (lambda a: np.inner(a, a), STACK),
    ],
    np.cross: [
        (lambda a: np.cross(a, a[::-1], axis=0), MATRIX),
    ],
    np.digitize: [
        (lambda a: np.digitize(a, [0.0, 1.0]) * a, STACK),
    ],
    np.bincount: [
        (lambda a: np.bincount(PLACES, weights=a, minlength=6), VECTOR),
    ],
    np.histogram: [
        (lambda a: np.histogram(a, bins=[0.0, 1.0, 2.0], density=True)[0] * a[0], VECTOR),
        (lambda a: np.histogram(a, bins=3, density=True)[0], POSITIVE),
    ],
    np.histogram_bin_edges: [
        (lambda a: np.histogram_bin_edges(a, 4), VECTOR),
    ],
    np.unique: [
        (lambda a: np.unique(a, return_index=True)[1] * a, VECTOR),
        (lambda a: np.unique(a, return_inverse=True)[1] * a, VECTOR),
        (lambda a: np.unique(a, return_counts=True)[1] * a, VECTOR),
    ],
    np.isin: [
        (lambda a: np.isin(a, [0.3], invert=True) * a, VECTOR),
    ],
    np.meshgrid: [
        (lambda a: np.meshgrid(a, a, sparse=True)[0], VECTOR),
    ],
    np.indices: [
        (lambda a: np.indices((2, 3, 4))[1] * a, STACK),
    ],
    np.broadcast_arrays: [
        (lambda a: np.broadcast_arrays(a, a[0])[1], MATRIX),
    ],
    np.round: [
        (lambda a: np.round(a, 1) * a, STACK),
    ],
    np.linalg.matrix_norm: [
        (lambda a: np.linalg.matrix_norm(a), MATRIX),
    ],
    np.linalg.vector_norm: [
        (lambda a: np.linalg.vector_norm(a), MATRIX),
        (lambda a: np.linalg.vector_norm(a, axis=1), MATRIX),
    ],
    np.linalg.trace: [
        (lambda a: np.linalg.trace(a), MATRIX),
    ],
    np.linalg.diagonal: [
        (lambda a: np.linalg.diagonal(a), MATRIX),
    ],
    np.linalg.cross: [
        (lambda a: np.linalg.cross(a[0], a[1]), MATRIX),
    ],
    np.polynomial.polynomial.polyval: [
        (lambda a: np.polynomial.polynomial.polyval(a, a), VECTOR),
    ],
    np.polynomial.polynomial.polyadd: [
        (lambda a: np.polynomial.polynomial.polyadd(a, a[1:]), VECTOR),
    ],
    np.polynomial.polynomial.polymul: [
        (lambda a: np.polynomial.polynomial.polymul(a, a[1:]), VECTOR),
    ],
    np.polynomial.polynomial.polyint: [
        (lambda a: np.polynomial.polynomial.polyint(a), VECTOR),
    ],
    np.polynomial.polynomial.polydiv: [
        (lambda a: np.polynomial.polynomial.polydiv(a, np.array([0.5, 2.0]))[0], VECTOR),
    ],
    np.polynomial.polynomial.polysub: [
        (lambda a: np.polynomial.polynomial.polysub(a, a[1:]), VECTOR),
    ],
    np.array_equal: [
        (lambda a: np.array_equal(a, a) * a, STACK),
    ],
    np.ix_: [
        (lambda a: np.ix_([0, 1], [1, 2])[0] * a[0, 0], MATRIX),
    ],
    np.lib.stride_tricks.sliding_window_view: [
        (lambda a: np.lib.stride_tricks.sliding_window_view(a, 2), VECTOR),
        (lambda a: np.lib.stride_tricks.sliding_window_view(a, 2).sum(axis=-1), VECTOR),
    ],
    np.ediff1d: [
        (lambda a: np.ediff1d(a, to_end=a[0]), VECTOR),
    ],
    np.matrix_transpose: [
        (lambda a: np.matrix_transpose(a), STACK),
    ],
    np.real_if_close: [
        (lambda a: np.real_if_close(a), VECTOR),
    ],
    np.fix: [
        (lambda a: np.fix(a) * a, VECTOR),
    ],
    np.flatnonzero: [
        (lambda a: np.flatnonzero(a > 0)[0] * a, STACK),
    ],
    np.argwhere: [
        (lambda a: np.argwhere(a > 0)[0, 0] * a, STACK),
    ],
    np.nonzero: [
        (lambda a: np.nonzero(a > 0)[2][0] * a, STACK),
    ],
    np.allclose: [
        (lambda a: np.allclose(a, a) * a, STACK),
    ],
    np.broadcast_shapes: [
        (lambda a: np.broadcast_shapes((2, 1), (1, 3))[1] * a, VECTOR),
    ],
}
if hasattr(np, "cumulative_sum"):
    MORE |= {
        np.cumulative_sum: [
            (lambda a: np.cumulative_sum(a), VECTOR),
            (lambda a: np.cumulative_sum(a, axis=1, include_initial=True), STACK),
        ],
        np.cumulative_prod: [
            (lambda a: np.cumulative_prod(a, include_initial=True), VECTOR),
            (lambda a: np.cumulative_prod(a, axis=0), STACK),
        ],
    }


def into(function):
    """A function whose result goes into an array made for it."""

    def stored(a):
        out = np.zeros(np.shape(function(a, out=None)))
        function(a, out=out)
        return out * out

    return stored


OTHERS = [
    (changed(flat_items), MATRIX),
    (changed(flat_slices), MATRIX),
    (changed(flat_filled), MATRIX),
    (changed(flat_items), MATRIX.T),
    (into(lambda a, out: np.sum(a, axis=1, out=out)), STACK),
    (into(lambda a, out: np.dot(a, a[0], out=out)), MATRIX),
    (into(lambda a, out: np.matmul(a, a.T, out=out)), MATRIX),
    (into(lambda a, out: np.cumsum(a, out=out)), VECTOR),
    (into(lambda a, out: np.clip(a, 0.2, 1.0, out=out)), MATRIX),
    (lambda a: np.nan_to_num(a + np.array([1.0, np.nan, np.inf, 1.0]), nan=2.0), VECTOR),
    (lambda a: np.nan_to_num(a, posinf=1.0, neginf=-1.0), MATRIX),
    (lambda a: np.size(a, 1) * a.nbytes * a.itemsize * a, TALL),
    (lambda a: a.tolist()[1] * sum(a.tolist()), VECTOR),
    (lambda a: np.array([row * a[0] for row in a]), MATRIX),
    (lambda a: math.dist(a, a[::-1]) * math.dist((a[0], 1.0), [a[1], a[2]]), VECTOR),
    (lambda a: math.dist(a, a) + a[0], VECTOR),
    (lambda a: math.fsum(a) + math.fsum([1e100, a[0], -1e100]), VECTOR),
    (lambda a: math.modf(a[1])[0] * a[0] + math.modf(a[1])[1], VECTOR),
    (lambda a: math.frexp(40.0 * a[1])[0] * math.frexp(40.0 * a[1])[1], VECTOR),
    (lambda a: math.frexp(8.0 * a[0] / a[0])[0] + a[0], VECTOR),
    (lambda a: math.nextafter(a[1], 7.0) + math.ulp(a[2]), VECTOR),
    (lambda a: math.remainder(5.0, a[1]) + math.remainder(-2.2, a[3]), VECTOR),
    (lambda a: math.hypot(a[0], a[1], a[2]) + math.hypot(a[2]), VECTOR),
    (lambda a: np.isrealobj(a) * a, VECTOR),
    (lambda a: np.iscomplexobj(a) * a, VECTOR),
    (lambda a: np.einsum("ij,j", a, a[0]), MATRIX),
    (lambda a: np.einsum("ij,jk->ik", a, a), MATRIX),
    (lambda a: np.einsum("ii", a), MATRIX),
    (lambda a: np.einsum("ij->ji", a), MATRIX),
    (lambda a: np.einsum("i,j->ij", a, a), VECTOR),
    (lambda a: np.einsum("ijk,jl->ikl", a, a[0]), STACK),
    (lambda a: np.einsum("i,i", a, a), VECTOR),
    (lambda a: np.einsum("ij,ij->", a, a), MATRIX),
    (lambda a: np.einsum("...j,j->...", a, a[0]), MATRIX),
    (lambda a: np.tensordot(a, a, 1), MATRIX),
    (lambda a: np.tensordot(a, a, axes=([1], [0])), MATRIX),
    (lambda a: np.tensordot(a, a, axes=2), MATRIX),
    (lambda a: np.tensordot(a, a[0], axes=([1, 2], [0, 1])), STACK),
    (lambda a: np.i0(a), VECTOR),
    (lambda a: np.sinc(a), VECTOR),
    (lambda a: np.max(a, axis=1), STACK),
    (lambda a: np.max(a, axis=(0, 1)), STACK),
    (lambda a: np.max(a, axis=1, keepdims=True), MATRIX),
    (lambda a: np.max(a, initial=1.0), VECTOR),
    (lambda a: np.min(a, axis=-1), STACK),
    (lambda a: np.argmax(a, axis=1) * a[:, 0], STACK),
    (lambda a: np.argmin(a, axis=2) * a[:, :, 0], STACK),
    (lambda a: np.any(a > 0, axis=1) * a[:, 0], STACK),
    (lambda a: np.all(a > 0, axis=0) * a[0], STACK),
    (lambda a: np.linalg.norm(a, axis=2), STACK),
    (lambda a: np.linalg.norm(a, axis=(1, 2)), STACK),
    (lambda a: np.linalg.norm(a, axis=-1, keepdims=True), STACK),
    (lambda a: np.linalg.norm(a.ravel(), 3), MATRIX),
    (lambda a: np.linalg.norm(a, axis=0, ord=1), MATRIX),
    (lambda a: np.sum(a, axis=(0, 2)), STACK),
    (lambda a: np.sum(a, where=a > 0), VECTOR),
    (lambda a: np.sum(a, initial=2.0), VECTOR),
    (lambda a: np.sum(a, dtype=float), VECTOR),
    (lambda a: np.mean(a, axis=(0, 2)), STACK),
    (lambda a: np.mean(a, where=a > 0), VECTOR),
    (lambda a: np.var(a, axis=1), STACK),
    (lambda a: np.std(a, axis=1, keepdims=True), STACK),
    (lambda a: np.transpose(a, (1, 0, 2)), STACK),
    (lambda a: np.transpose(a), STACK),
    (lambda a: a.transpose(2, 0, 1), STACK),
    (lambda a: a @ a[0].T, STACK),
    (lambda a: a @ a.transpose(0, 2, 1), STACK),
    (lambda a: a[0] @ a.transpose(0, 2, 1), STACK),
    (lambda a: a.sum(axis=1), STACK),
    (lambda a: a.mean(axis=(1, 2)), STACK),
    (lambda a: a.max(axis=0), STACK),
    (lambda a: a.cumsum(axis=1), STACK),
    (lambda a: a.prod(), STACK),
    (lambda a: a.repeat(2), VECTOR),
    (lambda a: a.take([0, 1]), VECTOR),
    (lambda a: a.item(1) * a, VECTOR),
    (lambda a: a.dot(a), MATRIX),
    (lambda a: a.conj(), VECTOR),
    (lambda a: a.real, VECTOR),
    (lambda a: a.imag + a, VECTOR),
    (lambda a: a.swapaxes(0, 1), STACK),
    (lambda a: a.diagonal(), MATRIX),
    (lambda a: a.trace(), MATRIX),
    (lambda a: a.round(1) * a, VECTOR),
    (lambda a: a.searchsorted(0.5) * a, VECTOR),
    (lambda a: a.nonzero()[0] * a, VECTOR),
    (lambda a: a.view(), VECTOR),
    (lambda a: a.mT, MATRIX),
    (lambda a: a.reshape(-1, 2), VECTOR),
    (lambda a: a.ravel("F"), MATRIX),
    (lambda a: a.flatten("F"), MATRIX),
    (lambda a: a.astype(int) * a, VECTOR),
    (lambda a: a.copy(order="F"), MATRIX),
    (lambda a: a[..., 0], STACK),
    (lambda a: a[None, :, 0], STACK),
    (lambda a: a[a > 0], STACK),
    (lambda a: a[a > 0], MATRIX),
    (lambda a: a[[0, 1], [1, 2]], MATRIX),
    (lambda a: a[:, [0, 2]], MATRIX),
    (lambda a: a[1:, ::-1], MATRIX),
    (lambda a: a[-1], MATRIX),
    (lambda a: a[0, 1, 2] * a, STACK),
    (lambda a: sum(a), VECTOR),
    (lambda a: max(a), VECTOR),
    (lambda a: min(a), VECTOR),
    (lambda a: sum(a), MATRIX),
    (lambda a: len(a) * a, STACK),
    (lambda a: np.concatenate((a, a), axis=2), STACK),
    (lambda a: np.stack((a, a), axis=1), MATRIX),
    (lambda a: np.stack((a, a), axis=-1), MATRIX),
    (lambda a: np.stack((a, a)), MATRIX),
    (lambda a: np.hstack((a, a)), MATRIX),
    (lambda a: np.vstack((a, a)), VECTOR),
    (lambda a: np.expand_dims(a, (0, 2)), VECTOR),
    (lambda a: np.expand_dims(a, 1), STACK),
    (lambda a: np.dot(a, a[0].T), STACK),
    (lambda a: np.matmul(a, a[0].T), STACK),
    (lambda a: np.matvec(a, a[0, 0]), STACK),
    (lambda a: np.vecmat(a[0, :, 0], a), STACK),
    (lambda a: np.vecdot(a, a), MATRIX),
    (lambda a: np.linalg.vecdot(a, a), MATRIX),
    (lambda a: np.outer(a, a), MATRIX),
    (lambda a: np.nan_to_num(a), STACK),
    (lambda a: np.clip(a, 0.0, 1.0), STACK),
    (lambda a: np.clip(a, None, 1.0), STACK),
    (lambda a: np.where(a > 0, a, 0.0), STACK),
    (lambda a: np.select([a > 1, a > 0], [a, a * a]), STACK),
    (lambda a: np.linalg.multi_dot((a, a, a)), MATRIX),
    (lambda a: np.linalg.outer(a, a), VECTOR),
    (lambda a: np.linalg.matmul(a, a), MATRIX),
    (lambda a: np.add.reduce(a), VECTOR),
    (lambda a: np.add.reduce(a, axis=1), MATRIX),
    (lambda a: np.multiply.reduce(a), VECTOR),
    (lambda a: np.maximum.reduce(a), VECTOR),
    (lambda a: np.logaddexp.reduce(a), VECTOR),
    (lambda a: np.add.accumulate(a), VECTOR),
    (lambda a: np.maximum.accumulate(a), VECTOR),
    (lambda a: np.multiply.outer(a, a), VECTOR),
    (lambda a: np.add.outer(a, a), VECTOR),
    (lambda a: np.subtract.outer(a, a), MATRIX),
    (lambda a: np.linspace(a[0], a[1], 5, retstep=True)[1] * a, VECTOR),
    (lambda a: np.linspace(a[0], a, 3), VECTOR),
    (lambda a: np.linspace(a, 2 * a, 3), VECTOR),
    (lambda a: np.arange(3.0) * a[0], VECTOR),
    (lambda a: np.full_like(a, a[0]), VECTOR),
    (lambda a: np.full_like(a, 2) * a, VECTOR),
    (lambda a: np.ones_like(a, dtype=int) * a, VECTOR),
    (lambda a: np.zeros((2, 2, 2)) + a[0], VECTOR),
    (lambda a: np.full((2, 2), a[0]), VECTOR),
    (lambda a: np.array([a, a]), VECTOR),
    (lambda a: np.array([[a[0], a[1]], [a[2], 1.0]]), VECTOR),
    (lambda a: np.block([[a, a], [a, a]]), MATRIX),
    (lambda a: np.block([a, a]), VECTOR),
    (lambda a: np.concat((a, a)), VECTOR),
    (lambda a: np.permute_dims(a, (1, 0)), MATRIX),
    (lambda a: np.astype(a, float), VECTOR),
    (lambda a: np.positive(a), VECTOR),
    (lambda a: np.float_power(a, 2), VECTOR),
    (lambda a: np.ldexp(a, 2), VECTOR),
    (lambda a: np.nextafter(a, 2.0), VECTOR),
    (lambda a: np.spacing(a) + a, VECTOR),
    (lambda a: np.real(a), VECTOR),
    (lambda a: np.imag(a) + a, VECTOR),
    (lambda a: np.angle(a) + a, VECTOR),
    (lambda a: np.conj(a), VECTOR),
    (lambda a: np.deg2rad(a), VECTOR),
    (lambda a: np.sin(a).sum(), STACK),
    (lambda a: np.exp(-np.abs(a)).mean(), STACK),
    (lambda a: np.arctan2(a, a[0]), STACK),
    (lambda a: np.maximum(a, 0.0), STACK),
    (lambda a: np.ndim(a) * a, STACK),
    (lambda a: np.bitwise_and(3, 2) * a, VECTOR),
    (lambda a: np.gcd(4, 6) * a, VECTOR),
    (lambda a: np.lcm(4, 6) * a, VECTOR),
    (lambda a: np.left_shift(1, 2) * a, VECTOR),
    (lambda a: np.hypot(a, 1.0), STACK),
    (lambda a: np.floor_divide(a, 0.4) * a, VECTOR),
    (lambda a: np.cbrt(a), VECTOR),
    (lambda a: np.logaddexp(a, 1.0), VECTOR),
    (lambda a: np.fmod(a, 0.4), VECTOR),
    (lambda a: np.remainder(a, 0.4), VECTOR),
]
