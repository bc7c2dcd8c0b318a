"""Rewrites the source of one function so that what could carry a derivative passes a hook.

The rewritten function does what the original does, in the same order, with the same names, files
and lines; control flow, exceptions, generators and closures are CPython's own.
"""

import ast
import functools
from collections.abc import Callable
from types import BuiltinFunctionType, FunctionType, ModuleType

from adjoint.rules.ruleset import Form, lookup
from adjoint.source import FunctionNode
from adjoint.trace.class_statements import with_metaclass
from adjoint.trace.closing_in import SITES, Position, deciding, position
from adjoint.trace.expressions import TreeBuilder, has_operand, is_literal
from adjoint.trace.kernels import SYMBOLS, Kernels, Operation
from adjoint.trace.matching import Pattern, is_followed
from adjoint.trace.regions import Regions
from adjoint.trace.shortcuts import Shortcuts
from adjoint.trace.watching import Watching
from adjoint.walks import Visitor, completed, copied, located

PREFIX = "_adjoint_"
# These read the frame of their caller, so they must stay direct calls.
LISTING_NAMES = frozenset({"locals", "vars", "dir"})
FRAME_READERS = frozenset({"super", "locals", "globals", "vars", "dir", "eval", "exec"})
OTHER_OPERATORS = {
    ast.FloorDiv: ("floordiv", "ifloordiv"),
    ast.MatMult: ("matmul", "imatmul"),
    ast.BitAnd: ("and_", "iand"),
    ast.BitOr: ("or_", "ior"),
    ast.BitXor: ("xor", "ixor"),
    ast.LShift: ("lshift", "ilshift"),
    ast.RShift: ("rshift", "irshift"),
}
COMPARISONS = {
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
    ast.Eq: "eq",
    ast.NotEq: "ne",
}


class Rewriter(Visitor):
    """Rewrites the body of one function; nested functions stay as they are.

    Attributes
    ----------
    hooks : the names of the hooks that the rewritten code refers to, without the prefix.
    """

    def __init__(self, function: FunctionType, class_name: str | None):
        self.function = function
        self.class_name = class_name
        code = function.__code__
        self.kernels = Kernels(code.co_filename, code.co_name)
        self.shortcuts = Shortcuts(self)
        self.locals = {*code.co_varnames, *code.co_cellvars, *code.co_freevars}
        self.hooks: set[str] = set()
        self.temporaries = 0
        self.depths: dict[ast.expr, int] = {}  # of expressions, see TreeBuilder
        self.in_class = False
        self.watching = Watching(self)
        self.deciding: set[Position] = set()  # the comparisons that may be those of a search
        self.regions = Regions(self)

    def rewrite(self, node: FunctionNode) -> FunctionNode:
        """A rewritten copy of `node`, without decorators, defaults and annotations."""
        node = copied(node)
        self.deciding = deciding(node)
        a = node.args
        a.defaults, a.kw_defaults = [], [None] * len(a.kwonlyargs)
        for argument in [*a.posonlyargs, *a.args, *a.kwonlyargs, a.vararg, a.kwarg]:
            if argument is not None:
                argument.annotation = None
        if isinstance(node, ast.Lambda):
            node.body = self.visit(node.body)
            return node
        self.watching.find(node)
        self.regions.enter(node)
        node.decorator_list, node.returns = [], None
        if hasattr(node, "type_params"):
            node.type_params = []
        body = node.body
        node.body = self.regions.whole(node, lambda: self.block(body))
        return node

    # building blocks

    def hook(self, name: str) -> ast.Name:
        self.hooks.add(name)
        return ast.Name(PREFIX + name, ast.Load())

    def call(self, name: str, *args: ast.expr, at: ast.AST) -> ast.Call:
        return located(ast.Call(self.hook(name), list(args), []), at)

    def temporary(self) -> str:
        self.temporaries += 1
        return f"{PREFIX}t{self.temporaries}"

    def keep(self, value: ast.expr, statements: list[ast.stmt]) -> Callable[[], ast.expr]:
        """Store `value` in a temporary by a new statement; returns a maker of loads of it."""
        name = self.temporary()
        target = ast.Name(name, ast.Store())
        statements.append(located(ast.Assign([target], value), value))
        return lambda: located(ast.Name(name, ast.Load()), value)

    def tidied(self, statements: list[ast.stmt], before: int, node: ast.stmt) -> list[ast.stmt]:
        """The `statements` made for `node`; its temporaries end with it, and what they hold."""
        numbers = range(before + 1, self.temporaries + 1)
        names: list[ast.expr] = [ast.Name(f"{PREFIX}t{n}", ast.Del()) for n in numbers]
        if names:
            statements = [*statements, ast.Delete(names)]
        return [located(statement, node) for statement in statements]

    def block(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        result: list[ast.stmt] = []
        for statement in statements:
            new = self.visit(statement)
            result.extend(new if isinstance(new, list) else [new])
        return result

    def attribute_name(self, node: ast.Attribute) -> ast.Constant:
        name = node.attr
        if self.class_name and name.startswith("__") and not name.endswith("__"):
            stripped = self.class_name.lstrip("_")
            name = f"_{stripped}{name}" if stripped else name
        return located(ast.Constant(name), node)

    # arithmetic

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        plain = self.shortcuts.plain_whole(node)
        if type(node.op) in SYMBOLS:
            return self.shortcuts.whole(plain, self.kernel(node))
        left, right = self.visit(node.left), self.visit(node.right)
        name = OTHER_OPERATORS[type(node.op)][0]
        hooked = self.call("binary", self.hook(name), left, right, at=node)
        return self.shortcuts.whole(plain, hooked)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        if isinstance(node.op, ast.Not) or is_literal(node):
            return self.generic_visit(node)
        if isinstance(node.op, ast.Invert):
            return self.call("unary", self.hook("invert"), self.visit(node.operand), at=node)
        return self.kernel(node)

    def kernel(self, node: ast.BinOp | ast.UnaryOp) -> ast.expr:
        builder = TreeBuilder(self, node)
        tree = builder.build(node)
        return builder.finish(tree, node)

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        if asks_in_turn(node):
            return self.visit(in_turn(node))
        if len(node.ops) > 1 or type(node.ops[0]) not in COMPARISONS:
            self.generic_visit(node)
            is_membership = len(node.ops) == 1 and isinstance(node.ops[0], ast.In | ast.NotIn)
            return self.shortcuts.membership(node) if is_membership else node
        left, right = (
            self.watching.operand(part, node) for part in (node.left, node.comparators[0])
        )
        function = self.hook(COMPARISONS[type(node.ops[0])])
        if isinstance(node.ops[0], ast.Eq | ast.NotEq):
            compared = self.call("compare", function, left, right, at=node)
            if self.watching.watches:
                return self.watching.test(node, compared.args)
            return self.shortcuts.compare(node, compared, "equated_types")
        kind = "marked" if position(node) in self.deciding else "asking"
        site = f"{kind}_{next(SITES)}"
        if self.watching.watches:
            return self.watching.test(node, [function, left, right], self.hook(site))
        compared = self.call("decide", function, left, right, self.hook(site), at=node)
        return self.shortcuts.compare(node, compared, site)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.BoolOp:
        node.values = self.watching.outcomes(node)
        return node

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.FormattedValue:
        self.generic_visit(node)
        how = [ast.Constant(node.conversion), node.format_spec or ast.Constant("")]
        text = self.call("formatted", node.value, *how, at=node)
        return located(ast.FormattedValue(text, -1, None), node)

    # calls, subscripts, attributes

    def visit_Call(self, node: ast.Call) -> ast.expr:
        builder = TreeBuilder(self, node)
        is_kernel = self.math_function(node) is not None and has_operand(node)
        if is_kernel and builder.are_together(node.args):
            return builder.finish(builder.build(node), node)
        return self.hooked_call(node)

    def math_function(self, node: ast.expr) -> Callable | None:
        """The function of `math` that a call calls, as far as can be seen now."""
        if not isinstance(node, ast.Call) or node.keywords:
            return None
        if any(isinstance(arg, ast.Starred) for arg in node.args):
            return None
        name, scope = node.func, self.function.__globals__
        if isinstance(name, ast.Attribute) and self.is_module(name.value):
            found = getattr(scope[name.value.id], name.attr, None)
        elif isinstance(name, ast.Name) and name.id not in self.locals:
            found = scope.get(name.id)
        else:
            return None
        if not isinstance(found, BuiltinFunctionType) or found.__module__ != "math":
            return None
        rule = lookup(found, len(node.args))
        fits = rule is not None and rule.form is Form.ELEMENTWISE
        return found if fits and len(rule.partials) == len(node.args) else None

    def hooked_call(self, node: ast.Call) -> ast.expr:
        args = [self.visit(arg) for arg in node.args]
        keywords = [located(ast.keyword(k.arg, self.visit(k.value)), k) for k in node.keywords]
        if isinstance(node.func, ast.Name) and self.is_frame_reader(node.func.id):
            if node.func.id in ("eval", "exec"):
                return self.dynamic_code(node, args, keywords)
            direct = located(ast.Call(node.func, args, keywords), node)
            lists_names = not args and not keywords and node.func.id in LISTING_NAMES
            return self.call("own_names", direct, at=node) if lists_names else direct
        if isinstance(node.func, ast.Attribute) and not self.is_module(node.func.value):
            return located(self.shortcuts.method(node.func, args, keywords), node)
        function = self.shortcuts.function(node.func)
        hooked = located(ast.Call(function, args, keywords), node)
        return self.shortcuts.length(node, hooked) if self.shortcuts.is_length(node) else hooked

    def dynamic_code(self, node: ast.Call, args: list, keywords: list) -> ast.expr:
        """``eval`` or ``exec``, which are told the variables around them."""
        scopes = [ast.Call(self.hook(name), [], []) for name in ("globals", "locals")]
        caller = located(ast.Tuple(scopes, ast.Load()), node)
        return located(ast.Call(self.hook(node.func.id), [caller, *args], keywords), node)

    def is_frame_reader(self, name: str) -> bool:
        return (
            name in FRAME_READERS
            and name not in self.locals
            and name not in self.function.__globals__
        )

    def visit_Starred(self, node: ast.Starred) -> ast.expr:
        if isinstance(node.ctx, ast.Load):
            node.value = self.shortcuts.iterated(node.value, self.visit(node.value))
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        if not isinstance(node.ctx, ast.Load):
            return node
        return self.shortcuts.item(node)

    def index(self, node: ast.expr) -> ast.expr:
        if isinstance(node, ast.Slice):
            parts = [self.index(p) if p else None for p in (node.lower, node.upper, node.step)]
            none = [located(ast.Constant(None), node) if p is None else p for p in parts]
            return self.call("slice", *none, at=node)
        if isinstance(node, ast.Tuple):
            elements = [self.index(element) for element in node.elts]
            return located(ast.Tuple(elements, ast.Load()), node)
        return self.visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if not isinstance(node.ctx, ast.Load) or self.is_module(node.value):
            return node
        return self.shortcuts.read(node)

    def is_module(self, node: ast.expr) -> bool:
        """True for the name of an imported module: its attributes need no hook."""
        return (
            isinstance(node, ast.Name)
            and node.id not in self.locals
            and isinstance(self.function.__globals__.get(node.id), ModuleType)
        )

    # assignments

    def visit_Assign(self, node: ast.Assign) -> list[ast.stmt]:
        statements: list[ast.stmt] = []
        before = self.temporaries
        value = self.visit(node.value)
        if len(node.targets) > 1:
            load = self.keep(value, statements)
            for target in node.targets:
                self.assign(target, load(), statements)
        else:
            self.assign(node.targets[0], value, statements)
        return self.tidied(statements, before, node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt | list[ast.stmt]:
        if self.in_class:
            node.value = node.value and self.visit(node.value)
            return node
        if node.value is None:
            node.annotation = located(ast.Constant(None), node)
            return node
        plain = located(ast.Assign([node.target], node.value), node)
        return self.visit_Assign(plain)

    def assign(self, target: ast.expr, value: ast.expr, statements: list[ast.stmt]) -> None:
        """Append the statements of ``target = value``, where `value` is rewritten already."""
        if isinstance(target, ast.Subscript):
            statements.extend(self.shortcuts.store(target, value))
        elif isinstance(target, ast.Attribute):
            statements.extend(self.shortcuts.write(target, value))
        elif isinstance(target, ast.Tuple | ast.List):
            simple, later = self.simple_target(target)
            if not self.unpacks_itself(simple, value):
                pattern = self.pattern(simple)
                hooked = self.call("unpack", value, pattern, at=target)
                is_nested = isinstance(pattern.value, tuple) and tuple in map(type, pattern.value)
                value = hooked if is_nested else self.shortcuts.unpacked(value, hooked)
            statements.append(ast.Assign([simple], value))
            for inner, load in later:
                self.assign(inner, load, statements)
        else:
            statements.append(ast.Assign([target], value))

    def unpacks_itself(self, target: ast.Tuple | ast.List, value: ast.expr) -> bool:
        """True for ``a, b = x, y``, which needs no hook."""
        return (
            isinstance(value, ast.Tuple)
            and len(value.elts) == len(target.elts)
            and all(isinstance(element, ast.Name) for element in target.elts)
            and not any(isinstance(element, ast.Starred) for element in value.elts)
        )

    def simple_target(self, target: ast.expr) -> tuple[ast.expr, list]:
        """`target` with names only; and what is to be assigned from the new names afterwards."""
        later: list = []

        def simplify(node: ast.expr) -> ast.expr:
            if isinstance(node, ast.Subscript | ast.Attribute):
                name = self.temporary()
                later.append((node, located(ast.Name(name, ast.Load()), node)))
                return located(ast.Name(name, ast.Store()), node)
            if isinstance(node, ast.Starred):
                return located(ast.Starred(simplify(node.value), ast.Store()), node)
            if isinstance(node, ast.Tuple | ast.List):
                elements = [simplify(element) for element in node.elts]
                return located(ast.Tuple(elements, ast.Store()), node)
            return node

        return simplify(target), later

    def pattern(self, target: ast.expr) -> ast.Constant:
        """The nesting of an unpacking: None for a name, ``"*"`` for a starred one."""

        def of(node: ast.expr) -> object:
            if isinstance(node, ast.Tuple | ast.List):
                return tuple(of(element) for element in node.elts)
            return "*" if isinstance(node, ast.Starred) else None

        return located(ast.Constant(of(target)), target)

    def visit_AugAssign(self, node: ast.AugAssign) -> list[ast.stmt]:
        statements: list[ast.stmt] = []
        before = self.temporaries
        target = node.target
        if isinstance(target, ast.Name):
            old = located(ast.Name(target.id, ast.Load()), target)
            plain = self.shortcuts.plain_whole(node)
            value = self.shortcuts.whole(plain, self.augmented(node, old))
            statements.append(ast.Assign([target], value))
            return [located(statement, node) for statement in statements]
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
            old = self.shortcuts.read(
                located(ast.Attribute(target.value, target.attr, ast.Load()), target)
            )
            kept = self.keep(old, statements)
            statements.extend(self.shortcuts.write(target, self.augmented(node, kept())))
            return self.tidied(statements, before, node)
        owner = self.keep(self.visit(target.value), statements)
        if isinstance(target, ast.Subscript):
            index = self.keep(self.index(target.slice), statements)
            load, store = "load", "store"
        else:
            index = functools.partial(self.attribute_name, target)
            load, store = "attribute", "set_attribute"
        old = self.keep(self.call(load, owner(), index(), at=target), statements)
        value = self.augmented(node, old())
        statements.append(ast.Expr(self.call(store, value, owner(), index(), at=node)))
        return self.tidied(statements, before, node)

    def augmented(self, node: ast.AugAssign, old: ast.expr) -> ast.expr:
        if type(node.op) not in SYMBOLS:
            plain, in_place = OTHER_OPERATORS[type(node.op)]
            operators = (self.hook(in_place), self.hook(plain))
            return self.call("inplace", *operators, old, self.visit(node.value), at=node)
        builder = TreeBuilder(self, node)
        symbol, function, in_place = SYMBOLS[type(node.op)]
        left = builder.build(old)
        right = builder.build(node.value)
        return builder.finish(Operation(symbol, function, (left, right), in_place), node)

    def visit_Delete(self, node: ast.Delete) -> list[ast.stmt]:
        statements: list[ast.stmt] = []
        for target in node.targets:
            if isinstance(target, ast.Subscript):
                place = (self.visit(target.value), self.index(target.slice))
                statements.append(ast.Expr(self.call("delete", *place, at=target)))
            elif isinstance(target, ast.Attribute):
                place = (self.visit(target.value), self.attribute_name(target))
                statements.append(ast.Expr(self.call("delete_attribute", *place, at=target)))
            elif isinstance(target, ast.Tuple | ast.List):
                inner = located(ast.Delete(target.elts), node)
                statements.extend(self.visit_Delete(inner))
            else:
                statements.append(ast.Delete([target]))
        return [located(statement, node) for statement in statements]

    # iteration

    def visit_For(self, node: ast.For) -> list[ast.stmt]:
        return self.regions.loop(node, lambda: self.hooked_for(node))

    def hooked_for(self, node: ast.For) -> list[ast.stmt]:
        site = self.watching.site(node)
        before = self.temporaries
        node.target, later = self.simple_target(node.target)
        node.iter = self.rows(node.iter, node.target)
        first: list[ast.stmt] = []
        for inner, load in later:
            self.assign(inner, load, first)
        first = self.tidied(first, before, node)
        if site is not None:
            return self.watching.watched(node, site, first)
        node.body = [*first, *self.block(node.body)]
        node.orelse = self.block(node.orelse)
        return [node]

    def visit_While(self, node: ast.While) -> list[ast.stmt]:
        return self.regions.loop(node, lambda: self.hooked_while(node))

    def hooked_while(self, node: ast.While) -> list[ast.stmt]:
        site = self.watching.site(node)
        return [self.generic_visit(node)] if site is None else self.watching.watched(node, site, [])

    def visit_Break(self, node: ast.Break) -> list[ast.stmt]:
        return [*self.watching.leaving(node), node]

    def visit_Return(self, node: ast.Return) -> list[ast.stmt]:
        leaving = self.watching.leaving(node)
        return [*leaving, self.generic_visit(node)]

    def rows(self, iterable: ast.expr, target: ast.expr) -> ast.expr:
        value = self.visit(iterable)
        if isinstance(target, ast.Tuple | ast.List):
            return self.call("rows", value, self.pattern(target), at=iterable)
        return self.shortcuts.iterated(iterable, value)

    def visit_comprehension(self, node: ast.comprehension) -> ast.comprehension:
        if node.is_async:
            node.iter = self.call("advance", self.visit(node.iter), at=node.iter)
            node.ifs = [self.visit(condition) for condition in node.ifs]
            return node
        node.iter = self.rows(node.iter, node.target)
        node.ifs = [self.visit(condition) for condition in node.ifs]
        return node

    def visit_YieldFrom(self, node: ast.YieldFrom) -> ast.expr:
        node.value = self.shortcuts.iterated(node.value, self.visit(node.value))
        return node

    # statements with parts that are not expressions, or that stay as they are

    def visit_With(self, node: ast.With) -> ast.stmt:
        first: list[ast.stmt] = []
        before = self.temporaries
        for item in node.items:
            manage = "manage_async" if isinstance(node, ast.AsyncWith) else "manage"
            item.context_expr = self.call(manage, self.visit(item.context_expr), at=node)
            target = item.optional_vars
            if target is not None and not isinstance(target, ast.Name):
                name = self.temporary()
                item.optional_vars = located(ast.Name(name, ast.Store()), target)
                load = located(ast.Name(name, ast.Load()), target)
                self.assign(target, load, first)
        first = self.tidied(first, before, node)
        node.body = [*first, *self.block(node.body)]
        return node

    def visit_Match(self, node: ast.Match) -> ast.stmt | list[ast.stmt]:
        if is_followed(node):
            return self.matched(node)
        node.subject = self.visit(node.subject)
        for case in node.cases:
            if case.guard is not None:
                case.guard = self.visit(case.guard)
            case.body = self.block(case.body)
        return node

    def matched(self, node: ast.Match) -> list[ast.stmt]:
        """A `match` statement as one `if` after the other, each for a case not reached before."""
        statements: list[ast.stmt] = []
        subject = self.keep(self.visit(node.subject), statements)
        rest = statements
        for case in node.cases:
            pattern = Pattern(case.pattern)
            constants = [ast.Constant(part) for part in (pattern.form, tuple(pattern.names))]
            values = [self.visit(expression) for expression in pattern.expressions]
            found = self.keep(
                self.call("match", subject(), *constants, *values, at=case.pattern), rest
            )
            is_found = ast.Compare(found(), [ast.IsNot()], [ast.Constant(None)])
            names = [ast.Name(name, ast.Store()) for name in pattern.names]
            bind = [ast.Assign([ast.Tuple(names, ast.Store())], found())] if names else []
            chosen = self.temporary()
            done = ast.Assign([ast.Name(chosen, ast.Store())], ast.Constant(True))
            first = ast.Assign([ast.Name(chosen, ast.Store())], ast.Constant(False))
            guard = [done] if case.guard is None else [ast.If(self.visit(case.guard), [done], [])]
            rest.extend([first, ast.If(is_found, [*bind, *guard], [])])
            after = ast.If(ast.Name(chosen, ast.Load()), self.block(case.body), [])
            rest.append(after)
            rest = after.orelse
        return [completed(located(s, node)) for s in statements]

    def visit_AsyncFor(self, node: ast.AsyncFor) -> ast.stmt:
        node.iter = self.call("advance", self.visit(node.iter), at=node.iter)
        node.target, later = self.simple_target(node.target)
        first: list[ast.stmt] = []
        for inner, load in later:
            self.assign(inner, load, first)
        first = [located(statement, node) for statement in first]
        node.body = [*first, *self.block(node.body)]
        node.orelse = self.block(node.orelse)
        return node

    def visit_AsyncWith(self, node: ast.AsyncWith) -> ast.stmt:
        return self.visit_With(node)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.stmt:
        node.decorator_list = [self.visit(decorator) for decorator in node.decorator_list]
        self.visit_defaults(node.args)
        return node

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> ast.expr:
        self.visit_defaults(node.args)
        return node

    def visit_defaults(self, args: ast.arguments) -> None:
        args.defaults = [self.visit(default) for default in args.defaults]
        args.kw_defaults = [d and self.visit(d) for d in args.kw_defaults]

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.stmt:
        node.decorator_list = [self.visit(decorator) for decorator in node.decorator_list]
        node.bases = [self.visit(base) for base in node.bases]
        for keyword in node.keywords:
            keyword.value = self.visit(keyword.value)
        with_metaclass(node, functools.partial(self.call, "metaclass", at=node))
        outer, self.class_name = self.class_name, node.name
        self.in_class, was_in_class = True, self.in_class
        node.body = self.block(node.body)
        self.class_name, self.in_class = outer, was_in_class
        return node


def asks_in_turn(node: ast.Compare) -> bool:
    """True for ``a < b == c``, if reading `b` twice is reading it once."""
    between = node.comparators[:-1]
    is_steady = all(isinstance(part, ast.Name | ast.Constant) for part in between)
    return (
        bool(between) and is_steady and any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops)
    )


def in_turn(node: ast.Compare) -> ast.expr:
    """``a < b and b == c`` for ``a < b == c``."""
    operands = [node.left, *node.comparators]
    pairs = zip(operands, node.ops, operands[1:], strict=False)
    asked: list[ast.expr] = [
        located(ast.Compare(copied(left), [op], [copied(right)]), node) for left, op, right in pairs
    ]
    return located(ast.BoolOp(ast.And(), asked), node)
