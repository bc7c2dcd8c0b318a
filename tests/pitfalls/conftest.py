"""Makes the helper of this folder importable as `tiers`, and runs tests in both tiers."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from tiers import Tier


@pytest.fixture(params=["traced", "compiled"])
def tier(request):
    """The traced tier, then the compiled one."""
    return Tier(request.param)
