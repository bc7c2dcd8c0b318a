"""One Python function per arithmetic expression of the source: the fast path for scalars.

A kernel computes the expression natively and, when an operand is live, appends one tape entry with
the total partial derivative of every operand. Whatever is not a plain real number goes, operator
by operator, to the general hooks; so a kernel never decides what an operator means.
"""

import ast
import functools
import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from types import CodeType, FunctionType

import numpy as np

from adjoint.rules.ruleset import lookup
from adjoint.rules.scalars import SCALAR_NUMPY, scalar_partials
from adjoint.source import function_node, parsed
from adjoint.walks import Visitor, copied, placed

# What kernels calculate slopes with: not NumPy's integers, whose products overflow, nor its bools,
# whose sums are bools.
NUMBERS = frozenset({float, int, bool, np.float64})
SYMBOLS = {
    ast.Add: ("+", operator.add, operator.iadd),
    ast.Sub: ("-", operator.sub, operator.isub),
    ast.Mult: ("*", operator.mul, operator.imul),
    ast.Div: ("/", operator.truediv, operator.itruediv),
    ast.Pow: ("**", operator.pow, operator.ipow),
    ast.Mod: ("%", operator.mod, operator.imod),
}
COMMUTATIVE = frozenset({"+", "*"})
UNARY_SYMBOLS = {ast.USub: ("-", operator.neg), ast.UAdd: ("+", operator.pos)}
STATE = (
    "slot_of",
    "next_slot",
    "more_slots",
    "add_parents",
    "add_partials",
    "live",
    "keep",
    "binary",
    "unary",
    "onto_left",
    "onto_right",
    "inplace",
    "call",
)


@dataclass(frozen=True, eq=False)
class Leaf:
    """An operand: the kernel's argument number `index`."""

    index: int


@dataclass(frozen=True, eq=False)
class Number:
    """A literal."""

    value: int | float


@dataclass(frozen=True, eq=False)
class Operation:
    """An operator applied to subtrees; `in_place` for the root of an augmented assignment."""

    symbol: str
    function: object
    operands: tuple
    in_place: object = None


@dataclass(frozen=True, eq=False)
class MathCall:
    """The call of a function of `math`; `callee` is the operand that must be that function."""

    function: Callable
    callee: Leaf
    operands: tuple


Tree = Leaf | Number | Operation | MathCall


@dataclass
class Kernels:
    """The kernels of one function, as source, until they are compiled together."""

    filename: str
    name: str
    fast: list[ast.FunctionDef] = field(default_factory=list)
    general: list[tuple[str, ast.AST]] = field(default_factory=list)
    constants: dict[str, object] = field(default_factory=dict)

    def add(self, tree: Operation | MathCall, leaf_count: int, node: ast.AST) -> str:
        """The name of a new kernel that computes `tree`; `node` is where it stands."""
        name = f"_adjoint_k{len(self.fast)}"
        writer = Writer(self, name, leaf_count)
        self.fast.append(placed(parsed(writer.fast_source(tree)).body[0], node))
        self.general.append((writer.general_source(tree), node))
        return name

    def constant(self, value: object) -> str:
        """A global name of the kernels' namespace for `value`."""
        for name, known in self.constants.items():
            if known is value:
                return name
        name = f"c{len(self.constants)}"
        self.constants[name] = value
        return name

    @functools.cached_property
    def fast_factory(self) -> FunctionType:
        """From a recorder's state to the kernels bound to it."""
        return self.factory(self.fast)

    @functools.cached_property
    def general_factory(self) -> FunctionType:
        """The same for a recorder that another one watches; made when it is first needed."""
        return self.factory([placed(parsed(source).body[0], node) for source, node in self.general])

    def factory(self, functions: list[ast.FunctionDef]) -> FunctionType:
        make = parsed(f"def make({', '.join(STATE)}):\n    pass").body[0]
        names = ", ".join(function.name for function in functions)
        make.body = [*functions, *parsed(f"def make(): return ({names},)").body[0].body]
        module = ast.Module([make], [])
        namespace = {"NUMBERS": NUMBERS, "FAILURES": FAILURES, **self.constants}
        exec(compile(module, self.filename, "exec"), namespace)
        return named_after(namespace["make"], self.name)


FAILURES = (ArithmeticError, ValueError, TypeError)


def named_after(make: FunctionType, name: str) -> FunctionType:
    """`make`, whose kernels appear in tracebacks under the name of the user's function."""
    constants = tuple(
        constant.replace(co_name=name) if isinstance(constant, CodeType) else constant
        for constant in make.__code__.co_consts
    )
    make.__code__ = make.__code__.replace(co_consts=constants)
    return make


class Writer:
    """Writes the source of one kernel."""

    def __init__(self, kernels: Kernels, name: str, leaf_count: int):
        self.kernels = kernels
        self.name = name
        self.leaf_count = leaf_count
        self.leaves = range(leaf_count)
        self.callees: dict[int, str] = {}
        self.forward: list[str] = []
        self.values: dict[int, str] = {}
        self.reverse: list[str] = []
        self.totals: dict[int, list[str]] = {}
        self.operations = 0
        self.may_be_infinite = False
        self.may_be_undefined = False

    def signature(self) -> str:
        return f"def {self.name}({', '.join(f'a{i}' for i in range(self.leaf_count))}):"

    # the general path

    def general_source(self, tree: Operation | MathCall) -> str:
        return f"{self.signature()}\n    return {self.general(tree)}"

    def general(self, tree: Tree) -> str:
        if isinstance(tree, Leaf):
            return f"a{tree.index}"
        if isinstance(tree, Number):
            return repr_of(tree)
        if isinstance(tree, MathCall):
            operands = [self.general(operand) for operand in (tree.callee, *tree.operands)]
            return f"call({', '.join(operands)})"
        function = self.kernels.constant(tree.function)
        operands = ", ".join(self.general(operand) for operand in tree.operands)
        if tree.in_place is not None:
            return f"inplace({self.kernels.constant(tree.in_place)}, {function}, {operands})"
        own = [isinstance(operand, Operation | MathCall) for operand in tree.operands]
        if any(own[:1]) and len(own) == 2:
            return f"onto_left({function}, {operands})"
        if any(own) and tree.symbol in COMMUTATIVE:
            return f"onto_right({function}, {operands})"
        return f"{'binary' if len(tree.operands) == 2 else 'unary'}({function}, {operands})"

    # the fast path

    def fast_source(self, tree: Operation | MathCall) -> str:
        for call in calls_of(tree):
            self.callees[call.callee.index] = self.kernels.constant(call.function)
        self.leaves = [i for i in range(self.leaf_count) if i not in self.callees]
        self.totals = {index: [] for index in self.leaves}
        out = self.value(tree)
        self.differentiate(tree, "1.0")
        conditions = [f"(i{i} or type(a{i}) in NUMBERS)" for i in self.leaves]
        conditions += [f"a{i} is {name}" for i, name in self.callees.items()]
        is_number = " and ".join(conditions)
        is_live = " or ".join(f"i{i}" for i in self.leaves) or "False"
        lines = [self.signature()]
        lines += [f"    i{i} = slot_of(id(a{i}), 0)" for i in self.leaves]
        lines += [f"    if {is_number}:"]
        lines += [f"        {line}" for line in self.forward]
        lines += [f"        if not ({is_live}): return {out}"]
        lines += [f"        {line}" for line in self.record(out)]
        lines += [f"    return {self.general(tree)}"]
        return "\n".join(lines)

    def record(self, out: str) -> list[str]:
        """Append the entry and return `out`; go on with what follows where that cannot be."""
        totals = [" + ".join(self.totals[i]) or "0.0" for i in self.leaves]
        partials = [
            *self.reverse,
            *(f"p{i} = {t}" for i, t in zip(self.leaves, totals, strict=True)),
        ]
        slots = "".join(f"i{i}, " for i in self.leaves)
        names = "".join(f"p{i}, " for i in self.leaves)
        lines = [
            "try: n = next_slot()",
            "except IndexError: n = more_slots()",
            f"add_parents(({slots}-n))",
            f"add_partials(({names}))",
            f"live[id({out})] = n",
            f"keep({out})",
            f"return {out}",
        ]
        if self.may_be_undefined or (self.may_be_infinite and self.operations > 1):
            partials.append(f"s = {' + '.join(f'p{i}' for i in self.leaves)}")
            lines = ["if s - s == 0.0:", *(f"    {line}" for line in lines)]
        if any(character in line for line in partials for character in "/*("):
            tried = ["try:", *(f"    {line}" for line in partials)]
            lines = [*tried, "except FAILURES: pass", "else:", *(f"    {line}" for line in lines)]
        else:
            lines = [*partials, *lines]
        if self.may_be_complex:
            lines = [f"if type({out}) is not complex:", *(f"    {line}" for line in lines)]
        return lines

    may_be_complex = False

    def value(self, tree: Tree) -> str:
        """The name that holds the value of `tree`, after writing its computation."""
        if isinstance(tree, Leaf):
            return f"a{tree.index}"
        if isinstance(tree, Number):
            return repr_of(tree)
        operands = [self.value(operand) for operand in tree.operands]
        name = f"t{self.operations}"
        self.operations += 1
        text = text_of(tree, operands)
        self.forward.append(f"{name} = {text}")
        self.values[id(tree)] = name
        symbol = "call" if isinstance(tree, MathCall) else tree.symbol
        if symbol == "**":
            self.may_be_complex = True
            self.may_be_undefined |= not isinstance(tree.operands[1], Number)
        if symbol in ("**", "/", "call"):
            self.may_be_infinite = True
        return name

    def differentiate(self, tree: Tree, adjoint: str) -> None:
        """Write what each operand of `tree` receives of `adjoint`, from the root to the leaves."""
        if isinstance(tree, Leaf):
            self.totals[tree.index].append(adjoint)
        elif not isinstance(tree, Number):
            for operand, partial in zip(tree.operands, self.partials(tree), strict=True):
                if not isinstance(operand, Number):
                    self.differentiate(operand, self.named(product(adjoint, partial), operand))

    def named(self, expression: str, operand: Leaf | Operation) -> str:
        if isinstance(operand, Leaf) or expression in ("1.0", "-1.0"):
            return expression
        name = f"d{len(self.reverse)}"
        self.reverse.append(f"{name} = {expression}")
        return name

    def partials(self, tree: Operation | MathCall) -> tuple[str, ...]:
        out = self.values[id(tree)]
        operands = [
            self.values[id(operand)] if id(operand) in self.values else self.value(operand)
            for operand in tree.operands
        ]
        if isinstance(tree, MathCall):
            return self.partials_of_call(tree, operands, out)
        if len(operands) == 1:
            return ("-1.0",) if tree.symbol == "-" else ("1.0",)
        left, right = operands
        match tree.symbol:
            case "+":
                return "1.0", "1.0"
            case "-":
                return "1.0", "-1.0"
            case "*":
                return right, left
            case "/":
                return f"1.0 / {right}", f"-{out} / {right}"
            case "%":
                return "1.0", self.if_live(tree, 1, left, right, out)
        return self.power_by_base(tree, left, right, out), self.if_live(tree, 1, left, right, out)

    def partials_of_call(self, call: MathCall, operands: list[str], out: str) -> tuple[str, ...]:
        """The rule's formulas, written out where they are simple expressions."""
        rule = lookup(call.function, len(operands))
        fallback = scalar_partials(call.function, len(operands))
        written = []
        for formula, partial in zip(rule.partials, fallback, strict=True):
            if partial is None:
                written.append("0.0")
                continue
            text = inlined(formula, [*operands, out], self.kernels)
            arguments = ", ".join([*operands, out])
            written.append(text or f"{self.kernels.constant(partial)}({arguments})")
        return tuple(written)

    def power_by_base(self, tree: Operation | MathCall, left: str, right: str, out: str) -> str:
        exponent = tree.operands[1]
        if isinstance(exponent, Number) and type(exponent.value) is int and exponent.value > 0:
            if exponent.value == 1:
                return "1.0"
            power = left if exponent.value == 2 else f"{left} ** {exponent.value - 1}"
            return f"{float(exponent.value)} * {power}"
        return self.if_live(tree, 0, left, right, out)

    def if_live(
        self, tree: Operation | MathCall, place: int, left: str, right: str, out: str
    ) -> str:
        """The rule's own partial, evaluated only where that operand is live."""
        slots = [f"i{leaf.index}" for leaf in leaves_of(tree.operands[place])]
        if not slots:
            return "0.0"
        partial = self.kernels.constant(scalar_partials(tree.function)[place])
        call = f"{partial}({left}, {right}, {out})"
        return f"({call} if {' or '.join(slots)} else 0.0)"


def product(left: str, right: str) -> str:
    if left == "1.0":
        return right
    if right == "1.0":
        return left
    if left == "-1.0":
        return f"-({right})"
    return f"-{left}" if right == "-1.0" else f"{left} * ({right})"


def leaves_of(tree: Tree) -> list[Leaf]:
    if isinstance(tree, Leaf):
        return [tree]
    if isinstance(tree, Number):
        return []
    return [leaf for operand in tree.operands for leaf in leaves_of(operand)]


def calls_of(tree: Tree) -> list[MathCall]:
    if isinstance(tree, Leaf | Number):
        return []
    inner = [call for operand in tree.operands for call in calls_of(operand)]
    return [tree, *inner] if isinstance(tree, MathCall) else inner


def text_of(tree: Operation | MathCall, operands: list[str]) -> str:
    if isinstance(tree, MathCall):
        return f"a{tree.callee.index}({', '.join(operands)})"
    if len(operands) == 1:
        return tree.symbol + operands[0]
    return f" {tree.symbol} ".join(operands)


def inlined(formula: FunctionType, operands: list[str], kernels: Kernels) -> str | None:
    """The expression of a rule's lambda with `operands` for its parameters, if that is all."""
    node = function_node(formula)
    if not isinstance(node, ast.Lambda):
        return None
    names = [argument.arg for argument in node.args.args]
    inliner = Inliner(dict(zip(names, operands, strict=True)), formula.__globals__, kernels)
    body = inliner.visit(copied(node.body))
    return f"({ast.unparse(body)})" if inliner.succeeded else None


class Inliner(Visitor):
    """Replaces parameters by operands, and ``np.f`` by the same function of one float."""

    def __init__(self, operands: dict[str, str], scope: dict, kernels: Kernels):
        self.operands = operands
        self.scope = scope
        self.kernels = kernels
        self.succeeded = True

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self.operands:
            return parsed(self.operands[node.id], mode="eval").body
        value = self.scope.get(node.id)
        self.succeeded &= type(value) is float
        return ast.Name(self.kernels.constant(value), ast.Load())

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        is_numpy = isinstance(node.value, ast.Name) and self.scope.get(node.value.id) is np
        function = getattr(SCALAR_NUMPY, node.attr, None) if is_numpy else None
        self.succeeded &= function is not None
        return ast.Name(self.kernels.constant(function), ast.Load())


def repr_of(number: Number) -> str:
    text = repr(number.value)
    if text in ("inf", "nan"):
        return "1e999"
    return f"({text})" if text.startswith("-") else text
