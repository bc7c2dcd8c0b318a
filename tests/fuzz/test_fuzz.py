"""Random programs: nothing in a differentiated program may differ from the program, or be wrong."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from fuzzer.checking import Unsuitable, check_compiled, check_passes, check_traced
from fuzzer.programs import programs as sources
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from adjoint.rules import forms
from adjoint.trace import fusing, memory, placeholders, pointwise, quick, stretches, temporaries

REGRESSIONS = sorted((Path(__file__).parent / "regressions").glob("*.py"))
SEEDS = st.integers(0, 3)


def fuzz(check, strategy, asked, usual, share=1):
    """Run a check on new programs, a `share` of the number asked for, or on the `usual` ones."""

    @settings(
        max_examples=usual if asked is None else max(1, asked // share),
        derandomize=asked is None,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    @given(strategy, SEEDS)
    def run(source, seed):
        with tempfile.TemporaryDirectory() as folder:
            try:
                check(source, seed, Path(folder))
            except Unsuitable:
                reject()

    run()


def test_traced(programs):
    fuzz(check_traced, sources(), programs, usual=100)


class SeenBefore(dict):
    """The kernels of forms, each of which has come up before."""

    def get(self, form, _default):
        return super().get(form, 1)


@pytest.fixture
def all_is_large(monkeypatch):
    """Arrays of any size go the ways of large ones: results without contents, spread numbers,
    loops for stretches of a tape.

    Placeholders show nan to whom reads them.
    """
    nans = np.full(1 << 16, np.nan).tobytes()
    monkeypatch.setattr(memory.UNTOUCHED, "addresses", nans)
    monkeypatch.setattr(memory.UNTOUCHED, "size", len(nans))
    monkeypatch.setattr(placeholders, "LEAST", 1)
    for module in (pointwise, quick, temporaries):
        monkeypatch.setattr(module, "LARGE", 1)
    monkeypatch.setattr(stretches, "LEAST", 1)
    monkeypatch.setattr(fusing, "ENOUGH", 1)
    monkeypatch.setattr(fusing, "KERNELS", SeenBefore())
    monkeypatch.setattr(forms, "SMALL", 1)


def test_traced_as_if_large(programs, all_is_large):
    fuzz(check_traced, sources(), programs, usual=60, share=4)


def test_second_order(programs):
    def check(source, seed, folder):
        check_traced(source, seed, folder, second_order=True)

    fuzz(check, sources(), programs, usual=10, share=10)


def test_passes(programs):
    fuzz(check_passes, sources(plain=True), programs, usual=40)


@pytest.mark.slow
def test_compiled(programs):
    fuzz(check_compiled, sources(plain=True), programs, usual=3, share=20)


@pytest.mark.parametrize("path", REGRESSIONS, ids=lambda path: path.stem)
@pytest.mark.parametrize("seed", range(4))
def test_programs_that_failed_once(path, seed, tmp_path):
    check_traced(path.read_text(), seed, tmp_path)


@pytest.mark.parametrize("path", REGRESSIONS, ids=lambda path: path.stem)
def test_programs_that_failed_once_as_if_large(path, all_is_large, tmp_path):
    check_traced(path.read_text(), 0, tmp_path)
