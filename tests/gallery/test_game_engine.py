"""The racing driver: the track is measured right, and the gradient through the game is right."""

import json
import types
from pathlib import Path

import numpy as np
import pytest

import adjoint as ad

pytest.importorskip("highway_env")
pytestmark = pytest.mark.filterwarnings("ignore")  # those of the game's packages
GALLERY = Path(__file__).resolve().parents[2] / "gallery"
STRETCH = 14.0  # m


@pytest.fixture(scope="module")
def game():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(GALLERY))
        return __import__("game_engine")


@pytest.fixture(scope="module")
def settings(game):
    return np.random.default_rng(7).normal(0.0, 0.5, game.SETTINGS)


def test_the_track_is_closed(game):
    assert [section.begin for section in game.SECTIONS] == list("abcdefghi")
    assert abs(game.LAP - 365.1) < 0.1
    assert np.allclose(game.point_at(0.0, 1.0), game.point_at(game.LAP - 1e-9, 1.0), atol=1.5)


@pytest.mark.parametrize("number", [0, 1])
def test_a_place_is_found_again(game, number):
    network = game.ENGINE.road.network
    for section in game.SECTIONS:
        metres = section.start + 0.4 * section.length
        index = (section.begin, section.end, number)
        lane = network.get_lane(index)
        car = types.SimpleNamespace(
            lane_index=index, lane=lane, position=game.point_at(metres, 1.25)
        )
        along, right = game.place_of(car)
        assert along == pytest.approx(metres, abs=1.5)
        assert right == pytest.approx(1.25, abs=0.2)


def test_the_gradient_of_a_stretch_agrees_with_finite_differences(game, settings):
    checked = game.check(settings, 2, STRETCH)
    assert checked.largest_relative_error < 1e-6


def test_forward_and_reverse_agree(game, settings):
    way = np.random.default_rng(8).normal(size=game.SETTINGS)
    gradient = ad.grad(game.loss)(settings, STRETCH)
    _, along = ad.jvp(lambda s: game.loss(s, STRETCH), (settings,), (way,))
    assert along == pytest.approx(gradient @ way, rel=1e-10)


def test_the_time_is_continuous_where_the_number_of_steps_jumps(game, settings):
    distances = np.linspace(STRETCH, STRETCH + 2.5, 26)
    times = [game.drive(settings, distance)[0] for distance in distances]
    slopes = np.diff(times) / np.diff(distances)
    assert np.all(slopes > 0.05)
    assert np.all(slopes < 0.2)


@pytest.mark.slow
def test_a_quick_run_gets_faster_and_writes_everything(game, tmp_path):
    game.main(quick=True, out=tmp_path)
    content = json.loads((tmp_path / "game_engine.json").read_text())
    assert content["after"]["lap_s"] < content["before"]["lap_s"] - 3.0
    assert content["losses_s"][0] > content["losses_s"][-1]
    assert content["check"]["largest_relative_error"] < 1e-5
    assert {path.name for path in tmp_path.iterdir()} == {
        "game_engine.json",
        "laps.gif",
        "laps.png",
    }
