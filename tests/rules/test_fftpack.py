"""`scipy.fftpack`: the values of SciPy, and their derivatives."""

import numpy as np
import pytest
import scipy.fftpack as fp

import adjoint as ad
from adjoint.testing import check_grads

RNG = np.random.default_rng(5)
X, PLANE = RNG.standard_normal((3, 5)), RNG.standard_normal((4, 3))

PROGRAMS = {
    "fft": lambda x: fp.fft(x * (1 + 2j), axis=0),
    "ifft": lambda x: fp.ifft(x, n=4),
    "fftn": lambda x: fp.fftn(x),
    "ifftn": lambda x: fp.ifftn(x, axes=(0,)),
    "fft2": lambda x: fp.fft2(x),
    "ifft2": lambda x: fp.ifft2(x, shape=(2, 6)),
    "dct": lambda x: fp.dct(x, type=2, axis=1, norm="ortho"),
    "idct": lambda x: fp.idct(x, 3, n=4, axis=0),
    "dst": lambda x: fp.dst(x, 1),
    "idst": lambda x: fp.idst(x, norm="ortho"),
    "dctn": lambda x: fp.dctn(x, 3),
    "idctn": lambda x: fp.idctn(x),
    "dstn": lambda x: fp.dstn(x, axes=[0]),
    "idstn": lambda x: fp.idstn(x),
    "rfft": lambda x: fp.rfft(x),
    "rfft, even": lambda x: fp.rfft(x, n=4, axis=0),
    "irfft": lambda x: fp.irfft(x),
    "irfft, even": lambda x: fp.irfft(x, n=6, axis=0),
}


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("x", [X, PLANE], ids=["odd", "even"])
def test_transforms(name, x):
    found = ad.jvp(PROGRAMS[name], (x,), (x,))[0]
    assert np.allclose(found, PROGRAMS[name](x), rtol=1e-13, atol=1e-13)
    check_grads(PROGRAMS[name], (x,))
