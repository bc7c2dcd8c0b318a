"""Makes the fuzzer importable under importlib mode, and adds `--fuzz-programs`."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


def pytest_addoption(parser):
    parser.addoption(
        "--fuzz-programs",
        type=int,
        help="how many random programs to differentiate, new ones each time; without it, a few "
        "hundred that are always the same",
    )


@pytest.fixture
def programs(request):
    """The number asked for on the command line, or None."""
    return request.config.getoption("fuzz_programs", None)
