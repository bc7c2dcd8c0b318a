"""Which names are local to a stretch of source, and which it reads before it sets them.

Both err on one side: a name that may be read before it is set is among those that are.
"""

import ast
from collections.abc import Iterable

from adjoint.walks import children, walk

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
SCOPES = (*FUNCTIONS, *COMPREHENSIONS, ast.ClassDef)


def enclosing_class(qualname: str) -> str | None:
    """The class whose name mangles ``__x`` in the function of this qualified name."""
    parts = qualname.split(".")[:-1]
    while parts:
        if not parts[-1].startswith("<"):
            return parts[-1]
        # a function's scope ends with its name and <locals>; a comprehension's is its name alone
        parts = parts[:-2] if parts[-1] == "<locals>" else parts[:-1]
    return None


def own_names(scope: ast.AST) -> frozenset[str]:
    """The names that are local to a function, lambda or comprehension, but for free ones."""
    if isinstance(scope, COMPREHENSIONS):
        return frozenset(n for each in scope.generators for n in stored_names([each.target]))
    a = scope.args if isinstance(scope, FUNCTIONS) else None
    found = set() if a is None else {part.arg for part in walk(a) if isinstance(part, ast.arg)}
    body = getattr(scope, "body", [])
    return frozenset(found | stored_names(body if isinstance(body, list) else [body]))


def stored_names(nodes: Iterable[ast.AST]) -> set[str]:
    """The names that `nodes` set in the scope that they stand in."""
    found: set[str] = set()
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar):
            found.add(node.name or "")
        elif isinstance(node, ast.MatchMapping):
            found.add(node.rest or "")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, COMPREHENSIONS):  # what `:=` sets there belongs to the scope around
            inner = [part for part in walk(node) if isinstance(part, ast.NamedExpr)]
            found |= {part.target.id for part in inner}
        elif not isinstance(node, SCOPES):
            waiting.extend(children(node))
    return found


def outer_parts(scope: ast.AST) -> list[ast.AST]:
    """The parts of a function, lambda or comprehension that are evaluated where it stands."""
    if isinstance(scope, COMPREHENSIONS):
        return [scope.generators[0].iter]
    a = scope.args
    return [*getattr(scope, "decorator_list", []), *a.defaults, *filter(None, a.kw_defaults)]


def read_names(node: ast.AST) -> set[str]:
    """The names of the scope around that `node` may read, at once or when it is called."""
    if isinstance(node, ast.Name):
        return {node.id}
    if isinstance(node, SCOPES) and not isinstance(node, ast.ClassDef):
        own = own_names(node)
        inner = set().union(*map(read_names, children(node))) - own
        return inner.union(*map(read_names, outer_parts(node)))
    return set().union(*map(read_names, children(node)))


def exposed(statements: list[ast.stmt]) -> set[str]:
    """The names that `statements` may read before they have set them."""
    flow = Flow()
    flow.block(statements, frozenset())
    return flow.exposed


Names = frozenset[str]


class Flow:
    """Follows statements in the order in which they run.

    Each method takes the names that are surely set before, and returns those surely set after.
    """

    def __init__(self) -> None:
        self.exposed: set[str] = set()

    def read(self, parts: Iterable[ast.AST | None], known: Names) -> None:
        for part in parts:
            if part is not None:
                self.exposed |= read_names(part) - known

    def block(self, statements: list[ast.stmt], known: Names) -> Names:
        for statement in statements:
            known = self.statement(statement, known)
        return known

    def statement(self, node: ast.stmt, known: Names) -> Names:
        if isinstance(node, ast.Assign):
            return self.assigned(node.targets, node.value, known)
        if isinstance(node, ast.AnnAssign):
            return self.assigned([node.target] if node.value else [], node.value, known)
        if isinstance(node, ast.If):
            self.read([node.test], known)
            return self.block(node.body, known) & self.block(node.orelse, known)
        if isinstance(node, ast.For):
            self.read([node.iter], known)
            inner = self.assigned([node.target], None, known)
            self.block(node.body, inner)
            self.block(node.orelse, known)
            return known
        if isinstance(node, ast.While):
            self.read([node.test], known)
            self.block(node.body, known)
            self.block(node.orelse, known)
            return known
        if isinstance(node, ast.FunctionDef):
            self.read([node], known)
            return known | {node.name}
        if isinstance(node, ast.Try):
            self.block(node.body, known)
            for part in (*node.handlers, *node.orelse, *node.finalbody):
                self.read_all(part, known)
            return known
        self.read_all(node, known)
        return known - stored_names([node]) if isinstance(node, ast.Delete) else known

    def read_all(self, node: ast.AST, known: Names) -> None:
        """Statements whose order is not followed: all they read, whatever they set themselves."""
        self.read([node], known)

    def assigned(self, targets: list, value: ast.expr | None, known: Names) -> Names:
        self.read([value], known)
        for target in targets:
            if isinstance(target, ast.Tuple | ast.List):
                known = self.assigned(target.elts, None, known)
            elif isinstance(target, ast.Starred):
                known = self.assigned([target.value], None, known)
            elif isinstance(target, ast.Name):
                known |= {target.id}
            else:
                self.read([target], known)
        return known
