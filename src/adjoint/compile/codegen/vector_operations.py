"""Operations of which several lanes are computed at once; `side` is what writes them."""

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from adjoint.compile import operations
from adjoint.compile.codegen.elementary import FORMULAS, Real, like
from adjoint.compile.codegen.products import rounded_once
from adjoint.compile.ir.nodes import BOOL, FLOAT, INT, Apply, Const

Operation = Callable[[Any, Apply], Any]


def arithmetic(of_floats: str, of_ints: str) -> Operation:
    def written(side: Any, s: Apply) -> Any:
        a, b = (side.wide(atom, s.out.type) for atom in s.args)
        name = of_floats if s.out.type == FLOAT else of_ints
        return getattr(side.builder, name)(a, b)

    return written


def plus(side: Any, s: Apply) -> Any:
    """A sum of cotangents, rounded as that of one lane."""
    found = rounded_once(side.builder, s, side.scalar.products, side.wide)
    return SUM(side, s) if found is None else found


def logical(name: str) -> Operation:
    def written(side: Any, s: Apply) -> Any:
        return getattr(side.builder, name)(*(side.wide(atom, BOOL) for atom in s.args))

    return written


def extreme(order: str) -> Operation:
    """The first of the items that none follows in the order."""

    def written(side: Any, s: Apply) -> Any:
        is_float = s.out.type == FLOAT
        compare = side.builder.fcmp_ordered if is_float else side.builder.icmp_signed
        found, *rest = (side.wide(atom, s.out.type) for atom in s.args)
        for item in rest:
            found = side.builder.select(compare(order, item, found), item, found)
        return found

    return written


def of_floats(name: str) -> Operation:
    """An intrinsic of LLVM's."""

    def written(side: Any, s: Apply) -> Any:
        kind = side.vectors[FLOAT]
        function = side.intrinsic(name, kind, (kind,))
        return side.builder.call(function, (side.wide(s.args[0], FLOAT),))

    return written


def quotient(side: Any, s: Apply) -> Any:
    """Of Python: a divisor that is zero raises."""
    a, b = (side.wide(atom, FLOAT) for atom in s.args)
    side.leave_where(side.builder.fcmp_ordered("==", b, like(b.type, 0.0)))
    return side.builder.fdiv(a, b)


def times(side: Any, s: Apply) -> Any:
    """A product that is zero where a factor is."""
    a, b = (side.wide(atom, FLOAT) for atom in s.args)
    zero = like(a.type, 0.0)
    tests = [side.builder.fcmp_unordered("!=", factor, zero) for factor in (a, b)]
    return side.builder.select(side.builder.and_(*tests), side.builder.fmul(a, b), zero)


def select(side: Any, s: Apply) -> Any:
    condition, chosen, other = s.args
    found = (side.wide(atom, s.out.type) for atom in (chosen, other))
    return side.builder.select(side.wide(condition, BOOL), *found)


def negative(side: Any, s: Apply) -> Any:
    value = side.wide(s.args[0], s.out.type)
    return side.builder.fneg(value) if s.out.type == FLOAT else side.builder.neg(value)


def negation(side: Any, s: Apply) -> Any:
    return side.builder.not_(side.wide(s.args[0], BOOL))


def converted(side: Any, s: Apply) -> Any:
    return side.wide(s.args[0], s.out.type)


def power(side: Any, s: Apply) -> Any:
    """With a small known exponent, in the order of products that a number alone has."""
    assert isinstance(s.args[1], Const)
    factor, left, found = side.wide(s.args[0], FLOAT), int(s.args[1].value.real), None
    while left:
        if left & 1:
            found = factor if found is None else side.builder.fmul(found, factor)
        left >>= 1
        factor = side.builder.fmul(factor, factor)
    return found


def compared(order: str) -> Operation:
    def written(side: Any, s: Apply) -> Any:
        if all(a.type != FLOAT for a in s.args):
            a, b = (side.wide(atom, INT) for atom in s.args)
            return side.builder.icmp_signed(order, a, b)
        a, b = (side.wide(atom, FLOAT) for atom in s.args)
        is_other = order == "!="
        compare = side.builder.fcmp_unordered if is_other else side.builder.fcmp_ordered
        return compare(order, a, b)

    return written


def by_formula(formula: Callable[[Real], Real]) -> Operation:
    return lambda side, s: formula(Real(side.builder, side.wide(s.args[0], FLOAT))).value


SUM = arithmetic("fadd", "add")
SIZES = frozenset((abs, operator.abs, math.fabs, np.abs))
OPERATIONS: dict[Callable, Operation] = {
    operator.add: SUM,
    operations.plus: plus,
    operator.sub: arithmetic("fsub", "sub"),
    operator.mul: arithmetic("fmul", "mul"),
    operations.divide: arithmetic("fdiv", "sdiv"),
    operator.truediv: quotient,
    operator.neg: negative,
    operator.pow: power,
    operations.times: times,
    operations.select: select,
    operations.negation: negation,
    operations.both: logical("and_"),
    operations.either: logical("or_"),
    operations.larger: extreme(">"),
    operations.smaller: extreme("<"),
    operations.held: converted,
    float: converted,
    int: converted,
    operator.lt: compared("<"),
    operator.le: compared("<="),
    operator.gt: compared(">"),
    operator.ge: compared(">="),
    operator.eq: compared("=="),
    operator.ne: compared("!="),
    operations.differs: compared("!="),
    **{f: of_floats("fabs") for f in SIZES},
    **{f: of_floats("sqrt") for f in (math.sqrt, np.sqrt)},
    **{f: by_formula(formula) for f, formula in FORMULAS.items()},
}
"""Operations on vectors."""
