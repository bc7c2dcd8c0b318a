"""How each operation hands its cotangent to its arguments."""

import math
import operator
from typing import TYPE_CHECKING, Any

from adjoint.compile import operations
from adjoint.compile.frontend.formulas import write_formula
from adjoint.compile.ir.nodes import Apply, Atom, Builder, Const, Var, walk
from adjoint.compile.transform.derivatives import SINGULAR, missing_rule, rule_of
from adjoint.rules.ruleset import Form, Rule

if TYPE_CHECKING:
    from adjoint.compile.transform.reverse import Reverse


def pull(sweep: "Reverse", s: Apply, ct: Atom, kept: dict[Var, Var]) -> None:
    """Add the contributions of ``s.out``'s cotangent to its arguments.

    `kept` : the copies to read instead of arrays whose memory changes.
    """
    own = PULLBACKS.get(s.function)
    if own is not None:
        own(sweep, s, ct)
        return
    rule = rule_of(s.function, len(s.args))
    if rule is None:
        raise missing_rule(s.function, s.place)
    if rule.form is Form.ELEMENTWISE:
        pull_elementwise(sweep, s, rule, ct, kept)
        return
    raise missing_rule(s.function, s.place)


def pull_elementwise(
    sweep: "Reverse", s: Apply, rule: Rule, ct: Atom, kept: dict[Var, Var]
) -> None:
    args = tuple(kept.get(a, a) for a in s.args)
    out = kept.get(s.out, s.out)
    for arg, partial in zip(s.args, rule.partials, strict=True):
        if arg not in sweep.active:
            continue
        if partial is None:
            raise missing_rule(s.function, s.place)
        product = weighted(sweep, s, partial, (*args, out), ct)
        sweep.accumulate(arg, broadcast_back(sweep, product, arg, s))


def broadcast_back(sweep: "Reverse", ct: Atom, arg: Atom, s: Apply) -> Atom:
    others = [a for a in s.args if a.type.is_array]
    if arg.type.is_array and len(others) == 1:
        return ct
    return sweep.fitted(ct, arg, s.args)


def weighted(sweep: "Reverse", s: Apply, partial: Any, args: tuple, ct: Atom) -> Atom:
    """``ct * partial(*args)``; with the strong zero, if the partial can be infinite."""
    builder = Builder(place=s.place)
    checked = s.function is operator.truediv and not s.out.type.is_array
    value = write_formula(partial, args, builder, s.place, plain=checked)
    sweep.builder.statements.extend(builder.statements)
    if isinstance(value, Const):
        if value.value == 1.0:
            return ct
        if value.value == -1.0:
            return sweep.emit(operator.neg, ct)
    singular = not checked and any(
        isinstance(x, Apply) and x.function in SINGULAR for x in walk(builder.block())
    )
    return sweep.emit(operations.times if singular else operator.mul, ct, value)


# The compiler's own operations.


def pull_load(sweep: "Reverse", s: Apply, ct: Atom) -> None:
    array, *index = s.args
    shadow = sweep.shadow(array)
    sweep.add_into(shadow, dict(s.keywords)["subscript"], tuple(index), ct)


def pull_select(sweep: "Reverse", s: Apply, ct: Atom) -> None:
    test, chosen, other = s.args
    zero = Const(0.0)
    if chosen in sweep.active:
        sweep.accumulate(chosen, sweep.emit(operations.select, test, ct, zero))
    if other in sweep.active:
        sweep.accumulate(other, sweep.emit(operations.select, test, zero, ct))


def pull_copy(sweep: "Reverse", s: Apply, ct: Atom) -> None:
    sweep.accumulate(s.args[0], ct)


def pull_float(sweep: "Reverse", s: Apply, ct: Atom) -> None:
    sweep.accumulate(s.args[0], ct)


def pull_times(sweep: "Reverse", s: Apply, ct: Atom) -> None:
    """Of ``a * b`` with the strong zero, which also guards its own partials."""
    a, b = s.args
    for arg, other in ((a, b), (b, a)):
        if arg in sweep.active:
            product = sweep.emit(operations.times, ct, other)
            sweep.accumulate(arg, broadcast_back(sweep, product, arg, s))


PULLBACKS = {
    operations.load: pull_load,
    operations.take: pull_load,
    operations.select: pull_select,
    operations.copy: pull_copy,
    operations.times: pull_times,
    float: pull_float,
}
__all__ = ["math", "pull"]
