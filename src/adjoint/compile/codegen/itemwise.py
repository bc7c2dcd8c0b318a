"""What makes an item of an array of one item of each operand, and what it does to the items."""

import operator
from collections.abc import Callable

import numpy as np

from adjoint.compile import operations
from adjoint.compile.codegen.stretches import is_known
from adjoint.compile.ir.nodes import BOOL, FLOAT, INT, Apply, Atom, Builder, Const, Type, Var

DTYPES = frozenset(("float", "int", "bool"))
COPIES = frozenset(
    (
        *(operations.copy, operations.as_float, operator.pos),
        *(operations.sum_1_to_1, operations.sum_2_to_2, operations.sum_3_to_3, operations.sum_to),
        *(np.positive, np.conjugate),
    )
)
"""What leaves the items as they are, but for their dtype; sums, where the shape is the same."""
ORDERS = frozenset(
    (
        *(operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne),
        *(np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal),
    )
)
ARITHMETIC = {
    operator.add: operator.add,
    operator.sub: operator.sub,
    operator.mul: operator.mul,
    operator.neg: operator.neg,
    np.add: operator.add,
    np.subtract: operator.sub,
    np.multiply: operator.mul,
    np.negative: operator.neg,
    operations.plus: operations.plus,
}
"""Of floats and ints: what it is for two items."""
OF_FLOATS = {
    operator.truediv: operations.divide,
    np.true_divide: operations.divide,
    operations.divide: operations.divide,
    operations.times: operations.times,
}
LOGIC = {
    operator.and_: operations.both,
    operator.or_: operations.either,
    operator.invert: operations.negation,
    np.logical_and: operations.both,
    np.logical_or: operations.either,
    np.logical_not: operations.negation,
}
CHOICES = frozenset((operations.where, np.where))


def is_of_items(s: Apply) -> bool:
    """True for a statement that makes each item of one item of each of its arrays."""
    return s.function in COPIES or is_full(s) or scalar_function(s) is not None


def is_full(s: Apply) -> bool:
    return s.function is operations.full


def item_type(type_: Type) -> Type:
    return Type(type_.dtype)


def scalar_function(s: Apply) -> Callable | None:
    """The function of items; None if it is none, or not one that machine code is written for."""
    function = s.function
    kinds = {a.type.dtype for a in s.args}
    if s.keywords or not kinds <= DTYPES or s.out.type.dtype not in DTYPES:
        return None
    if function in CHOICES:
        return operations.select if is_choice(s) else None
    if function in ORDERS:
        return getattr(operator, ORDER_NAMES.get(function, ""), function)
    if function in LOGIC:
        return LOGIC[function] if kinds == {"bool"} else None
    if s.out.type.dtype != "float":
        is_whole = s.out.type.dtype == "int" and "bool" not in kinds
        return ARITHMETIC.get(function) if is_whole else None
    if function in ARITHMETIC or function in OF_FLOATS:
        return ARITHMETIC.get(function) or OF_FLOATS[function]
    if function in (operator.pow, np.power):
        return np.power
    is_plain = isinstance(function, np.ufunc) and function.nout == 1 and function.signature is None
    return function if is_plain and is_known(function) else None


def is_choice(s: Apply) -> bool:
    """True for a choice by bools between numbers that are converted to floats, if at all."""
    if len(s.args) != 3 or s.args[0].type.dtype != "bool":
        return False
    chosen = {a.type.dtype for a in s.args[1:]}
    return s.out.type.dtype == "float" or chosen == {s.out.type.dtype}


ORDER_NAMES = {
    np.less: "lt",
    np.less_equal: "le",
    np.greater: "gt",
    np.greater_equal: "ge",
    np.equal: "eq",
    np.not_equal: "ne",
}


def written_item(s: Apply, items: list[Atom], builder: Builder) -> Atom:
    """The statements that make one item of the result, of items of the operands."""
    wanted = item_type(s.out.type)
    if is_full(s):
        return converted(items[0], wanted, builder)
    if s.function in COPIES:
        return converted(items[0], wanted, builder)
    function = scalar_function(s)
    assert function is not None
    if function is np.power and is_two(s.args[1]):
        function, items = operator.mul, [items[0], items[0]]
    if wanted == FLOAT and function is operations.select:
        items = [items[0], *(converted(a, FLOAT, builder) for a in items[1:])]
    elif wanted == FLOAT:
        items = [converted(a, FLOAT, builder) for a in items]
    out = Var(s.out.name, wanted)
    builder.add(Apply(out, function, tuple(items), (), s.place))
    return out


def is_two(atom: Atom) -> bool:
    return isinstance(atom, Const) and atom.value == 2


def converted(atom: Atom, wanted: Type, builder: Builder) -> Atom:
    """A number as one of the wanted type."""
    if atom.type == wanted:
        return atom
    if isinstance(atom, Const) and wanted == FLOAT:
        return Const(float(atom.value.real))
    function = {FLOAT: float, INT: int, BOOL: bool}[wanted]
    out = Var("item", wanted)
    builder.add(Apply(out, function, (atom,), (), builder.place))
    return out
