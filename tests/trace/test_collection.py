"""Garbage collection during a recording: rarer, and as it was afterwards."""

import gc

import pytest

import adjoint as ad


@pytest.fixture(autouse=True)
def _thresholds():
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_full_collections_are_rare_inside_and_the_settings_are_put_back():
    gc.set_threshold(600, 8, 9)
    seen = []

    def f(x):
        seen.append(gc.get_threshold())
        return x * x

    assert ad.grad(ad.grad(f))(3.0) == 2.0
    assert seen == [(600, 8, 1000)]
    assert gc.get_threshold() == (600, 8, 9)


def test_the_settings_are_put_back_after_an_error():
    gc.set_threshold(600, 8, 9)
    with pytest.raises(ZeroDivisionError):
        ad.grad(lambda x: x / 0.0)(1.0)
    assert gc.get_threshold() == (600, 8, 9)


def test_settings_of_the_program_itself_stay():
    def f(x):
        gc.set_threshold(500, 7, 6)
        return x * x

    assert ad.grad(f)(3.0) == 6.0
    assert gc.get_threshold() == (500, 7, 6)
