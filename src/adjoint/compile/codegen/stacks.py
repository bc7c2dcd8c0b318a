"""The stacks of tapes, and loops over tapes as loops over arrays.

A stack is an array, and its top an int that is carried: only where the stack has room for the whole
loop, and numbers alone are put on it.
"""

import operator
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace

from adjoint.compile import operations
from adjoint.compile.codegen.templates import DTYPES
from adjoint.compile.ir.copying import alike
from adjoint.compile.ir.nodes import (
    BOOL,
    COMPLEX,
    FLOAT,
    INT,
    SINGLE,
    Apply,
    Atom,
    Block,
    Const,
    For,
    Function,
    If,
    Pop,
    Push,
    Statement,
    Store,
    Subscript,
    Tape,
    Type,
    Var,
    While,
    walk,
)

ITEM = Subscript(("at",))
KINDS = {"float": FLOAT, "int": INT, "bool": BOOL, "complex": COMPLEX}
"""The stacks of a tape, and the numbers they hold."""
SUFFIXES = {"float": "", "int": "_int", "bool": "_bool", "complex": "_complex"}
"""What is added to the name of a tape for each of its stacks."""
Stack = tuple[Tape, str]
MOST_AXES = 3
FIRST_ROOM = 1024
"""Numbers for which a stack has room at first."""


def stack_kind(type_: Type) -> str:
    """On which stack of a tape numbers of a type are put; arrays of bools are among ints."""
    if type_.is_complex:
        return "complex"
    if type_ == BOOL:
        return "bool"
    return "float" if type_.is_float else "int"


def empty_stack(kind: str) -> str:
    dtype = "" if kind == "float" else f", {DTYPES[kind]}"
    return f"np.empty({FIRST_ROOM}{dtype})"


def tape_kinds(function: Function) -> dict[Tape, set[str]]:
    """Which stacks each tape needs."""
    kinds: dict[Tape, set[str]] = {tape: set() for tape in function.tapes}
    for statement in walk(function.body):
        if isinstance(statement, Push):
            for value in statement.values:
                kinds[statement.tape].add(stack_kind(value.type))
                if value.type.is_array:
                    kinds[statement.tape].add("int")
    return kinds


@dataclass(frozen=True)
class OnStacks:
    """A loop as one over arrays.

    Attributes
    ----------
    arrays, tops, ends : the variables of each stack: its memory, and its top before and after.
    inside : of each loop, the memory of the stacks with the ints that say inside where they end.
    moves : what puts numbers on the stacks, and takes them: there is room, and they are there.
    """

    loop: For | While
    arrays: dict[Stack, Var]
    tops: dict[Stack, Var]
    ends: dict[Stack, Var]
    inside: dict[Var, dict[Var, Var]]
    moves: frozenset[Statement]


def on_stacks(
    loop: For | While, overwritten: set[Pop], rooms: dict[Stack, Var] | None = None
) -> OnStacks | None:
    """The loop over arrays; None if it has no tape, or one of another kind.

    `overwritten` : what takes arrays back that may not stay where they are on their stack.
    `rooms` : how much a turn of a while loop puts on each stack; it ends where one has less room.
    """
    moved = [s for s in walk(loop.body) if isinstance(s, Push | Pop)]
    if not moved or not all(is_plain(s, overwritten) for s in moved):
        return None
    if any(isinstance(s, While) and holds_tape(s.body) for s in walk(loop.body)):
        return None
    stacks = stacks_of(moved)
    arrays = {stack: Var("tape", Type(KINDS[stack[1]].dtype, 1)) for stack in stacks}
    tops = {stack: Var("top", INT) for stack in stacks}
    ends = {stack: Var("top", INT) for stack in stacks}
    lowering = Lowering(arrays)
    if isinstance(loop, For):
        made = lowering.loop(loop, tops, ends)
    else:
        made = lowering.until_full(loop, tops, ends, rooms or {})
    return OnStacks(made, arrays, tops, ends, lowering.inside, frozenset(lowering.moves))


def is_plain(s: Push | Pop, overwritten: set[Pop]) -> bool:
    """True for numbers, and for arrays of the numbers that the stacks hold, where they may stay."""
    arrays = [v for v in (s.values if isinstance(s, Push) else s.outs) if v.type.is_array]
    if arrays and s in overwritten:
        return False
    return all(stack_kind(a.type) == a.type.dtype and a.type.ndim <= MOST_AXES for a in arrays)


def is_number(atom: Atom, kind: str) -> bool:
    """True for a number that is put on a stack of this kind."""
    return not atom.type.is_array and stack_kind(atom.type) == kind


def taken_from(made: Generator[Statement, None, Atom], statements: list[Statement]) -> Atom:
    """Put what a generator gives on a list; what it returns."""
    while True:
        try:
            statements.append(next(made))
        except StopIteration as end:
            return end.value


def holds_tape(block: Block) -> bool:
    return any(isinstance(s, Push | Pop) for s in walk(block))


def takes_back(block: Block) -> bool:
    """True if a block takes from tapes what it put there."""
    pushed = [s.pair for s in walk(block) if isinstance(s, Push)]
    popped = [s.pair for s in walk(block) if isinstance(s, Pop)]
    return None not in pushed and set(pushed) == set(popped)


def stacks_of(moved: list) -> list[Stack]:
    found: dict[Stack, None] = {}
    for s in moved:
        for value in s.values if isinstance(s, Push) else s.outs:
            found[s.tape, stack_kind(value.type)] = None
            if value.type.is_array:
                found[s.tape, "int"] = None
    return list(found)


def pops_before_pushes(function: Function) -> set[Pop]:
    """Those after which something may be pushed on the same tape: over the rows that were popped.

    What is popped by the others may stay where it is, on the tape.
    """
    found: set[Pop] = set()
    pushed: set[Tape] = set()
    for statement in reversed(function.body.statements):
        inside = tuple(walk(Block((statement,))))
        pushed.update(s.tape for s in inside if isinstance(s, Push))
        found.update(s for s in inside if isinstance(s, Pop) and s.tape in pushed)
    return found


class Lowering:
    """Writes statements with stacks as arrays; `tops` say where each one ends."""

    def __init__(self, arrays: dict[Stack, Var]):
        self.arrays = arrays
        self.inside: dict[Var, dict[Var, Var]] = {}
        self.moves: list[Statement] = []

    def loop(self, s: For, tops: dict[Stack, Var], ends: dict[Stack, Var]) -> For:
        inside: dict[Stack, Atom] = {stack: Var("top", INT) for stack in tops}
        params = tuple(v for v in inside.values() if isinstance(v, Var))
        body = self.block(s.body, inside)
        self.inside[s.index] = {self.arrays[k]: v for k, v in zip(tops, params, strict=True)}
        return replace(
            s,
            own=s.own if takes_back(s.body) else None,
            params=(*s.params, *params),
            inits=(*s.inits, *tops.values()),
            body=Block(body.statements, (*body.yields, *inside.values())),
            outs=(*s.outs, *ends.values()),
        )

    def until_full(
        self,
        s: While,
        tops: dict[Stack, Var],
        ends: dict[Stack, Var],
        rooms: dict[Stack, Var],
    ) -> While:
        """A loop that ends before a turn for which a stack has no room, with variables of its own
        before it and after it: it may be entered again where it ended.
        """
        before: dict[Stack, Atom] = {stack: Var("top", INT) for stack in tops}
        inside = dict(before)
        params = tuple(v for v in before.values() if isinstance(v, Var))
        body = self.block(s.body, inside)
        (test,) = s.test.yields
        statements = list(s.test.statements)
        for stack, room in rooms.items():
            test = taken_from(self.fits(test, before[stack], stack, room, s), statements)
        return replace(
            s,
            params=(*s.params, *params),
            inits=(*alike(s.params), *tops.values()),
            test=Block(tuple(statements), (test,)),
            body=Block(body.statements, (*body.yields, *inside.values())),
            outs=(*alike(s.params), *ends.values()),
        )

    def fits(
        self, test: Atom, top: Atom, stack: Stack, room: Var, s: While
    ) -> Generator[Statement, None, Atom]:
        """True where `test` is, and the stack has this room after its top."""
        length, end = Var("length", INT), Var("end", INT)
        fits, both = Var("fits", BOOL), Var("goes_on", BOOL)
        array = self.arrays[stack]
        yield Apply(length, operations.dim, (array,), (("axis", 0),), s.place)
        yield Apply(end, operator.add, (top, room), (), s.place)
        yield Apply(fits, operator.le, (end, length), (), s.place)
        yield Apply(both, operations.both, (test, fits), (), s.place)
        return both

    def block(self, block: Block, tops: dict[Stack, Atom]) -> Block:
        """A block; `tops` become those after it."""
        statements: list[Statement] = []
        for s in block.statements:
            match s:
                case Push():
                    statements.extend(self.push(s, tops))
                case Pop():
                    statements.extend(self.pop(s, tops))
                case If() if holds_tape(Block((s,))):
                    statements.append(self.branch(s, tops))
                case For() if holds_tape(s.body):
                    ends = {stack: Var("top", INT) for stack in tops}
                    statements.append(self.loop(s, dict(tops), ends))
                    tops.update(ends)
                case _:
                    statements.append(s)
        return Block(tuple(statements), block.yields)

    def branch(self, s: If, tops: dict[Stack, Atom]) -> If:
        sides = []
        for side in (s.then, s.orelse):
            after = dict(tops)
            block = self.block(side, after)
            sides.append(Block(block.statements, (*block.yields, *after.values())))
        outs = {stack: Var("top", INT) for stack in tops}
        tops.update(outs)
        return If(s.test, *sides, (*s.outs, *outs.values()), s.place)

    def push(self, s: Push, tops: dict[Stack, Atom]) -> Iterator[Statement]:
        for kind in KINDS:
            values = [v for v in s.values if is_number(v, kind)]
            if not values:
                continue
            stack = (s.tape, kind)
            for position, value in enumerate(values):
                place = yield from self.moved(tops[stack], position, s)
                kept = yield from self.kept(value, s)
                yield self.stored(self.arrays[stack], place, kept, s)
            tops[stack] = yield from self.moved(tops[stack], len(values), s)
        for value in s.values:
            if isinstance(value, Var) and value.type.is_array:
                yield from self.push_array(value, s, tops)

    def push_array(self, array: Var, s: Push, tops: dict[Stack, Atom]) -> Iterator[Statement]:
        """The items of an array, and then its lengths."""
        dims = tuple(Var("n", INT) for _ in range(array.type.ndim))
        for axis, dim in enumerate(dims):
            yield Apply(dim, operations.dim, (array,), (("axis", axis),), s.place)
        stack = (s.tape, stack_kind(array.type))
        tops[stack] = yield from self.copied(array, (), dims, tops[stack], s)
        lengths = (s.tape, "int")
        for position, dim in enumerate(dims):
            place = yield from self.moved(tops[lengths], position, s)
            yield self.stored(self.arrays[lengths], place, dim, s)
        tops[lengths] = yield from self.moved(tops[lengths], len(dims), s)

    def copied(
        self, array: Var, index: tuple[Var, ...], dims: tuple[Var, ...], top: Atom, s: Push
    ) -> Generator[Statement, None, Atom]:
        """The items whose index begins with `index` on a stack; gives its top after them."""
        at, (length, *rest) = Var("at", INT), dims
        inside, after, end = Var("top", INT), Var("top", INT), Var("top", INT)
        if rest:
            statements: list[Statement] = []
            inner = self.copied(array, (*index, at), tuple(rest), inside, s)
            last = taken_from(inner, statements)
            block = Block(tuple(statements), (last,))
            bounds = (Const(0), length, Const(1))
            yield For(at, *bounds, (inside,), (top,), block, (after,), s.place)
            return after
        place, item = Var("place", INT), Var("item", Type(array.type.dtype))
        keywords = (("subscript", Subscript(("at",) * array.type.ndim)),)
        memory = self.arrays[s.tape, stack_kind(array.type)]
        turn = (
            Apply(place, operator.add, (top, at), (), s.place),
            Apply(item, operations.load, (array, *index, at), keywords, s.place),
            self.stored(memory, place, item, s),
        )
        yield For(at, Const(0), length, Const(1), (), (), Block(turn), (), s.place)
        yield Apply(end, operator.add, (top, length), (), s.place)
        return end

    def pop(self, s: Pop, tops: dict[Stack, Atom]) -> Iterator[Statement]:
        for out in reversed(s.outs):
            if out.type.is_array:
                yield from self.pop_array(out, s, tops)
        for kind in KINDS:
            outs = [v for v in s.outs if is_number(v, kind)]
            if not outs:
                continue
            stack = (s.tape, kind)
            tops[stack] = yield from self.moved(tops[stack], -len(outs), s)
            for position, out in enumerate(outs):
                place = yield from self.moved(tops[stack], position, s)
                yield from self.taken(out, stack, place, s)

    def pop_array(self, out: Var, s: Pop, tops: dict[Stack, Atom]) -> Iterator[Statement]:
        """An array that is where it was put."""
        stack, lengths = (s.tape, stack_kind(out.type)), (s.tape, "int")
        dims = tuple(Var("n", INT) for _ in range(out.type.ndim))
        tops[lengths] = yield from self.moved(tops[lengths], -len(dims), s)
        size: Atom = Const(1)
        for position, dim in enumerate(dims):
            place = yield from self.moved(tops[lengths], position, s)
            yield from self.taken(dim, lengths, place, s)
            whole = Var("size", INT)
            yield Apply(whole, operator.mul, (size, dim), (), s.place)
            size = whole
        top = Var("top", INT)
        yield Apply(top, operator.sub, (tops[stack], size), (), s.place)
        tops[stack] = top
        yield Apply(out, operations.rows, (self.arrays[stack], top, *dims), (), s.place)

    def moved(self, top: Atom, by: int, s: Push | Pop):
        """``top + by``."""
        if by == 0:
            return top
        out = Var("top", INT)
        yield Apply(out, operator.add, (top, Const(by)), (), s.place)
        return out

    def stored(self, memory: Var, place: Atom, value: Atom, s: Push) -> Store:
        store = Store(memory, ITEM, (place,), value, False, s.place)
        self.moves.append(store)
        return store

    def kept(self, value: Atom, s: Push):
        """A number as the stack holds it."""
        if value.type != SINGLE:
            return value
        out = Var("kept", FLOAT)
        yield Apply(out, operations.double, (value,), (), s.place)
        return out

    def taken(self, out: Var, stack: Stack, place: Atom, s: Pop) -> Iterator[Statement]:
        found = out if out.type != SINGLE else Var("kept", FLOAT)
        given = (self.arrays[stack], place)
        load = Apply(found, operations.load, given, (("subscript", ITEM),), s.place)
        self.moves.append(load)
        yield load
        if found is not out:
            yield Apply(out, operations.single, (found,), (), s.place)
