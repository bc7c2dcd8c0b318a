"""Writes what rewritten code does where no hook is needed: a test of types, then plain Python.

Each shortcut is an expression ``plain if the types allow it else hook(...)``. The tests read names
and attributes that run no code of the user's, so what is read twice is the same both times. Both
hold the same nodes: what is only read is not rewritten in place.
"""

import ast
from typing import Any

from adjoint.trace.plain_types import COMPARED
from adjoint.walks import located

MOST_PARTS = 8
MOST_NAMES = 2  # whose types are tested before whole numbers are calculated with
WHOLE = (  # of whole numbers they make whole numbers
    ast.Add,
    ast.Sub,
    ast.Mult,
    ast.FloorDiv,
    ast.Mod,
    ast.BitAnd,
    ast.BitOr,
    ast.BitXor,
    ast.LShift,
    ast.RShift,
)
DEEPEST = 3  # attributes in a row; the tests of a chain grow with its square


class Shortcuts:
    """Writes the shortcuts of one function for its `rewriter`."""

    def __init__(self, rewriter: Any):
        self.rewriter = rewriter

    def read(self, node: ast.Attribute) -> ast.expr:
        """``owner.name``, without the hook if the owner's type is known to be plain."""
        hooked = self.hooked(node)
        if not self.is_steady(node):
            return hooked
        return self.choice(self.tests(node), node, hooked, node)

    def hooked(self, node: ast.expr) -> ast.expr:
        """`node` with a hook for each attribute of the chain that it is."""
        rewriter = self.rewriter
        if not isinstance(node, ast.Attribute) or rewriter.is_module(node.value):
            return rewriter.visit(node)
        name = rewriter.attribute_name(node)
        owner = self.hooked(node.value) if self.is_steady(node) else rewriter.visit(node.value)
        return rewriter.call("attribute", owner, name, at=node)

    def method(self, node: ast.Attribute, args: list, keywords: list) -> ast.Call:
        """``owner.name(...)``: the method is looked up by the owner's type."""
        rewriter = self.rewriter
        name = rewriter.attribute_name(node).value
        if isinstance(node.value, ast.Name):
            known, find = self.free(f"methods_{name}"), self.free(f"method_{name}")
            place = ast.Subscript(known, self.type_of(node.value), ast.Load())
            test = ast.Compare(self.type_of(node.value), [ast.In()], [known])
            found = ast.Call(find, [node.value], [])
            function = ast.IfExp(test, place, found)
            args = [node.value, *args]
        else:
            owner = rewriter.visit(node.value)
            function = ast.Call(self.free(f"bound_{name}"), [owner], [])
        return ast.Call(located(function, node), args, keywords)

    def function(self, node: ast.expr) -> ast.expr:
        """What to call for `node`, the callee of a call."""
        rewriter = self.rewriter
        found = rewriter.visit(node)
        hooked = rewriter.call("callee", found, at=node)
        if not isinstance(node, ast.Name):
            return hooked
        test = ast.Compare(self.type_of(node), [ast.In()], [rewriter.hook("callable_types")])
        known = ast.Subscript(rewriter.hook("known"), node, ast.Load())
        return self.choice([test], known, hooked, node)

    def compare(self, node: ast.Compare, hooked: ast.expr, kinds: str) -> ast.expr:
        """A comparison, without the hook if both operands are of types in the set `kinds`."""
        tests: list[ast.expr] = []
        for operand in (node.left, *node.comparators):
            if self.is_length(operand):
                tests += self.length_tests(operand)
            elif self.is_steady(operand):
                tests += [*self.tests(operand), self.is_in(operand, kinds)]
            elif not is_plain_constant(operand):
                return hooked
        return self.choice(tests, node, hooked, node) if tests else hooked

    def membership(self, node: ast.Compare) -> ast.expr:
        """``item in owner``, without the hook if that is plain: no number is compared with others,
        and the owner is a builtin container."""
        item, owner = node.left, node.comparators[0]
        is_number = not isinstance(item, ast.Constant | ast.Tuple)
        is_written = isinstance(owner, ast.Constant | ast.Tuple | ast.List | ast.Set | ast.Dict)
        if is_written and not (is_number and holds_numbers(owner)):
            return node
        hooked: ast.expr = self.rewriter.call("contains", item, owner, at=node)
        if isinstance(node.ops[0], ast.NotIn):
            hooked = located(ast.UnaryOp(ast.Not(), hooked), node)
        tests = [] if is_written else [self.is_in(owner, "containers")]
        if is_number:
            tests.append(self.is_in(item, "equated_types"))
        is_short = isinstance(item, ast.Name) or not is_number
        if not is_short or not (is_written or isinstance(owner, ast.Name)):
            return hooked
        return self.choice(tests, node, hooked, node)

    def write(self, target: ast.Attribute, value: ast.expr) -> list[ast.stmt]:
        """``owner.name = value``, where `value` is rewritten already."""
        rewriter = self.rewriter
        name = rewriter.attribute_name(target)
        if not isinstance(target.value, ast.Name) or rewriter.in_class:
            place = (rewriter.visit(target.value), name)
            return [ast.Expr(rewriter.call("set_attribute", value, *place, at=target))]
        kept = rewriter.temporary()
        load = ast.Name(kept, ast.Load())
        owner = target.value
        kinds = self.free(f"writable_{name.value}")
        hook = rewriter.call("set_attribute", load, owner, name, at=target)
        return [
            ast.Assign([ast.Name(kept, ast.Store())], value),
            ast.If(
                ast.Compare(self.type_of(owner), [ast.In()], [kinds]),
                [located(ast.Assign([target], load), target)],
                [located(ast.Expr(hook), target)],
            ),
        ]

    # items of builtin containers, lengths, whole numbers

    def item(self, node: ast.Subscript) -> ast.expr:
        """``owner[index]``, without the hook if the owner is a builtin container."""
        rewriter, owner = self.rewriter, node.value
        if not self.is_steady(owner) or not self.is_short(node.slice):
            return rewriter.call("load", rewriter.visit(owner), rewriter.index(node.slice), at=node)
        index = rewriter.index(node.slice)
        written = index
        if isinstance(node.slice, ast.Slice):  # from the arguments of the slice
            written = ast.Slice(*(None if is_none(part) else part for part in index.args))
        plain = located(ast.Subscript(owner, written, ast.Load()), node)
        tests = [*self.tests(owner), self.is_in(owner, "plain_containers")]
        hooked = rewriter.call("load", rewriter.visit(owner), index, at=node)
        return self.choice(tests, plain, hooked, node)

    def store(self, target: ast.Subscript, value: ast.expr) -> list[ast.stmt]:
        """``owner[index] = value``, where `value` is rewritten already."""
        rewriter = self.rewriter
        place = (rewriter.visit(target.value), rewriter.index(target.slice))
        is_plain = isinstance(target.value, ast.Name) and self.is_key(target.slice)
        if not is_plain or rewriter.in_class:
            return [ast.Expr(rewriter.call("store", value, *place, at=target))]
        kept = rewriter.temporary()
        load = ast.Name(kept, ast.Load())
        tests = [self.is_in(target.value, "filled_containers")]
        if isinstance(target.slice, ast.Name):
            tests.append(self.is_in(target.slice, "equated_types"))
        hook = rewriter.call("store", load, *place, at=target)
        return [
            ast.Assign([ast.Name(kept, ast.Store())], value),
            ast.If(
                tests[0] if len(tests) == 1 else ast.BoolOp(ast.And(), tests),
                [located(ast.Assign([target], load), target)],
                [located(ast.Expr(hook), target)],
            ),
        ]

    def length(self, node: ast.Call, hooked: ast.expr) -> ast.expr:
        """``len(owner)``, without the hook if `len` is Python's and the owner a container."""
        return self.choice(self.length_tests(node), node, hooked, node)

    def is_length(self, node: ast.expr) -> bool:
        """True for ``len(owner)``, as it is written, of a name or of attributes of one."""
        is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        if not is_call or node.func.id != "len" or node.keywords or len(node.args) != 1:
            return False
        return self.is_steady(node.args[0])

    def length_tests(self, node: ast.Call) -> list[ast.expr]:
        """That `len` is Python's, and its argument a container of Python's."""
        (owner,) = node.args
        builtin = ast.Compare(node.func, [ast.Is()], [self.free("len")])
        return [builtin, *self.tests(owner), self.is_in(owner, "containers")]

    def unpacked(self, value: ast.expr, hooked: ast.expr) -> ast.expr:
        """What is unpacked without nesting: a tuple or list as it is."""
        if not isinstance(value, ast.Name):
            return hooked
        return self.choice([self.is_in(value, "rows_types")], value, hooked, value)

    def iterated(self, node: ast.expr, value: ast.expr) -> ast.expr:
        """What is iterated over for `node`, rewritten to `value`: a builtin container as it is."""
        hooked = self.rewriter.call("iterate", value, at=node)
        if not isinstance(node, ast.Name):
            return hooked
        return self.choice([self.is_in(node, "plain_containers")], value, hooked, node)

    def plain_whole(self, node: ast.BinOp | ast.AugAssign) -> ast.BinOp | None:
        """Arithmetic that is of whole numbers if its names are; None for other."""
        if isinstance(node, ast.AugAssign):
            old = ast.Name(node.target.id, ast.Load())
            node = located(ast.BinOp(old, node.op, node.value), node)
        return node if whole_names(node) else None

    def whole(self, node: ast.BinOp | None, hooked: ast.expr) -> ast.expr:
        """Arithmetic of whole numbers, which never carry a derivative."""
        names = [] if node is None else whole_names(node)
        if not names:
            return hooked
        tests: list[ast.expr] = [
            ast.Compare(
                self.type_of(ast.Name(name, ast.Load())), [ast.Is()], [self.rewriter.hook("int")]
            )
            for name in names
        ]
        return self.choice(tests, node, hooked, node)

    # parts

    def is_in(self, node: ast.expr, kinds: str) -> ast.expr:
        return ast.Compare(self.type_of(node), [ast.In()], [self.rewriter.hook(kinds)])

    def is_key(self, node: ast.expr) -> bool:
        """True for an index that is a name or a constant."""
        return isinstance(node, ast.Name | ast.Constant) or is_negative(node)

    def is_short(self, node: ast.expr) -> bool:
        """True for an index that may be written twice: little code, whatever it does when run."""
        if isinstance(node, ast.Slice):
            parts = (node.lower, node.upper, node.step)
            return all(part is None or self.is_short(part) for part in parts)
        return self.is_key(node) or bool(whole_names(node))

    def is_steady(self, node: ast.expr, depth: int = 0) -> bool:
        """True for a name, or attributes of one: nothing happens when it is read twice."""
        if isinstance(node, ast.Name):
            return isinstance(node.ctx, ast.Load)
        if not isinstance(node, ast.Attribute) or depth == DEEPEST:
            return False
        return self.is_steady(node.value, depth + 1)

    def tests(self, node: ast.expr) -> list[ast.expr]:
        """That reading `node` needs no hook, from its name outwards."""
        if not isinstance(node, ast.Attribute) or self.rewriter.is_module(node.value):
            return []
        name = self.rewriter.attribute_name(node).value
        kinds = self.free(f"readable_{name}")
        here = ast.Compare(self.type_of(node.value), [ast.In()], [kinds])
        return [*self.tests(node.value), here]

    def type_of(self, node: ast.expr) -> ast.expr:
        return ast.Call(self.rewriter.hook("type"), [node], [])

    def free(self, name: str) -> ast.Name:
        return self.rewriter.hook(name)

    def choice(
        self, tests: list[ast.expr], plain: ast.expr, hooked: ast.expr, at: ast.AST
    ) -> ast.expr:
        test = tests[0] if len(tests) == 1 else ast.BoolOp(ast.And(), tests)
        return located(ast.IfExp(test, plain, hooked), at)


def is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def holds_numbers(owner: ast.expr) -> bool:
    """True if what is written out may hold a number: not for texts alone."""
    if isinstance(owner, ast.Constant):
        return False
    items = owner.keys if isinstance(owner, ast.Dict) else owner.elts
    return not all(isinstance(item, ast.Constant) and isinstance(item.value, str) for item in items)


def is_negative(node: ast.expr) -> bool:
    """True for a constant with a minus sign."""
    is_minus = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
    return is_minus and isinstance(node.operand, ast.Constant)


def whole_names(node: ast.expr) -> list[str]:
    """The names in a short expression that is whole if they are; at least one part is a constant.

    Empty for any other expression.
    """
    names: dict[str, None] = {}
    parts: list[ast.expr] = [node]
    for part in parts:
        if isinstance(part, ast.BinOp) and isinstance(part.op, WHOLE) and len(parts) < MOST_PARTS:
            parts += [part.left, part.right]
        elif isinstance(part, ast.Name):
            names[part.id] = None
        elif not isinstance(part, ast.Constant) or type(part.value) is not int:
            return []
    has_constant = any(isinstance(part, ast.Constant) for part in parts)
    return list(names) if has_constant and len(names) <= MOST_NAMES else []


def is_plain_constant(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in COMPARED
