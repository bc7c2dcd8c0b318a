"""Makes the fuzzer importable under importlib mode, and adds `--fuzz-programs`."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

DEFAULT = 120


def pytest_addoption(parser):
    parser.addoption(
        "--fuzz-programs",
        type=int,
        default=DEFAULT,
        help="how many random programs to differentiate; other than the default, at random",
    )


@pytest.fixture
def programs(request):
    return request.config.getoption("--fuzz-programs")
