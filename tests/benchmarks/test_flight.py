"""The flight benchmark: its reference and its count are right, its harness writes whole results."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def flight():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT))
        yield importlib.import_module("benchmarks.flight")


def test_the_reference_agrees_with_finite_differences(flight):
    problem = flight.problem_of(300)
    speed, angle, *rest = problem.args
    found = flight.reference(problem)
    width = 1e-7
    assert found.value == pytest.approx(flight.fly(*problem.args), rel=1e-14)
    difference = flight.fly(speed + width, angle, *rest) - flight.fly(speed - width, angle, *rest)
    assert found.gradient[0] == pytest.approx(difference / (2 * width), rel=1e-6)
    difference = flight.fly(speed, angle + width, *rest) - flight.fly(speed, angle - width, *rest)
    assert found.gradient[1] == pytest.approx(difference / (2 * width), rel=1e-6)


def test_the_operations_of_a_step_are_counted_by_hand(flight):
    pull, ax, ay, x, y, vx, vy = 5, 2, 3, 4, 4, 2, 2
    assert flight.operations_per_step() == pull + ax + ay + x + y + vx + vy


def test_a_problem_has_about_the_steps_asked_for(flight):
    assert flight.problem_of(5000).steps == pytest.approx(5000, rel=0.01)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "peers"),
    [("flight", "numba_hand,adjoint_compiled"), ("traced", "adjoint_traced")],
)
def test_a_small_run_writes_valid_results(tmp_path, name, peers):
    sizes = ["--peers", peers, "--steps", "300", "--rounds", "2"]
    command = [sys.executable, "-m", "benchmarks", name, *sizes, "--out", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    content = json.loads((tmp_path / f"{name}.json").read_text())
    assert [row["name"] for row in content["peers"]] == peers.split(",")
    for row in content["peers"]:
        assert row["status"] == "ok", row["detail"]
        assert row["largest_relative_error"] < 1e-7
        assert len(row["rounds"]) == 2
        assert row["gradient_over_numba_primal"] > 0.0
    assert content["bars"][0]["measured"] > 0.0
    assert all(bar["measured"] is None for bar in content["bars"][1:])  # PyTorch did not run
    assert {path.name for path in tmp_path.iterdir()} == {
        f"{name}.{e}" for e in ("json", "md", "png")
    }


def test_a_peer_whose_gradient_is_wrong_is_not_timed(flight):
    harness = importlib.import_module("benchmarks.harness")
    (hand,) = [peer for peer in flight.PEERS if peer.name == "numba_hand"]
    problem = flight.problem_of(100)
    true = flight.reference(problem)
    altered = flight.Reference(true.value, (true.gradient[0] * (1 + 1e-6), true.gradient[1]))
    (result,) = harness.measure(
        [(hand, problem)], {problem.steps: altered}, rounds=1, tell=lambda text: None
    )
    assert result.status == "wrong"
    assert result.rounds == []
