"""Rows of the table for linear filters, sparse systems and distances."""

import numpy as np
import scipy.signal as sg
import scipy.sparse.linalg as spl
from drawing import R, near

from adjoint.rules.scipy.distance import pairs_of, pairs_within
from adjoint.rules.scipy.extreme_pairs import pairs
from adjoint.rules.scipy.krylov import corrected, preconditioned
from adjoint.rules.scipy.scattered import cubic_values
from adjoint.rules.scipy.signal import extended_filter
from adjoint.rules.scipy.sparse import sparse_solution

ROWS = np.array([0, 1, 2, 0, 0])
COLUMNS = np.array([0, 1, 2, 1, 0])  # the first entry is given twice
VALUES = np.array([2.0, -3.0, 4.0, 0.5, 1.0])
TURNED = VALUES + 1j * VALUES[::-1]
D = np.random.default_rng(20261122).standard_normal  # which leaves the draws of others alone
POINTS = np.random.default_rng(20261127).standard_normal((9, 3))
FILTERS = {
    sg.lfilter: [
        (R(3), np.array([1.5, 0.3, -0.2]), R(8)),
        (R(2), np.array([2.0, 0.4]), R(6, 2), 0),
        (R(4), 1.5, R(3)),
        (R(3), np.array([1.0, 0.3]) + near(0.1, 2), R(2, 5)),
    ],
    sg.convolve: [(D(8), D(3)), (D(3), D(5), "same"), (D((4, 5)), D((2, 3)), "valid")],
    sg.correlate: [(D(8), D(3)), (D(5), D(3), "same"), (D((2, 3)), D((4, 5)), "valid")],
    pairs_of: [
        (POINTS[:4], POINTS[4:]),
        (POINTS[:2, :1], POINTS[2:5, :1]),
        (POINTS[:4], POINTS[4:], "cityblock"),
        (POINTS[:4], POINTS[4:], "chebyshev"),
    ],
    pairs_within: [
        (POINTS[:5],),
        (POINTS[:3, :1],),
        (POINTS[:5], "cityblock"),
        (POINTS[:5], "chebyshev"),
    ],
    sparse_solution: [
        (ROWS, COLUMNS, VALUES, 3, R(3)),
        (ROWS, COLUMNS, VALUES, 3, R(3, 2)),
        (ROWS, COLUMNS, VALUES, 3, POINTS[0], None, True),
        (ROWS, COLUMNS, TURNED, 3, POINTS[:3, :2] + 1j * POINTS[3:6, :2], None, True),
        (ROWS, COLUMNS, TURNED, 3, POINTS[0] + 1j * POINTS[1]),
    ],
    spl.SuperLU.solve: [],  # these hold what a solver found: see test_sparse_solvers
    corrected: [],
    pairs: [],
    preconditioned: [],
    extended_filter: [
        (POINTS[:3, 0], POINTS[:6, 1], 2, 3, "symmetric", 0.0),
        (POINTS[:3, 0], POINTS[:2], 1, 2, "line", 0.0),
    ],
    cubic_values: [],  # see test_less_usual_calls
    sg.symiirorder1: [],
    sg.symiirorder2: [],
}
