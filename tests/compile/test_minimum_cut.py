"""Minimum cuts, against SciPy's flows."""

import numpy as np
import pytest
import scipy.sparse
from scipy.sparse.csgraph import maximum_flow

from adjoint.compile.transform.minimum_cut import Network


@pytest.mark.parametrize("seed", range(40))
def test_the_nearest_cut_is_that_of_any_greatest_flow(seed):
    rng = np.random.default_rng(seed)
    size = int(rng.integers(3, 12))
    edges = {}
    for _ in range(int(rng.integers(1, 5 * size))):
        start, end = (int(n) for n in rng.choice(size, 2, replace=False))
        edges[start, end] = int(rng.integers(1, 9))
    found = Network(edges, 0, 1).reaching_sink()
    ends = np.array(list(edges)).T
    graph = scipy.sparse.csr_array(
        (np.array(list(edges.values()), np.int32), tuple(ends)), shape=(size, size)
    )
    flow = maximum_flow(graph, 0, 1)
    assert 0 not in found
    assert sum(c for (a, b), c in edges.items() if a not in found and b in found) == flow.flow_value
    left = (graph - flow.flow).toarray()
    reaching = {1}
    while more := {a for a in range(size) for b in reaching if left[a, b] > 0} - reaching:
        reaching |= more
    assert found == reaching
