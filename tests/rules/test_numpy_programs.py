"""NumPy and SciPy functions in programs: by a rule, a definition or their own source."""

import math

import numpy as np
import pytest
import scipy.fft as sf
from drawing import C, P, R

import adjoint as ad
from adjoint.testing import check_grads

F = np.fft
M = np.array([True, False, True, True, False])


def short_mask(x):
    """Values that repeat."""
    y = x.copy()
    np.putmask(y, np.array([True, False, True, True, False]), x[:2] ** 2)
    return y


def through_flat(x):
    matrix, square = np.zeros((2, 3)), np.zeros((2, 2))
    matrix.flat = x[:2] ** 2
    square.flat = x[:4].reshape(2, 2)
    square.flat[::2] = x[5:] * 3.0
    square.T.flat[3] = x[0] * x[1]
    return matrix, square


FOURIER = {
    "fft": (lambda x: F.fft(x), R(6)),
    "fftc": (lambda x: F.fft(x), C(5)),
    "fftn_": (lambda x: F.fft(x, 8), R(6)),
    "fftt": (lambda x: F.fft(x, 4), R(6)),
    "fftax": (lambda x: F.fft(x, axis=0, norm="ortho"), R(4, 3)),
    "ifft": (lambda x: F.ifft(x), C(5)),
    "ifftf": (lambda x: F.ifft(x, norm="forward"), C(5)),
    "rfft": (lambda x: F.rfft(x), R(6)),
    "rfft5": (lambda x: F.rfft(x), R(5)),
    "rfftn": (lambda x: F.rfft(x, 9, norm="ortho"), R(6)),
    "irfft": (lambda x: F.irfft(x), C(4)),
    "irfftn": (lambda x: F.irfft(x, 7), C(4)),
    "irfft5": (lambda x: F.irfft(x, 5), C(4)),
    "hfft": (lambda x: F.hfft(x), C(4)),
    "ihfft": (lambda x: F.ihfft(x), R(6)),
    "fft2": (lambda x: F.fft2(x), R(3, 4)),
    "ifft2": (lambda x: F.ifft2(x), C(3, 4)),
    "fftn": (lambda x: F.fftn(x, axes=(0, 2)), R(2, 3, 4)),
    "ifftn": (lambda x: F.ifftn(x), C(2, 3)),
    "rfft2": (lambda x: F.rfft2(x), R(3, 4)),
    "irfft2": (lambda x: F.irfft2(x), C(3, 4)),
    "rfftn2": (lambda x: F.rfftn(x, s=(4, 6), axes=(0, 1)), R(3, 5)),
    "irfftn2": (lambda x: F.irfftn(x, s=(3, 5), axes=(0, 1)), C(3, 3)),
    "shift": (lambda x: F.fftshift(x), R(5)),
    "ishift": (lambda x: F.ifftshift(x, axes=0), R(5, 2)),
    "power": (lambda x: (abs(F.rfft(x)) ** 2).sum(), R(8)),
    "sfft": (lambda x: sf.fft(x), R(6)),
    "sifft": (lambda x: sf.ifft(x), C(6)),
    "srfft": (lambda x: sf.rfft(x, 8), R(6)),
    "sirfft": (lambda x: sf.irfft(x, 7), C(4)),
    "sfft2": (lambda x: sf.fft2(x), R(3, 4)),
    "sfftn": (lambda x: sf.fftn(x, s=(4, 4)), R(3, 4)),
    "srfftn": (lambda x: sf.rfftn(x), R(3, 4)),
    "sirfftn": (lambda x: sf.irfftn(x, s=(3, 4)), C(3, 3)),
    "shfft": (lambda x: sf.hfft(x), C(4)),
    **{
        f"dct{t}{n}": (lambda x, t=t, n=n: sf.dct(x, type=t, norm=n), R(5))
        for t in (1, 2, 3, 4)
        for n in (None, "ortho")
    },
    **{f"dst{t}": (lambda x, t=t: sf.dst(x, type=t), R(5)) for t in (1, 2, 3, 4)},
    "idct": (lambda x: sf.idct(x), R(5)),
    "idst": (lambda x: sf.idst(x, norm="ortho"), R(5)),
    "dctn": (lambda x: sf.dctn(x), R(3, 4)),
    "idctn": (lambda x: sf.idctn(x), R(3, 4)),
    "dct8": (lambda x: sf.dct(x, n=8), R(5)),
}

NUMPY = {
    "interp": (lambda x, y: np.interp(x, np.arange(4.0), y), P(3), R(4)),
    "interpp": (lambda x, y: np.interp(x, np.arange(4.0) * 0.3, y, period=1.0), R(3) * 3, R(4)),
    "convs": (lambda a, b: np.convolve(a, b, "same"), R(5), R(3)),
    "gradient": (lambda y: np.gradient(y), R(5)),
    "gradientx": (lambda y, x: np.gradient(y, np.cumsum(x)), R(5), P(5)),
    "gradient2": (lambda y: np.gradient(y, 2.0, 3.0), R(3, 4)),
    "gradient_e": (lambda y: np.gradient(y, edge_order=2), R(5)),
    "diffp": (lambda y, p: np.diff(y, prepend=p, append=[1.0, 2.0]), R(5), R()),
    "ediff": (lambda y: np.ediff1d(y, to_begin=1.0, to_end=[2.0]), R(5)),
    "trap": (lambda y: np.trapezoid(y, dx=0.1), R(5)),
    "csum": (lambda y: np.cumulative_sum(y, include_initial=True), R(5)),
    "cprod": (lambda y: np.cumulative_prod(y), R(5)),
    "hist": (lambda x: np.histogram(x, bins=[-2.0, 0, 2])[0] + x.sum(), R(5)),
    "histw": (lambda x, w: np.histogram(x, bins=[-2.0, 0, 2], weights=w)[0], R(5), R(5)),
    "histauto": (lambda x: np.histogram(x)[1], R(5)),
    "bincount": (lambda w: np.bincount([0, 1, 1], weights=w), R(3)),
    "digit": (lambda x: np.digitize(x, [0.0, 1.0]) * x, R(5)),
    "ss": (lambda x: np.searchsorted(np.array([0.0, 1.0]), x) * x, R(5)),
    "perc": (lambda x: np.percentile(x, [10.0, 50, 90]), R(5)),
    "quant": (lambda x: np.quantile(x, [0.1, 0.5], axis=1), R(3, 5)),
    "quantm": (lambda x: np.quantile(x, 0.3, method="nearest"), R(5)),
    "quantw": (
        lambda x: np.quantile(x, 0.35, weights=np.arange(1, 6), method="inverted_cdf"),
        R(5),
    ),
    "nanq": (lambda x: np.nanquantile(np.append(x, np.nan), 0.3), R(5)),
    "nanp": (lambda x: np.nanpercentile(np.append(x, np.nan), [30.0, 40]), R(5)),
    **{
        f"nan_{n}": (lambda x, n=n: getattr(np, "nan" + n)(np.append(x, np.nan)), R(5))
        for n in ["sum", "mean", "std", "var", "max", "min", "median", "prod", "cumsum", "cumprod"]
    },
    **{
        f"nan_{n}_ax": (
            lambda x, n=n: getattr(np, "nan" + n)(
                x * np.array([[1.0, np.nan, 1], [1, 1, 1]]), axis=1
            ),
            R(2, 3),
        )
        for n in ["sum", "mean", "std", "var", "max", "min", "median", "prod", "cumsum", "cumprod"]
    },
    "maxacc": (lambda x: np.maximum.accumulate(x), R(6)),
    "minacc": (lambda x: np.minimum.accumulate(x, axis=1), R(3, 4)),
    "addred": (lambda x: np.add.reduce(x, axis=1), R(3, 4)),
    "reduceat": (lambda x: np.add.reduceat(x, [0, 2, 4]), R(6)),
    "reduceat2": (lambda x: np.add.reduceat(x, [0, 3, 1], axis=1), R(2, 5)),
    "mulreduceat": (lambda x: np.multiply.reduceat(x, [0, 2]), R(5)),
    "mulreduceat0": (
        lambda x: np.multiply.reduceat(x * np.array([1.0, 0, 1, 1, 2]), [0, 2]),
        R(5),
    ),
    "maxreduceat": (lambda x: np.maximum.reduceat(x, [0, 2]), R(5)),
    "louter": (lambda x, y: np.add.outer(x, y), R(3), R(2, 2)),
    "mouter": (lambda x, y: np.multiply.outer(x, y), R(3), R(2)),
    "logaddr": (lambda x: np.logaddexp.reduce(x), R(5)),
    "hypotr": (lambda x: np.hypot.reduce(x), R(5)),
    "subacc": (lambda x: np.subtract.accumulate(x), R(5)),
    "divred": (lambda x: np.divide.reduce(x), R(4)),
    "powred": (lambda x: np.power.reduce(x), P(3)),
    "addat": (lambda x, y: (lambda z: (np.add.at(z, [0, 0, 1], y), z * x)[1])(x * 2), R(3), R(3)),
    "mulat": (
        lambda x, y: (lambda z: (np.multiply.at(z, [0, 0, 1], y), z * x)[1])(x * 2),
        R(3),
        R(3),
    ),
    "divat": (
        lambda x, y: (lambda z: (np.divide.at(z, [0, 0, 1], y), z * x)[1])(x * 2),
        R(3),
        R(3),
    ),
    "maxat": (
        lambda x, y: (lambda z: (np.maximum.at(z, [0, 0, 1], y), z * x)[1])(x * 2),
        R(3),
        R(3),
    ),
    "negat": (lambda x: (lambda z: (np.negative.at(z, [0, 1]), z * x)[1])(x * 2), R(3)),
    "insert": (lambda x, v: np.insert(x, 1, v), R(4), R()),
    "insert2": (lambda x, v: np.insert(x, [0, 2], v), R(4), R(2)),
    "insertax": (lambda x, v: np.insert(x, 1, v, axis=1), R(2, 3), R(2)),
    "delete": (lambda x: np.delete(x, [1, 2]), R(5)),
    "deletes": (lambda x: np.delete(x, slice(1, 3), axis=0), R(5, 2)),
    "delete1": (lambda x: np.delete(x, 1), R(5)),
    "append": (lambda x, y: np.append(x, y, axis=0), R(2, 3), R(1, 3)),
    "block": (lambda a, b: np.block([[a, b], [b.T @ a, b.T @ b]]), R(2, 2), R(2, 3)),
    "compress": (lambda x: np.compress([True, False, True], x), R(3)),
    "compressax": (lambda x: np.compress([True, False, True], x, axis=1), R(2, 3)),
    "mcompress": (lambda x: x.compress([True, False, True]), R(3)),
    "choose": (lambda x, y: np.choose([0, 1, 0], [x, y]), R(3), R(3)),
    "mchoose": (lambda x, y: np.array([0, 1, 0]).choose([x, y]), R(3), R(3)),
    "select": (lambda x: np.select([x > 1, x < 0], [x, x * x], x**3), R(6)),
    "piecewise": (
        lambda x: np.piecewise(x, [x < 0, x >= 0], [lambda x: -x * x, lambda x: x**3]),
        R(5),
    ),
    "piece2": (lambda x: np.piecewise(x, [x < 0], [0.0, lambda x: x**3]), R(5)),
    "extract": (lambda x: np.extract(M, x), R(5)),
    "place": (lambda x, y: (lambda z: (np.place(z, M, y), z)[1])(x * x), R(5), R(2)),
    "putmask": (lambda x, y: (lambda z: (np.putmask(z, M, y), z)[1])(x * x), R(5), R(5)),
    "put": (lambda x, y: (lambda z: (np.put(z, [0, 2], y), z)[1])(x * x), R(5), R(2)),
    "paa": (
        lambda x, y: (lambda z: (np.put_along_axis(z, np.array([[0], [1]]), y, 1), z)[1])(x * x),
        R(2, 3),
        R(2, 1),
    ),
    "filld": (lambda x, y: (lambda z: (np.fill_diagonal(z, y), z)[1])(x * x), R(3, 3), R()),
    **{
        f"pad_{m}": (lambda x, m=m: np.pad(x, (2, 1), m), R(4))
        for m in [
            "constant",
            "edge",
            "linear_ramp",
            "maximum",
            "mean",
            "median",
            "minimum",
            "reflect",
            "symmetric",
            "wrap",
        ]
    },
    "padc": (lambda x, c: np.pad(x, 1, constant_values=c), R(2, 3), R()),
    "padr": (lambda x: np.pad(x, 2, "reflect", reflect_type="odd"), R(4)),
    "padst": (lambda x: np.pad(x, 2, "mean", stat_length=2), R(4)),
    "pade": (lambda x, e: np.pad(x, 2, "linear_ramp", end_values=e), R(4), R()),
    "unique": (lambda x: np.unique(np.concatenate([x, x])), R(4)),
    "uniqueinv": (lambda x: np.unique(x, return_inverse=True), R(4)),
    "union": (lambda x, y: np.union1d(x, y), R(3), R(2)),
    "inter": (lambda x: np.intersect1d(x, x[1:]), R(3)),
    "setdiff": (lambda x: np.setdiff1d(x, x[:1]), R(3)),
    "isin": (lambda x: x * np.isin(x, x[:2]), R(4)),
    "rot90": (lambda x: np.rot90(x, 3), R(2, 3)),
    "tri": (lambda x: np.tril(x, -1) + np.triu(x), R(3, 3)),
    "vander": (lambda x: np.vander(x, 3), R(3)),
    "vanderi": (lambda x: np.vander(x, increasing=True), R(3)),
    "mesh": (lambda x, y: np.meshgrid(x, y), R(3), R(2)),
    "meshs": (lambda x, y: np.meshgrid(x, y, sparse=True), R(3), R(2)),
    "mgrid": (lambda x: np.mgrid[0:3, 0:2] * x, R()),
    "ix": (lambda x: x[np.ix_([0, 1], [2, 0])], R(3, 3)),
    "covxy": (lambda x, y: np.cov(x, y, ddof=0), R(5), R(5)),
    "covw": (lambda x, w: np.cov(x, aweights=w), R(2, 5), P(5)),
    "corr": (lambda x: np.corrcoef(x), R(3, 5)),
    "aaa": (lambda x: np.apply_along_axis(lambda r: r / r.sum(), 1, x), R(2, 3)),
    "aoa": (lambda x: np.apply_over_axes(np.sum, x, [0, 2]), R(2, 3, 2)),
    "vects": (lambda x: np.vectorize(lambda r: r.sum() * r, signature="(n)->(n)")(x), R(2, 3)),
    "vect2": (lambda x, y: np.vectorize(lambda a, b: (a * b, a + b))(x, y), R(5), R()),
    "vecotypes": (lambda x: np.vectorize(math.exp, otypes=[float])(x), R(5)),
    "fromiter": (lambda x: np.fromiter((t * t for t in x), float), R(5)),
    "fromfunction": (lambda x: np.fromfunction(lambda i, j: i * x + j, (2, 3)), R()),
    "es1": (lambda a, b: np.einsum("ij,jk->ik", a, b, optimize=True), R(2, 3), R(3, 2)),
    "es2": (
        lambda a, b, c: np.einsum("ij,jk,kl", a, b, c, optimize="greedy"),
        R(2, 3),
        R(3, 2),
        R(2, 4),
    ),
    "es3": (lambda a, b: np.einsum(a, [0, 1], b, [1, 2], [0, 2]), R(2, 3), R(3, 2)),
    "es4": (lambda a, b: np.einsum(a, [0, 1], b, [1, 2]), R(2, 3), R(3, 2)),
    "espath": (
        lambda a, b: np.einsum("ij,jk", a, b, optimize=np.einsum_path("ij,jk", a, b)[0]),
        R(2, 3),
        R(3, 2),
    ),
    "n2n": (lambda x: np.nan_to_num(x, nan=1.0), R(3)),
    "clipkey": (lambda x: np.clip(x[:2], min=x[2], max=x[3]) + np.clip(x[1], max=x[0]), R(4)),
    "clipn": (lambda x: np.clip(x, None, 1.0), R(3)),
    "modf": (lambda x: np.modf(x)[0], R(3)),
    "frexp": (lambda x: np.frexp(x)[0], R(3)),
    "divm": (lambda x: np.divmod(x, 0.7)[1], R(3)),
    "fmod": (lambda x, m: np.fmod(x, m), R(3) * 3, P(3)),
    "cpsign": (lambda x: np.copysign(x, -1.0), R(3)),
    "spacing": (lambda x: np.spacing(x) + x, R(3)),
    "fpow": (lambda x: np.float_power(x, 3), R(3)),
    "heavi": (lambda x: np.heaviside(x, 0.5) * x, R(3)),
    "i0": (lambda x: np.i0(x), R(3)),
    "unwrap": (lambda x: np.unwrap(x * 5), R(5)),
    "rnd": (lambda x: np.round(x, 1) + x, R(5)),
    "matmul axes": (
        lambda a, b: np.matmul(a, b, axes=[(0, 1), (1, 0), (2, 0)], order="F"),
        R(3, 4, 2),
        R(3, 4, 1),
    ),
    "matmul type": (lambda a, b: np.matmul(a, b, dtype=complex) * 1j, R(2, 3), R(3, 2)),
    "matvec axes": (lambda a, v: np.matvec(a, v, axes=[(1, 0), 0, 0]), R(3, 4), R(3)),
    "vecdot axes": (lambda a, v: np.vecdot(a, v, axes=[0, (1,)]), R(3, 4), R(4, 3)),
    "fix": (lambda x: np.fix(x) + x, R(5)),
    "trunc": (lambda x: np.trunc(x) * x, R(5)),
    "sinc": (lambda x: np.sinc(x), R(5)),
    "bart": (lambda x: np.bartlett(5) * x, R(5)),
    "avg": (lambda x, w: np.average(x, weights=w), R(4), P(4)),
    "avgax": (lambda x: np.average(x, axis=0, weights=[1.0, 2, 3]), R(3, 2)),
    "avgret": (lambda x, w: np.average(x, weights=w, returned=True), R(4), P(4)),
    "partition": (lambda x: np.partition(x, 2), R(5)),
    "lexs": (lambda x: x[np.lexsort((x,))], R(5)),
    "msort": (lambda x: np.sort(x, axis=None), R(2, 3)),
    "sortc": (lambda x: np.sort_complex(x), C(3)),
    "amax": (lambda x: np.amax(x, axis=(0, 1)), R(2, 3)),
    "aminw": (lambda x: np.min(x, where=x > 0, initial=9.0), R(5)),
    "geom": (lambda a, b: np.geomspace(a, b, 5), P(), P()),
    "logs": (lambda a, b: np.logspace(a, b, 5), P(), P()),
    "lins": (lambda a, b: np.linspace(a, b, 5, retstep=True), P(), P()),
    "tile": (lambda x: np.tile(x, (2, 2)), R(3)),
    "resize": (lambda x: np.resize(x, (2, 4)), R(3)),
    "ascont": (lambda x: np.ascontiguousarray(x.T), R(2, 3)),
    "reqs": (lambda x: np.require(x, requirements="C"), R(2, 3)),
    "trimz": (lambda x: np.trim_zeros(np.concatenate(([0.0], x))), R(3)),
    "copyt": (lambda x: (lambda z: (np.copyto(z, x), z)[1])(np.zeros(3)), R(3)),
    "cc": (lambda x, y: np.c_[x, y], R(3), R(3)),
    "rr": (lambda x, y: np.r_[x, y, 1.0], R(3), R(3)),
    "swv": (lambda x: np.lib.stride_tricks.sliding_window_view(x, 3).sum(-1), R(6)),
    "flatnz": (lambda x: x[np.flatnonzero(x > 0)], R(5)),
    "argw": (lambda x: x[np.argwhere(x > 0)[:, 0]], R(5)),
    "unst": (lambda x: np.unstack(x), R(2, 3)),
    "mT": (lambda x: x.mT @ x, R(2, 3)),
    "ptp": (lambda x: np.ptp(x), R(5)),
    "item": (lambda x: x[1:2].item() * x, R(3)),
    "datas": (lambda x: x.flat[2] * x, R(4)),
    "cross": (lambda a: np.cross(a, [1.0, 2, 3]), R(3)),
    "interppc": (
        lambda x, f, p: np.interp(x, [0.1, 5.0, 2.0], f, period=1.0 + p),
        3.0 * R(4),
        C(3),
        P(),
    ),
    "interpc": (lambda x, f: np.interp(x, [0.0, 1.0, 2.0], f), P(4), C(3)),
    "interplist": (
        lambda f, a, b: np.interp([-3.0, 0.5, 8.0], [0.0, 1.0, 2.0], f, left=a, right=b),
        R(3),
        R(),
        R(),
    ),
    "putmaskshort": (short_mask, R(5)),
    "flat": (through_flat, R(6)),
    "mastd": (lambda x: np.ma.masked_greater(x, 0.5).std(), np.array([0.3, 0.9, -0.7, 0.1])),
    "madot": (lambda x: np.ma.dot(np.ma.array(x, mask=np.eye(3)), x).filled(0.0), R(3, 3)),
    "viewed": (lambda x: np.sum(x * x).view(np.float64) * x, R(3)),
    "polyfitcov": (lambda y: np.polyfit(np.arange(6.0), y, 1, cov=True)[1], R(6)),
}

PROGRAMS = FOURIER | NUMPY


@pytest.mark.filterwarnings("ignore:.* is deprecated")  # what is to leave still has its slope
@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    is_wrong = not np.isclose(np.power.reduce(np.array([1.3, 0.8, 1.1])), 1.3**0.88)
    if name == "powred" and is_wrong:
        pytest.skip("NumPy itself is wrong, on processors with AVX-512")
    function, *args = PROGRAMS[name]
    check_grads(function, tuple(args))


MAGNITUDES = np.frompyfunc(abs, 1, 1)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: MAGNITUDES(x).sum(),
    ],
)
def test_refused(function):
    with pytest.raises(ad.errors.MissingRule) as caught:
        ad.grad(function)(P(3))
    assert __file__ in (caught.value.place.filename, getattr(caught.value.caller, "filename", ""))


def test_first_of_equal_values_has_the_derivative():
    gradient = ad.grad(lambda x: np.unique(x) @ np.array([1.0, 2.0]))(np.array([3.0, 1.0, 3.0]))
    np.testing.assert_array_equal(gradient, [2.0, 1.0, 0.0])


def test_second_derivatives_of_transforms():
    check_grads(lambda x: (np.abs(np.fft.rfft(x)) ** 4).sum(), (R(6),), order=2)
    check_grads(lambda x: (sf.dct(x) ** 3).sum(), (R(5),), order=2)


def test_different_rows():
    def f(x):
        rows = np.array([[x[0], 2.0], [x[1], x[0]], [x[0], 2.0]])
        found, inverse = np.unique(rows, axis=0, return_inverse=True)
        return (found**2 * np.arange(1.0, 1.0 + found.size).reshape(found.shape)).sum() + inverse[0]

    check_grads(f, (np.array([3.0, 1.5]),))


def test_reductions_of_nothing():
    def program(x):
        seen = np.logical_or.reduce([x[:, :0] > 1.0, x[:, :0] < 0.0])
        return x.sum() + seen.sum() + np.multiply.reduce(x[:, :0] * x[:, :0], axis=1).sum()

    x = np.array([[0.3, 0.7], [1.9, 2.1]])
    assert program(x) == x.sum() + 2.0
    np.testing.assert_array_equal(ad.grad(program)(x), np.ones((2, 2)))
    np.testing.assert_array_equal(ad.grad(lambda x: program(x) * x[0, 0])(x)[1], [0.3, 0.3])
    np.testing.assert_array_equal(
        ad.jvp(ad.grad(lambda x: np.hypot.reduce(x, axis=1, where=x > 5.0).sum()), (x,), (x,))[1],
        np.zeros((2, 2)),
    )
