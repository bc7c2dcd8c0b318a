"""The hint that a long recording could be compiled: once, with the function that records most."""

import warnings

import pytest

import adjoint as ad
from adjoint.trace import hints


@pytest.fixture(autouse=True)
def _untold(monkeypatch):
    monkeypatch.setattr(hints, "MANY", 3000)
    monkeypatch.setattr(hints, "TOLD", [])


def seldom(x):
    for _ in range(300):
        x = x * 0.999
    return x


def often(x):
    for _ in range(9000):
        x = x * 0.999
    return x


def program(x):
    return seldom(x) + often(x)


def test_a_long_recording_is_told_once_with_the_busiest_function():
    with pytest.warns(ad.errors.LongRecording, match=r"`often`; @adjoint\.jit") as caught:
        ad.grad(program)(1.0)
    (warning,) = caught
    assert warning.filename == __file__
    assert warning.lineno in range(often.__code__.co_firstlineno, program.__code__.co_firstlineno)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ad.grad(program)(1.0)


def test_short_recordings_are_not_mentioned():
    for _ in range(30):
        ad.grad(seldom)(1.0)


def test_a_warning_that_is_made_an_error_leaves_the_recorder_usable():
    with warnings.catch_warnings(), pytest.raises(ad.errors.LongRecording):
        warnings.simplefilter("error")
        ad.grad(program)(1.0)
    assert ad.grad(seldom)(1.0) == pytest.approx(0.999**300)
