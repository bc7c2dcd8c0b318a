"""Minimum cuts of small graphs.

The method is that of Dinic (1970), in plain Python: importing a library for it took longer than the
cuts of most programs.
"""

from collections import deque
from itertools import pairwise


class Network:
    """A graph with capacities, through which as much flows as can.

    Parameters
    ----------
    edges : the capacity of each edge, by its ends.
    """

    def __init__(self, edges: dict[tuple[int, int], int], source: int, sink: int):
        self.source, self.sink = source, sink
        self.left: dict[int, dict[int, int]] = {source: {}, sink: {}}
        for (start, end), capacity in edges.items():
            self.left.setdefault(start, {})[end] = capacity
            self.left.setdefault(end, {}).setdefault(start, 0)
        while self.sink in (distance := self.distances()):
            self.fill(distance)

    def distances(self) -> dict[int, int]:
        """How many edges with room left each node is from the source."""
        found = {self.source: 0}
        queue = deque(found)
        while queue:
            node = queue.popleft()
            for end, room in self.left[node].items():
                if room > 0 and end not in found:
                    found[end] = found[node] + 1
                    queue.append(end)
        return found

    def fill(self, distance: dict[int, int]) -> None:
        """Let flow along shortest paths until each has an edge that is full."""
        rest = {node: iter(tuple(self.left[node])) for node in distance}
        path = [self.source]
        while path:
            node = path[-1]
            if node == self.sink:
                del path[self.widen(path) + 1 :]
                continue
            for end in rest[node]:
                if self.left[node][end] > 0 and distance.get(end) == distance[node] + 1:
                    path.append(end)
                    break
            else:
                path.pop()

    def widen(self, path: list[int]) -> int:
        """Let as much flow along a path as can; returns where its first full edge starts."""
        steps = list(pairwise(path))
        amount = min(self.left[a][b] for a, b in steps)
        for a, b in steps:
            self.left[a][b] -= amount
            self.left[b][a] += amount
        return next(at for at, (a, b) in enumerate(steps) if self.left[a][b] == 0)

    def reaching_sink(self) -> set[int]:
        """The nodes from which more could flow to the sink: the side of the cut nearest to it."""
        found, stack = {self.sink}, [self.sink]
        while stack:
            end = stack.pop()
            for start in self.left[end]:
                if start not in found and self.left[start].get(end, 0) > 0:
                    found.add(start)
                    stack.append(start)
        return found
