"""Graphs."""

from thirdparty.corpus import Case

EDGES = [(0, 1), (1, 2), (2, 0), (0, 2), (3, 0)]


def pagerank(damping):
    import networkx as nx
    from networkx.algorithms.link_analysis.pagerank_alg import _pagerank_python

    return _pagerank_python(nx.DiGraph(EDGES), alpha=damping, tol=1e-12)[0]


GRAPHS = "graphs"
CASES = [
    Case(GRAPHS, "networkx", "networkx pagerank in Python", pagerank, 0.85),
]
