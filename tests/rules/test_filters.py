"""Filters of images and signals: the values, types and derivatives that SciPy's own calls give."""

import numpy as np
import pytest
import scipy.ndimage as nd
import scipy.signal as sg
from drawing import C, P, R

import adjoint as ad
from adjoint.testing import check_grads

IMAGE, SMALL = R(4, 5), R(2, 3)


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("boundary", ["fill", "wrap", "symm"])
@pytest.mark.parametrize("function", [sg.correlate2d, sg.convolve2d])
def test_two_images(function, boundary, mode):
    for args in ((IMAGE, SMALL), (SMALL, IMAGE), (C(4, 5), C(2, 4)), (C(2, 2), R(4, 4))):
        check_grads(lambda a, b: function(a, b, mode, boundary), args)


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("method", ["auto", "direct", "fft"])
@pytest.mark.parametrize("function", [sg.correlate, sg.convolve])
def test_products_of_several_axes(function, method, mode):
    for args in ((IMAGE, SMALL), (SMALL, IMAGE), (R(3, 2, 4), R(2, 2, 3)), (C(6), C(3))):
        check_grads(lambda a, b: function(a, b, mode, method), args, order=2)


@pytest.mark.parametrize("function", [nd.correlate, nd.convolve])
def test_complex_weights(function):
    for image, weights in ((IMAGE, C(2, 3)), (C(4, 5), C(3, 2)), (C(4, 5), SMALL)):
        check_grads(lambda a, w: function(a, w, mode="constant", cval=0.3), (image, weights))
    check_grads(lambda a, w: nd.correlate1d(a, w, axis=0), (IMAGE, C(3)))
    check_grads(lambda a, w: nd.convolve1d(a, w, axis=0), (C(4, 5), C(2)))


@pytest.mark.parametrize("order", [1, 3])
def test_complex_images_between_pixels(order):
    image = C(5, 6)
    check_grads(lambda a, s: nd.shift(a, s, order=order), (image, np.array([0.3, -1.2])))
    check_grads(lambda a, angle: nd.rotate(a, angle, reshape=False, order=order), (image, 23.0))
    check_grads(lambda x: sg.resample_poly(x, 2, 3), (C(9),))


EXTENSIONS = ["nearest", "reflect", "mirror", "constant", "wrap"]
EXTENSIONS += ["grid-mirror", "grid-wrap", "grid-constant"]


@pytest.mark.parametrize("mode", EXTENSIONS)
@pytest.mark.parametrize("prefilter", [True, False])
@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_places_beyond_the_edges(order, prefilter, mode):
    given = {"order": order, "mode": mode, "cval": 0.4, "prefilter": prefilter}
    steps = np.array([-2.4, 1.3])
    check_grads(lambda a, s: nd.shift(a, s, **given), (R(6, 5), steps))
    check_grads(lambda a: nd.zoom(a, 1.7, **given), (R(4, 5),))


SINGLE = {
    "correlate": lambda x: nd.correlate(x, np.ones((3, 3))),
    "gaussian": lambda x: nd.gaussian_filter(x, 1.0),
    "gaussian1d": lambda x: nd.gaussian_filter1d(x, 1.0),
    "uniform1d": lambda x: nd.uniform_filter1d(x, 3),
    "places": lambda x: nd.map_coordinates(x, np.array([[1.2], [2.3]])),
    "zoom": lambda x: nd.zoom(x, 1.5),
    "fourier_gaussian": lambda x: nd.fourier_gaussian(x, 1.0),
    "fourier_shift": lambda x: nd.fourier_shift(x, 0.3),
    "spline": lambda x: nd.spline_filter(x),
    "into": lambda x: nd.spline_filter(x, output=np.float32),
    "savgol": lambda x: sg.savgol_filter(x, 5, 2),
    "decimate": lambda x: sg.decimate(np.concatenate([x, x], 1), 2, n=2),
    "resample": lambda x: sg.resample_poly(x, 2, 3),
}


@pytest.mark.parametrize("name", SINGLE)
@pytest.mark.parametrize("kind", [np.float32, np.complex64, np.float64])
def test_types(name, kind):
    image = P(8, 8).astype(kind)
    try:
        known = SINGLE[name](image)
    except Exception:  # of these types SciPy has no such filter
        pytest.skip("SciPy takes no such image")
    out, pullback = ad.vjp(SINGLE[name], image)
    assert out.dtype == known.dtype
    np.testing.assert_allclose(out, known, rtol=2e-4, atol=2e-5)
    assert pullback(out)[0].dtype == kind


def test_whole_images_stay_whole():
    image = np.arange(36).reshape(6, 6)
    known = nd.correlate(image, np.full((3, 3), 0.37))
    out, _ = ad.vjp(lambda w: nd.correlate(image, w), np.full((3, 3), 0.37))
    assert out.dtype == known.dtype
    np.testing.assert_array_equal(out, known)
