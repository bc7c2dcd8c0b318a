"""The cannon: its simulator is right, its gradients are right, and its figures are complete."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

import adjoint as ad

GALLERY = Path(__file__).resolve().parents[2] / "gallery"
SHOTS = [(9.0, 0.8), (3.0, 0.2), (10.0, 1.4), (0.7, 0.5), (6.0, 0.0)]


@pytest.fixture(scope="module")
def cannon():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(GALLERY))
        return __import__("cannon")


def closed_form(speed, angle, muzzle, gravity):
    vx, vy = speed * math.cos(angle), speed * math.sin(angle)
    return vx * (vy + math.sqrt(vy * vy + 2.0 * gravity * muzzle)) / gravity


@pytest.mark.parametrize(("speed", "angle"), SHOTS)
def test_without_drag_the_flight_is_the_parabola(cannon, speed, angle):
    expected = closed_form(speed, angle, cannon.MUZZLE, cannon.GRAVITY)
    coarse = abs(cannon.fly(speed, angle, 0.0, 0.01) - expected)
    fine = abs(cannon.fly(speed, angle, 0.0, 0.0001) - expected)
    assert coarse < 1e-3
    assert fine < 1e-7


def test_drag_shortens_the_flight(cannon):
    assert cannon.fly(9.0, 0.8, 0.05) < 0.9 * cannon.fly(9.0, 0.8, 0.0)


def test_distance_is_continuous_where_the_number_of_steps_jumps(cannon):
    speeds = np.linspace(5.0, 7.0, 4001)
    steps = [len(cannon.trajectory(speed, 0.9)) for speed in speeds[::200]]
    assert len(set(steps)) > 5
    distances = np.array([cannon.fly(speed, 0.9) for speed in speeds])
    slope = np.max(np.diff(distances)) / (speeds[1] - speeds[0])
    assert np.min(np.diff(distances)) > 0.0
    assert slope < 2.5


@pytest.mark.parametrize(("speed", "angle"), SHOTS)
def test_the_gradient_of_the_flight_agrees_with_finite_differences(cannon, speed, angle):
    value, (by_speed, by_angle) = ad.value_and_grad(cannon.fly, argnums=(0, 1))(speed, angle)
    width = 1e-7
    assert value == cannon.fly(speed, angle)
    difference = cannon.fly(speed + width, angle) - cannon.fly(speed - width, angle)
    assert by_speed == pytest.approx(difference / (2.0 * width), rel=1e-6, abs=1e-7)
    difference = cannon.fly(speed, angle + width) - cannon.fly(speed, angle - width)
    assert by_angle == pytest.approx(difference / (2.0 * width), rel=1e-6, abs=1e-7)


def test_a_ball_that_is_dropped_has_a_finite_gradient(cannon):
    _, gradient = ad.value_and_grad(cannon.fly, argnums=(0, 1))(0.0, 0.5)
    assert np.all(np.isfinite(gradient))


@pytest.mark.parametrize("loss", ["miss_of_aim", "surprise"])
def test_the_gradient_of_training_agrees_with_finite_differences(cannon, loss):
    rng = np.random.default_rng(3)
    widths, batch = {
        "miss_of_aim": ([1, 4, 3, 2], (rng.uniform(1.0, 7.0, 5),)),
        "surprise": ([2, 4, 3, 1], (rng.uniform(size=(5, 2)), rng.uniform(1.0, 7.0, 5))),
    }[loss]
    function = getattr(cannon, loss)
    layers = cannon.new_layers(widths, rng)
    gradient = ad.grad(function)(layers, *batch)
    direction = [(rng.normal(size=w.shape), rng.normal(size=b.shape)) for w, b in layers]
    width = 1e-6

    def at(length):
        moved = [
            (w + length * dw, b + length * db)
            for (w, b), (dw, db) in zip(layers, direction, strict=True)
        ]
        return function(moved, *batch)

    along = sum(
        np.vdot(gw, dw) + np.vdot(gb, db)
        for (gw, gb), (dw, db) in zip(gradient, direction, strict=True)
    )
    assert along == pytest.approx((at(width) - at(-width)) / (2.0 * width), rel=1e-6)


def test_descent_hits_from_a_random_start(cannon):
    way = ad.value_and_grad(cannon.distance)
    descent = cannon.descend(way, np.array([0.2, 0.3]), 5.0)
    assert descent.arrived
    assert 1 < descent.steps < 30
    assert abs(cannon.distance(np.array(descent.path[-1])) - 5.0) <= cannon.TOLERANCE


def test_descent_that_starts_on_the_target_takes_no_step(cannon):
    start = np.array([0.5, 0.5])
    descent = cannon.descend(ad.value_and_grad(cannon.distance), start, cannon.distance(start))
    assert descent.steps == 0
    assert descent.path == [start.tolist()]


@pytest.mark.slow
def test_a_quick_run_writes_every_figure(cannon, tmp_path):
    cannon.main(quick=True, out=tmp_path)
    content = json.loads((tmp_path / "cannon.json").read_text())
    assert set(content["ways"]) == {"neural", "newtonian", "hybrid"}
    for name, way in content["ways"].items():
        answers = content["answers"][name]
        assert way["targets"] == len(answers) == 12
        errors = [answer["true_error"] for answer in answers]
        assert way["true_error_mean_m"] == pytest.approx(np.mean(errors))
        assert way["true_hit_share"] == np.mean(np.array(errors) <= content["tolerance_m"])
        assert all(set(answer) >= {"target", "start", "controls", "steps"} for answer in answers)
    starts = [[answer["start"] for answer in content["answers"][n]] for n in content["ways"]]
    assert starts[0] == starts[1] != starts[2]
    saved = content["hybrid_against_random_starts"]
    assert saved["steps_mean_random_starts"] == content["ways"]["newtonian"]["steps_mean"]
    assert saved["steps_mean_network_starts"] == content["ways"]["hybrid"]["steps_mean"]
    pictures = {"surfaces.png", "losses.png", "ways.png", "descent.gif", "cannon.json"}
    assert {path.name for path in tmp_path.iterdir()} == pictures
