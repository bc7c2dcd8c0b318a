"""Random programs: nothing in a differentiated program may differ from the program, or be wrong."""

import tempfile
from pathlib import Path

import pytest
from checking import Unsuitable, check_compiled, check_traced
from conftest import DEFAULT
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from programs import programs as sources

SEEDS = st.integers(0, 3)


def fuzz(check, strategy, count):
    """Run a check on `count` programs: always the same ones if it is the default number."""

    @settings(
        max_examples=count,
        derandomize=count <= DEFAULT,
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
    fuzz(check_traced, sources(), programs)


def test_second_order(programs):
    def check(source, seed, folder):
        check_traced(source, seed, folder, second_order=True)

    fuzz(check, sources(), max(1, programs // 10))


@pytest.mark.slow
def test_compiled(programs):
    fuzz(check_compiled, sources(plain=True), max(1, programs // 20))
