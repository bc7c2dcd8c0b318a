"""Filters, controllers and dynamics."""

import numpy as np

from thirdparty.corpus import Case


def kalman_likelihood(noise):
    from filterpy.kalman import KalmanFilter

    kf = KalmanFilter(dim_x=2, dim_z=1)
    kf.x = np.array([[0.0], [0.0]])
    kf.F = np.array([[1.0, 1.0], [0.0, 1.0]])
    kf.H = np.array([[1.0, 0.0]])
    kf.P = kf.P * 10.0
    kf.R = kf.R * 0.5
    kf.Q = np.array([[0.25, 0.5], [0.5, 1.0]]) * noise
    total = 0.0
    for measured in [1.0, 2.1, 2.9, 4.2, 5.1]:
        kf.predict()
        kf.update(measured)
        total += kf.log_likelihood
    return total


CONTROL = "control and estimation"
CASES = [
    Case(
        CONTROL,
        "filterpy",
        "KalmanFilter.log_likelihood",
        kalman_likelihood,
        0.1,
    ),
]
