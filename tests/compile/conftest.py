"""Makes the corpus importable as `programs` under importlib mode."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import numpy as np
import pytest


@pytest.fixture
def rng():
    return np.random.default_rng(7)
