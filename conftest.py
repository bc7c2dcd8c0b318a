"""What every test may rely on, whichever ran before it in the same process."""

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def numpy_prints_as_it_does_when_new():
    """Examples show what a new process prints; a package may choose another form on import.

    colour-science does (``np.set_printoptions(legacy="1.13")``), and it stays for the process.
    """
    with np.printoptions(legacy=False):
        yield
