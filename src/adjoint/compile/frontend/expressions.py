"""The handler of each kind of expression."""

import ast
import builtins
import cmath
import math
import operator
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any, cast

import numpy as np

from adjoint.compile import operations
from adjoint.compile.conversion import NUMPY, PYTHON
from adjoint.compile.frontend import arrays, grids, iteration, lists, objects, reductions, trying
from adjoint.compile.frontend.calls import call, invoke_object
from adjoint.compile.frontend.lowering import Lowerer, kind_of
from adjoint.compile.frontend.scopes import captures_frame
from adjoint.compile.frontend.texts import known_text, text
from adjoint.compile.frontend.values import (
    NONE,
    Frame,
    FunctionValue,
    Handle,
    IterationValue,
    MethodValue,
    SliceValue,
    Static,
    Template,
    TupleValue,
    Value,
    is_atom,
    same,
    wrap,
)
from adjoint.compile.ir.nodes import BOOL, FLOAT, INT, Atom, Const
from adjoint.compile.ir.nodes import constant as constant_of
from adjoint.errors import is_ours

BINARY = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.MatMult: operator.matmul,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
}
UNARY = {ast.UAdd: operator.pos, ast.USub: operator.neg, ast.Invert: operator.invert}
COMPARISONS = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
NUMPY_CONSTANTS = (float, int, bool)


def constant(lower: Lowerer, node: ast.Constant) -> Value:
    return wrap(node.value)


def name(lower: Lowerer, node: ast.Name) -> Value:
    return lookup(lower, lower.frame, node.id)


def lookup(lower: Lowerer, frame: Frame, identifier: str) -> Value:
    """The value of a name, as Python's scoping finds it."""
    home = frame.declared.get(identifier, frame)
    if identifier in home.names:
        return lower.read((home, identifier), identifier)
    if frame.parent is not None:
        return lookup(lower, frame.parent, identifier)
    if identifier in frame.closure:
        cell = frame.closure[identifier]
        return lower.capture(lambda: cell.cell_contents, (id(cell), identifier), identifier)
    if identifier in frame.module_globals:
        module = frame.module_globals
        return lower.capture(lambda: module[identifier], (id(module), identifier), identifier)
    if hasattr(builtins, identifier):
        return Static(getattr(builtins, identifier))
    raise lower.refuse(f"the name `{identifier}` is not defined", instead="define it first")


def binary(lower: Lowerer, node: ast.BinOp) -> Value:
    left, right = lower.expression(node.left), lower.expression(node.right)
    return binary_values(lower, BINARY[type(node.op)], left, right)


def binary_values(lower: Lowerer, function: Any, left: Value, right: Value) -> Value:
    """``left <function> right`` of numbers, arrays, objects, or containers known now."""
    if is_atom(left) and is_atom(right):
        return arithmetic(lower, function, left, right)
    if objects.is_object(left) or objects.is_object(right):
        found = objects.operated(lower, function, left, right)
        if found is not None:
            return found
    if isinstance(left, Static) and isinstance(right, Static):
        found = function(left.value, right.value)
        is_template = isinstance(left.value, Template) or isinstance(right.value, Template)
        return wrap(Template(found) if is_template and isinstance(found, str) else found)
    if any(iteration.is_rows(lower, side) for side in (left, right)):
        return lists.operated(lower, function, left, right)
    if function is operator.add and sequence_kind(left) == sequence_kind(right) != "":
        items = iteration.items(lower, left) + iteration.items(lower, right)
        return make_sequence(lower, left, items)
    if function is operator.mul:
        for sequence, times in ((left, right), (right, left)):
            if not sequence_kind(sequence) or not is_atom(times):
                continue
            if isinstance(times, Const):
                return make_sequence(
                    lower, sequence, iteration.items(lower, sequence) * int(times.value)
                )
            if sequence_kind(sequence) == "list" and times.type == INT:
                return lists.repeated(lower, iteration.items(lower, sequence), times)
    if function is operator.mod and isinstance(left, Static) and isinstance(left.value, str):
        return Static(Template(left.value))  # its numbers are not known now
    return arithmetic(lower, function, arrays.as_array(lower, left), arrays.as_array(lower, right))


def arithmetic(lower: Lowerer, function: Any, left: Atom, right: Atom) -> Value:
    if function is operator.truediv and lower.frame.formula:
        function = operations.divide
    if function is operator.add and left.type == right.type == BOOL:
        refuse_sum_of_bools(lower, left, right)
    if function is operator.matmul:
        return invoke_object(lower, np.matmul, [left, right], {})
    if function is operator.pow and left.type == right.type == INT:
        return integer_power(lower, left, right)
    numbers = [a for a in (left, right) if not a.type.is_array]
    is_pythons = len(numbers) == 2 and all(lower.whose(a) == PYTHON for a in numbers)
    if lower.handlers and function in (*DIVISIONS, operator.pow) and len(numbers) == 2:
        trying.refuse_unknown_owners(lower, left, right)
    if lower.handlers and function in DIVISIONS and is_pythons:  # NumPy's numbers give inf
        return trying.checked(
            lower,
            lambda: lower.emit(operator.ne, right, constant_of(0, right.type)),
            ZeroDivisionError,
            lambda: lower.emit(function, left, right),
        )
    if lower.handlers and function is operator.pow and is_pythons:
        return trying.as_python_raises(
            lower, function, [left, right], lambda: lower.emit(function, left, right)
        )
    is_root = function is operator.pow and is_negative(left) and right.type == FLOAT
    if is_root and lower.whose(right) == NUMPY:  # nan, where Python's would be complex
        return lower.emit(np.power, left, right)
    return lower.emit(function, left, right)


DIVISIONS = (operator.truediv, operator.floordiv, operator.mod)


def is_negative(atom: Atom) -> bool:
    return isinstance(atom, Const) and atom.type == FLOAT and cast(float, atom.value) < 0.0


def refuse_sum_of_bools(lower: Lowerer, left: Atom, right: Atom) -> None:
    """Python counts them and NumPy's stay true or false; whose they are is not known."""
    if not known(left, right) and not is_ours(lower.frame.filename):
        raise lower.refuse(
            "the sum of two truth values, which is 2 for Python's and True for NumPy's",
            instead="say which: int(a) + int(b), or a or b",
        )


def integer_power(lower: Lowerer, base: Atom, exponent: Atom) -> Value:
    if isinstance(base, Const) and isinstance(exponent, Const):
        return wrap(base.value**exponent.value)
    if isinstance(exponent, Const) and cast(int, exponent.value) < 0:
        return lower.emit(operator.pow, lower.emit(float, base), exponent)
    nonnegative = lower.emit(operator.ge, exponent, Const(0))
    lower.check(nonnegative, ValueError, "a negative power of an int; write float(base)")
    return lower.emit(operator.pow, base, exponent)


def sequence_kind(value: Value) -> str:
    if isinstance(value, TupleValue):
        return "tuple"
    return "list" if isinstance(value, Handle) and value.kind == "list" else ""


def make_sequence(lower: Lowerer, like: Value, items: tuple[Value, ...]) -> Value:
    return TupleValue(items) if isinstance(like, TupleValue) else new_list(lower, items)


def new_list(lower: Lowerer, items: tuple[Value, ...]) -> Handle:
    made = Handle("list")
    lower.cells[made] = TupleValue(tuple(items))
    return made


def new_dict(lower: Lowerer, entries: dict) -> Handle:
    made = Handle("dict")
    lower.cells[made] = dict(entries)
    return made


def unary(lower: Lowerer, node: ast.UnaryOp) -> Value:
    operand = lower.expression(node.operand)
    if isinstance(node.op, ast.Not):
        return negated(lower, lower.truth(operand))
    function = UNARY[type(node.op)]
    method = objects.method_or_none(operand, objects.UNARY.get(function, ""))
    if method is not None:
        return invoke_object(lower, method, [operand], {})
    atom = lower.atom(operand, "operand")
    ambiguous = function is operator.invert and atom.type == BOOL and not known(atom)
    if ambiguous and not is_ours(lower.frame.filename):
        raise lower.refuse(
            "`~` of a truth value, which is an int for Python's and the opposite for NumPy's",
            instead="write `not x`",
        )
    return lower.emit(function, atom)


def negated(lower: Lowerer, test: Atom) -> Atom:
    return lower.emit(operations.negation, test)


def boolean(lower: Lowerer, node: ast.BoolOp) -> Value:
    is_and = isinstance(node.op, ast.And)

    def chain(values: list[ast.expr]) -> Value:
        first = lower.expression(values[0])
        if len(values) == 1:
            return first
        test = lower.truth(first)
        if isinstance(test, Const):
            return chain(values[1:]) if bool(test.value) == is_and else first
        others = lambda: chain(values[1:])  # noqa: E731
        keep = lambda: first  # noqa: E731
        return lower.usable(
            lower.branch(test, *((others, keep) if is_and else (keep, others))), "the operand"
        )

    return chain(node.values)


def compare(lower: Lowerer, node: ast.Compare) -> Value:
    left = lower.expression(node.left)
    result: Value = Const(True)
    for position, (op, right_node) in enumerate(zip(node.ops, node.comparators, strict=True)):
        is_set = isinstance(right_node, ast.Set) and isinstance(op, ast.In | ast.NotIn)
        right = sequence(lower, right_node) if is_set else lower.expression(right_node)
        found = comparison(lower, op, left, right)
        if position and is_atom(found) and is_atom(result):
            found = lower.emit(operations.both, result, found)
        result, left = found, right
        if same(result, Const(False)):
            return result
    return result


def comparison(lower: Lowerer, op: ast.cmpop, left: Value, right: Value) -> Value:
    if isinstance(op, ast.Is | ast.IsNot):
        refuse_unknown_identity(lower, left, right)
        return Const(same(left, right) == isinstance(op, ast.Is))
    if isinstance(op, ast.In | ast.NotIn):
        found = membership(lower, left, right)
        return found if isinstance(op, ast.In) else negated(lower, found)
    function = COMPARISONS[type(op)]
    if is_atom(left) and is_atom(right):
        return lower.emit(function, left, right)
    if isinstance(left, Static) and isinstance(right, Static):
        return wrap(function(known_text(lower, left).value, known_text(lower, right).value))
    if sequence_kind(left) and sequence_kind(left) == sequence_kind(right):
        if isinstance(op, ast.Eq | ast.NotEq):
            equal = sequences_equal(lower, left, right)
            return equal if isinstance(op, ast.Eq) else negated(lower, equal)
    elif isinstance(op, ast.Eq | ast.NotEq) and (
        isinstance(left, Static) or isinstance(right, Static)
    ):
        return Const(isinstance(op, ast.NotEq))
    raise lower.refuse(
        f"{kind_of(left)} and {kind_of(right)} cannot be compared here",
        instead="compare numbers",
    )


def refuse_unknown_identity(lower: Lowerer, left: Value, right: Value) -> None:
    """Whether two numbers or arrays of one type are one object is known if they are one value."""
    unknown = is_atom(left) and is_atom(right) and left.type == right.type
    if unknown and not same(left, right) and not known(left, right):
        raise lower.refuse(
            "whether these are one object is not known when the function is compiled",
            instead="compare them with `==`, or test `if x` and `if not x`",
        )


def known(*atoms: Atom) -> bool:
    return all(isinstance(atom, Const) for atom in atoms)


def sequences_equal(lower: Lowerer, left: Value, right: Value) -> Atom:
    a, b = iteration.items(lower, left), iteration.items(lower, right)
    if len(a) != len(b):
        return Const(False)
    equal: Atom = Const(True)
    for x, y in zip(a, b, strict=True):
        found = lower.atom(comparison(lower, ast.Eq(), x, y))
        equal = found if same(equal, Const(True)) else lower.emit(operations.both, equal, found)
    return equal


def membership(lower: Lowerer, item: Value, container: Value) -> Atom:
    if isinstance(container, Handle) and container.kind == "dict":
        return Const(key_of(lower, item) in lower.cells[container])
    if isinstance(container, Static) and isinstance(item, Static | Const):
        return Const(known_text(lower, item).value in container.value)
    if iteration.is_rows(lower, container):
        return lower.atom(lower.inline(lower, lists.contains, [container, item], {}))
    found: Atom = Const(False)
    if isinstance(container, Static) and isinstance(container.value, set | frozenset):
        container = TupleValue(tuple(wrap(member) for member in container.value))
    for other in iteration.items(lower, container):
        equal = lower.atom(comparison(lower, ast.Eq(), item, other))
        if same(equal, Const(True)):
            return equal
        found = equal if same(found, Const(False)) else lower.emit(operations.either, found, equal)
    return found


def key_of(lower: Lowerer, value: Value) -> Any:
    """A dict's key, which must be known now."""
    if isinstance(value, Static | Const):
        return known_text(lower, value).value
    if isinstance(value, TupleValue):
        return tuple(key_of(lower, item) for item in value.items)
    raise lower.refuse(
        "the key of a dict must be known when the function is compiled",
        instead="use a constant, or an array indexed by an int",
    )


def conditional_expression(lower: Lowerer, node: ast.IfExp) -> Value:
    test = lower.truth(lower.expression(node.test))
    if isinstance(test, Const):
        return lower.expression(node.body if test.value else node.orelse)
    value = lower.branch(
        test, lambda: lower.expression(node.body), lambda: lower.expression(node.orelse)
    )
    return lower.usable(value, "the conditional expression")


def sequence(lower: Lowerer, node: ast.Tuple | ast.List | ast.Set) -> Value:
    """A tuple or list; a set, of which only is asked what is in it, is as good as a list."""
    items: list[Value] = []
    for element in node.elts:
        if isinstance(element, ast.Starred):
            items.extend(iteration.items(lower, lower.expression(element.value)))
        else:
            items.append(lower.expression(element))
            iteration.refuse_kept(lower, items[-1])
    return (
        TupleValue(tuple(items)) if isinstance(node, ast.Tuple) else new_list(lower, tuple(items))
    )


def dictionary(lower: Lowerer, node: ast.Dict) -> Value:
    entries: dict = {}
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            entries.update(lower.cells[lower.expression(value)])
        else:
            entries[key_of(lower, lower.expression(key))] = lower.expression(value)
    return new_dict(lower, entries)


def function_expression(lower: Lowerer, node: ast.Lambda) -> Value:
    return function_value(lower, node)


def function_value(lower: Lowerer, node: ast.Lambda | ast.FunctionDef) -> FunctionValue:
    return FunctionValue(
        node,
        lower.frame,
        tuple(lower.expression(d) for d in node.args.defaults),
        tuple(None if d is None else lower.expression(d) for d in node.args.kw_defaults),
    )


def named(lower: Lowerer, node: ast.NamedExpr) -> Value:
    value = lower.expression(node.value)
    lower.cells[lower.frame.declared.get(node.target.id, lower.frame), node.target.id] = value
    return value


def attribute(lower: Lowerer, node: ast.Attribute) -> Value:
    return attribute_of(lower, lower.expression(node.value), node.attr)


def attribute_of(lower: Lowerer, owner: Value, attr: str) -> Value:
    if isinstance(owner, Static):
        return static_attribute(lower, owner.value, attr)
    if isinstance(owner, TupleValue) and attr in getattr(owner.cls, "_fields", ()):
        return owner.items[owner.cls._fields.index(attr)]
    if isinstance(owner, TupleValue) and isinstance(getattr(owner.cls, attr, None), property):
        return invoke_object(lower, getattr(owner.cls, attr).fget, [owner], {})
    if is_atom(owner) and owner.type.is_array:
        if attr == "flat":
            return grids.grid("flat", arrays.shape(lower, owner), owner)
        return arrays.attribute(lower, owner, attr)
    if is_atom(owner) and attr in arrays.OF_NUMBERS and lower.whose(owner) != PYTHON:
        return owner if attr == "T" else arrays.attribute(lower, owner, attr)
    if is_atom(owner) and attr in ("real", "imag"):
        return arrays.component(lower, owner, attr)
    if isinstance(owner, Handle) and owner.kind == "object":
        return objects.attribute(lower, owner, attr, static_attribute)
    return MethodValue(owner, attr)


def static_attribute(lower: Lowerer, owner: Any, attr: str) -> Value:
    if not hasattr(owner, attr):
        raise lower.refuse(
            f"`{getattr(owner, '__name__', owner)}` has no attribute `{attr}`",
            instead="name an attribute that exists",
        )
    value = getattr(owner, attr)
    if owner in (cmath, math, np) or isinstance(owner, str):
        return wrap(value)
    if isinstance(value, ModuleType | FunctionType | BuiltinFunctionType | MethodType | type):
        return Static(value)
    return lower.capture(lambda: getattr(owner, attr), (id(owner), attr), attr)


def subscript(lower: Lowerer, node: ast.Subscript) -> Value:
    return item_of(lower, lower.expression(node.value), lower.expression(node.slice))


def item_of(lower: Lowerer, owner: Value, index: Value) -> Value:
    if is_atom(owner):
        is_one = owner.type.ndim == 1 and is_atom(index) and index.type == INT
        if lower.handlers and is_one:
            size = lower.emit(operations.dim, owner, keywords=(("axis", 0),))
            return trying.checked(
                lower,
                lambda: lower.emit(
                    operations.both,
                    lower.emit(operator.lt, index, size),
                    lower.emit(operator.ge, index, lower.emit(operator.neg, size)),
                ),
                IndexError,
                lambda: lower.atom(arrays.load(lower, owner, index)),
            )
        return arrays.load(lower, owner, index)
    if isinstance(owner, Handle) and owner.kind == "dict":
        contents, key = lower.cells[owner], key_of(lower, index)
        if key not in contents and (handler := lower.catching(KeyError)) is not None:
            lower.throw(handler, KeyError)
            return NONE
        if key not in contents:
            raise lower.refuse(f"the dict has no key {key!r}", instead="use a key it has")
        return lower.usable(contents[key], f"[{key!r}]")
    method = objects.method_or_none(owner, "__getitem__")
    if method is not None:
        return invoke_object(lower, method, [owner, index], {})
    if grids.is_flat(owner):
        return grids.item_of_flat(lower, owner, index)
    rows = lists.rows_of(lower, owner)
    if rows is not None:
        is_slice = isinstance(index, SliceValue)
        return lists.part(lower, rows, index) if is_slice else lists.item(lower, rows, index)
    items = iteration.items(lower, owner)
    if isinstance(index, SliceValue):
        picked = items[python_slice(lower, index)]
        return make_sequence(lower, owner, picked)
    if isinstance(index, Const):
        try:
            return lower.usable(items[index.value], "the item")
        except IndexError:
            raise lower.refuse(
                f"index {index.value} is out of range for {len(items)} items",
                instead="use an index that exists",
            ) from None
    return iteration.chosen_item(lower, items, lower.atom(index, "index"))


def python_slice(lower: Lowerer, value: SliceValue) -> slice:
    parts = []
    for part in (value.start, value.stop, value.step):
        if part is not None and not isinstance(part, Const):
            raise lower.refuse(
                "a slice of a list must be known when the function is compiled",
                instead="use an array",
            )
        parts.append(None if part is None else part.value)
    return slice(*parts)


def slice_(lower: Lowerer, node: ast.Slice) -> Value:
    def part(child: ast.expr | None) -> Value | None:
        value = None if child is None else lower.expression(child)
        return None if value is None or same(value, NONE) else value

    return SliceValue(part(node.lower), part(node.upper), part(node.step))


def comprehended(lower: Lowerer, node: ast.ListComp | ast.GeneratorExp) -> tuple[Value, ...]:
    """The items of a comprehension over something whose length is known now."""
    items: list[Value] = []

    def add() -> None:
        items.append(lower.expression(node.elt))

    seen = captures_frame(node)
    iteration.comprehend(lower, node.generators, add, assign_target, seen=seen)
    return tuple(items)


def comprehension(lower: Lowerer, node: ast.ListComp) -> Value:
    if reductions.is_long(lower, node.generators[0].iter):
        return reductions.collected(lower, node)
    return new_list(lower, comprehended(lower, node))


def generator(lower: Lowerer, node: ast.GeneratorExp) -> Value:
    return IterationValue("generator", (TupleValue(comprehended(lower, node)),))


def dict_comprehension(lower: Lowerer, node: ast.DictComp) -> Value:
    entries: dict = {}

    def add() -> None:
        entries[key_of(lower, lower.expression(node.key))] = lower.expression(node.value)

    seen = captures_frame(node)
    iteration.comprehend(lower, node.generators, add, assign_target, seen=seen)
    return new_dict(lower, entries)


def assign_target(lower: Lowerer, target: ast.expr, value: Value) -> None:
    """Bind a name or a tuple of names."""
    if isinstance(target, ast.Name):
        lower.cells[lower.frame.declared.get(target.id, lower.frame), target.id] = value
        return
    assert isinstance(target, ast.Tuple | ast.List)
    for child, item in zip(target.elts, iteration.items(lower, value), strict=True):
        assign_target(lower, child, item)


def refusing(what: str, instead: str):
    """A handler that refuses."""

    def handler(lower: Lowerer, node: ast.AST) -> Value:
        raise lower.refuse(f"{what} cannot be compiled", instead=instead)

    return handler


TRACED = "drop jit on this function; the traced tier runs it"
EXPRESSIONS = {
    trying.Held: trying.held,
    ast.Constant: constant,
    ast.Name: name,
    ast.BinOp: binary,
    ast.UnaryOp: unary,
    ast.BoolOp: boolean,
    ast.Compare: compare,
    ast.IfExp: conditional_expression,
    ast.Tuple: sequence,
    ast.List: sequence,
    ast.Dict: dictionary,
    ast.Lambda: function_expression,
    ast.NamedExpr: named,
    ast.JoinedStr: text,
    ast.Attribute: attribute,
    ast.Subscript: subscript,
    ast.Slice: slice_,
    ast.Call: call,
    ast.ListComp: comprehension,
    ast.GeneratorExp: generator,
    ast.DictComp: dict_comprehension,
    ast.FormattedValue: refusing("a formatted value", TRACED),
    ast.Set: refusing("a set", TRACED),
    ast.SetComp: refusing("a set comprehension", TRACED),
    ast.Await: refusing("`await`", TRACED),
    ast.Yield: refusing("`yield`", TRACED),
    ast.YieldFrom: refusing("`yield from`", TRACED),
    ast.Starred: refusing("a starred expression", "write the items out"),
}
