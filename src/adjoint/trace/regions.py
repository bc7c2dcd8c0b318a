"""Loops and functions that run as they stand where nothing live can be reached.

Rewritten code holds both versions of them, as they stand and with hooks, and asks a `Region` which
to run each time it comes there. The answer is only a matter of speed: a region that does not pay is
not asked again.
"""

import ast
import inspect
from collections.abc import Callable
from time import perf_counter_ns
from types import CellType
from typing import Any

from adjoint.source import FunctionNode
from adjoint.trace.closed_world import World, world_of
from adjoint.trace.footprint import Footprint, footprint
from adjoint.trace.scopes import exposed, own_names
from adjoint.trace.spellings import Bindings, bindings_of
from adjoint.trace.untouched import Found, untouched
from adjoint.walks import Visitor, copied, located, walk

NAME = "_adjoint_region"
MOST_NESTED = 2  # loops around one that are regions too: each makes one more copy of it
MOST_NODES = 2000
MOST_NODES_OF_FUNCTION = 800
MOST_OBJECTS = 4000
FAILURES = 4  # in a row, after which a region rests
LONGEST_REST = 64  # recordings
SAMPLE = 8  # entries after which it must pay
PATIENCE = 3  # calls of a function before the first look: most are called once
SHARE = 20  # of the time of a recording, at most one part in so many goes into asking of functions
CALLING = (ast.Call, ast.For, ast.While, ast.ListComp, ast.SetComp, ast.DictComp)


class Regions:
    """Finds the regions of one function for its `rewriter`, and writes them.

    Attributes
    ----------
    stretches : what each region may use, by its name.
    """

    def __init__(self, rewriter: Any):
        self.rewriter = rewriter
        self.stretches: dict[str, Footprint] = {}
        self.function: str | None = None  # the region that is the function itself
        self.names: frozenset[str] = frozenset()  # of the function's scope
        self.bindings: Bindings = {}
        self.nested = 0

    def enter(self, node: FunctionNode) -> None:
        """Note what the names of a function are, before it is rewritten."""
        self.names = own_names(node).union(self.rewriter.function.__code__.co_freevars)
        self.bindings = bindings_of(node)

    def loop(self, node: ast.For | ast.While, hook: Callable[[], list[ast.stmt]]) -> list[ast.stmt]:
        """The statements for a loop; `hook` rewrites it."""
        stretch = self.stretch(node)
        if stretch is None:
            return hook()
        name = f"{NAME}{len(self.stretches)}"
        self.stretches[name] = stretch
        plain = copied(node)
        reads = self.reads([node])
        self.nested += 1
        hooked = hook()
        self.nested -= 1
        made = self.versions(name, reads, [plain], hooked)
        return [located(statement, node) for statement in made]

    def whole(self, node: FunctionNode, hook: Callable[[], list[ast.stmt]]) -> list[ast.stmt]:
        """The statements for the body of a function; `hook` rewrites it."""
        nodes = walk(node)
        stretch = self.stretch_of_function(node, nodes)
        if stretch is None:
            return hook()
        self.function = name = f"{NAME}{len(self.stretches)}"
        self.stretches[name] = stretch
        body = node.body
        plain = [copied(statement) for statement in body]
        reads = sorted(self.given(nodes))
        made = self.versions(name, reads, plain, hook())
        return [located(statement, body[0]) for statement in made]

    def given(self, nodes: list[ast.AST]) -> set[str]:
        """The parameters and free variables that a function of these nodes may read."""
        code = self.rewriter.function.__code__
        count = code.co_argcount + code.co_kwonlyargcount
        count += bool(code.co_flags & inspect.CO_VARARGS)
        count += bool(code.co_flags & inspect.CO_VARKEYWORDS)
        named = {part.id for part in nodes if isinstance(part, ast.Name)}
        found = named.intersection(code.co_varnames[:count] + code.co_freevars)
        return found.union(code.co_varnames[:1]) if "super" in named else found

    def stretch_of_function(self, node: FunctionNode, nodes: list[ast.AST]) -> Footprint | None:
        """What a function may use; None if it is not to be a region."""
        is_worth_it = any(isinstance(part, CALLING) for part in nodes)
        is_small = len(nodes) <= MOST_NODES_OF_FUNCTION
        if not (isinstance(node, ast.FunctionDef) and is_worth_it and is_small):
            return None
        return footprint([*node.body], self.names, self.rewriter.class_name, self.bindings)

    def reads(self, statements: list[ast.stmt]) -> list[str]:
        """The names whose values `statements` may use; ``super()`` uses the first parameter."""
        found = exposed(statements)
        first = self.rewriter.function.__code__.co_varnames[:1]
        return sorted((found | set(first) if "super" in found else found) & self.names)

    def stretch(self, node: ast.For | ast.While) -> Footprint | None:
        """What a loop may use; None if it is not to be a region."""
        rewriter = self.rewriter
        if self.nested > MOST_NESTED or rewriter.in_class or rewriter.watching.watches:
            return None
        if len(walk(node)) > MOST_NODES:
            return None
        return footprint([node], self.names, rewriter.class_name, self.bindings)

    def versions(
        self, name: str, reads: list[str], plain: list[ast.stmt], hooked: list[ast.stmt]
    ) -> list[ast.stmt]:
        """Ask the region `name`, and run `plain` or `hooked`."""
        chosen = self.rewriter.temporary()
        asked = ast.Call(load(name), list(map(load, reads)), [])
        choice = ast.BoolOp(ast.And(), [load(name), asked])
        no_name = ast.ExceptHandler(load("NameError"), None, [assign(chosen, ast.Constant(None))])
        ended = Ended(chosen, self.rewriter.temporary())
        as_it_stands = [*ended.several(plain), ended.mark()]
        return [
            ast.Try([assign(chosen, choice)], [no_name], [], []),
            ast.If(load(chosen), as_it_stands, hooked),
        ]


class Ended(Visitor):
    """Tells the region in the variable `chosen` where its loop or function ends by a `return`."""

    def __init__(self, chosen: str, result: str):
        self.chosen = chosen
        self.result = result

    def mark(self) -> ast.stmt:
        return ast.Expr(ast.Call(ast.Attribute(load(self.chosen), "ended", ast.Load()), [], []))

    def visit_Return(self, node: ast.Return) -> list[ast.stmt]:
        if node.value is None:
            return [self.mark(), node]
        kept = located(assign(self.result, node.value), node)
        return [kept, self.mark(), located(ast.Return(load(self.result)), node)]

    def as_it_stands(self, node: ast.AST) -> ast.AST:
        return node

    visit_FunctionDef = visit_Lambda = as_it_stands


def load(name: str) -> ast.expr:
    return ast.Name(name, ast.Load())


def assign(name: str, value: ast.expr) -> ast.stmt:
    return ast.Assign([ast.Name(name, ast.Store())], value)


class Region:
    """One loop of one function at one level: decides which version of it runs.

    Attributes
    ----------
    cell : what rewritten code asks, before it calls it: this region, or None while it rests.
    """

    def __init__(self, level: Any, stretch: Footprint, scope: dict):
        self.level = level
        self.stretch = stretch
        self.scope = scope
        self.cell = CellType(self)
        self.recorders = []
        while level is not None:
            self.recorders.append(level.recorder)
            level = level.outer
        self.world: World | None = None
        self.failures = 0
        self.rest = self.next_rest = 0
        self.is_verified = False
        self.entries = self.asked = self.began = self.searched = self.spent = 0

    def __call__(self, *values: Any) -> "Region | None":
        """This region, if nothing live can be reached from `values` or by what the loop calls."""
        self.asked = perf_counter_ns()
        try:
            is_closed = self.is_closed(values)
        except Exception:  # objects may raise anything when they are looked at
            is_closed = False
        if not is_closed:
            self.failures += 1
            if self.failures >= FAILURES:
                self.pause()
            return None
        self.failures = 0
        self.began = perf_counter_ns()
        return self

    def ended(self) -> None:
        """Note how long the loop ran; a region that takes longer to search rests."""
        self.searched += self.began - self.asked
        self.spent += perf_counter_ns() - self.began
        self.entries += 1
        if self.entries == SAMPLE:
            if self.searched > self.spent:
                self.pause()
            else:
                self.next_rest = 0
            self.entries = self.searched = self.spent = 0

    def is_closed(self, values: tuple) -> bool:
        if self.recorders[0].observer is not None:
            return False
        if not self.is_verified:
            self.is_verified = True
            if self.world is not None and not self.world.has_same_classes():
                self.world = None
        contents = [] if self.world is None else self.world.contents()
        if contents is None:
            self.world, contents = None, []
        found = untouched([*values, *contents], self.recorders, MOST_OBJECTS)
        if found is None:
            return False
        world = self.world
        if world is None or not world.covers(found):
            world = self.world = self.looked_into(values, found)
        return world is not None and not (world.reads_numbers and self.level.texts.numbers)

    def looked_into(self, values: tuple, found: Found | None) -> World | None:
        """The closed world around `values`, if there is one and nothing in it is live."""
        kinds = set() if self.world is None else set(self.world.kinds)
        functions = {} if self.world is None else dict(self.world.functions)
        for _ in range(FAILURES):
            if found is None:
                return None
            kinds |= found.kinds
            functions |= found.functions
            world = world_of(self.stretch, self.scope, kinds, functions)
            contents = None if world is None else world.contents()
            if world is None or contents is None:
                return None
            found = untouched([*values, *contents], self.recorders, MOST_OBJECTS)
            if found is not None and world.covers(found):
                return world
        return None

    def pause(self) -> None:
        """Ask no more for some recordings, longer each time."""
        self.cell.cell_contents = None
        self.next_rest = min(2 * self.next_rest or 1, LONGEST_REST)
        self.rest = self.next_rest

    def forget(self) -> None:
        """Classes may have changed."""
        self.is_verified = False

    def next_recording(self) -> None:
        self.is_verified = False
        if self.cell.cell_contents is None:
            self.rest -= 1
            if self.rest < 0:
                self.cell.cell_contents = self
                self.failures = FAILURES - 1


class FunctionRegion(Region):
    """The same for a whole function.

    What it may call can be much, and many functions are called once: it is asked after some calls,
    and never for long, compared with what the recording has taken so far.
    """

    calls = 0

    def __call__(self, *values: Any) -> "Region | None":
        level = self.level
        self.calls += 1
        began = perf_counter_ns()
        if self.calls <= PATIENCE or SHARE * level.asking > began - level.began:
            return None
        chosen = super().__call__(*values)
        level.asking += perf_counter_ns() - began
        return chosen
