"""The forward transform: from a function to one that also computes its tangent.

Each active value has a tangent beside it; an active array that changes has a tangent array of its
own, which changes with it, so views and aliases need no rule.
"""

import operator
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from adjoint.compile import operations
from adjoint.compile.conversion import asked_for, converted, together
from adjoint.compile.frontend.formulas import write_formula, write_partial
from adjoint.compile.frontend.values import NONE, TupleValue
from adjoint.compile.frontend.written_spectra import PUSHED
from adjoint.compile.inference import loaded_type, result_type
from adjoint.compile.ir.nodes import (
    FLOAT,
    Apply,
    Atom,
    Block,
    Builder,
    Const,
    For,
    Function,
    If,
    Pop,
    Push,
    Statement,
    Store,
    Tape,
    Type,
    Var,
    While,
    constant,
    walk,
)
from adjoint.compile.ir.recursion import Recursive
from adjoint.compile.transform.activity import Activity
from adjoint.compile.transform.aliases import VIEWS, Aliases
from adjoint.compile.transform.derivatives import is_singular, missing_rule, rule_of
from adjoint.compile.transform.moves import apart
from adjoint.compile.transform.packing import Packing
from adjoint.compile.transform.pullbacks import EXTREMES, conjugated, is_by_pair, shares
from adjoint.compile.transform.recursive import parts, pushed
from adjoint.rules.ruleset import Form

LINEAR: frozenset[Callable] = frozenset(
    (
        operations.load,
        operations.take,
        operations.copy,
        operations.as_item,
        operations.full,
        operations.reshape,
        operations.array_of,
        operations.several,
        operations.part,
        operations.appended,
        operations.appended_array,
        operations.lengthened,
        operations.shortened,
        operations.as_float,
        operations.as_single,
        operations.as_complex,
        operations.single,
        operations.double,
        operations.cartesian,
        operations.real_part,
        operations.as_real,
        operations.real_parts,
        operations.imaginary_part,
        operations.imaginary_parts,
        complex,
        operations.sum_1_to_1,
        operations.sum_2_to_1,
        operations.sum_2_to_2,
        operations.sum_3_to_3,
        operations.sum_to,
        np.sum,
        np.transpose,
        float,
    )
)
BILINEAR: frozenset[Callable] = frozenset((np.dot, np.outer, operations.times))


def forward(function: Function, wrt: Sequence[Var], tangents: Sequence[Atom]) -> Function:
    """The function whose results are those of `function`, then the tangent of each float result.

    Parameters
    ----------
    tangents : the tangent of each of `wrt`; variables among them become parameters.
    """
    function = apart(function)
    push = Forward(function, wrt, tangents)
    block = push.whole(function.body)
    params = (*function.params, *(t for t in tangents if isinstance(t, Var)))
    tapes = (*function.tapes, *push.mirror.values())
    return Function(function.name, params, block, tapes, function.careful)


class Forward:
    """The state of one forward transform: the tangent of each active variable."""

    def __init__(self, function: Function, wrt: Sequence[Var], tangents: Sequence[Atom]):
        self.careful = function.careful
        self.aliases = Aliases(function)
        self.active = Activity(function, wrt, self.aliases)
        self.builder = Builder()
        self.tangents: dict[Var, Atom] = {}
        self.mirror: dict[Tape, Tape] = {}
        self.given = list(zip(wrt, tangents, strict=True))
        self.params = function.params

    def whole(self, body: Block) -> Block:
        for var, tangent in self.given:
            self.define(var, tangent)
        for param in self.params:
            if param in self.active and param not in self.tangents:
                self.define(param, self.zero_of(param))
        self.statements(body)
        found = [self.tangent(a) for a in body.yields if a.type.is_float]
        return self.builder.block((*body.yields, *found))

    def statements(self, block: Block) -> None:
        for statement in block.statements:
            self.builder.place = getattr(statement, "place", None)
            self.statement(statement)

    def statement(self, s: Statement) -> None:
        match s:
            case Apply():
                if s.out in self.active and isinstance(s.function, Recursive):
                    self.call(s, s.function)
                    return
                self.builder.add(s)
                if s.out in self.active:
                    self.apply(s)
            case Store():
                self.builder.add(s)
                if s.array in self.active:
                    shadow = self.tangents[s.array]
                    self.builder.add(replace(s, array=shadow, value=self.tangent(s.value)))
            case If():
                self.branch(s)
            case For() | While():
                self.loop(s)
                for out in s.outs:  # a store behind the loop may make it live
                    if out in self.active and out not in self.tangents:
                        self.define(out, self.zero_of(out))
            case Push():
                self.builder.add(s)
                if s.tape in self.active.tapes:
                    values = tuple(self.tangent(v) for v in s.values if v.type.is_float)
                    self.builder.add(Push(self.mirrored(s.tape), values, s.place))
            case Pop():
                self.builder.add(s)
                if s.tape in self.active.tapes:
                    floats = [v for v in s.outs if v.type.is_float]
                    outs = tuple(Var(f"{v.name}_dot", v.type) for v in floats)
                    self.builder.add(Pop(self.mirrored(s.tape), outs, s.place))
                    self.tangents.update(zip(floats, outs, strict=True))
            case _:
                self.builder.add(s)

    def mirrored(self, tape: Tape) -> Tape:
        return self.mirror.setdefault(tape, Tape(f"{tape.name}_dot"))

    # Tangents.

    def emit(self, function, *args: Atom, keywords: tuple = (), name: str = "dot") -> Atom:
        args = together(self.emit, function, args)
        if function is operations.load:
            type_ = loaded_type(args[0].type, dict(keywords)["subscript"], args[1:])
        else:
            type_ = result_type(function, args, keywords, self.builder.place)
        out = Var(name, type_)
        self.builder.add(Apply(out, function, args, keywords, self.builder.place))
        return out

    def tangent(self, atom: Atom) -> Atom:
        """The tangent of an atom; zero if it has none."""
        if isinstance(atom, Var) and atom in self.tangents:
            return self.tangents[atom]
        return self.zero_of(atom)

    def zero_of(self, atom: Atom) -> Atom:
        dtype = atom.type.dtype if atom.type.is_float else "float"
        if not atom.type.is_array:
            return constant(0, Type(dtype))
        return self.emit(operations.zeros, *self.dims(atom), keywords=asked_for(dtype))

    def dims(self, atom: Atom) -> tuple[Atom, ...]:
        return tuple(
            self.emit(operations.dim, atom, keywords=(("axis", axis),), name="n")
            for axis in range(atom.type.ndim)
        )

    def define(self, var: Var, tangent: Atom, *, view: bool = False) -> None:
        """Note a tangent; that of an array that changes must be memory of its own."""
        if var.type.is_array and not view and (var in self.aliases.changed or self.moves(tangent)):
            tangent = self.emit(operations.copy, tangent)
        self.tangents[var] = tangent

    def moves(self, tangent: Atom) -> bool:
        """True for the tangent of an array that is changed: where it is that of a result too, as
        of ``x % 1.0``, later stores would change both."""
        return any(self.tangents.get(var) is tangent for var in self.aliases.changed)

    # Operations.

    def apply(self, s: Apply) -> None:
        if s.function in LINEAR:
            args = [self.tangent(a) if a.type.is_float else a for a in s.args]
            if not any(a in self.active for a in s.args):
                self.define(s.out, self.zero_of(s.out))
                return
            made = Var(f"{s.out.name}_dot", s.out.type)
            self.builder.add(Apply(made, s.function, tuple(args), s.keywords, s.place))
            self.define(s.out, made, view=s.function in VIEWS)
        elif s.function in BILINEAR:
            a, b = s.args
            terms = []
            if a in self.active:
                terms.append(self.emit(s.function, self.tangent(a), b))
            if b in self.active:
                terms.append(self.emit(s.function, a, self.tangent(b)))
            self.finish(s, terms)
        elif s.function is operations.select:
            test, a, b = s.args
            self.finish(s, [self.emit(s.function, test, self.tangent(a), self.tangent(b))])
        elif s.function in EXTREMES and len(s.args) > 2:
            weights = zip(s.args, shares(self, s), strict=True)
            terms = [
                self.emit(operations.times, self.tangent(a), share)
                for a, share in weights
                if a in self.active
            ]
            self.finish(s, terms)
        elif s.function in OWN:
            self.finish(s, [OWN[s.function](self, s)] if s.args[0] in self.active else [])
        else:
            self.elementwise(s)

    def call(self, s: Apply, op: Recursive) -> None:
        """A function that calls itself: its tangent returns its result as well."""
        given = zip(s.args, op.params, strict=True)
        tangents = [self.tangent(a) for a, type_ in given if type_.is_float]
        made = pushed(op, forward)
        found = self.emit(made, *s.args, *tangents)
        tangent = Var(f"{s.out.name}_dot", s.out.type)
        if made.count is None:
            for out, half in zip(
                (s.out, tangent), Packing(self.builder).halves(found), strict=True
            ):
                self.builder.add(Apply(out, operations.copy, (half,), (), s.place))
        elif op.count is None:
            parts(self.builder, found, (s.out, tangent), s.place)
        else:
            numbers = tuple(Var("part", FLOAT) for _ in range(2 * op.count))
            parts(self.builder, found, numbers, s.place)
            for out, items in ((s.out, numbers[: op.count]), (tangent, numbers[op.count :])):
                self.builder.add(Apply(out, operations.several, items, (), s.place))
        self.define(s.out, tangent)

    def elementwise(self, s: Apply) -> None:
        rule = rule_of(s.function, len(s.args))
        if rule is None or rule.form is not Form.ELEMENTWISE:
            if any(a in self.active for a in s.args):
                raise missing_rule(s.function, s.place)
            self.finish(s, [])
            return
        terms = []
        if is_by_pair(rule, s):
            self.finish(s, [self.pushed(s, rule.jvp)])
            return
        for position, (arg, partial) in enumerate(zip(s.args, rule.partials, strict=True)):
            if arg in self.active:
                if partial is None:
                    raise missing_rule(s.function, s.place)
                terms.append(self.weighted(s, position, partial, arg))
        self.finish(s, terms)

    def pushed(self, s: Apply, formula: Callable | None) -> Atom:
        """The tangent of the result by the rule's own jvp."""
        if formula is None:
            raise missing_rule(s.function, s.place)
        builder = Builder(place=s.place)
        tangents = TupleValue(tuple(self.tangent(a) if a in self.active else NONE for a in s.args))
        found = write_formula(formula, (tangents, s.out, *s.args), builder, s.place)
        self.builder.statements.extend(builder.statements)
        return found

    def weighted(self, s: Apply, position: int, partial: Callable, arg: Atom) -> Atom:
        checked = s.function is operator.truediv and not s.out.type.is_array
        value, builder = write_partial(s, position, partial, (*s.args, s.out), plain=checked)
        self.builder.statements.extend(builder.statements)
        tangent = self.tangent(arg)
        if isinstance(value, Const) and value.value == 1.0:
            return tangent
        singular = not checked and any(
            isinstance(x, Apply) and is_singular(x.function) for x in walk(builder.block())
        )
        is_strong = singular or self.careful
        return self.emit(operations.times if is_strong else operator.mul, tangent, value)

    def finish(self, s: Apply, terms: list[Atom]) -> None:
        """The sum of the terms, broadcast to the shape of the result."""
        if not terms:
            self.define(s.out, self.zero_of(s.out))
            return
        terms = [converted(self.emit, term, s.out.type.dtype) for term in terms]
        total = terms[0]
        for term in terms[1:]:
            total = self.emit(operations.plus, total, term)
        arrays = [a for a in s.args if a.type.is_array]
        if s.out.type.is_array and s.function not in BILINEAR and len(s.args) > 1:
            scalars = any(a in self.active and not a.type.is_array for a in s.args)
            if len(arrays) > 1 or scalars:
                total = self.emit(operations.plus, self.zero_of(s.out), total)
        self.define(s.out, total)

    # Structure.

    def branch(self, s: If) -> None:
        live = [out for out in s.outs if out in self.active]
        sides = []
        for side in (s.then, s.orelse):
            kept, known = self.builder, dict(self.tangents)
            self.builder = Builder(place=s.place)
            self.statements(side)
            pairs = zip(s.outs, side.yields, strict=True)
            extra = tuple(self.tangent(y) for out, y in pairs if out in self.active)
            sides.append(self.builder.block((*side.yields, *extra)))
            self.builder, self.tangents = kept, known
        outs = tuple(Var(f"{v.name}_dot", v.type) for v in live)
        self.builder.add(If(s.test, *sides, (*s.outs, *outs), s.place))
        self.tangents.update(zip(live, outs, strict=True))

    def loop(self, s: For | While) -> None:
        live = [i for i, param in enumerate(s.params) if param in self.active]
        starts = tuple(self.tangent(s.inits[i]) for i in live)
        params, outs = (
            tuple(Var(f"{part[i].name}_dot", part[i].type) for i in live)
            for part in (s.params, s.outs)
        )
        self.tangents.update(zip((s.params[i] for i in live), params, strict=True))
        kept, self.builder = self.builder, Builder(place=s.place)
        self.statements(s.body)
        extra = tuple(self.tangent(s.body.yields[i]) for i in live)
        body = self.builder.block((*s.body.yields, *extra))
        self.builder = kept
        self.builder.add(
            replace(
                s,
                params=(*s.params, *params),
                inits=(*s.inits, *starts),
                body=body,
                outs=(*s.outs, *outs),
            )
        )
        self.tangents.update(zip((s.outs[i] for i in live), outs, strict=True))


def push_norm(sweep: Forward, s: Apply) -> Atom:
    """``x . dx / norm``, and zero at zero."""
    x = s.args[0]
    is_zero = sweep.emit(operator.eq, s.out, Const(0.0))
    safe = sweep.emit(operations.select, is_zero, constant(1, s.out.type), s.out)
    product = sweep.emit(operator.mul, conjugated(sweep, x), sweep.tangent(x))
    along = converted(sweep.emit, sweep.emit(np.sum, product), s.out.type.dtype)
    return sweep.emit(operator.truediv, along, safe)


def push_extreme(sweep: Forward, s: Apply) -> Atom:
    """The mean over the items that attain it."""
    x = s.args[0]
    attained = converted(sweep.emit, sweep.emit(operator.eq, x, s.out), x.type.dtype)
    total = sweep.emit(np.sum, sweep.emit(operator.mul, attained, sweep.tangent(x)))
    return sweep.emit(operator.truediv, total, sweep.emit(np.sum, attained))


def push_written(sweep: Forward, s: Apply) -> Atom:
    """By a program for the tangent of the result."""
    builder = Builder(place=s.place)
    args = (sweep.tangent(s.args[0]), s.out, *s.args)
    found = write_formula(PUSHED[s.function], args, builder, s.place)
    sweep.builder.statements.extend(builder.statements)
    return found


OWN = {
    **dict.fromkeys(PUSHED, push_written),
    np.linalg.norm: push_norm,
    np.max: push_extreme,
    np.min: push_extreme,
}
