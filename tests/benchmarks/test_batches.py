"""The rows of ensembles and checkpoints, made small: they run, and their loops agree."""

import numpy as np
import pytest

import adjoint as ad

batches = pytest.importorskip("benchmarks.batches")


def test_gradients_of_an_ensemble(monkeypatch):
    monkeypatch.setattr(batches, "TRAJECTORIES", 3)
    by_speed, by_drag = batches.gradients()()
    speeds, drags = batches.ensemble()
    for i in range(3):
        known = ad.grad(batches.fly, (0, 1))(float(speeds[i]), float(drags[i]))
        np.testing.assert_allclose((by_speed[i], by_drag[i]), known, rtol=1e-11)
    np.testing.assert_allclose(batches.primal_by_numba()()[0], batches.fly(speeds[0], drags[0]))


def test_loops_with_and_without_checkpoints(monkeypatch):
    monkeypatch.setattr(batches, "TURNS", 500)
    for plain, kept in (
        (batches.counted, batches.counted_kept),
        (batches.until, batches.until_kept),
    ):
        found, known = batches.gradient_of(kept)(), batches.gradient_of(plain)()
        assert found[0] == known[0]
        np.testing.assert_allclose(found[1], known[1], rtol=1e-13)


def test_the_table():
    table = batches.markdown({"a million turns, counted": {"seconds": 0.5, "megabytes": 23.4}})
    assert table.splitlines()[-1] == "| a million turns, counted | 500 ms | 23 MB |"
