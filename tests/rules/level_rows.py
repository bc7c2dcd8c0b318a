"""Rows of the table for quantiles: how they move with shapes, and draws that are quantiles."""

import numpy as np

from adjoint.draws import levels
from adjoint.rules.scipy.special import noncentral_slopes, quantile_slopes

X, A, B = np.array([0.3, 4.0, 85.0]), np.array([0.4, 3.0, 90.0]), np.array([2.0, 0.3, 60.0])
LOGIT = np.array([-1.0, 2.5, 0.3])
LEVELS = {
    quantile_slopes.gamma_log_slope: [(A, X)],
    quantile_slopes.beta_logit_slope: [(A, B, LOGIT)],
    quantile_slopes.student_slope: [(A, LOGIT)],
    noncentral_slopes.von_mises_slope: [(A[:2], LOGIT[:2])],
    noncentral_slopes.chi_square_log_slope: [(A[:2], B[:2], X[:2])],
    noncentral_slopes.chi_square_log_slope_to_nonc: [(A[:2], B[:2], X[:2])],
    noncentral_slopes.ratio_logit_slope: [(A[:2], B[:2], X[:2], LOGIT[:2])],
    noncentral_slopes.ratio_logit_slope_to_dfd: [(A[:2], B[:2], X[:2], LOGIT[:2])],
    noncentral_slopes.ratio_logit_slope_to_nonc: [(A[:2], B[:2], X[:2], LOGIT[:2])],
    levels.gamma: [],  # finite differences do not see them: tests/draws/test_levels.py
    levels.beta: [],
    levels.student: [],
    levels.f_ratio: [],
    levels.inverse_gaussian: [],
    levels.von_mises: [],
    levels.noncentral_chi_square: [],
    levels.noncentral_f: [],
}
