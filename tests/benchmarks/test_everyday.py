"""The everyday benchmark: its programs have right gradients, and its report is complete."""

import json

import numpy as np
import pytest

import adjoint as ad
from benchmarks import everyday, report


@pytest.mark.parametrize("program", everyday.OBJECTS)
def test_the_programs_of_objects(program):
    assert ad.grad(program)(1.5, everyday.Thing()) == 3.0


@pytest.mark.parametrize("program", everyday.NEVER_LIVE)
def test_the_programs_that_are_never_live(program):
    first, again = (settled(program()) for _ in range(2))
    assert first == again

    found = []
    assert ad.grad(lambda x: (found.append(settled(program())), x * x)[1])(1.5) == 3.0
    assert found == [first]


def settled(value):
    return list(value) if hasattr(value, "__next__") else value


@pytest.mark.parametrize("program", everyday.ARRAYS)
def test_the_programs_of_arrays(program):
    rng = np.random.default_rng(1)
    x, way = rng.uniform(0.5, 1.5, everyday.SIZE), rng.normal(size=everyday.SIZE)
    slope = ad.grad(program)(x) @ way
    _, forward = ad.jvp(program, (x,), (way,))
    assert forward == pytest.approx(slope, rel=1e-10)
    width = 1e-7
    difference = (program(x + width * way) - program(x - width * way)) / (2.0 * width)
    assert difference == pytest.approx(slope, rel=1e-4)


@pytest.mark.parametrize("program", everyday.BY_HAND)
def test_gradients_written_by_hand(program):
    x = np.random.default_rng(6).uniform(0.5, 1.5, everyday.SIZE)
    kept = x.copy()
    value, gradient = everyday.BY_HAND[program](x)
    expected, slopes = ad.value_and_grad(program)(x)
    np.testing.assert_array_equal(x, kept)
    assert value == pytest.approx(expected, rel=1e-11)
    np.testing.assert_allclose(gradient, slopes, rtol=1e-9, atol=1e-10 * np.abs(slopes).max())


def test_the_report(tmp_path, monkeypatch):
    monkeypatch.setattr(everyday, "OBJECTS", everyday.OBJECTS[:1])
    monkeypatch.setattr(everyday, "ARRAYS", everyday.ARRAYS[-1:] + tuple(everyday.BY_HAND)[:1])
    monkeypatch.setattr(everyday, "NEVER_LIVE", everyday.NEVER_LIVE[:1])
    monkeypatch.setattr(everyday, "REPEATS", 100)
    path = report.write_everyday(report.everyday_content(1, 1000), tmp_path)
    content = json.loads(path.read_text())
    assert [row["name"] for row in content["objects_us"]] == ["read_attribute"]
    assert [row["name"] for row in content["never_live_ms"]] == ["fibonacci"]
    assert content["arrays_ms"][0]["ratio"] > 0.0
    assert "euler steps" in (tmp_path / "everyday.md").read_text()
