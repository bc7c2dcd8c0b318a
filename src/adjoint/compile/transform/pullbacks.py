"""How each operation hands its cotangent to its arguments."""

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

import numpy as np

from adjoint.compile import operations
from adjoint.compile.conversion import converted
from adjoint.compile.frontend.formulas import write_formula, write_partial
from adjoint.compile.frontend.values import TupleValue
from adjoint.compile.frontend.written_spectra import PULLED
from adjoint.compile.ir.nodes import (
    Apply,
    Atom,
    Builder,
    Const,
    Subscript,
    Var,
    constant,
    walk,
)
from adjoint.compile.transform.derivatives import is_singular, missing_rule, rule_of
from adjoint.compile.transform.simplify import Folder
from adjoint.rules.ruleset import Form, Rule

if TYPE_CHECKING:
    from adjoint.compile.transform.forward import Forward
    from adjoint.compile.transform.reverse import Reverse


def pull(sweep: "Reverse", s: Apply, ct: Atom, kept: dict[Var, Var]) -> None:
    """Add the contributions of ``s.out``'s cotangent to its arguments.

    `kept` : the copies to read instead of arrays whose memory changes.
    """
    own = PULLBACKS.get(s.function)
    if own is not None:
        own(sweep, s, ct)
        return
    if s.function in EXTREMES and len(s.args) > 2:
        pull_extremum(sweep, s, ct)
        return
    if s.function in READING:
        READING[s.function](sweep, s, ct, kept)
        return
    if s.function in PULLED:
        pull_written(sweep, s, ct, kept)
        return
    rule = rule_of(s.function, len(s.args))
    if rule is None:
        raise missing_rule(s.function, s.place)
    if rule.form is Form.ELEMENTWISE:
        pull_elementwise(sweep, s, rule, ct, kept)
        return
    raise missing_rule(s.function, s.place)


def pull_written(sweep: "Reverse", s: Apply, ct: Atom, kept: dict[Var, Var]) -> None:
    """By a program for the cotangent of the first argument."""
    args = tuple(kept.get(a, a) for a in (s.out, *s.args))
    builder = Builder(place=s.place)
    found = write_formula(PULLED[s.function], (ct, *args), builder, s.place)
    sweep.builder.statements.extend(builder.statements)
    sweep.accumulate(s.args[0], found)


def pull_elementwise(
    sweep: "Reverse", s: Apply, rule: Rule, ct: Atom, kept: dict[Var, Var]
) -> None:
    if is_by_pair(rule, s):
        pull_by_pair(sweep, s, rule, ct, kept)
        return
    if s.function is operator.truediv and not s.out.type.is_array and not s.out.type.is_complex:
        pull_quotient(sweep, s, ct)
        return
    args = tuple(kept.get(a, a) for a in s.args)
    out = kept.get(s.out, s.out)
    for position, (arg, partial) in enumerate(zip(s.args, rule.partials, strict=True)):
        if arg not in sweep.active:
            continue
        if partial is None:
            raise missing_rule(s.function, s.place)
        product = weighted(sweep, s, position, partial, (*args, out), ct)
        sweep.accumulate(arg, broadcast_back(sweep, product, arg, s))


def is_by_pair(rule: Rule, s: Apply) -> bool:
    """True where not the partials are right, as an argument is complex, but the vjp and jvp."""
    return rule.vjp is not None and any(a.type.is_complex for a in s.args) and not is_choice(s)


def is_choice(s: Apply) -> bool:
    return s.function is np.where


def pull_by_pair(sweep: "Reverse", s: Apply, rule: Rule, ct: Atom, kept: dict[Var, Var]) -> None:
    """By the rule's own vjp."""
    builder = Builder(place=s.place)
    args = tuple(kept.get(a, a) for a in (s.out, *s.args))
    found = write_formula(cast(Callable, rule.vjp), (ct, *args), builder, s.place)
    sweep.builder.statements.extend(builder.statements)
    for arg, part in zip(s.args, cast(TupleValue, found).items, strict=True):
        if arg in sweep.active:
            sweep.accumulate(arg, broadcast_back(sweep, cast(Atom, part), arg, s))


def conjugated(sweep: "Reverse | Forward", atom: Atom) -> Atom:
    """The conjugate, of what may be complex."""
    if not atom.type.is_complex:
        return atom
    if isinstance(atom, Const):
        return Const(atom.value.conjugate())
    return sweep.emit(np.conjugate, atom)


def pull_quotient(sweep: "Reverse", s: Apply, ct: Atom) -> None:
    """Of numbers: one division serves both arguments, and every quotient by the same divisor."""
    x, y = s.args
    inverse = sweep.emit(operator.truediv, constant(1, s.out.type), y, name="inverse")
    if x in sweep.active:
        sweep.accumulate(x, sweep.emit(product(sweep), ct, inverse))
    if y in sweep.active:
        slope = sweep.emit(operator.neg, sweep.emit(operator.mul, s.out, inverse))
        sweep.accumulate(y, sweep.emit(product(sweep), ct, slope))


def broadcast_back(sweep: "Reverse", ct: Atom, arg: Atom, s: Apply) -> Atom:
    others = {a for a in s.args if a.type.is_array}
    if arg.type.is_array and len(others) == 1:
        return ct
    return sweep.fitted(ct, arg, s.args)


def weighted(
    sweep: "Reverse", s: Apply, position: int, partial: Callable, args: tuple, ct: Atom
) -> Atom:
    """``ct * partial(*args)``; with the strong zero, if the partial can be infinite."""
    value, builder = write_partial(s, position, partial, args, plain=False)
    formula = Folder().block(builder.block((value,)))
    value = formula.yields[0]
    sweep.builder.statements.extend(formula.statements)
    if isinstance(value, Const):
        if value.value == 1.0:
            return ct
        if value.value == -1.0:
            return sweep.emit(operator.neg, ct)
    singular = any(
        isinstance(x, Apply) and is_singular(x.function) and not is_finite_power(x)
        for x in walk(formula)
    )
    if s.out.type.is_array and is_quotient_by_number(s):
        singular = False  # a test for each item costs more than to begin again where it is zero
    value = conjugated(sweep, value)
    return sweep.emit(operations.times if singular or sweep.careful else operator.mul, ct, value)


def is_quotient_by_number(s: Apply) -> bool:
    is_quotient = s.function in (operator.truediv, np.divide, operations.divide)
    return is_quotient and not s.args[1].type.is_array


def is_finite_power(s: Apply) -> bool:
    """True for a power with an exponent that is no less than one: finite where its base is."""
    exponent = s.args[1] if s.function is np.power else None
    is_real = isinstance(exponent, Const) and not exponent.type.is_complex
    return is_real and cast(float, exponent.value) >= 1


def product(sweep: "Reverse") -> Callable:
    return operations.times if sweep.careful else operator.mul


# The compiler's own operations.


def pull_load(sweep: "Reverse", s: Apply, ct: Atom) -> None:
    array, *index = s.args
    shadow = sweep.shadow(array)
    sweep.add_into(shadow, dict(s.keywords)["subscript"], tuple(index), ct)


def pull_select(sweep: "Reverse", s: Apply, ct: Atom) -> None:
    test, chosen, other = s.args
    zero = constant(0, ct.type)
    if chosen in sweep.active:
        sweep.accumulate(chosen, sweep.emit(operations.select, test, ct, zero))
    if other in sweep.active:
        sweep.accumulate(other, sweep.emit(operations.select, test, zero, ct))


def pull_copy(sweep: "Reverse", s: Apply, ct: Atom) -> None:
    sweep.accumulate(s.args[0], ct)


def pull_float(sweep: "Reverse", s: Apply, ct: Atom) -> None:
    sweep.accumulate(s.args[0], ct)


def pull_imaginary(sweep: "Reverse", s: Apply, ct: Atom) -> None:
    sweep.accumulate(s.args[0], sweep.emit(operator.mul, ct, Const(1j)))


COMPONENTS = (operations.real_part, operations.imaginary_part)


def pull_cartesian(sweep: "Reverse", s: Apply, ct: Atom) -> None:
    for part, function in zip(s.args, COMPONENTS, strict=True):
        if part in sweep.active:
            sweep.accumulate(part, sweep.emit(function, ct))


def pull_times(sweep: "Reverse", s: Apply, ct: Atom) -> None:
    """Of ``a * b`` with the strong zero, which also guards its own partials."""
    a, b = s.args
    for arg, other in ((a, b), (b, a)):
        if arg in sweep.active:
            product = sweep.emit(operations.times, ct, other)
            sweep.accumulate(arg, broadcast_back(sweep, product, arg, s))


def pull_sum(sweep: "Reverse", s: Apply, ct: Atom) -> None:
    """Spread over the axis that was summed."""
    x = s.args[0]
    axis = dict(s.keywords).get("axis")
    dims = sweep.dims(x)
    if axis is None:
        sweep.accumulate(x, sweep.emit(operations.full, ct, *dims))
        return
    entries: list = [(False, False, False)] * ct.type.ndim
    entries.insert(axis, "newaxis")
    keywords = (("subscript", Subscript(tuple(entries))),)
    spread = sweep.emit(operations.load, ct, keywords=keywords)
    sweep.accumulate(x, sweep.emit(operator.add, sweep.zeros(dims, ct.type), spread))


def pull_full(sweep: "Reverse", s: Apply, ct: Atom) -> None:
    sweep.accumulate(s.args[0], sweep.emit(np.sum, ct))


def pull_reshape(sweep: "Reverse", s: Apply, ct: Atom) -> None:
    sweep.accumulate(s.args[0], sweep.emit(operations.reshape, ct, *sweep.dims(s.args[0])))


def pull_transpose(sweep: "Reverse", s: Apply, ct: Atom) -> None:
    order = dict(s.keywords).get("axes")
    back = () if order is None else (("axes", tuple(order.index(i) for i in range(len(order)))),)
    sweep.accumulate(s.args[0], sweep.emit(np.transpose, ct, keywords=back))


def pull_array(sweep: "Reverse", s: Apply, ct: Atom) -> None:
    """Each item of an array literal takes its own."""
    shape = dict(s.keywords)["shape"]
    subscript = Subscript(("at",) * len(shape))
    for position, item in zip(np.ndindex(*shape), s.args, strict=True):
        if item in sweep.active:
            index = tuple(map(Const, position))
            keywords = (("subscript", subscript),)
            sweep.accumulate(item, sweep.emit(operations.load, ct, *index, keywords=keywords))


def pull_sum_to(sweep: "Reverse", s: Apply, ct: Atom) -> None:
    """Summing to a shape is undone by broadcasting."""
    x = s.args[0]
    zeros = sweep.zeros(sweep.dims(x), ct.type)
    sweep.accumulate(x, sweep.emit(operator.add, zeros, ct))


def pull_dot(sweep: "Reverse", s: Apply, ct: Atom, kept: dict) -> None:
    left, right = s.args
    a, b = (kept.get(x, x) for x in s.args)
    a = conjugated(sweep, a) if right in sweep.active else a
    b = conjugated(sweep, b) if left in sweep.active else b
    ranks = left.type.ndim, right.type.ndim
    if left in sweep.active:
        if ranks == (1, 1):
            found = sweep.emit(product(sweep), ct, b)
        elif ranks == (2, 1):
            found = sweep.emit(np.outer, ct, b)
        elif ranks == (1, 2):
            found = sweep.emit(np.dot, b, ct)
        else:
            found = sweep.emit(np.dot, ct, sweep.emit(np.transpose, b))
        sweep.accumulate(left, found)
    if right in sweep.active:
        if ranks == (1, 1):
            found = sweep.emit(product(sweep), ct, a)
        elif ranks == (1, 2):
            found = sweep.emit(np.outer, a, ct)
        else:
            found = sweep.emit(np.dot, sweep.emit(np.transpose, a), ct)
        sweep.accumulate(right, found)


def pull_outer(sweep: "Reverse", s: Apply, ct: Atom, kept: dict) -> None:
    a, b = (conjugated(sweep, kept.get(x, x)) for x in s.args)
    if any(x.type.ndim != 1 for x in s.args):
        raise missing_rule(s.function, s.place)
    if s.args[0] in sweep.active:
        sweep.accumulate(s.args[0], sweep.emit(np.dot, ct, b))
    if s.args[1] in sweep.active:
        flipped = sweep.emit(np.transpose, ct)
        sweep.accumulate(s.args[1], sweep.emit(np.dot, flipped, a))


def pull_norm(sweep: "Reverse", s: Apply, ct: Atom, kept: dict) -> None:
    """``x / norm``, and zero at zero: the subgradient of least norm."""
    x, out = kept.get(s.args[0], s.args[0]), s.out
    is_zero = sweep.emit(operator.eq, out, Const(0.0))
    safe = sweep.emit(operations.select, is_zero, constant(1, out.type), out)
    scale = sweep.emit(operator.truediv, ct, safe)
    sweep.accumulate(s.args[0], sweep.emit(product(sweep), x, scale))


def pull_extreme(sweep: "Reverse", s: Apply, ct: Atom, kept: dict) -> None:
    """Shared equally among the items that attain it."""
    x = kept.get(s.args[0], s.args[0])
    attained = converted(sweep.emit, sweep.emit(operator.eq, x, s.out), x.type.dtype)
    share = sweep.emit(operator.truediv, ct, sweep.emit(np.sum, attained))
    sweep.accumulate(s.args[0], sweep.emit(product(sweep), attained, share))


def shares(sweep: "Reverse | Forward", s: Apply) -> list[Atom]:
    """The derivative of the extremum of several numbers: shared equally by those that attain it."""
    attained = [sweep.emit(operator.eq, arg, s.out) for arg in s.args]
    one, none = constant(1, s.out.type), constant(0, s.out.type)
    numbers = [sweep.emit(operations.select, test, one, none) for test in attained]
    count = numbers[0]
    for number in numbers[1:]:
        count = sweep.emit(operator.add, count, number)
    return [sweep.emit(operations.divide, number, count) for number in numbers]


def pull_extremum(sweep: "Reverse", s: Apply, ct: Atom) -> None:
    for arg, share in zip(s.args, shares(sweep, s), strict=True):
        if arg in sweep.active:
            sweep.accumulate(arg, sweep.emit(operations.times, ct, share))


def pull_several(sweep: "Reverse", s: Apply, ct: Atom) -> None:
    for position, item in enumerate(s.args):
        if item in sweep.active:
            keywords = (("position", position),)
            sweep.accumulate(item, sweep.emit(operations.part, ct, keywords=keywords))


def pull_part(sweep: "Reverse", s: Apply, ct: Atom) -> None:
    position = Const(dict(s.keywords)["position"])
    sweep.add_into(sweep.shadow(s.args[0]), Subscript(("at",)), (position,), ct)


def pull_appended(sweep: "Reverse", s: Apply, ct: Atom) -> None:
    items, item = s.args
    if items in sweep.active:
        sweep.accumulate(items, sweep.emit(operations.shortened, ct))
    if item in sweep.active:
        function = operations.take if item.type.is_array else operations.load
        keywords = (("subscript", Subscript(("at",))),)
        sweep.accumulate(item, sweep.emit(function, ct, Const(-1), keywords=keywords))


def pull_lengthened(sweep: "Reverse", s: Apply, ct: Atom) -> None:
    sweep.accumulate(s.args[0], sweep.emit(operations.shortened, ct))


def pull_shortened(sweep: "Reverse", s: Apply, ct: Atom) -> None:
    sweep.accumulate(s.args[0], sweep.emit(operations.lengthened, ct))


EXTREMES = (operations.larger, operations.smaller)
READING = {
    np.dot: pull_dot,
    np.outer: pull_outer,
    np.linalg.norm: pull_norm,
    np.max: pull_extreme,
    np.min: pull_extreme,
}
"""Pullbacks that read their arguments' contents."""
PULLBACKS = {
    np.sum: pull_sum,
    operations.full: pull_full,
    operations.reshape: pull_reshape,
    np.transpose: pull_transpose,
    operations.array_of: pull_array,
    operations.several: pull_several,
    operations.part: pull_part,
    operations.appended: pull_appended,
    operations.appended_array: pull_appended,
    operations.lengthened: pull_lengthened,
    operations.shortened: pull_shortened,
    operations.sum_1_to_1: pull_sum_to,
    operations.sum_2_to_1: pull_sum_to,
    operations.sum_2_to_2: pull_sum_to,
    operations.sum_3_to_3: pull_sum_to,
    operations.sum_to: pull_sum_to,
    operations.as_float: pull_copy,
    operations.as_single: pull_copy,
    operations.as_complex: pull_copy,
    operations.as_real: pull_copy,
    operations.real_parts: pull_copy,
    operations.real_part: pull_copy,
    operations.imaginary_parts: pull_imaginary,
    operations.imaginary_part: pull_imaginary,
    operations.cartesian: pull_cartesian,
    operations.single: pull_copy,
    operations.double: pull_copy,
    complex: pull_copy,
    operations.load: pull_load,
    operations.take: pull_load,
    operations.select: pull_select,
    operations.copy: pull_copy,
    operations.as_item: pull_copy,
    operations.times: pull_times,
    float: pull_float,
}
