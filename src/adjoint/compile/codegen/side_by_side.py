"""Machine code for loops whose turns run side by side (see `lanes`)."""

import importlib
import operator
from collections.abc import Container, Sequence
from dataclasses import replace
from typing import Any

from adjoint.compile import operations
from adjoint.compile.codegen.elementary import like
from adjoint.compile.codegen.lanes import WIDTH, Lanes
from adjoint.compile.codegen.products import is_product
from adjoint.compile.codegen.vector_operations import OPERATIONS
from adjoint.compile.ir.nodes import (
    BOOL,
    FLOAT,
    INT,
    Apply,
    Atom,
    Const,
    For,
    If,
    Raise,
    Statement,
    Store,
    Type,
    Var,
)

ANY_ORDER = ("reassoc",)


class SideBySide:
    """Writes statements of which several turns run at once: what varies is a vector.

    `scalar` : what writes statements on numbers, which are the same in all lanes.
    """

    def __init__(self, scalar: Any, lanes: Lanes):
        self.scalar = scalar
        self.builder = scalar.builder
        self.lanes = lanes
        self.ir = ir = importlib.import_module("llvmlite.ir")
        items = {FLOAT: ir.DoubleType(), INT: ir.IntType(64), BOOL: ir.IntType(1)}
        self.vectors = {kind: ir.VectorType(item, WIDTH) for kind, item in items.items()}
        self.kept = {"float": FLOAT, "int": INT, "bool": BOOL}
        self.byte = ir.VectorType(ir.IntType(8), WIDTH)  # of bools in memory
        self.bases: dict[Var, Any] = {}
        self.tops: dict[Var, Any] = {}
        self.leave: Any = None  # where turns begin again that are not run side by side
        self.mask: Any = None  # the lanes whose statements these are; None for all
        self.steps: set[Var] = set()  # what is one more in each lane than in the one before
        self.nowhere: Any = None  # memory for what no lane reads or writes

    # The loop.

    def loop(self, s: For) -> For:
        """Write the turns that fill all lanes; the loop over those that are left.

        Where a turn would raise, all from these lanes on are left to that loop, which then does.
        """
        builder, values = self.builder, self.scalar.values
        start, stop = self.scalar.value(s.start), self.scalar.value(s.stop)
        count = builder.sub(stop, start)
        some = builder.and_(builder.icmp_signed(">", count, self.whole(0)), self.has_room())
        full = builder.select(some, builder.and_(count, self.whole(-WIDTH)), self.whole(0))
        end = builder.add(start, full)
        self.find_bases(s)
        before, header, body, self.leave = self.scalar.entered("lanes")
        phis = self.carried(s, start, before)
        builder.cbranch(builder.icmp_signed("<", phis[0], end), body, self.leave)
        builder.position_at_end(body)
        steps = self.ir.Constant(self.vectors[INT], list(range(WIDTH)))
        values[s.index] = builder.add(self.spread(phis[0]), steps)
        self.steps.add(s.index)
        self.statements(tuple(x for x in s.body.statements if x not in self.lanes.adding))
        after = [builder.add(phis[0], self.whole(WIDTH)), *self.sums_after(s)]
        self.scalar.repeat(header, phis, after)
        builder.position_at_end(self.leave)
        return self.rest(s, phis)

    def whole(self, number: int) -> Any:
        return self.ir.Constant(self.ir.IntType(64), number)

    def has_room(self) -> Any:
        """Whether there is memory for the lanes of the own arrays."""
        found = self.ir.Constant(self.ir.IntType(1), 1)
        for array, lanes in self.lanes.own.items():
            if lanes is not None:
                wanted = self.builder.mul(self.scalar.items.count(array), self.whole(WIDTH))
                has = self.builder.icmp_signed("==", self.scalar.items.count(lanes), wanted)
                found = self.builder.and_(found, has)
        return found

    def find_bases(self, s: For) -> None:
        """Where the lanes of each own array begin; those of a stack begin where it ends."""
        for array, lanes in self.lanes.own.items():
            if lanes is not None:
                self.bases[array] = self.scalar.items.parts[lanes].data
        for param, init in zip(s.params, s.inits, strict=True):
            array = self.lanes.steady.get(param)
            if array is not None:
                top = self.scalar.values[param] = self.scalar.value(init)
                self.bases[array] = self.builder.gep(self.scalar.items.parts[array].data, [top])
                self.tops[array] = top

    def carried(self, s: For, start: Any, before: Any) -> list:
        """The index of the first lane, and the sums: cotangents begin in the first lane."""
        builder = self.builder
        phis = [builder.phi(start.type)]
        phis[0].add_incoming(start, before)
        for param, init in zip(s.params, s.inits, strict=True):
            if param in self.lanes.steady:
                continue
            value = self.scalar.value(init, FLOAT)
            if param in self.lanes.varying:
                with builder.goto_block(before):
                    zeros = like(self.vectors[FLOAT], 0.0)
                    value = builder.insert_element(zeros, value, self.lane(0))
            phi = builder.phi(value.type)
            phi.add_incoming(value, before)
            self.scalar.values[param] = phi
            phis.append(phi)
        return phis

    def sums_after(self, s: For) -> list:
        """The carried sums after the turns of all lanes."""
        found = []
        for param, after in zip(s.params, s.body.yields, strict=True):
            if param in self.lanes.varying:
                found.append(self.wide(after, FLOAT))
            elif param not in self.lanes.steady:
                found.append(self.in_order(self.scalar.values[param], self.lanes.sums[param]))
        return found

    def in_order(self, total: Any, terms: list[tuple[Atom, int]]) -> Any:
        """A sum to which one lane adds its terms after the other."""
        wide = [(self.wide(term, FLOAT), sign) for term, sign in terms]
        for position in range(WIDTH):
            for term, sign in wide:
                item = self.builder.extract_element(term, self.lane(position))
                add = self.builder.fadd if sign > 0 else self.builder.fsub
                total = add(total, item)
        return total

    def rest(self, s: For, phis: list) -> For:
        """The turns that are left."""
        given = iter(phis)
        begin = Var(s.index.name, INT)
        self.scalar.values[begin] = next(given)
        inits: list[Atom] = []
        for param, init in zip(s.params, s.inits, strict=True):
            if param in self.lanes.steady:
                inits.append(init)
                continue
            value = next(given)
            if param in self.lanes.varying:
                value = self.reduced(value)
            inits.append(Var(param.name, FLOAT))
            self.scalar.values[inits[-1]] = value
        return replace(s, start=begin, inits=tuple(inits))

    # Statements.

    def statements(self, statements: tuple[Statement, ...]) -> None:
        for s in statements:
            self.scalar.at = s
            match s:
                case Apply():
                    self.scalar.values[s.out] = self.apply(s)
                case Store():
                    self.store(s)
                case If() if s.test in self.lanes.varying:
                    self.selected(s)
                case If():
                    self.branch(s)
                case For():
                    self.counted(s)
                case Raise():
                    self.scalar.statements((s,))
                    return

    def branch(self, s: If) -> None:
        ends = []
        with self.builder.if_else(self.scalar.value(s.test)) as sides:
            for side, block in zip(sides, (s.then, s.orelse), strict=True):
                with side:
                    self.statements(block.statements)
                    if not self.builder.block.is_terminated:
                        given = self.all_like(block.yields, s.outs)
                        ends.append((given, self.builder.block))
        for position, var in enumerate(s.outs):
            phi = self.builder.phi(ends[0][0][position].type)
            for found, at in ends:
                phi.add_incoming(found[position], at)
            self.scalar.values[var] = phi

    def selected(self, s: If) -> None:
        """Both sides, of which each lane takes one; a side that raises is left to lanes alone."""
        test = self.scalar.values[s.test]
        for side, other, wrong in ((s.then, s.orelse, test), (s.orelse, s.then, None)):
            if any(isinstance(inner, Raise) for inner in side.statements):
                self.leave_where(self.builder.not_(test) if wrong is None else wrong)
                self.statements(other.statements)
                for out, value in zip(s.outs, self.all_like(other.yields, s.outs), strict=True):
                    self.scalar.values[out] = value
                return
        kept = self.mask
        for side, chosen in ((s.then, test), (s.orelse, self.builder.not_(test))):
            self.mask = chosen if kept is None else self.builder.and_(kept, chosen)
            self.statements(side.statements)
        self.mask = kept
        pairs = zip(s.outs, s.then.yields, s.orelse.yields, strict=True)
        for out, a, b in pairs:
            found = self.builder.select(test, self.wide(a, out.type), self.wide(b, out.type))
            self.scalar.values[out] = found

    def all_like(self, atoms: tuple[Atom, ...], targets: tuple[Var, ...]) -> list:
        """Values as those take them that they are handed to."""
        pairs = zip(atoms, targets, strict=True)
        return [
            self.wide(a, t.type) if t in self.lanes.varying else self.scalar.value(a, t.type)
            for a, t in pairs
        ]

    def counted(self, s: For) -> None:
        """A loop within the turns, of as many turns in all lanes."""
        builder = self.builder
        start, stop, step = map(self.scalar.value, (s.start, s.stop, s.step))
        inits = self.all_like(s.inits, s.params)
        before, header, body, after = self.scalar.entered("for")
        phis = [builder.phi(value.type) for value in (start, *inits)]
        for phi, value in zip(phis, (start, *inits), strict=True):
            phi.add_incoming(value, before)
        self.scalar.values |= zip((s.index, *s.params), phis, strict=True)
        assert isinstance(s.step, Const)
        order = "<" if int(s.step.value.real) > 0 else ">"
        builder.cbranch(builder.icmp_signed(order, phis[0], stop), body, after)
        builder.position_at_end(body)
        self.statements(s.body.statements)
        if not builder.block.is_terminated:
            again = builder.add(phis[0], step, flags=["nsw"])
            given = self.all_like(s.body.yields, s.params)
            self.scalar.repeat(header, phis, [again, *given])
        builder.position_at_end(after)
        self.scalar.values |= zip(s.outs, phis[1:], strict=True)

    def leave_where(self, mask: Any) -> None:
        """Go on with turns one by one if a lane is marked."""
        if self.mask is not None:
            mask = self.builder.and_(self.each(mask), self.mask)
        if isinstance(mask.type, self.ir.VectorType):
            bits = self.builder.bitcast(mask, self.ir.IntType(WIDTH))
            mask = self.builder.icmp_unsigned("!=", bits, self.ir.Constant(bits.type, 0))
        on = self.builder.append_basic_block("lanes.on")
        self.builder.cbranch(mask, self.leave, on)
        self.builder.position_at_end(on)

    # Vectors.

    def lane(self, position: int) -> Any:
        return self.ir.Constant(self.ir.IntType(32), position)

    def spread(self, value: Any) -> Any:
        """A number in all lanes."""
        kind = self.ir.VectorType(value.type, WIDTH)
        nothing = self.ir.Constant(kind, self.ir.Undefined)
        first = self.builder.insert_element(nothing, value, self.lane(0))
        places = self.ir.Constant(self.ir.VectorType(self.ir.IntType(32), WIDTH), [0] * WIDTH)
        return self.builder.shuffle_vector(first, nothing, places)

    def each(self, value: Any) -> Any:
        """A value as a vector."""
        return value if isinstance(value.type, self.ir.VectorType) else self.spread(value)

    def wide(self, atom: Atom, wanted: Type) -> Any:
        """A value of each lane, as one of a type."""
        if isinstance(atom, Const) or atom not in self.lanes.varying:
            return self.spread(self.scalar.value(atom, wanted))
        return self.converted(self.scalar.values[atom], atom.type, wanted)

    def converted(self, value: Any, given: Type, wanted: Type) -> Any:
        builder, kind = self.builder, self.vectors[wanted]
        match given, wanted:
            case _ if given == wanted:
                return value
            case _ if wanted == BOOL and given == INT:
                return builder.icmp_signed("!=", value, like(value.type, 0))
            case _ if wanted == BOOL:
                return builder.fcmp_unordered("!=", value, like(value.type, 0.0))
            case _ if given == BOOL and wanted == INT:
                return builder.zext(value, kind)
            case _ if given == BOOL:
                return builder.uitofp(value, kind)
            case _ if wanted == FLOAT:
                return builder.sitofp(value, kind)
        return builder.fptosi(value, kind)

    def reduced(self, vector: Any) -> Any:
        """The sum of all lanes."""
        double = self.ir.DoubleType()
        function = self.intrinsic("vector.reduce.fadd", double, (double, vector.type))
        zero = self.ir.Constant(double, -0.0)
        return self.builder.call(function, (zero, vector), fastmath=ANY_ORDER)

    def intrinsic(self, name: str, result: Any, args: tuple) -> Any:
        module, whole = self.builder.module, f"llvm.{name}.v{WIDTH}f64"
        known = module.globals.get(whole)
        return known or self.ir.Function(module, self.ir.FunctionType(result, args), whole)

    # Memory.

    def places(self, s: Statement, array: Var, index: tuple[Atom, ...]) -> tuple[list, Any]:
        """The index on each axis, a number or a vector, and where it is one of the array.

        The latter is None if it is known, because other lanes have been left.
        """
        found, known = [], None
        for axis, atom in enumerate(index):
            value = self.scalar.values[atom] if isinstance(atom, Var) else self.scalar.value(atom)
            if not self.scalar.is_there(s):
                value, inside = self.tested(value, self.scalar.items.length(array, axis))
                if self.mask is not None and known is not None:
                    is_mixed = known.type != inside.type
                    pair = map(self.each, (known, inside)) if is_mixed else (known, inside)
                    known = self.builder.and_(*pair)
                elif self.mask is not None:
                    known = inside
            found.append(value)
        return found, known

    def tested(self, value: Any, length: Any) -> tuple[Any, Any]:
        builder = self.builder
        if isinstance(value.type, self.ir.VectorType):
            length = self.spread(length)
        before = builder.icmp_signed("<", value, like(value.type, 0))
        value = builder.select(before, builder.add(value, length), value)
        inside = builder.icmp_unsigned("<", value, length)
        self.leave_where(builder.not_(inside))
        return value, inside

    def safely(self, place: Any, inside: Any, position: int | None = None) -> Any:
        """A place in memory, or one where nothing is, for lanes that do not go there."""
        if inside is None:
            return place
        if self.nowhere is None:
            with self.builder.goto_entry_block():
                self.nowhere = self.builder.alloca(self.vectors[INT])
        if isinstance(inside.type, self.ir.VectorType):
            assert position is not None
            inside = self.builder.extract_element(inside, self.lane(position))
        return self.builder.select(inside, place, self.builder.bitcast(self.nowhere, place.type))

    def own_place(self, s: Statement, array: Var, index: tuple[Atom, ...]) -> Any:
        """Where the lanes of an item of an own array are."""
        builder, inside = self.builder, None
        if array in self.tops:
            place = builder.sub(self.scalar.value(index[0]), self.tops[array])
        else:
            place = self.whole(0)
            values, inside = self.places(s, array, index)
            for axis, at in enumerate(values):
                length = self.scalar.items.length(array, axis)
                place = builder.add(builder.mul(place, length), at)
        first = builder.gep(self.bases[array], [builder.mul(place, self.whole(WIDTH))])
        dtype = array.type.dtype
        kind = self.byte if dtype == "bool" else self.vectors[self.kept[dtype]]
        return self.safely(builder.bitcast(first, kind.as_pointer()), inside)

    def load(self, s: Apply) -> Any:
        array, *index = s.args
        assert isinstance(array, Var)
        if any(at in self.lanes.varying for at in index):
            if self.are_neighbours(s, array, index):
                return self.neighbours(array, self.row(array, index))
            return self.gathered(s, array, tuple(index))
        if array in self.lanes.own:
            place = self.own_place(s, array, tuple(index))
            found = self.builder.load(place, align=aligned(array))
            self.scalar.apart.note(self.lanes.own[array] or array, [found])
            if array.type.dtype == "bool":
                found = self.builder.icmp_unsigned("!=", found, like(self.byte, 0))
            if s.out in self.lanes.varying:
                return found
            return self.builder.extract_element(found, self.lane(0))
        if self.mask is None:
            return self.scalar.apply(s)
        (place,) = self.each_place(s, array, tuple(index))
        return self.scalar.items.load(array, place)

    def gathered(self, s: Apply, array: Var, index: tuple[Atom, ...]) -> Any:
        """An item for each lane."""
        found = self.ir.Constant(self.vectors[s.out.type], self.ir.Undefined)
        for position, place in enumerate(self.each_place(s, array, index)):
            item = self.builder.load(place)
            self.scalar.apart.note(self.lanes.own.get(array) or array, [item])
            found = self.builder.insert_element(found, item, self.lane(position))
        return found

    def are_neighbours(self, s: Statement, array: Var, index: Sequence[Atom]) -> bool:
        """True if the items of all lanes are there, side by side in memory."""
        if array in self.lanes.own or array.type.dtype != "float":
            return False
        in_a_row = self.scalar.items.kind(array).layout == "C" and index[-1] in self.steps
        return (
            self.scalar.is_there(s)
            and in_a_row
            and not any(at in self.lanes.varying for at in index[:-1])
        )

    def row(self, array: Var, index: Sequence[Atom]) -> Any:
        """Where the items of all lanes are, the first lane's first."""
        first = self.builder.extract_element(self.scalar.values[index[-1]], self.lane(0))
        place = self.scalar.items.place(array, [*map(self.scalar.value, index[:-1]), first])
        return self.builder.bitcast(place, self.vectors[FLOAT].as_pointer())

    def neighbours(self, array: Var, place: Any) -> Any:
        found = self.builder.load(place, align=aligned(array))
        self.scalar.apart.note(array, [found])
        return found

    def each_place(self, s: Statement, array: Var, index: tuple[Atom, ...]) -> list:
        """Where the item of each lane is; of all, if that is one place."""
        places, inside = self.places(s, array, index)
        if array in self.lanes.own:
            return self.each_own_place(array, places, inside)
        found = []
        for position in range(WIDTH if any(at in self.lanes.varying for at in index) else 1):
            at = [
                self.builder.extract_element(place, self.lane(position))
                if isinstance(place.type, self.ir.VectorType)
                else place
                for place in places
            ]
            place = self.scalar.items.place(array, at)
            found.append(self.safely(place, inside, position))
        return found

    def each_own_place(self, array: Var, places: list, inside: Any) -> list:
        """Where the item of each lane is, of lanes that differ in it."""
        place = like(self.vectors[INT], 0)
        for axis, at in enumerate(places):
            length = self.spread(self.scalar.items.length(array, axis))
            place = self.builder.add(self.builder.mul(place, length), self.each(at))
        steps = self.ir.Constant(self.vectors[INT], list(range(WIDTH)))
        place = self.builder.mul(place, like(self.vectors[INT], WIDTH))
        place = self.builder.add(place, steps)
        found = []
        for position in range(WIDTH):
            at = self.builder.extract_element(place, self.lane(position))
            pointer = self.builder.gep(self.bases[array], [at])
            found.append(self.safely(pointer, inside, position))
        return found

    def store(self, s: Store) -> None:
        kind = self.kept[s.array.type.dtype]
        value, own = self.wide(s.value, kind), s.array in self.lanes.own
        if kind == BOOL:
            value = self.builder.zext(value, self.byte)
        if s.adds and self.mask is not None:
            value = self.builder.select(self.mask, value, like(value.type, 0))
        array = self.lanes.own[s.array] or s.array if own else s.array
        varying = any(at in self.lanes.varying for at in s.index)
        if own and not varying:
            self.put(s, array, self.own_place(s, s.array, s.index), value, self.mask)
        elif varying and self.are_neighbours(s, s.array, s.index):
            self.put(s, array, self.row(s.array, s.index), value, self.mask)
        elif s.adds and not varying:
            (place,) = self.each_place(s, s.array, s.index)
            self.put(s, array, place, self.reduced(value), None)
        else:
            for position, place in enumerate(self.each_place(s, s.array, s.index)):
                at = self.lane(position)
                mask = None if self.mask is None else self.builder.extract_element(self.mask, at)
                self.put(s, array, place, self.builder.extract_element(value, at), mask)

    def put(self, s: Store, array: Var, place: Any, value: Any, mask: Any) -> None:
        """Store what there is for one place, or for the lanes of an own array."""
        builder = self.builder
        if s.adds or mask is not None:
            before = builder.load(place, align=aligned(s.array))
            self.scalar.apart.note(array, [before])
            if s.adds:
                add = builder.fadd if s.array.type.dtype == "float" else builder.add
                value = add(before, value)
            else:
                value = builder.select(mask, value, before)
        self.scalar.apart.note(array, [builder.store(value, place, align=aligned(s.array))])

    # Operations.

    def apply(self, s: Apply) -> Any:
        if s.function is operations.load:
            return self.load(s)
        if s.out not in self.lanes.varying:
            return self.scalar.apply(s)
        if is_product(s):
            self.scalar.products[s.out] = s
        if is_step(s, self.steps, self.lanes.varying):
            self.steps.add(s.out)
        return OPERATIONS[s.function](self, s)


def aligned(array: Var) -> int:
    """Bytes of a number: a vector may begin wherever a number may."""
    return 1 if array.type.dtype == "bool" else 8


def is_step(s: Apply, steps: set[Var], varying: Container[object]) -> bool:
    """True for what is one more in each lane: what was, moved by a number."""
    if s.function not in (operator.add, operator.sub) or s.out.type != INT:
        return False
    first, second = s.args
    moved = first in steps and second not in varying
    return moved or (s.function is operator.add and second in steps and first not in varying)
