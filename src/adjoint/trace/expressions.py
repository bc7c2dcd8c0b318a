"""Cuts arithmetic expressions into kernels without changing the order of evaluation."""

import ast
from typing import Any

from adjoint.trace.kernels import SYMBOLS, UNARY_SYMBOLS, Leaf, MathCall, Number, Operation, Tree
from adjoint.walks import located, walk


def is_literal(node: ast.expr) -> bool:
    """True for a real number as it is written, with its sign."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return is_literal(node.operand)
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def has_operand(node: ast.expr) -> bool:
    """True if a value that is not written down takes part in an expression of numbers."""
    if isinstance(node, ast.Call):
        return any(has_operand(arg) for arg in node.args)
    if isinstance(node, ast.BinOp):
        return has_operand(node.left) or has_operand(node.right)
    return has_operand(node.operand) if isinstance(node, ast.UnaryOp) else not is_literal(node)


NESTING = (ast.BinOp, ast.UnaryOp, ast.Call)


def operands(node: ast.BinOp | ast.UnaryOp | ast.Call) -> list[ast.expr]:
    if isinstance(node, ast.Call):
        return node.args
    return [node.left, node.right] if isinstance(node, ast.BinOp) else [node.operand]


MOST_LEVELS = 24  # of one kernel: Python's parser has a limit for what is inside one another


class TreeBuilder:
    """Cuts an arithmetic expression into kernels without changing the order of evaluation."""

    def __init__(self, rewriter: Any, root: ast.expr):
        self.rewriter = rewriter
        self.root = root
        self.arguments: list[ast.expr] = []
        self.places: dict[object, int] = {}
        self.epoch = 0

    def build(self, node: ast.expr) -> Tree:
        if is_literal(node):
            return Number(ast.literal_eval(node))
        if self.depth(node) % MOST_LEVELS == 0 and node is not self.root:
            return self.leaf(node)
        if isinstance(node, ast.BinOp) and type(node.op) in SYMBOLS:
            symbol, function, _ = SYMBOLS[type(node.op)]
            # What stands on the right must not run before the operators on the left.
            is_tree = isinstance(node.left, ast.BinOp | ast.UnaryOp | ast.Call)
            apart = is_tree and not self.is_at_hand(node.right)
            left = self.leaf(node.left) if apart else self.build(node.left)
            return Operation(symbol, function, (left, self.build(node.right)))
        if isinstance(node, ast.UnaryOp) and type(node.op) in UNARY_SYMBOLS:
            symbol, function = UNARY_SYMBOLS[type(node.op)]
            return Operation(symbol, function, (self.build(node.operand),))
        function = self.rewriter.math_function(node)
        if function is not None and self.are_together(node.args) and has_operand(node):
            self.arguments.append(node.func)
            callee = Leaf(len(self.arguments) - 1)
            return MathCall(function, callee, tuple(self.build(arg) for arg in node.args))
        return self.leaf(node)

    def are_together(self, args: list[ast.expr]) -> bool:
        """True if no operator of an argument comes before code of the user's in a later one."""
        return len(args) == 1 or all(self.is_at_hand(arg) for arg in args[1:])

    def is_at_hand(self, node: ast.expr) -> bool:
        """True if `node` can be part of the same kernel as what stands on its left."""
        return self.is_calm(node) and self.depth(node) < MOST_LEVELS

    def depth(self, node: ast.expr) -> int:
        """How many operators are inside one another."""
        depths = self.rewriter.depths
        if isinstance(node, NESTING) and node not in depths:
            for part in reversed(walk(node)):  # what is inside comes first
                if isinstance(part, NESTING):
                    inner = [depths.get(operand, 1) for operand in operands(part)]
                    depths[part] = 1 + max(inner, default=0)
        return depths.get(node, 1)

    def leaf(self, node: ast.expr) -> Leaf:
        if isinstance(node, ast.Name):
            key: object = (node.id, self.epoch)
            if key in self.places:
                return Leaf(self.places[key])
        else:
            self.epoch += not self.is_calm(node)
            key = node
        self.places[key] = len(self.arguments)
        self.arguments.append(self.rewriter.visit(node))
        return Leaf(self.places[key])

    def is_calm(self, node: ast.expr) -> bool:
        """True if evaluating the operands of `node` runs no code of the user's."""
        if isinstance(node, ast.BinOp):
            return type(node.op) in SYMBOLS and self.is_calm(node.left) and self.is_calm(node.right)
        if isinstance(node, ast.UnaryOp):
            return type(node.op) in UNARY_SYMBOLS and self.is_calm(node.operand)
        if isinstance(node, ast.Attribute):
            return self.rewriter.is_module(node.value)
        if self.rewriter.math_function(node) is not None:
            return all(self.is_calm(arg) for arg in node.args)
        return isinstance(node, ast.Name | ast.Constant)

    def finish(self, tree: Tree, node: ast.AST) -> ast.expr:
        """The call of a new kernel for `tree`."""
        if not self.arguments or not isinstance(tree, Operation | MathCall):
            return self.rewriter.generic_visit(node)
        name = self.rewriter.kernels.add(tree, len(self.arguments), node)
        function = ast.Name(name, ast.Load())
        return located(ast.Call(function, self.arguments, []), node)
