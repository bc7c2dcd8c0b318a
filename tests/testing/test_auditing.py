"""The audit finds derivatives that are lost, and is silent about programs that are right."""

import array
import json
import math

import numpy as np
import pytest

import adjoint as ad
from adjoint.testing import audit


def right(x, items):
    total = 0.0
    for i, item in enumerate(items):
        total += math.sin(item) * x[i % 2] if item > 0 else item**2
    state = {"a": total, "b": [x, x[::-1]]}
    state["b"][0] = np.where(x > 0, x, -x)
    return state["a"] * np.sum(state["b"][0] * state["b"][1])


def test_nothing_is_found_in_a_program_that_is_right():
    report = audit(right, np.array([0.3, -0.7]), [0.5, -0.2, 1.5])
    assert report.ok, report
    assert report.operations > 5


LOSSES = {
    "text": lambda x: x * float(f"{x!r}"),
    "json": lambda x: x * json.loads(str(x)),
    "integers": lambda x: x * (int(x * 1e9) / 1e9),
    "digits": lambda x: x * float.fromhex(x.hex()),
    "stopped": lambda x: x * ad.stop_gradient(x),
}


@pytest.mark.parametrize("way", LOSSES)
def test_what_is_lost_is_found(way):
    try:
        report = audit(LOSSES[way], 0.3)
    except ad.errors.AdjointError:
        return
    kinds = {finding.kind for finding in report.findings}
    assert kinds & {"constant", "error"}, report
    (place,) = {f.place.filename for f in report.findings if f.kind in ("constant", "error")}
    assert place == __file__


def test_a_number_that_is_random_is_not_a_loss():
    rng = np.random.default_rng(0)
    assert audit(lambda x: x * x + 0.0 * rng.normal(), 0.3).ok


def test_code_that_runs_as_it_is_is_found(monkeypatch):
    natives = ad.trace.natives
    monkeypatch.setattr(natives, "OPAQUE_MODULES", frozenset({"colorsys"}))
    monkeypatch.setattr(natives, "is_opaque_name", natives.is_opaque_name.__wrapped__)
    report = audit(lambda x: sum(__import__("colorsys").rgb_to_hls(x, 0.2, 0.3)), 0.5)
    assert not report.ok


def test_a_refusal_is_reported_with_its_line():
    report = audit(lambda x: array.array("d", [x])[0] * x, 0.5)
    assert [finding.kind for finding in report.findings] == ["error"]


STEPS = {
    "int": lambda x: x * int(x[0]),
    "floor": lambda x: x * math.floor(x[0]),
    "round": lambda x: x * round(x[0]),
    "floor division": lambda x: x * (x[0] // 1.0),
    "np.floor": lambda x: x * np.floor(x),
    "astype": lambda x: x * x.astype(int),
    "astype by name": lambda x: x * x.astype("int64"),
}


@pytest.mark.parametrize("way", STEPS)
def test_steps_are_noted_and_are_no_fault(way):
    report = audit(STEPS[way], np.array([2.7, 3.2]))
    assert report.ok, report
    (step,) = report.steps
    assert step.place.filename == __file__
    assert "is a step" in str(report)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.zeros_like(x) + np.ones(np.shape(x)) * x,
        lambda x: np.add(x, 1.0, out=np.empty_like(x)),
        lambda x: x * np.isscalar(x) + x * np.ndim(x) + x * np.size(x),
        lambda x: np.where(x > 0.0, x, 0.0) if x.dtype == float else x,
        lambda x: x * np.iscomplexobj(x) + x * np.isrealobj(x) + x * isinstance(x, np.ndarray),
        lambda x: np.broadcast_arrays(x, 2.0)[0] * np.can_cast(x.dtype, float),
        lambda x: x * np.result_type(x, 1.0).itemsize + x * len(x) + x * np.allclose(x, x),
    ],
)
def test_questions_about_a_value_are_no_loss(f):
    report = audit(f, np.array([2.7, 3.2]))
    assert report.ok, report
    assert not report.steps
