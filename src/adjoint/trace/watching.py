"""Marks in rewritten code the loops that may end by convergence, for `watch` to see them run.

The marks note what a loop's variables hold; what the program computes is the same without them.
"""

import ast
from typing import Any

from adjoint.source import FunctionNode
from adjoint.trace.iterations import Site, called_name, is_zero, sites
from adjoint.walks import located


class Watching:
    """Writes the marks of the candidate loops of one function for its `rewriter`.

    Attributes
    ----------
    watches : the candidate loops around what is being rewritten, and the names of their watches.
    """

    def __init__(self, rewriter: Any):
        self.rewriter = rewriter
        self.sites: dict[int, Site] = {}
        self.watches: list[tuple[Site, str]] = []

    def find(self, node: FunctionNode) -> None:
        """Note the candidate loops of a function."""
        self.sites = sites(node)

    def site(self, node: ast.For | ast.While) -> Site | None:
        """What is known of a loop if it is a candidate."""
        return self.sites.get(id(node))

    def watched(self, node: ast.For | ast.While, site: Site, first: list[ast.stmt]) -> list:
        """The loop with marks where its iterations begin and where it ends by convergence."""
        rewriter = self.rewriter
        name = rewriter.temporary()
        names = tuple(name for _, name in site.attributes)
        constants = [len(site.read), names, site.narrows, site.only_narrows]
        made = rewriter.call("watch", *map(ast.Constant, constants), at=node)
        begin = ast.Assign([ast.Name(name, ast.Store())], made)
        self.watches.append((site, name))
        if isinstance(node, ast.While):
            node.test = rewriter.visit(node.test)
        fresh = ast.Tuple([ast.Name(n, ast.Store()) for n in site.names], ast.Store())
        entered = self.mark("enter", name, site, dict(zip(site.names, site.names, strict=True)))
        enter = ast.Assign([fresh], entered) if site.names else ast.Expr(entered)
        node.body = [located(enter, node), *first, *rewriter.block(node.body)]
        self.watches.pop()
        node.orelse = rewriter.block(node.orelse)
        if site.ends_by_test:
            values = dict(zip(site.names, site.names, strict=True))
            leave = ast.Expr(self.mark("leave", name, site, values))
            node.orelse.insert(0, located(leave, node))
        return [located(begin, node), node]

    def mark(self, method: str, watch: str, site: Site, values: dict[str, str] | None) -> ast.expr:
        """The call of a method of a watch with what the loop's variables hold now."""
        function = ast.Attribute(ast.Name(watch, ast.Load()), method, ast.Load())
        others = [*site.read, *(owner for owner, _ in site.attributes)]
        owners = [ast.Name(name, ast.Load()) for name in others]
        if values is None:
            return ast.Call(function, [ast.Constant(None), ast.Constant(None)], [])
        loads = [ast.Name(values[name], ast.Load()) for name in site.names]
        return ast.Call(function, [ast.Tuple(loads, ast.Load()), ast.Tuple(owners, ast.Load())], [])

    def leaving(self, node: ast.stmt) -> list[ast.stmt]:
        """The marks of the loops that a `break` or `return` ends by convergence."""
        return [
            located(ast.Expr(self.mark("leave", name, site, site.exits[id(node)])), node)
            for site, name in reversed(self.watches)
            if id(node) in site.exits
        ]

    def test(
        self, node: ast.Compare, args: list[ast.expr], site: ast.expr | None = None
    ) -> ast.expr:
        """A comparison inside a candidate loop: what it compares may have its root there.

        A search may ask at `site`, though not for a variable of the loop.
        """
        if site is None:
            return self.noted("test", args, node)
        is_deciding = id(node) in self.watches[-1][0].deciding
        return self.noted("decide" if is_deciding else "seek", [*args, site], node)

    def outcomes(self, node: ast.BoolOp) -> list[ast.expr]:
        """The parts of a test; a candidate loop is told if one ends it that is no convergence."""
        found = []
        for part in node.values:
            ends = [
                (name, site.counts[id(part)])
                for site, name in self.watches
                if id(part) in site.counts
            ]
            visited = self.rewriter.visit(part)
            for name, outcome in ends:
                function = ast.Attribute(ast.Name(name, ast.Load()), "counted", ast.Load())
                call = ast.Call(function, [visited, ast.Constant(outcome)], [])
                visited = located(call, node)
            found.append(visited)
        return found

    def operand(self, node: ast.expr, test: ast.Compare) -> ast.expr:
        """A side of a comparison; a candidate loop is told whose sign is asked for."""
        visit = self.rewriter.visit
        asks = self.watches and any(is_zero(part) for part in (test.left, *test.comparators))
        if asks and isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            return self.noted("product", [visit(node.left), visit(node.right)], node)
        visited = visit(node)
        if self.watches and called_name(node) in ("sign", "copysign"):
            visited.args[-1] = self.noted("sign_of", [visited.args[-1]], node)
        return visited

    def noted(self, method: str, args: list[ast.expr], node: ast.expr) -> ast.expr:
        function = ast.Attribute(ast.Name(self.watches[-1][1], ast.Load()), method, ast.Load())
        return located(ast.Call(function, args, []), node)
