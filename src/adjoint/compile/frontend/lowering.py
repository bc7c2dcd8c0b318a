"""The machinery of compiling a program: emitting statements, branches, loops, calls.

A `Lowerer` runs the syntax tree as an interpreter would, but on values of which only the types
are known. What is known runs now; what is not becomes statements of the intermediate
representation. `break`, `continue` and early `return` become guards.
"""

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from adjoint.compile import operations
from adjoint.compile.conversion import (
    EITHER,
    NUMPY,
    OF_COMPLEX,
    PYTHON,
    converted,
    precision,
    whose_result,
)
from adjoint.compile.frontend.joining import Alignment, Cells, Joining
from adjoint.compile.frontend.values import (
    NONE,
    Frame,
    Handle,
    Maybe,
    Rows,
    Static,
    TupleValue,
    Unbound,
    Value,
    is_atom,
    same,
    wrap,
)
from adjoint.compile.inference import result_type
from adjoint.compile.ir.nodes import (
    BOOL,
    INT,
    TYPES,
    Apply,
    Atom,
    Block,
    Builder,
    Const,
    For,
    If,
    Raise,
    Statement,
    Store,
    Var,
    While,
    walk,
)
from adjoint.errors import AdjointError, Place, UnsupportedSyntax, is_ours
from adjoint.source import place_of

FLAGS = ("<returned>", "<broken>", "<continued>")
ROUNDS = 20


@dataclass(frozen=True, slots=True, eq=False)
class LoopMark:
    """The identity of a loop, under which its flags are kept."""

    name: str = "loop"


@dataclass(frozen=True, slots=True, eq=False)
class Handler:
    """A `try` whose body is being compiled.

    Attributes
    ----------
    clauses : what each `except` catches.
    depth : how many calls there were around it.
    """

    mark: LoopMark
    clauses: tuple[tuple[type, ...], ...]
    depth: int

    @property
    def keys(self) -> tuple[tuple, tuple]:
        """The cells of whether something was raised, and of which clause caught it."""
        return (self.mark, "<raised>"), (self.mark, "<clause>")


class Lowerer:
    """One compilation.

    Parameters
    ----------
    expressions, statements : the handler of each syntax node.
    capture : called with a getter and the object it gave, where the program reads something
        from outside; returns the value that stands for it.
    """

    def __init__(self, expressions: dict, statements: dict, capture: Callable):
        self.expression_table = expressions
        self.statement_table = statements
        self.capture = capture
        self.cells: Cells = {}
        self.builder = Builder()
        self.frozen: set[Handle] = set()
        self.frames: list[Frame] = []
        self.loops: list[list[LoopMark]] = []
        self.handlers: list[Handler] = []
        self.tried: set[Frame] = set()  # calls that have a `try`
        self.dead = False
        self.place: Place | None = None
        self.running: list[tuple] = []
        self.inlined: dict[Callable, int] = {}
        self.recursive: set[Callable] = set()
        self.hints: dict[Var, str] = {}  # what the user calls a variable
        self.owners: dict[Var, str] = {}  # whose a number is; NumPy's, if it is not here
        self.returned: list[Value] = []  # by the function that is lowered, so far
        self.makes_narrow = False  # arrays of int32, which are ones of int64 here
        self.without_axes: list[Atom] = []  # numbers that are arrays in Python
        self.tapes: list = []
        self.remade = False  # the innermost loop calls a checkpointed function

    @property
    def frame(self) -> Frame:
        return self.frames[-1]

    # Emitting.

    def emit(self, function: Callable, *args: Atom, keywords: tuple = (), name: str = "") -> Atom:
        """``function(*args)``, computed now if everything about it is known."""
        if all(isinstance(a, Const) for a in args) and function not in (
            operations.empty,
            operations.zeros,
            operations.full,
            operations.array_of,
        ):
            folded = self.fold(function, args, keywords)
            if folded is not None:
                return folded
        if any(a.type.is_single or a.type.is_complex for a in args):
            args = self.brought_together(function, args)
        type_ = result_type(function, args, keywords, self.place)
        out = Var(name or "t", type_)
        if not type_.is_array:
            self.owners[out] = whose_result(function, self.owners_of(args))
        self.builder.add(Apply(out, function, tuple(args), keywords, self.place))
        return out

    def fold(self, function: Callable, args: tuple, keywords: tuple) -> Const | None:
        try:
            value = function(*(a.value for a in args), **dict(keywords))
        except Exception:  # it is raised where the program runs, if it gets there
            return None
        is_numpy = whose_result(function, self.owners_of(args)) == NUMPY
        if type(value) is np.float32:
            return Const(value)
        value = value.item() if hasattr(value, "item") and not hasattr(value, "__len__") else value
        return Const(value, is_numpy) if type(value) in TYPES else None

    def whose(self, atom: Atom) -> str:
        """Whether a number is Python's or NumPy's, as far as that is known."""
        if isinstance(atom, Const):
            return NUMPY if atom.is_numpy else PYTHON
        return self.owners.get(atom, NUMPY)

    def owners_of(self, args: tuple[Atom, ...]) -> list[str]:
        """Whose the numbers are that decide whose the result is: truth values do not."""
        return [self.whose(a) for a in args if a.type != BOOL]

    def brought_together(self, function: Callable, args: tuple[Atom, ...]) -> tuple[Atom, ...]:
        """The operands in the precision in which NumPy computes."""
        if any(a.type.is_complex for a in args) and function not in OF_COMPLEX:
            name = getattr(function, "__name__", function)
            raise self.refuse(
                f"`{name}` of complex numbers cannot be compiled",
                instead="compute with real and imaginary parts, or drop jit on this function",
            )
        dtype = precision(function, args, self.whose)
        if dtype is None:
            return args
        if dtype == EITHER:
            raise self.refuse(
                "a number that may be Python's or NumPy's, or is complex, meets one of float32: "
                "the precision of the result is not known",
                instead="say which: np.float32(x), or np.float64(x)",
            )
        return tuple(a if a.type.dtype == "bool" else converted(self.emit, a, dtype) for a in args)

    def refuse(self, what: str, *, instead: str) -> AdjointError:
        return UnsupportedSyntax(what, instead=instead, place=self.place)

    # Walking the tree.

    def place_at(self, node: ast.AST) -> Place | None:
        """The user's line: in a function of this package, where it was called."""
        if self.place is not None and is_ours(self.frame.filename):
            return self.place
        return place_of(node, self.frame.filename)

    def expression(self, node: ast.expr) -> Value:
        before, self.place = self.place, self.place_at(node)
        try:
            return self.expression_table[type(node)](self, node)
        finally:
            self.place = before

    def statement(self, node: ast.stmt) -> None:
        before, self.place = self.place, self.place_at(node)
        try:
            self.statement_table[type(node)](self, node)
        finally:
            self.place = before

    def statements(self, nodes: Sequence[ast.stmt]) -> None:
        """Run statements in order; after one that may leave, the others are guarded."""
        for position, node in enumerate(nodes):
            live = self.live()
            if isinstance(live, Const):
                if not live.value:
                    return
            else:
                self.when_live(live, lambda rest=nodes[position:]: self.statements(rest))
                return
            if self.handlers:
                *first, node = self.taken_apart(self, node)
                if first:
                    self.statements([*first, node, *nodes[position + 1 :]])
                    return
            if isinstance(node, ast.Match):
                node = self.as_conditional(self, node)
            if isinstance(node, ast.If):
                if self.conditional(node, nodes[position + 1 :]):
                    return
            else:
                self.statement(node)

    def guarded(self, steps: Sequence[Callable[[], None]]) -> None:
        """As `statements`, of Python callables."""
        for position, step in enumerate(steps):
            live = self.live()
            if isinstance(live, Const):
                if not live.value:
                    return
            else:
                self.when_live(live, lambda rest=steps[position:]: self.guarded(rest))
                return
            step()

    def conditional(self, node: ast.If, rest: Sequence[ast.stmt]) -> bool:
        """An `if` statement. True if it also ran `rest`, in the branch that does not leave."""
        before, self.place = self.place, self.place_at(node.test)
        try:
            test = self.truth(self.expression(node.test))
            if isinstance(test, Const):
                self.statements([*(node.body if test.value else node.orelse), *rest])
                return True
            taken = [False]

            def then() -> None:
                self.statements(node.body)
                taken[0] = self.has_left()

            def orelse() -> None:
                self.statements([*node.orelse, *rest] if taken[0] else node.orelse)

            self.branch(test, then, orelse)
            return taken[0]
        finally:
            self.place = before

    # Leaving: return, break, continue, raise.

    def flag_keys(self) -> list[tuple]:
        keys: list[tuple] = [(self.frame, "<returned>")]
        if self.loops[-1]:
            mark = self.loops[-1][-1]
            keys += [(mark, "<broken>"), (mark, "<continued>")]
        keys += [handler.keys[0] for handler in self.handlers]
        return keys

    def catching(self, exception: type[BaseException]) -> Handler | None:
        """The `try` that catches an exception raised here."""
        for handler in reversed(self.handlers):
            if any(issubclass(exception, kinds) for kinds in handler.clauses):
                return handler
        return None

    def throw(self, handler: Handler, exception: type[BaseException]) -> None:
        """Raise what a `try` around catches: note it, and leave what is inside."""
        numbers = [n for n, kinds in enumerate(handler.clauses) if issubclass(exception, kinds)]
        raised, clause = handler.keys
        self.cells[raised], self.cells[clause] = Const(True), Const(numbers[0])
        for frame in self.frames[handler.depth :]:
            if (frame, "<returned>") in self.cells:
                self.cells[frame, "<returned>"] = Const(True)

    def has_left(self) -> bool:
        live = self.live()
        return isinstance(live, Const) and not live.value

    def live(self) -> Atom:
        """Whether the statement that comes now is reached."""
        if self.dead:
            return Const(False)
        left: Atom = Const(False)
        for key in self.flag_keys():
            flag = self.cells.get(key, Const(False))
            if same(flag, Const(True)):
                return Const(False)
            if isinstance(flag, Var):
                both = isinstance(left, Var)
                left = self.emit(operations.either, left, flag) if both else flag
        return Const(True) if isinstance(left, Const) else self.emit(operations.negation, left)

    def when_live(self, live: Atom, run: Callable[[], None]) -> None:
        """Run if `live`; else exactly one flag that is not known must be up, and is noted so."""
        unknown = [k for k in self.flag_keys() if isinstance(self.cells.get(k), Var)]

        def stay() -> None:
            self.assume_live()
            run()

        def leave() -> None:
            if len(unknown) == 1:
                self.cells[unknown[0]] = Const(True)

        self.branch(live, stay, leave)

    def assume_live(self) -> None:
        """Note that no flag is up, where that is known to be so."""
        for key in self.flag_keys():
            if isinstance(self.cells.get(key), Var):
                self.cells[key] = Const(False)

    # Branches.

    def aside(self, run: Callable[[], Any], cells: Cells) -> tuple[Builder, Cells, bool, Any]:
        """Run with a builder and a state of its own."""
        kept = self.builder, self.cells, self.dead
        self.builder, self.cells, self.dead = Builder(), dict(cells), False
        try:
            result = run()
            return self.builder, self.cells, self.dead, result
        finally:
            self.builder, self.cells, self.dead = kept

    def branch(self, test: Atom, then: Callable, orelse: Callable) -> Value:
        """Run one of two; returns the join of what they return."""
        entry = {**self.cells}
        key = (object(), "value")
        sides = []
        for run in (then, orelse):
            builder, cells, dead, result = self.aside(run, entry)
            cells[key] = NONE if result is None else result
            sides.append((builder, cells, dead))
        (then_builder, then_cells, then_dead), (else_builder, else_cells, else_dead) = sides
        if then_dead or else_dead:
            self.add_if(test, then_builder, else_builder, {}, [])
            self.dead = then_dead and else_dead
            self.cells = else_cells if then_dead else then_cells
            survivor = else_builder if then_dead else then_builder
            self.raise_apart(survivor, then_dead, then_builder, else_builder)
            return self.cells.pop(key)
        joining = Joining(self.frozen, self.whose)
        joined = joining.cells(then_cells, else_cells)
        self.owners.update(joining.owners)
        pairs = []
        for builder, cells, _ in sides:
            pairs.append(self.aligned(joining, joined, builder, cells))
        self.add_if(test, then_builder, else_builder, joining.slots, pairs)
        self.cells = {**then_cells, **joined}
        return self.cells.pop(key)

    def raise_apart(
        self, survivor: Builder, then_dead: bool, then: Builder, orelse: Builder
    ) -> None:
        """Put the statements of the path that goes on behind an `If` that only raises."""
        made = self.builder.statements.pop()
        assert isinstance(made, If)
        empty = Block(())
        if then_dead and orelse is survivor:
            self.builder.add(If(made.test, then.block(), empty, (), self.place))
        else:
            self.builder.add(If(made.test, empty, orelse.block(), (), self.place))
        self.builder.statements.extend(survivor.statements)

    def aligned(self, joining: Joining, joined: Cells, builder: Builder, cells: Cells) -> dict:
        kept, self.builder = self.builder, builder
        try:
            return Alignment(joining, cells, self.emit).of(joined)
        finally:
            self.builder = kept

    def add_if(
        self, test: Atom, then: Builder, orelse: Builder, slots: dict, pairs: list[dict]
    ) -> None:
        yields = [tuple(found[slot] for slot in slots) for found in pairs] or [(), ()]
        blocks = then.block(yields[0]), orelse.block(yields[1])
        self.builder.add(If(test, *blocks, tuple(slots), self.place))

    # Loops.

    def heads(self, run: Callable[[], None]) -> tuple[Joining, Cells]:
        """What a loop carries: the template of the state before and after any number of turns."""
        entry = self.cells
        joining = Joining(self.frozen, self.whose)
        templates: Cells = {}
        for _ in range(ROUNDS):
            start = {**entry, **templates}
            _, end, dead, _ = self.aside(run, start)
            if dead:
                return joining, templates
            found = joining.cells(start, end)
            self.owners.update(joining.owners)
            wanted = {h: form for h, form in joining.wanted.items() if h in entry}
            if wanted:
                self.make_rows(self, wanted)
                return self.heads(run)
            if all(same(found[key], templates.get(key)) for key in found):
                return joining, templates
            templates.update(found)
        raise self.refuse(
            "the variables of this loop do not settle on one type",
            instead="give each variable its final type before the loop (0.0, not 0)",
        )

    def carried(self, run: Callable[[], None]) -> tuple:
        """Compile a loop's body: its slots, their first values, and the body as a block."""
        outer, self.remade = self.remade, False
        joining, templates = self.heads(run)
        inits = self.aligned(joining, templates, self.builder, self.cells)
        slots = tuple(s for s in joining.slots if s in inits)
        builder, end, dead, _ = self.aside(run, {**self.cells, **templates})
        if dead:
            yields = {slot: slot for slot in slots}
        else:
            yields = self.aligned(joining, templates, builder, end)
        body = builder.block(tuple(yields[slot] for slot in slots))
        remade, self.remade = self.remade, outer
        return slots, tuple(inits[slot] for slot in slots), body, templates, remade

    def after_loop(self, slots: tuple[Var, ...], templates: Cells) -> tuple[Var, ...]:
        """The state after a loop; returns the variables that hold what it carried."""
        outs = {slot: Var(slot.name, slot.type) for slot in slots}
        self.owners.update((out, self.whose(slot)) for slot, out in outs.items())
        self.cells = {**self.cells, **{k: substituted(v, outs) for k, v in templates.items()}}
        return tuple(outs.values())

    def count(self, start: Atom, stop: Atom, step: Atom, body: Callable[[Var], None]) -> None:
        """A counted loop that nothing leaves early."""
        index = Var("i", INT)
        self.owners[index] = PYTHON
        slots, inits, block, templates, remade = self.carried(lambda: body(index))
        outs = self.after_loop(slots, templates)
        bounds = start, stop, step
        self.builder.add(For(index, *bounds, slots, inits, block, outs, self.place, remade))

    def repeat(self, test: Callable[[], Atom], body: Callable[[], None]) -> None:
        """A loop that runs `body` while `test` is true; both are compiled anew when needed."""
        trial, _, _, _ = self.aside(test, self.cells)
        if any(isinstance(s, Store) for s in walk(trial.block())):
            raise self.refuse(
                "the test of this loop changes an array",
                instead="move it into the loop: `while True:` with `if not ...: break`",
            )
        slots, inits, block, templates, remade = self.carried(body)
        builder, _, _, result = self.aside(test, {**self.cells, **templates})
        outs = self.after_loop(slots, templates)
        test_block = builder.block((result,))
        self.builder.add(While(slots, inits, test_block, block, outs, self.place, remade))

    # Reading values.

    def read(self, key: Any, name: str) -> Value:
        """The value of a variable, checked to have one."""
        value = self.cells.get(key)
        if value is None:
            raise self.refuse(f"`{name}` has no value here", instead="assign it before it is used")
        return self.usable(value, name)

    def usable(self, value: Value, name: str) -> Value:
        if isinstance(value, Unbound):
            raise self.refuse(f"`{name}` cannot be used here: {value.why}", instead=value.instead)
        if isinstance(value, Maybe):
            message = (
                f"cannot access local variable '{name}' where it is not associated with a value"
            )
            self.check(value.bound, UnboundLocalError, message)
            return value.value
        return value

    def check(self, condition: Atom, exception: type[BaseException], message: str | None) -> None:
        """Raise unless `condition`."""
        if isinstance(condition, Const) and condition.value:
            return
        handler = self.catching(exception)
        if handler is not None:
            fail = lambda: self.throw(handler, exception)  # noqa: E731
            fail() if isinstance(condition, Const) else self.branch(condition, lambda: None, fail)
            return
        raising = Block((Raise(exception, message, self.place),))
        if isinstance(condition, Const):
            self.builder.add(raising.statements[0])
            self.dead = True
            return
        self.builder.add(If(condition, Block(()), raising, (), self.place))

    def truth(self, value: Value) -> Atom:
        """``bool(value)``."""
        match value:
            case Const():
                return Const(bool(value.value))
            case Var():
                if value.type == BOOL:
                    return value
                if value.type.is_array:
                    raise self.refuse(
                        "the truth value of an array is ambiguous",
                        instead="use np.any(...) or np.all(...)",
                    )
                return self.emit(operations.differs, value, Const(0))
            case TupleValue():
                return Const(bool(value.items))
            case Handle(kind="object"):
                if hasattr(value.cls, "__bool__") or hasattr(value.cls, "__len__"):
                    raise self.refuse(
                        f"the truth value of {kind_of(value)}", instead="compare one of its fields"
                    )
                return Const(True)
            case Handle():
                contents = self.usable(self.cells[value], f"the {value.kind}")
                if isinstance(contents, Rows):
                    return self.emit(operations.differs, self.length_of(self, value), Const(0))
                return Const(bool(contents if isinstance(contents, dict) else contents.items))
            case Static():
                return Const(bool(value.value))
        return Const(True)

    def atom(self, value: Value, role: str = "value") -> Atom:
        """`value`, which must be a number or an array."""
        if is_atom(value):
            return value
        if isinstance(value, Static) and isinstance(wrap(value.value), Const):
            return wrap(value.value)
        raise self.refuse(
            f"the {role} must be a number or an array, and is {kind_of(value)}",
            instead="pass numbers and arrays here",
        )


def substituted(value: Any, names: dict[Var, Var]) -> Any:
    """A value with its variables replaced."""
    match value:
        case Var():
            return names.get(value, value)
        case TupleValue():
            return TupleValue(tuple(substituted(i, names) for i in value.items), value.cls)
        case dict():
            return {k: substituted(v, names) for k, v in value.items()}
        case Maybe():
            return Maybe(substituted(value.value, names), substituted(value.bound, names))
        case Rows():
            return Rows(substituted(value.columns, names))
    return value


KINDS = {
    "TupleValue": "a tuple",
    "FunctionValue": "a function",
    "MethodValue": "a method",
    "GeneratorValue": "a generator of random numbers",
    "RangeValue": "a range",
    "IterationValue": "an iterator",
    "SliceValue": "a slice",
}


def kind_of(value: Value) -> str:
    """A value's kind in words."""
    if isinstance(value, Static):
        return "None" if value.value is None else f"a {type(value.value).__name__}"
    if isinstance(value, Handle):
        return f"a {value.kind}" if value.kind != "object" else f"a {value.cls.__name__}"
    if is_atom(value):
        return "an array" if value.type.is_array else "a number"
    return KINDS.get(type(value).__name__, "this")


__all__ = ["Lowerer", "Statement", "kind_of", "substituted"]
