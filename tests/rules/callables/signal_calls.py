"""Rows of `scipy.signal` and `scipy.ndimage`."""

import numpy as np
import scipy.ndimage as nd
import scipy.signal as sg
from drawing import C, P, R

from callables.rows import alike, through, without

X, LONG = R(16), R(40)
DEN, NUM = np.array([1.0, -0.5, 0.2]), np.array([0.3, 0.7])
SYSTEM = (np.array([[-1.0, 0.3], [0.2, -0.7]]), np.eye(2)[:, :1], np.eye(2)[:1], np.zeros((1, 1)))
TIMES = np.linspace(0.0, 1.0, 6)
INDICES = "what it returns is an index, an order or a choice"
PLAIN = "its arguments are no floating numbers"
EXCEPTION = "an exception or a warning"


def of_filter(name, *more):
    return through(lambda b, a: getattr(sg, name)(b, np.append(1.0, a), *more), NUM, DEN[1:])


def band(name, *before):
    return through(lambda w: getattr(sg, name)(3, *before, w), 0.3)


SIGNAL = (
    {name: of_filter(name) for name in ["tf2ss", "tf2zpk"]}
    | {name: of_filter(name, 5) for name in ["freqz", "freqs"]}
    | alike((X,), "detrend hilbert periodogram welch envelope")
    | alike((R(8), R(3)), "convolve correlate fftconvolve oaconvolve")
    | alike((R(4, 5), R(2, 3)), "convolve2d correlate2d")
    | {
        "hilbert": through(lambda x: sg.hilbert(x), X),
        "hilbert2": through(lambda x: sg.hilbert2(x), R(4, 4)),
        "envelope": through(lambda x: sg.envelope(x), X),
        "sosfilt": through(lambda x: sg.sosfilt(sg.butter(3, 0.3, output="sos"), x), X),
        "upfirdn": [(R(3), R(6), 2, 1)],
        "butter": band("butter"),
        "bessel": band("bessel"),
        "cheby1": through(lambda r, w: sg.cheby1(3, r, w), 1.2, 0.3),
        "cheby2": through(lambda r, w: sg.cheby2(3, r, w), 20.0, 0.3),
        "ellip": through(lambda r, s, w: sg.ellip(3, r, s, w), 1.2, 30.0, 0.3),
        "iirfilter": through(lambda w: sg.iirfilter(2, [0.2, w]), 0.5),
        "iirnotch": through(lambda w, q: sg.iirnotch(w, q), 0.3, 12.0),
        "iirpeak": through(lambda w, q: sg.iirpeak(w, q), 0.3, 12.0),
        "iircomb": through(lambda q: sg.iircomb(0.25, q), 12.0),
        "iirdesign": through(lambda w: sg.iirdesign(w, 0.6, 1.0, 20.0), 0.3),
        "besselap": PLAIN,
        "buttap": PLAIN,
        "cheb1ap": through(lambda r: sg.cheb1ap(3, r), 1.2),
        "cheb2ap": through(lambda r: sg.cheb2ap(3, r), 20.0),
        "ellipap": through(lambda r: sg.ellipap(3, r, 30.0), 1.2),
        "buttord": through(lambda w: sg.buttord(w, 0.6, 1.0, 20.0)[1], 0.3),
        "cheb1ord": through(lambda w: sg.cheb1ord(w, 0.6, 1.0, 20.0)[1], 0.3),
        "cheb2ord": through(lambda w: sg.cheb2ord(w, 0.6, 1.0, 20.0)[1], 0.3),
        "ellipord": through(lambda w: sg.ellipord(w, 0.6, 1.0, 20.0)[1], 0.3),
        "band_stop_obj": INDICES,
        "bilinear": of_filter("bilinear", 2.0),
        "bilinear_zpk": through(lambda z, p: sg.bilinear_zpk(z, p, 2.0, 3.0), -P(2), -P(3)),
        "bode": through(lambda b: sg.bode((b, DEN), TIMES + 0.1), NUM),
        "dbode": through(lambda b: sg.dbode((b, DEN, 1.0), TIMES + 0.1), NUM),
        "freqresp": through(lambda b: sg.freqresp((b, DEN), TIMES), NUM),
        "dfreqresp": through(lambda b: sg.dfreqresp((b, DEN, 1.0), TIMES), NUM),
        "freqs_zpk": through(lambda z, p: sg.freqs_zpk(z, p, 2.0, TIMES), R(1), R(2)),
        "freqz_zpk": through(lambda z, p: sg.freqz_zpk(z, p, 2.0, TIMES), R(1), R(2)),
        "freqz_sos": through(
            lambda b: sg.freqz_sos(np.concatenate([b, [1.0, 0.3, 0.1]]).reshape(1, 6), 5), R(3)
        ),
        "sosfreqz": through(
            lambda b: sg.sosfreqz(np.concatenate([b, [1.0, 0.3, 0.1]]).reshape(1, 6), 5), R(3)
        ),
        "group_delay": through(lambda b: sg.group_delay((b, DEN), 5)[1], NUM),
        "chirp": [(TIMES, 2.0, 1.0, 5.0)],
        "gausspulse": [(TIMES, 3.0)],
        "sawtooth": [(TIMES * 5 + 0.3, 0.4)],
        "square": "its derivative is zero wherever it exists",
        "sweep_poly": through(lambda t, c: sg.sweep_poly(t, np.poly1d(c)), TIMES, R(3)),
        "cont2discrete": through(
            lambda a, dt: sg.cont2discrete((a, *SYSTEM[1:]), dt)[:2], SYSTEM[0], 0.1
        ),
        "abcd_normalize": through(lambda a: sg.abcd_normalize(a, *SYSTEM[1:]), SYSTEM[0]),
        "lsim": through(lambda a, u: sg.lsim((a, *SYSTEM[1:]), u, TIMES)[1], SYSTEM[0], R(6)),
        "dlsim": through(lambda a, u: sg.dlsim((a, *SYSTEM[1:], 1.0), u)[1], SYSTEM[0], R(6)),
        "impulse": through(lambda a: sg.impulse((a, *SYSTEM[1:]), T=TIMES)[1], SYSTEM[0]),
        "step": through(lambda a: sg.step((a, *SYSTEM[1:]), T=TIMES)[1], SYSTEM[0]),
        "dimpulse": through(lambda a: sg.dimpulse((a, *SYSTEM[1:], 1.0), n=5)[1], SYSTEM[0]),
        "dstep": through(lambda a: sg.dstep((a, *SYSTEM[1:], 1.0), n=5)[1], SYSTEM[0]),
        "lti": through(lambda b: sg.lti(b, DEN).freqresp(TIMES)[1], NUM),
        "dlti": through(lambda b: sg.dlti(b, DEN).freqresp(TIMES)[1], NUM),
        "TransferFunction": through(lambda b: sg.TransferFunction(b, DEN).bode(TIMES + 1)[1], NUM),
        "ZerosPolesGain": through(
            lambda k: sg.ZerosPolesGain([], [-1.0], k).bode(TIMES + 1)[1], 2.0
        ),
        "StateSpace": through(lambda a: sg.StateSpace(a, *SYSTEM[1:]).to_tf().den, SYSTEM[0]),
        "place_poles": through(
            lambda a: sg.place_poles(a, np.eye(2), [-1.0, -2.0]).gain_matrix, SYSTEM[0]
        ),
        "coherence": through(lambda x, y: sg.coherence(x, y, nperseg=8)[1], X, R(16)),
        "csd": through(lambda x, y: sg.csd(x, y, nperseg=8)[1], X, R(16)),
        "welch": through(lambda x: sg.welch(x, nperseg=8)[1], X),
        "periodogram": through(lambda x: sg.periodogram(x)[1], X),
        "spectrogram": through(lambda x: sg.spectrogram(x, nperseg=8)[2], X),
        "stft": through(lambda x: sg.stft(x, nperseg=8)[2], X),
        "istft": through(lambda x: sg.istft(x, nperseg=8)[1], C(5, 5)),
        "lombscargle": through(lambda y: sg.lombscargle(TIMES, y, TIMES + 1.0), R(6)),
        "ShortTimeFFT": through(lambda x: sg.ShortTimeFFT(np.hanning(8), 4, 1.0).stft(x), X),
        "CZT": through(lambda x: sg.CZT(16)(x), X),
        "ZoomFFT": through(lambda x: sg.ZoomFFT(16, 0.5)(x), X),
        "czt": [(X,)],
        "zoom_fft": [(X, 0.5)],
        "czt_points": through(lambda a: sg.czt_points(4, a=a), 1.2),
        "cspline1d": [(X,)],
        "qspline1d": [(X,)],
        "cspline2d": through(lambda x: sg.cspline2d(x, precision=0.01), R(5, 6)),
        "qspline2d": through(lambda x: sg.qspline2d(x, 0.0, 0.01), R(5, 6)),
        "cspline1d_eval": [(X, TIMES * 10 + 0.3)],
        "qspline1d_eval": [(X, TIMES * 10 + 0.3)],
        "gauss_spline": [(TIMES, 3)],
        "spline_filter": through(lambda x: sg.spline_filter(np.tile(x, (6, 6))), R(6, 6)),
        "decimate": [(LONG, 2)],
        "resample": [(R(8), 5)],
        "resample_poly": [(R(12), 2, 3)],
        "deconvolve": through(lambda s, d: sg.deconvolve(s, np.append(1.0, d)), R(6), R(2)),
        "filtfilt": through(lambda b, x: sg.filtfilt(b, DEN, x), NUM, LONG),
        "sosfiltfilt": through(lambda x: sg.sosfiltfilt(sg.butter(2, 0.3, output="sos"), x), LONG),
        "lfilter_zi": through(lambda b: sg.lfilter_zi(b, DEN), NUM),
        "sosfilt_zi": through(
            lambda b: sg.sosfilt_zi(np.concatenate([b, [1.0, 0.3, 0.1]]).reshape(1, 6)), R(3)
        ),
        "lfiltic": through(lambda y: sg.lfiltic(NUM, DEN, y), R(2)),
        "firls": through(lambda d: sg.firls(5, [0, 0.3, 0.5, 1], d), P(4)),
        "firwin": through(lambda w: sg.firwin(5, w), 0.3),
        "firwin2": through(lambda g: sg.firwin2(8, [0.0, 0.5, 1.0], np.append(g, 0.0)), P(2)),
        "firwin_2d": through(
            lambda w: sg.firwin_2d((5, 5), ("hann", "hann"), fc=w, circular=False), 0.3
        ),
        "remez": through(lambda d: sg.remez(7, [0, 0.1, 0.2, 0.5], d), P(2)),
        "minimum_phase": [(np.array([0.2, 0.5, 0.9, 0.5, 0.2]),)],
        "gammatone": through(lambda f: sg.gammatone(f, "iir", fs=4.0)[1], 0.7),
        "get_window": through(lambda b: sg.get_window(("kaiser", b), 5), 3.0),
        "kaiser_atten": [(5, 0.3)],
        "kaiser_beta": [(43.0,)],
        "kaiserord": through(lambda r: sg.kaiserord(r, 0.2)[1], 43.0),
        "normalize": of_filter("normalize"),
        "lp2bp": of_filter("lp2bp"),
        "lp2bs": of_filter("lp2bs"),
        "lp2hp": of_filter("lp2hp"),
        "lp2lp": of_filter("lp2lp"),
        **{
            f"lp2{kind}_zpk": through(
                lambda z, p, w, kind=kind: getattr(sg, f"lp2{kind}_zpk")(z, p, 2.0, w),
                *(R(1), R(2), 1.3),
            )
            for kind in ("bp", "bs", "hp", "lp")
        },
        "medfilt": [(X,)],
        "medfilt2d": [(R(5, 5),)],
        "order_filter": [(R(5, 5), np.ones((3, 3)), 2)],
        "wiener": [(X,)],
        "residue": of_filter("residue"),
        "residuez": of_filter("residuez"),
        "invres": through(lambda r, p: sg.invres(r, p, []), R(2), R(2)),
        "invresz": through(lambda r, p: sg.invresz(r, p, []), R(2), R(2)),
        "savgol_filter": [(X, 5, 2)],
        "savgol_coeffs": through(lambda d: sg.savgol_coeffs(5, 2, 1, d), 0.7),
        "sepfir2d": [(R(5, 5), R(3), R(3))],
        "symiirorder1": through(lambda x: sg.symiirorder1(x, 0.3, 0.4), LONG),
        "symiirorder2": through(lambda x: sg.symiirorder2(x, 0.3, 0.4), LONG),
        "sos2tf": through(lambda b: sg.sos2tf(np.append(b, [1.0, 0.3, 0.1]).reshape(1, 6)), R(3)),
        "sos2zpk": through(lambda b: sg.sos2zpk(np.append(b, [1.0, 0.3, 0.1]).reshape(1, 6)), R(3)),
        "ss2tf": through(lambda a: sg.ss2tf(a, *SYSTEM[1:]), SYSTEM[0]),
        "ss2zpk": through(lambda a: sg.ss2zpk(a, *SYSTEM[1:])[1:], SYSTEM[0]),
        "tf2sos": of_filter("tf2sos"),
        "zpk2sos": through(lambda z, p: sg.zpk2sos(z, p, 2.0), R(2), R(2)),
        "zpk2ss": through(lambda z, p: sg.zpk2ss(z, p, 2.0), R(2), R(2)),
        "zpk2tf": through(lambda z, p: sg.zpk2tf(z, p, 2.0), R(2), R(2)),
        "vectorstrength": through(lambda t: sg.vectorstrength(t, 2.0), R(5)),
        "unique_roots": through(lambda p: sg.unique_roots(p)[0], R(3)),
        "closest_STFT_dual_window": through(lambda w: sg.closest_STFT_dual_window(w, 4)[0], P(8)),
        "peak_prominences": through(lambda x: sg.peak_prominences(x, sg.find_peaks(x)[0])[0], X),
        "peak_widths": through(lambda x: sg.peak_widths(x, sg.find_peaks(x)[0])[0], X),
    }
    | without(
        INDICES,
        "argrelextrema argrelmax argrelmin find_peaks find_peaks_cwt choose_conv_method "
        "correlation_lags check_COLA check_NOLA findfreqs max_len_seq unit_impulse",
    )
    | without(EXCEPTION, "BadCoefficients")
)
IMAGE = R(6, 6)
LABELS = np.array([0, 1, 1, 2, 2, 1])
BITS = "of binary images: what it returns is a choice"
STRUCTURE = np.ones((3, 3), bool)
MASK = np.zeros((3, 3))
of_size = "maximum_filter minimum_filter median_filter uniform_filter"
grey = "grey_closing grey_dilation grey_erosion grey_opening morphological_gradient "
NDIMAGE = (
    alike((IMAGE,), "laplace prewitt sobel spline_filter spline_filter1d")
    | alike((IMAGE, 3), of_size + " maximum_filter1d minimum_filter1d uniform_filter1d")
    | alike((IMAGE, 3), grey + "morphological_laplace white_tophat black_tophat")
    | alike((IMAGE, 1.0), "gaussian_filter gaussian_filter1d gaussian_gradient_magnitude")
    | alike((IMAGE, 0.7), "gaussian_laplace fourier_gaussian fourier_shift")
    | alike((IMAGE, 2.0), "fourier_ellipsoid fourier_uniform")
    | alike((R(6), LABELS, [1, 2]), "maximum mean median minimum standard_deviation sum sum_labels")
    | {
        "variance": [(R(6), LABELS, [1, 2])],
        "correlate": [(R(5, 5), R(3, 3))],
        "convolve": [(R(5, 5), R(3, 3)), (R(5, 5), R(3, 2), {"mode": "nearest"})],
        "correlate1d": [(R(8), R(3))],
        "convolve1d": [(R(8), R(3), {"mode": "constant"})],
        "center_of_mass": [(P(4, 4),)],
        "extrema": through(lambda x: nd.extrema(x)[:2], R(6)),
        "rank_filter": [(IMAGE, 2, 3)],
        "percentile_filter": [(IMAGE, 30.0, 3)],
        "generic_filter": through(lambda x: nd.generic_filter(x, np.mean, 3), R(4, 4)),
        "generic_filter1d": through(
            lambda x: nd.generic_filter1d(x, lambda row, out: np.copyto(out, row[2:] ** 2), 3), R(5)
        ),
        "generic_laplace": through(
            lambda x: nd.generic_laplace(
                x, lambda v, axis, out, mode, cval: nd.sobel(v, axis, out)
            ),
            R(4, 4),
        ),
        "generic_gradient_magnitude": through(
            lambda x: nd.generic_gradient_magnitude(x, nd.sobel), R(4, 4)
        ),
        "geometric_transform": through(
            lambda x: nd.geometric_transform(x, lambda p: (p[0] + 0.3, p[1] * 0.5)), R(4, 4)
        ),
        "labeled_comprehension": through(
            lambda x: nd.labeled_comprehension(x, LABELS, [1, 2], np.mean, float, 0.0), R(6)
        ),
        "vectorized_filter": through(lambda x: nd.vectorized_filter(x, np.mean, size=3), R(5, 5)),
        "affine_transform": [
            (IMAGE, np.array([[0.7, 0.2], [-0.1, 0.6]]), np.array([1.3, 1.2]), {"mode": "mirror"}),
            (IMAGE, np.array([0.71, 0.63]), {"order": 1}),
        ],
        "map_coordinates": [
            (IMAGE, np.array([[1.3, 2.6], [2.2, 3.7]])),
            (IMAGE, np.array([[1.3, 2.6], [2.2, 3.7]]), {"order": 1}),
        ],
        "rotate": [(IMAGE, 23.0)],
        "shift": [(IMAGE, np.array([0.3, 0.6]))],
        "zoom": [(IMAGE, 1.5)],
    }
    | without(
        BITS,
        "binary_closing binary_dilation binary_erosion binary_fill_holes binary_hit_or_miss "
        "binary_opening binary_propagation distance_transform_bf distance_transform_cdt "
        "distance_transform_edt find_objects generate_binary_structure histogram iterate_structure "
        "label maximum_position minimum_position value_indices watershed_ift",
    )
)
NDIMAGE["zoom"] = through(lambda x: nd.zoom(x, 1.5), IMAGE)
NDIMAGE["uniform_filter"] = [(IMAGE, 3)]
TABLES = {"scipy.signal": SIGNAL, "scipy.ndimage": NDIMAGE}
