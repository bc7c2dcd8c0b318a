"""SciPy modules beyond `linalg`, `special` and `fft`, in programs."""

import numpy as np
import pytest
import scipy.fft as sf
import scipy.interpolate as si
import scipy.ndimage as nd
import scipy.signal as ss
import scipy.sparse as sp
import scipy.sparse.linalg as spl
import scipy.spatial as ssp
import scipy.spatial.distance as sd
import scipy.stats as st
from drawing import P, R

import adjoint as ad
from adjoint.testing import check_grads

# The designs of filters ask whether an edge is exactly 0 or 1.
pytestmark = pytest.mark.filterwarnings("ignore::adjoint.errors.ExactEquality")

xi = np.linspace(0, 3, 6)
D = sp.csr_matrix(np.array([[2.0, 1, 0], [0, 3, 1], [1, 0, 4]]))
ij = (np.array([0, 1, 2, 0]), np.array([0, 1, 2, 1]))


def U(*shape):
    """Random numbers between 0.1 and 0.9."""
    drawn = (P(*shape) - 0.3) / 1.7 * 0.8 + 0.1
    return drawn if shape else float(drawn)


def windows_of_a_shape(x, a):
    def weigh(window, factor):
        return np.sum(window**2) * factor + window[0]

    shape = np.array([[0, 1, 0], [1, 1, 1]])
    options = {"mode": "mirror", "origin": (0, -1), "extra_arguments": (a,)}
    return nd.generic_filter(x, weigh, footprint=shape, **options)


def lines(x, a):
    def fill(row, out, factor=1.0):
        out[...] = row[2:] * row[:-2] * factor

    options = {"mode": "wrap", "origin": 1, "extra_keywords": {"factor": a}}
    return nd.generic_filter1d(x, fill, 3, axis=0, **options)


def every_property_of_peaks(x):
    asked = {"height": -5.0, "prominence": 0.1, "width": 0.0, "distance": 2, "threshold": 0.0}
    found = ss.find_peaks(x, **asked)[1].values()
    return [values for values in found if values.dtype.kind == "f"]


PROGRAMS = {
    "interp i1": (lambda y, x: si.interp1d(xi, y)(x), R(6), P(3)),
    "interp i1c": (lambda y, x: si.interp1d(xi, y, kind="cubic")(x), R(6), P(3)),
    "interp i1n": (lambda y, x: si.interp1d(xi, y, kind="nearest")(x), R(6), P(3)),
    "interp i1e": (lambda y, x: si.interp1d(xi, y, fill_value="extrapolate")(x), R(6), P(3) + 2),
    "interp cs": (lambda y, x: si.CubicSpline(xi, y)(x), R(6), P(3)),
    "interp csn": (lambda y, x: si.CubicSpline(xi, y, bc_type="natural")(x, 1), R(6), P(3)),
    "interp cst": (lambda t, y, x: si.CubicSpline(np.cumsum(t), y)(x), P(6), R(6), P(3) + 1),
    "interp pchip": (lambda y, x: si.PchipInterpolator(xi, y)(x), R(6), P(3)),
    "interp akima": (lambda y, x: si.Akima1DInterpolator(xi, y)(x), R(6), P(3)),
    "interp bsp": (lambda y, x: si.make_interp_spline(xi, y)(x), R(6), P(3)),
    "interp bspc": (lambda c, x: si.BSpline(np.arange(10.0) / 3, c, 3)(x), R(6), 1.1 + 0.5 * U(3)),
    "interp spl": (lambda x: si.splev(x, si.splrep(xi, xi**3 - xi)), P(3)),
    "interp spld": (lambda x: si.splev(x, si.splrep(xi, xi**3 - xi), der=1), P(3)),
    "interp ppoly": (lambda c, x: si.PPoly(c, xi)(x), R(3, 5), P(3)),
    "interp rgi": (lambda v, x: si.RegularGridInterpolator((xi, xi), v)(x), R(6, 6), P(3, 2)),
    "interp rgix": (
        lambda x: si.RegularGridInterpolator((xi, xi), np.outer(xi, xi**2))(x),
        P(3, 2),
    ),
    "interp bary": (lambda y, x: si.BarycentricInterpolator(xi, y)(x), R(6), P(3)),
    "interp kro": (lambda y, x: si.KroghInterpolator(xi, y)(x), R(6), P(3)),
    "interp lag": (lambda y, x: si.lagrange(xi, y)(x), R(6), P(3)),
    "interp hermite": (lambda y, d, x: si.CubicHermiteSpline(xi, y, d)(x), R(6), R(6), P(3)),
    "signal lfilter": (lambda b, a, x: ss.lfilter(b, np.append(1.0, a), x), R(3), 0.3 * R(2), R(8)),
    "signal lfilterx": (lambda x: ss.lfilter([1.0, 0.5], [1.0, -0.3], x), R(8)),
    "signal lfilterax": (lambda x: ss.lfilter([1.0, 0.5], [1.0, -0.3], x, axis=0), R(8, 2)),
    "signal lfzi": (lambda x, z: ss.lfilter([1.0, 0.5], [1.0, -0.3], x, zi=z), R(8), R(1)),
    "signal filtfilt": (lambda x: ss.filtfilt([1.0, 0.5], [1.0, -0.3], x), R(20)),
    "signal sos": (lambda x: ss.sosfilt(ss.butter(4, 0.3, output="sos"), x), R(20)),
    "signal sosff": (lambda x: ss.sosfiltfilt(ss.butter(2, 0.3, output="sos"), x), R(20)),
    "signal butter": (lambda w: ss.butter(3, w), 0.3),
    "signal butters": (lambda w: ss.butter(4, w, output="sos"), 0.3),
    "signal conv": (lambda a, b: ss.convolve(a, b), R(8), R(3)),
    "signal conv2": (lambda a, b: ss.convolve2d(a, b, mode="same"), R(4, 4), R(3, 3)),
    "signal fftc": (lambda a, b: ss.fftconvolve(a, b, mode="same"), R(8), R(3)),
    "signal corr": (lambda a, b: ss.correlate(a, b), R(8), R(3)),
    "signal corr2": (lambda a, b: ss.correlate2d(a, b, boundary="wrap"), R(4, 4), R(3, 3)),
    "signal oac": (lambda a, b: ss.oaconvolve(a, b), R(8), R(3)),
    "signal det": (lambda x: ss.detrend(x), R(8)),
    "signal hil": (lambda x: abs(ss.hilbert(x)), R(8)),
    "signal freqz": (lambda b, a: abs(ss.freqz(b, np.append(1.0, a), worN=5)[1]), R(3), 0.3 * R(2)),
    "signal sg": (lambda x: ss.savgol_filter(x, 5, 2), R(9)),
    "signal welch": (lambda x: ss.welch(x, nperseg=8)[1], R(16)),
    "signal periodogram": (lambda x: ss.periodogram(x)[1], R(16)),
    "signal stft": (lambda x: abs(ss.stft(x, nperseg=8)[2]), R(16)),
    "signal resample": (lambda x: ss.resample(x, 5), R(8)),
    "signal resp": (lambda x: ss.resample_poly(x, 2, 3), R(12)),
    "signal deci": (lambda x: ss.decimate(x, 2), R(40)),
    "signal upf": (lambda h, x: ss.upfirdn(h, x, 2, 1), R(3), R(6)),
    "signal tf2ss": (lambda b, a: ss.tf2ss(b, np.append(1.0, a)), R(2), R(2)),
    "signal zpk": (lambda z, p: ss.zpk2tf(z, p, 2.0), R(2), R(2)),
    "signal lsim": (lambda u: ss.lsim(([1.0], [1.0, 0.5]), u, np.linspace(0, 1, 5))[1], R(5)),
    "signal cont2d": (
        lambda a: ss.cont2discrete((a, np.ones((2, 1)), np.eye(2), np.zeros((2, 1))), 0.1)[0],
        R(2, 2),
    ),
    "signal sqw": (lambda x: ss.gausspulse(x, 5.0), R(4)),
    "signal firwin": (lambda w: ss.firwin(5, w), 0.3),
    "signal lti": (lambda b: abs(ss.TransferFunction(b, [1.0, 2.0]).freqresp([1.0])[1]), R(1)),
    "ndimage gf": (lambda x: nd.gaussian_filter(x, 1.0), R(6, 6)),
    "ndimage gfs": (lambda x: nd.gaussian_filter(x, (1.0, 0.5), order=1, mode="wrap"), R(6, 6)),
    "ndimage gf1": (lambda x: nd.gaussian_filter1d(x, 1.0), R(8)),
    "ndimage conv": (lambda x, w: nd.convolve(x, w), R(5, 5), R(3, 3)),
    "ndimage conv1": (lambda x, w: nd.convolve1d(x, w, mode="constant"), R(8), R(3)),
    "ndimage corr": (lambda x, w: nd.correlate(x, w, mode="nearest"), R(5, 5), R(3, 3)),
    "ndimage uni": (lambda x: nd.uniform_filter(x, 3), R(5, 5)),
    "ndimage sobel": (lambda x: nd.sobel(x), R(5, 5)),
    "ndimage lap": (lambda x: nd.laplace(x), R(5, 5)),
    "ndimage com": (lambda x: nd.center_of_mass(x), P(4, 4)),
    "ndimage sums": (lambda x: nd.sum_labels(x, [0, 1, 1, 2], [1, 2]), R(4)),
    "ndimage mean": (lambda x: nd.mean(x), R(4)),
    "ndimage ggm": (lambda x: nd.gaussian_gradient_magnitude(x, 1.0), R(5, 5)),
    "sparse matvec": (lambda x: D @ x, R(3)),
    "sparse dot": (lambda x: D.dot(x), R(3)),
    "sparse matmat": (lambda x: D @ x, R(3, 2)),
    "sparse rmat": (lambda x: x @ D, R(3)),
    "sparse tmat": (lambda x: D.T @ x, R(3)),
    "sparse build": (lambda v, x: sp.csr_matrix((v, ij), shape=(3, 3)) @ x, R(4), R(3)),
    "sparse coo": (lambda v, x: sp.coo_matrix((v, ij), shape=(3, 3)).tocsr() @ x, R(4), R(3)),
    "sparse coodense": (lambda v: sp.coo_matrix((v, ij), shape=(3, 3)).toarray(), R(4)),
    "sparse eye": (lambda x: sp.eye(3) @ x, R(3)),
    "sparse spsolve": (lambda x: spl.spsolve(D.tocsc(), x), R(3)),
    "sparse spsolvea": (
        lambda v, x: spl.spsolve(sp.csc_matrix((v + 3, ij), shape=(3, 3)), x),
        P(4),
        R(3),
    ),
    "sparse mul": (lambda x: D.multiply(x).sum(), R(3)),
    "sparse scale": (lambda t: (D * t).toarray(), R()),
    "sparse sumsp": (lambda v: sp.csr_matrix((v, ij), shape=(3, 3)).sum(), R(4)),
    "sparse arr": (lambda v, x: sp.csr_array((v, ij), shape=(3, 3)) @ x, R(4), R(3)),
    "spatial eu": (lambda a, b: sd.euclidean(a, b), R(3), R(3)),
    "spatial cos": (lambda a, b: sd.cosine(a, b), R(3), R(3)),
    "spatial mah": (lambda a, b: sd.mahalanobis(a, b, np.eye(3)), R(3), R(3)),
    "spatial mink": (lambda a, b: sd.minkowski(a, b, 3), R(3), R(3)),
    "spatial corr": (lambda a, b: sd.correlation(a, b), R(4), R(4)),
    "spatial dm": (lambda a, b: ssp.distance_matrix(a, b), R(3, 2), R(4, 2)),
    "spatial kdq": (lambda a: ssp.cKDTree(a).query(a, k=2)[0][:, 1], R(5, 2)),
    "spatial kdq1": (lambda a, x: ssp.KDTree(a).query(x)[0], R(5, 2), R(3, 2)),
    "spatial kdpairs": (
        lambda a: sum((((a[i] - a[j]) ** 2).sum() for i, j in ssp.cKDTree(a).query_pairs(2.0))),
        R(5, 2),
    ),
    "spatial kdball": (lambda a: a[ssp.cKDTree(a).query_ball_point(a[0], 2.0)].sum(0), R(5, 2)),
    "spatial slerp": (lambda t: ssp.geometric_slerp([1.0, 0], [0, 1.0], t), 0.3),
    "stats norm": (
        lambda x, m, s: st.norm.pdf(x, m, s) + st.norm.logcdf(x, m, s) + st.norm.isf(0.2, m, s),
        R(3),
        R(),
        P(),
    ),
    "stats gammaa": (lambda a: st.gamma.logpdf(1.3, a), P()),
    "stats betaa": (lambda a, b: st.beta.logpdf(0.3, a, b), P(), P()),
    "stats tdf": (lambda d: st.t.logpdf(0.3, d), P()),
    "stats chi2": (lambda x: st.chi2.logpdf(x, 3) + st.chi2.cdf(x, 3) + st.chi2.sf(x, 3), P(3)),
    "stats f": (lambda x: st.f.logpdf(x, 3, 4) + st.f.cdf(x, 3, 4), P(3)),
    "stats cauchy": (lambda x, m: st.cauchy.logpdf(x, m) + st.cauchy.cdf(x, m), R(3), R()),
    "stats lap": (lambda x, m: st.laplace.logpdf(x, m), R(3), R()),
    "stats pareto": (lambda x, b: st.pareto.logpdf(x + 1, b), P(3), P()),
    "stats gum": (lambda x: st.gumbel_r.logpdf(x) + st.gumbel_r.ppf(0.3), R(3)),
    "stats vm": (lambda x, k: st.vonmises.logpdf(x, k), R(3), P()),
    "stats nct": (lambda p: st.nbinom.logpmf(3, 5, p), U()),
    "stats geom": (lambda p: st.geom.logpmf(3, p), U()),
    "stats hyp": (lambda p: st.bernoulli.logpmf(1, p), U()),
    "stats mn": (
        lambda p: st.multinomial.logpmf([1, 2, 1], 4, np.append(p, 1 - p.sum())),
        np.array([0.2, 0.3]),
    ),
    "stats dirich": (lambda a: st.dirichlet.logpdf([0.2, 0.3, 0.5], a), P(3)),
    "stats wish": (lambda s: st.wishart.logpdf(np.eye(2) * 2, 4, s @ s.T + np.eye(2)), R(2, 2)),
    "stats zs": (lambda x: st.zscore(x), R(5)),
    "stats skew": (lambda x: st.skew(x), R(6)),
    "stats kurt": (lambda x: st.kurtosis(x), R(6)),
    "stats ent": (lambda p: st.entropy(p), P(4)),
    "stats gmean": (lambda x: st.gmean(x) + st.hmean(x), P(4)),
    "stats sem": (lambda x: st.sem(x), R(5)),
    "stats boxc": (lambda x: st.boxcox(x, 0.4), P(5)),
    "stats iqr": (lambda x: st.iqr(x), R(6)),
    "stats tmean": (lambda x: st.trim_mean(x, 0.2), R(6)),
    "stats mom": (lambda x: st.moment(x, 3), R(6)),
    "stats mode": (lambda x: st.tstd(x), R(6)),
    "stats wass": (lambda x, y: st.wasserstein_distance(x, y), R(4), R(4)),
    "stats trunc": (lambda x: st.truncnorm.logpdf(x, -3, 3), U(3)),
    "stats mvcdf": (lambda x: st.multivariate_t.logpdf(x, [0.0, 0], np.eye(2), 4), R(2)),
    "stats spear": (lambda x, y: st.rankdata(x) * y, R(4), R(4)),
    "stats ecdf": (lambda x: st.describe(x).variance, R(5)),
    "stats dd": (lambda x: st.norm(x, 2.0).logpdf(1.0), R()),
    "signal filtfiltba": (lambda b, a, x: ss.filtfilt(b, a, x), R(2), np.array([1.0, -0.3]), R(20)),
    "signal zi": (lambda b, a: ss.lfilter_zi(b, a), R(4), np.array([2.0, 0.3, 0.1])),
    "signal soszi": (ss.sosfilt_zi, ss.butter(4, 0.3, output="sos")),
    "signal median": (lambda x: ss.medfilt2d(x, (3, 5)), R(5, 6)),
    "signal sepfir": (lambda x, h, v: ss.sepfir2d(x, h, v), R(7, 9), R(3), R(5)),
    "signal peaks": (every_property_of_peaks, R(30)),
    "fft fht": (lambda a, d, m, o, b: sf.fht(a, d, m, o, b), R(2, 8), 0.1, 1.3, 0.05, 0.2),
    "fft fhto": (lambda a, d, m, o: sf.fht(a, d, m, o), R(7), 0.1, 1.3, 0.05),
    "fft ifht": (lambda a, d, m, o, b: sf.ifht(a, d, m, o, b), R(8), 0.1, -0.3, 0.05, -0.2),
    "fft fhtb": (lambda a: sf.ifht(sf.fht(a, 0.1, 1.2), 0.1, 1.2), R(2, 7)),
    "nd generic": (lambda x: nd.generic_filter(x, np.prod, 3), R(4, 5)),
    "nd genericfp": (windows_of_a_shape, R(4, 5), R()),
    "nd generic1d": (lines, R(4, 5), R()),
    "stats nstats": (lambda s: st.norm.entropy(0.0, s) + st.norm.var(0.0, s), P()),
    "stats lognm": (lambda s: st.lognorm.mean(s), P()),
    "stats expf": (lambda x: st.expon.fit(x), P(5)),
    "stats nfit": (lambda x: st.norm.fit(x), P(5)),
}


@pytest.mark.filterwarnings("ignore:.* is deprecated")  # what is to leave still has its slope
@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    function, *args = PROGRAMS[name]
    check_grads(function, tuple(args))


def test_indices_of_neighbours_have_no_derivative_and_distances_have():
    points = R(6, 2)

    def energy(x):
        tree = ssp.cKDTree(x)
        pairs = tree.query_pairs(2.0, output_type="ndarray")
        near = tree.query(x, k=2)[0][:, 1]
        return (1.0 / ((x[pairs[:, 0]] - x[pairs[:, 1]]) ** 2).sum(-1)).sum() + near.sum()

    check_grads(energy, (points,))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: (
            ssp.cKDTree(x)
            .sparse_distance_matrix(ssp.cKDTree(x), 2.0, output_type="ndarray")["v"]
            .sum()
        ),
        lambda x: ssp.cKDTree(x % 1.0, boxsize=x[0] ** 2 + 1.0).query(x, 2)[0].sum(),
    ],
)
def test_refused(function):
    with pytest.raises(ad.errors.MissingRule) as caught:
        ad.grad(function)(R(6, 2))
    assert __file__ in (caught.value.place.filename, getattr(caught.value.caller, "filename", ""))
