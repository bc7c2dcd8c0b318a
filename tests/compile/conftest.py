"""Makes the corpus importable as `programs` under importlib mode."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import numpy as np
import pytest


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def pytest_addoption(parser):
    parser.addoption(
        "--update-golden", action="store_true", help="write the texts of printed adjoints anew"
    )
    parser.addoption(
        "--all-machine-code",
        action="store_true",
        help="make machine code of every use of NumPy; without it, of one in eight",
    )


@pytest.fixture
def share(request):
    """Of so many uses of NumPy one becomes machine code; an interpreter runs all of them."""
    return 1 if request.config.getoption("all_machine_code", False) else 8
