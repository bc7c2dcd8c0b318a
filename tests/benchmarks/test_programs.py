"""The programs of the benchmarks: their other forms say the same, and what is written of them."""

import importlib

import numpy as np
import pytest

from benchmarks import by_hand, program_runs
from benchmarks.flight import Peer
from benchmarks.harness import Measured
from benchmarks.peers.program_loop import repeat
from benchmarks.program_peers import PEERS
from benchmarks.programs import NAMES, Problem, slopes

SMALL = {
    "lotka_volterra": {"steps": 500},
    "nbody": {"bodies": 5, "steps": 3},
    "bundle_adjustment": {"cameras": 3, "points": 5, "observations": 9},
    "gaussian_mixture": {"points": 6, "dimensions": 4, "components": 3},
    "lstm": {"layers": 2, "width": 3, "letters": 5},
    "stencil": {"cells": 8, "steps": 3},
    "soft_alignment": {"first": 5, "second": 4},
    "tree": {"depth": 4},
    "adaptive_steps": {"tolerance": 1e-7},
}
ARRAY_FORMS = NAMES[:5]
BY_HAND = [name for name in SMALL if name != "bundle_adjustment"]


@pytest.mark.parametrize("name", ARRAY_FORMS)
def test_whole_arrays_say_the_same(name):
    module = Problem(name).module
    args = module.arguments(**SMALL[name])
    form = importlib.import_module(f"benchmarks.array_forms.{name}").loss
    np.testing.assert_allclose(form(np, repeat, *args), module.loss(*args), rtol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("name", BY_HAND)
def test_adjoints_by_hand(name):
    module = Problem(name).module
    args = module.arguments(**SMALL[name])
    derive = importlib.import_module(f"{by_hand.__name__}.{name}").value_and_gradient
    value, gradient = derive(*args)
    np.testing.assert_allclose(value, module.loss(*args), rtol=1e-12)
    (found,) = slopes(module, args, gradient)[:1]
    along = program_runs.directions(module, args)[0]
    program_runs.require_close(found, program_runs.difference(module, args, along), 1e-5)


def test_the_table_says_what_was_measured():
    peer = PEERS[1]
    ok = Measured(
        peer, Problem("tree"), "ok", first={"first_numba_s": 1.0, "first_gradient_s": 2.0}
    )
    ok.rounds = [{"gradient_s": 3e-3, "numba_primal_s": 1e-3}]
    wrong = Measured(Peer("jax", "", "", (), True), Problem("tree"), "wrong")
    content = program_runs.content_of({"tree": [ok, wrong]}, 1, None)
    assert content["geometric_means"]["adjoint"] == pytest.approx(3.0)
    assert "| tree | 1.00 ms | - | 3.00 | wrong | - | - | 1.0 s, 2.0 s |" in program_runs.markdown(
        content
    )
