"""Finds, in source, the loops that end when they have converged.

A loop is a candidate if one of its exits is a convergence test: the size of something compared
with a tolerance. The filter is loose; what such a loop really is, is decided when it has run
(`watch`, `contraction`). All other loops stay as they are.
"""

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from adjoint.source import FunctionNode
from adjoint.walks import children, walk

SIZES = frozenset(
    [
        "abs",
        "fabs",
        "absolute",
        "norm",
        "max",
        "amax",
        "maximum",
        "sqrt",
        "sum",
        "fsum",
        "hypot",
        "dot",
        "mean",
        "square",
        "dist",
        "linalg",
    ]
)
CLOSENESS = frozenset(
    ["isclose", "allclose", "array_equal", "array_equiv", "is_close", "converged"]
)
TOLERANCE = re.compile(r"tol|eps|prec|thresh|accuracy|conver|crit", re.IGNORECASE)
SMALL = 0.02
LOOPS = (ast.While, ast.For)
HELD = ast.Attribute | ast.Subscript
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
Copies = dict[str, str]


@dataclass
class Site:
    """A candidate loop.

    Attributes
    ----------
    line : where it stands.
    names : the variables that one iteration may hand to the next.
    read : others that it reads, whose contents a call may change.
    attributes : attributes it reads or writes: pairs of a variable and an attribute's name.
    ends_by_test : True if the loop's own test is a convergence test, or it narrows an interval.
    narrows : True if it narrows an interval: a test decides which variable takes a value.
    only_narrows : True if nothing but that makes the loop a candidate.
    deciding : the comparisons that decide so, by identity of their nodes.
    exits : for each `break` or `return` under a convergence test, by identity of its node, the
        variable that holds what a name would hold when the next iteration began; None if what
        is left of the body is more than moving values from name to name.
    counts : the parts of its tests that end it by themselves and are no convergence tests, by
        identity of their nodes, with the outcome that ends it.
    """

    line: int
    names: tuple[str, ...]
    read: tuple[str, ...]
    attributes: tuple[tuple[str, str], ...]
    ends_by_test: bool
    narrows: bool
    only_narrows: bool
    deciding: set[int]
    exits: dict[int, Copies | None] = field(default_factory=dict)
    counts: dict[int, bool] = field(default_factory=dict)


def sites(function: FunctionNode) -> dict[int, Site]:
    """The candidate loops of a function by identity of their nodes; not those of inner scopes."""
    if isinstance(function, ast.Lambda):
        return {}
    nodes = own_nodes(function.body)
    loops = [node for node in nodes if isinstance(node, LOOPS)]
    tests = {id(loop): convergence_exits(loop) for loop in loops}
    is_generator = any(isinstance(node, ast.Yield) for node in nodes)  # which may never go on
    narrowing = {id(loop): None if is_generator else deciding_comparisons(loop) for loop in loops}
    if not any(
        exits or ends_by_test(loop) or narrowing[id(loop)] is not None
        for loop, exits in zip(loops, tests.values(), strict=False)
    ):
        return {}
    bound = Binding(function)
    found = {}
    for loop in loops:
        ends, deciding = ends_by_test(loop), narrowing[id(loop)]
        converges = ends or bool(tests[id(loop)])
        if not converges and deciding is None:
            continue
        before = bound.at[id(loop)]
        changed = changed_names(loop)
        names = tuple(sorted(changed & before))
        read = tuple(sorted((read_names(loop) & before) - changed))
        attributes = tuple(sorted(pair for pair in used_attributes(loop) if pair[0] in before))
        site = found[id(loop)] = Site(
            loop.lineno,
            names,
            read,
            attributes,
            ends or deciding is not None,
            deciding is not None,
            not converges,
            deciding or set(),
        )
        for node, rest in tests[id(loop)]:
            site.exits[id(node)] = usable(copies(rest), names, bound.at.get(id(node), set()))
        site.counts = counts_of(loop)
    return found


def own_nodes(statements: Iterable[ast.AST]) -> list[ast.AST]:
    """The nodes below `statements`, without those of functions and classes defined there."""
    found: list[ast.AST] = []
    waiting = list(statements)
    while waiting:
        node = waiting.pop()
        found.append(node)
        if not isinstance(node, SCOPES):
            waiting.extend(children(node))
    return found


# convergence tests


def called_name(node: ast.AST) -> str:
    """The last name of what a call calls."""
    if not isinstance(node, ast.Call):
        return ""
    target = node.func
    return target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")


def is_zero(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value == 0 and node.value is not False


def is_size(node: ast.AST, sizes: set[str]) -> bool:
    """True if a norm or magnitude is computed in `node`, or a variable holds one."""
    return any(
        called_name(part) in SIZES
        or (isinstance(part, ast.Name) and part.id in sizes)
        or (isinstance(part, ast.Attribute) and part.attr in sizes)
        for part in walk(node)
    )


def is_tolerance(node: ast.AST) -> bool:
    names = [getattr(part, "id", getattr(part, "attr", "")) for part in walk(node)]
    if any(TOLERANCE.search(name) for name in names if isinstance(name, str)):
        return True
    return (
        isinstance(node, ast.Constant) and isinstance(node.value, float) and 0 < node.value < SMALL
    )


def is_convergence_test(test: ast.AST, sizes: set[str]) -> bool:
    """True if `test` compares the size of something with something, or asks for closeness."""
    for node in walk(test):
        if called_name(node) in CLOSENESS:
            return True
        if isinstance(node, ast.Name) and node.id in sizes and node is bare(test):
            return True
        if not isinstance(node, ast.Compare):
            continue
        operands = [node.left, *node.comparators]
        orders = any(isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE) for op in node.ops)
        if orders and any(is_size(part, sizes) or is_tolerance(part) for part in operands):
            return True
        equal = any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops)
        if equal and all(isinstance(part, ast.Name) for part in operands):
            return True
    return False


def bare(test: ast.AST) -> ast.AST:
    """The operand of a test that is only negated."""
    return bare(test.operand) if isinstance(test, ast.UnaryOp) else test


def sizes_in(loop: ast.stmt) -> set[str]:
    """The variables that the body of a loop sets to a size, or to the outcome of a test of one."""
    found: set[str] = set()
    for node in own_nodes(loop.body):
        if isinstance(node, ast.If) and is_convergence_test(node.test, set()):
            flags = [n for n in own_nodes(node.body) if isinstance(n, ast.Assign)]
            found |= {
                name
                for flag in flags
                if isinstance(flag.value, ast.Constant) and isinstance(flag.value.value, bool)
                for name in target_names(flag.targets)
            }
        if isinstance(node, ast.Assign) and (
            is_size(node.value, set()) or is_convergence_test(node.value, set())
        ):
            found |= target_names(node.targets)
    return found


def target_names(targets: list[ast.expr]) -> set[str]:
    return {target.id for target in targets if isinstance(target, ast.Name)}


def ends_by_test(loop: ast.stmt) -> bool:
    return isinstance(loop, ast.While) and is_convergence_test(loop.test, sizes_in(loop))


def convergence_exits(loop: ast.stmt) -> list[tuple[ast.stmt, list[ast.stmt]]]:
    """Each `break` or `return` under a convergence test, and what else the body would do."""
    sizes = sizes_in(loop)
    found: list[tuple[ast.stmt, list[ast.stmt]]] = []

    def search(statements: list[ast.stmt], after: list[ast.stmt], tested: bool) -> None:
        for index, node in enumerate(statements):
            rest = [*statements[index + 1 :], *after]
            if isinstance(node, ast.Break | ast.Return) and tested:
                found.append((node, after))
            elif isinstance(node, ast.If):
                here = is_convergence_test(node.test, sizes)
                search(node.body, [*node.orelse, *rest] if here else rest, tested or here)
                search(node.orelse, [*node.body, *rest] if here else rest, tested or here)
            elif isinstance(node, ast.With | ast.Try):
                search(node.body, rest, tested)

    search(loop.body, [], False)
    return found


def counts_of(loop: ast.stmt) -> dict[int, bool]:
    """The parts of a loop's tests that end it by themselves and are no convergence tests."""
    sizes = sizes_in(loop)
    found = ending_parts(loop.test, False, sizes) if isinstance(loop, ast.While) else {}
    for node in own_nodes(loop.body):
        if isinstance(node, ast.If):
            found |= ending_parts(node.test, True, sizes)
    return found


def ending_parts(test: ast.expr, outcome: bool, sizes: set[str]) -> dict[int, bool]:
    """Those of a test which has the outcome as soon as one of its parts has."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return ending_parts(test.operand, not outcome, sizes)
    one_is_enough = ast.Or if outcome else ast.And
    if not isinstance(test, ast.BoolOp) or not isinstance(test.op, one_is_enough):
        return {}
    found: dict[int, bool] = {}
    for part in test.values:
        if is_convergence_test(part, sizes):
            found |= ending_parts(part, outcome, sizes)
        else:
            found[id(part)] = outcome
    return found


# narrowing an interval


def deciding_comparisons(loop: ast.stmt) -> set[int] | None:
    """The comparisons that decide which end of an interval moves; None if there is no interval.

    Of numbers: an ``if`` one branch of which moves one variable and the other another, or adds a
    step that shrinks; the same as an expression; an item whose index is decided. Of arrays: two
    variables that take values where a mask says so, or one and a step that shrinks; their
    comparisons are found when they run.
    """
    nodes = own_nodes([statement for statement in loop.body if not isinstance(statement, LOOPS)])
    nodes += [node for node in loop.body if isinstance(node, ast.While)]
    named = {
        node.targets[0].id: node.value
        for node in nodes
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    found: set[int] = set()
    for node in nodes:
        test = moving_test(node, nodes)
        if test is None:
            continue
        used = [named.get(part.id) for part in walk(test) if isinstance(part, ast.Name)]
        decided = [test, *(value for value in used if is_test(value))]
        parts = [part for each in decided for part in walk(each)]
        found |= {id(part) for part in parts if isinstance(part, ast.Compare)}
    if found:
        return found
    moved = {name for node in nodes for name in masked_targets(node)}
    by_steps = bool(moved) and any(shrunk(node) for node in nodes)
    return set() if len(moved) > 1 or by_steps else None


def is_test(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Compare | ast.BoolOp) or (
        isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    )


def moving_test(node: ast.AST, nodes: list[ast.AST]) -> ast.expr | None:
    """What decides, in a statement, which end of an interval moves; None if no end does."""
    if isinstance(node, ast.If | ast.While):
        return node.test if moves_ends(node, nodes) else None
    if not isinstance(node, ast.Assign | ast.AugAssign):
        return None
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    if isinstance(target, ast.Subscript) and isinstance(node.value, ast.Name):
        is_decided = not isinstance(target.slice, ast.Name | ast.Constant)
        return target.slice if is_decided and not is_threshold(target) else None
    if not isinstance(node.value, ast.IfExp):
        return None
    choice = node.value
    if makes_same(choice.body, choice.orelse):
        return choice.test
    branches = []
    for value in (choice.body, choice.orelse):
        is_negative = isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.USub)
        same = ast.AugAssign(target, ast.Add(), value.operand if is_negative else value)
        moved = ast.Assign([target], value) if isinstance(node, ast.Assign) else same
        branches.append([ast.copy_location(moved, node)])
    return choice.test if moves_ends(ast.If(choice.test, *branches), nodes) else None


def is_threshold(target: ast.Subscript) -> bool:
    """True for ``x[x > bound]``: an array is cut off, no end of an interval moves."""
    test = target.slice
    if not isinstance(test, ast.Compare) or not isinstance(target.value, ast.Name):
        return False
    sides = [test.left, *test.comparators]
    return any(isinstance(side, ast.Name) and side.id == target.value.id for side in sides)


def makes_same(here: ast.expr, there: ast.expr) -> bool:
    """Two calls of the same thing with variables as they are: an interval that is an object."""
    return (
        isinstance(here, ast.Call)
        and isinstance(there, ast.Call)
        and ast.dump(here.func) == ast.dump(there.func)
        and len(here.args) > 1
        and all(isinstance(arg, ast.Name | HELD) for arg in [*here.args, *there.args])
    )


def moves_ends(node: ast.If | ast.While, nodes: list[ast.AST]) -> bool:
    here = moved_names(node.body)
    there = moved_names(node.orelse) if here else here
    if there and here != there and isinstance(node, ast.If):
        return True
    steps = {step for part in [*node.body, *node.orelse] for step in steps_of(part, nodes)}
    return any(shrunk(part) in steps for part in nodes) if steps else False


def steps_of(node: ast.stmt, nodes: list[ast.AST]) -> set[str]:
    """The variables that a statement adds to another or subtracts, also by a third: ``x += d``,
    and ``x = y`` where ``y = x + d``."""
    if isinstance(node, ast.AugAssign):
        return {node.value.id} if isinstance(node.value, ast.Name) else set()
    if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
        return set()
    moved, values = node.targets[0].id, [node.value]
    if isinstance(node.value, ast.Name):
        values = [v for name, v in assigned(nodes) if name == node.value.id]
    found: set[str] = set()
    for value in values:
        if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add | ast.Sub):
            sides = {part.id for part in (value.left, value.right) if isinstance(part, ast.Name)}
            found |= sides - {moved} if moved in sides else set()
    return found


def assigned(nodes: list[ast.AST]) -> list[tuple[str, ast.expr]]:
    return [
        (node.targets[0].id, node.value)
        for node in nodes
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    ]


def shrunk(node: ast.AST) -> str | None:
    """The variable that a statement multiplies or divides: ``d *= 0.5``, ``d = d / 2``."""
    value = node.value if isinstance(node, ast.Assign) else None
    target = getattr(node, "target", None) if value is None else node.targets[0]
    if isinstance(node, ast.AugAssign):
        is_scaled = isinstance(node.op, ast.Mult | ast.Div)
    else:
        is_scaled = isinstance(value, ast.BinOp) and isinstance(value.op, ast.Mult | ast.Div)
        is_scaled = is_scaled and any(
            isinstance(part, ast.Name) and part.id == getattr(target, "id", None)
            for part in (value.left, value.right)
        )
    return target.id if is_scaled and isinstance(target, ast.Name) else None


def moved_names(statements: list[ast.stmt]) -> set[str]:
    """The variables, attributes and items that take the value of another."""
    found: set[str] = set()
    for node in statements:
        if isinstance(node, ast.If):
            found |= moved_names(node.body) | moved_names(node.orelse)
        elif isinstance(node, ast.Assign) and len(node.targets) == 1:
            pairs = named_pairs(node.targets[0], node.value) or []
            found |= {target for target, source in pairs if target != source}
            if isinstance(node.targets[0], HELD) and isinstance(node.value, ast.Name | HELD):
                found.add(ast.dump(node.targets[0]))
    return found


def masked_targets(node: ast.AST) -> set[str]:
    """The arrays that a statement gives values where a mask says so, keeping the others."""
    if isinstance(node, ast.Call) and called_name(node) in ("copyto", "putmask", "place"):
        first = node.args[0] if node.args else None
        is_masked = called_name(node) != "copyto" or any(k.arg == "where" for k in node.keywords)
        return {first.id} if isinstance(first, ast.Name) and is_masked else set()
    if not isinstance(node, ast.Assign) or len(node.targets) != 1:
        return set()
    (target,), value = node.targets, node.value
    if isinstance(target, ast.Name) and called_name(value) == "where":
        parts = value.args[1:] if isinstance(value, ast.Call) else []
        keeps = any(isinstance(part, ast.Name) and part.id == target.id for part in parts)
        return {target.id} if keeps else set()
    if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
        is_mask = isinstance(target.slice, ast.Name | ast.UnaryOp | ast.Compare)
        moves = isinstance(value, ast.Subscript) and isinstance(value.value, ast.Name)
        return {target.value.id} if is_mask and moves else set()
    return set()


# what is left of an iteration


def copies(statements: list[ast.stmt]) -> Copies | None:
    """What `statements` move from name to name; None if they do more."""
    moved: Copies = {}
    for node in statements:
        if isinstance(node, ast.Continue):
            break
        if isinstance(node, ast.Pass) or is_counter(node):
            continue
        if not isinstance(node, ast.Assign) or len(node.targets) != 1:
            return None
        pairs = named_pairs(node.targets[0], node.value)
        if pairs is None:
            return None
        moved.update([(target, moved.get(source, source)) for target, source in pairs])
    return moved


def is_counter(node: ast.stmt) -> bool:
    """True for a statement that has nothing to do with derivatives: ``i += 1``, a string."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant) or called_name(node.value) in ("print", "debug")
    value = getattr(node, "value", None)
    return isinstance(node, ast.AugAssign) and isinstance(value, ast.Constant) and value.value == 1


def named_pairs(target: ast.expr, value: ast.expr) -> list[tuple[str, str]] | None:
    if isinstance(target, ast.Name) and isinstance(value, ast.Name):
        return [(target.id, value.id)]
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        pairs = [named_pairs(*pair) for pair in zip(target.elts, value.elts, strict=False)]
        known = [pair for pair in pairs if pair is not None]
        if len(target.elts) == len(value.elts) == len(known):
            return [found for pair in known for found in pair]
    return None


def usable(moved: Copies | None, names: tuple[str, ...], bound: set[str]) -> Copies | None:
    """`moved` for the names that matter, if every variable it reads surely has a value."""
    if moved is None:
        return None
    wanted = {name: moved.get(name, name) for name in names}
    return wanted if all(source in bound for source in wanted.values()) else None


# which variables an iteration changes, and which have a value


def changed_names(loop: ast.stmt) -> set[str]:
    """The variables that the body assigns, or whose elements it assigns."""
    found = set()
    for node in own_nodes([loop.test] if isinstance(loop, ast.While) else []) + own_nodes(
        loop.body
    ):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            base = node.value
            while isinstance(base, ast.Subscript):
                base = base.value
            if isinstance(base, ast.Name):
                found.add(base.id)
    return found


def parts_of(loop: ast.stmt) -> list[ast.AST]:
    """The nodes of a loop's test and body."""
    return own_nodes([loop.test] if isinstance(loop, ast.While) else []) + own_nodes(loop.body)


def read_names(loop: ast.stmt) -> set[str]:
    """The variables that are given to a call, or have a method called, as they are."""
    found = set()
    for node in parts_of(loop):
        if isinstance(node, ast.Call):
            owner = node.func.value if isinstance(node.func, ast.Attribute) else None
            found |= {part.id for part in [*node.args, owner] if isinstance(part, ast.Name)}
    return found


def used_attributes(loop: ast.stmt) -> set[tuple[str, str]]:
    return {
        (node.value.id, node.attr)
        for node in parts_of(loop)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }


class Binding:
    """Which variables surely have a value, at each loop, `break` and `return` of a function.

    Attributes
    ----------
    at : their names, by identity of the statement.
    """

    def __init__(self, function: ast.FunctionDef | ast.AsyncFunctionDef):
        self.at: dict[int, set[str]] = {}
        a = function.args
        given = [*a.posonlyargs, *a.args, *a.kwonlyargs, a.vararg, a.kwarg]
        self.block(function.body, {argument.arg for argument in given if argument is not None})

    def block(self, statements: list[ast.stmt], bound: set[str]) -> set[str] | None:
        """The names bound after `statements`; None if control never gets there."""
        current: set[str] | None = set(bound)
        for node in statements:
            if current is None:
                return None
            self.at[id(node)] = set(current)
            current = self.statement(node, current)
        return current

    def statement(self, node: ast.stmt, bound: set[str]) -> set[str] | None:
        if isinstance(node, ast.Return | ast.Raise | ast.Break | ast.Continue):
            return None
        if isinstance(node, ast.If):
            return both(self.block(node.body, bound), self.block(node.orelse, bound))
        if isinstance(node, LOOPS):
            target = stored(node.target) if isinstance(node, ast.For) else set()
            self.block(node.body, bound | target)
            self.block(node.orelse, bound)
            return bound
        if isinstance(node, ast.With):
            names = {n for item in node.items if item.optional_vars for n in stored(item)}
            return self.block(node.body, bound | names)
        if isinstance(node, ast.Try):
            self.block(node.body, bound)
            for handler in node.handlers:
                self.block(handler.body, bound)
            self.block(node.orelse, bound)
            self.block(node.finalbody, bound)
            return bound
        if isinstance(node, ast.Match):
            for case in node.cases:
                self.block(case.body, bound)
            return bound
        if isinstance(node, ast.Delete):
            return bound - {n.id for n in walk(node) if isinstance(n, ast.Name)}
        if isinstance(node, SCOPES):
            return bound | {node.name}
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            return bound.union(*(stored(target) for target in targets))
        return bound


def both(first: set[str] | None, second: set[str] | None) -> set[str] | None:
    if first is None or second is None:
        return second if first is None else first
    return first & second


def stored(node: ast.AST) -> set[str]:
    return {
        part.id
        for part in walk(node)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
    }
