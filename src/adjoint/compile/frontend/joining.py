"""Bringing together what two paths of the program leave behind.

A *template* is a value with a fresh variable, a slot, wherever two values differ. `generalize`
makes it; `align` says what each path puts into the slots. A value that cannot be joined becomes
`Unbound`: an error if it is read, never a guess.
"""

from collections.abc import Callable, Iterator
from typing import Any

from adjoint.compile import operations
from adjoint.compile.conversion import EITHER, NUMPY, PYTHON, converted
from adjoint.compile.frontend.values import (
    Handle,
    Maybe,
    PartialValue,
    Rows,
    SuperValue,
    TupleValue,
    Unbound,
    Value,
    common_type,
    is_atom,
    same,
)
from adjoint.compile.inference import describe
from adjoint.compile.ir.nodes import BOOL, Atom, Const, Type, Var, constant

Cells = dict[Any, Any]
ABSENT = Unbound("it has not been assigned")
DIFFERENT = "it may be one of two values that are not numbers or arrays of one type"
GROWING = Unbound(
    "it has more items after one path, or one turn of a loop, than after another",
    "make an array before (np.zeros(n)), store into it, and count what is stored",
)
ONE_TYPE = "give it a value of one type on every path, such as np.float32(0.0) or 0j"


class Joining:
    """The templates of one `If` or loop.

    Attributes
    ----------
    slots : the variables made, in order.
    owners : whose number is in a slot.
    frozen : handles that must not be changed any more, because another name may mean them too.
    """

    def __init__(self, frozen: set[Handle], whose: Callable[[Atom], str]):
        self.whose = whose
        self.owners: dict[Var, str] = {}
        self.slots: dict[Var, None] = {}
        self.made: set[Handle] = set()
        self.frozen = frozen
        self.wanted: dict[Handle, Any] = {}  # lists of arrays that must be rows before a loop

    def slot(self, name: str, type_: Type, owner: str) -> Var:
        made = Var(name, type_)
        self.slots[made] = None
        self.owners[made] = owner
        return made

    def cells(self, left: Cells, right: Cells) -> Cells:
        """The template of two states: only the cells in which they differ."""
        joined: Cells = {}
        for key in dict.fromkeys((*left, *right)):
            a, b = left.get(key, ABSENT), right.get(key, ABSENT)
            if same(a, b):
                continue
            if isinstance(key, Handle) and (a is ABSENT or b is ABSENT):
                continue  # made on one path; what names it is joined
            if isinstance(key, Handle):
                joined[key] = self.join_contents(a, b, key, joined, (left, right))
            else:
                joined[key] = self.join(a, b, hint(key), joined, (left, right))
        return joined

    def join(self, a: Any, b: Any, name: str, joined: Cells, sides: tuple[Cells, Cells]) -> Any:
        if same(a, b):
            return a
        if is_atom(a) and is_atom(b):
            return self.join_atoms(a, b, name)
        if isinstance(a, Unbound | Maybe) or isinstance(b, Unbound | Maybe):
            return self.join_unbound(a, b, name, joined, sides)
        if isinstance(a, TupleValue) and isinstance(b, TupleValue):
            if a.cls is b.cls and len(a.items) == len(b.items):
                pairs = zip(a.items, b.items, strict=True)
                items = [self.join(x, y, name, joined, sides) for x, y in pairs]
                return TupleValue(tuple(items), a.cls)
            if a.cls is b.cls:
                return GROWING
        elif isinstance(a, dict) and isinstance(b, dict):
            if list(a) == list(b):
                return {k: self.join(a[k], b[k], name, joined, sides) for k in a}
        elif isinstance(a, Handle) and isinstance(b, Handle) and (a.kind, a.cls) == (b.kind, b.cls):
            return self.join_handles(a, b, name, joined, sides)
        return Unbound(DIFFERENT)

    def join_contents(
        self, a: Any, b: Any, handle: Handle, joined: Cells, sides: tuple[Cells, Cells]
    ) -> Any:
        """The contents of a list, dict or object; a list may have more items on one side."""
        found = self.join(a, b, "item", joined, sides)
        if handle.kind != "list" or same(a, b):
            return found
        if not isinstance(a, Rows) and not isinstance(b, Rows) and found is not GROWING:
            return found
        items = [i for side in (a, b) if isinstance(side, TupleValue) for i in side.items]
        shown = [side.columns for side in (a, b) if isinstance(side, Rows)]
        form = form_of([*map(row_form, items), *map(column_form, shown)])
        if form is None:
            return GROWING
        if any(isinstance(side, TupleValue) and holds_arrays(side) for side in (a, b)):
            self.wanted[handle] = form
        return Rows(self.columns(form, a.columns if isinstance(a, Rows) else None))

    def columns(self, form: Any, before: Any) -> Any:
        """A slot for each array of a list's rows: those of `before`, if they are such slots."""
        if isinstance(form, tuple):
            inner = before.items if isinstance(before, TupleValue) else [None] * len(form)
            pairs = zip(form, inner, strict=True)
            return TupleValue(tuple(self.columns(part, found) for part, found in pairs))
        if isinstance(before, Var) and before in self.slots and before.type == form:
            return before
        return self.slot("items", form, NUMPY)

    def join_atoms(self, a: Atom, b: Atom, name: str) -> Value:
        type_ = common_type(a, b)
        if type_ is None:
            first, second = describe(a.type), describe(b.type)
            return Unbound(f"it is {first} on one path and {second} on another", ONE_TYPE)
        owners = {self.owners.get(x) or self.whose(x) for x in (a, b)}
        owner = owners.pop() if len(owners) == 1 else EITHER
        if a in self.slots and a.type == type_ and self.owners[a] == owner:
            return a
        return self.slot(name, type_, owner)

    def join_unbound(self, a: Any, b: Any, name: str, joined: Cells, sides: tuple) -> Value:
        for side in (a, b):
            if isinstance(side, Unbound) and side is not ABSENT:
                return side
        if a is ABSENT or b is ABSENT:
            present = b if a is ABSENT else a
            inner = present.value if isinstance(present, Maybe) else present
            bound = present.bound if isinstance(present, Maybe) else Const(True)
            flag = bound if bound in self.slots else self.slot(f"{name}_is_bound", BOOL, PYTHON)
            return Maybe(self.exported(inner, name, joined, sides), flag)
        left = a if isinstance(a, Maybe) else Maybe(a, Const(True))
        right = b if isinstance(b, Maybe) else Maybe(b, Const(True))
        value = self.join(left.value, right.value, name, joined, sides)
        if isinstance(value, Unbound):
            return value
        bound = left.bound
        if not same(left.bound, right.bound):
            bound = self.join_atoms(left.bound, right.bound, f"{name}_is_bound")
        return Maybe(value, bound)

    def join_handles(self, a: Handle, b: Handle, name: str, joined: Cells, sides: tuple) -> Value:
        left, right = sides
        contents = self.join_contents(left[a], right[b], a, joined, sides)
        if isinstance(contents, Unbound):
            return Unbound("it may be one of two lists or dicts of different form")
        self.frozen.update((a, b))
        if a.shared and same(contents, left[a]):
            return a
        made = a.another(shared=True)
        self.made.add(made)
        joined[made] = contents
        return made

    def exported(self, value: Any, name: str, joined: Cells, sides: tuple[Cells, Cells]) -> Any:
        """`value`, which only one path has, with a slot for each variable in it."""

        def inner(part: Any) -> Any:
            return self.exported(part, name, joined, sides)

        if isinstance(value, Var):
            return value if value in self.slots else self.slot(name, value.type, self.whose(value))
        if isinstance(value, TupleValue):
            return TupleValue(tuple(map(inner, value.items)), value.cls)
        if isinstance(value, dict):
            return {k: inner(v) for k, v in value.items()}
        if isinstance(value, Maybe):
            return Maybe(inner(value.value), inner(value.bound))
        if isinstance(value, Rows):
            return Rows(inner(value.columns))
        if isinstance(value, PartialValue | SuperValue):
            return Unbound(DIFFERENT)
        if isinstance(value, Handle) and not all(value in side for side in sides):
            self.frozen.add(value)
            made = value.another(shared=True)
            self.made.add(made)
            joined[made] = inner(next(side[value] for side in sides if value in side))
            return made
        return value


def hint(key: Any) -> str:
    """What to call the variable of a cell."""
    if isinstance(key, tuple) and isinstance(key[1], str):
        return key[1].strip("<>")
    return "item"


def row_form(item: Any) -> Any:
    """The types of the arrays of which an item is a row; None if there are none."""
    if is_atom(item):
        return Type(item.type.dtype, item.type.ndim + 1)
    if isinstance(item, TupleValue) and item.cls is tuple and item.items:
        parts = tuple(map(row_form, item.items))
        return None if None in parts else parts
    return None


def column_form(column: Any) -> Any:
    if isinstance(column, TupleValue):
        return tuple(map(column_form, column.items))
    return column.type


def form_of(forms: list) -> Any:
    """The form that all of some have, or have with ints made floats; None if there is none."""
    first = forms[0] if forms else None
    if first is None or any(form is None for form in forms):
        return None
    if isinstance(first, tuple):
        if any(not isinstance(form, tuple) or len(form) != len(first) for form in forms):
            return None
        parts = tuple(form_of(list(part)) for part in zip(*forms, strict=True))
        return None if None in parts else parts
    if any(isinstance(form, tuple) or form.ndim != first.ndim for form in forms):
        return None
    dtypes = {form.dtype for form in forms}
    if len(dtypes) == 1:
        return first
    return Type("float", first.ndim) if dtypes == {"int", "float"} else None


def holds_arrays(item: Any) -> bool:
    if isinstance(item, TupleValue):
        return any(map(holds_arrays, item.items))
    return is_atom(item) and item.type.is_array


class Alignment:
    """What one path puts into the slots of a template."""

    def __init__(self, joining: Joining, cells: Cells, emit: Callable[..., Atom]):
        self.slots, self.made, self.cells, self.emit = joining.slots, joining.made, cells, emit

    def of(self, templates: Cells) -> dict[Var, Atom]:
        found: dict[Var, Atom] = {}
        for key, template in templates.items():
            value = self.cells.get(key, ABSENT)
            if key in self.made:
                continue  # filled where the name that means it is aligned
            found.update(self.pairs(template, value, templates))
        return found

    def pairs(self, template: Any, value: Any, templates: Cells) -> Iterator[tuple[Var, Atom]]:
        match template:
            case Var():
                if template in self.slots:
                    yield template, self.converted(value, template.type)
            case Maybe():
                bound: Any = Const(value is not ABSENT)
                if isinstance(value, Maybe):
                    value, bound = value.value, value.bound
                yield from self.pairs(template.bound, bound, templates)
                yield from self.pairs(template.value, value, templates)
            case TupleValue():
                known = isinstance(value, TupleValue)
                for position, item in enumerate(template.items):
                    yield from self.pairs(
                        item, value.items[position] if known else ABSENT, templates
                    )
            case dict():
                for key, item in template.items():
                    inner = value[key] if isinstance(value, dict) else ABSENT
                    yield from self.pairs(item, inner, templates)
            case Rows():
                columns = value.columns if isinstance(value, Rows) else None
                items = value.items if isinstance(value, TupleValue) else ()
                yield from self.rows(template.columns, columns, items)
            case Handle():
                if template in self.made:
                    contents = self.cells[value] if isinstance(value, Handle) else ABSENT
                    yield from self.pairs(templates[template], contents, templates)

    def rows(self, template: Any, columns: Any, items: tuple) -> Iterator[tuple[Var, Atom]]:
        """The arrays of a list's rows, or those of the items of a list of known length."""
        if isinstance(template, TupleValue):
            inner = columns.items if columns is not None else [None] * len(template.items)
            for number, (part, column) in enumerate(zip(template.items, inner, strict=True)):
                yield from self.rows(part, column, tuple(i.items[number] for i in items))
        elif template in self.slots:
            yield template, self.column(template.type, columns, items)

    def column(self, type_: Type, column: Atom | None, items: tuple) -> Atom:
        if column is not None:
            return column if column.type == type_ else self.converted(column, type_)
        if not items:
            return default_of(type_, self.emit)
        dtype = type_.dtype
        numbers = [converted(self.emit, item, dtype) for item in items]
        return self.emit(operations.array_of, *numbers, keywords=(("shape", (len(items),)),))

    def converted(self, value: Any, type_: Type) -> Atom:
        """`value` as a `type_`; anything of that type, if there is no value on this path."""
        if not is_atom(value):
            return default_of(type_, self.emit)
        if value.type == type_:
            return value
        return converted(self.emit, value, type_.dtype)


def default_of(type_: Type, emit: Callable[..., Atom]) -> Atom:
    """A value that nobody reads."""
    if type_.is_array:
        from_shape = (Const(0),) * type_.ndim
        return emit(operations.empty, *from_shape, keywords=(("dtype", type_.dtype),))
    return constant(0, type_)
