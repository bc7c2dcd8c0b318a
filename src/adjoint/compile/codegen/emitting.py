"""Machine code for stretches of statements, by Numba's own implementation of each operation.

`machine_code` makes of a stretch a function that other compiled functions can call
(`numba.extending.intrinsic`). What each operation does is looked up where Numba would look it up,
so that the results are the same to the last bit, and so are the errors; only exponentials and their
like are arithmetic of our own (`elementary`) in loops whose turns LLVM may run several of at once.
"""

import operator
from collections.abc import Callable
from typing import Any, cast

import numpy as np

from adjoint.compile import operations
from adjoint.compile.codegen.elementary import FORMULAS, Real
from adjoint.compile.codegen.items import Items, Parts
from adjoint.compile.codegen.lanes import Lanes
from adjoint.compile.codegen.memories import Memories
from adjoint.compile.codegen.products import is_product, rounded_once
from adjoint.compile.codegen.ranges import Ranges, accesses_of
from adjoint.compile.codegen.side_by_side import SideBySide
from adjoint.compile.codegen.stacks import KINDS, stack_kind
from adjoint.compile.codegen.stretches import Stretch, counted
from adjoint.compile.codegen.totals import totals
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
    If,
    Raise,
    Statement,
    Store,
    Type,
    Var,
    While,
    constant,
    walk,
    writes,
)

LATEST = 4
"""Instructions among which is the one that reads or stores an item."""


def machine_code(
    stretch: Stretch, numba: Any, filename: str, rows: dict[Statement, int]
) -> Callable:
    """A stretch as a function of its inputs, which returns a tuple of its outputs, the one output,
    or None.

    A part of a long stretch is given arrays first, in which the parts keep numbers, and is a
    function of its own, because what takes LLVM too long is one long function.

    `filename` and `rows` : where Python would say that a statement raised.
    """
    types = numba.types
    kinds = {
        FLOAT: types.float64,
        INT: types.int64,
        BOOL: types.boolean,
        SINGLE: types.float32,
        COMPLEX: types.complex128,
    }
    outs = [kinds[v.type] for v in stretch.outputs]
    memories = 0 if stretch.slots is None else len(KINDS)
    result = types.Tuple(outs) if len(outs) > 1 else (outs[0] if outs else types.none)

    def generated(context: Any, builder: Any, signature: Any, args: tuple) -> Any:
        apart = Memories(builder.module, stretch.memory)
        emitter = Emitter(context, builder, numba, kinds, apart)
        emitter.lanes, emitter.there = stretch.lanes, stretch.there
        emitter.locate = lambda s: numba.core.ir.Loc(filename, rows.get(s, 1))
        given = list(zip(args, signature.args, strict=True))
        for var, (value, kind) in zip(stretch.inputs, given[memories:], strict=True):
            emitter.take(var, value, kind)
        if stretch.slots is None:
            emitter.statements(stretch.statements)
        else:
            builder.function.attributes.add("noinline")
            emitter.part(stretch, stretch.slots, given[:memories])
        values = [emitter.value(v) for v in stretch.outputs]
        if not values:
            return context.get_dummy_value()
        return context.make_tuple(builder, result, values) if len(values) > 1 else values[0]

    def typed(_context: Any, *given: Any) -> Any:
        return result(*given), generated

    names = [f"x{i}" for i in range(memories + len(stretch.inputs))]
    made = numba.extending.intrinsic(of_positions(typed, stretch.name, ["context", *names]))
    if stretch.slots is None:
        return made
    return numba.njit(of_positions(made, stretch.name, names), boundscheck=True)


def of_positions(called: Callable, name: str, names: list[str]) -> Callable:
    """`called` with a name for each argument, as Numba wants to see them."""
    args = ", ".join(names)
    namespace: dict[str, Any] = {"called": called}
    exec(f"def {name}({args}):\n    return called({args})\n", namespace)
    return namespace[name]


class Emitter:
    """Writes the instructions of statements, one after the other."""

    def __init__(
        self, context: Any, builder: Any, numba: Any, kinds: dict[Type, Any], apart: Memories
    ):
        self.context = context
        self.builder = builder
        self.numba = numba
        self.kinds = kinds
        self.values: dict[Var, Any] = {}
        self.items = Items(context, builder, numba)
        self.found: dict[tuple, tuple[Any, Callable]] = {}
        self.locate: Callable[[Statement], Any] = lambda _: None
        self.at: Any = None
        self.sure: set[Statement] | None = None  # items that are there, in a nest that was tested
        self.loose: set[Var] = set()  # sums that may be made in any order
        self.products: dict[Var, Apply] = {}
        self.at_once = False  # in a loop that LLVM may run several turns of at once
        self.apart = apart
        self.lanes: dict[Var, Lanes] = {}
        self.there: frozenset[Statement] = frozenset()

    def take(self, var: Var, value: Any, given: Any) -> None:
        """A variable that the stretch is given, of a type of Numba's."""
        if var.type.is_array:
            self.items.take(var, given, value)
        else:
            self.values[var] = self.context.cast(self.builder, value, given, self.kinds[var.type])

    def type_of(self, atom: Atom) -> Any:
        return self.kinds[atom.type]

    def value(self, atom: Atom, wanted: Type | None = None) -> Any:
        """The value of an atom, converted where another type is wanted."""
        if isinstance(atom, Const):
            found = self.context.get_constant(self.kinds[atom.type], atom.value)
        else:
            found = self.values[atom]
        if wanted is None or wanted == atom.type:
            return found
        return self.context.cast(self.builder, found, self.kinds[atom.type], self.kinds[wanted])

    # Parts of long stretches.

    def part(self, stretch: Stretch, slots: dict[Var, int], memories: list[tuple]) -> None:
        """The statements of a part, between taking numbers from memory and leaving others there."""
        builder = self.builder
        starts = {
            stack: self.context.make_array(kind)(self.context, builder, value).data
            for stack, (value, kind) in zip(KINDS, memories, strict=True)
        }

        def place(var: Var) -> Any:
            offset = self.context.get_constant(self.numba.types.intp, slots[var])
            return builder.gep(starts[stack_kind(var.type)], [offset])

        left = set(stretch.left)
        missing = set(stretch.taken)
        for statement in stretch.statements:  # near to where they are used, or LLVM spills them
            for var in [v for v in counted(Block((statement,))) if v in missing]:
                missing.discard(var)
                self.values[var] = self.loaded(place(var), var.type)
            self.statements((statement,))
            for var in writes(statement):
                if var in left:
                    kept = KINDS[stack_kind(var.type)]
                    value = self.value(var, kept)
                    self.context.pack_value(builder, self.kinds[kept], value, place(var))

    def loaded(self, place: Any, type_: Type) -> Any:
        kept = self.kinds[KINDS[stack_kind(type_)]]
        found = self.context.unpack_value(self.builder, kept, place)
        return self.context.cast(self.builder, found, kept, self.kinds[type_])

    # Statements.

    def statements(self, statements: tuple) -> None:
        for s in statements:
            self.at = s
            match s:
                case Apply():
                    self.values[s.out] = self.apply(s)
                case Store():
                    self.store(s)
                case If():
                    self.branch(s)
                case For():
                    self.counted(s)
                case While():
                    self.repeated(s)
                case Raise():
                    given = () if s.message is None else (s.message,)
                    place = self.locate(s)
                    self.context.call_conv.return_user_exc(self.builder, s.exception, given, place)
                    return  # what follows is never reached

    def ended(self, block: Block) -> tuple[list, Any] | None:
        """Write a block; what it yields and where it ends, None where it raises."""
        self.statements(block.statements)
        if self.builder.block.is_terminated:
            return None
        return [self.value(a) for a in block.yields], self.builder.block

    def merged(self, variables: tuple[Var, ...], ends: list[tuple[list, Any]]) -> list:
        """Variables whose values depend on where control comes from."""
        for position, var in enumerate(variables):
            phi = self.builder.phi(self.context.get_value_type(self.kinds[var.type]))
            for found, at in ends:
                phi.add_incoming(found[position], at)
            self.values[var] = phi
        return [self.values[var] for var in variables]

    def branch(self, s: If) -> None:
        ends = []
        with self.builder.if_else(self.value(s.test)) as sides:
            for side, block in zip(sides, (s.then, s.orelse), strict=True):
                with side:
                    ends.append(self.ended(block))
        self.merged(s.outs, [end for end in ends if end is not None])

    def counted(self, s: For) -> None:
        """A loop, written twice where one test before it can say that all its items are there."""
        some = s.index in self.lanes
        found = Ranges(self, s).condition(some) if self.sure is None else None
        if found is None:
            self.turns(self.left_by_lanes(s))
            return
        condition, sure = found
        ends = []
        with self.builder.if_else(condition, likely=True) as sides:
            for side, known in zip(sides, (sure, set()), strict=True):
                with side:
                    self.sure = known
                    self.turns(self.left_by_lanes(s) if known else s)
                    ends.append(([self.values[v] for v in s.outs], self.builder.block))
        self.sure = None
        self.merged(s.outs, ends)

    def left_by_lanes(self, s: For) -> For:
        """The loop over what is left, if turns run side by side."""
        found = self.lanes.get(s.index)
        return s if found is None else SideBySide(self, found).loop(s)

    def turns(self, s: For) -> None:
        builder = self.builder
        start, stop, step = map(self.value, (s.start, s.stop, s.step))
        carried = (s.index, *s.params)
        before, header, body, after = self.entered("for")
        inits = [start, *map(self.value, s.inits)]
        phis = self.merged(carried, [(inits, before)])
        self.loose |= totals(s)
        order = "<" if cast(int, cast(Const, s.step).value) > 0 else ">"
        builder.cbranch(builder.icmp_signed(order, phis[0], stop), body, after)
        builder.position_at_end(body)
        self.at_once = self.is_sure_of(s.body) and is_plain(s.body)
        end = self.ended(s.body)
        self.at_once = False
        if end is not None:
            again = [builder.add(phis[0], step, flags=["nsw"]), *end[0]]
            self.repeat(header, phis, again)
        builder.position_at_end(after)
        self.values |= zip(s.outs, phis[1:], strict=True)

    def is_sure_of(self, block: Block) -> bool:
        """True if all items that the statements read or write are there."""
        found = list(accesses_of(walk(block)))
        return bool(self.sure or found) and all(map(self.is_there, found))

    def repeated(self, s: While) -> None:
        builder = self.builder
        inits = list(map(self.value, s.inits))
        before, header, body, after = self.entered("while")
        phis = self.merged(s.params, [(inits, before)])
        test = self.ended(s.test)
        if test is not None:
            builder.cbranch(test[0][0], body, after)
        builder.position_at_end(body)
        end = self.ended(s.body)
        if end is not None:
            self.repeat(header, phis, end[0])
        builder.position_at_end(after)
        self.values |= zip(s.outs, phis, strict=True)

    def entered(self, name: str) -> tuple[Any, Any, Any, Any]:
        """The blocks before a loop, at the start of each turn, of its body and after it."""
        builder, before = self.builder, self.builder.block
        header, body, after = (
            builder.append_basic_block(f"{name}.{part}") for part in ("turn", "body", "end")
        )
        builder.branch(header)
        builder.position_at_end(header)
        return before, header, body, after

    def repeat(self, header: Any, phis: list, values: list) -> None:
        """Go to the start of the next turn."""
        for phi, value in zip(phis, values, strict=True):
            phi.add_incoming(value, self.builder.block)
        self.builder.branch(header)

    def store(self, s: Store) -> None:
        value, kind = self.value(s.value), self.kinds[s.value.type]
        place, item_kind = self.place(s, s.array, s.index), self.items.kind(s.array).dtype
        if s.adds:
            item = self.item(s.array, place)
            value = self.call(operator.add, (item_kind, kind), (item, value), item_kind)
        else:
            value = self.context.cast(self.builder, value, kind, item_kind)
        self.items.store(s.array, value, place)
        self.noted(s.array, place)

    def place(self, s: Statement, array: Var, index: tuple[Atom, ...]) -> Any:
        """Where an item is, after a test unless it is known to be there."""
        found = [self.value(at) for at in index]
        if not self.is_there(s):
            found = self.items.tested(array, found)
        return self.items.place(array, found)

    def is_there(self, s: Statement) -> bool:
        """True if the item that a statement reads or writes is known to be there."""
        return s in self.there or (self.sure is not None and s in self.sure)

    def item(self, array: Var, place: Any) -> Any:
        found = self.items.load(array, place)
        self.noted(array, place)
        return found

    def noted(self, array: Var, place: Any) -> None:
        """Say of the last instruction which memory it is about."""
        last = self.builder.block.instructions[-LATEST:]
        self.apart.note(array, [i for i in last if place in i.operands])

    # Operations.

    def apply(self, s: Apply) -> Any:
        if s.function is operations.load:
            array, *index = s.args
            assert isinstance(array, Var)
            return self.item(array, self.place(s, array, tuple(index)))
        if is_product(s):
            self.products[s.out] = s
        special = SPECIAL.get(s.function)
        if special is not None:
            return special(self, s)
        formula = FORMULAS.get(s.function) if self.at_once else None
        if formula is not None and s.out.type == FLOAT and len(s.args) == 1:
            return formula(Real(self.builder, self.value(s.args[0], FLOAT))).value
        return self.known(SAME.get(s.function, s.function), s)

    def known(self, function: Callable, s: Apply) -> Any:
        """An operation that Numba implements."""
        values = tuple(map(self.value, s.args))
        if getattr(function, "__module__", "") in operations.MODULES:
            kinds = tuple(map(self.type_of, s.args))
            signature = self.kinds[s.out.type](*kinds)
            return self.context.compile_internal(self.builder, function, signature, values)
        if function is operator.pow and (found := self.known_power(s)) is not None:
            return found
        return self.call(function, tuple(map(self.type_of, s.args)), values, self.kinds[s.out.type])

    def known_power(self, s: Apply) -> Any:
        """A power with a small known exponent, as products in Numba's order; None for another."""
        base, exponent = s.args
        known = isinstance(exponent, Const) and exponent.type == INT and s.out.type == base.type
        if not known or exponent.value not in SMALL or BOOL in (base.type, s.out.type):
            return None
        if s.out.type.is_complex:
            return None
        multiply = self.builder.fmul if s.out.type.is_float else self.builder.mul
        factor, left, found = self.value(base), int(exponent.value), None
        while left:
            if left & 1:
                found = factor if found is None else multiply(found, factor)
            left >>= 1
            factor = multiply(factor, factor)
        return found

    def call(self, function: Callable, kinds: tuple, values: tuple, wanted: Any = None) -> Any:
        """``function(*values)``, by the implementation for these types."""
        key = (function, kinds)
        if key not in self.found:
            typing = self.context.typing_context
            signature = typing.resolve_function_type(function, kinds, {})
            called = function
            if signature is None:
                called = typing.resolve_value_type(function)
                signature = typing.resolve_function_type(called, kinds, {})
            self.found[key] = signature, self.context.get_function(called, signature)
        signature, implementation = self.found[key]
        convert = self.context.cast
        given = [
            convert(self.builder, value, kind, taken)
            for value, kind, taken in zip(values, kinds, signature.args, strict=True)
        ]
        result = implementation(self.builder, given, self.locate(self.at))
        if wanted is None or signature.return_type == wanted:
            return result
        return convert(self.builder, result, signature.return_type, wanted)


def is_plain(block: Block) -> bool:
    """True without loops, and without what raises."""
    return not any(isinstance(s, For | While | Raise) for s in walk(block))


# Operations of the compiler's own.


def plus(emit: Emitter, s: Apply) -> Any:
    """A sum of cotangents; a term that is a product is not rounded before it is added."""
    if s.out not in emit.loose:
        found = rounded_once(emit.builder, s, emit.products, emit.value)
        return emit.known(operator.add, s) if found is None else found
    a, b = (emit.value(atom, s.out.type) for atom in s.args)
    return emit.builder.fadd(a, b, flags=("reassoc",))


def select(emit: Emitter, s: Apply) -> Any:
    condition, chosen, other = s.args
    found = emit.value(chosen, s.out.type), emit.value(other, s.out.type)
    return emit.builder.select(emit.value(condition), *found)


def divide(emit: Emitter, s: Apply) -> Any:
    if s.out.type.is_complex:
        return emit.known(np.divide, s)
    return emit.builder.fdiv(*(emit.value(a, s.out.type) for a in s.args))


def times(emit: Emitter, s: Apply) -> Any:
    """A product that is zero where a factor is."""
    type_ = s.out.type
    zero = emit.value(constant(0, type_))
    if type_.is_complex:
        kinds = tuple(map(emit.type_of, s.args))
        values = tuple(map(emit.value, s.args))
        product = emit.call(operator.mul, kinds, values, emit.kinds[type_])
        tests = (
            emit.context.is_true(emit.builder, kind, value)
            for kind, value in zip(kinds, values, strict=True)
        )
        return emit.builder.select(emit.builder.and_(*tests), product, zero)
    a, b = (emit.value(atom, type_) for atom in s.args)
    tests = (emit.builder.fcmp_unordered("!=", factor, zero) for factor in (a, b))
    return emit.builder.select(emit.builder.and_(*tests), emit.builder.fmul(a, b), zero)


def extreme(order: str) -> Callable[[Emitter, Apply], Any]:
    """The first of the items that none follows in the order."""

    def emitted(emit: Emitter, s: Apply) -> Any:
        compare = emit.builder.fcmp_ordered if s.out.type.is_float else emit.builder.icmp_signed
        found, *rest = (emit.value(a, s.out.type) for a in s.args)
        for item in rest:
            found = emit.builder.select(compare(order, item, found), item, found)
        return found

    return emitted


def length(emit: Emitter, s: Apply) -> Any:
    return emit.items.length(s.args[0], dict(s.keywords)["axis"])


def rows(emit: Emitter, s: Apply) -> None:
    """An array in the memory of a stack."""
    stack, start, *dims = s.args
    types, builder = emit.numba.types, emit.builder
    item = emit.items.kind(stack).dtype
    shape = [emit.value(dim) for dim in dims]
    strides = [emit.context.get_constant(types.intp, item.bitwidth // 8)]
    for dim in reversed(shape[1:]):
        strides.insert(0, builder.mul(strides[0], dim))
    emit.apart.share(s.out, stack)
    data = builder.gep(emit.items.parts[stack].data, [emit.value(start)])
    emit.items.parts[s.out] = Parts(types.Array(item, len(dims), "C"), data, shape, strides)


def component(position: int) -> Callable[[Emitter, Apply], Any]:
    """The real or the imaginary part of a complex number."""
    return lambda emit, s: emit.builder.extract_value(emit.value(s.args[0]), position)


def negation(emit: Emitter, s: Apply) -> Any:
    return emit.builder.not_(emit.value(s.args[0]))


def converted(emit: Emitter, s: Apply) -> Any:
    return emit.value(s.args[0], s.out.type)


def truth(emit: Emitter, s: Apply) -> Any:
    (atom,) = s.args
    return emit.context.is_true(emit.builder, emit.type_of(atom), emit.value(atom))


SMALL = range(1, 65)
"""Exponents for which a power is written as products."""
SPECIAL: dict[Callable, Callable[[Emitter, Apply], Any]] = {
    operations.plus: plus,
    operations.select: select,
    operations.divide: divide,
    operations.times: times,
    operations.negation: negation,
    operations.larger: extreme(">"),
    operations.smaller: extreme("<"),
    operations.held: converted,
    operations.dim: length,
    operations.rows: rows,
    operations.real_part: component(0),
    operations.imaginary_part: component(1),
    operations.single: converted,
    operations.double: converted,
    complex: converted,
    float: converted,
    int: converted,
    bool: truth,
}
SAME = {
    operations.cartesian: complex,
    operations.either: operator.or_,
    operations.both: operator.and_,
    operations.differs: operator.ne,
    operator.abs: abs,
}
"""The functions that do the same to numbers."""
