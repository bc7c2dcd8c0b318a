"""The reverse transform: from a function to one that also computes its cotangents.

Statements are reversed from the last to the first. What a loop's reverse sweep reads is recorded
on a tape (see `recording`); memory that changes is copied where it is read, so the reverse sweep
never touches the primal's arrays. The result is a function of the same representation.
"""

import operator
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain

import numpy as np

from adjoint.compile import operations
from adjoint.compile.conversion import asked_for, converted, together
from adjoint.compile.inference import loaded_type, result_type
from adjoint.compile.ir.copying import Copier
from adjoint.compile.ir.nodes import (
    EVERYTHING,
    INT,
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
    Raise,
    Statement,
    Store,
    Type,
    Var,
    While,
    constant,
    defined,
    free,
    walk,
)
from adjoint.compile.ir.recursion import Recursive
from adjoint.compile.transform.activity import Activity, Useful
from adjoint.compile.transform.aliases import Aliases, is_view
from adjoint.compile.transform.choosing import chosen
from adjoint.compile.transform.fusing import Fusing
from adjoint.compile.transform.independence import stored
from adjoint.compile.transform.lasting import Lasting
from adjoint.compile.transform.lengths import Lengths, measured
from adjoint.compile.transform.moves import apart
from adjoint.compile.transform.pullbacks import pull
from adjoint.compile.transform.recording import needed_by, plan
from adjoint.compile.transform.recursive import count_of, reverse_call
from adjoint.compile.transform.remaking import remade
from adjoint.compile.transform.restoring import (
    Restored,
    candidates,
    recorded_numbers,
    restored,
)
from adjoint.compile.transform.segments import segmented
from adjoint.compile.transform.sharing import shared_with
from adjoint.compile.transform.simplify import simplify_block
from adjoint.compile.transform.sinking import is_zero, sunk
from adjoint.compile.transform.skipping import add_reverse_loop
from adjoint.compile.transform.snapshots import taken_once
from adjoint.compile.transform.tapes import Tapes

SUMS = {
    (1, 1): operations.sum_1_to_1,
    (2, 1): operations.sum_2_to_1,
    (2, 2): operations.sum_2_to_2,
    (3, 3): operations.sum_3_to_3,
}


def reverse(function: Function, wrt: Sequence[Var], seeds: Sequence[Atom | None]) -> Function:
    """The function whose results are those of `function`, then a cotangent for each of `wrt`.

    Parameters
    ----------
    seeds : the cotangent of each result; None where it has none. Never changed.
    """
    function = apart(segmented(function))
    results = zip(function.body.yields, seeds, strict=True)
    seeded = [a for a, seed in results if seed is not None and isinstance(a, Var)]
    sweep = Reverse(function, wrt, seeded)
    found = sweep.result(function, wrt, seeds)
    for array in sweep.restorable(function):
        again, put_back = restored(function, {array})
        other = Reverse(again, wrt, seeded, put_back).result(again, wrt, seeds)
        if 4 * recorded_numbers(other.body) < 3 * recorded_numbers(found.body):
            found = other
    return found


class Reverse:
    """The state of one reversal.

    Attributes
    ----------
    builder : where the statements of the reverse sweep go.
    cotangents : the cotangent so far of each variable of the block being reversed.
    shadows : arrays that collect the cotangent of an array in place.
    """

    def __init__(
        self,
        function: Function,
        wrt: Iterable[Var],
        seeded: Iterable[Var],
        restored: Restored | None = None,
    ):
        self.restored = restored or Restored()
        self.careful = function.careful
        self.aliases = Aliases(function)
        self.changed = self.aliases.changed
        useful = Useful(function, seeded, self.aliases)
        self.active = Activity(function, wrt, self.aliases).restricted(useful)
        self.lasting = Lasting(function, self.aliases)
        self.lasting.instead(self.restored.arrays, self.restored.reads)
        self.lengths = Lengths(function.body)
        self.makers = self.lengths.makers
        self.builder = Builder()
        self.cotangents: dict[Var, Atom] = {}
        self.shadows: dict[Var, Var] = {}
        self.viewing: set[Var] = set()  # their shadows are views of shadows
        self.dims_known: dict[Var, tuple[Atom, ...]] = {}
        self.tapes = Tapes()
        self.copies: set[Var] = set()  # that only reverse sweeps read
        self.fusing = Fusing(self, function)

    # The whole function.

    def result(
        self, function: Function, wrt: Sequence[Var], seeds: Sequence[Atom | None]
    ) -> Function:
        body = self.whole(function.body, wrt, seeds)
        params = [*function.params, *(s for s in seeds if isinstance(s, Var))]
        tapes = (*function.tapes, *self.tapes.made)
        return Function(function.name, tuple(params), body, tapes, function.careful)

    def restorable(self, function: Function) -> list[Var]:
        """The arrays that this sweep could put back as it goes."""
        excluded = {v for array in self.changed for v in self.aliases.of(array) if v is not array}
        for s in walk(function.body):
            if isinstance(s, For) and self.fusing.independence(s) is not None:
                excluded.update(stored(s.body))
        return sorted(candidates(function, excluded), key=lambda v: v.name)

    def whole(self, body: Block, wrt: Sequence[Var], seeds: Sequence[Atom | None]) -> Block:
        with self.fusing.joined():
            forward = self.sweep(body, seeds)
        found = []
        for var in wrt:
            ct = self.taken(var)
            found.append(self.zero_like(var) if ct is None else self.own(ct))
        statements = self.fusing.merged((*forward, *self.builder.statements))
        return Block(statements, (*body.yields, *found))

    def own(self, ct: Atom) -> Atom:
        """A cotangent that shares memory with nothing else: neither a seed nor another result."""
        if not ct.type.is_array or ct in self.shadows.values():
            return ct
        return self.emit(operations.copy, ct)

    def sweep(self, block: Block, seeds: Sequence[Atom | None]) -> tuple[Statement, ...]:
        """Reverse a block; returns its statements as the forward sweep runs them."""
        for atom, seed in zip(block.yields, seeds, strict=True):
            if seed is not None and atom in self.active:
                self.accumulate(atom, seed)
        forward: list[list[Statement]] = []
        for position, statement in reversed(tuple(enumerate(block.statements))):
            if not is_of_numbers(statement):  # of those nobody asks what follows
                self.fusing.later = block.statements[position + 1 :]
            forward.append(self.statement(statement))
        return tuple(chain.from_iterable(reversed(forward)))

    def statement(self, statement: Statement) -> list[Statement]:
        self.builder.place = getattr(statement, "place", None)
        match statement:
            case Apply():
                return self.apply(statement)
            case Store():
                return self.store(statement)
            case If():
                return self.branch(statement)
            case For() | While():
                return self.loop(statement) if statement.remade else self.fusing.loop(statement)
            case Push():
                return self.push(statement)
            case Pop():
                return self.pop(statement)
            case Raise():
                return [statement]
        raise AssertionError(statement)

    # Emitting.

    def emit(self, function, *args: Atom, keywords: tuple = (), name: str = "ct") -> Atom:
        args = together(self.emit, function, args)
        if function is operations.load:
            type_ = loaded_type(args[0].type, dict(keywords)["subscript"], args[1:])
        else:
            type_ = result_type(function, args, keywords, self.builder.place)
        out = Var(name, type_)
        self.builder.add(Apply(out, function, args, keywords, self.builder.place))
        return out

    def dims(self, var: Var) -> tuple[Atom, ...]:
        """The lengths of the axes of a primal array."""
        maker = self.makers.get(var)
        if maker is not None and (count := count_of(maker)) is not None:
            return (Const(count),)
        return tuple(
            self.emit(operations.dim, var, keywords=(("axis", axis),), name=f"n{axis}")
            for axis in range(var.type.ndim)
        )

    def zero_like(self, var: Var) -> Atom:
        if not var.type.is_array:
            return constant(0, var.type)
        return self.zeros(self.dims(var), var.type, f"d{var.name}")

    def zeros(self, dims: tuple[Atom, ...], type_: Type, name: str = "ct") -> Atom:
        """An array of zeros, of the dtype of a type."""
        return self.emit(operations.zeros, *dims, keywords=asked_for(type_.dtype), name=name)

    # Cotangents.

    def accumulate(self, atom: Atom, ct: Atom) -> None:
        """Add `ct` to the cotangent of `atom`."""
        if atom not in self.active:
            return
        assert isinstance(atom, Var)
        ct = converted(self.emit, ct, atom.type.dtype)
        if atom in self.changed and atom not in self.shadows:
            self.shadow(atom)
        if atom in self.shadows:
            self.add_into(self.shadows[atom], EVERYTHING, (), ct)
        elif atom in self.cotangents:
            self.cotangents[atom] = self.add(self.cotangents[atom], ct, f"d{atom.name}")
        else:
            self.cotangents[atom] = ct

    def add(self, a: Atom, b: Atom, name: str) -> Atom:
        return self.emit(operations.plus, a, b, name=name)

    def add_into(self, array: Var, subscript, index: tuple[Atom, ...], ct: Atom) -> None:
        self.builder.add(Store(array, subscript, index, ct, True, self.builder.place))

    def taken(self, var: Var) -> Atom | None:
        """The finished cotangent of a variable, which is defined here."""
        if var in self.shadows:
            return self.shadows[var]
        return self.cotangents.pop(var, None)

    def shadow(self, var: Var) -> Var:
        """The array that collects the cotangent of `var`; that of a view is a view."""
        if var in self.shadows:
            return self.shadows[var]
        maker = self.makers.get(var)
        if (
            maker is not None
            and is_view(maker)
            and not any(a.type.is_array for a in maker.args[1:])
        ):
            made = self.shadow_of_view(var, maker)
        else:
            known = self.cotangents.pop(var, None)
            if known is None:
                made = self.zero_like(var)
            else:
                made = self.emit(operations.copy, known, name=f"d{var.name}")
        self.shadows[var] = made
        return made

    def shadow_of_view(self, var: Var, maker: Apply) -> Var:
        base = self.shadow(maker.args[0])
        made = self.emit(
            maker.function, base, *maker.args[1:], keywords=maker.keywords, name=f"d{var.name}"
        )
        self.viewing.add(var)
        known = self.cotangents.pop(var, None)
        if known is not None:
            self.add_into(made, EVERYTHING, (), known)
        return made

    # Statements.

    def apply(self, s: Apply) -> list[Statement]:
        if s.out not in self.active:
            return [s]
        if s.out in self.viewing:
            return [s]  # its shadow is a view of the shadow of what it views
        ct = self.taken(s.out)
        if ct is None or not any(arg in self.active for arg in s.args):
            return [s]
        if isinstance(s.function, Recursive):
            return reverse_call(self, s, s.function, ct, reverse)
        before, names = self.snapshots(s.args, s)
        after, out_name = self.snapshots((s.out,), s)
        pull(self, s, ct, {**names, **out_name})
        return [*before, s, *after]

    def snapshots(self, atoms: tuple[Atom, ...], s: Apply) -> tuple[list[Statement], dict]:
        """Copies of the arrays whose memory changes, for the formulas to read."""
        statements, names = [], {}
        for atom in atoms:
            if not atom.type.is_array or not self.is_moving(atom):
                continue
            if atom not in names and not self.fusing.is_settled(atom):
                names[atom] = Var(f"{atom.name}_kept", atom.type)
                statements.append(Apply(names[atom], operations.copy, (atom,), (), s.place))
        self.copies.update(names.values())
        return statements, names

    def is_moving(self, array: Atom) -> bool:
        """True for an array that the reverse sweep may not read where it is."""
        return array in self.changed and array not in self.fusing.steady

    def store(self, s: Store) -> list[Statement]:
        if s in self.restored.replaced and s not in self.restored.first:
            self.builder.add(self.restored.undone(s))
        if s.array not in self.active:
            return [s]
        shadow = self.shadow(s.array)
        keywords = (("subscript", s.subscript),)
        out = Var("ct", loaded_type(s.array.type, s.subscript, s.index))
        wanted = s.value in self.active
        if wanted or not s.adds:
            self.builder.add(
                Apply(
                    out,
                    operations.take if out.type.is_array else operations.load,
                    (shadow, *s.index),
                    keywords,
                    s.place,
                )
            )
        if not s.adds:
            zero = constant(0, shadow.type)
            self.builder.add(Store(shadow, s.subscript, s.index, zero, False, s.place))
        if wanted:
            self.accumulate(s.value, self.fitted(out, s.value, ()))
        return [s]

    def fitted(self, ct: Atom, target: Atom, others: tuple[Atom, ...]) -> Atom:
        """`ct` summed to the shape of `target`, where that may have been broadcast."""
        if not ct.type.is_array:
            return ct
        if ct.type.is_complex and not target.type.is_complex:
            ct = self.emit(operations.as_real, ct)
        if not target.type.is_array:
            return self.emit(np.sum, ct)
        if ct.type.is_single:  # added up in double precision
            ct = self.emit(operations.as_float, ct)
        ranks = ct.type.ndim, target.type.ndim
        return self.emit(SUMS.get(ranks, operations.sum_to), ct, *self.dims(target))

    # Branches.

    def branch(self, s: If) -> list[Statement]:
        seeds = [self.taken(out) if out in self.active else None for out in s.outs]
        outer = self.outer_scalars((s.then, s.orelse))
        self.prepare((s.then, s.orelse))
        sides = [self.side(side, seeds, outer) for side in (s.then, s.orelse)]
        exports = [export for _, _, exported in sides for export in exported]
        then_forward, orelse_forward = (
            self.exporting(side, forward, s, exports, exported)
            for side, (forward, _, exported) in zip((s.then, s.orelse), sides, strict=True)
        )
        names = {var: Var(var.name, var.type) for var in exports}
        forward = If(s.test, then_forward, orelse_forward, (*s.outs, *names.values()), s.place)
        copier = Copier(dict(names))
        then_reverse, orelse_reverse = (copier.block(block) for _, block, _ in sides)
        live = [
            i
            for i, _ in enumerate(outer)
            if any(not is_zero(block.yields[i]) for block in (then_reverse, orelse_reverse))
        ]
        outs = tuple(Var(f"d{outer[i].name}", outer[i].type) for i in live)
        blocks = [
            Block(block.statements, tuple(block.yields[i] for i in live))
            for block in (then_reverse, orelse_reverse)
        ]
        self.builder.add(If(s.test, *blocks, outs, s.place))
        for i, out in zip(live, outs, strict=True):
            self.accumulate(outer[i], out)
        return [forward]

    def side(self, side: Block, seeds: list, outer: list[Var]) -> tuple:
        """Reverse one side: its forward statements, reverse block, and what must be handed out."""
        kept = self.builder, self.cotangents
        self.builder, self.cotangents = Builder(place=self.builder.place), {}
        with self.fusing.apart():
            forward = self.sweep(side, seeds)
        yields = tuple(self.cotangents.get(var, constant(0, var.type)) for var in outer)
        block = sunk(simplify_block(self.builder.block(yields)))
        self.builder, self.cotangents = kept
        forward, block = taken_once(forward, block, self.copies, self.aliases.of)
        whole = Block(forward, side.yields)
        undone = self.restored.undone_first(side)
        exported, block, forward = self.recorded(whole, block, (), set(), undone)
        return forward, block, exported

    def exporting(
        self, side: Block, forward: tuple, s: If, exports: list[Var], own: tuple[Var, ...]
    ) -> Block:
        """The forward side, which also hands out its own `exports`, and anything for the others."""
        statements = list(forward)
        values: list[Atom] = []
        for var in exports:
            if var in own:
                values.append(var)
                continue
            filler: Atom = constant(0, var.type)
            if var.type.is_array:
                out = Var("unused", var.type)
                dims = (Const(0),) * var.type.ndim
                keywords = (("dtype", var.type.dtype),)
                statements.append(Apply(out, operations.empty, dims, keywords, s.place))
                filler = out
            values.append(filler)
        return Block(tuple(statements), (*side.yields, *values))

    def recorded(
        self,
        forward: Block,
        backward: Block,
        bound: tuple[Var, ...],
        available: set[Var],
        undone: tuple[Store, ...] = (),
    ) -> tuple[tuple[Var, ...], Block, tuple[Statement, ...]]:
        """What must be recorded for a reverse block, that block with the rest recomputed, and the
        statements of the forward one, which also ask for the lengths that are recorded.

        `undone` : the stores by which the reverse block begins.
        """
        backward = shared_with(forward.statements, backward)
        inside = defined(forward) | set(bound)
        backward = self.lengths.read_elsewhere(backward, inside)
        forward, backward = measured(forward, backward, inside - available)
        inside |= defined(forward)
        read = {**free(Block(undone)), **free(backward)}
        needed = [v for v in read if v in inside and v not in available]
        moving = self.changed - self.fusing.steady
        kept, recomputed = plan(forward, needed, available, moving, bound, self.lasting)
        copier = Copier({})
        first = needed_by(undone, recomputed)
        rest = (s for s in recomputed if s not in first)
        statements = tuple(map(copier.statement, (*first, *undone, *rest)))
        body = copier.block(backward)
        return kept, Block((*statements, *body.statements), body.yields), forward.statements

    def outer_scalars(self, blocks: tuple[Block, ...], bound: tuple[Var, ...] = ()) -> list[Var]:
        """The active numbers from outside that blocks read, whose cotangents they add to."""
        found: dict[Var, None] = {}
        for block in blocks:
            found.update(free(block))
        own = set(bound)
        return [v for v in found if v in self.active and not v.type.is_array and v not in own]

    def prepare(self, blocks: tuple[Block, ...], bound: tuple[Var, ...] = ()) -> None:
        """Make the shadows of the outer arrays that blocks read, before their reversal begins."""
        for block in blocks:
            for var in free(block):
                if var in self.active and var.type.is_array and var not in bound:
                    self.shadow(var)

    # Loops.

    def loop(self, s: For | While) -> list[Statement]:
        carried = [i for i, param in enumerate(s.params) if param in self.active]
        seeds = [self.taken(s.outs[i]) or self.zero_like(s.outs[i]) for i in carried]
        outer = self.outer_scalars((s.body,), s.params)
        self.prepare((s.body,), s.params)
        starts = [self.cotangents.pop(var, constant(0, var.type)) for var in outer]
        params = [Var(f"d{s.params[i].name}", s.params[i].type) for i in carried]
        sums = [Var(f"d{var.name}", var.type) for var in outer]
        forward, block = self.turn(s, carried, params, dict(zip(outer, sums, strict=True)))
        undone = self.restored.undone_first(s.body)
        if isinstance(s, For) and not s.remade and not undone:
            seeded = dict(zip((*params, *sums), (*seeds, *starts), strict=True))
            if (made := chosen(self, s, forward, block, seeded)) is not None:
                self.hand_out(s, carried, outer, made.outs)
                return list(made.forward)
        bound = (s.index, *s.params) if isinstance(s, For) else s.params
        own = {s.index} if isinstance(s, For) else set()
        before: list[Statement] = []
        if s.remade:
            before, forward, block = remade(self, s, forward, block)
        else:
            whole = Block(forward, s.body.yields)
            kept, block, forward = self.recorded(whole, block, bound, own, undone)
            if kept:
                forward, block = self.tapes.taped(forward, block, kept, s)
        made, index, bounds = self.counted(s, forward)
        if isinstance(s, For):
            block = Copier({s.index: index}).block(block)
        outs = tuple(Var(p.name, p.type) for p in (*params, *sums))
        whole = For(index, *bounds, (*params, *sums), (*seeds, *starts), block, outs, s.place)
        views = {self.shadows[v] for v in self.viewing if v in self.shadows}
        outs = add_reverse_loop(self.builder, whole, len(params), s, self.active, views)
        self.hand_out(s, carried, outer, outs)
        return [*before, *made]

    def hand_out(
        self, s: For | While, carried: list[int], outer: list[Var], outs: Sequence[Atom]
    ) -> None:
        """The cotangents that a reverse loop carried to what they belong to."""
        for i, out in zip(carried, outs, strict=False):
            self.accumulate(s.inits[i], out)
        for var, out in zip(outer, outs[len(carried) :], strict=True):
            self.accumulate(var, out)

    def turn(self, s: For | While, carried: list[int], params: list[Var], sums: dict) -> tuple:
        """Reverse one turn of a loop."""
        kept = self.builder, self.cotangents
        self.builder, self.cotangents = Builder(place=s.place), dict(sums)
        seeds: list[Atom | None] = [None] * len(s.params)
        for i, param in zip(carried, params, strict=True):
            seeds[i] = param
        with self.fusing.apart():
            forward = self.sweep(s.body, seeds)
        yields = [self.taken(s.params[i]) or self.zero_like(s.params[i]) for i in carried]
        yields += [self.cotangents[var] for var in sums]
        block = sunk(simplify_block(self.builder.block(tuple(yields))))
        self.builder, self.cotangents = kept
        return taken_once(forward, block, self.copies, self.aliases.of)

    def counted(self, s: For | While, forward: tuple) -> tuple:
        """The forward loop, and the index and bounds of its reverse."""
        if isinstance(s, For):
            index = Var(s.index.name, INT)
            made = replace(s, body=Block(forward, s.body.yields), remade=False, own=None)
            return [made], index, self.backwards(s)
        count, after, total = Var("turns", INT), Var("turns", INT), Var("turns", INT)
        step = Apply(after, ADD, (count, Const(1)), (), s.place)
        body = Block((*forward, step), (*s.body.yields, after))
        loop = While(
            (*s.params, count), (*s.inits, Const(0)), s.test, body, (*s.outs, total), s.place
        )
        return [loop], Var("turn", INT), (Const(0), total, Const(1))

    def backwards(self, s: For) -> tuple[Atom, Atom, Atom]:
        """The bounds of the range that runs through a loop's indices from the last to the first."""
        if isinstance(s.step, Const) and s.step.value == 1:
            last = self.emit(SUB, s.stop, Const(1), name="last")
            return last, self.emit(SUB, s.start, Const(1), name="end"), Const(-1)
        turns = self.emit(operations.trips, s.start, s.stop, s.step, name="turns")
        way = self.emit(MUL, self.emit(SUB, turns, Const(1), name="n"), s.step, name="way")
        last = self.emit(ADD, s.start, way, name="last")
        end = self.emit(SUB, s.start, s.step, name="end")
        known = isinstance(s.step, Const)
        back = Const(-s.step.value) if known else self.emit(NEG, s.step, name="back")
        return last, end, back

    # Tapes: pushing and popping are each other's reverse.

    def push(self, s: Push) -> list[Statement]:
        """The cotangents of pushed values are popped."""
        if s.tape not in self.active.tapes:
            return [s]
        floats = [v for v in s.values if v.type.is_float]
        outs = tuple(Var("ct", v.type) for v in floats)
        self.builder.add(Pop(self.tapes.mirrored(s.tape), outs, s.place))
        for value, ct in zip(floats, outs, strict=True):
            self.accumulate(value, ct)
        return [s]

    def pop(self, s: Pop) -> list[Statement]:
        """The cotangents of popped values are pushed."""
        if s.tape not in self.active.tapes:
            return [s]
        floats = [v for v in s.outs if v.type.is_float]
        cts = tuple(self.taken(v) or self.zero_like(v) for v in floats)
        self.builder.add(Push(self.tapes.mirrored(s.tape), cts, s.place))
        return [s]


def is_of_numbers(s: Statement) -> bool:
    return isinstance(s, Apply) and not any(a.type.is_array for a in (s.out, *s.args))


ADD, SUB, MUL, NEG = operator.add, operator.sub, operator.mul, operator.neg
