"""Makes the corpus of published packages importable as `thirdparty` under importlib mode."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
