"""Graphs."""

import numpy as np

from thirdparty.corpus import Case

EDGES = [(0, 1), (1, 2), (2, 0), (0, 2), (3, 0)]


def pagerank(damping):
    import networkx as nx
    from networkx.algorithms.link_analysis.pagerank_alg import _pagerank_python

    return _pagerank_python(nx.DiGraph(EDGES), alpha=damping, tol=1e-12)[0]


def roads(length):
    import networkx as nx

    graph = nx.Graph()
    graph.add_weighted_edges_from(
        [(0, 1, length), (1, 2, 2.0), (0, 2, 3.5), (2, 3, length * length), (1, 3, 1.2)]
    )
    return graph


def katz(attenuation):
    import networkx as nx

    return nx.katz_centrality(nx.DiGraph(EDGES), alpha=attenuation, tol=1e-12)[0]


def eigenvector_centrality(length):
    import networkx as nx

    return nx.eigenvector_centrality(roads(length), weight="weight", max_iter=500, tol=1e-13)[0]


def dijkstra(length):
    import networkx as nx

    return nx.shortest_path_length(roads(length), 0, 3, weight="weight")


def bellman_ford(length):
    import networkx as nx

    return nx.bellman_ford_path_length(roads(length), 0, 3)


def floyd_warshall(length):
    import networkx as nx

    return nx.floyd_warshall(roads(length))[0][3]


def a_star(length):
    import networkx as nx

    return nx.astar_path_length(roads(length), 0, 3, heuristic=lambda a, b: 0.1 * length)


def spanning_tree(length):
    import networkx as nx

    return nx.minimum_spanning_tree(roads(length)).size(weight="weight")


def clustering(length):
    import networkx as nx

    return nx.average_clustering(roads(length), weight="weight")


def maximum_flow(capacity):
    import networkx as nx

    graph = nx.DiGraph()
    for start, end, most in [("s", "a", capacity), ("s", "b", 2.0), ("a", "t", 3.0)]:
        graph.add_edge(start, end, capacity=most)
    graph.add_edge("b", "t", capacity=capacity * 0.5)
    return nx.maximum_flow_value(graph, "s", "t")


def adjacency_spectrum(length):
    import networkx as nx

    return np.linalg.eigvalsh(nx.to_numpy_array(roads(length)))[-1]


def resistance(length):
    import networkx as nx

    return nx.resistance_distance(roads(length), 0, 3, weight="weight")


GRAPHS = "graphs"
CASES = [
    Case(GRAPHS, "networkx", "networkx.katz_centrality", katz, 0.1),
    Case(GRAPHS, "networkx", "networkx.eigenvector_centrality", eigenvector_centrality, 1.1),
    Case(GRAPHS, "networkx", "networkx.shortest_path_length", dijkstra, 1.1),
    Case(GRAPHS, "networkx", "networkx.bellman_ford_path_length", bellman_ford, 1.1),
    Case(GRAPHS, "networkx", "networkx.floyd_warshall", floyd_warshall, 1.1),
    Case(GRAPHS, "networkx", "networkx.astar_path_length", a_star, 1.1),
    Case(GRAPHS, "networkx", "networkx.minimum_spanning_tree", spanning_tree, 1.1),
    Case(GRAPHS, "networkx", "networkx.average_clustering", clustering, 1.1),
    Case(GRAPHS, "networkx", "networkx.maximum_flow_value", maximum_flow, 1.1),
    Case(GRAPHS, "networkx", "networkx.to_numpy_array, eigvalsh", adjacency_spectrum, 1.1),
    Case(GRAPHS, "networkx", "networkx.resistance_distance", resistance, 1.1),
    Case(GRAPHS, "networkx", "networkx pagerank in Python", pagerank, 0.85),
]
