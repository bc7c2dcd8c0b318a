"""Rows of the table for `numpy.fft` and `scipy.fft`."""

import numpy as np
import scipy.fft as sf
from drawing import C, R

TRANSFORMS = [
    (R(6),),
    (R(5), 8),
    (R(6), 4),
    (R(4, 3), {"axis": 0, "norm": "ortho"}),
    (R(5), {"norm": "forward"}),
]
OF_TYPES = [(R(5), kind, {"norm": norm}) for kind in (1, 2, 3, 4) for norm in (None, "ortho")]
FOURIER = {
    np.fft.fft: [*TRANSFORMS, (C(5),)],
    np.fft.ifft: [*TRANSFORMS, (C(5),)],
    np.fft.rfft: TRANSFORMS,
    np.fft.irfft: [(C(4),), (C(4), 7), (C(4), 5), (C(4, 3), {"axis": 0, "norm": "ortho"})],
    sf.dct: [(R(5),), (R(5), 2, 8), (R(5), 1, {"norm": "forward"}), *OF_TYPES],
    sf.dst: [(R(5),), (R(4, 3), 3, {"axis": 0}), (R(5), 2, {"norm": "forward"}), *OF_TYPES],
}
