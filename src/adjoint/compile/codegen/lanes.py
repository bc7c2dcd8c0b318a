"""Which loops run several of their turns side by side, each in a lane of vectors.

The turns of a loop with `own` arrays are independent (see `For`), so eight of them can go through
the statements together: what differs from turn to turn is a vector, what does not a number, and
inner loops whose bounds do not differ are loops of vectors (outer-loop vectorisation: Nuzman and
Zaks, 2008; the notion of varying and uniform values is that of Pharr and Mark's ispc, 2012). Sums
of the program are made in its order, those of cotangents in any.
"""

import operator
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from adjoint.compile import operations
from adjoint.compile.codegen.elementary import FORMULAS
from adjoint.compile.codegen.gains import Gain
from adjoint.compile.codegen.vector_operations import OPERATIONS, SIZES
from adjoint.compile.ir.nodes import (
    BOOL,
    FLOAT,
    INT,
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
    blocks,
    reads,
    walk,
)
from adjoint.compile.transform.independence import sums_up, uses_in

WIDTH = 8
LONGEST_OWN = 4096
"""Items of an own array, beyond which those of all lanes would leave the cache."""
TYPES = (FLOAT, INT, BOOL)
NUMBERS = ("float", "int", "bool")


class Refused(Exception):
    """The turns of the loop cannot run side by side, or nothing would be gained."""


@dataclass(frozen=True)
class Lanes:
    """How a loop runs several turns at once.

    Attributes
    ----------
    varying : the variables that differ from turn to turn.
    own : the arrays that each lane has of its own, with what holds those of all lanes; None for
        stacks, in whose memory they have room.
    sums : for each carried sum of the program, what a turn adds to it, in order, with its sign.
    adding : the statements that make these sums.
    steady : the carried ints that are after each turn what they were before it.
    """

    varying: frozenset[Var]
    own: dict[Var, Var | None]
    sums: dict[Var, list[tuple[Atom, int]]]
    adding: frozenset[Statement]
    steady: dict[Var, Var]


def in_lanes(
    block: Block,
    tops: dict[Var, dict[Var, Var]],
    root: Callable[[Var], object],
    uses: dict[Var, int],
) -> dict[Var, Lanes]:
    """How the loops of a block run several turns at once, by their indices."""
    loops = [s for s in walk(block) if isinstance(s, For) and s.own is not None]
    once = Counter(s.index for s in walk(block) if isinstance(s, For))
    loops = [s for s in loops if once[s.index] == 1]
    plans = {s.index: lanes_of(s, tops.get(s.index, {}), root, uses) for s in loops}
    return {index: plan for index, plan in plans.items() if plan is not None}


def lanes_of(
    loop: For, stacks: dict[Var, Var], root: Callable[[Var], object], uses: dict[Var, int]
) -> Lanes | None:
    """How the turns of a loop run side by side; None if they do not.

    `stacks` : the memory of tapes, with the carried int that says where each one ends.
    `root` : of arrays that may share memory the same.
    `uses` : how often the function reads each array or writes to it.
    """
    if loop.own is None or not isinstance(loop.step, Const) or loop.step.value != 1:
        return None
    try:
        return Planning(loop, stacks, root, uses).lanes()
    except Refused:
        return None


class Planning:
    def __init__(self, loop: For, stacks: dict[Var, Var], root: Callable, uses: dict[Var, int]):
        self.loop = loop
        self.stacks = stacks
        self.root = root
        self.uses = uses
        self.statements = list(walk(loop.body))
        self.varying: set[Var] = {loop.index}
        self.varying_arrays: set[object] = set()
        self.stored = {root(s.array) for s in self.statements if isinstance(s, Store)}

    def lanes(self) -> Lanes:
        self.refuse_unless(not any(isinstance(s, Raise) for s in self.loop.body.statements))
        own = self.own()
        sums, adding = self.sums()
        self.spread()
        for s in self.statements:
            self.require(s, own)
        self.refuse_unless(Gain(self.loop, self.varying, self.is_stored).is_worth())
        steady = {top: array for array, top in self.stacks.items()}
        kept = frozenset(v for v in self.varying if v not in sums)
        return Lanes(kept, own, sums, adding, steady)

    def refuse_unless(self, condition: object) -> None:
        if not condition:
            raise Refused

    # Memory.

    def is_stored(self, array: Atom) -> bool:
        return self.root(array) in self.stored

    def own(self) -> dict[Var, Var | None]:
        """The arrays of which each lane has its own, checked for who uses them."""
        found: dict[Var, Var | None] = dict.fromkeys(self.stacks)
        inside = uses_in(self.loop.body)
        for array in self.loop.own or ():
            if array not in inside:
                continue
            alone = self.uses.get(array) == inside[array] and array.type.dtype in NUMBERS
            self.refuse_unless(alone)
            found[array] = Var(f"{array.name}_lanes", Type(array.type.dtype, 1))
        return found

    # Sums.

    def sums(self) -> tuple[dict[Var, list[tuple[Atom, int]]], frozenset[Statement]]:
        """The sums that the loop carries, whose order is the program's.

        Carried cotangents are vectors, of which the lanes are added up in the end.
        """
        makers = {s.out: s for s in self.loop.body.statements if isinstance(s, Apply)}
        found: dict[Var, list[tuple[Atom, int]]] = {}
        adding: set[Statement] = set()
        tops = set(self.stacks.values())
        for param, after in zip(self.loop.params, self.loop.body.yields, strict=True):
            if param in tops:
                continue
            self.refuse_unless(param.type == FLOAT)
            if sums_up(self.loop.body, param, after, (operations.plus,)):
                self.varying.add(param)
                continue
            terms: list[tuple[Atom, int]] = []
            chain: list[Apply] = []
            while after is not param:
                maker = makers.get(after) if isinstance(after, Var) else None
                self.refuse_unless(maker is not None and self.read_once(after))
                assert maker is not None
                after, term, sign = self.added(maker, param, makers)
                terms.insert(0, (term, sign))
                chain.append(maker)
            self.refuse_unless(self.read_once(param))
            found[param] = terms
            adding.update(chain)
        return found, frozenset(adding)

    def added(self, s: Apply, param: Var, makers: dict) -> tuple[Atom, Atom, int]:
        """What is added in a sum to what, and its sign."""
        self.refuse_unless(s.function in (operator.add, operator.sub, operations.plus))
        first, second = s.args
        if s.function is operator.sub or self.leads_to(first, param, makers):
            return first, second, -1 if s.function is operator.sub else 1
        return second, first, 1

    def leads_to(self, atom: Atom, param: Var, makers: dict) -> bool:
        while atom is not param:
            maker = makers.get(atom)
            if maker is None or maker.function not in (operator.add, operator.sub, operations.plus):
                return False
            if maker.function is not operator.sub and self.leads_to(maker.args[1], param, makers):
                return True
            atom = maker.args[0]
        return True

    def read_once(self, var: Atom) -> bool:
        body = self.loop.body
        count = sum(reads(s).count(var) for s in self.statements) + body.yields.count(var)
        count += sum(b.yields.count(var) for s in self.statements for b in blocks(s))
        return count == 1

    # What differs from turn to turn.

    def spread(self) -> None:
        """Find all that depends on the index."""
        before = -1
        while before != (before := len(self.varying) + len(self.varying_arrays)):
            self.block(self.loop.body)

    def block(self, block: Block, chosen: bool = False) -> None:
        """Note what varies; `chosen` : a test that varies decides whether the block runs."""
        for s in block.statements:
            match s:
                case Apply():
                    loaded = s.function is operations.load
                    own = loaded and self.root(s.args[0]) in self.varying_arrays
                    if own or any(a in self.varying for a in s.args):
                        self.varying.add(s.out)
                case Store():
                    if chosen or any(a in self.varying for a in (s.value, *s.index)):
                        self.varying_arrays.add(self.root(s.array))
                case If():
                    inside = chosen or s.test in self.varying
                    self.block(s.then, inside)
                    self.block(s.orelse, inside)
                    self.handed(s.outs, s.then.yields, s.test in self.varying)
                    self.handed(s.outs, s.orelse.yields, s.test in self.varying)
                case For():
                    self.handed(s.params, s.inits)
                    self.block(s.body, chosen)
                    self.handed(s.params, s.body.yields)
                    self.handed(s.outs, s.params)

    def handed(self, targets: tuple, sources: tuple, always: bool = False) -> None:
        for target, source in zip(targets, sources, strict=True):
            if always or source in self.varying:
                self.varying.add(target)

    # What can be written.

    def require(self, s: Statement, own: dict[Var, Var | None]) -> None:
        match s:
            case Apply(function=operations.load):
                self.require_place(s.args[0], s.args[1:], own)
                self.refuse_unless(s.out not in self.varying or s.out.type in TYPES)
            case Apply() if s.out in self.varying:
                types = {a.type for a in (*s.args, s.out)}
                self.refuse_unless(types <= set(TYPES))
                self.refuse_unless(is_vectorised(s))
            case Apply():
                self.refuse_unless(not s.out.type.is_array)
            case Store():
                self.refuse_unless(s.value.type in TYPES and s.array.type.dtype in NUMBERS)
                self.require_place(s.array, s.index, own)
                if s.array not in own:
                    self.refuse_unless(self.is_apart(s.array))
                    self.refuse_unless(s.array.type.dtype == "float" or not s.adds)
            case If():
                if s.test in self.varying:
                    self.require_selected(s)
            case Raise():
                pass
            case For():
                bounds = (s.start, s.stop, s.step)
                self.refuse_unless(not any(a in self.varying for a in bounds))
                self.refuse_unless(all(p.type in TYPES for p in s.params))
            case _:
                raise Refused

    def require_place(self, array: Atom, index: tuple[Atom, ...], own: dict) -> None:
        varying = any(a in self.varying for a in index)
        if varying:
            self.refuse_unless(array.type.dtype in ("float", "int"))
            self.refuse_unless(own.get(array, array) is not None)  # what is on a stack is in order
        if array not in own and self.root(array) in self.stored:
            self.refuse_unless(isinstance(array, Var) and self.is_apart(array))

    def is_apart(self, array: Var) -> bool:
        """True if no lane reads what another writes: all add, or all are at the index."""
        root = self.root(array)
        stores = [s for s in self.statements if isinstance(s, Store) and self.root(s.array) is root]
        loads = [
            s
            for s in self.statements
            if isinstance(s, Apply)
            and s.function is operations.load
            and self.root(s.args[0]) is root
        ]
        if not loads and all(s.adds for s in stores):
            return True
        names = {s.array for s in stores} | {s.args[0] for s in loads}
        if len(names) > 1:
            return False
        indices = [s.index for s in stores] + [s.args[1:] for s in loads]
        return any(
            all(i[axis] is self.loop.index for i in indices) for axis in range(len(indices[0]))
        )

    def require_selected(self, s: If) -> None:
        """Both sides are computed, and one is taken: what may raise has to know for which lanes."""
        for block in (s.then, s.orelse):
            for inner in block.statements:
                match inner:
                    case Apply(function=operations.load) | Store():
                        pass
                    case Apply():
                        safe = inner.out in self.varying or inner.function is not operator.truediv
                        self.refuse_unless(is_vectorised(inner) and safe)
                    case If():
                        self.refuse_unless(inner.test in self.varying or not is_guard(inner))
                        self.require_selected(inner)
                    case Raise():
                        self.refuse_unless(is_guard(s))
                    case _:
                        raise Refused


def is_guard(s: If) -> bool:
    """True for a test after which something is raised, at once."""
    sides = (s.then.statements, s.orelse.statements)
    return any(len(side) == 1 and isinstance(side[0], Raise) for side in sides)


def is_vectorised(s: Apply) -> bool:
    if s.keywords:
        return False
    if s.function in FORMULAS:
        return len(s.args) == 1 and s.out.type == FLOAT
    if s.function is operator.pow:
        return is_small_power(s)
    if s.function is int:
        return s.args[0].type != FLOAT
    if s.function in SIZES:
        return s.out.type == s.args[0].type == FLOAT
    return s.function in OPERATIONS


def is_small_power(s: Apply) -> bool:
    exponent = s.args[1]
    known = isinstance(exponent, Const) and exponent.value in range(1, 17)
    return known and exponent.type == INT and s.args[0].type == s.out.type == FLOAT
