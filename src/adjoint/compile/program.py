"""A program: a function compiled to intermediate representation for arguments of given types.

Reads from outside (globals, closure cells, defaults, attributes) become hidden parameters if they
are floats or arrays, and conditions to be looked at again on every call if they are not.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import FunctionType
from typing import Any

import numpy as np

from adjoint import spaces
from adjoint.compile import draws
from adjoint.compile.conversion import NUMPY, PYTHON
from adjoint.compile.frontend import lists, objects, recursion, stores_at
from adjoint.compile.frontend.builtin_calls import BUILTINS
from adjoint.compile.frontend.calls import inline_function, invoke_object
from adjoint.compile.frontend.expressions import EXPRESSIONS, attribute_of
from adjoint.compile.frontend.lowering import Lowerer, kind_of
from adjoint.compile.frontend.matching import Bound, Matched, as_conditional, bound, matched
from adjoint.compile.frontend.recursion import Runaway
from adjoint.compile.frontend.statements import STATEMENTS
from adjoint.compile.frontend.texts import known_text
from adjoint.compile.frontend.trying import apart
from adjoint.compile.frontend.values import (
    GeneratorValue,
    Handle,
    Rows,
    Static,
    TupleValue,
    Value,
    is_atom,
    wrap,
)
from adjoint.compile.inference import is_small, type_of_value
from adjoint.compile.ir.copying import Copier
from adjoint.compile.ir.nodes import (
    FLOAT,
    INT,
    Atom,
    Const,
    Function,
    Type,
    Var,
)
from adjoint.compile.ir.recursion import Recursive
from adjoint.compile.ir.verifying import verify
from adjoint.compile.narrow import is_narrow, reader, require_other_results, require_unseen, widened
from adjoint.compile.transform.aliases import Aliases
from adjoint.compile.transform.boundaries import without_tests
from adjoint.compile.transform.moving import changes_parameters, moved
from adjoint.compile.transform.overflow import guard_ints
from adjoint.compile.transform.sharing import share, stored_parameters
from adjoint.compile.transform.simplify import simplify
from adjoint.errors import UnsupportedSyntax, UnsupportedType
from adjoint.spaces import field_names


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """Something read from outside that was compiled in: the program holds while it is the same."""

    get: Callable[[], Any]
    value: Any

    def holds(self) -> bool:
        found = self.get()
        if found is self.value:
            return True
        return (
            type(found) is type(self.value)
            and isinstance(found, int | str)
            and (found == self.value)
        )


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """A float or array read from outside on every call, of the type that was compiled for."""

    get: Callable[[], Any]
    var: Var
    is_numpy: bool

    def holds(self) -> bool:
        """True while what is read is of the type that was compiled for, and of the same kind."""
        found = self.get()
        return type_of_value(found) == self.var.type and isinstance(found, np.generic) == (
            self.is_numpy
        )


@dataclass(slots=True)
class Result:
    """How to put flat results together: `skeleton` has an `int` in a `Slot` for each."""

    skeleton: Any

    def build(self, flat: tuple, *, constants: bool = True) -> Any:
        """The result; without `constants`, None stands for what is not a number or array."""
        return built(self.skeleton, flat, constants)


@dataclass(frozen=True, slots=True)
class Slot:
    position: int


@dataclass(frozen=True, slots=True)
class Made:
    """An object of a dataclass, made without its constructor."""

    cls: type
    fields: dict[str, Any]

    def build(self, flat: tuple, constants: bool) -> Any:
        made = object.__new__(self.cls)
        for name, skeleton in self.fields.items():
            object.__setattr__(made, name, built(skeleton, flat, constants))
        return made


def built(skeleton: Any, flat: tuple, constants: bool) -> Any:
    if type(skeleton) is Slot:
        return flat[skeleton.position]
    if type(skeleton) is Made:
        return skeleton.build(flat, constants)
    if isinstance(skeleton, dict):
        return {k: built(v, flat, constants) for k, v in skeleton.items()}
    if isinstance(skeleton, list):
        return [built(v, flat, constants) for v in skeleton]
    if isinstance(skeleton, tuple):
        items = [built(v, flat, constants) for v in skeleton]
        return skeleton._make(items) if hasattr(skeleton, "_make") else tuple(items)
    return skeleton.value if constants else None


def checked(function: Function) -> Function:
    """`function`, if it is well formed and no copy stands for a view that NumPy would change."""
    Aliases(function, flow=False)
    return verify(function)


@dataclass(slots=True)
class Program:
    """A compiled-to-IR function.

    Attributes
    ----------
    function : its parameters are the leaves that are not None below, then the hidden ones.
    leaves : for each leaf of the arguments its parameter, or None if it was compiled in.
    derives : True if it takes derivatives itself.
    stores : True if it may change an array that it was given, or that it reads from outside.
    lowered : the function as its source was read, before anything was simplified.
    """

    function: Function
    leaves: tuple[Var | None, ...]
    reads: tuple[Read, ...]
    conditions: tuple[Condition, ...]
    result: Result
    derives: bool
    stores: bool
    lowered: Function
    executables: dict = field(default_factory=dict)

    def holds(self) -> bool:
        """True while nothing read from outside has changed what was compiled."""
        return all(c.holds() for c in self.conditions) and all(r.holds() for r in self.reads)

    def outside(self) -> list:
        """The numbers and arrays that were read from outside, also those compiled in.

        Of objects and functions what is read of them is here, each number by itself.
        """
        compiled_in = [c.get() for c in self.conditions if isinstance(c.value, float)]
        return [*self.hidden(), *compiled_in]

    def hidden(self) -> list:
        """The values of the hidden parameters."""
        return [read.get() for read in self.reads]


class ProgramLowerer(Lowerer):
    """The lowerer of a whole program, which notes what is read from outside."""

    def __init__(self, derive: Callable, recursive: set[Callable], careful: bool) -> None:
        super().__init__(
            {**EXPRESSIONS, Matched: matched}, {**STATEMENTS, Bound: bound}, self.captured
        )
        self.careful = careful
        self.derives = False
        self.recursive = recursive
        self.recursions: dict[tuple, Recursive] = {}
        self.takes_floats = True
        self.attribute = attribute_of
        self.invoke_object = invoke_object
        self.store_at = stores_at.store
        self.store_chosen = stores_at.store_chosen
        self.derive = derive
        self.builtins = BUILTINS
        self.reads: list[Read] = []
        self.narrow: list[Any] = []  # what is read from outside, of arrays of int32
        self.conditions: list[Condition] = []
        self.seen: dict[Any, Value] = {}
        self.inline = inline_function
        self.length_of = lists.length_of
        self.item_of_rows = lists.item_of
        self.make_rows = lists.make_rows
        self.array_of_rows = lists.as_array
        self.held: dict[Any, Any] = {}  # the contents of containers that were read from outside
        self.as_conditional = as_conditional
        self.taken_apart = apart

    def captured(self, get: Callable[[], Any], key: Any, name: str) -> Value:
        if key not in self.seen:
            try:
                found = get()
            except ValueError:  # an empty closure cell
                raise self.refuse(
                    f"`{name}` has no value yet", instead="call the function after assigning it"
                ) from None
            before = set(self.cells)
            self.seen[key] = self.outside(get, found, name)
            self.held |= {h: c for h, c in self.cells.items() if h not in before}
        self.cells = {**self.held, **self.cells}  # also those of a branch that was left
        return self.seen[key]

    def outside(self, get: Callable[[], Any], found: Any, name: str) -> Value:
        """The value that stands for an object read from outside."""
        if is_narrow(found):
            value = self.outside(reader(get), *widened([found]), name)
            self.narrow.append(value)
            return value
        type_ = type_of_value(found)
        if draws.is_generator(found):
            raise self.refuse(
                f"the generator of random numbers `{name}` is read from outside",
                instead="pass it as an argument",
            )
        if type_ == FLOAT and not self.takes_floats:
            self.conditions.append(Condition(get, found))
            return Const(float(found))
        if type_ is not None and (type_.is_float or type_.is_array):
            if not self.takes_floats:
                raise self.refuse(
                    f"a function that calls itself reads the array `{name}` from outside",
                    instead="pass the array as an argument",
                )
            var = Var(name, type_)
            self.owners[var] = NUMPY if isinstance(found, np.generic) else PYTHON
            self.reads.append(Read(get, var, isinstance(found, np.generic)))
            return var
        if type(found) in (tuple, list) or (isinstance(found, tuple) and hasattr(found, "_fields")):
            items = tuple(
                self.outside(lambda i=i: get()[i], item, f"{name}_{i}")
                for i, item in enumerate(found)
            )
            size = len(found)
            self.conditions.append(Condition(lambda: len(get()), size))
            return self.container(items, found)
        if type(found) is dict:
            keys = tuple(found)
            self.conditions.append(Condition(lambda: repr(tuple(get())), repr(keys)))
            made = Handle("dict")
            self.cells[made] = {
                k: self.outside(lambda k=k: get()[k], found[k], f"{name}_{k}") for k in keys
            }
            self.frozen.add(made)
            return made
        self.conditions.append(Condition(get, found))
        return wrap(found)

    def recursion(self, function: FunctionType, types: tuple[Type, ...]) -> Recursive:
        """The operation of a function that calls itself, for arguments of these types."""
        key = (function, types)
        if any(t.is_single or t.is_complex for t in types):
            raise self.refuse(
                f"`{function.__name__}` calls itself with numbers of float32 or complex numbers",
                instead="pass float(x), or drop jit on this function",
            )
        if key not in self.recursions:
            result = FLOAT if any(t.is_float for t in types) else INT
            op = self.recursions[key] = Recursive(f"{function.__name__}_recursive", types, result)
            op.function = self.program_of(function, op)
        return self.recursions[key]

    def program_of(self, function: FunctionType, op: Recursive) -> Function:
        """The program of a recursive operation, once it is known what it returns.

        It is lowered as if it returned a number; if it returns something else, again.
        """
        inner = ProgramLowerer(self.derive, self.recursive, self.careful)
        inner.recursions, inner.conditions = self.recursions, self.conditions
        inner.takes_floats = False
        names = function.__code__.co_varnames
        params = tuple(Var(name, t) for name, t in zip(names, op.params, strict=False))
        try:
            value = inline_function(inner, function, list(params), {}, entering=True)
            form = recursion.joined(recursion.form_of(inner, value), op.form)
        except (UnsupportedSyntax, UnsupportedType, TypeError, ValueError):
            if not inner.returned or op.form not in (FLOAT, INT):
                raise
            value, form = inner.returned[0], None
        self.derives = self.derives or inner.derives
        if form != op.form:
            if form is None and op.form in (FLOAT, INT):
                form = recursion.form_of(inner, value)
            if form is None:
                raise self.refuse(
                    f"`{function.__name__}` calls itself, and what it returns has several forms",
                    instead="return numbers and arrays of the same kinds on every path",
                )
            op.form, op.result = form, recursion.result_of(form)
            return self.program_of(function, op)
        body = inner.builder.block((recursion.returned(inner, value, form),))
        made = Function(op.__name__, params, body, tuple(inner.tapes), self.careful)
        whole = checked(simplify(share(guard_ints(named(made, inner.hints)))))
        if changes_parameters(whole):
            raise self.refuse(
                f"`{function.__name__}` calls itself and changes an array that it was given",
                instead="change a copy and return it, or drop jit on this function",
            )
        return whole

    def container(self, items: tuple[Value, ...], found: Any) -> Value:
        if isinstance(found, tuple):
            return TupleValue(items, type(found))
        made = Handle("list")
        self.cells[made] = TupleValue(items)
        self.frozen.add(made)
        return made

    def capture_object(self, found: Any) -> Value:
        return self.captured(lambda: found, ("object", id(found)), "given")

    def capture_default(self, function: FunctionType, position: int) -> Value:
        name = function.__code__.co_varnames[
            function.__code__.co_argcount - len(function.__defaults__) + position
        ]
        key = ("default", id(function), position)
        return self.captured(lambda: function.__defaults__[position], key, name)

    def capture_keyword_default(self, function: FunctionType, name: str) -> Value:
        return self.captured(
            lambda: function.__kwdefaults__[name], ("default", id(function), name), name
        )


def lower_program(
    callee: Any,
    args: tuple,
    kwargs: dict,
    derive: Callable,
    recursive: set[Callable],
    careful: bool,
    owners: dict[Var, str],
) -> tuple[ProgramLowerer, Value]:
    """Compile a call; `args` and `kwargs` are trees of values, `owners` says whose numbers are."""
    lower = ProgramLowerer(derive, recursive, careful)
    lower.owners |= owners
    given = [argument_value(lower, a) for a in args]
    named = {k: argument_value(lower, v) for k, v in kwargs.items()}
    try:
        return lower, invoke_object(lower, callee, given, named)
    except Runaway as runaway:
        found = runaway.function
    return lower_program(callee, args, kwargs, derive, {*recursive, found}, careful, owners)


def argument_value(lower: Lowerer, tree: Any) -> Value:
    """The value of an argument: containers whose leaves are variables or objects."""
    if is_atom(tree) or isinstance(tree, GeneratorValue):
        return tree
    if isinstance(tree, tuple):
        items = tuple(argument_value(lower, item) for item in tree)
        return TupleValue(items, type(tree))
    if isinstance(tree, list):
        made = Handle("list")
        lower.cells[made] = TupleValue(tuple(argument_value(lower, item) for item in tree))
    elif isinstance(tree, dict):
        made = Handle("dict")
        lower.cells[made] = {k: argument_value(lower, v) for k, v in tree.items()}
    elif isinstance(tree, Static):
        return wrap(tree.value)
    elif spaces.is_dataclass_instance(tree):
        fields = {name: argument_value(lower, getattr(tree, name)) for name in field_names(tree)}
        made = objects.new_object(lower, type(tree), fields)
    else:
        raise UnsupportedType(
            f"an argument of type `{type(tree).__name__}` cannot be compiled",
            instead="pass its fields, or a namedtuple, or drop jit on this function",
        )
    lower.frozen.add(made)
    return made


def skeleton_of(lower: Lowerer, value: Value, atoms: list[Atom]) -> Any:
    """The form of a result; its numbers and arrays are appended to `atoms`."""
    if is_atom(value):
        atoms.append(value)
        return Slot(len(atoms) - 1)
    if isinstance(value, TupleValue):
        items = [skeleton_of(lower, item, atoms) for item in value.items]
        return value.cls(*items) if hasattr(value.cls, "_fields") else tuple(items)
    if isinstance(value, Handle):
        contents = lower.usable(lower.cells[value], "the result")
        if isinstance(contents, Rows):
            raise lower.refuse(
                "the function returns a list whose length is not known when it is compiled",
                instead="return np.array(xs)",
            )
        if isinstance(contents, dict):
            fields = {k: skeleton_of(lower, v, atoms) for k, v in contents.items()}
            return fields if value.kind == "dict" else Made(value.cls, fields)
        return [skeleton_of(lower, item, atoms) for item in contents.items]
    if isinstance(value, Static):
        return known_text(lower, value)
    raise lower.refuse(
        f"the function returns {kind_of(value)}",
        instead="return numbers, arrays, and tuples, lists or dicts of them",
    )


def make_program(
    callee: Any,
    name: str,
    structure: Any,
    leaves: list,
    derive: Callable,
    *,
    careful: bool = False,
) -> Program:
    """Compile `callee` to IR for arguments of the given structure and types.

    `careful` : see `Function`; it holds for derivatives inside the program as well.
    """
    params = aliased_params(leaves)
    tree = structure.rebuild(list(map(value_of_leaf, params, leaves)))
    owners = {
        p: PYTHON
        for p, x in zip(params, leaves, strict=True)
        if p is not None and not isinstance(x, np.generic)
    }
    lower, value = lower_program(callee, tree[0], tree[1], derive, set(), careful, owners)
    atoms: list[Atom] = []
    skeleton = skeleton_of(lower, value, atoms)
    distinct = list(dict.fromkeys(p for p in params if p is not None))
    hidden = [read.var for read in lower.reads]
    function = named(
        Function(
            name,
            (*distinct, *hidden),
            lower.builder.block(tuple(atoms)),
            tuple(lower.tapes),
            careful,
        ),
        lower.hints,
    )
    draws.refuse_repeated(function)
    renamed = dict(zip((*distinct, *hidden), function.params, strict=True))
    small = frozenset(
        renamed[p] for p, x in zip(params, leaves, strict=True) if p is not None and is_small(x)
    )
    simple = simplify(without_tests(simplify(share(guard_ints(function, small)))))
    final = checked(moved(simple))
    require_unseen(final, [renamed[var] for var in lower.narrow])
    if lower.makes_narrow:
        require_other_results(final)
    return Program(
        final,
        tuple(None if p is None else renamed[p] for p in params),
        tuple(replace(read, var=renamed[read.var]) for read in lower.reads),
        tuple(lower.conditions),
        Result(skeleton),
        bool(lower.derives),
        bool(stored_parameters(final)),
        function,
    )


def value_of_leaf(param: Var | None, leaf: Any) -> Value:
    if param is None:
        return Static(leaf)
    return GeneratorValue(param) if draws.is_generator(leaf) else param


def aliased_params(leaves: list) -> list[Var | None]:
    """A parameter for each leaf that is a number or array; one array passed twice has one."""
    arrays: dict[int, Var] = {}
    params: list[Var | None] = []
    for leaf in leaves:
        type_ = draws.STATE if draws.is_generator(leaf) else type_of_value(leaf)
        if type_ is None:
            refuse_leaf(leaf)
            refuse_opaque(leaf)
            params.append(None)
        elif type_.is_array:
            params.append(arrays.setdefault(id(leaf), Var("x", type_)))
        else:
            params.append(Var("x", type_))
    return params


def refuse_leaf(leaf: Any) -> None:
    if type(leaf) is int:
        raise UnsupportedType(
            "an int of more than 64 bits cannot be compiled",
            instead="pass a float, or drop jit on this function",
        )
    if isinstance(leaf, np.ndarray | np.generic | complex):
        kind = getattr(leaf, "dtype", type(leaf).__name__)
        raise UnsupportedType(
            f"a value of dtype {kind} cannot be compiled",
            instead="convert it (x.astype(float)) to float64, float32, complex128, int64 or bool, "
            "or drop jit on this function",
        )


def refuse_opaque(leaf: Any) -> None:
    if leaf is None or callable(leaf) or isinstance(leaf, str | np.dtype | slice | type(...)):
        return
    raise UnsupportedType(
        f"an argument of type `{type(leaf).__name__}` cannot be compiled",
        instead="pass numbers, arrays, and tuples, lists and dicts of them, "
        "or drop jit on this function",
    )


def named(function: Function, hints: dict[Var, str]) -> Function:
    """The function with its variables called as the user calls them."""
    copier = Copier({}, lambda var: hints.get(var, var.name))
    params = copier.all_fresh(function.params)
    body = copier.block(function.body)
    return Function(function.name, params, body, function.tapes, function.careful)


__all__ = ["Const", "Program", "make_program"]
