"""The programs of the benchmarks: their other forms say the same, and what is written of them."""

import gc
import importlib

import numpy as np
import pytest

import adjoint as ad
from adjoint.compile.executable import Executable
from benchmarks import program_runs
from benchmarks.flight import Peer
from benchmarks.harness import ROOT, Measured
from benchmarks.peers import program_compiled
from benchmarks.peers.program_loop import Loop
from benchmarks.program_peers import PEERS
from benchmarks.programs import NAMES, Problem
from benchmarks.worker import memory_of_a_call, settled_memory_mib

SMALL = {
    "flight": {"steps": 50},
    "lotka_volterra": {"steps": 500},
    "nbody": {"bodies": 5, "steps": 3},
    "bundle_adjustment": {"cameras": 3, "points": 5, "observations": 9},
    "gaussian_mixture": {"points": 6, "dimensions": 4, "components": 3},
    "lstm": {"layers": 2, "width": 3, "letters": 5},
    "stencil": {"cells": 8, "steps": 3},
    "soft_alignment": {"first": 5, "second": 4},
    "tree": {"depth": 4},
    "ray_tracer": {"side": 8, "spheres": 5},
    "adaptive_steps": {"tolerance": 1e-5},
    "particle_filter": {"particles": 9, "times": 7},
}


@pytest.mark.parametrize("name", NAMES)
def test_whole_arrays_say_the_same(name):
    module = Problem(name).module
    args = module.arguments(**SMALL[name])
    form = importlib.import_module(f"benchmarks.array_forms.{name}").loss
    np.testing.assert_allclose(form(np, Loop(np), *args), module.loss(*args), rtol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_adjoints_by_hand(name):
    module = Problem(name).module
    args = module.arguments(**SMALL[name])
    derive = importlib.import_module(f"benchmarks.by_hand.{name}").value_and_gradient
    value, gradient = derive(*args)
    expected, slopes = ad.value_and_grad(ad.jit(module.loss), argnums=module.ARGNUMS)(*args)
    np.testing.assert_allclose(value, expected, rtol=1e-12)
    for found, slope in zip(gradient, slopes, strict=True):
        np.testing.assert_allclose(found, slope, rtol=1e-9, atol=1e-9 * np.max(np.abs(slope)))


def test_the_adjoint_of_a_camera_that_is_not_turned():
    module = Problem("bundle_adjustment").module
    args = module.arguments(**SMALL["bundle_adjustment"])
    args[0][0, 0:3] = 0.0
    derive = importlib.import_module("benchmarks.by_hand.bundle_adjustment").value_and_gradient
    _, found = derive(*args)
    _, slopes = ad.value_and_grad(module.loss, argnums=module.ARGNUMS)(*args)
    for gradient, slope in zip(found, slopes, strict=True):
        np.testing.assert_allclose(gradient, slope, rtol=1e-9, atol=1e-9)


def made_up() -> dict:
    """Two programs, each with a peer that is right and one that is not."""
    found = {}
    for name, ratio in (("tree", 3.0), ("nbody", 12.0)):
        peer = next(peer for peer in PEERS if peer.name == "adjoint")
        ok = Measured(peer, Problem(name), "ok")
        ok.first = {
            "first_numba_s": 1.0,
            "first_gradient_s": 2.0,
            "gradient_memory_mib": 0.125,
            "versions": {"numba": "0.68"},
        }
        ok.rounds = [{"gradient_s": 1e-3 * ratio, "numba_primal_s": 1e-3}]
        wrong = Measured(Peer("jax", "", "", (), True), Problem(name), "wrong")
        found[name] = [ok, wrong]
    return program_runs.content_of(found, 1, None)


def cells_of(text: str, beginning: str) -> list[str]:
    (line,) = [line for line in text.splitlines() if line.startswith(f"| {beginning} |")]
    return [cell.strip() for cell in line.split("|")[1:-1]]


def test_the_tables_say_what_was_measured():
    content = made_up()
    assert content["geometric_means"]["adjoint"] == pytest.approx(6.0)
    ratios, first = program_runs.markdown(content).split("first gradient, seconds")
    rest = ["-"] * (len(PEERS) - 3)
    expected = ["tree", "1.00 ms", "-", "3.00", "wrong", *rest, "-, 0.12 MiB"]
    assert cells_of(ratios, "tree") == expected
    assert cells_of(first, "tree") == ["tree", "1.0", "-", "2.0", "-", *rest]
    assert "numba 0.68" in first


def test_programs_that_take_much_more_memory_than_by_hand_are_named():
    hand, ours = (next(peer for peer in PEERS if peer.name == n) for n in ("hand", "adjoint"))

    def measured(peer, memory):
        return Measured(peer, Problem("tree"), "ok", first={"gradient_memory_mib": memory})

    for by_hand, adjoint, over in ((1.0, 2.1, []), (1.0, 2.2, ["tree"]), (0.0, None, [])):
        results = {"tree": [measured(hand, by_hand), measured(ours, adjoint)]}
        assert program_runs.over_bar(results) == over
    content = made_up() | {"memory_bar": {"over": ["tree"]}}
    assert "by hand: tree." in program_runs.markdown(content)


def test_the_tables_are_put_between_two_marks(tmp_path):
    document = tmp_path / "figures.md"
    document.write_text(f"before\n{program_runs.BEGIN}\nold\n{program_runs.END}\nafter\n")
    content = made_up()
    program_runs.write_into(document, content)
    program_runs.write_into(document, content)
    text = document.read_text()
    assert text.startswith(f"before\n{program_runs.BEGIN}\n\n| program |")
    assert text.endswith(f"\n{program_runs.END}\nafter\n")
    assert "old" not in text
    assert text.count("| tree |") == 2
    assert [path.name for path in tmp_path.iterdir()] == ["figures.md"]


def test_a_document_without_marks_stays_as_it_is(tmp_path):
    document = tmp_path / "figures.md"
    document.write_text("before\n")
    with pytest.raises(ValueError, match="has no lines"):
        program_runs.write_into(document, made_up())
    assert document.read_text() == "before\n"


def test_the_documentation_has_the_marks():
    text = (ROOT / "docs" / "performance.md").read_text()
    assert text.index(program_runs.BEGIN) < text.index(program_runs.END)


def test_only_a_whole_run_is_put_into_the_documentation():
    everything = {name: {peer.name: {} for peer in PEERS} for name in NAMES}
    assert program_runs.complete({"programs": everything})
    assert not program_runs.complete({"programs": {**everything, "tree": {}}})
    assert not program_runs.complete({"programs": {"tree": everything["tree"]}})


@pytest.mark.skipif(settled_memory_mib() is None, reason="the system cannot begin a new peak")
def test_the_memory_of_a_call_is_what_it_works_in():
    kept = []
    words = 1 << 20

    def call():
        kept.append(np.ones(words))

    assert memory_of_a_call(call, kept.clear) == pytest.approx(8.0, abs=0.5)
    assert memory_of_a_call(lambda: np.ones(words).sum(), kept.clear) == pytest.approx(8, abs=0.5)
    assert memory_of_a_call(lambda: None, kept.clear) == pytest.approx(0.0, abs=0.2)


def test_what_adjoint_keeps_from_call_to_call_is_dropped():
    module = Problem("lotka_volterra").module
    args = module.arguments(**SMALL["lotka_volterra"])
    _, gradient = program_compiled.prepare("lotka_volterra", args)
    gradient()
    found = [e for e in gc.get_objects() if type(e) is Executable and e.memories]
    assert found
    program_compiled.forget()
    assert not any(executable.memories for executable in found)
